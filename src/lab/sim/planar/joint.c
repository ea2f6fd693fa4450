/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Joints: one after the other, each sees what the last one did; positions move in every iteration.
 *
 * Impulses P and turns Q have the opposite sign of contacts: plus at a, minus at b. P adds up over iterations and steps
 * and is never reset, so the warm start applies all of it again. The joint's angle is (rotation of b - rotation of a) -
 * rest.
 */
#include "lab/sim/planar/vec.h"

void spoti_joint_prepare(spoti_sim *sim)
{
    for (int i = 0; i < sim->n_hinge; i++) {
        spoti_hinge *h = &sim->hinges[i];
        h->ra = body_turn(h->a, h->joint->at_a);
        h->rb = body_turn(h->b, h->joint->at_b);
    }
}

static void pull(const spoti_hinge *h, spoti_vec p, float q)
{
    h->a->velocity = vec_add(h->a->velocity, vec_scale(h->a->inverse_mass, p));
    h->b->velocity = vec_sub(h->b->velocity, vec_scale(h->b->inverse_mass, p));
    h->a->w += h->a->inverse_inertia * (vec_cross(h->ra, p) + q);
    h->b->w -= h->b->inverse_inertia * (vec_cross(h->rb, p) + q);
}

void spoti_joint_warm_start(spoti_sim *sim)
{
    for (int i = 0; i < sim->n_hinge; i++) {
        const spoti_hinge *h = &sim->hinges[i];
        pull(h, h->pull->impulse, h->pull->turn);
    }
}

/* Where the joint is taken to be: at its place on a, or on b, weighted by their masses; a fixed body's place wins. */
static spoti_vec joint_point(const spoti_hinge *h, spoti_vec on_a, spoti_vec on_b)
{
    const float ma = h->a->inverse_mass;
    const float mb = h->b->inverse_mass;
    if (ma == 0.0f) {
        return on_a;
    }
    if (mb == 0.0f) {
        return on_b;
    }
    const float wa = 1.0f / ma;
    const float wb = 1.0f / mb;
    return (spoti_vec){(on_a.x * wa + on_b.x * wb) / (wa + wb),
                       (on_a.y * wa + on_b.y * wb) / (wa + wb)};
}

/* Velocities of the joint's two places, and a part of their distance, to nothing; then the distance itself. */
static void solve_place(const spoti_hinge *h, const spoti_level_params *params)
{
    const spoti_vec on_a = vec_add(h->a->at, h->ra);
    const spoti_vec on_b = vec_add(h->b->at, h->rb);
    const spoti_vec apart = vec_sub(on_b, on_a);
    const spoti_vec x = joint_point(h, on_a, on_b);
    const spoti_vec v = vec_sub(body_velocity_at(h->b, vec_sub(x, h->b->at)),
                                body_velocity_at(h->a, vec_sub(x, h->a->at)));
    const float speed = nonzero(vec_length(v));
    const spoti_vec unit = {v.x / speed, v.y / speed};
    const float ca = vec_cross(h->ra, unit);
    const float cb = vec_cross(h->rb, unit);
    const float masses = nonzero(h->a->inverse_mass + h->b->inverse_mass);
    const float k = params->stiffness / nonzero(masses + h->a->inverse_inertia * (ca * ca) +
                                                h->b->inverse_inertia * (cb * cb));
    const spoti_vec p = vec_scale(k, vec_add(v, vec_scale(params->joint_velocity, apart)));

    pull(h, p, 0.0f);
    h->pull->impulse = vec_add(h->pull->impulse, p);
    const float part = params->joint_position / masses;
    h->a->at = vec_add(h->a->at, vec_scale(part * h->a->inverse_mass, apart));
    h->b->at = vec_sub(h->b->at, vec_scale(part * h->b->inverse_mass, apart));
}

/* Angles: a fixed joint's to nothing, a limited one's back within its limits. */
static void solve_angle(const spoti_hinge *h, const spoti_level_params *params)
{
    const spoti_joint *j = h->joint;
    const float angle = h->b->rotation - h->a->rotation - j->rest;
    const float excess = angle - clip(angle, j->low, j->high);
    const float w = h->b->w - h->a->w;
    float wanted = 0.0f;

    if (j->fixed) {
        wanted = w + params->fixed_angle * angle;
    } else if (j->limited && excess != 0.0f && sign_of(w) == sign_of(excess)) {
        wanted = w + params->limit_angle * excess;
    }
    const float q = wanted / nonzero(h->a->inverse_inertia + h->b->inverse_inertia);
    h->a->w += q * h->a->inverse_inertia;
    h->b->w -= q * h->b->inverse_inertia;
    h->pull->turn = j->fixed ? h->pull->turn + q : 0.0f;
}

void spoti_joint_solve(spoti_sim *sim)
{
    for (int i = 0; i < sim->n_hinge; i++) {
        solve_place(&sim->hinges[i], &sim->level->params);
        solve_angle(&sim->hinges[i], &sim->level->params);
    }
}
