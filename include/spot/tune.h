/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Tuning: every operating point on the same seeds, and which one does the task best.
 *
 * Points share their seeds (common random numbers), so comparisons are paired. Averages of time and
 * chunks are over successful episodes; task speed-up is the ratio of these means (TISED Eq. 5, 31).
 * Because success sets differ, the ranking by time uses the failure-budget time: failures are charged
 * the task's time limit. The best point is picked on the very seeds that it is reported on, so its own
 * figures flatter it a little; spot_tune_confirm runs it again on others.
 *
 *     spot_tune_config_default(&config);
 *     config.points = points, config.n_points = 4, config.baseline = 0;
 *     spot_tune(task, &brain, platform, &config, NULL, NULL, &result, &diag);
 *     puts(result->verdict);
 *     spot_tune_result_destroy(result);
 */
#ifndef SPOT_TUNE_H
#define SPOT_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/analyze.h"
#include "spot/brain.h"
#include "spot/exec.h"
#include "spot/latency_trace.h"
#include "spot/platform.h"
#include "spot/point.h"
#include "spot/rollout.h"
#include "spot/stats.h"
#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_TUNE_POINTS_MAX = 256,
    SPOT_TUNE_TEXT_SIZE = 4096,
    SPOT_TUNE_INPUTS_MAX = 16,
    SPOT_TUNE_ENGINE_SIZE = 128,
};

/* What "best" means. */
typedef enum spot_goal {
    SPOT_GOAL_AUTO = 0,    /* static regime: time; dynamic regime: success */
    SPOT_GOAL_TIME = 1,    /* least failure-budget time */
    SPOT_GOAL_SUCCESS = 2, /* highest success rate, ties by failure-budget time */
} spot_goal;

typedef struct spot_tune_config {
    size_t size;              /* of this struct, set by its default function; else E_INVALID */
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
    const spot_latency_trace
        *trace; /* recorded latencies in place of a platform's; borrowed; NULL (default)
                                      * = the platform's */
    spot_variation variation; /* speed and sensor noise */
    const char *kernels; /* as in spot_session_config; default NULL. All give the same episodes */
    spot_goal goal;
    int resamples;            /* bootstrap; default 10000 */
    double effect;            /* as in spot_analyze_config; default 0 */
    const char *episodes_dir; /* finished points are kept here and read back; NULL = nowhere */
    const char *store; /* SQLite file that keeps episodes one by one, those of spot_tune_confirm
                                * too, in place of the two folders; NULL = the folders */
    bool fresh;        /* run every point, also those that are kept; default false */
    const char *const *inputs; /* (n_inputs) files that decide the episodes, such as task.yaml: kept
                                * points are read back only while their contents are the same. The
                                * model and the brain (spot_brain_identify) are always compared. */
    int n_inputs;              /* 0..SPOT_TUNE_INPUTS_MAX; default 0 */
    const char *policy_name;   /* what reports call the policy; NULL (default) = nothing */
    int confirm_seeds;         /* spot_tune_confirm: so many fresh seeds, >= 1 */
    const char *confirm_dir;   /* their episodes, apart from the others; NULL = nowhere */
} spot_tune_config;

/* Why nothing is claimed, although there is a record. */
typedef enum spot_tune_withheld {
    SPOT_TUNE_WITHHELD_NOT = 0,
    SPOT_TUNE_WITHHELD_MANY = 1,    /* more than 2 % of some point's episodes are invalid */
    SPOT_TUNE_WITHHELD_DEPENDS = 2, /* the claim does not hold with invalid episodes as failures */
    SPOT_TUNE_WITHHELD_SUCCEEDS_LESS = 3, /* the fastest point succeeds significantly less */
} spot_tune_withheld;

/* How one operating point was run. What came of it is the point of the same index in
 * spot_tune_result.analysis->settings[0].points. */
typedef struct spot_tune_row {
    spot_point point; /* steps resolved: never 0 */
    char text[SPOT_POINT_TEXT_SIZE];
    spot_latency latency; /* T_inf charged, with source; without its shape, which is the trace's */
    spot_inference_cost cost; /* of one inference, where the brain says it */
    bool has_cost;
    double chunk_time_s;   /* T_ck by the timing law, on this clock; what the judge is given */
    int invalid;           /* episodes of this point that the simulator broke off */
    uint64_t invalid_seed; /* of the first of them */
    char fault[SPOT_FAULT_SIZE]; /* why it was; "" = none */
    double grade_mean;           /* over valid episodes */
    bool reused;                 /* all its episodes were read back */
} spot_tune_row;

