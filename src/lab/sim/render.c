/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of a world, drawn by the backend of its task. */
#include "spot/render.h"

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "lab/sim/task.h"

enum { SIDE_MIN = 16, SIDE_MAX = 4096 };

struct spot_renderer {
    const spot_allocator *allocator;
    const spoti_draw_ops *ops;
    void *self;
};

void spot_render_config_default(spot_render_config *config)
{
    *config = (spot_render_config){
        .size = sizeof(*config), .width = 640, .height = 480, .backend = SPOT_RENDER_AUTO};
}

static const spoti_draw_ops *draw_ops(const spot_world *world)
{
    return world->task != NULL ? world->task->ops->draw : NULL;
}

static spot_status check_size(const char *what, int pixels, spot_diag *diag)
{
    if (pixels < SIDE_MIN || pixels > SIDE_MAX || pixels % 2 != 0) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s %d: expected an even number from %d to %d",
                             what, pixels, SIDE_MIN, SIDE_MAX);
    }
    return SPOT_OK;
}

spot_status spot_renderer_create(const spot_world *world, const spot_render_config *config,
                                 spot_renderer **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (world == NULL || SPOTI_CONFIG_CHECK(spot_render_config, config, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    const spoti_draw_ops *ops = draw_ops(world);
    if (ops == NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED, "worlds of kind '%s' cannot be drawn",
                             world->ops != NULL ? world->ops->kind : "");
    }
    spot_status st = check_size("width", config->width, diag);
    st = st == SPOT_OK ? check_size("height", config->height, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    spot_renderer *r = (spot_renderer *)spoti_calloc(config->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->allocator = config->allocator;
    r->ops = ops;
    st = ops->create(world, config, &r->self, diag);
    if (st != SPOT_OK) {
        spoti_free(r->allocator, r, sizeof(*r));
        return st;
    }
    *out = r;
    return SPOT_OK;
}

spot_status spot_renderer_draw(spot_renderer *renderer, const spot_world *world, uint8_t *rgb)
{
    if (renderer == NULL || world == NULL || rgb == NULL) {
        return SPOT_E_INVALID;
    }
    const spoti_draw_ops *ops = draw_ops(world);
    if (ops == NULL || ops != renderer->ops) {
        return SPOT_E_INVALID;
    }
    return ops->draw(renderer->self, world, rgb);
}

const char *spot_renderer_backend(const spot_renderer *renderer)
{
    return renderer->ops->source(renderer->self);
}

void spot_renderer_destroy(spot_renderer *renderer)
{
    if (renderer != NULL) {
        renderer->ops->destroy(renderer->self);
        spoti_free(renderer->allocator, renderer, sizeof(*renderer));
    }
}
