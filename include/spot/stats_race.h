/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Racing: confidence radii for episodes that go where they are needed.
 *
 * The loss of an episode lies in [0, 1]: failure, or time over its limit with failures at 1. Each
 * radius holds for all arms and all times together, so a race may be looked at after every episode
 * and stopped at any time. Points on shared seeds race on paired differences d in [-1, 1]; take
 * (1 + d) / 2, which halves them. Confirm a winner on fresh seeds.
 *
 *     drop arm i as soon as mean[i] - radius > mean[leader] + radius   (successive elimination)
 *     stop when mean[leader] + radius[leader] < mean[next] - radius[next] + epsilon   (LUCB1)
 */
#ifndef SPOT_STATS_RACE_H
#define SPOT_STATS_RACE_H

#include <stdint.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Radius of the mean loss after n_pull episodes of an arm; with probability >= 1 - delta no mean of
 * any of n_arm arms is ever further from the truth: sqrt (ln (pi^2 m u^2 / (3 delta)) / (2 u)).
 * n_arm >= 1; delta in (0, 1); n_pull >= 1. Returns SPOT_OK, E_INVALID (out NULL), E_RANGE.
 * Threads: immutable. */
SPOT_API spot_status spot_stats_elimination_radius(int n_arm, double delta, int64_t n_pull,
                                                   double *radius);

/* Radius of LUCB1 (Kalyanakrishnan et al. 2012) for an arm with n_pull episodes in round
 * `round` >= 1: sqrt (ln (5 m t^4 / (4 delta)) / (2 u)); stopping as above is (epsilon, delta)-PAC.
 * Returns and Threads: as spot_stats_elimination_radius. */
SPOT_API spot_status spot_stats_lucb_radius(int n_arm, double delta, int64_t n_pull, int64_t round,
                                            double *radius);

#ifdef __cplusplus
}
#endif

#endif
