/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Many points on the same seeds: which may be the best, and which are worse than which.
 *
 * The winner was picked on the seeds that judge it, so tests against it call some of 10 equal
 * points worse in 25 % of all studies. Three questions can be answered without fresh seeds. Which
 * points may be the best? Those that no rival beats, with the price for the number of rivals:
 * spot_stats_best_set. Is point i worse than point j, for all pairs at once? spot_stats_max_t. Does
 * a point beat the baseline, the best one included? spot_stats_against_baseline. Outcomes are
 * lower-is-better (budget time, joules, 0 for a success and 1 for a failure), one for each seed and
 * point.
 *
 *     st = spot_stats_sign_flip_pairs(&config, outcome, n_seed, n_point, work, p_worse);
 *     st = spot_stats_best_set(p_worse, n_point, 0.05, p_best, is_in);
 *     st = spot_stats_against_baseline(p_worse, n_point, baseline, order, adjusted);
 */
#ifndef SPOT_STATS_MANY_H
#define SPOT_STATS_MANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/stats_paired.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_STATS_MAX_POINTS = 1024,
    SPOT_STATS_MAX_ORDERS = 50000, /* up to here all (n_point!)^n_seed orders are counted */
};

typedef struct spot_stats_max_t_config {
    size_t size;   /* of this struct, set by its default function; else E_INVALID */
    int n_draw;    /* shuffles where the orders cannot all be counted; 1..2^24; default 9999 */
    uint64_t seed; /* of the shuffling; default 1 */
} spot_stats_max_t_config;

typedef struct spot_stats_max_t_result {
    bool is_exact;  /* all orders were counted */
    double p_floor; /* the smallest p that can come out: print "<=" where p is no larger */
} spot_stats_max_t_result;

SPOT_API void spot_stats_max_t_config_default(spot_stats_max_t_config *config);

/* Doubles of workspace that spot_stats_max_t needs; 0 if n_point is outside 2..1024. */
SPOT_API size_t spot_stats_max_t_work_size(int n_point);

/* Which points are worse than which, all pairs together (max-T, Westfall and Young 1993). A pair's
 * statistic is T_ij = sum d / sqrt (sum d^2) over the seeds, d = outcome of i - outcome of j, a
 * function of Student's t that rises with it, never infinite, and 0 if all d are 0. Under "all
 * points are alike" the outcomes of a seed may be put in any order, so p_ij is the share of the
 * orders, drawn for each seed by itself, whose largest T of all pairs is at least T_ij; equal
 * counts.
 *   Guaranteed: if all points are alike (any order of a seed's outcomes is as likely), the
 * probability that any p at all is <= a is at most a, for any number of seeds and points. If only
 * some are, it is so approximately, as each pair is measured by its own spread.
 *   outcome: (n_seed x n_point), row-major, finite, sizes below 1e150, borrowed; n_seed in 1..2^24,
 * n_point in 2..1024. work: (spot_stats_max_t_work_size), caller's. p: (n_point x n_point),
 * row-major; small p[i * n_point + j] = point i is worse than point j; 1 on the diagonal. Returns
 * SPOT_OK, E_INVALID (NULL), E_RANGE. Threads: one user of `work` at a time; the result depends on
 * the arguments alone. */
SPOT_API spot_status spot_stats_max_t(const spot_stats_max_t_config *config, const double *outcome,
                                      int n_seed, int n_point, double *work, double *p,
                                      spot_stats_max_t_result *out);

/* One-sided sign-flip p-values of all ordered pairs, not corrected for anything: small p_worse[i *
 * n_point + j] = point i is worse than point j. outcome as in spot_stats_max_t; work: (n_seed),
 * caller's; p_worse: (n_point x n_point), row-major, 1 on the diagonal. Returns and Threads: as
 * spot_stats_sign_flip. */
SPOT_API spot_status spot_stats_sign_flip_pairs(const spot_stats_sign_flip_config *config,
                                                const double *outcome, int n_seed, int n_point,
                                                double *work, double *p_worse);

/* The points that may be the best, from one-sided p-values of any valid test of pairs: point k is
 * left out if some rival beats it at level / (n_point - 1).
 *   Guaranteed: the point with the lowest true mean is in the set with probability at least
 * 1 - level, whatever the means, for each study by itself (the true best has n_point - 1 rivals,
 * and each beats it by mistake with probability at most level / (n_point - 1)). Not said: that the
 * points in the set are equal or all good, nor that each point outside is worse than each inside;
 * spot_stats_max_t says that of pairs.
 *   p_worse: (n_point x n_point), row-major, in [0, 1], the diagonal is not read; n_point in
 * 2..1024; level in (0, 0.5). p_best: (n_point), receives min (1, (n_point - 1) smallest p_worse of
 * the point), a p-value of "it is the best"; is_in: (n_point), p_best > level. With p-values of
 * sign flips the point of the lowest observed mean is always in. Returns SPOT_OK, E_INVALID (NULL),
 * E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_stats_best_set(const double *p_worse, int n_point, double level,
                                         double *p_best, bool *is_in);

/* Which points beat the baseline, corrected for their number by Holm's method, so that the one that
 * came out best may be picked afterwards: the probability of any false claim is at most a if p <= a
 * is claimed. p_worse: as in spot_stats_best_set, row `baseline` (0..n_point-1) is read. order:
 * (n_point), workspace. adjusted: (n_point); small adjusted[j] = the baseline is worse than point
 * j; 1 for the baseline itself. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (n_point, baseline, a p
 * outside [0, 1]). Threads: immutable. */
SPOT_API spot_status spot_stats_against_baseline(const double *p_worse, int n_point, int baseline,
                                                 int *order, double *adjusted);

#ifdef __cplusplus
}
#endif

#endif
