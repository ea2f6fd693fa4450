/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, Wilson's defining quadratic, binomial sums term by term. */
#include "support/spot_test.h"

#include <math.h>

#include "core/stats/order.h"
#include "spot/rng.h"
#include "spot/stats.h"

static const double PRINTED = 1e-6;   /* vectors printed with six or seven digits */
static const double ROUNDING = 1e-12; /* a few hundred roundings of erfc, exp and log */

static void normal_quantile_inverts_the_distribution(void **state)
{
    (void)state;
    static const struct {
        double p, z;
    } table[] = {{0.5, 0.0},
                 {0.975, 1.959963984540054},
                 {0.95, 1.644853626951473},
                 {0.995, 2.575829303548901},
                 {0.025, -1.959963984540054},
                 {1e-10, -6.361340902404056}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        double z = NAN;
        assert_int_equal(spot_stats_normal_quantile(table[i].p, &z), SPOT_OK);
        assert_close(z, table[i].z, 1e-15, ROUNDING);
    }
    double z = 0.0;
    const double bad[] = {0.0, 1.0, -0.1, 1.1, NAN};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_normal_quantile(bad[i], &z), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_normal_quantile(0.5, NULL), SPOT_E_INVALID);
}

static void wilson_matches_printed_vector(void **state)
{
    (void)state;
    spot_interval ci;
    assert_int_equal(spot_stats_wilson(38, 50, 0.95, &ci), SPOT_OK);
    assert_close(ci.lo, 0.625873, 0.0, PRINTED);
    assert_close(ci.hi, 0.857026, 0.0, PRINTED);
}

static void wilson_bounds_solve_their_quadratic(void **state)
{
    (void)state;
    /* both ends satisfy (p - q)^2 = z^2 q (1 - q) / n with p = k / n */
    static const int sizes[] = {1, 2, 7, 50, 400, 100000};
    static const double confidences[] = {0.5, 0.8, 0.95, 0.999};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int n = sizes[i];
        for (size_t c = 0; c < sizeof(confidences) / sizeof(confidences[0]); c++) {
            double z = 0.0;
            assert_int_equal(spot_stats_normal_quantile(0.5 + confidences[c] / 2, &z), SPOT_OK);
            for (int k = 0; k <= n; k += n < 50 ? 1 : n / 25) {
                spot_interval ci;
                assert_int_equal(spot_stats_wilson(k, n, confidences[c], &ci), SPOT_OK);
                double p = (double)k / n;
                assert_close((p - ci.lo) * (p - ci.lo), z * z * ci.lo * (1 - ci.lo) / n, ROUNDING,
                             0.0);
                assert_close((p - ci.hi) * (p - ci.hi), z * z * ci.hi * (1 - ci.hi) / n, ROUNDING,
                             0.0);
                assert_true(0.0 <= ci.lo && ci.lo <= p && p <= ci.hi && ci.hi <= 1.0);
                assert_true(ci.lo < ci.hi);
                /* success and failure are mirror images */
                spot_interval mirror;
                assert_int_equal(spot_stats_wilson(n - k, n, confidences[c], &mirror), SPOT_OK);
                assert_close(mirror.lo, 1.0 - ci.hi, ROUNDING, 0.0);
            }
        }
    }
}

static void wilson_handles_the_ends(void **state)
{
    (void)state;
    spot_interval ci;
    assert_int_equal(spot_stats_wilson(0, 0, 0.95, &ci), SPOT_OK);
    assert_true(ci.lo == 0.0 && ci.hi == 1.0);
    assert_int_equal(spot_stats_wilson(0, 10, 0.95, &ci), SPOT_OK);
    assert_true(ci.lo == 0.0 && ci.hi > 0.25 && ci.hi < 0.3);
    assert_int_equal(spot_stats_wilson(10, 10, 0.95, &ci), SPOT_OK);
    assert_true(ci.hi == 1.0);
    assert_int_equal(spot_stats_wilson(11, 10, 0.95, &ci), SPOT_E_RANGE);
    assert_int_equal(spot_stats_wilson(-1, 10, 0.95, &ci), SPOT_E_RANGE);
    assert_int_equal(spot_stats_wilson(1, 10, 1.0, &ci), SPOT_E_RANGE);
    assert_int_equal(spot_stats_wilson(1, 10, 0.0, &ci), SPOT_E_RANGE);
    assert_int_equal(spot_stats_wilson(1, 10, NAN, &ci), SPOT_E_RANGE);
    assert_int_equal(spot_stats_wilson(1, 10, 0.95, NULL), SPOT_E_INVALID);
}

