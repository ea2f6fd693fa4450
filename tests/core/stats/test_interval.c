/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, Wilson's defining quadratic, binomial coefficients in exact integers. */
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

static void mcnemar_matches_printed_vector(void **state)
{
    (void)state;
    spot_stats_mcnemar_result r;
    assert_int_equal(spot_stats_mcnemar(12, 4, &r), SPOT_OK);
    assert_close(r.p_two_sided, 0.07681274, 0.0, PRINTED);
    assert_close(r.p_candidate_better, 0.07681274 / 2, 0.0, PRINTED);
}

static void mcnemar_equals_exact_counting(void **state)
{
    (void)state;
    /* 2^n outcomes in 64-bit integers up to n = 60: p-values are ratios of whole numbers */
    for (int n = 0; n <= 60; n++) {
        uint64_t binomial = 1; /* C(n, k) */
        uint64_t at_most = 0;  /* outcomes with at most k wins */
        for (int k = 0; k <= n; k++) {
            at_most += binomial;
            double p = (double)at_most / (double)(UINT64_C(1) << n);
            spot_stats_mcnemar_result r;
            assert_int_equal(spot_stats_mcnemar(n - k, k, &r), SPOT_OK);
            assert_close(r.p_candidate_better, p, 0.0, ROUNDING);
            spot_stats_mcnemar_result mirror;
            assert_int_equal(spot_stats_mcnemar(k, n - k, &mirror), SPOT_OK);
            assert_close(mirror.p_baseline_better, p, 0.0, ROUNDING);
            assert_true(mirror.p_two_sided == r.p_two_sided);
            double smaller = 2 * k <= n ? p : mirror.p_candidate_better;
            assert_close(r.p_two_sided, fmin(1.0, 2 * smaller), 0.0, ROUNDING);
            /* the next coefficient, dividing first where the product would not fit */
            uint64_t up = (uint64_t)(n - k);
            uint64_t down = (uint64_t)k + 1;
            binomial = binomial / down * up + binomial % down * up / down;
        }
    }
}

static void mcnemar_handles_the_ends(void **state)
{
    (void)state;
    spot_stats_mcnemar_result r;
    assert_int_equal(spot_stats_mcnemar(0, 0, &r), SPOT_OK);
    assert_true(r.p_two_sided == 1.0 && r.p_candidate_better == 1.0 && r.p_baseline_better == 1.0);
    assert_int_equal(spot_stats_mcnemar(-1, 0, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_mcnemar(1 << 24, 1, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_mcnemar(1, 1, NULL), SPOT_E_INVALID);
    /* far beyond the underflow of 2^-n: symmetric, so the two tails share the middle term,
     * C(2m, m) / 4^m = 1 / sqrt(pi m) (1 - 1 / (8 m) + ...) */
    const int m = 100000;
    assert_int_equal(spot_stats_mcnemar(m, m, &r), SPOT_OK);
    double middle = (1.0 - 1.0 / (8.0 * m)) / sqrt(3.14159265358979323846 * m);
    assert_close(r.p_candidate_better, 0.5 + middle / 2, 0.0, 1e-9);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantile_inverts_the_distribution),
        cmocka_unit_test(wilson_matches_printed_vector),
        cmocka_unit_test(wilson_bounds_solve_their_quadratic),
        cmocka_unit_test(wilson_handles_the_ends),
        cmocka_unit_test(wilson_covers_about_as_often_as_it_says),
        cmocka_unit_test(mcnemar_matches_printed_vector),
        cmocka_unit_test(mcnemar_equals_exact_counting),
        cmocka_unit_test(mcnemar_handles_the_ends),
        cmocka_unit_test(sort_orders_and_quantile_interpolates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
