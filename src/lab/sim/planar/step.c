/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One physics step, as a list of its parts. */
#include "lab/sim/planar/vec.h"

/* Of every body that can move, active or not: those that are not keep falling, out of sight. */
static void fall(spoti_sim *sim)
{
    const spoti_vec dv = vec_scale(sim->level->params.dt, sim->level->gravity);
    for (int i = 0; i < sim->level->n_shape; i++) {
        spoti_body *b = &sim->bodies[i];
        if (b->inverse_mass != 0.0f) {
            b->velocity = vec_add(b->velocity, dv);
        }
    }
}

static void iterate(spoti_sim *sim)
{
    for (int i = 0; i < sim->level->params.iterations; i++) {
        spoti_joint_solve(sim);
        for (int d = 0; d < SPOTI_DEALS; d++) {
            spoti_contact_solve(&sim->deals[d]);
        }
    }
}

static void warm_start(spoti_sim *sim)
{
    if (sim->level->params.warm_start) {
        for (int d = 0; d < SPOTI_DEALS; d++) {
            spoti_contact_warm_start(&sim->deals[d]);
        }
        spoti_joint_warm_start(sim);
    }
}

static void move(spoti_sim *sim)
{
    const spoti_level_params *p = &sim->level->params;
    for (int i = 0; i < sim->level->n_shape; i++) {
        spoti_body *b = &sim->bodies[i];
        const float x = b->at.x + b->velocity.x * p->dt;
        const float y = b->at.y + b->velocity.y * p->dt;
        const float rotation = b->rotation + b->w * p->dt;
        b->at.x = clip(x, -p->clip_position, p->clip_position);
        b->at.y = clip(y, -p->clip_position, p->clip_position);
        b->velocity.x = clip(b->velocity.x, -p->clip_velocity, p->clip_velocity);
        b->velocity.y = clip(b->velocity.y, -p->clip_velocity, p->clip_velocity);
        b->w = clip(b->w, -p->clip_angular, p->clip_angular);
        if (rotation != b->rotation) {
            b->rotation = rotation;
            const spoti_vec direction = direction_of(rotation);
            b->cosine = direction.x;
            b->sine = direction.y;
        }
    }
}

void spoti_sim_step(spoti_sim *sim, const spoti_drive *drive)
{
    fall(sim);
    spoti_sim_find_contacts(sim);
    spoti_joint_prepare(sim);
    spoti_sim_motors(sim, drive);
    spoti_sim_thrusters(sim, drive);
    warm_start(sim);
    iterate(sim);
    move(sim);
}

bool spoti_sim_broken(const spoti_sim *sim)
{
    float sum = 0.0f; /* 0 x anything finite is 0 */
    for (int i = 0; i < sim->level->n_shape; i++) {
        const spoti_body *b = &sim->bodies[i];
        sum += 0.0f * (b->at.x + b->at.y + b->velocity.x + b->velocity.y + b->w + b->rotation);
    }
    return !(sum == 0.0f);
}

float spoti_sim_distance(const spoti_sim *sim)
{
    float sum = 0.0f;
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        for (int i = 0; i < sim->level->n_pair[f]; i++) {
            const spoti_pair *p = &sim->level->pairs[f][i];
            if (p->event > 0 && sim->level->shapes[p->a].active &&
                sim->level->shapes[p->b].active) {
                sum += vec_length(vec_sub(sim->bodies[p->a].at, sim->bodies[p->b].at));
            }
        }
    }
    return sum;
}
