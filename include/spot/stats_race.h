/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Racing: episodes go where they are needed, and one may look after every seed.
 *
 * The loss of an episode lies in [0, 1]: failure, or time over its limit with failures at 1. Points
 * on shared seeds race by betting on the paired difference d = loss of the point - loss of its
 * rival in [-1, 1]: the e-value E grows while the rival is better, and under "the mean of d is at
 * most 0" it ever reaches 1 / a with probability at most a, however often one looks. Betting needs
 * an eighth of the episodes, or less, of radii by Hoeffding's inequality (below; these take no
 * pairs, and hold for all arms and times together). For times in seconds there is an asymptotic
 * confidence sequence. A look may use only seeds that all points in the race have finished:
 * failures run longest. Confirm a winner on fresh seeds.
 *
 *     spot_stats_bet_init(&bet[k], SPOT_STATS_MIXTURE_UNIFORM);             (for each rival k)
 *     spot_stats_bet_add(&bet[k], loss - rival_loss[k]);                 (for each finished seed)
 *     spot_stats_bet_log_e(&bet[k], &log_e[k]);
 *     spot_stats_mean_log_e(log_e, n_point - 1, &mean);     (of all rivals, dropped ones included)
 *     if (mean >= log(1 / 0.05)) the point is dropped   (the best one in at most 5 % of races)
 */
#ifndef SPOT_STATS_RACE_H
#define SPOT_STATS_RACE_H

#include <stdint.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_STATS_N_BET = 64,     /* gamblers of a mixture at most */
    SPOT_STATS_FIRST_LOOK = 40 /* seeds before which an asymptotic radius should not be read */
};

/* How the gamblers' stakes are spread. */
typedef enum spot_stats_mixture {
    SPOT_STATS_MIXTURE_UNIFORM = 0, /* over (0, 1): the stronger one as a rule */
    SPOT_STATS_MIXTURE_GRID = 1,    /* {.02, .05, .1, .2, .35, .5, .7, .9}, alike */
} spot_stats_mixture;

/* A bet that runs; plain data, may be copied and stored. */
typedef struct spot_stats_bet {
    spot_stats_mixture mixture;
    int64_t n;                           /* differences so far */
    double log_wealth[SPOT_STATS_N_BET]; /* of each gambler, natural logarithm */
} spot_stats_bet;

/* Starts a bet: no difference yet, e-value 1. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (mixture).
 * Threads: one user of `bet` at a time, as all that take one. */
SPOT_API spot_status spot_stats_bet_init(spot_stats_bet *bet, spot_stats_mixture mixture);

/* Takes the difference of the next seed against the hypothesis that its mean, given all before, is
 * at most 0: finite, >= -1, no unit. Above 1 is allowed, since only the loss must be bounded: to
 * show that a point is within epsilon of a rival, add epsilon - d. Returns SPOT_OK, E_INVALID
 * (NULL), E_RANGE (the bet is left as it was). */
SPOT_API spot_status spot_stats_bet_add(spot_stats_bet *bet, double difference);

/* Natural logarithm of the e-value: reject the hypothesis at level a once it is >= log (1 / a), now
 * or at any earlier look. Returns SPOT_OK, E_INVALID (NULL). */
SPOT_API spot_status spot_stats_bet_log_e(const spot_stats_bet *bet, double *log_e);

/* Logarithm of the mean of e-values, itself an e-value of "all n hypotheses hold". log_e: (n),
 * natural logarithms, finite, n >= 1, borrowed. A point that is the best has no better rival, so
 * the mean over its rivals reaches 1 / a with probability at most a: there is no further price for
 * the number of points. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_stats_mean_log_e(const double *log_e, int n, double *mean);

/* One-sided asymptotic confidence sequence (Waudby-Smith et al. 2024): mean - radius lies below the
 * true mean of the paired differences at all n together with probability 1 - level, about, for n
 * from SPOT_STATS_FIRST_LOOK on; with
 *     rho^2 = (-2 ln a + ln (-2 ln a) + 1) / t_star
 *     radius = sd sqrt (2 (n rho^2 + 1) / (n rho)^2 ln (sqrt (n rho^2 + 1) / (2 a))).
 * level a in (0, 0.5); t_star: the n at which it shall be tightest, > 0 and finite (100 is a good
 * start); n >= 1; sd: standard deviation of the n differences, finite, >= 0; the radius has its
 * unit. Returns SPOT_OK, E_INVALID (out NULL), E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_stats_sequence_radius(double level, double t_star, int64_t n, double sd,
                                                double *radius);

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
