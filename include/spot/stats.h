/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Intervals of success rates, and two operating points compared on the same seeds.
 *
 * The statistics come in several headers: this one, tests and intervals of times on shared seeds
 * (stats_paired.h), many points on shared seeds (stats_many.h), the tests of success counts
 * (stats_tests.h) and their power (stats_power.h), the monotone fit (stats_fit.h), racing
 * (stats_race.h) and the distributions below them all (stats_dist.h). None allocates, none returns NaN:
 * what is undefined is a status or a flag.
 *
 * Which interval of a rate? Wilson to show, Clopper-Pearson where the confidence must hold for every
 * true rate, Newcombe for the difference of two points that met different seeds.
 *
 * Two operating points face the same seeds, so everything that compares them is paired: the bootstrap
 * draws whole seeds (success, time and chunks of both points together), McNemar's test looks at the
 * seeds on which the two disagree. Times are those of successful episodes only, and a speed-up is a
 * ratio of means, not a mean of ratios (TISED Eq. 31).
 *
 *     double *work = malloc(spot_stats_paired_work_size(config.n_resample) * sizeof(double));
 *     st = spot_stats_paired(&config, candidate, baseline, n_seed, work, &result);
 *     if (result.time_ratio.support == SPOT_STATS_SUFFICIENT && result.time_ratio.ci.hi < 1.0)
 *         the candidate is faster
 */
#ifndef SPOT_STATS_H
#define SPOT_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPOT_STATS_CONFIDENCE 0.95 /* of every interval unless asked otherwise */
#define SPOT_STATS_LEVEL      0.05 /* of every claim: the risk of a false one, one-sided */

enum {
    SPOT_STATS_N_RESAMPLE = 10000, /* resamples of a bootstrap */
    SPOT_STATS_MIN_SUCCESSES = 10, /* below this an interval of times is "insufficient" */
    SPOT_STATS_MAX_RESAMPLE = 1 << 24,
    SPOT_STATS_MAX_TRIALS = 1 << 24, /* of every function of success counts */
};

typedef struct spot_interval {
    double lo;
    double hi;
} spot_interval;

/* How far an estimate can be trusted. */
typedef enum spot_stats_support {
    SPOT_STATS_NONE = 0, /* undefined (no success): value and interval are 0, do not print */
    SPOT_STATS_INSUFFICIENT = 1, /* value defined, too few successes for its interval */
    SPOT_STATS_SUFFICIENT = 2,   /* value and interval may be used */
} spot_stats_support;

typedef struct spot_estimate {
    double value;
    spot_interval ci;
    spot_stats_support support;
} spot_estimate;

/* Successes of one point; 0 <= successes <= n <= 2^24. */
typedef struct spot_stats_count {
    int successes;
    int n; /* trials */
} spot_stats_count;

/* One episode of one point, as the statistics see it. */
typedef struct spot_stats_run {
    bool success;
    double time_s; /* task time, s; finite; used if success */
    double chunks; /* chunk count N; finite; used if success */
} spot_stats_run;

typedef struct spot_stats_paired_config {
    size_t size;       /* of this struct, set by its default function; else E_INVALID */
    double confidence; /* of the intervals, in (0, 1); default 0.95 */
    int n_resample;    /* 1..2^24; default 10000 */
    int min_successes; /* of each point, for SUFFICIENT; >= 1; default 10 */
    uint64_t seed;     /* of the resampling; default 1 */
} spot_stats_paired_config;

/* The candidate against the baseline on shared seeds; percentile or BCa bootstrap intervals. */
typedef struct spot_stats_paired_result {
    int n_seed;
    int successes_candidate;
    int successes_baseline;
    int candidate_only;               /* seeds on which the candidate alone succeeds */
    int baseline_only;                /* seeds on which the baseline alone succeeds */
    spot_estimate time_candidate;     /* mean time of successful episodes, s */
    spot_estimate time_baseline;      /* the same of the baseline, s */
    spot_estimate time_ratio;         /* time_candidate / time_baseline; below 1 = faster */
    spot_estimate chunks_candidate;   /* mean chunk count N of successful episodes */
    spot_estimate chunks_ratio;       /* N / N0, the inflation */
    spot_estimate success_difference; /* success rate of candidate minus baseline, -1..1 */
    /* One-sided bootstrap p-values of the time ratio, in (0, 1]: (1 + resamples against) / (1 +
     * n_resample). A resample without a ratio, or with 1, counts against either claim. */
    double p_candidate_faster; /* small = the candidate's mean time is shorter */
    double p_baseline_faster;  /* small = the baseline's mean time is shorter */
} spot_stats_paired_result;

/*
 * A statistic of weighted seeds, for spot_stats_bootstrap. weight (n_seed): how often each seed
 * counts, whole numbers >= 0, borrowed for the call. Returns true and sets *value, or false if the
 * statistic is undefined on these weights. It must depend on its arguments alone.
 */
typedef bool (*spot_stats_statistic)(const double *weight, int n_seed, const void *data,
                                     double *value);

typedef struct spot_stats_bootstrap_result {
    double value;             /* the statistic of the data, each seed once */
    spot_interval percentile; /* Efron 1979 */
    spot_interval bca;        /* bias-corrected and accelerated, Efron 1987 */
    int n_defined;            /* resamples on which the statistic is defined */
    double p_below;           /* one-sided: small = the statistic lies below `null_value` */
    double p_above;           /* small = it lies above */
} spot_stats_bootstrap_result;

/* McNemar's exact test: p-values under "the two points succeed equally often". */
typedef struct spot_stats_mcnemar_result {
    double p_two_sided;
    double p_candidate_better; /* small = the candidate succeeds more often */
    double p_baseline_better;  /* small = the baseline succeeds more often */
} spot_stats_mcnemar_result;

