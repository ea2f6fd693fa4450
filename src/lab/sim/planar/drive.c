/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the six channels of an action do: motors at joints, thrusters on bodies. */
#include <string.h>

#include "lab/sim/planar/vec.h"

void spoti_sim_bind(const spoti_level *level, const float channels[SPOTI_PLANAR_CHANNELS],
                    spoti_drive *drive)
{
    for (int j = 0; j < level->n_joint; j++) {
        const int c = spoti_level_channel(level->joints[j].channel, SPOTI_PLANAR_MOTORS);
        drive->motor[j] = clip(channels[c], -1.0f, 1.0f);
    }
    for (int t = 0; t < level->n_thruster; t++) {
        const int c = spoti_level_channel(level->thrusters[t].channel, SPOTI_PLANAR_THRUSTERS);
        drive->thruster[t] = clip(channels[SPOTI_PLANAR_MOTORS + c], 0.0f, 1.0f);
    }
}

/* 1, and less within the last part before a limit that the motor drives towards. */
static float fade(const spoti_level_params *p, const spoti_joint *j, float angle, float u)
{
    if (!j->limited) {
        return 1.0f;
    }
    const float into = angle - clip(angle, j->low + p->motor_limit, j->high - p->motor_limit);
    if (into == 0.0f || sign_of(into) != sign_of(u)) {
        return 1.0f;
    }
    const float left = 1.0f - fabsf(into) / p->motor_limit;
    return left > 0.0f ? left : 0.0f;
}

/* The angular impulse of the motor of a hinge. */
static float motor_turn(const spoti_level_params *p, const spoti_hinge *h, float u)
{
    const spoti_joint *j = h->joint;
    if (!j->motor || u == 0.0f || j->fixed) {
        return 0.0f;
    }
    const float lag = h->b->w - h->a->w - p->motor_speed * j->speed * u;
    const float most =
        p->motor_power * j->power * p->dt / nonzero(h->a->inverse_inertia + h->b->inverse_inertia);
    const float angle = h->b->rotation - h->a->rotation - j->rest;
    return most * tanh_of(p->motor_decay * lag) * fade(p, j, angle, u);
}

/* All motors act on the same angular velocities. */
void spoti_sim_motors(spoti_sim *sim, const spoti_drive *drive)
{
    float turns[SPOTI_PLANAR_COUNT_MAX];

    for (int i = 0; i < sim->n_hinge; i++) {
        const ptrdiff_t joint = sim->hinges[i].joint - sim->level->joints;
        turns[i] = motor_turn(&sim->level->params, &sim->hinges[i], drive->motor[joint]);
    }
    for (int i = 0; i < sim->n_hinge; i++) {
        const spoti_hinge *h = &sim->hinges[i];
        h->a->w += turns[i] * h->a->inverse_inertia;
        h->b->w -= turns[i] * h->b->inverse_inertia;
    }
}

void spoti_sim_thrusters(spoti_sim *sim, const spoti_drive *drive)
{
    const spoti_level_params *p = &sim->level->params;
    for (int i = 0; i < sim->level->n_thruster; i++) {
        const spoti_thruster *t = &sim->level->thrusters[i];
        if (!t->active || drive->thruster[i] == 0.0f) {
            continue;
        }
        spoti_body *b = &sim->bodies[t->body];
        const float impulse = t->power * p->thruster_power * drive->thruster[i] * p->dt;
        const float angle = t->rotation + b->rotation;
        const spoti_vec direction = direction_of(angle);
        b->velocity = vec_add(b->velocity, vec_scale(b->inverse_mass * impulse, direction));
        b->w += b->inverse_inertia * vec_cross(body_turn(b, t->at), direction) * impulse;
    }
}
