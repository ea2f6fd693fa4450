/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/planar/sample.h"

#include "core/base/alloc.h"

enum {
    HEAD = 4,       /* columns: x, y, z, distance */
    BODY = 3,       /* columns of a body: x, y, turn */
    STATE_BODY = 6, /* numbers of a body in a state */
};

static bool is_sampled(const spoti_level *l, int body)
{
    return l->shapes[body].active && body >= SPOTI_PLANAR_WALLS;
}

static int find_effector(const spoti_level *l)
{
    for (int i = 0; i < l->n_shape; i++) {
        if (l->shapes[i].active && l->shapes[i].role == SPOTI_ROLE_GREEN) {
            return i;
        }
    }
    for (int i = 0; i < l->n_shape; i++) {
        if (l->shapes[i].active && l->shapes[i].inverse_mass != 0.0f) {
            return i;
        }
    }
    return 0;
}

static void name_body(spoti_planar_scene *s, int body, int at)
{
    static const char *const parts[BODY] = {"x", "y", "turn"};
    const bool circle = body >= s->level->n_polygon;
    for (int k = 0; k < BODY; k++) {
        (void)spoti_format(s->names[at + k], sizeof(s->names[at + k]), "%s%d_%s",
                           circle ? "circle" : "polygon",
                           circle ? body - s->level->n_polygon : body, parts[k]);
    }
}

spot_status spoti_planar_name_columns(spoti_planar_scene *s)
{
    static const char *const head[HEAD] = {"x", "y", "z", "distance"};
    int at = HEAD;
    int n = HEAD;

    for (int i = 0; i < s->level->n_shape; i++) {
        n += is_sampled(s->level, i) ? BODY : 0;
    }
    s->effector = find_effector(s->level);
    s->n_name = n;
    s->names = spoti_calloc(s->allocator, (size_t)n, sizeof(*s->names));
    s->sample_names = spoti_calloc(s->allocator, (size_t)n, sizeof(*s->sample_names));
    if (s->names == NULL || s->sample_names == NULL) {
        return SPOT_E_NOMEM;
    }
    for (int i = 0; i < HEAD; i++) {
        (void)spoti_copy(s->names[i], sizeof(s->names[i]), head[i]);
    }
    for (int i = 0; i < s->level->n_shape; i++) {
        if (is_sampled(s->level, i)) {
            name_body(s, i, at);
            at += BODY;
        }
    }
    for (int i = 0; i < n; i++) {
        s->sample_names[i] = s->names[i];
    }
    return SPOT_OK;
}

void spoti_planar_sample(const spoti_planar_scene *scene, const spoti_sim *sim, double *row)
{
    const spoti_body *effector = &sim->bodies[scene->effector];

    *row++ = (double)effector->at.x;
    *row++ = (double)effector->at.y;
    *row++ = 0.0;
    *row++ = (double)spoti_sim_distance(sim);
    for (int i = 0; i < sim->level->n_shape; i++) {
        if (is_sampled(sim->level, i)) {
            *row++ = (double)sim->bodies[i].at.x;
            *row++ = (double)sim->bodies[i].at.y;
            *row++ = (double)sim->bodies[i].rotation;
        }
    }
}

int spoti_planar_state_dim(const spoti_level *level)
{
    return 1 + STATE_BODY * level->n_shape;
}

void spoti_planar_state(const spoti_sim *sim, double time_s, double *row)
{
    *row++ = time_s;
    for (int i = 0; i < sim->level->n_shape; i++) {
        const spoti_body *b = &sim->bodies[i];
        const float numbers[STATE_BODY] = {b->at.x,       b->at.y,       b->rotation,
                                           b->velocity.x, b->velocity.y, b->w};
        for (int k = 0; k < STATE_BODY; k++) {
            *row++ = (double)numbers[k];
        }
    }
}
