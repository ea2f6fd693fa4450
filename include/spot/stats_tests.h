/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Tests of success counts: two points, strata of tasks, many points, and an interior sweet spot.
 *
 * "Candidate" and "baseline" are as in stats.h; a small p_candidate_better says that the candidate
 * succeeds more often. Points on different seeds take Fisher's test, points on the same seeds
 * McNemar's (stats.h). A point is an interior sweet spot if it beats both ends of the sweep, so the
 * test of one arm takes the larger of its two p-values (intersection-union), and the best of
 * several arms pays for the choice (Bonferroni).
 *
 *     double p_arm[2];                                     (arms between the two ends)
 *     spot_stats_interior_result r;
 *     st = spot_stats_interior_fisher(arms, 4, p_arm, &r); (arms in the order of the sweep)
 *     if (st == SPOT_OK && r.p < 0.05) arm r.best is an interior sweet spot
 */
#ifndef SPOT_STATS_TESTS_H
#define SPOT_STATS_TESTS_H

#include <stdbool.h>

#include "spot/stats.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_STATS_MAX_ARMS = 64 }; /* of the posterior; other functions take any number */

/* p-values under "the two points succeed equally often". */
typedef struct spot_stats_test_result {
    double p_two_sided;
    double p_candidate_better;
    double p_baseline_better;
} spot_stats_test_result;

/* One task (or another stratum) of a stratified comparison. */
typedef struct spot_stats_stratum {
    spot_stats_count candidate;
    spot_stats_count baseline;
} spot_stats_stratum;

typedef struct spot_stats_cmh_result {
    spot_stats_test_result test;
    double z; /* signed root of the chi-square statistic; > 0: candidate better */
    double
        odds_ratio; /* Mantel-Haenszel's common odds ratio, candidate to baseline; 0 if undefined */
    bool has_odds_ratio; /* false: no stratum has a baseline success beside a candidate failure */
    int n_informative;   /* strata that have both outcomes and both points; 0: all p are 1 */
} spot_stats_cmh_result;

/* Sum of n trials that are each graded between 0 and a highest grade. */
typedef struct spot_stats_score {
    double sum;
    int n; /* 1..2^24 */
} spot_stats_score;

typedef struct spot_stats_graded_result {
    spot_stats_test_result test;
    double z; /* > 0: candidate scores higher */
} spot_stats_graded_result;

/* Scores of both points under one setting. */
typedef struct spot_stats_score_pair {
    spot_stats_score candidate;
    spot_stats_score baseline;
} spot_stats_score_pair;

/* Does the candidate's advantage depend on the setting? In `test`, p_candidate_better is small if the
 * advantage is larger under the first setting, p_baseline_better if it is larger under the second. */
typedef struct spot_stats_interaction_result {
    spot_stats_test_result test; /* Zelen's exact test of one odds ratio for both settings */
    double log_ratio; /* ln (odds ratio of the first / odds ratio of the second), half an episode
                            added to each cell; > 0: the advantage is larger under the first */
    double
        log_ratio_se; /* its standard error (Woolf, Gart): log_ratio / log_ratio_se is Wald's z */
} spot_stats_interaction_result;

typedef struct spot_stats_interior_result {
    int best; /* arm with the smallest p, counted from 0 over all arms; 1..n_arm-2 */
    double p; /* min (1, (n_arm - 2) min p_arm): "the best arm is an end" */
} spot_stats_interior_result;

/* Fisher's exact test of two independent counts, given their total. Two-sided: the probability of
 * all tables that are no more likely than this one. p below 1e-300 may be 0.
 * Returns SPOT_OK, E_INVALID (out NULL), E_RANGE (counts). Threads: immutable, as all below. */
SPOT_API spot_status spot_stats_fisher(spot_stats_count candidate, spot_stats_count baseline,
                                       spot_stats_test_result *out);

/* Cochran-Mantel-Haenszel: does the candidate succeed more often within strata (1959; no continuity
 * correction, normal tails)? strata: (n_stratum), n_stratum >= 1, borrowed. A stratum whose trials
 * all end alike, or that lacks a point, says nothing and is left out.
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE (n_stratum, counts). */
SPOT_API spot_status spot_stats_cmh(const spot_stats_stratum *strata, int n_stratum,
                                    spot_stats_cmh_result *out);

