/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From anybody's log of robot trials to a judged answer: which operating point does the task best.
 *
 * A log holds settings (a platform at an environment speed), a setting holds operating points, a point
 * the trials that were run at it, maybe of several tasks. The log is filled from CSV files, from the
 * output of `sweetspot tune`, or from the published tables; then it is analysed: decomposition of the
 * speed-up (tised.h) and statistics (stats.h), point by point, and a verdict in words. What a source
 * does not say is left unknown, never guessed. Columns and rules: docs/analyze.md.
 *
 *     spot_analyze_config_default(&config);
 *     spot_analyze_log_create(&config, &log);
 *     spot_analyze_log_csv(log, "trials.csv", &diag);
 *     spot_analyze(log, &analysis, &diag);
 *     puts(analysis->settings[0].verdict.text);
 *     spot_analysis_destroy(analysis), spot_analyze_log_destroy(log);
 */
#ifndef SPOT_ANALYZE_H
#define SPOT_ANALYZE_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/motion.h"
#include "spot/platform.h"
#include "spot/record.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A figure that may be unknown, and its 95 % interval that may be unknown too. */
typedef struct spot_quantity {
    bool known; /* else value is 0 and must not be shown */
    bool has_ci;
    double value;
    double lo;
    double hi;
} spot_quantity;

typedef enum spot_analyze_kind {
    SPOT_ANALYZE_KIND_NONE = 0,     /* no sweep: fewer than three points in a row */
    SPOT_ANALYZE_KIND_INTERIOR = 1, /* best between the ends of the sweep */
    SPOT_ANALYZE_KIND_ENDPOINT = 2, /* best at an end that is not the baseline */
    SPOT_ANALYZE_KIND_BASELINE = 3, /* the baseline is best */
} spot_analyze_kind;

/* A claim that was tested. */
typedef enum spot_analyze_claim {
    SPOT_ANALYZE_UNTESTABLE = 0, /* the log lacks what the test needs */
    SPOT_ANALYZE_NOT_ESTABLISHED = 1,
    SPOT_ANALYZE_ESTABLISHED = 2,
} spot_analyze_claim;

/* What keeps a lead in time from being a win. */
typedef enum spot_analyze_guard {
    SPOT_ANALYZE_GUARD_NONE = 0,
    SPOT_ANALYZE_GUARD_NO_BUDGET = 1,     /* there are failures, and nothing says what one costs */
    SPOT_ANALYZE_GUARD_SUCCEEDS_LESS = 2, /* than another point, at 5 % */
    SPOT_ANALYZE_GUARD_INVALID =
        4, /* too many episodes are invalid, or it does not hold with them as
                                     * failures; in either regime */
    SPOT_ANALYZE_GUARD_RARE_FAILURES =
        3, /* the best one: a rate of failures that the trials do not rule
                                           * out would undo the claim: faster when it succeeds */
} spot_analyze_guard;

/* A metric of motion (motion.h) at a point, in its unit. Compared with the baseline over the seeds on which both succeed and
 * have it: as a ratio of means where it cannot be below 0, else as a difference of means; intervals from 20 such
 * seeds on. */
typedef struct spot_analysis_metric {
    int n;                    /* successes of this point that have it */
    spot_quantity mean;       /* over these */
    int n_common;             /* seeds of both */
    spot_quantity ratio;      /* to the baseline; or unknown: one of the two is */
    spot_quantity difference; /* minus the baseline; likewise */
    const char
        *reason; /* why there is no comparison, or none with an interval; static, NULL = there is */
} spot_analysis_metric;