static void wilson_covers_about_as_often_as_it_says(void **state)
{
    (void)state;
    /* The exact coverage at n = 200, p = 0.9, from the binomial distribution by the recurrence of
     * its terms. Wilson's known defect near the ends stays below 2 points here. */
    const int n = 200;
    const double p = 0.9;
    double term = pow(1 - p, n);
    double coverage = 0.0;
    for (int k = 0; k <= n; k++) {
        spot_interval ci;
        assert_int_equal(spot_stats_wilson(k, n, 0.95, &ci), SPOT_OK);
        coverage += ci.lo <= p && p <= ci.hi ? term : 0.0;
        term *= (double)(n - k) / (k + 1) * p / (1 - p);
    }
    assert_close(coverage, 0.95, 0.02, 0.0);
}

/* P(X >= k) for X binomial (n, p), term by term in long double: shares nothing with the beta. */
static long double binomial_upper(int k, int n, long double p)
{
    long double sum = 0.0L;
    for (int i = k; i <= n; i++) {
        long double term = 1.0L;
        for (int j = 1; j <= i; j++) {
            term *= p * (long double)(n - i + j) / (long double)j;
        }
        for (int j = 0; j < n - i; j++) {
            term *= 1.0L - p;
        }
        sum += term;
    }
    return sum;
}

static void clopper_pearson_matches_printed_vectors(void **state)
{
    (void)state;
    spot_interval ci;
    assert_int_equal(spot_stats_clopper_pearson(38, 50, 0.95, &ci), SPOT_OK);
    assert_close(ci.lo, 0.618309, 0.0, PRINTED);
    assert_close(ci.hi, 0.86939, 0.0, PRINTED);
    assert_int_equal(spot_stats_clopper_pearson(5, 5, 0.95, &ci), SPOT_OK);
    assert_close(ci.lo, 0.478176, 0.0, PRINTED);
    assert_true(ci.hi == 1.0);
    /* closed form where all succeed: lo^n = (1 - confidence) / 2 */
    assert_int_equal(spot_stats_clopper_pearson(1000000, 1000000, 0.9, &ci), SPOT_OK);
    assert_close(ci.lo, pow(0.05, 1e-6), 0.0, ROUNDING);
    assert_int_equal(spot_stats_clopper_pearson(0, 1000000, 0.9, &ci), SPOT_OK);
    assert_close(ci.hi, -expm1(log(0.05) * 1e-6), 1e-15, 0.0);
}

static void clopper_pearson_bounds_cut_off_their_tails(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 7, 50};
    static const double confidences[] = {0.5, 0.95, 0.999};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t c = 0; c < sizeof(confidences) / sizeof(confidences[0]); c++) {
            int n = sizes[i];
            double tail = 0.5 * (1.0 - confidences[c]);
            for (int k = 0; k <= n; k++) {
                spot_interval ci;
                assert_int_equal(spot_stats_clopper_pearson(k, n, confidences[c], &ci), SPOT_OK);
                double upper = (double)binomial_upper(k, n, ci.lo);
                double lower = (double)(1.0L - binomial_upper(k + 1, n, ci.hi));
                assert_close(upper, k == 0 ? 1.0 : tail, 0.0, 1e-11);
                assert_close(lower, k == n ? 1.0 : tail, 1e-14, 1e-11);
                assert_true(k > 0 || ci.lo == 0.0);
                assert_true(k < n || ci.hi == 1.0);
            }
        }
    }
}

