/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The symbolic observation, row by row, as Kinetix's flat symbolic renderer lays it out. */
#include "lab/sim/planar/observe.h"

#include <string.h>

#include "lab/sim/planar/vec.h"

enum {
    POLYGON_ROW = 26,
    CIRCLE_ROW = 18,
    JOINT_ROW = 22,   /* and two one-hots of bodies */
    THRUSTER_ROW = 8, /* and one */
    ROLES = 4,
    HIDDEN_WALLS = 3, /* polygons 1 to 3 */
};

static const float BOUND = 10.0f;
static const float SPEED_SCALE = 10.0f; /* of angular velocities before tanh */
static const float GRAVITY_SCALE = 10.0f;
static const float UNUSED_CORNER = -1.0f; /* coordinates of a triangle's fourth corner */

int spoti_planar_obs_dim(const spoti_level *l)
{
    return POLYGON_ROW * (l->n_polygon - HIDDEN_WALLS) + CIRCLE_ROW * l->n_circle +
           l->n_joint * (JOINT_ROW + 2 * l->n_shape) + l->n_thruster * (THRUSTER_ROW + l->n_shape) +
           1;
}

static float *put(float *at, float x)
{
    *at = x;
    return at + 1;
}

static float *put_vec(float *at, spoti_vec u)
{
    return put(put(at, u.x), u.y);
}

/* 1 at `index` of n, if there is such a place. The row is zero before. */
static float *put_one_hot(float *at, int index, int n)
{
    if (index >= 0 && index < n) {
        at[index] = 1.0f;
    }
    return at + n;
}

/* Sine and cosine of an angle. */
static float *put_angle(float *at, float angle)
{
    const spoti_vec direction = direction_of(angle);
    return put(put(at, direction.y), direction.x);
}

/* What polygons and circles have in common: 16. */
static float *put_body(float *at, const spoti_shape *s, const spoti_body *b)
{
    at = put_vec(put_vec(at, b->at), b->velocity);
    at = put(put(put(at, b->inverse_mass), b->inverse_inertia), s->density);
    at = put(at, tanh_of(b->w / SPEED_SCALE));
    at = put_one_hot(at, (int)s->role, ROLES);
    at = put(put(at, b->sine), b->cosine);
    return put(put(at, s->friction), s->restitution);
}

static void put_polygon(float *at, const spoti_shape *s, const spoti_body *b)
{
    at = put(put_body(at, s, b), 0.0f);
    for (int i = 0; i < SPOTI_PLANAR_CORNERS; i++) {
        at = put_vec(at,
                     i < s->n_corners ? s->corner[i] : (spoti_vec){UNUSED_CORNER, UNUSED_CORNER});
    }
    (void)put(at, s->n_corners < SPOTI_PLANAR_CORNERS ? 1.0f : 0.0f);
}

/* The numbers of a joint's motor: 14. */
static float *put_motor(float *at, const spoti_joint *j)
{
    float *const end = at + 14;
    if (j->fixed) {
        return end;
    }
    at = put(put(at, j->speed), j->power);
    at = put(put(at, j->motor ? 1.0f : 0.0f), j->limited ? 1.0f : 0.0f);
    at = put_one_hot(at, j->channel, SPOTI_PLANAR_MOTORS);
    if (j->limited) {
        at = put_angle(put_angle(at, j->low), j->high);
        (void)put(put(at, j->low - j->rest), j->high - j->rest);
    }
    return end;
}

static void put_joint(float *at, const spoti_joint *j, int n_shape)
{
    at = put(put(at, 1.0f), j->fixed ? 1.0f : 0.0f);
    at = put_vec(put_vec(at, j->at_b), j->at_a);
    at = put_motor(put_angle(at, j->rest), j);
    (void)put_one_hot(put_one_hot(at, j->b, n_shape), j->a, n_shape);
}

static void put_thruster(float *at, const spoti_thruster *t, int n_shape)
{
    at = put_vec(put(at, 1.0f), t->at);
    at = put_one_hot(at, t->channel, SPOTI_PLANAR_THRUSTERS);
    at = put(put_angle(at, t->rotation), t->power);
    (void)put_one_hot(at, t->body, n_shape);
}

/* Rows of bodies; the address behind them. */
static float *put_bodies(float *at, const spoti_sim *sim)
{
    const spoti_level *l = sim->level;
    for (int i = 0; i < l->n_shape; i++) {
        const bool circle = i >= l->n_polygon;
        if (i >= 1 && i <= HIDDEN_WALLS) {
            continue;
        }
        if (l->shapes[i].active && circle) {
            float *const end = put_body(at, &l->shapes[i], &sim->bodies[i]);
            (void)put(put(end, l->shapes[i].radius), 1.0f);
        } else if (l->shapes[i].active) {
            put_polygon(at, &l->shapes[i], &sim->bodies[i]);
        }
        at += circle ? CIRCLE_ROW : POLYGON_ROW;
    }
    return at;
}

void spoti_planar_observe(const spoti_sim *sim, float *obs)
{
    const spoti_level *l = sim->level;
    const int n = spoti_planar_obs_dim(l);

    memset(obs, 0, (size_t)n * sizeof(*obs));
    float *at = put_bodies(obs, sim);
    for (int i = 0; i < l->n_joint; i++) {
        if (l->joints[i].active) {
            put_joint(at, &l->joints[i], l->n_shape);
        }
        at += JOINT_ROW + 2 * l->n_shape;
    }
    for (int i = 0; i < l->n_thruster; i++) {
        if (l->thrusters[i].active) {
            put_thruster(at, &l->thrusters[i], l->n_shape);
        }
        at += THRUSTER_ROW + l->n_shape;
    }
    (void)put(at, l->gravity.y / GRAVITY_SCALE);
    for (int i = 0; i < n; i++) {
        obs[i] = isnan(obs[i]) ? 0.0f : clip(obs[i], -BOUND, BOUND);
    }
}