/* One operating point. Times in s, means over successful episodes unless said otherwise. */
typedef struct spot_analysis_point {
    char name[SPOT_ANALYZE_NAME_SIZE];
    spot_quantity alpha;            /* T_inf / T_inf(baseline) */
    int n_action;                   /* n; 0 = unknown */
    spot_quantity overlap;          /* n' */
    spot_quantity t_inf_s;          /* of this point */
    spot_quantity t_chunk_s;        /* by the timing law */
    spot_quantity eta_chunk;        /* T_ck(baseline) / T_ck; also the break-even inflation */
    spot_quantity chunks;           /* N */
    spot_quantity inflation;        /* N / N(baseline) */
    spot_quantity inflation_common; /* the same over the seeds on which both succeed */
    spot_quantity time_s;           /* T */
    spot_quantity cycle_s;          /* T / N */
    spot_quantity eta_task;         /* T(baseline) / T; without times eta_chunk / inflation */
    spot_quantity eta_task_common;  /* T(baseline) / T over the seeds on which both succeed */
    spot_quantity residual;         /* what the timing law leaves unexplained of eta_task */
    spot_quantity delay_s;          /* time the robot waits a chunk */
    spot_quantity age_s;            /* of the observation at a chunk's first action */
    spot_quantity rate;       /* of success, Wilson interval; of graded trials the mean share */
    spot_quantity guaranteed; /* the same rate, Clopper-Pearson interval */
    bool has_count;           /* successes and trials are known */
    bool graded;              /* trials were graded: `rate` is a share of the greatest grade */
    int successes;
    int invalid;                     /* episodes that the simulator broke off, in no other figure */
    int trials;                      /* known if has_count or graded */
    spot_quantity budget_time_s;     /* mean time, failures charged the budget */
    spot_quantity time_to_success_s; /* expected time until a success: all time / successes */
    spot_quantity energy_per_success_j; /* all energy / successes */
    /* One-sided p-values; better is more successes in the dynamic regime, less time in the static one, fewer
     * joules per success where energy is the goal. */
    spot_quantity
        p_better; /* "does the task better than the baseline", as far as failures were seen */
    spot_quantity p_worse;          /* "does it worse", likewise */
    spot_quantity p_beats_baseline; /* "is better than the baseline", failures too rare to be seen
                                     * allowed for, Holm over all points */
    spot_quantity p_best; /* "this is the best point": small = some rival is better; corrected for
                                 * the number of rivals (spot_stats_best_set) */
    spot_quantity
        p_best_alone;       /* "the point that comes out first is better than this one", alone */
    spot_quantity p_behind; /* the same over all pairs at once (spot_stats_max_t; without shared
                                 * seeds Bonferroni's): small = worse than the first */
    bool may_be_best;       /* p_best > 5 %: the set of these holds the best with 95 % confidence */
    bool only_by_rare_failures;  /* ... but when it succeeds a rival is faster */
    const char *reason;          /* why figures are unknown, static text; NULL = none are */
    spot_quantity params;        /* of the model, without what units of it were pruned */
    spot_quantity macs;          /* multiply-adds an inference */
    spot_quantity weight_bytes;  /* that stand in memory */
    spot_quantity actions_per_s; /* n / T_ck */
    spot_analysis_metric
        motion[SPOT_MOTION_N_METRIC]; /* but the completion time, which is time_s */
} spot_analysis_point;

typedef struct spot_analysis_verdict {
    int best; /* index of a point; -1 = nothing decides, or the leader may not be called best */
    bool beats_baseline; /* the best is better than the baseline: 5 %, Holm over all points, and
                          * nothing guards against it */
    bool no_success;     /* at any point, as far as counts are known */
    int cheapest;        /* of those that may be the best, the one of least latency; -1 = none */
    int leader;          /* the least time or most successes by the figures; -1 = none */
    spot_analyze_guard guard;    /* of the leader, static regime */
    int guard_against;           /* the point that it does not bear comparison with */
    spot_quantity undoing_rate;  /* f*: the failure rate of the best that would undo its lead */
    spot_quantity failure_bound; /* one-sided 95 % Clopper-Pearson bound of its failures */
    spot_analyze_kind kind;
    spot_quantity p_interior;           /* "the best of the sweep is an end" */
    spot_quantity posterior_interior;   /* P(the best is not an end) */
    spot_analyze_claim static_paradox;  /* chunks faster, task slower; UNTESTABLE if dynamic */
    spot_analyze_claim dynamic_paradox; /* cheaper inference, more successes; likewise */
    int paradox;             /* index of the point that shows it most clearly; -1 = none */
    int n_paradox;           /* points at which it is established */
    spot_quantity p_paradox; /* its one-sided p, Holm over all candidates */
    spot_quantity
        trials_needed; /* a point, to establish what was not; power 0.8 at 5 %; its range is what
                                  * the trials at hand allow, hi infinite where they allow no effect */
    char text[SPOT_ANALYZE_TEXT_SIZE];
    char warnings
        [SPOT_ANALYZE_WARNINGS_SIZE]; /* of figures that cannot be what their columns say, a line
                                                * each; "" = none */
} spot_analysis_verdict;

/* A platform at an environment speed. */
typedef struct spot_analysis_setting {
    char name[SPOT_ANALYZE_NAME_SIZE];
    spot_analyze_regime regime; /* never auto */
    bool regime_assumed;        /* nobody said it */
    spot_analyze_goal goal;     /* as configured */
    bool paired;                /* every point has the same seeds */
    int n_tasks;
    double action_s; /* T_act; 0 = unknown */
    int n_action;    /* n of the baseline; 0 = unknown */
    bool
        n_differs; /* points execute different numbers of actions: eta_chunk and inflation are then per
                      * executed action, (T_ck0/n0) / (T_ck/n) and (N n) / (N0 n0) */
    int baseline;
    int n_points;
    spot_analysis_point *points; /* (n_points) in the order of the source */
    spot_analysis_verdict verdict;
} spot_analysis_setting;

typedef struct spot_analysis {
    int n_settings;
    spot_analysis_setting *settings;   /* (n_settings) */
    char text[SPOT_ANALYZE_TEXT_SIZE]; /* what the settings say together; "" for one */
    const spot_allocator *allocator;
} spot_analysis;

