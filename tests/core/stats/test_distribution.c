/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: closed forms, binomial and Poisson sums, and a table computed with mpmath 1.3 at 40
 * digits (betainc and gammainc, regularized; for shapes above 1e5 quadrature of the density). */
#include "support/spot_test.h"

#include <math.h>

#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"

static const double PI = 3.14159265358979323846;
static const double ACCURACY =
    2e-12; /* relative, what the header promises, over hundreds of terms */

static spot_stats_tails beta(double x, double a, double b)
{
    spot_stats_tails t = {NAN, NAN};
    assert_int_equal(spot_stats_beta_tails(x, a, b, &t), SPOT_OK);
    return t;
}

static void normal_tails_match_the_table(void **state)
{
    (void)state;
    spot_stats_tails t;
    assert_int_equal(spot_stats_normal_tails(1.959963984540054, &t), SPOT_OK);
    assert_close(t.upper, 0.025, 0.0, ACCURACY);
    assert_close(t.lower, 0.975, 0.0, ACCURACY);
    assert_int_equal(spot_stats_normal_tails(-6.361340902404056, &t), SPOT_OK);
    assert_close(t.lower, 1e-10, 0.0, ACCURACY);
    assert_int_equal(spot_stats_normal_tails(INFINITY, &t), SPOT_OK);
    assert_true(t.lower == 1.0 && t.upper == 0.0);
}

static void beta_equals_binomial_sums(void **state)
{
    (void)state;
    /* for whole a and b: I_x(a, b) = P(at least a of a + b - 1 succeed), summed term by term */
    for (int n = 1; n <= 40; n++) {
        for (int a = 1; a <= n; a++) {
            for (int i = 1; i < 20; i++) {
                double x = i / 20.0;
                long double term = powl(1.0L - x, n);
                long double lower = 0.0L;
                long double upper = 0.0L;
                for (int k = 0; k <= n; k++) {
                    lower += k >= a ? term : 0.0L;
                    upper += k < a ? term : 0.0L;
                    term *= (long double)(n - k) / (k + 1) * x / (1.0L - x);
                }
                spot_stats_tails t = beta(x, a, n + 1 - a);
                assert_close(t.lower, (double)lower, 0.0, ACCURACY);
                assert_close(t.upper, (double)upper, 0.0, ACCURACY);
            }
        }
    }
}

static void beta_has_its_closed_forms(void **state)
{
    (void)state;
    for (int i = 1; i < 50; i++) {
        double x = i / 50.0;
        assert_close(beta(x, 0.5, 0.5).lower, 2.0 / PI * asin(sqrt(x)), 0.0, ACCURACY);
        assert_close(beta(x, 0.03, 1.0).lower, pow(x, 0.03), 0.0, ACCURACY);
        assert_close(beta(x, 1.0, 900.0).upper, pow(1.0 - x, 900.0), 0.0, 1e-11);
        assert_close(beta(x, 2.0, 1.0).upper, (1.0 - x) * (1.0 + x), 0.0, ACCURACY);
    }
    for (double a = 1e-3; a <= SPOT_STATS_MAX_SHAPE; a *= 10.0) {
        assert_close(beta(0.5, a, a).lower, 0.5, 0.0, a < 1e6 ? ACCURACY : 1e-11);
    }
    assert_true(beta(0.0, 2.0, 3.0).lower == 0.0 && beta(0.0, 2.0, 3.0).upper == 1.0);
    assert_true(beta(1.0, 2.0, 3.0).lower == 1.0 && beta(1.0, 2.0, 3.0).upper == 0.0);
}

