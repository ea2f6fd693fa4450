/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of a MuJoCo world through MuJoCo's own renderer. */
#include "lab/sim/mujoco/draw.h"

#include <mujoco/mujoco.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/gl.h"
#include "lab/sim/mujoco/guard.h"
#include "lab/sim/mujoco/world.h"

enum {
    SIDE_MIN = 16,
    SIDE_MAX = 4096,
    GEOMS_MAX = 1000,   /* geoms in view; the shipped scenes have about 30 */
    FONT_SCALE = 100,   /* per cent */
    HIDDEN_GROUP = 3,   /* sites and geoms of groups 3 and up are aids, not things */
    OVERLAY_SIZE = 128, /* bytes of the text in the corner */
};

typedef struct renderer {
    const spot_allocator *allocator;
    const spoti_scene *task;
    spoti_gl *gl;
    mjData *data; /* a copy of the world's, so that drawing changes nothing */
    mjvScene scene;
    mjvOption option;
    mjvCamera camera;
    mjrContext context;
    mjrRect view;
    bool ready; /* scene and context exist */
    bool failed;
    /* for the guarded calls */
    const spoti_mujoco_world *world;
    uint8_t *rgb;
    uint8_t *row; /* one row of pixels, for turning the picture over */
} renderer;

static spot_status check_size(const char *what, int pixels, int buffer, spot_diag *diag)
{
    if (pixels < SIDE_MIN || pixels > SIDE_MAX || pixels % 2 != 0) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s %d: expected an even number from %d to %d",
                             what, pixels, SIDE_MIN, SIDE_MAX);
    }
    if (pixels > buffer) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s %d: expected at most %d, the off-screen buffer of the model "
                             "(visual/global in the MJCF)",
                             what, pixels, buffer);
    }
    return SPOT_OK;
}

/* Allocates MuJoCo's scene and OpenGL objects. */
static void start(void *ctx)
{
    renderer *r = ctx;
    const mjModel *m = r->task->model;

    r->data = mj_makeData(m);
    mjv_makeScene(m, &r->scene, GEOMS_MAX);
    mjr_makeContext(m, &r->context, FONT_SCALE);
    mjr_setBuffer(mjFB_OFFSCREEN, &r->context);
    r->ready = r->data != NULL && r->context.currentBuffer == mjFB_OFFSCREEN;
}

static void choose_view(renderer *r)
{
    mjv_defaultOption(&r->option);
    mjv_defaultCamera(&r->camera);
    for (int i = HIDDEN_GROUP; i < mjNGROUP; i++) {
        r->option.sitegroup[i] = 0;
        r->option.geomgroup[i] = 0;
    }
    int camera = mj_name2id(r->task->model, mjOBJ_CAMERA, "view");
    if (camera >= 0) {
        r->camera.type = mjCAMERA_FIXED;
        r->camera.fixedcamid = camera;
    } else {
        mjv_defaultFreeCamera(r->task->model, &r->camera);
    }
}

static void destroy(void *self)
{
    renderer *r = (renderer *)self;
    if (r->gl != NULL && spoti_gl_use(r->gl)) {
        mjr_freeContext(&r->context);
    }
    mjv_freeScene(&r->scene);
    mj_deleteData(r->data);
    spoti_gl_destroy(r->gl);
    spoti_free(r->allocator, r->row, (size_t)r->view.width * 3);
    spoti_free(r->allocator, r, sizeof(*r));
}

static spot_status create(const spot_world *world, const spot_render_config *config, void **out,
                          spot_diag *diag)
{
    const spoti_mujoco_world *w = spoti_mujoco_world_of(world);
    if (w == NULL) {
        return SPOT_E_INVALID;
    }
    const mjModel *m = w->task->model;
    spot_status st = check_size("width", config->width, m->vis.global.offwidth, diag);
    if (st == SPOT_OK) {
        st = check_size("height", config->height, m->vis.global.offheight, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    renderer *r = spoti_calloc(config->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->allocator = config->allocator;
    r->task = w->task;
    r->view = (mjrRect){0, 0, config->width, config->height};
    r->row = spoti_alloc(r->allocator, (size_t)config->width * 3, 1);
    mjv_defaultScene(&r->scene);
    mjr_defaultContext(&r->context);
    st = r->row != NULL ? spoti_gl_create(config->backend, r->allocator, &r->gl, diag)
                        : SPOT_E_NOMEM;
    if (st == SPOT_OK) {
        choose_view(r);
        spoti_mujoco_handlers();
        st = spoti_mujoco_guard(start, r, diag);
        if (st == SPOT_OK && !r->ready) {
            st = spot_diag_set(diag, SPOT_E_UNSUPPORTED, "no off-screen buffer in OpenGL (%s)",
                               spoti_gl_name(r->gl));
        }
    }
    if (st != SPOT_OK) {
        destroy(r);
        return st;
    }
    *out = r;
    return SPOT_OK;
}

static void draw_overlay(const renderer *r)
{
    const spoti_mujoco_world *w = r->world;
    const unsigned grades = w->task->file->grades_count;
    char names[OVERLAY_SIZE];
    char values[OVERLAY_SIZE];

    (void)spoti_format(names, sizeof(names), "time\nspeed\n%s",
                       w->success  ? "success"
                       : w->failed ? "failed"
                                   : "grade");
    (void)spoti_format(values, sizeof(values), "%.1f s\n%.2g\n%d / %u", spoti_world_time_s(w),
                       w->variation.speed, w->grade, grades);
    mjr_overlay(mjFONT_NORMAL, mjGRID_TOPLEFT, r->view, names, values, &r->context);
}

static void draw_guarded(void *ctx)
{
    renderer *r = ctx;
    const mjModel *m = r->task->model;

    /* mjv_updateScene wants a mutable mjData: give it the copy, with everything derived. */
    (void)mj_copyData(r->data, m, r->world->data);
    mjv_updateScene(m, r->data, &r->option, NULL, &r->camera, mjCAT_ALL, &r->scene);
    mjr_setBuffer(mjFB_OFFSCREEN, &r->context);
    mjr_render(r->view, &r->scene, &r->context);
    draw_overlay(r);
    mjr_readPixels(r->rgb, NULL, r->view, &r->context);
    r->failed = mjr_getError() != 0;
}

/* OpenGL's pictures begin with the bottom row. */
static void turn_over(const renderer *r, uint8_t *rgb)
{
    size_t width = (size_t)r->view.width * 3;
    size_t height = (size_t)r->view.height;
    for (size_t i = 0; i < height / 2; i++) {
        uint8_t *top = rgb + i * width;
        uint8_t *bottom = rgb + (height - 1 - i) * width;
        memcpy(r->row, top, width);
        memcpy(top, bottom, width);
        memcpy(bottom, r->row, width);
    }
}

static spot_status draw(void *self, const spot_world *world, uint8_t *rgb)
{
    renderer *r = (renderer *)self;
    r->world = spoti_mujoco_world_of(world);
    if (r->world == NULL || r->world->task != r->task) {
        return SPOT_E_INVALID;
    }
    if (!spoti_gl_use(r->gl)) {
        return SPOT_E_INTERNAL;
    }
    r->rgb = rgb;
    spot_status st = spoti_mujoco_guard(draw_guarded, r, NULL);
    if (st != SPOT_OK || r->failed) {
        return SPOT_E_INTERNAL;
    }
    turn_over(r, rgb);
    return SPOT_OK;
}

static const char *source(const void *self)
{
    return spoti_gl_name(((const renderer *)self)->gl);
}

const spoti_draw_ops spoti_mujoco_draw = {
    .create = create, .draw = draw, .source = source, .destroy = destroy};