/* Another computer. */
typedef struct spot_analyze_target {
    const char *name; /* shown; NULL = the platform's, or one that says t_inf_s */
    const spot_platform
        *platform;           /* its latencies at the points' refinement steps; NULL = t_inf_s */
    const char *model_class; /* class charged; needed with `platform` */
    double t_inf_s;          /* latency of the baseline there, s; alpha stays as measured */
} spot_analyze_target;

/* What a forecast rests on. */
typedef enum spot_forecast_law {
    SPOT_FORECAST_CHUNKS = 0,    /* N T_ck, chunk counts carried over (tised_shift.h) */
    SPOT_FORECAST_EVENT = 1,     /* event times of single episodes (tised_event.h) */
    SPOT_FORECAST_SEPARABLE = 2, /* Q(x) H(delay) (tised_shift.h) */
    SPOT_FORECAST_SURFACE = 3,   /* delay-tolerance surface (tised_surface.h) */
} spot_forecast_law;

/* A point on the other computer. Where a quantity of the three predicted ones is not predicted it is unknown. */
typedef struct spot_forecast_point {
    char name[SPOT_ANALYZE_NAME_SIZE];
    spot_quantity t_inf_s;
    spot_quantity alpha;
    spot_quantity t_chunk_s;
    spot_quantity eta_chunk;
    spot_quantity delay_s;
    spot_quantity rate;          /* of success */
    spot_quantity time_s;        /* mean over successes, s */
    spot_quantity budget_s;      /* mean, failures charged the limit, s */
    int n_cut;                   /* successes that would be later than the limit */
    int n_open;                  /* failures at the limit that might succeed there */
    bool extrapolated;           /* the observation older, or the delay longer, than any measured */
    spot_quantity limit_t_inf_s; /* baseline latency at which extrapolation begins */
    const char *reason;          /* why unknown, static text; NULL = known */
} spot_forecast_point;

typedef struct spot_forecast {
    char platform[SPOT_ANALYZE_NAME_SIZE];
    spot_analyze_regime regime;
    spot_forecast_law law;
    const char *law_reason; /* why not the better one of the regime, static text; NULL = it is */
    double
        discrepancy; /* the law's own error within the bands, a share of times or a rate; 0 = none */
    spot_quantity limit_s; /* time limit, at which episodes were cut */
    spot_quantity
        delta_s; /* event times: from the action that counts to success; between lo and hi all are as good */
    int n_misfit;  /* successes that it leaves inside a wait */
    int n_success; /* of so many */
    int n_cell;    /* surface: cells fitted, and cheaper points under delay among them */
    int n_cross;
    spot_quantity separable_p; /* surface: of Q(x) H(delay) */
    int baseline;
    int n_points;
    spot_forecast_point *points; /* (n_points) as in the setting */
    int best;                    /* -1 = none */
    char assumed[1024];          /* what it assumed, in words */
    char text[SPOT_ANALYZE_TEXT_SIZE];
    const spot_allocator *allocator;
} spot_forecast;

/* Judges every setting of the log. Ownership: on success the caller destroys *out; on failure it is
 * NULL. Returns SPOT_OK, E_INVALID, E_NOT_FOUND (no such baseline), E_FORMAT (an empty log), E_RANGE
 * (figures that contradict each other), E_NOMEM. */
SPOT_API spot_status spot_analyze(const spot_analyze_log *log, spot_analysis **out,
                                  spot_diag *diag);
SPOT_API void spot_analysis_destroy(spot_analysis *analysis);

/* Predicts setting `i` on another computer from the data of the log. Ownership and
 * Returns: as spot_analyze; E_UNSUPPORTED if the data do not determine a prediction (diag says what is
 * missing), E_NOT_FOUND (class). */
SPOT_API spot_status spot_analyze_forecast(const spot_analyze_log *log,
                                           const spot_analysis *analysis, int i,
                                           const spot_analyze_target *target, spot_forecast **out,
                                           spot_diag *diag);
SPOT_API void spot_forecast_destroy(spot_forecast *forecast);

/* The figure of point `i` that decides: the rate on a dynamic task, else budget time where every predicted point has one,
 * else the mean over successes. */
SPOT_API const spot_quantity *spot_forecast_deciding(const spot_forecast *forecast, int i);

/* Whether a metric of motion is compared as a ratio, else as a difference: SPARC, LDLJ and net energy have either sign. */
SPOT_API bool spot_analyze_is_ratio(int metric);

/* `static`, `dynamic`; `interior`, `endpoint`, `baseline`, `none`; `none`, `no budget`, `succeeds less`,
 * `rare failures`. */
SPOT_API const char *spot_analyze_regime_str(spot_analyze_regime regime);
/* What decides between the points: `time`, `success` or `energy`. */
SPOT_API const char *spot_analyze_decides_str(const spot_analysis_setting *setting);
SPOT_API const char *spot_analyze_kind_str(spot_analyze_kind kind);
SPOT_API const char *spot_analyze_guard_str(spot_analyze_guard guard);
/* `chunks`, `event times`, `separable`, `delay tolerance`. */
SPOT_API const char *spot_forecast_law_str(spot_forecast_law law);

#ifdef __cplusplus
}
#endif

#endif
