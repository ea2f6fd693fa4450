/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What an episode asked of its policy and did to its simulation, so that parts of it can be done again alone.
 *
 * `noting` is a brain that passes everything on and keeps it; `answering` is one that says at once what was said then.
 */
#ifndef BENCH_ROLLOUT_NOTES_H
#define BENCH_ROLLOUT_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/sim/mujoco/world.h"
#include "spot/brain.h"
#include "spot/policy.h"

/* What the controller was commanded at a tick. */
typedef struct notes_command {
    double target[SPOTI_POSE_DIM];
    double step_m, step_rad;
    double open_target_m;
} notes_command;

typedef struct notes {
    spot_brain brain;   /* whose answers are kept; borrowed */
    void *state;        /* of the loop that notes */
    spot_brain_info of; /* the brain */
    const spoti_mujoco_world *world;
    int64_t ticks_most;
    int64_t ticks;
    notes_command *commands; /* (ticks_most) */
    double *ctrl;            /* (ticks_most x nu) what the simulation was given */
    double *applied;         /* (ticks_most x nv) */
    double *end;             /* (nq + nv) positions and velocities of the last tick */
    int asked;
    int answered;    /* of those, by the brain that answers */
    bool *is_memory; /* (ASKED_MOST) to be remembered, else an inference */
    float *obs;      /* (ASKED_MOST x obs_dim) */
    float *command;  /* (ASKED_MOST x action_dim) of what is remembered */
    float *chunk;    /* (ASKED_MOST x horizon x action_dim) of what is inferred */
    float *noise;    /* (ASKED_MOST x horizon x action_dim) likewise */
} notes;

enum { NOTES_ASKED_MOST = 5000 };

/* Makes room. False without memory; give to notes_free in any case. */
bool notes_make(notes *n, const spot_brain *brain, const spoti_mujoco_world *world);
void notes_free(notes *n);

spot_brain notes_noting(notes *n);
spot_brain notes_answering(notes *n);

/* A spot_tick_fn; ctx is the notes. */
void notes_tick(void *ctx, const spot_world *world, int64_t tick);

size_t notes_chunk_size(const notes *n);

#endif