/* What was run: everything a reader of the result must know. */
typedef struct spot_tune_setting {
    char task[SPOT_POLICY_NAME_SIZE];
    char policy[SPOT_POLICY_NAME_SIZE]; /* config.policy_name, shortened if need be; may be "" */
    char policy_type[SPOT_POLICY_NAME_SIZE];
    char policy_task[SPOT_POLICY_NAME_SIZE]; /* task that the policy was made for; "" = not said */
    bool policy_varies;                      /* as spot_brain_info.varies */
    char platform[SPOT_PLATFORM_NAME_SIZE];
    char charged_class[SPOT_PLATFORM_NAME_SIZE];
    spot_regime regime;
    spot_variation variation;
    uint64_t seed; /* first of n_seeds seeds in a row */
    int n_seeds;
    spot_clock clock;
    bool cadence;
    double overhead_s;
    int n_execute;
    double action_s; /* T_act */
    double time_limit_s;
    int resamples;
    double effect;                      /* smallest of interest, 0 = none given */
    char engine[SPOT_TUNE_ENGINE_SIZE]; /* the simulator, `MuJoCo 2.2.2` */
    char repeats[SPOT_REPEATS_SIZE];    /* as spot_task_repeats says after the run */
} spot_tune_setting;

typedef struct spot_tune_result {
    spot_tune_setting setting;
    spot_tune_row *rows; /* (n_rows) in the order of the points */
    int n_rows;
    int baseline;
    int n_judged;                /* seeds that are valid at every point */
    spot_tune_withheld withheld; /* then the flags below claim nothing */
    int best;
    bool best_beats_baseline;          /* verdict.beats_baseline */
    bool best_is_unique;               /* no other point is among the best */
    int cheapest;                      /* of those among the best, the one of least latency */
    spot_goal goal;                    /* as resolved */
    char verdict[SPOT_TUNE_TEXT_SIZE]; /* in words */
    spot_analysis *analysis; /* what the judge made of it: one setting, points as in rows */
    struct spot_tune_result
        *confirm;   /* the best, the cheapest and the baseline on fresh seeds; NULL = not
                                       * run */
    bool confirmed; /* there the best comes out first again and beats the baseline */
} spot_tune_result;

SPOT_API void spot_tune_config_default(spot_tune_config *config);

/* Runs all points. `platform` is NULL with a trace, and only then: what is charged then is called by the
 * trace's name, class `trace`. progress counts episodes over all points; it may be NULL.
 * Ownership: on success the caller frees *out with spot_tune_result_destroy; on failure it is NULL.
 * Returns SPOT_OK, E_INVALID, E_RANGE (an impossible point; see diag), E_NOT_FOUND (class; a point that
 * the trace lacks), E_IO,
 * E_NOMEM, E_STATE (stopped by progress), or the failure of an episode. */
SPOT_API spot_status spot_tune(const spot_task *task, const spot_brain *brain,
                               const spot_platform *platform, const spot_tune_config *config,
                               spot_progress_fn progress, void *ctx, spot_tune_result **out,
                               spot_diag *diag);

/* Runs the best point of `result`, the cheapest of those not told apart from it and the baseline on
 * config->confirm_seeds seeds behind those of `config`, which made it; puts them into result->confirm and what
 * they say into its verdict. Returns as spot_tune, and E_INVALID where it was confirmed before. */
SPOT_API spot_status spot_tune_confirm(const spot_task *task, const spot_brain *brain,
                                       const spot_platform *platform,
                                       const spot_tune_config *config, spot_tune_result *result,
                                       spot_progress_fn progress, void *ctx, spot_diag *diag);
SPOT_API void spot_tune_result_destroy(spot_tune_result *result);

/* `auto`, `time` or `success`; `unknown` for other values. */
SPOT_API const char *spot_goal_str(spot_goal goal);

#ifdef __cplusplus
}
#endif

#endif
