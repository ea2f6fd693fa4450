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

/* Where the joint is taken to be: at its place on a, or on b, weighted by their masses; a fixed body's place wins. */
static float share_of_a(float inverse_a, float inverse_b)
{
    if (inverse_a == 0.0f) {
        return 1.0f;
    }
    return inverse_b == 0.0f ? 0.0f : inverse_b / (inverse_a + inverse_b);
}

void spoti_joint_weigh(const spoti_level_params *params, spoti_hinge *h)
{
    const float ma = h->a->inverse_mass;
    const float mb = h->b->inverse_mass;

    h->share_a = share_of_a(ma, mb);
    h->share_b = 1.0f - h->share_a;
    h->masses = nonzero(ma + mb);
    h->move_a = params->joint_position / h->masses * ma;
    h->move_b = params->joint_position / h->masses * mb;
    h->turns = 1.0f / nonzero(h->a->inverse_inertia + h->b->inverse_inertia);
}

void spoti_joint_prepare(spoti_sim *sim)
{
    for (int i = 0; i < sim->n_hinge; i++) {
        spoti_hinge *h = &sim->hinges[i];
        h->ra = body_turn(h->a, h->joint->at_a);
        h->rb = body_turn(h->b, h->joint->at_b);
        h->angle = h->b->rotation - h->a->rotation - h->joint->rest;
        h->excess = h->angle - clip(h->angle, h->joint->low, h->joint->high);
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

/* Velocities of the joint's two places, and a part of their distance, to nothing; then the distance itself.
 *
 * The arms' squared products with the unit vector of the velocity v are those with v itself, over v v. */
static void solve_place(const spoti_hinge *h, const spoti_level_params *params)
{
    const spoti_vec on_a = vec_add(h->a->at, h->ra);
    const spoti_vec on_b = vec_add(h->b->at, h->rb);
    const spoti_vec apart = vec_sub(on_b, on_a);
    /* to the joint, along the arms: no difference of two places far from the origin */
    const spoti_vec to_a = vec_add(h->ra, vec_scale(h->share_b, apart));
    const spoti_vec to_b = vec_sub(h->rb, vec_scale(h->share_a, apart));
    const spoti_vec v = vec_sub(body_velocity_at(h->b, to_b), body_velocity_at(h->a, to_a));
    const float ca = vec_cross(h->ra, v);
    const float cb = vec_cross(h->rb, v);
    const float turning = h->a->inverse_inertia * (ca * ca) + h->b->inverse_inertia * (cb * cb);
    const float k = params->stiffness / nonzero(h->masses + turning / nonzero(vec_dot(v, v)));
    const spoti_vec p = vec_scale(k, vec_add(v, vec_scale(params->joint_velocity, apart)));

    pull(h, p, 0.0f);
    h->pull->impulse = vec_add(h->pull->impulse, p);
    h->a->at = vec_add(h->a->at, vec_scale(h->move_a, apart));
    h->b->at = vec_sub(h->b->at, vec_scale(h->move_b, apart));
}

/* Angles: a fixed joint's to nothing, a limited one's back within its limits. */
static void solve_angle(const spoti_hinge *h, const spoti_level_params *params)
{
    const spoti_joint *j = h->joint;
    const float w = h->b->w - h->a->w;
    float wanted = 0.0f;

    if (j->fixed) {
        wanted = w + params->fixed_angle * h->angle;
    } else if (j->limited && h->excess != 0.0f && sign_of(w) == sign_of(h->excess)) {
        wanted = w + params->limit_angle * h->excess;
    }
    const float q = wanted * h->turns;
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