static void distributions_match_the_high_precision_table(void **state)
{
    (void)state;
    static const struct {
        double x, a, b, lower, upper;
    } betas[] = {
        {0.3, 2.5, 7.25, 0.660482273581907222, 0.339517726418092778},
        {0.999, 350.5, 3.5, 0.998305986957190693, 0.00169401304280930653},
        {1e-09, 0.5, 128.5, 0.00040409561736457609, 0.999595904382635424},
        {0.5003, 1000000.5, 999999.5, 0.801731167209398212, 0.198268832790601788},
        {0.744, 32000000.0, 11000000.0, 0.00258926442401474451, 0.997410735575985255},
        {0.2, 0.01, 0.02, 0.65765418518118084, 0.34234581481881916},
    };
    for (size_t i = 0; i < sizeof(betas) / sizeof(betas[0]); i++) {
        spot_stats_tails t = beta(betas[i].x, betas[i].a, betas[i].b);
        /* a last digit of x moves the tail by x times density: for large shapes that is more */
        double rtol = betas[i].a > 1e5 ? 1e-9 : ACCURACY;
        assert_close(t.lower, betas[i].lower, 0.0, rtol);
        assert_close(t.upper, betas[i].upper, 0.0, rtol);
    }
    static const struct {
        double x, dof, lower, upper;
    } chis[] = {
        {0.5, 1, 0.520499877813046538, 0.479500122186953462},
        {14.1, 1, 0.999826656217835888, 0.000173343782164112351},
        {39.3, 1, 0.999999999636558681, 3.63441319208801462e-10},
        {3.7, 2.5, 0.776699149675307353, 0.223300850324692647},
        {900.0, 1000.5, 0.0103992747738088803, 0.98960072522619112},
        {1100.0, 1000.5, 0.984973141886175192, 0.0150268581138248083},
        {0.001, 0.3, 0.342701877673442034, 0.657298122326557966},
        {200.0, 5.0, 1.0, 2.84062289864153168e-41},
    };
    for (size_t i = 0; i < sizeof(chis) / sizeof(chis[0]); i++) {
        spot_stats_tails t;
        assert_int_equal(spot_stats_chi_square_tails(chis[i].x, chis[i].dof, &t), SPOT_OK);
        assert_close(t.lower, chis[i].lower, 0.0, ACCURACY);
        assert_close(t.upper, chis[i].upper, 0.0, ACCURACY);
    }
    static const struct {
        double x, dof_1, dof_2, lower, upper;
    } fs[] = {
        {1.3, 3, 17, 0.693244960858277681, 0.306755039141722319},
        {5.2, 4.5, 60, 0.999249652362053346, 0.000750347637946654201},
        {0.02, 11, 7, 1.8102894644343003e-7, 0.999999818971053557},
        {0.9, 1000, 2000, 0.0283505070801686735, 0.971649492919831327},
    };
    for (size_t i = 0; i < sizeof(fs) / sizeof(fs[0]); i++) {
        spot_stats_tails t;
        assert_int_equal(spot_stats_f_tails(fs[i].x, fs[i].dof_1, fs[i].dof_2, &t), SPOT_OK);
        assert_close(t.lower, fs[i].lower, 0.0, ACCURACY);
        assert_close(t.upper, fs[i].upper, 0.0, ACCURACY);
    }
}

static void chi_square_and_f_have_their_closed_forms(void **state)
{
    (void)state;
    for (double x = 0.01; x < 300.0; x *= 1.5) {
        spot_stats_tails t;
        assert_int_equal(spot_stats_chi_square_tails(x, 2.0, &t), SPOT_OK);
        assert_close(t.upper, exp(-x / 2), 0.0, ACCURACY);
        assert_close(t.lower, -expm1(-x / 2), 0.0, ACCURACY);
        assert_int_equal(spot_stats_chi_square_tails(x, 1.0, &t), SPOT_OK);
        assert_close(t.upper, erfc(sqrt(x / 2)), 0.0, ACCURACY);
        /* dof 20: the first ten terms of a Poisson distribution */
        double term = exp(-x / 2);
        double sum = 0.0;
        for (int k = 0; k < 10; k++) {
            sum += term;
            term *= x / 2 / (k + 1);
        }
        assert_int_equal(spot_stats_chi_square_tails(x, 20.0, &t), SPOT_OK);
        assert_close(t.upper, sum, 0.0, ACCURACY);
        assert_int_equal(spot_stats_f_tails(x, 2.0, 7.0, &t), SPOT_OK);
        assert_close(t.upper, pow(1 + 2 * x / 7, -3.5), 0.0, ACCURACY);
        assert_int_equal(spot_stats_f_tails(x, 1.0, 1.0, &t), SPOT_OK);
        assert_close(t.lower, 2 / PI * atan(sqrt(x)), 0.0, ACCURACY);
    }
    spot_stats_tails t;
    assert_int_equal(spot_stats_chi_square_tails(0.0, 3.0, &t), SPOT_OK);
    assert_true(t.lower == 0.0 && t.upper == 1.0);
    assert_int_equal(spot_stats_chi_square_tails(INFINITY, 3.0, &t), SPOT_OK);
    assert_true(t.lower == 1.0 && t.upper == 0.0);
    assert_int_equal(spot_stats_f_tails(INFINITY, 3.0, 2.0, &t), SPOT_OK);
    assert_true(t.lower == 1.0 && t.upper == 0.0);
    assert_int_equal(spot_stats_f_tails(0.0, 3.0, 2.0, &t), SPOT_OK);
    assert_true(t.lower == 0.0 && t.upper == 1.0);
}

