/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Tests and intervals of times (or any numbers) of two points on the same seeds.
 *
 * The sign-flip test asks of paired differences, candidate minus baseline, whether their sum would
 * be so small if each difference could as well have had the other sign (Fisher 1935). Its error
 * rate is exact for any number of seeds if the differences are symmetric about 0 when the points
 * are equal, as they are when the two points may be swapped on each seed; a bootstrap's is not:
 * with 5 seeds it calls 12 % of equal points different at 5 %.
 *
 * Does a difference depend on the setting (slow or fast computer)? Take for each seed the double
 * difference (candidate - baseline | slow) - (candidate - baseline | fast): it is a difference like
 * any other, and a small p says that the candidate gains more under the slow setting.
 *
 * Intervals of a mean time, and of the ratio of two, are bootstrap-t on the logarithm (Efron 1979;
 * Hall 1988): seeds are resampled whole, and each resample is judged by its own standard error,
 * which tells it how far the tail of retries reached into it. Of 95 % intervals of times with such
 * tails they hold the truth in 91 / 93 / 94 % at 10 / 20 / 50 successes, percentile intervals in 85
 * / 90 / 93 %.
 *
 *     spot_stats_sign_flip_config config;
 *     spot_stats_sign_flip_config_default(&config);
 *     st = spot_stats_sign_flip(&config, difference, n_seed, &r);
 *     if (st == SPOT_OK) printf("p %s %.4f", r.is_floor ? "<=" : "=", r.p);
 */
#ifndef SPOT_STATS_PAIRED_H
#define SPOT_STATS_PAIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/stats.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_STATS_MIN_SUCCESSES_T = 20, /* below this a bootstrap-t interval is "insufficient" */
    SPOT_STATS_N_DRAW = 9999,        /* random patterns of a test: p is a multiple of 1e-4 */
    SPOT_STATS_MAX_EXACT_SIGNS = 16, /* up to here all 2^n patterns of signs are counted */
};

typedef struct spot_stats_sign_flip_config {
    size_t size;   /* of this struct, set by its default function; else E_INVALID */
    int n_draw;    /* patterns that are drawn where they cannot all be counted; 1..2^24; 9999 */
    uint64_t seed; /* of the drawing; default 1 */
    double error;  /* of one difference, absolute, in its unit: times of 40 s that were subtracted
                      carry 40 DBL_EPSILON; finite, >= 0; default 0: taken as decimal numbers */
} spot_stats_sign_flip_config;

typedef struct spot_stats_sign_flip_result {
    double p;      /* in (0, 1]; small = the differences are below 0 */
    bool is_exact; /* all patterns were counted; false: drawn, p = (1 + hits) / (1 + n_draw) */
    bool is_floor; /* p is the smallest that these differences (exact) or this number of draws can
                      give, so the evidence may be stronger: print "<=" */
} spot_stats_sign_flip_result;

/* One seed of one point: a time, chunk count or energy, and whether the episode counts. */
typedef struct spot_stats_value {
    bool success; /* for budget times, which every seed has: true throughout */
    double x;     /* in 1e-150..1e150; used if success */
} spot_stats_value;

/* Which seeds a ratio of means is made of. */
typedef enum spot_stats_ratio_kind {
    SPOT_STATS_RATIO_OWN = 0,    /* each point's mean over its own successes */
    SPOT_STATS_RATIO_COMMON = 1, /* both means over the seeds on which both succeed */
} spot_stats_ratio_kind;

typedef struct spot_stats_t_result {
    spot_estimate estimate; /* of the mean, or of the ratio candidate / baseline */
    int successes;          /* the fewer of the two points' that were used */
    int n_left_out;         /* resamples without a success of either point or without any spread */
    bool is_percentile; /* true: so many were left out that the interval is the percentile one */
} spot_stats_t_result;

SPOT_API void spot_stats_sign_flip_config_default(spot_stats_sign_flip_config *config);

/* One-sided sign-flip test, smaller is better: p = share of the patterns of signs whose sum is at
 * most the observed one. difference: (n), candidate minus baseline, finite, n in 1..2^24, borrowed.
 * A difference of 0 has no sign and says nothing; all 0 gives p = 1. With m others the test is
 * exact for m <= 16, and for any m if they all have the same size: it is McNemar's test then, so
 * differences of success flags may be handed in as well. Sums that rounding cannot tell apart are
 * equal, and equal sums count. Swapping the points gives the other side. Returns SPOT_OK, E_INVALID
 * (NULL), E_RANGE (config, n, a difference that is not finite, a sum of sizes that overflows).
 * Threads: immutable; the result depends on the arguments alone. */
SPOT_API spot_status spot_stats_sign_flip(const spot_stats_sign_flip_config *config,
                                          const double *difference, int n,
                                          spot_stats_sign_flip_result *out);

/* As spot_stats_paired_config_default, with min_successes = SPOT_STATS_MIN_SUCCESSES_T. */
SPOT_API void spot_stats_t_config_default(spot_stats_paired_config *config);

/* Bootstrap-t interval of the mean of a point's successes: with m its logarithm and se the standard
 * error of that, exp (m - t se) for the quantiles t of (m* - m) / se* over the resamples. column:
 * (n_seed), n_seed >= 1, borrowed. work: (spot_stats_bootstrap_work_size), caller's. Support is
 * NONE without a success. Where more than a quarter of a tail's share of the resamples are left
 * out, for instance because most chunk counts are the same, the interval is the percentile one.
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE (config or n_seed out of range, a success whose x is
 * out of range). Threads: one user of `work` at a time; the result depends on the arguments
 * alone. */
SPOT_API spot_status spot_stats_mean_t(const spot_stats_paired_config *config,
                                       const spot_stats_value *column, int n_seed, double *work,
                                       spot_stats_t_result *out);

/* The same of the ratio of two means on shared seeds, candidate[i] and baseline[i] being the same
 * seed; below 1 = the candidate is faster. Means over own successes compare different episodes
 * where the points fail on different seeds, so show the common ratio beside. Support: SUFFICIENT if
 * each point has min_successes of the successes used. Returns and Threads: as spot_stats_mean_t;
 * E_RANGE also for an unknown kind. */
SPOT_API spot_status spot_stats_ratio_t(const spot_stats_paired_config *config,
                                        const spot_stats_value *candidate,
                                        const spot_stats_value *baseline, int n_seed,
                                        spot_stats_ratio_kind kind, double *work,
                                        spot_stats_t_result *out);

#ifdef __cplusplus
}
#endif

#endif
