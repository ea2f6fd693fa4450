/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Intervals and tests for paired episodes.
 *
 * Two operating points face the same seeds, so everything that compares them is paired: the bootstrap
 * draws whole seeds (success, time and chunks of both points together), McNemar's test looks at the
 * seeds on which the two disagree. Times are those of successful episodes only, and a speed-up is a
 * ratio of means, not a mean of ratios (SCIENCE: TISED Eq. 31).
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

enum {
    SPOT_STATS_N_RESAMPLE = 10000, /* resamples of a bootstrap */
    SPOT_STATS_MIN_SUCCESSES = 10, /* below this an interval of times is "insufficient" */
    SPOT_STATS_MAX_RESAMPLE = 1 << 24,
    SPOT_STATS_MAX_TRIALS = 1 << 24, /* of spot_stats_wilson and spot_stats_mcnemar */
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

/* One episode of one point, as the statistics see it. */
typedef struct spot_stats_run {
    bool success;
    double time_s; /* task time, s; finite; used if success */
    double chunks; /* chunk count N; finite; used if success */
} spot_stats_run;

typedef struct spot_stats_paired_config {
    double confidence; /* of the intervals, in (0, 1); default 0.95 */
    int n_resample;    /* 1..2^24; default 10000 */
    int min_successes; /* of each point, for SUFFICIENT; >= 1; default 10 */
    uint64_t seed;     /* of the resampling; default 1 */
} spot_stats_paired_config;

/* The candidate against the baseline on shared seeds. All intervals are percentile-bootstrap. */
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
} spot_stats_paired_result;

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

#ifdef __cplusplus
}
#endif

#endif