static void beta_quantile_inverts_the_distribution(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    for (int i = 0; i < 300; i++) {
        double a = exp(spot_rng_uniform(&rng, -1.0, 9.0));
        double b = exp(spot_rng_uniform(&rng, -1.0, 9.0));
        double p = exp(spot_rng_uniform(&rng, -30.0, -0.01));
        double x = NAN;
        assert_int_equal(spot_stats_beta_quantile(p, a, b, &x), SPOT_OK);
        /* the last digit of x moves p by x density, and density x < sqrt (a + b) about */
        assert_close(beta(x, a, b).lower, p, 1e-13 * sqrt(a + b), 1e-10);
        assert_true(x > 0.0 && x <= 1.0);
    }
    double x = NAN;
    assert_int_equal(spot_stats_beta_quantile(1e-6, 0.5, 0.5, &x), SPOT_OK);
    assert_close(x, pow(sin(PI / 2 * 1e-6), 2), 0.0, 1e-11);
    /* near 1 by the upper tail, (1 - x)^b: 1 - p is exact in doubles, 1 - tail is not */
    const double p = 1.0 - 1e-12;
    assert_int_equal(spot_stats_beta_quantile(p, 1.0, 1000.0, &x), SPOT_OK);
    assert_close(x, -expm1(log(1.0 - p) / 1000.0), 0.0, 1e-11);
    assert_int_equal(spot_stats_beta_quantile(0.0, 2.0, 3.0, &x), SPOT_OK);
    assert_true(x == 0.0);
    assert_int_equal(spot_stats_beta_quantile(1.0, 2.0, 3.0, &x), SPOT_OK);
    assert_true(x == 1.0);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_tails t;
    double x = 0.0;
    const double bad[] = {0.0, -1.0, NAN, INFINITY, 1e9};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_beta_tails(0.5, bad[i], 1.0, &t), SPOT_E_RANGE);
        assert_int_equal(spot_stats_beta_tails(0.5, 1.0, bad[i], &t), SPOT_E_RANGE);
        assert_int_equal(spot_stats_beta_quantile(0.5, bad[i], 1.0, &x), SPOT_E_RANGE);
        assert_int_equal(spot_stats_beta_quantile(0.5, 1.0, bad[i], &x), SPOT_E_RANGE);
        assert_int_equal(spot_stats_chi_square_tails(1.0, bad[i], &t), SPOT_E_RANGE);
        assert_int_equal(spot_stats_f_tails(1.0, bad[i], 1.0, &t), SPOT_E_RANGE);
        assert_int_equal(spot_stats_f_tails(1.0, 1.0, bad[i], &t), SPOT_E_RANGE);
    }
    const double outside[] = {-1e-9, 1.0 + 1e-9, NAN};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_beta_tails(outside[i], 1.0, 1.0, &t), SPOT_E_RANGE);
        assert_int_equal(spot_stats_beta_quantile(outside[i], 1.0, 1.0, &x), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_chi_square_tails(-1.0, 1.0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_stats_chi_square_tails(NAN, 1.0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_stats_f_tails(NAN, 1.0, 1.0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_stats_normal_tails(NAN, &t), SPOT_E_RANGE);
    assert_int_equal(spot_stats_normal_tails(0.0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_beta_tails(0.5, 1.0, 1.0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_beta_quantile(0.5, 1.0, 1.0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_chi_square_tails(0.5, 1.0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_f_tails(0.5, 1.0, 1.0, NULL), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_tails_match_the_table),
        cmocka_unit_test(beta_equals_binomial_sums),
        cmocka_unit_test(beta_has_its_closed_forms),
        cmocka_unit_test(distributions_match_the_high_precision_table),
        cmocka_unit_test(chi_square_and_f_have_their_closed_forms),
        cmocka_unit_test(beta_quantile_inverts_the_distribution),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
