/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How many trials does a claim need? Power and trials of the very tests that decide.
 *
 * The power of an exact test is computed over all outcomes, not approximated. It is a saw-tooth in the
 * number of trials: one more trial can move the count that is needed up by one, and the power falls. So
 * the trials needed are the fewest from which the power never falls below the wish again. A wish is
 * spot_stats_power_config of stats_tests.h: two rates, level, power. What the verdict corrects for goes
 * into the level (0.05 / 4 for the best of four comparisons); a claim that takes two rejections, as an
 * interior optimum does, has the wanted power if each of the two has (1 + power) / 2.
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

#include "spot/stats_tests.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_STATS_MAX_EXACT_TRIALS = 20000 }; /* beyond, the normal approximation is as good */

typedef struct spot_stats_trials {
    int n_trial;   /* episodes of each point; with shared seeds, seeds */
    double power;  /* at n_trial; the wanted one where not exact */
    bool is_exact; /* false: more than 20000, from the normal approximation with continuity */
} spot_stats_trials;

/* Probability that Fisher's one-sided test of n_trial episodes each finds p < level (level / 2 if
 * two_sided), if the rates are those of the wish; power is not read. The side is that of the higher rate.
 * A p that equals the level is no find. n_trial in 1..20000. Returns SPOT_OK, E_INVALID (NULL), E_RANGE
 * (config, equal rates, n_trial). Threads: immutable, as all below. */
SPOT_API spot_status spot_stats_power_fisher(const spot_stats_power_config *config, int n_trial,
                                             double *power);

/* The same of McNemar's test on n_trial shared seeds. rate_candidate: share of the seeds on which the
 * candidate alone succeeds, rate_baseline: on which the baseline alone does; together at most 1.
 * Returns as spot_stats_power_fisher. */
SPOT_API spot_status spot_stats_power_mcnemar(const spot_stats_power_config *config, int n_trial,
                                              double *power);

/* Fewest trials from which spot_stats_power_fisher never falls below the wanted power again. How far to
 * look ahead: a number of trials is safe for good once the power holds even if the test asked one more
 * success of the candidate than it does, since rounding the critical count up, which makes the teeth,
 * costs less than one success. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (config; equal rates, or more
 * than 2^24 trials). */
SPOT_API spot_status spot_stats_trials_fisher(const spot_stats_power_config *config,
                                              spot_stats_trials *out);

/* The same of spot_stats_power_mcnemar. */
SPOT_API spot_status spot_stats_trials_mcnemar(const spot_stats_power_config *config,
                                               spot_stats_trials *out);

#ifdef __cplusplus
}
#endif

#endif
