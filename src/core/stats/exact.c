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
 */
#include <math.h>

#include "core/stats/dist.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

static const double LN_2 = 0.69314718055994530942;

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
        sum += exp(log_term);
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

/* w(k + 1) / w(k) */
static double ratio_up(const table *t, int k)
{
    double up = (double)(t->total - k) * (t->n_1 - k);
    return up / ((k + 1.0) * (t->n_2 - t->total + k + 1));
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
static double weight_at(const table *t, int mode, int k)
{
    double weight = 1.0;
    for (int i = mode; i < k && weight > 0.0; i++) {
        weight *= ratio_up(t, i);
    }
    for (int i = mode; i > k && weight > 0.0; i--) {
        weight /= ratio_up(t, i - 1);
    }
    return weight;
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
    const table t = {
        .total = candidate.successes + baseline.successes, .n_1 = candidate.n, .n_2 = baseline.n};
    int observed = candidate.successes;
    int lowest = t.total > t.n_2 ? t.total - t.n_2 : 0;
    int highest = t.total < t.n_1 ? t.total : t.n_1;
    int mode = (int)floor((t.total + 1.0) * (t.n_1 + 1.0) / (t.n_1 + t.n_2 + 2.0));
    mode = mode < lowest ? lowest : (mode > highest ? highest : mode);

    /* outwards from the mode, until nothing is left to add */
    weights w = {0};
    double observed_weight = weight_at(&t, mode, observed);
    add_weight(&w, mode, 1.0, observed, observed_weight);
    double weight = 1.0;
    for (int k = mode + 1; k <= highest && weight > 0.0; k++) {
        weight *= ratio_up(&t, k - 1);
        add_weight(&w, k, weight, observed, observed_weight);
    }
    weight = 1.0;
    for (int k = mode - 1; k >= lowest && weight > 0.0; k--) {
        weight /= ratio_up(&t, k);
        add_weight(&w, k, weight, observed, observed_weight);
    }

    out->p_candidate_better = fmin((w.above + observed_weight) / w.all, 1.0);
    out->p_baseline_better = fmin((w.below + observed_weight) / w.all, 1.0);
    out->p_two_sided = fmin(w.rarer / w.all, 1.0);
    return SPOT_OK;
}
