/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The closed loop: policy x schedule x world x clock, one episode at a time or many on threads.
 *
 * The latency of an inference is spent in simulated time, so results do not depend on how fast or
 * how loaded the host is: the same seed gives the same bytes for any number of threads.
 */
#ifndef SPOT_ROLLOUT_H
#define SPOT_ROLLOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/exec.h"
#include "spot/platform.h"
#include "spot/policy.h"
#include "spot/status.h"
#include "spot/world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How one episode is run. */
typedef struct spot_rollout_config {
    spot_schedule schedule; /* sync, overlap or cadence */
    spot_clock clock;
    spot_point point;     /* steps, overlap, align */
    int n_execute;        /* n; 0 = the task's */
    spot_latency latency; /* of one inference at this point */
    double overhead_s;    /* T_ovh of cadence, s */
} spot_rollout_config;

/* One closed-loop run. Times in seconds of simulated time. */
typedef struct spot_episode {
    uint64_t seed;
    bool success;
    int grade;
    int grade_max;
    double time_s;      /* reset to success, failure or time-out */
    int64_t chunks;     /* N */
    int64_t inferences; /* inferences started */
    int64_t actions;    /* actions executed */
    int64_t dropped;    /* actions skipped as stale */
    double inference_s; /* charged latencies, summed */
    double wait_s;      /* waiting time, summed (tau) */
    double delay_s;     /* mean waiting time a chunk, tau */
    double age_first_s; /* mean observation age at the first action of a chunk, A0 */
    double age_mean_s;  /* mean observation age over all actions */
    double age_max_s;   /* largest observation age of an action */
    double path_m;      /* end-effector path length */
} spot_episode;

/* A growing record of one episode, one row a control step: sample_dim doubles. */
typedef struct spot_trajectory {
    int dim;       /* columns: time_s, then the world's sample */
    int64_t count; /* rows in use */
    int64_t capacity;
    double *rows; /* (capacity x dim) row-major, caller's */
} spot_trajectory;

/* Called after every tick of a rendered episode; may be NULL. */
typedef void (*spot_tick_fn)(void *ctx, const spot_world *world, int64_t tick);

/* Everything that one thread needs to run episodes of one configuration. */
typedef struct spot_rollout spot_rollout;

/* Makes the workspace; `world` and `policy` are borrowed until spot_rollout_destroy.
 * Returns SPOT_OK, E_INVALID (dimensions of world and policy disagree; see diag), E_RANGE, E_NOMEM. */
SPOT_API spot_status spot_rollout_create(const spot_rollout_config *config, spot_world *world,
                                         const spot_policy *policy, spot_rollout **out,
                                         spot_diag *diag);
SPOT_API void spot_rollout_destroy(spot_rollout *rollout);

/* Runs the episode `seed`. Allocates nothing. trajectory and tick_fn may be NULL. */
SPOT_API spot_status spot_rollout_run(spot_rollout *rollout, uint64_t seed, spot_episode *episode,
                                      spot_trajectory *trajectory, spot_tick_fn tick_fn,
                                      void *tick_ctx);

#ifdef __cplusplus
}
#endif

#endif