/* Probability that the interval of X successes in n trials holds p: every outcome counted. */
typedef spot_status (*rate_interval)(int, int, double, spot_interval *);
static double exact_coverage(rate_interval interval, int n, double p, double confidence)
{
    double sum = 0.0;
    for (int k = 0; k <= n; k++) {
        spot_interval ci;
        assert_int_equal(interval(k, n, confidence, &ci), SPOT_OK);
        long double term = binomial_upper(k, n, p) - binomial_upper(k + 1, n, p);
        sum += ci.lo <= p && p <= ci.hi ? (double)term : 0.0;
    }
    return sum;
}

static void clopper_pearson_covers_at_least_as_often_as_it_says(void **state)
{
    (void)state;
    double least = 1.0;
    double jeffreys = 0.0;
    int n_rate = 0;
    for (double p = 0.02; p < 0.99; p += 0.02) {
        least = fmin(least, exact_coverage(spot_stats_clopper_pearson, 30, p, 0.95));
        jeffreys += exact_coverage(spot_stats_jeffreys, 30, p, 0.95);
        n_rate++;
    }
    assert_true(least >= 0.95);
    assert_true(least < 0.97); /* guaranteed, not idle */
    /* Jeffreys' interval does so on average over the rates, to 1 point */
    assert_close(jeffreys / n_rate, 0.95, 0.01, 0.0);
}

static void jeffreys_bounds_are_quantiles_of_its_posterior(void **state)
{
    (void)state;
    /* one trial, one success: density sqrt (x / (1 - x)) 2 / pi, whose integral is
     * (t - sin t cos t) 2 / pi at x = sin^2 t */
    spot_interval ci;
    assert_int_equal(spot_stats_jeffreys(1, 1, 0.9, &ci), SPOT_OK);
    double t = asin(sqrt(ci.lo));
    assert_close((t - sin(t) * cos(t)) * 2.0 / 3.14159265358979323846, 0.05, 0.0, ROUNDING);
    assert_true(ci.hi == 1.0);
    assert_int_equal(spot_stats_jeffreys(0, 1, 0.9, &ci), SPOT_OK);
    double u = asin(sqrt(1.0 - ci.hi));
    assert_close((u - sin(u) * cos(u)) * 2.0 / 3.14159265358979323846, 0.05, 0.0, ROUNDING);
    assert_true(ci.lo == 0.0);
    assert_int_equal(spot_stats_jeffreys(0, 0, 0.9, &ci), SPOT_OK);
    assert_true(ci.lo == 0.0 && ci.hi == 1.0);
    /* between Clopper-Pearson's bounds, and mirrored */
    for (int k = 0; k <= 20; k++) {
        spot_interval outer;
        spot_interval mirror;
        assert_int_equal(spot_stats_jeffreys(k, 20, 0.95, &ci), SPOT_OK);
        assert_int_equal(spot_stats_jeffreys(20 - k, 20, 0.95, &mirror), SPOT_OK);
        assert_int_equal(spot_stats_clopper_pearson(k, 20, 0.95, &outer), SPOT_OK);
        assert_true(outer.lo <= ci.lo && ci.lo <= k / 20.0 && k / 20.0 <= ci.hi);
        assert_true(ci.hi <= outer.hi);
        assert_close(mirror.lo, 1.0 - ci.hi, ROUNDING, 0.0);
    }
}

