/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The closed loop: brain x schedule x world x clock, one episode at a time or many on threads.
 *
 * The latency of an inference is spent in simulated time, so results do not depend on how fast or
 * how loaded the host is: the same seed gives the same bytes for any number of threads. While the
 * robot waits it holds its last target and the world goes on.
 *
 *     spot_rollout_config config;
 *     spot_rollout_config_default(&config);
 *     spot_platform_latency(platform, "dp-vit-dit", 5, &config.latency, &diag);
 *     spot_brain_of_policy(policy, &brain);
 *     spot_rollout_create(&config, &world, &brain, &rollout, &diag);
 *     spot_rollout_run(rollout, seed, &episode, NULL, NULL, NULL, &diag);
 */
#ifndef SPOT_ROLLOUT_H
#define SPOT_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/brain.h"
#include "spot/exec.h"
#include "spot/motion.h"
#include "spot/platform.h"
#include "spot/status.h"
#include "spot/world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How one episode is run. */
typedef struct spot_rollout_config {
    size_t size;            /* of this struct, set by its default function; else E_INVALID */
    spot_schedule schedule; /* sync, overlap or cadence; default sync */
    spot_clock clock;       /* default exact */
    spot_point point;       /* steps (0 = the brain's), overlap, align; default baseline */
    int n_execute;          /* n where the point does not say; 0 = the task's, the default */
    spot_latency latency;   /* of one inference at this point; default: none */
    double overhead_s;      /* T_ovh of cadence, s, >= 0; default 0 */
    const char *kernels;    /* as in spot_session_config; NULL = best of this CPU */
    const spot_allocator *allocator; /* NULL = malloc; of spot_rollout_run_many: thread-safe */
} spot_rollout_config;

/* The baseline in sync on the exact clock at no latency. */
SPOT_API void spot_rollout_config_default(spot_rollout_config *config);

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
    double inference_s; /* charged latencies (whole ticks), summed; one in flight counts in full */
    double wait_s;      /* time without an action, summed; the first inference included */
    double delay_s;     /* wait_s / inferences: mean action delay, tau; 0 without chunks */
    double age_first_s; /* mean observation age when the first action of a chunk starts, A0 */
    double age_mean_s;  /* mean observation age over the starts of all actions */
    double age_max_s;   /* largest observation age at the start of an action */
    double path_m;      /* end-effector path length, from the sample's columns 0-2 once a control
                         * step (and at the end) */
    spot_motion_metrics
        motion; /* of the arm: positions, velocities and commands (absolute ones, from the
                         * first on, in action units) once a control step; work at every tick. Undefined
                         * where the world does not tell, and of an invalid episode */
    bool
        invalid; /* the simulator broke off, or the brain's answer was lost: neither success nor failure, and no figure above
                         * says anything about the task */
    bool
        lost; /* invalid because an answer of the brain was lost, which says nothing of the next try: no store
                          * keeps such an episode, so it runs again when a run goes on */
    char fault[SPOT_FAULT_SIZE]; /* why, in one line; "" unless invalid */
} spot_episode;

/* The record of one episode, one row a control step from the reset on. */
typedef struct spot_trajectory {
    int dim; /* columns: time_s, the world's sample, the command (action_dim, in absolute terms) that the
                       * control step begins under, NaN before the first; so 1 + sample_dim + action_dim */
    int64_t count;    /* rows in use */
    int64_t capacity; /* rows that fit; spot_trajectory_rows are enough */
    double *rows;     /* (capacity x dim) row-major, caller's */
} spot_trajectory;

/* Columns of a trajectory of a world; 0 if `dims` is not a world's. */
SPOT_API int spot_trajectory_dim(const spot_world_dims *dims);

/* Rows of the longest episode of a world; 0 if `dims` is not a world's. */
SPOT_API int64_t spot_trajectory_rows(const spot_world_dims *dims);

/* Called after every tick of a rendered episode; may be NULL. */
typedef void (*spot_tick_fn)(void *ctx, const spot_world *world, int64_t tick);

/* Everything that one thread needs to run episodes of one configuration. */
typedef struct spot_rollout spot_rollout;

/* Makes the workspace and begins a state of the brain; `world` and the brain's object are borrowed until
 * spot_rollout_destroy.
 * Returns SPOT_OK, E_INVALID (dimensions of world and brain disagree; see diag), E_RANGE (an
 * impossible point or figure; see diag), E_UNSUPPORTED (kernels, a knob that the brain does not have), E_NOMEM,
 * or what the brain says. */
SPOT_API spot_status spot_rollout_create(const spot_rollout_config *config, spot_world *world,
                                         const spot_brain *brain, spot_rollout **out,
                                         spot_diag *diag);
SPOT_API void spot_rollout_destroy(spot_rollout *rollout);

/* Runs the episode `seed`. Allocates nothing. trajectory and tick_fn may be NULL; the rows of
 * `trajectory` are overwritten.
 * Returns SPOT_OK (also if the task failed or the episode is invalid), E_INVALID (trajectory too small or of another dim), or
 * what the world or the brain reported (diag: what the brain said of it).
 * Threads: externally locked. */
SPOT_API spot_status spot_rollout_run(spot_rollout *rollout, uint64_t seed, spot_episode *episode,
                                      spot_trajectory *trajectory, spot_tick_fn tick_fn,
                                      void *tick_ctx, spot_diag *diag);

/* Makes a world for one thread; `ctx` is the caller's. Called from one thread at a time. */
typedef spot_status (*spot_make_world_fn)(void *ctx, spot_world *out, spot_diag *diag);

/* Called with the episodes finished so far, one call at a time; returns false to stop. */
typedef bool (*spot_progress_fn)(void *ctx, int64_t done, int64_t total);

/* Called with each episode that was run, the one of seeds[index], one call at a time and before it is counted as progress;
 * another status than SPOT_OK ends the job with it (diag: the reason, for who said it). */
typedef spot_status (*spot_keep_fn)(void *ctx, int64_t index, const spot_episode *episode,
                                    spot_diag *diag);

/* Many episodes of one configuration. */
typedef struct spot_rollout_batch {
    spot_rollout_config config;
    const spot_brain *brain;       /* shared by the threads, each of which begins a state */
    spot_make_world_fn make_world; /* the worlds are destroyed through their ops */
    void *make_world_ctx;
    const uint64_t *seeds;     /* (n_seeds) */
    int64_t n_seeds;           /* >= 1 */
    int threads;               /* 1..256; more than n_seeds are not started */
    spot_progress_fn progress; /* may be NULL */
    void *progress_ctx;
    spot_keep_fn keep; /* may be NULL */
    void *keep_ctx;
    const spot_together *
        together; /* worlds that are reset and stepped at once (world.h): make_world is called together->n
                         * times, `threads` is of no account; NULL = each goes by itself */
} spot_rollout_batch;

/* Runs the episodes of `batch` into episodes (n_seeds), episode i of seed i, whatever the threads.
 * Returns SPOT_OK, E_INVALID, E_RANGE, E_STATE (progress stopped it), E_NOMEM, what `keep` said, or the failure of the
 * smallest index that failed (diag names the seed); then `episodes` is not complete. */
SPOT_API spot_status spot_rollout_run_many(const spot_rollout_batch *batch, spot_episode *episodes,
                                           spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