/* Compares mean grades of which only the sums are known, with the largest variance that a mean m of
 * grades in [0, max_grade] allows, m (max_grade - m); normal tails, so at least some ten trials a
 * side. Where both means sit at an end, the variance is that of the pooled mean.
 * Returns SPOT_OK, E_INVALID (out NULL), E_RANGE (max_grade not positive and finite; a sum outside
 * [0, n max_grade]; n). */
SPOT_API spot_status spot_stats_graded(spot_stats_score candidate, spot_stats_score baseline,
                                       double max_grade, spot_stats_graded_result *out);

/* Logit interaction of success counts under two settings, different seeds everywhere: is the odds ratio
 * of candidate to baseline the same? "Better when slow, worse when fast" is one claim about a
 * difference, and two separate tests do not make it. Exact, given all margins and the candidate's
 * successes in all (Zelen 1971), so valid for any counts; tables without a choice left give p = 1. Equal
 * odds ratios are not equal differences of rates: where rates lie near 0 or 1, say which was tested.
 * Shared seeds: the sign-flip test of double differences (stats_paired.h).
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE (counts). */
SPOT_API spot_status spot_stats_interaction_counts(const spot_stats_stratum *first,
                                                   const spot_stats_stratum *second,
                                                   spot_stats_interaction_result *out);

/* The same for graded scores: the difference of the two differences of mean grades, with variances as in
 * spot_stats_graded; z > 0: the candidate's advantage is larger under the first setting.
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE (as spot_stats_graded). */
SPOT_API spot_status spot_stats_interaction_graded(const spot_stats_score_pair *first,
                                                   const spot_stats_score_pair *second,
                                                   double max_grade, spot_stats_graded_result *out);

/* Holm's correction (1979): adjusted p-values that hold for all n tests together. p, adjusted: (n),
 * may be the same array; order: (n), receives the tests from the smallest p to the largest.
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE (n < 1, a p outside [0, 1]). */
SPOT_API spot_status spot_stats_holm(const double *p, int n, int *order, double *adjusted);

/* Interior optimum from one-sided p-values of any test: p_first[i], p_last[i] (n_arm - 2) say that
 * arm i + 1 is better than the first and the last arm. p_arm: (n_arm - 2), receives the larger of
 * the two. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (n_arm < 3, a p outside [0, 1]). */
SPOT_API spot_status spot_stats_interior(const double *p_first, const double *p_last, int n_arm,
                                         double *p_arm, spot_stats_interior_result *out);

/* Interior optimum of success rates on different seeds, by Fisher's test. arms: (n_arm), in the
 * order of the sweep, borrowed. p_arm: (n_arm - 2). Returns SPOT_OK, E_INVALID (NULL), E_RANGE
 * (n_arm < 3, counts). */
SPOT_API spot_status spot_stats_interior_fisher(const spot_stats_count *arms, int n_arm,
                                                double *p_arm, spot_stats_interior_result *out);

/* Interior optimum of success rates on the same seeds, by McNemar's test. success: (n_arm x n_seed),
 * row-major, borrowed. p_arm: (n_arm - 2). Returns SPOT_OK, E_INVALID (NULL), E_RANGE (n_arm < 3,
 * n_seed outside 1..2^24). */
SPOT_API spot_status spot_stats_interior_mcnemar(const bool *success, int n_arm, int n_seed,
                                                 double *p_arm, spot_stats_interior_result *out);

/* P(arm j has the highest rate) for independent rates with Jeffreys' prior, by integration (error
 * below 1e-9). arms: (n_arm), 1..64 arms, borrowed. p_best: (n_arm), sums to 1. p_interior, may be
 * NULL: the sum over all arms but the first and the last. Returns SPOT_OK, E_INVALID (NULL),
 * E_RANGE (n_arm, counts). */
SPOT_API spot_status spot_stats_posterior_best(const spot_stats_count *arms, int n_arm,
                                               double *p_best, double *p_interior);

#ifdef __cplusplus
}
#endif

#endif
