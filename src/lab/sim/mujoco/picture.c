/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/picture.h"

#include <mujoco/mujoco.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/mujoco/gl.h"
#include "lab/sim/mujoco/guard.h"

enum {
    GEOMS_MAX = 1000, /* geoms in view; the shipped scenes have about 30 */
    FONT_SCALE = 100, /* per cent */
    HIDDEN_GROUP = 3, /* sites and geoms of groups 3 and up are aids, not things */
};

struct spoti_picture {
    const spot_allocator *allocator;
    const spoti_scene *task;
    spoti_gl *gl;
    mjData *data; /* a copy of the world's, so that drawing changes nothing */
    mjvScene scene;
    mjvOption option;
    mjrContext context;
    bool ready; /* scene and context exist */
    bool failed;
    uint8_t *row; /* (row_bytes) one row of pixels, for turning the picture over */
    size_t row_bytes;
    /* for the guarded calls */
    const spoti_mujoco_world *world;
    const spoti_view *view;
    uint8_t *rgb;
};

/* Allocates MuJoCo's scene and OpenGL objects. */
static void start(void *ctx)
{
    spoti_picture *p = ctx;
    const mjModel *m = p->task->model;

    p->data = mj_makeData(m);
    mjv_makeScene(m, &p->scene, GEOMS_MAX);
    mjr_makeContext(m, &p->context, FONT_SCALE);
    mjr_setBuffer(mjFB_OFFSCREEN, &p->context);
    p->ready = p->data != NULL && p->context.currentBuffer == mjFB_OFFSCREEN;
}

void spoti_picture_destroy(spoti_picture *p)
{
    if (p == NULL) {
        return;
    }
    if (p->gl != NULL && spoti_gl_use(p->gl)) {
        mjr_freeContext(&p->context);
    }
    mjv_freeScene(&p->scene);
    mj_deleteData(p->data);
    spoti_gl_destroy(p->gl);
    spoti_free(p->allocator, p->row, p->row_bytes);
    spoti_free(p->allocator, p, sizeof(*p));
}

static spot_status check_size(const char *what, int pixels, int buffer, spot_diag *diag)
{
    return pixels <= buffer
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_RANGE,
                               "%s %d: expected at most %d, the off-screen buffer of the model "
                               "(visual/global in the MJCF)",
                               what, pixels, buffer);
}

spot_status spoti_picture_create(const spoti_scene *task, spot_render_backend backend, int width,
                                 int height, const spot_allocator *allocator, spoti_picture **out,
                                 spot_diag *diag)
{
    *out = NULL;
    spot_status st = check_size("width", width, task->model->vis.global.offwidth, diag);
    if (st == SPOT_OK) {
        st = check_size("height", height, task->model->vis.global.offheight, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    spoti_picture *p = spoti_calloc(allocator, 1, sizeof(*p));
    if (p == NULL) {
        return SPOT_E_NOMEM;
    }
    p->allocator = allocator;
    p->task = task;
    p->row_bytes = (size_t)width * 3;
    p->row = spoti_alloc(allocator, p->row_bytes, 1);
    mjv_defaultScene(&p->scene);
    mjr_defaultContext(&p->context);
    mjv_defaultOption(&p->option);
    for (int i = HIDDEN_GROUP; i < mjNGROUP; i++) {
        p->option.sitegroup[i] = 0;
        p->option.geomgroup[i] = 0;
    }
    st = p->row != NULL ? spoti_gl_create(backend, allocator, &p->gl, diag) : SPOT_E_NOMEM;
    if (st == SPOT_OK) {
        spoti_mujoco_handlers();
        st = spoti_mujoco_guard(start, p, diag);
        if (st == SPOT_OK && !p->ready) {
            st = spot_diag_set(diag, SPOT_E_UNSUPPORTED, "no off-screen buffer in OpenGL (%s)",
                               spoti_gl_name(p->gl));
        }
    }
    if (st != SPOT_OK) {
        spoti_picture_destroy(p);
        return st;
    }
    *out = p;
    return SPOT_OK;
}

static void take_guarded(void *ctx)
{
    spoti_picture *p = ctx;
    const mjModel *m = p->task->model;
    const spoti_view *view = p->view;
    const mjrRect rect = {0, 0, view->width, view->height};
    mjvCamera camera;

    mjv_defaultCamera(&camera);
    if (view->camera >= 0) {
        camera.type = mjCAMERA_FIXED;
        camera.fixedcamid = view->camera;
    } else {
        mjv_defaultFreeCamera(m, &camera);
    }
    /* mjv_updateScene wants a mutable mjData: give it the copy, with everything derived. */
    (void)mj_copyData(p->data, m, p->world->data);
    mjv_updateScene(m, p->data, &p->option, NULL, &camera, mjCAT_ALL, &p->scene);
    mjr_setBuffer(mjFB_OFFSCREEN, &p->context);
    mjr_render(rect, &p->scene, &p->context);
    if (view->names != NULL) {
        mjr_overlay(mjFONT_NORMAL, mjGRID_TOPLEFT, rect, view->names, view->values, &p->context);
    }
    mjr_readPixels(p->rgb, NULL, rect, &p->context);
    p->failed = mjr_getError() != 0;
}

/* OpenGL's pictures begin with the bottom row. */
static void turn_over(const spoti_picture *p, uint8_t *rgb)
{
    size_t width = (size_t)p->view->width * 3;
    size_t height = (size_t)p->view->height;
    for (size_t i = 0; i < height / 2; i++) {
        uint8_t *top = rgb + i * width;
        uint8_t *bottom = rgb + (height - 1 - i) * width;
        memcpy(p->row, top, width);
        memcpy(top, bottom, width);
        memcpy(bottom, p->row, width);
    }
}

spot_status spoti_picture_take(spoti_picture *p, const spoti_mujoco_world *world,
                               const spoti_view *view, uint8_t *rgb)
{
    if ((size_t)view->width * 3 > p->row_bytes || !spoti_gl_use(p->gl)) {
        return SPOT_E_INTERNAL;
    }
    p->world = world;
    p->view = view;
    p->rgb = rgb;
    if (spoti_mujoco_guard(take_guarded, p, NULL) != SPOT_OK || p->failed) {
        return SPOT_E_INTERNAL;
    }
    turn_over(p, rgb);
    return SPOT_OK;
}

const char *spoti_picture_source(const spoti_picture *picture)
{
    return spoti_gl_name(picture->gl);
}
