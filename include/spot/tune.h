/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Tuning: every operating point on the same seeds, and which one does the task best.
 *
 * Points share their seeds (common random numbers), so comparisons are paired. Averages of time and
 * chunks are over successful episodes; task speed-up is the ratio of these means (TISED Eq. 5, 31).
 * Because success sets differ, the ranking by time uses the failure-budget time: failures are charged
 * the task's time limit.
 */
#ifndef SPOT_TUNE_H
#define SPOT_TUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/demo.h"
#include "spot/exec.h"
#include "spot/platform.h"
#include "spot/point.h"
#include "spot/policy.h"
#include "spot/rollout.h"
#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_TUNE_POINTS_MAX = 256, SPOT_TUNE_TEXT_SIZE = 1024 };

/* What "best" means. */
typedef enum spot_goal {
    SPOT_GOAL_AUTO = 0,    /* static regime: time; dynamic regime: success */
    SPOT_GOAL_TIME = 1,    /* least failure-budget time */
    SPOT_GOAL_SUCCESS = 2, /* highest success rate, ties by failure-budget time */
} spot_goal;

typedef struct spot_tune_config {
    const spot_point *points; /* (n_points); must hold the baseline */
    int n_points;             /* 1..SPOT_TUNE_POINTS_MAX */
    int baseline;             /* index of the baseline in points */
    uint64_t seed;            /* first evaluation seed; default 0 */
    int n_seeds;              /* default 100 */
    int threads;              /* default 1 */
    spot_clock clock;         /* default exact */
    int n_execute;            /* 0 = the task's */
    bool cadence;             /* run the cadence schedule instead of sync/overlap */
    double overhead_s;        /* T_ovh of cadence */
    const char *charge_as;    /* latency class; NULL = the task's */
    spot_variation variation; /* speed and sensor noise */
    spot_goal goal;
    int resamples;            /* bootstrap; default 10000 */
    const char *episodes_dir; /* finished points are kept here and read back; NULL = nowhere */
} spot_tune_config;

/* A value with its 95 % interval; `known` is false where it is undefined (reason: no successes). */
typedef struct spot_estimate {
    bool known;
    double value;
    double lo;
    double hi;
} spot_estimate;

/* One operating point. Times in s. */
typedef struct spot_tune_row {
    spot_point point;
    char text[SPOT_POINT_TEXT_SIZE];
    spot_latency latency; /* T_inf charged, with source */
    double alpha;         /* T_inf / T_inf(baseline) */
    double chunk_time_s;  /* T_ck by the timing law */
    double eta_chunk;     /* T_ck(baseline) / T_ck; break-even inflation */
    int successes;
    int episodes;
    double success_rate;
    double wilson_lo;
    double wilson_hi;
    double grade_mean;
    spot_estimate chunks;      /* N, successful episodes */
    spot_estimate inflation;   /* N / N(baseline), paired bootstrap */
    spot_estimate time;        /* task time, successful episodes */
    spot_estimate eta_task;    /* T(baseline) / T, paired bootstrap */
    spot_estimate budget_time; /* failure-budget time */
    double delay_s;            /* mean waiting time a chunk, tau */
    double age_s;              /* mean age of the observation at a chunk's first action, A0 */
    double p_best;             /* one-sided p that this point is no worse than the best one */
    bool among_best;           /* not distinguishable from the best at 5 % (Holm over all points) */
} spot_tune_row;

typedef struct spot_tune_result {
    spot_tune_row *rows; /* (n_rows) in the order of the points */
    int n_rows;
    int baseline;
    int best;
    bool best_beats_baseline; /* paired test at 5 %, Holm over all points */
    bool best_is_unique;      /* no other point is among the best */
    char charged_class[SPOT_PLATFORM_NAME_SIZE];
    spot_goal goal;                    /* as resolved */
    char verdict[SPOT_TUNE_TEXT_SIZE]; /* in words */
} spot_tune_result;

SPOT_API void spot_tune_config_default(spot_tune_config *config);

/* Runs all points. progress counts episodes over all points; it may be NULL.
 * Ownership: on success the caller frees *out with spot_tune_result_destroy; on failure it is NULL.
 * Returns SPOT_OK, E_INVALID, E_RANGE (an impossible point; see diag), E_NOT_FOUND (class), E_IO,
 * E_NOMEM, E_STATE (stopped by progress). */
SPOT_API spot_status spot_tune(const spot_task *task, const spot_policy *policy,
                               const spot_platform *platform, const spot_tune_config *config,
                               spot_progress_fn progress, void *ctx, spot_tune_result **out,
                               spot_diag *diag);
SPOT_API void spot_tune_result_destroy(spot_tune_result *result);

#ifdef __cplusplus
}
#endif

#endif
