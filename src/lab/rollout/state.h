/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a rollout is made of: rollout.c makes it, episode.c runs episodes in it. */
#ifndef SPOTI_ROLLOUT_STATE_H
#define SPOTI_ROLLOUT_STATE_H

#include "lab/rollout/motion.h"
#include "spot/rollout.h"

/* The sample columns of the end effector: x, y, z. */
enum { SPOTI_N_XYZ = 3 };

/* What one episode adds up. */
typedef struct spoti_rollout_tally {
    int64_t age_first, age_all, age_max; /* ticks */
    double last_xyz[SPOTI_N_XYZ];
    double path_m;
    bool has_last;
    bool has_order; /* something was commanded */
} spoti_rollout_tally;

struct spot_rollout {
    const spot_allocator *allocator;
    spot_rollout_config config;
    spot_world *world; /* borrowed */
    spot_brain brain;  /* borrowed; its state is ours */
    spot_brain_info info;
    void *state;
    bool begun; /* the state is to be ended */
    spot_exec *exec;
    float *obs;     /* (obs_dim) */
    float *noise;   /* (horizon x action_dim) */
    float *chunk;   /* (horizon x action_dim) */
    double *sample; /* (sample_dim) */
    double anchor[SPOT_ANCHOR_DIM_MAX];
    float *seen;    /* (obs_dim) what is remembered of an action; NULL without memory */
    float *command; /* (action_dim) */
    double *order;  /* (action_dim) what is commanded now, in absolute terms */
    spoti_recorder recorder;
    spot_diag said; /* by the brain, of a call that failed */
    bool lost;      /* an answer of the brain was lost in this episode */
    bool cut;       /* the episode at hand is over before its next tick, as the next ones of it */
    uint64_t seed;
    int64_t tick;
    spot_outcome outcome;
    spoti_rollout_tally adds_up;
};

/* Ticks of the longest episode, or 0 for nonsense. */
int64_t spoti_rollout_tick_limit(const spot_world_dims *dims);

/* Numbers of a chunk. */
static inline size_t spoti_rollout_chunk_size(const spot_brain_info *info)
{
    return (size_t)info->horizon * (size_t)info->action_dim;
}

#endif