static void newcombe_matches_printed_vectors(void **state)
{
    (void)state;
    /* the first from our specification, the others from Newcombe 1998, printed with four digits */
    static const struct {
        spot_stats_count a, b;
        double lo, hi, tolerance;
    } table[] = {
        {{38, 50}, {34, 50}, -0.0950079, 0.248779, 1e-6},
        {{56, 70}, {48, 80}, 0.0524, 0.3339, 5e-5},
        {{9, 10}, {3, 10}, 0.1705, 0.8090, 5e-5},
        {{6, 7}, {2, 7}, 0.0582, 0.8062, 5e-5},
        {{5, 56}, {0, 29}, -0.0381, 0.1926, 5e-5},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        spot_interval ci;
        assert_int_equal(spot_stats_newcombe(table[i].a, table[i].b, 0.95, &ci), SPOT_OK);
        assert_close(ci.lo, table[i].lo, table[i].tolerance, 0.0);
        assert_close(ci.hi, table[i].hi, table[i].tolerance, 0.0);
        spot_interval mirror;
        assert_int_equal(spot_stats_newcombe(table[i].b, table[i].a, 0.95, &mirror), SPOT_OK);
        assert_close(mirror.lo, -ci.hi, ROUNDING, 0.0);
        assert_close(mirror.hi, -ci.lo, ROUNDING, 0.0);
    }
}

static void impossible_rates_are_refused(void **state)
{
    (void)state;
    spot_interval ci;
    const rate_interval intervals[] = {spot_stats_clopper_pearson, spot_stats_jeffreys};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(intervals[i](1, 2, 0.95, NULL), SPOT_E_INVALID);
        assert_int_equal(intervals[i](3, 2, 0.95, &ci), SPOT_E_RANGE);
        assert_int_equal(intervals[i](-1, 2, 0.95, &ci), SPOT_E_RANGE);
        assert_int_equal(intervals[i](1, (1 << 24) + 1, 0.95, &ci), SPOT_E_RANGE);
        assert_int_equal(intervals[i](1, 2, NAN, &ci), SPOT_E_RANGE);
        assert_int_equal(intervals[i](1, 2, 1.0, &ci), SPOT_E_RANGE);
        assert_int_equal(intervals[i](1, 2, 0.0, &ci), SPOT_E_RANGE);
        assert_int_equal(intervals[i](0, 0, 0.95, &ci), SPOT_OK);
        assert_true(ci.lo == 0.0 && ci.hi == 1.0);
    }
    const spot_stats_count good = {1, 2};
    const spot_stats_count bad[] = {{0, 0}, {3, 2}, {-1, 2}, {1, (1 << 24) + 1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_newcombe(bad[i], good, 0.95, &ci), SPOT_E_RANGE);
        assert_int_equal(spot_stats_newcombe(good, bad[i], 0.95, &ci), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_newcombe(good, good, NAN, &ci), SPOT_E_RANGE);
    assert_int_equal(spot_stats_newcombe(good, good, 0.95, NULL), SPOT_E_INVALID);
}

static void rank_orders_indices_and_breaks_ties_by_place(void **state)
{
    (void)state;
    enum { MAX_N = 100 };
    double x[MAX_N];
    int order[MAX_N];
    spot_rng rng = spot_rng_at(6, SPOT_STREAM_RESET, 0);
    for (int n = 1; n <= MAX_N; n++) {
        for (int i = 0; i < n; i++) {
            x[i] = (double)spot_rng_below(&rng, 10);
        }
        spoti_rank(x, n, order);
        for (int i = 1; i < n; i++) {
            /* strictly rising in (value, index), so no index occurs twice */
            assert_in_range(order[i], 0, n - 1);
            assert_true(x[order[i - 1]] < x[order[i]] ||
                        (x[order[i - 1]] == x[order[i]] && order[i - 1] < order[i]));
        }
    }
}

static void sort_orders_and_quantile_interpolates(void **state)
{
    (void)state;
    enum { MAX_N = 300 };
    double x[MAX_N];
    spot_rng rng = spot_rng_at(5, SPOT_STREAM_RESET, 0);
    for (size_t n = 0; n <= MAX_N; n++) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)spot_rng_below(&rng, 50); /* small integers: ties, and exact sums */
            sum += x[i] * x[i] * x[i];
        }
        spoti_sort(x, n);
        for (size_t i = 0; i < n; i++) {
            assert_true(i == 0 || x[i - 1] <= x[i]);
            sum -= x[i] * x[i] * x[i];
        }
        assert_true(sum == 0.0); /* still the same values */
    }
    const double ladder[] = {1.0, 2.0, 4.0, 8.0};
    assert_close(spoti_quantile(ladder, 4, 0.0), 1.0, 0.0, 0.0);
    assert_close(spoti_quantile(ladder, 4, 0.5), 3.0, 0.0, 1e-15);
    assert_close(spoti_quantile(ladder, 4, 0.9), 6.8, 0.0, 1e-15); /* position 2.7 */
    assert_close(spoti_quantile(ladder, 4, 1.0), 8.0, 0.0, 0.0);
    assert_close(spoti_quantile(ladder, 1, 0.3), 1.0, 0.0, 0.0);
}

