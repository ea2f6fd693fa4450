/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of a MuJoCo world for people: the camera `view`, with time and grade in the corner. */
#include "lab/sim/mujoco/draw.h"

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/picture.h"

enum { OVERLAY_SIZE = 128 /* bytes of the text in the corner */ };

typedef struct renderer {
    const spot_allocator *allocator;
    const spoti_scene *task;
    spoti_picture *picture;
    spoti_view view;
} renderer;

static void destroy(void *self)
{
    renderer *r = (renderer *)self;
    spoti_picture_destroy(r->picture);
    spoti_free(r->allocator, r, sizeof(*r));
}

static spot_status create(const spot_world *world, const spot_render_config *config, void **out,
                          spot_diag *diag)
{
    const spoti_mujoco_world *w = spoti_mujoco_world_of(world);
    if (w == NULL) {
        return SPOT_E_INVALID;
    }
    renderer *r = spoti_calloc(config->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->allocator = config->allocator;
    r->task = w->task;
    r->view = (spoti_view){.camera = mj_name2id(w->model, mjOBJ_CAMERA, "view"),
                           .width = config->width,
                           .height = config->height};
    spot_status st = spoti_picture_create(w->task, config->backend, config->width, config->height,
                                          r->allocator, &r->picture, diag);
    if (st != SPOT_OK) {
        destroy(r);
        return st;
    }
    *out = r;
    return SPOT_OK;
}

static spot_status draw(void *self, const spot_world *world, uint8_t *rgb)
{
    renderer *r = (renderer *)self;
    const spoti_mujoco_world *w = spoti_mujoco_world_of(world);
    char names[OVERLAY_SIZE];
    char values[OVERLAY_SIZE];
    if (w == NULL || w->task != r->task) {
        return SPOT_E_INVALID;
    }
    (void)spoti_format(names, sizeof(names), "time\nspeed\n%s",
                       w->success  ? "success"
                       : w->failed ? "failed"
                                   : "grade");
    (void)spoti_format(values, sizeof(values), "%.1f s\n%.2g\n%d / %u", spoti_world_time_s(w),
                       w->variation.speed, w->grade, w->task->file->grades_count);
    r->view.names = names;
    r->view.values = values;
    return spoti_picture_take(r->picture, w, &r->view, rgb);
}

static const char *source(const void *self)
{
    return spoti_picture_source(((const renderer *)self)->picture);
}

const spoti_draw_ops spoti_mujoco_draw = {
    .create = create, .draw = draw, .source = source, .destroy = destroy};
