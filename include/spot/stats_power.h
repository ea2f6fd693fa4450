/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How many trials does a claim need? Power and trials of the very tests that decide.
 *
 * The power of an exact test is computed over all outcomes, not approximated. It is a saw-tooth in
 * the number of trials: one more trial can move the count that is needed up by one, and the power
 * falls. So the trials needed are the fewest from which the power never falls below the wish again.
 * A wish is a spot_stats_power_config: two rates, level, power. What the verdict
 * corrects for goes into the level (0.05 / 4 for the best of four comparisons); a claim that takes
 * two rejections, as an interior optimum does, has the wanted power if each of the two has (1 +
 * power) / 2.
 *
 * For times there is no law to compute from, only a pilot: studies are drawn from its differences
 * and judged by the sign-flip test. What comes out is as uncertain as the pilot, and is given as a
 * range.
 *
 *     spot_stats_power_config wish;
 *     spot_stats_power_config_default(&wish);
 *     wish.rate_candidate = 0.76;
 *     wish.rate_baseline = 0.68;
 *     st = spot_stats_trials_fisher(&wish, &need);        (412 episodes of each point)
 */
#ifndef SPOT_STATS_POWER_H
#define SPOT_STATS_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/stats.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_STATS_MAX_EXACT_TRIALS = 20000 }; /* beyond, the normal approximation is as good */

/* A wish: two success rates to tell apart. */
typedef struct spot_stats_power_config {
    size_t size;           /* of this struct, set by its default function; else E_INVALID */
    double rate_candidate; /* in [0, 1] */
    double rate_baseline;  /* in [0, 1], another rate than the candidate's */
    double level;          /* false-alarm probability, in (0, 0.5]; default 0.05 */
    double power;          /* probability of finding the difference, in [0.5, 1); default 0.8 */
    bool two_sided;        /* default false */
} spot_stats_power_config;

typedef struct spot_stats_trials {
    int n_trial;   /* episodes of each point; with shared seeds, seeds */
    double power;  /* at n_trial; the wanted one where not exact */
    bool is_exact; /* false: more than 20000, from the normal approximation with continuity */
} spot_stats_trials;

typedef struct spot_stats_pilot_config {
    size_t size;       /* of this struct, set by its default function; else E_INVALID */
    double level;      /* one-sided, in (0, 0.5]; default 0.05 */
    double power;      /* wanted, in [0.5, 1); default 0.8 */
    double confidence; /* of the range, in (0, 1); default 0.95 */
    int n_study;       /* studies simulated for each number of seeds, 1..2^24; default 1000 */
    int n_resample;    /* pilots resampled for the range, 1..2^24; default 999 */
    uint64_t seed;     /* of the simulation; default 1 */
} spot_stats_pilot_config;

/* Seeds that a comparison of times needs. */
typedef struct spot_stats_pilot_result {
    bool is_found; /* false: the pilot's mean is not below 0, or it takes more than 20000 seeds */
    bool has_high; /* false: pilots like this one may come from no effect at all; high is 0 */
    int n_seed;    /* if the pilot were the truth; 0 if not found */
    int low;       /* if the effect is as strong as the resampled pilots allow; 0: not even then */
    int high;      /* if it is as weak as they allow */
    double
        power; /* simulated at n_seed, standard error sqrt (power (1 - power) / n_study); above 500
                    * seeds the wanted one, as the number follows from the normal law */
} spot_stats_pilot_result;

SPOT_API void spot_stats_power_config_default(spot_stats_power_config *config);

/* Probability that Fisher's one-sided test of n_trial episodes each finds p < level (level / 2 if
 * two_sided), if the rates are those of the wish; power is not read. The side is that of the higher
 * rate. A p that equals the level is no find. n_trial in 1..20000. Returns SPOT_OK, E_INVALID
 * (NULL), E_RANGE (config, equal rates, n_trial). Threads: immutable, as all below. */
SPOT_API spot_status spot_stats_power_fisher(const spot_stats_power_config *config, int n_trial,
                                             double *power);

/* The same of McNemar's test on n_trial shared seeds. rate_candidate: share of the seeds on which
 * the candidate alone succeeds, rate_baseline: on which the baseline alone does; together at most
 * 1. Returns as spot_stats_power_fisher. */
SPOT_API spot_status spot_stats_power_mcnemar(const spot_stats_power_config *config, int n_trial,
                                              double *power);

/* Fewest trials from which spot_stats_power_fisher never falls below the wanted power again. How
 * far to look ahead: a number of trials is safe for good once the power holds even if the test
 * asked one more success of the candidate than it does, since rounding the critical count up, which
 * makes the teeth, costs less than one success. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (config;
 * equal rates, or more than 2^24 trials). */
SPOT_API spot_status spot_stats_trials_fisher(const spot_stats_power_config *config,
                                              spot_stats_trials *out);

/* The same of spot_stats_power_mcnemar. */
SPOT_API spot_status spot_stats_trials_mcnemar(const spot_stats_power_config *config,
                                               spot_stats_trials *out);

SPOT_API void spot_stats_pilot_config_default(spot_stats_pilot_config *config);

/* Share of n_study studies of n_seed seeds each, drawn from the pilot's differences, in which the
 * one-sided sign-flip test finds p < level. difference: (n_pilot), candidate minus baseline, sizes
 * below 1e70, n_pilot in 1..2^24, borrowed; n_seed in 1..20000. p is exact where
 * spot_stats_sign_flip's is; elsewhere it is the limit of many draws, by an Edgeworth series
 * (within .003 for p near .05). power, confidence and n_resample are not read. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE. Threads: immutable; the result depends on the arguments alone. */
SPOT_API spot_status spot_stats_power_sign_flip(const spot_stats_pilot_config *config,
                                                const double *difference, int n_pilot, int n_seed,
                                                double *power);

/* Doubles of workspace that spot_stats_trials_sign_flip needs; 0 if an argument is out of range. */
SPOT_API size_t spot_stats_pilot_work_size(int n_pilot, int n_resample);

/* Seeds from which that power is reached, as if the pilot were the truth, and a range: the pilot's
 * seeds are resampled, and the resamples whose ratio of mean to root mean square lies at the ends
 * of the confidence are asked the same. A pilot of 20 seeds gives a range that is wide, and often
 * open. work: (spot_stats_pilot_work_size), caller's. Returns and Threads as above, one user of
 * `work` at a time. */
SPOT_API spot_status spot_stats_trials_sign_flip(const spot_stats_pilot_config *config,
                                                 const double *difference, int n_pilot,
                                                 double *work, spot_stats_pilot_result *out);

#ifdef __cplusplus
}
#endif

#endif
