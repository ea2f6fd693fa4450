/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Is the best point an interior one? Intersection-union test, and the posterior beside it.
 *
 * The null hypothesis "an end is best" for arm j is the union of "j does not beat the first" and "j
 * does not beat the last"; rejecting both at level p each rejects the union at level p (Berger 1982),
 * so p_j = max of the two. Choosing the best of m - 2 interior arms costs the factor m - 2.
 *
 * Posterior: with rates x_i ~ Beta (k_i + 1/2, n_i - k_i + 1/2),
 *     P(j best) = integral f_j(x) prod_{i != j} F_i(x) dx.
 * With x = sin^2 t the densities become 2 sin^2k cos^2(n-k) / B, smooth at the ends and of width
 * 1 / (2 sqrt n) everywhere, so Gauss-Legendre panels laid out around every arm's peak resolve all.
 */
#include <math.h>

#include "core/stats/dist.h"
#include "core/stats/order.h"
#include "spot/stats_tests.h"

static const double HALF_PI = 1.57079632679489661923;

/* Panel ends in standard deviations from a peak; the last leaves out less than 1e-15. */
static const double PANEL_ENDS[] = {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0};
static const double MIN_PANEL = 1e-14; /* rad; ends that differ by rounding alone */
static const double MAX_ERROR = 1e-9;  /* of the sum of all probabilities */
enum {
    N_PANEL_END = (int)(sizeof(PANEL_ENDS) / sizeof(PANEL_ENDS[0])),
    MAX_PANEL_END = 2 + 2 * N_PANEL_END * SPOT_STATS_MAX_ARMS,
    N_NODE = 4,
};

/* Gauss-Legendre of 8 points on [-1, 1]: the positive nodes and their weights. */
static const double NODE[N_NODE] = {0.18343464249564980494, 0.52553240991632898582,
                                    0.79666647741362673959, 0.96028985649753623168};
static const double NODE_WEIGHT[N_NODE] = {0.36268378337836198297, 0.31370664587788728734,
                                           0.22238103445337447054, 0.10122853629037625915};

static bool is_probability(double p)
{
    return p >= 0.0 && p <= 1.0;
}

/* Arms receive p_arm; this takes the best of them. */
static void choose_best(const double *p_arm, int n_arm, spot_stats_interior_result *out)
{
    int best = 0;
    for (int i = 1; i < n_arm - 2; i++) {
        best = p_arm[i] < p_arm[best] ? i : best;
    }
    *out =
        (spot_stats_interior_result){.best = best + 1, .p = fmin(1.0, (n_arm - 2) * p_arm[best])};
}

spot_status spot_stats_interior(const double *p_first, const double *p_last, int n_arm,
                                double *p_arm, spot_stats_interior_result *out)
{
    if (p_first == NULL || p_last == NULL || p_arm == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (n_arm < 3) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n_arm - 2; i++) {
        if (!is_probability(p_first[i]) || !is_probability(p_last[i])) {
            return SPOT_E_RANGE;
        }
        p_arm[i] = fmax(p_first[i], p_last[i]);
    }
    choose_best(p_arm, n_arm, out);
    return SPOT_OK;
}

