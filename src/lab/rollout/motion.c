/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/rollout/motion.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"

/* The sample's first columns: the end effector's x, y, z. */
enum { N_XYZ = 3 };

/* Control steps that SPARC has room for, 3 MB a rollout: half an hour at 10 Hz. */
enum { STEPS_MOST = 1 << 14 };

static spot_motion_shape shape_of(const spot_world *world, spoti_pace pace)
{
    const spot_world_dims *d = &world->dims;
    const size_t n_joint = d->n_joint > 0 ? (size_t)d->n_joint : 0;
    spot_motion_shape shape = {.channels = 0};
    if (pace == SPOTI_PACE_COMMAND) {
        shape.channels = SPOT_MOTION_ACTION;
        shape.n_action = (size_t)d->action_dim;
        return shape;
    }
    if (pace == SPOTI_PACE_EFFORT) {
        shape.channels = SPOT_MOTION_JOINT_VELOCITY | SPOT_MOTION_TORQUE;
        shape.n_joint = n_joint;
        return n_joint > 0 && world->ops->effort != NULL ? shape : (spot_motion_shape){0};
    }
    if (d->sample_dim >= N_XYZ) {
        shape.channels |= SPOT_MOTION_POSITION;
        shape.n_axis = N_XYZ;
    }
    if (n_joint > 0) {
        shape.channels |= SPOT_MOTION_JOINT | SPOT_MOTION_JOINT_VELOCITY;
        shape.n_joint = n_joint;
    }
    return shape;
}

spot_status spoti_recorder_make(spoti_recorder *r, const spot_world *world, int64_t n_row,
                                const spot_allocator *allocator)
{
    const spot_world_dims *d = &world->dims;
    const size_t n_joint = d->n_joint > 0 ? (size_t)d->n_joint : 0;
    memset(r, 0, sizeof(*r));
    r->allocator = allocator;
    r->joint_at = d->joint_at;
    for (int p = 0; p < SPOTI_N_PACE; p++) {
        r->shape[p] = shape_of(world, (spoti_pace)p);
        if (r->shape[p].channels == 0) {
            continue;
        }
        spot_motion_config_default(&r->config[p]);
        r->config[p].interval_s =
            p == SPOTI_PACE_EFFORT ? d->tick_s : d->tick_s * d->ticks_per_action;
        /* the speed profile is of the positions */
        r->n_most[p] = p != SPOTI_PACE_STATE ? 0 : n_row < STEPS_MOST ? (size_t)n_row : STEPS_MOST;
        const spot_status st = spot_motion_room(r->shape[p], r->n_most[p], &r->n_double[p]);
        if (st != SPOT_OK) {
            return st;
        }
        r->memory[p] = (double *)spoti_calloc(allocator, r->n_double[p], sizeof(double));
        if (r->memory[p] == NULL) {
            return SPOT_E_NOMEM;
        }
    }
    r->velocity = (double *)spoti_calloc(allocator, 2 * n_joint + 1, sizeof(double));
    r->torque = r->velocity != NULL ? r->velocity + n_joint : NULL;
    return r->velocity != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

void spoti_recorder_free(spoti_recorder *r)
{
    const size_t n_joint = r->shape[SPOTI_PACE_STATE].n_joint;
    for (int p = 0; p < SPOTI_N_PACE; p++) {
        spoti_free(r->allocator, r->memory[p], r->n_double[p] * sizeof(double));
    }
    spoti_free(r->allocator, r->velocity, (2 * n_joint + 1) * sizeof(double));
}

void spoti_recorder_begin(spoti_recorder *r)
{
    r->is_broken = false;
    for (int p = 0; p < SPOTI_N_PACE; p++) {
        if (r->memory[p] != NULL) {
            r->is_broken =
                spot_motion_stream_init(&r->stream[p], r->shape[p], &r->config[p], r->n_most[p],
                                        r->memory[p], r->n_double[p]) != SPOT_OK ||
                r->is_broken;
        }
    }
}

static void push(spoti_recorder *r, spoti_pace pace, const spot_motion_sample *sample)
{
    if (r->memory[pace] != NULL && !r->is_broken) {
        r->is_broken = spot_motion_stream_push(&r->stream[pace], sample) != SPOT_OK;
    }
}

void spoti_recorder_state(spoti_recorder *r, const double *sample)
{
    const double *joints = sample + r->joint_at;
    const spot_motion_sample at = {.position_m = sample,
                                   .joint_rad = joints,
                                   .joint_rad_s = joints + r->shape[SPOTI_PACE_STATE].n_joint};
    push(r, SPOTI_PACE_STATE, &at);
}

void spoti_recorder_command(spoti_recorder *r, const double *command)
{
    if (command != NULL) {
        push(r, SPOTI_PACE_COMMAND, &(spot_motion_sample){.action = command});
    }
}

void spoti_recorder_tick(spoti_recorder *r, const spot_world *world)
{
    if (r->memory[SPOTI_PACE_EFFORT] != NULL && !r->is_broken) {
        world->ops->effort(world->self, r->velocity, r->torque);
        push(r, SPOTI_PACE_EFFORT,
             &(spot_motion_sample){.joint_rad_s = r->velocity, .torque_nm = r->torque});
    }
}

void spoti_motion_unknown(spot_motion_metrics *out, spot_motion_why why)
{
    memset(out, 0, sizeof(*out)); /* padding too: episodes are compared as bytes */
    for (int m = 0; m < SPOT_MOTION_N_METRIC; m++) {
        out->values[m].value = (double)NAN;
        out->values[m].why = why;
    }
}

/* Which stream a metric is of. */
static spoti_pace pace_of(int metric)
{
    switch (metric) {
    case SPOT_MOTION_ACTION_RATE_PER_STEP:
    case SPOT_MOTION_ACTION_RATE_PER_S:
        return SPOTI_PACE_COMMAND;
    case SPOT_MOTION_ENERGY_ABS_J:
    case SPOT_MOTION_ENERGY_POS_J:
    case SPOT_MOTION_ENERGY_NET_J:
    case SPOT_MOTION_ENERGY_COPPER_J:
    case SPOT_MOTION_ENERGY_MOTOR_J:
        return SPOTI_PACE_EFFORT;
    default:
        return SPOTI_PACE_STATE;
    }
}

void spoti_recorder_finish(const spoti_recorder *r, double time_s, spot_motion_metrics *out)
{
    spot_motion_metrics of[SPOTI_N_PACE];
    spoti_motion_unknown(out, SPOT_MOTION_WHY_OVERFLOW);
    if (r->is_broken) {
        return;
    }
    for (int p = 0; p < SPOTI_N_PACE; p++) {
        /* commands are always there: they know why everything else is not */
        const spoti_pace from = r->memory[p] != NULL ? (spoti_pace)p : SPOTI_PACE_COMMAND;
        (void)spot_motion_stream_finish(&r->stream[from], &of[p]);
    }
    out->n_sample = of[SPOTI_PACE_STATE].n_sample;
    out->interval_s = of[SPOTI_PACE_STATE].interval_s;
    for (int m = 0; m < SPOT_MOTION_N_METRIC; m++) {
        const spot_motion_value *v = &of[pace_of(m)].values[m];
        out->values[m].value = v->value;
        out->values[m].why = v->why;
    }
    out->values[SPOT_MOTION_COMPLETION_TIME_S].value = time_s; /* to the tick */
    out->values[SPOT_MOTION_COMPLETION_TIME_S].why = SPOT_MOTION_WHY_DEFINED;
}
