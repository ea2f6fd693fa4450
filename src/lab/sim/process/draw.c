/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/draw.h"

#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/process/world.h"

typedef struct renderer {
    const spot_allocator *allocator;
    const spoti_process_scene *scene;
    int width, height;
} renderer;

static spot_status create(const spot_world *world, const spot_render_config *config, void **out,
                          spot_diag *diag)
{
    const spoti_process_world *w = spoti_process_world_of(world);

    *out = NULL;
    if (w == NULL) {
        return SPOT_E_INVALID;
    }
    if (!w->scene->hello.draws) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: the world cannot be drawn, expected one that renders rgb_array",
                             w->scene->where);
    }
    renderer *r = spoti_calloc(config->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    *r = (renderer){.allocator = config->allocator,
                    .scene = w->scene,
                    .width = config->width,
                    .height = config->height};
    *out = r;
    return SPOT_OK;
}

static spot_status draw(void *self, const spot_world *world, uint8_t *rgb)
{
    const renderer *r = self;
    spoti_process_world *w = spoti_process_world_of(world);
    const spoti_value *answer = NULL;
    const uint8_t *pixels = NULL;
    spot_diag why = {""};

    if (w == NULL || w->scene != r->scene) {
        return SPOT_E_INVALID;
    }
    if (w->worker == NULL) {
        return SPOT_E_STATE;
    }
    spoti_worker_begin(w->worker, "draw");
    spoti_record_put_int(&w->worker->request, "height", r->height);
    spoti_record_put_int(&w->worker->request, "width", r->width);
    spot_status st = spoti_worker_call(w->worker, &answer, &why);
    st = st == SPOT_OK ? spoti_picture_read(answer, r->height, r->width,
                                            "the world answers nonsense", &pixels, &why)
                       : st;
    if (st != SPOT_OK) {
        (void)spoti_process_fail(w, why.text);
        return SPOT_E_INTERNAL; /* the world says why */
    }
    memcpy(rgb, pixels, (size_t)r->height * (size_t)r->width * 3);
    return SPOT_OK;
}

static const char *source(const void *self)
{
    (void)self;
    return "process";
}

static void destroy(void *self)
{
    renderer *r = self;
    if (r != NULL) {
        spoti_free(r->allocator, r, sizeof(*r));
    }
}

const spoti_draw_ops spoti_process_draw = {
    .create = create, .draw = draw, .source = source, .destroy = destroy};
