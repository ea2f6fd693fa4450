/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Closed-form intervals and exact tests of success counts.
 *
 * Wilson (1927): with p = k / n and z the normal quantile of (1 + confidence) / 2,
 *     centre = (p + z^2 / 2n) / (1 + z^2 / n),
 *     half   = z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n).
 * McNemar (1947), exact: of n discordant pairs each side wins with probability 1/2, so the number
 * that the candidate wins is binomial (n, 1/2); two-sided p = twice the smaller tail, at most 1.
 */
#include "spot/stats.h"

#include <math.h>

static const double SQRT_HALF = 0.70710678118654752440;
static const double LN_2 = 0.69314718055994530942;

/* Halvings of [-40, 0]: the last one is below the spacing of doubles around 1. */
enum { N_BISECT = 64 };

static double normal_cdf(double z)
{
    return 0.5 * erfc(-z * SQRT_HALF);
}

spot_status spot_stats_normal_quantile(double p, double *z)
{
    if (z == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(p > 0.0 && p < 1.0)) {
        return SPOT_E_RANGE;
    }
    /* Bisection on the lower half, where the distribution function loses no digits. */
    double tail = p <= 0.5 ? p : 1.0 - p;
    double lo = -40.0; /* P(Z <= -40) underflows to 0 */
    double hi = 0.0;
    for (int i = 0; i < N_BISECT; i++) {
        double middle = 0.5 * (lo + hi);
        if (normal_cdf(middle) < tail) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    double quantile = 0.5 * (lo + hi);
    *z = p == 0.5 ? 0.0 : (p < 0.5 ? quantile : -quantile);
    return SPOT_OK;
}

spot_status spot_stats_wilson(int successes, int n, double confidence, spot_interval *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (successes < 0 || n < successes || n > SPOT_STATS_MAX_TRIALS ||
        !(confidence > 0.0 && confidence < 1.0)) {
        return SPOT_E_RANGE;
    }
    if (n == 0) {
        *out = (spot_interval){.lo = 0.0, .hi = 1.0};
        return SPOT_OK;
    }
    double z = 0.0;
    spot_status st = spot_stats_normal_quantile(0.5 + 0.5 * confidence, &z);
    if (st != SPOT_OK) {
        return st; /* a confidence that rounds to 1 */
    }
    double p = (double)successes / n;
    double z2_n = z * z / n;
    double centre = (p + 0.5 * z2_n) / (1.0 + z2_n);
    double half = z * sqrt(p * (1.0 - p) / n + 0.25 * z2_n / n) / (1.0 + z2_n);
    /* at 0 and n the formula gives the bound exactly but for rounding */
    out->lo = successes == 0 ? 0.0 : fmin(fmax(centre - half, 0.0), p);
    out->hi = successes == n ? 1.0 : fmax(fmin(centre + half, 1.0), p);
    return SPOT_OK;
}

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