/* Vector P52, and the closed form without a failure: 1 - 0.05^(1/n). */
static void rare_failures_undo_a_lead_as_printed(void **state)
{
    static const struct {
        int failures, n;
        double upper;
    } cases[] = {{0, 250, 0.0119114}, {0, 50, 0.0581551}, {2, 250, 0.0249677}};
    double value = 0.0;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(spot_stats_failure_bound(cases[i].failures, cases[i].n, 0.95, &value),
                         SPOT_OK);
        assert_close(value, cases[i].upper, 5.1e-8, 0.0); /* seven digits */
    }
    for (int n = 1; n < 400; n += 13) {
        assert_int_equal(spot_stats_failure_bound(0, n, 0.95, &value), SPOT_OK);
        assert_close(value, 1.0 - pow(0.05, 1.0 / n), 1e-12, 0.0);
        assert_int_equal(spot_stats_failure_bound(n, n, 0.95, &value), SPOT_OK);
        assert_close(value, 1.0, 0.0, 0.0);
    }
    assert_int_equal(spot_stats_failure_bound(0, 10, 0.5, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_failure_bound(11, 10, 0.95, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_failure_bound(0, 10, 0.95, NULL), SPOT_E_INVALID);

    assert_int_equal(spot_stats_undoing_rate(5.30, 6.36, 40.0, &value), SPOT_OK);
    assert_close(value, 0.0305476, 5.1e-8, 0.0);
    /* at that rate of failures the lead is gone: (1 - f) 5.30 + f 40 = 6.36 */
    assert_close((1.0 - value) * 5.30 + value * 40.0, 6.36, 1e-12, 0.0);
    assert_int_equal(spot_stats_undoing_rate(7.0, 6.0, 40.0, &value), SPOT_OK);
    assert_close(value, 0.0, 0.0, 0.0);
    assert_int_equal(spot_stats_undoing_rate(40.0, 6.0, 40.0, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_undoing_rate(5.0, 41.0, 40.0, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_undoing_rate(5.0, 6.0, (double)INFINITY, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_undoing_rate(5.0, 6.0, 40.0, NULL), SPOT_E_INVALID);

    assert_true(spot_stats_paired_floor(3) == 0.125 && spot_stats_paired_floor(0) == 1.0);
    assert_true(spot_stats_paired_floor(-2) == 1.0 && spot_stats_paired_floor(5000) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantile_inverts_the_distribution),
        cmocka_unit_test(wilson_matches_printed_vector),
        cmocka_unit_test(wilson_bounds_solve_their_quadratic),
        cmocka_unit_test(wilson_handles_the_ends),
        cmocka_unit_test(wilson_covers_about_as_often_as_it_says),
        cmocka_unit_test(clopper_pearson_matches_printed_vectors),
        cmocka_unit_test(clopper_pearson_bounds_cut_off_their_tails),
        cmocka_unit_test(clopper_pearson_covers_at_least_as_often_as_it_says),
        cmocka_unit_test(jeffreys_bounds_are_quantiles_of_its_posterior),
        cmocka_unit_test(newcombe_matches_printed_vectors),
        cmocka_unit_test(impossible_rates_are_refused),
        cmocka_unit_test(rare_failures_undo_a_lead_as_printed),
        cmocka_unit_test(rank_orders_indices_and_breaks_ties_by_place),
        cmocka_unit_test(sort_orders_and_quantile_interpolates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
