/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Exact tests of success counts.
 *
 * McNemar (1947), exact: of n discordant pairs each side wins with probability 1/2, so the number
 * that the candidate wins is binomial (n, 1/2); two-sided p = twice the smaller tail, at most 1.
 * Fisher (1935): given K successes among n1 + n2 trials, the candidate's share k of them is
 * hypergeometric. Its weights are summed outwards from the mode by the ratio of neighbours,
 *     w(k + 1) / w(k) = (K - k)(n1 - k) / ((k + 1)(n2 - K + k + 1)),
 * so only positive numbers are added and none overflows.
 * Zelen (1971): two tables with one odds ratio in common, given their margins and the sum S of the
 * candidate's successes: its share k of the first has weight w1(k) w2(S - k), as the common ratio
 * cancels.
 */
#include <math.h>

#include "core/stats/dist.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

static const double LN_2 = 0.69314718055994530942;

/* The exponential of less is 0, after a slow path through the library. */
static const double LN_ZERO = -746.0;

/* Tables within this share of the observed one's probability count as equally likely: rounding must
 * not decide a tie between mirror images (as R's fisher.test). */
static const double TIE = 1e-7;

/* P(X <= k) for X binomial (n, 1/2). */
static double half_binomial_cdf(int k, int n)
{
    if (k >= n) {
        return 1.0;
    }
    double log_term = -(double)n * LN_2; /* log P(X = i), by the ratio of neighbours */
    double sum = 0.0;
    for (int i = 0; i <= k; i++) {
        sum += log_term > LN_ZERO ? exp(log_term) : 0.0;
        log_term += log((double)(n - i) / (double)(i + 1));
    }
    return fmin(sum, 1.0);
}

spot_status spot_stats_mcnemar(int candidate_only, int baseline_only,
                               spot_stats_mcnemar_result *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (candidate_only < 0 || baseline_only < 0 ||
        candidate_only > SPOT_STATS_MAX_TRIALS - baseline_only) {
        return SPOT_E_RANGE;
    }
    int n = candidate_only + baseline_only;
    /* P(X >= k) = P(X <= n - k) by symmetry: the winning side's tail runs over the losing count */
    out->p_candidate_better = half_binomial_cdf(baseline_only, n);
    out->p_baseline_better = half_binomial_cdf(candidate_only, n);
    out->p_two_sided = fmin(1.0, 2.0 * fmin(out->p_candidate_better, out->p_baseline_better));
    return SPOT_OK;
}

/* The margins of a 2 x 2 table. */
typedef struct table {
    int total; /* K, successes of both */
    int n_1;
    int n_2;
} table;

static table table_of(spot_stats_count candidate, spot_stats_count baseline)
{
    return (table){
        .total = candidate.successes + baseline.successes, .n_1 = candidate.n, .n_2 = baseline.n};
}

/* The candidate's fewest and most successes. */
static int lowest_of(const table *t)
{
    return t->total > t->n_2 ? t->total - t->n_2 : 0;
}

static int highest_of(const table *t)
{
    return t->total < t->n_1 ? t->total : t->n_1;
}

/* w(k + 1) / w(k) */
static double table_ratio_up(const table *t, int k)
{
    double up = (double)(t->total - k) * (t->n_1 - k);
    return up / ((k + 1.0) * (t->n_2 - t->total + k + 1));
}

/* What the candidate's successes k (in the first table) can be, and how their weights climb. */
typedef struct law {
    table first;
    table second; /* used by two_table_ratio_up */
    int sum;      /* S */
    double (*ratio_up)(const struct law *law, int k);
    int lowest;
    int highest;
} law;

static double one_table_ratio_up(const law *l, int k)
{
    return table_ratio_up(&l->first, k);
}

static double two_table_ratio_up(const law *l, int k)
{
    return table_ratio_up(&l->first, k) / table_ratio_up(&l->second, l->sum - k - 1);
}

/* Sums of weights, w(mode) = 1. */
typedef struct weights {
    double all;
    double below; /* k < observed */
    double above; /* k > observed */
    double rarer; /* w(k) <= w(observed), the observed itself included */
} weights;

static void add_weight(weights *w, int k, double weight, int observed, double observed_weight)
{
    w->all += weight;
    w->below += k < observed ? weight : 0.0;
    w->above += k > observed ? weight : 0.0;
    w->rarer += weight <= observed_weight * (1.0 + TIE) ? weight : 0.0;
}

