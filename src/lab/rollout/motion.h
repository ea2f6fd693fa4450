/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a rollout measures of its motion (spot/motion.h): three streams, as three things have a rate of their own.
 *
 * Positions and velocities are taken once a control step, from the reset on: all jerks, SPARC and LDLJ are at the control
 * rate. Commands are taken once a control step too, from the first one on: in absolute terms, as they stand when the
 * step begins, a wait holding the last one. Work is summed at every tick: |torque x velocity| is no figure that bears
 * sampling every hundred ticks.
 */
#ifndef SPOTI_ROLLOUT_MOTION_H
#define SPOTI_ROLLOUT_MOTION_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"
#include "spot/motion.h"
#include "spot/world.h"

typedef enum spoti_pace {
    SPOTI_PACE_STATE,
    SPOTI_PACE_COMMAND,
    SPOTI_PACE_EFFORT,
    SPOTI_N_PACE
} spoti_pace;

typedef struct spoti_recorder {
    const spot_allocator *allocator;
    spot_motion_shape shape[SPOTI_N_PACE];
    spot_motion_config config[SPOTI_N_PACE];
    size_t n_most[SPOTI_N_PACE];
    size_t n_double[SPOTI_N_PACE];
    double *memory[SPOTI_N_PACE]; /* (n_double); NULL where the shape has no channel */
    spot_motion_stream stream[SPOTI_N_PACE];
    int joint_at;
    double *velocity; /* (n_joint) */
    double *torque;   /* (n_joint) */
    bool is_broken;   /* a number was not finite */
} spoti_recorder;

/* Makes room for episodes of `world`, of at most n_row control steps where that is bearable. Returns SPOT_OK, E_NOMEM, E_RANGE;
 * give to spoti_recorder_free in any case. */
spot_status spoti_recorder_make(spoti_recorder *r, const spot_world *world, int64_t n_row,
                                const spot_allocator *allocator);
void spoti_recorder_free(spoti_recorder *r);

/* An episode begins. */
void spoti_recorder_begin(spoti_recorder *r);

/* A control step begins: the world's sample (sample_dim) then; what is commanded then (action_dim), NULL = nothing yet. */
void spoti_recorder_state(spoti_recorder *r, const double *sample);
void spoti_recorder_command(spoti_recorder *r, const double *command);

/* A tick is over. */
void spoti_recorder_tick(spoti_recorder *r, const spot_world *world);

/* What an episode of time_s came to. */
void spoti_recorder_finish(const spoti_recorder *r, double time_s, spot_motion_metrics *out);

/* Metrics of an episode that nobody measured: none. */
void spoti_motion_unknown(spot_motion_metrics *out, spot_motion_why why);

#endif