spot_status spot_stats_interior_fisher(const spot_stats_count *arms, int n_arm, double *p_arm,
                                       spot_stats_interior_result *out)
{
    if (arms == NULL || p_arm == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (n_arm < 3) {
        return SPOT_E_RANGE;
    }
    for (int i = 1; i < n_arm - 1; i++) {
        spot_stats_test_result first;
        spot_stats_test_result last;
        spot_status st = spot_stats_fisher(arms[i], arms[0], &first);
        if (st == SPOT_OK) {
            st = spot_stats_fisher(arms[i], arms[n_arm - 1], &last);
        }
        if (st != SPOT_OK) {
            return st;
        }
        p_arm[i - 1] = fmax(first.p_candidate_better, last.p_candidate_better);
    }
    choose_best(p_arm, n_arm, out);
    return SPOT_OK;
}

/* One-sided McNemar's p that row a succeeds more often than row b. */
static spot_status mcnemar_rows(const bool *a, const bool *b, int n_seed, double *p)
{
    int a_only = 0;
    int b_only = 0;
    for (int i = 0; i < n_seed; i++) {
        a_only += a[i] && !b[i];
        b_only += b[i] && !a[i];
    }
    spot_stats_mcnemar_result r;
    spot_status st = spot_stats_mcnemar(a_only, b_only, &r);
    if (st == SPOT_OK) {
        *p = r.p_candidate_better;
    }
    return st;
}

spot_status spot_stats_interior_mcnemar(const bool *success, int n_arm, int n_seed, double *p_arm,
                                        spot_stats_interior_result *out)
{
    if (success == NULL || p_arm == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (n_arm < 3 || n_seed < 1 || n_seed > SPOT_STATS_MAX_TRIALS) {
        return SPOT_E_RANGE;
    }
    const bool *last = success + (size_t)(n_arm - 1) * (size_t)n_seed;
    for (int i = 1; i < n_arm - 1; i++) {
        const bool *arm = success + (size_t)i * (size_t)n_seed;
        double p_first = 1.0;
        double p_last = 1.0;
        spot_status st = mcnemar_rows(arm, success, n_seed, &p_first);
        if (st == SPOT_OK) {
            st = mcnemar_rows(arm, last, n_seed, &p_last);
        }
        if (st != SPOT_OK) {
            return st;
        }
        p_arm[i - 1] = fmax(p_first, p_last);
    }
    choose_best(p_arm, n_arm, out);
    return SPOT_OK;
}

/* Fills ends with the panel ends of all arms, sorted; returns how many. */
static size_t lay_out_panels(const spot_stats_count *arms, int n_arm, double *ends)
{
    size_t n = 0;
    ends[n++] = 0.0;
    ends[n++] = HALF_PI;
    for (int i = 0; i < n_arm; i++) {
        double size = arms[i].n + 1.0;
        double peak = asin(sqrt((arms[i].successes + 0.5) / size));
        double sd = 0.5 / sqrt(size);
        for (int k = 0; k < N_PANEL_END; k++) {
            ends[n++] = fmax(peak - PANEL_ENDS[k] * sd, 0.0);
            ends[n++] = fmin(peak + PANEL_ENDS[k] * sd, HALF_PI);
        }
    }
    spoti_sort(ends, n);
    return n;
}

/* Adds what lies around angle t, with the node's weight, to p_best (n_arm). */
static spot_status add_node(const spot_stats_count *arms, int n_arm, double t, double weight,
                            double *p_best)
{
    double s = sin(t);
    double c = cos(t);
    double below[SPOT_STATS_MAX_ARMS] = {0}; /* F_i */
    for (int i = 0; i < n_arm; i++) {
        double a = arms[i].successes + 0.5;
        spot_stats_tails tails;
        spot_status st = spoti_beta_tails(s * s, c * c, a, arms[i].n + 1.0 - a, &tails);
        if (st != SPOT_OK) {
            return st;
        }
        below[i] = tails.lower;
    }
    for (int i = 0; i < n_arm; i++) {
        double a = arms[i].successes + 0.5;
        /* f(x) dx = x^a y^b / B / (x y) dx, and dx = 2 s c dt with x y = (s c)^2 */
        double share = 2.0 * spoti_beta_factor(s * s, c * c, a, arms[i].n + 1.0 - a) / (s * c);
        for (int k = 0; k < n_arm; k++) {
            share *= k == i ? 1.0 : below[k];
        }
        p_best[i] += weight * share;
    }
    return SPOT_OK;
}

static spot_status add_panel(const spot_stats_count *arms, int n_arm, double lo, double hi,
                             double *p_best)
{
    double centre = 0.5 * (lo + hi);
    double half = 0.5 * (hi - lo);
    for (int k = 0; k < N_NODE; k++) {
        double weight = NODE_WEIGHT[k] * half;
        spot_status st = add_node(arms, n_arm, centre - NODE[k] * half, weight, p_best);
        if (st == SPOT_OK) {
            st = add_node(arms, n_arm, centre + NODE[k] * half, weight, p_best);
        }
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}

static spot_status check_arms(const spot_stats_count *arms, int n_arm)
{
    if (n_arm < 1 || n_arm > SPOT_STATS_MAX_ARMS) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n_arm; i++) {
        if (!spoti_is_count(arms[i])) {
            return SPOT_E_RANGE;
        }
    }
    return SPOT_OK;
}

spot_status spot_stats_posterior_best(const spot_stats_count *arms, int n_arm, double *p_best,
                                      double *p_interior)
{
    if (arms == NULL || p_best == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_arms(arms, n_arm);
    if (st != SPOT_OK) {
        return st;
    }

    double ends[MAX_PANEL_END];
    size_t n_end = lay_out_panels(arms, n_arm, ends);
    for (int i = 0; i < n_arm; i++) {
        p_best[i] = 0.0;
    }
    for (size_t i = 1; i < n_end && st == SPOT_OK; i++) {
        if (ends[i] - ends[i - 1] > MIN_PANEL) {
            st = add_panel(arms, n_arm, ends[i - 1], ends[i], p_best);
        }
    }
    if (st != SPOT_OK) {
        return st;
    }

    /* one of them is the best: the sum tells how well the integral was resolved */
    double sum = 0.0;
    for (int i = 0; i < n_arm; i++) {
        sum += p_best[i];
    }
    if (!(fabs(sum - 1.0) <= MAX_ERROR)) {
        return SPOT_E_INTERNAL;
    }
    double interior = 0.0;
    for (int i = 0; i < n_arm; i++) {
        p_best[i] /= sum;
        interior += i > 0 && i < n_arm - 1 ? p_best[i] : 0.0;
    }
    if (p_interior != NULL) {
        *p_interior = fmin(interior, 1.0);
    }
    return SPOT_OK;
}