/* w(k) from w(mode) = 1 */
static double weight_at(const law *l, int mode, int k)
{
    double weight = 1.0;
    for (int i = mode; i < k && weight > 0.0; i++) {
        weight *= l->ratio_up(l, i);
    }
    for (int i = mode; i > k && weight > 0.0; i--) {
        weight /= l->ratio_up(l, i - 1);
    }
    return weight;
}

/* The p-values of `observed`: all weights, outwards from the mode, until nothing is left to add. */
static spot_stats_test_result test_law(const law *l, int mode, int observed)
{
    weights w = {0};
    double observed_weight = weight_at(l, mode, observed);
    add_weight(&w, mode, 1.0, observed, observed_weight);
    double weight = 1.0;
    for (int k = mode + 1; k <= l->highest && weight > 0.0; k++) {
        weight *= l->ratio_up(l, k - 1);
        add_weight(&w, k, weight, observed, observed_weight);
    }
    weight = 1.0;
    for (int k = mode - 1; k >= l->lowest && weight > 0.0; k--) {
        weight /= l->ratio_up(l, k);
        add_weight(&w, k, weight, observed, observed_weight);
    }
    return (spot_stats_test_result){
        .p_two_sided = fmin(w.rarer / w.all, 1.0),
        .p_candidate_better = fmin((w.above + observed_weight) / w.all, 1.0),
        .p_baseline_better = fmin((w.below + observed_weight) / w.all, 1.0),
    };
}

spot_status spot_stats_fisher(spot_stats_count candidate, spot_stats_count baseline,
                              spot_stats_test_result *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_is_count(candidate) || !spoti_is_count(baseline)) {
        return SPOT_E_RANGE;
    }
    const table t = table_of(candidate, baseline);
    const law l = {.first = t,
                   .ratio_up = one_table_ratio_up,
                   .lowest = lowest_of(&t),
                   .highest = highest_of(&t)};
    int mode = (int)floor((t.total + 1.0) * (t.n_1 + 1.0) / (t.n_1 + t.n_2 + 2.0));
    mode = mode < l.lowest ? l.lowest : (mode > l.highest ? l.highest : mode);
    *out = test_law(&l, mode, candidate.successes);
    return SPOT_OK;
}

/* The shares of the sum that the margins of both tables allow. */
static law common_ratio_law(const spot_stats_stratum *first, const spot_stats_stratum *second)
{
    law l = {.first = table_of(first->candidate, first->baseline),
             .second = table_of(second->candidate, second->baseline),
             .sum = first->candidate.successes + second->candidate.successes,
             .ratio_up = two_table_ratio_up};
    int from_second = l.sum - highest_of(&l.second);
    int to_second = l.sum - lowest_of(&l.second);
    l.lowest = lowest_of(&l.first) > from_second ? lowest_of(&l.first) : from_second;
    l.highest = highest_of(&l.first) < to_second ? highest_of(&l.first) : to_second;
    return l;
}

/* Logarithm of the odds ratio, half an episode added to each cell, and its variance (Gart 1966). */
static double log_odds_ratio(const spot_stats_stratum *s, double *variance)
{
    double k_1 = s->candidate.successes + 0.5;
    double f_1 = s->candidate.n - s->candidate.successes + 0.5;
    double k_2 = s->baseline.successes + 0.5;
    double f_2 = s->baseline.n - s->baseline.successes + 0.5;
    *variance = 1.0 / k_1 + 1.0 / f_1 + 1.0 / k_2 + 1.0 / f_2;
    return log(k_1 / f_1) - log(k_2 / f_2);
}

spot_status spot_stats_interaction_counts(const spot_stats_stratum *first,
                                          const spot_stats_stratum *second,
                                          spot_stats_interaction_result *out)
{
    if (first == NULL || second == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_is_count(first->candidate) || !spoti_is_count(first->baseline) ||
        !spoti_is_count(second->candidate) || !spoti_is_count(second->baseline)) {
        return SPOT_E_RANGE;
    }
    const law l = common_ratio_law(first, second);
    int mode = first->candidate.successes; /* the weights have one peak: climb it */
    while (mode < l.highest && l.ratio_up(&l, mode) > 1.0) {
        mode++;
    }
    while (mode > l.lowest && l.ratio_up(&l, mode - 1) < 1.0) {
        mode--;
    }
    out->test = test_law(&l, mode, first->candidate.successes);
    double variance[2];
    out->log_ratio = log_odds_ratio(first, &variance[0]) - log_odds_ratio(second, &variance[1]);
    out->log_ratio_se = sqrt(variance[0] + variance[1]);
    return SPOT_OK;
}
