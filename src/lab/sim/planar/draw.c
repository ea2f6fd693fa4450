/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pictures of a planar world, as Kinetix draws it: 5 m by 5 m; green, blue and red roles, grey without; what cannot move
 * is darker; joints and thrusters have the colour of their channel. Walls and ceiling are not drawn, the floor is.
 */
#include "lab/sim/planar/draw.h"

#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/planar/raster.h"
#include "lab/sim/planar/vec.h"
#include "lab/sim/planar/world.h"

static const float VIEW_M = 5.0f; /* the side of what is seen */
static const float EDGE_M = 0.02f;
static const float JOINT_M = 0.045f; /* radius */
static const float THRUSTER_M = 0.09f;
static const float FLAME_M = 0.35f; /* of a thruster at full power */

static const spoti_colour BACKGROUND = {255, 255, 255};
static const spoti_colour OUTSIDE = {225, 225, 225};
static const spoti_colour BLACK = {0, 0, 0};
static const spoti_colour FIXED = {80, 80, 80};
static const spoti_colour FLAME = {255, 140, 0};
static const spoti_colour ROLES[] = {{160, 160, 160}, {0, 204, 0}, {0, 102, 204}, {255, 102, 102}};
static const spoti_colour CHANNELS[] = {
    {255, 255, 0}, {255, 0, 255}, {0, 255, 255}, {255, 153, 51}};
static const spoti_colour NO_CHANNEL = {255, 255, 255};

typedef struct renderer {
    const spot_allocator *allocator;
    const spoti_planar_scene *scene;
    int width, height;
} renderer;

static spot_status create(const spot_world *world, const spot_render_config *config, void **out,
                          spot_diag *diag)
{
    const spoti_planar_world *w = spoti_planar_world_of(world);

    (void)diag;
    *out = NULL;
    if (w == NULL) {
        return SPOT_E_INVALID;
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

/* What moves is bright; what does not is dark, and dark grey without a role. */
static spoti_colour colour_of(const spoti_shape *s, bool fixed)
{
    const spoti_colour c = ROLES[s->role];
    if (!fixed) {
        return c;
    }
    return s->role == SPOTI_ROLE_NONE
               ? FIXED
               : (spoti_colour){(uint8_t)(c.r / 2), (uint8_t)(c.g / 2), (uint8_t)(c.b / 2)};
}

static spoti_colour channel_colour(int channel, int n)
{
    return channel >= 0 && channel < n ? CHANNELS[channel] : NO_CHANNEL;
}

static void draw_body(const spoti_raster *to, const spoti_sim *sim, int i)
{
    const spoti_shape *s = &sim->level->shapes[i];
    const spoti_body *b = &sim->bodies[i];
    const spoti_colour colour = colour_of(s, s->inverse_mass == 0.0f);
    const float edge = EDGE_M * to->scale;
    spoti_vec corner[SPOTI_PLANAR_CORNERS];

    if (!s->active || (i >= 1 && i < SPOTI_PLANAR_WALLS)) {
        return;
    }
    if (i < sim->level->n_polygon) {
        for (int k = 0; k < s->n_corners; k++) {
            corner[k] = body_to_world(b, s->corner[k]);
        }
        spoti_raster_polygon(to, corner, s->n_corners, i == 0 ? 0.0f : edge, colour);
    } else {
        spoti_raster_circle(to, b->at, s->radius, edge, colour);
        spoti_raster_line(to, b->at, body_to_world(b, (spoti_vec){0.0f, s->radius}), 0.7f * edge,
                          BLACK); /* how far it has turned */
    }
}

static void draw_joints(const spoti_raster *to, const spoti_sim *sim)
{
    for (int i = 0; i < sim->level->n_joint; i++) {
        const spoti_joint *j = &sim->level->joints[i];
        if (!j->active) {
            continue;
        }
        const spoti_vec at = body_to_world(&sim->bodies[j->a], j->at_a);
        const spoti_colour colour =
            j->motor && !j->fixed ? channel_colour(j->channel, SPOTI_PLANAR_MOTORS) : NO_CHANNEL;
        spoti_raster_circle(to, at, JOINT_M, EDGE_M * to->scale, colour);
    }
}

/* A wedge that points where the thruster pushes, and a flame behind it as long as it is told. */
static void draw_thrusters(const spoti_raster *to, const spoti_planar_episode *e,
                           const float *channels)
{
    spoti_drive drive;

    spoti_sim_bind(e->sim->level, channels, &drive);
    for (int i = 0; i < e->sim->level->n_thruster; i++) {
        const spoti_thruster *t = &e->sim->level->thrusters[i];
        if (!t->active) {
            continue;
        }
        const spoti_body *b = &e->sim->bodies[t->body];
        const spoti_vec at = body_to_world(b, t->at);
        const spoti_vec d = direction_of(t->rotation + b->rotation);
        const spoti_vec side = {-d.y, d.x};
        const spoti_vec tail = vec_sub(at, vec_scale(THRUSTER_M, d));
        const spoti_vec wedge[3] = {vec_add(at, vec_scale(THRUSTER_M, d)),
                                    vec_sub(tail, vec_scale(0.7f * THRUSTER_M, side)),
                                    vec_add(tail, vec_scale(0.7f * THRUSTER_M, side))};
        if (drive.thruster[i] > 0.0f) {
            spoti_raster_line(to, tail, vec_sub(tail, vec_scale(FLAME_M * drive.thruster[i], d)),
                              0.8f * THRUSTER_M * to->scale, FLAME);
        }
        spoti_raster_polygon(to, wedge, 3, EDGE_M * to->scale,
                             channel_colour(t->channel, SPOTI_PLANAR_THRUSTERS));
    }
}

static spot_status draw(void *self, const spot_world *world, uint8_t *rgb)
{
    const renderer *r = self;
    const spoti_planar_world *w = spoti_planar_world_of(world);

    if (w == NULL || w->scene != r->scene) {
        return SPOT_E_INVALID;
    }
    const int side = r->width < r->height ? r->width : r->height;
    const float scale = (float)side / VIEW_M;
    const spoti_raster to = {.rgb = rgb,
                             .width = r->width,
                             .height = r->height,
                             .scale = scale,
                             .left = -0.5f * (float)(r->width - side),
                             .bottom = -0.5f * (float)(r->height - side)};
    const spoti_vec page[4] = {{0.0f, 0.0f}, {0.0f, VIEW_M}, {VIEW_M, VIEW_M}, {VIEW_M, 0.0f}};

    spoti_raster_clear(&to, OUTSIDE);
    spoti_raster_polygon(&to, page, 4, 0.0f, BACKGROUND);
    for (int i = 0; i < r->scene->level->n_shape; i++) {
        draw_body(&to, w->episode.sim, i);
    }
    draw_joints(&to, w->episode.sim);
    draw_thrusters(&to, &w->episode, w->held);
    return SPOT_OK;
}

static const char *source(const void *self)
{
    (void)self;
    return "own rasteriser";
}

static void destroy(void *self)
{
    renderer *r = self;
    if (r != NULL) {
        spoti_free(r->allocator, r, sizeof(*r));
    }
}

const spoti_draw_ops spoti_planar_draw = {
    .create = create, .draw = draw, .source = source, .destroy = destroy};