/* z with P(Z <= z) = p for a standard normal Z. Returns SPOT_OK, or E_RANGE unless 0 < p < 1.
 * Threads: immutable. */
SPOT_API spot_status spot_stats_normal_quantile(double p, double *z);

/* Wilson score interval of a success rate; [0, 1] for n = 0. Always within [0, 1] and contains
 * successes / n. Returns SPOT_OK, E_INVALID (out NULL), E_RANGE (unless 0 <= successes <= n <= 2^24
 * and 0 < confidence < 1). Threads: immutable. */
SPOT_API spot_status spot_stats_wilson(int successes, int n, double confidence, spot_interval *out);

/* Clopper-Pearson interval of a success rate: covers the true rate at least as often as
 * `confidence` says, whatever it is; [0, 1] for n = 0. Returns as spot_stats_wilson. Threads:
 * immutable. */
SPOT_API spot_status spot_stats_clopper_pearson(int successes, int n, double confidence,
                                                spot_interval *out);

/* One-sided Clopper-Pearson bound: with `confidence` the true rate of failures is at most *upper.
 * Returns as spot_stats_wilson, and E_RANGE for a confidence of a half or less. Threads: immutable. */
SPOT_API spot_status spot_stats_failure_bound(int failures, int n, double confidence,
                                              double *upper);

/* The rate of unseen failures, each charged limit_s, that would undo a lead in time:
 * f* = (baseline_s - candidate_s) / (limit_s - candidate_s). A lead is safe from rare failures where f*
 * exceeds spot_stats_failure_bound: tests on times are blind to failures too rare to be seen.
 * 0 for a candidate that does not lead. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (unless
 * 0 <= candidate_s < limit_s and 0 <= baseline_s <= limit_s). Threads: immutable. */
SPOT_API spot_status spot_stats_undoing_rate(double candidate_s, double baseline_s, double limit_s,
                                             double *rate);

/* The least p-value that n pairs can give: 2^-n, what the exact test by changing signs gives where all
 * pairs agree. A bootstrap of few pairs promises less. Threads: immutable. */
SPOT_API double spot_stats_paired_floor(int n_pair);

/* Equal-tailed interval of the posterior Beta (k + 1/2, n - k + 1/2) of Jeffreys' prior; its lower
 * end is 0 for no success, its upper end 1 for no failure (Brown, Cai and DasGupta 2001). Returns as
 * spot_stats_wilson. Threads: immutable. */
SPOT_API spot_status spot_stats_jeffreys(int successes, int n, double confidence,
                                         spot_interval *out);

/* Newcombe's interval of the difference of two independent success rates, candidate minus baseline,
 * from their Wilson intervals (Newcombe 1998, method 10). For points on shared seeds take
 * spot_stats_paired. Returns SPOT_OK, E_INVALID (out NULL), E_RANGE (counts; either n = 0;
 * confidence). Threads: immutable. */
SPOT_API spot_status spot_stats_newcombe(spot_stats_count candidate, spot_stats_count baseline,
                                         double confidence, spot_interval *out);

/* Exact McNemar from the discordant counts, together 0..2^24; all p are 1 if both are 0.
 * Returns SPOT_OK, E_INVALID (out NULL), E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_stats_mcnemar(int candidate_only, int baseline_only,
                                        spot_stats_mcnemar_result *out);

SPOT_API void spot_stats_paired_config_default(spot_stats_paired_config *config);

/* Doubles of workspace that spot_stats_paired needs; 0 if n_resample is out of range. */
SPOT_API size_t spot_stats_paired_work_size(int n_resample);

/* Compares two points on the same n_seed >= 1 seeds; candidate[i] and baseline[i] are the same seed.
 * candidate, baseline: (n_seed), borrowed for the call. work: (spot_stats_paired_work_size), caller's.
 * A resample in which a mean is undefined is left out of that interval. The result depends on the
 * arguments alone. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (config or n_seed out of range, a time
 * or chunk count of a success that is not finite and positive). Threads: one user of `work` at a
 * time, else immutable. */
SPOT_API spot_status spot_stats_paired(const spot_stats_paired_config *config,
                                       const spot_stats_run *candidate,
                                       const spot_stats_run *baseline, int n_seed, double *work,
                                       spot_stats_paired_result *out);

/* As spot_stats_paired with BCa intervals from the same resamples: they correct bias and skewness,
 * at the price of a little noise. Where the correction is undefined the interval is the percentile
 * one. Returns and Threads: as spot_stats_paired. */
SPOT_API spot_status spot_stats_paired_bca(const spot_stats_paired_config *config,
                                           const spot_stats_run *candidate,
                                           const spot_stats_run *baseline, int n_seed, double *work,
                                           spot_stats_paired_result *out);

/* Doubles of workspace that spot_stats_bootstrap needs; 0 if an argument is out of range. */
SPOT_API size_t spot_stats_bootstrap_work_size(int n_resample, int n_seed);

/* Paired seed-block bootstrap of any statistic: joules per success, time over three points, ...
 * config: min_successes is not read. data: handed to `statistic`, may be NULL. null_value: of the
 * one-sided p-values. work: (spot_stats_bootstrap_work_size), caller's. Returns SPOT_OK, E_INVALID
 * (NULL), E_RANGE (config, n_seed or null_value; a statistic undefined or not finite on the data,
 * not finite on a resample, or defined on no resample). Threads: one user of `work` at a time. */
SPOT_API spot_status spot_stats_bootstrap(const spot_stats_paired_config *config, int n_seed,
                                          spot_stats_statistic statistic, const void *data,
                                          double null_value, double *work,
                                          spot_stats_bootstrap_result *out);

#ifdef __cplusplus
}
#endif

#endif
