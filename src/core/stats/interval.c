/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Intervals of success rates.
 *
 * Wilson (1927): with p = k / n and z the normal quantile of (1 + confidence) / 2,
 *     centre = (p + z^2 / 2n) / (1 + z^2 / n),
 *     half   = z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n).
 * Clopper and Pearson (1934): the rates whose binomial tails at k are (1 - confidence) / 2 each, which
 * are quantiles of Beta (k, n - k + 1) and Beta (k + 1, n - k).
 * Newcombe (1998), method 10: the distances from the estimates to their Wilson bounds, added as
 * independent errors are: lower = d - sqrt ((p1 - l1)^2 + (u2 - p2)^2), upper alike.
 */
#include "spot/stats.h"

#include <math.h>

#include "core/stats/dist.h"

/* Halvings of [-40, 0]: the last one is below the spacing of doubles around 1. */
enum { N_BISECT = 64 };

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
        if (spoti_normal_cdf(middle) < tail) {
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

/* Equal-tailed interval between beta quantiles; an end whose shape is 0 lies at 0 or 1. */
static spot_status beta_interval(double a_lo, double b_lo, double a_hi, double b_hi,
                                 double confidence, spot_interval *out)
{
    double tail = 0.5 * (1.0 - confidence);
    spot_interval ci = {.lo = 0.0, .hi = 1.0};
    if (a_lo > 0.0) {
        spot_status st = spot_stats_beta_quantile(tail, a_lo, b_lo, &ci.lo);
        if (st != SPOT_OK) {
            return st;
        }
    }
    if (b_hi > 0.0) {
        /* the upper tail of X is the lower one of 1 - X, which loses nothing in 1 - tail */
        double rest = 0.0;
        spot_status st = spot_stats_beta_quantile(tail, b_hi, a_hi, &rest);
        if (st != SPOT_OK) {
            return st;
        }
        ci.hi = 1.0 - rest;
    }
    *out = ci;
    return SPOT_OK;
}

static spot_status check_rate(int successes, int n, double confidence, const spot_interval *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    spot_stats_count count = {.successes = successes, .n = n};
    return spoti_is_count(count) && confidence > 0.0 && confidence < 1.0 ? SPOT_OK : SPOT_E_RANGE;
}

spot_status spot_stats_clopper_pearson(int successes, int n, double confidence, spot_interval *out)
{
    spot_status st = check_rate(successes, n, confidence, out);
    if (st != SPOT_OK) {
        return st;
    }
    double k = successes;
    return beta_interval(k, n - k + 1.0, k + 1.0, n - k, confidence, out);
}

spot_status spot_stats_failure_bound(int failures, int n, double confidence, double *upper)
{
    spot_interval ci;
    if (upper == NULL) {
        return SPOT_E_INVALID;
    }
    /* the upper end of a two-sided interval leaves out half as much */
    if (!(confidence > 0.0 && confidence < 1.0) || !(2.0 * confidence - 1.0 > 0.0)) {
        return SPOT_E_RANGE;
    }
    spot_status st = spot_stats_clopper_pearson(failures, n, 2.0 * confidence - 1.0, &ci);
    if (st == SPOT_OK) {
        *upper = ci.hi;
    }
    return st;
}

spot_status spot_stats_undoing_rate(double candidate_s, double baseline_s, double limit_s,
                                    double *rate)
{
    if (rate == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(candidate_s >= 0.0 && candidate_s < limit_s && baseline_s >= 0.0 &&
          baseline_s <= limit_s && isfinite(limit_s))) {
        return SPOT_E_RANGE;
    }
    *rate = fmax(0.0, (baseline_s - candidate_s) / (limit_s - candidate_s));
    return SPOT_OK;
}

double spot_stats_paired_floor(int n_pair)
{
    return ldexp(1.0, n_pair > 0 ? -n_pair : 0);
}

spot_status spot_stats_jeffreys(int successes, int n, double confidence, spot_interval *out)
{
    spot_status st = check_rate(successes, n, confidence, out);
    if (st != SPOT_OK) {
        return st;
    }
    double a = successes + 0.5;
    double b = n - successes + 0.5;
    return beta_interval(successes > 0 ? a : 0.0, b, a, successes < n ? b : 0.0, confidence, out);
}

spot_status spot_stats_newcombe(spot_stats_count candidate, spot_stats_count baseline,
                                double confidence, spot_interval *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_is_count(candidate) || !spoti_is_count(baseline) || candidate.n == 0 ||
        baseline.n == 0) {
        return SPOT_E_RANGE;
    }
    spot_interval a;
    spot_interval b;
    spot_status st = spot_stats_wilson(candidate.successes, candidate.n, confidence, &a);
    if (st == SPOT_OK) {
        st = spot_stats_wilson(baseline.successes, baseline.n, confidence, &b);
    }
    if (st != SPOT_OK) {
        return st;
    }
    double p = (double)candidate.successes / candidate.n;
    double q = (double)baseline.successes / baseline.n;
    out->lo = fmax(p - q - hypot(p - a.lo, b.hi - q), -1.0);
    out->hi = fmin(p - q + hypot(a.hi - p, q - b.lo), 1.0);
    return SPOT_OK;
}
