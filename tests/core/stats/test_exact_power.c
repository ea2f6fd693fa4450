/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, the shipped tests run on every outcome with binomial weights by
 * Pascal's rule, and Hoeffding's inequality, beyond which the power cannot fall again. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/stats_power.h"
#include "spot/stats_tests.h"

static const double ROUNDING = 1e-11; /* a few hundred roundings of weights and tails */
enum { MAX_N = 64 };

static spot_stats_power_config wish(double p, double q, double level, double power)
{
    spot_stats_power_config c;
    spot_stats_power_config_default(&c);
    c.rate_candidate = p;
    c.rate_baseline = q;
    c.level = level;
    c.power = power;
    return c;
}

static double power_fisher(double p, double q, double level, int n)
{
    const spot_stats_power_config c = wish(p, q, level, 0.8);
    double power = NAN;
    assert_int_equal(spot_stats_power_fisher(&c, n, &power), SPOT_OK);
    return power;
}

static double power_mcnemar(double p, double q, double level, int n)
{
    const spot_stats_power_config c = wish(p, q, level, 0.8);
    double power = NAN;
    assert_int_equal(spot_stats_power_mcnemar(&c, n, &power), SPOT_OK);
    return power;
}

static int trials_fisher(double p, double q, double level, double power)
{
    const spot_stats_power_config c = wish(p, q, level, power);
    spot_stats_trials t;
    assert_int_equal(spot_stats_trials_fisher(&c, &t), SPOT_OK);
    assert_true(t.is_exact);
    assert_close(t.power, power_fisher(p, q, level, t.n_trial), 0.0, 0.0);
    return t.n_trial;
}

static int trials_mcnemar(double p, double q, double level, double power)
{
    const spot_stats_power_config c = wish(p, q, level, power);
    spot_stats_trials t;
    assert_int_equal(spot_stats_trials_mcnemar(&c, &t), SPOT_OK);
    assert_true(t.is_exact);
    assert_close(t.power, power_mcnemar(p, q, level, t.n_trial), 0.0, 0.0);
    return t.n_trial;
}

static void printed_vectors_are_met(void **state)
{
    (void)state;
    assert_int_equal(trials_fisher(1.0, 0.0, 0.05, 0.8), 4);
    assert_int_equal(trials_fisher(1.0, 0.5, 0.05, 0.8), 10);
    assert_int_equal(trials_fisher(0.9, 0.5, 0.05, 0.8), 19);
    assert_int_equal(trials_fisher(1.0, 0.9, 0.05, 0.8), 66);
    assert_int_equal(trials_fisher(0.76, 0.68, 0.05, 0.8), 412);
    assert_int_equal(trials_mcnemar(0.10, 0.02, 0.05, 0.8), 125);
    assert_int_equal(trials_mcnemar(0.25, 0.05, 0.05, 0.8), 50);
    assert_int_equal(trials_mcnemar(0.05, 0.01, 0.05, 0.8), 251);
    assert_int_equal(trials_mcnemar(0.20, 0.0, 0.05, 0.8), 33);
}

/* pmf (n + 1): binomial probabilities, one trial after the other. */
static void fill_binomial(int n, double p, double *pmf)
{
    pmf[0] = 1.0;
    for (int i = 1; i <= n; i++) {
        pmf[i] = pmf[i - 1] * p;
        for (int k = i - 1; k > 0; k--) {
            pmf[k] = pmf[k] * (1.0 - p) + pmf[k - 1] * p;
        }
        pmf[0] *= 1.0 - p;
    }
}

/* A p that equals the level but for rounding is no find. */
static bool is_find(double p, double level)
{
    return p < level * (1.0 - 1e-9);
}

/* Over all (n + 1)^2 tables. */
static double every_table(double p, double q, double level, int n)
{
    double pmf_p[MAX_N + 1];
    double pmf_q[MAX_N + 1];
    fill_binomial(n, p, pmf_p);
    fill_binomial(n, q, pmf_q);
    double power = 0.0;
    for (int a = 0; a <= n; a++) {
        for (int b = 0; b < a; b++) {
            spot_stats_test_result r;
            assert_int_equal(
                spot_stats_fisher((spot_stats_count){a, n}, (spot_stats_count){b, n}, &r), SPOT_OK);
            power += is_find(r.p_candidate_better, level) ? pmf_p[a] * pmf_q[b] : 0.0;
        }
    }
    return power;
}

/* Over all pairs of discordant counts. */
static double every_pair(double p, double q, double level, int n)
{
    double pmf_d[MAX_N + 1];
    double pmf_x[MAX_N + 1];
    fill_binomial(n, p + q, pmf_d);
    double power = 0.0;
    for (int d = 1; d <= n; d++) {
        fill_binomial(d, p / (p + q), pmf_x);
        for (int x = 0; x <= d; x++) {
            spot_stats_mcnemar_result r;
            assert_int_equal(spot_stats_mcnemar(x, d - x, &r), SPOT_OK);
            power += is_find(r.p_candidate_better, level) ? pmf_d[d] * pmf_x[x] : 0.0;
        }
    }
    return power;
}

static void power_equals_the_sum_over_every_outcome(void **state)
{
    (void)state;
    static const double rates[][2] = {{1.0, 0.0}, {1.0, 0.6}, {0.5, 0.0},  {0.9, 0.5},
                                      {0.3, 0.1}, {0.7, 0.2}, {0.99, 0.9}, {0.5, 0.45}};
    static const double levels[] = {0.5, 0.05, 0.0125, 1e-4};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        double p = rates[i][0];
        double q = rates[i][1];
        for (int k = 0; k < 4; k++) {
            for (int n = 1; n <= 28; n += 3) {
                double want = every_table(p, q, levels[k], n);
                assert_close(power_fisher(p, q, levels[k], n), want, ROUNDING, 0.0);
                /* which side is the candidate's does not matter */
                assert_true(power_fisher(q, p, levels[k], n) == power_fisher(p, q, levels[k], n));
                want = every_pair(p / 2, q / 2, levels[k], 2 * n);
                assert_close(power_mcnemar(p / 2, q / 2, levels[k], 2 * n), want, ROUNDING, 0.0);
            }
        }
    }
    assert_close(power_mcnemar(1.0, 0.0, 0.05, 5), 1.0, 0.0, ROUNDING); /* 2^-5 < .05 */
    assert_true(power_mcnemar(1.0, 0.0, 0.05, 4) == 0.0);
    assert_true(power_fisher(1.0, 0.0, 0.05, 3) == 0.0); /* 1 / C(6, 3) = .05 is not below it */
}

static void two_sided_wishes_take_half_the_level(void **state)
{
    (void)state;
    spot_stats_power_config c = wish(0.9, 0.5, 0.05, 0.8);
    c.two_sided = true;
    double power = NAN;
    assert_int_equal(spot_stats_power_fisher(&c, 20, &power), SPOT_OK);
    assert_true(power == power_fisher(0.9, 0.5, 0.025, 20));
    assert_true(power != power_fisher(0.9, 0.5, 0.05, 20));
    assert_int_equal(spot_stats_power_mcnemar(&c, 20, &power), SPOT_E_RANGE); /* 1.4 of the seeds */
    c.rate_candidate = 0.4;
    c.rate_baseline = 0.1;
    assert_int_equal(spot_stats_power_mcnemar(&c, 40, &power), SPOT_OK);
    assert_true(power == power_mcnemar(0.4, 0.1, 0.025, 40));
}

/* From here on Fisher's power is at least `power`. Hoeffding, for sampling without replacement: p
 * <= exp (-n^2 D^2 / (n + 1)) at a difference D of the shares, and P(D <= delta - t) <= exp (-n
 * t^2). */
static int safe_fisher(double delta, double level, double power)
{
    int n = 1;
    while (sqrt(n) * delta < sqrt((1.0 + 1.0 / n) * -log(level)) + sqrt(-log(1.0 - power))) {
        n++;
    }
    return n + 1;
}

/* The same of McNemar: with x wins and y losses p <= exp (-(x - y)^2 / (2n)), and x - y, a sum of n
 * terms in [-1, 1], is at most n delta - t with probability exp (-t^2 / (2n)). */
static int safe_mcnemar(double delta, double level, double power)
{
    double root = (sqrt(-2.0 * log(level)) + sqrt(-2.0 * log(1.0 - power))) / delta;
    return (int)ceil(root * root) + 1;
}

/* The power holds from the trials needed on to the safe number, and not one trial before; returns
 * how many smaller numbers have it too, the teeth. */
static int check_fisher(double p, double q, double level, double power)
{
    int n = trials_fisher(p, q, level, power);
    assert_true(n == 1 || power_fisher(p, q, level, n - 1) < power);
    for (int k = n; k <= safe_fisher(p - q, level, power); k++) {
        assert_true(power_fisher(p, q, level, k) >= power);
    }
    int n_tooth = 0;
    for (int k = 1; k < n; k++) {
        n_tooth += power_fisher(p, q, level, k) >= power;
    }
    return n_tooth;
}

static int check_mcnemar(double p, double q, double level, double power)
{
    int n = trials_mcnemar(p, q, level, power);
    assert_true(n == 1 || power_mcnemar(p, q, level, n - 1) < power);
    for (int k = n; k <= safe_mcnemar(p - q, level, power); k++) {
        assert_true(power_mcnemar(p, q, level, k) >= power);
    }
    int n_tooth = 0;
    for (int k = 1; k < n; k++) {
        n_tooth += power_mcnemar(p, q, level, k) >= power;
    }
    return n_tooth;
}

static void power_stays_from_there_on_and_only_from_there_on(void **state)
{
    (void)state;
    /* random wishes with clear differences, so that all numbers up to the safe one can be tried */
    int n_tooth = 0;
    for (int round = 0; round < 60; round++) {
        spot_rng rng = spot_rng_at(3, SPOT_STREAM_RESET, (uint64_t)round);
        double level = round % 3 == 0 ? 0.01 : 0.05;
        double power = round % 2 == 0 ? 0.8 : 0.9;
        double q = round % 5 == 0 ? 0.0 : spot_rng_uniform(&rng, 0.0, 0.6);
        double p = round % 7 == 0 ? 1.0 : q + spot_rng_uniform(&rng, 0.25, 0.4);
        n_tooth += check_fisher(p, q, level, power);
        /* discordant rates of the same difference */
        double shared = fmin(0.5 * q, 0.5 * (1.0 - (p - q)));
        n_tooth += check_mcnemar(p - q + shared, shared, level, power);
    }
    n_tooth += check_fisher(0.76, 0.68, 0.05, 0.8);
    assert_true(n_tooth > 0);
    /* wishes with the widest teeth: the power is enough, falls, and is enough again */
    assert_true(check_fisher(0.63, 0.35, 0.05, 0.9) > 0);
    assert_true(check_mcnemar(0.6, 0.4, 0.05, 0.8) > 0);
    assert_true(check_mcnemar(0.8, 0.2, 0.05, 0.9) > 0);
}

static void low_rates_of_many_trials_are_computed(void **state)
{
    (void)state;
    /* 2^-1982 underflows; n0 = (1.644854 sqrt (.02955) + .841621 sqrt (.0295))^2 10^4 = 1,826, with
     * continuity 2,021 */
    assert_close(trials_fisher(0.02, 0.01, 0.05, 0.8), 2021.0, 0.0, 0.03);
}

static void small_differences_take_the_approximation(void **state)
{
    (void)state;
    /* n0 = (1.6448536 sqrt(.5) + .8416212 sqrt(.4999995))^2 1e6 = 3.0912 10^6, with continuity 2 /
     * delta more */
    spot_stats_power_config c = wish(0.5005, 0.4995, 0.05, 0.8);
    spot_stats_trials t;
    assert_int_equal(spot_stats_trials_fisher(&c, &t), SPOT_OK);
    assert_false(t.is_exact);
    assert_true(t.power == 0.8);
    assert_close(t.n_trial, 3.0912e6 + 2000.0, 0.0, 1e-4);
    /* where both are known they agree: 1 % at some 8,000 trials */
    int n = trials_fisher(0.51, 0.49, 0.05, 0.8);
    double root = 1.6448536269514722 * sqrt(0.5) + 0.8416212335729143 * sqrt(0.4998);
    assert_close(n, root * root / 0.0004 + 2 / 0.02, 0.0, 0.01);
    /* paired: n0 = (1.6448536 sqrt(.003) + .8416212 sqrt(.003 - 1e-6))^2 1e6 = 18,545 */
    c = wish(0.002, 0.001, 0.05, 0.8);
    assert_int_equal(spot_stats_trials_mcnemar(&c, &t), SPOT_OK);
    assert_true(t.n_trial > 18545 && t.n_trial < 1.15 * 18545);
    c = wish(0.5, 0.499999, 0.05, 0.8);
    assert_int_equal(spot_stats_trials_fisher(&c, &t), SPOT_E_RANGE);
    assert_int_equal(spot_stats_trials_mcnemar(&c, &t), SPOT_E_RANGE);
}

static void impossible_wishes_are_refused(void **state)
{
    (void)state;
    spot_stats_power_config unset;
    memset(&unset, 0xA5, sizeof(unset));
    spot_stats_power_config_default(&unset);
    assert_true(unset.level == 0.05 && unset.power == 0.8 && !unset.two_sided);
    assert_true(unset.rate_candidate == 0.0 && unset.rate_baseline == 0.0);
    const spot_stats_power_config good = wish(0.5, 0.25, 0.05, 0.8);
    double power = 0.0;
    spot_stats_trials t;
    assert_int_equal(spot_stats_power_fisher(NULL, 9, &power), SPOT_E_INVALID);
    assert_int_equal(spot_stats_power_fisher(&good, 9, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_power_mcnemar(NULL, 9, &power), SPOT_E_INVALID);
    assert_int_equal(spot_stats_power_mcnemar(&good, 9, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_fisher(NULL, &t), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_fisher(&good, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_mcnemar(NULL, &t), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_mcnemar(&good, NULL), SPOT_E_INVALID);
    const int n[] = {0, -1, SPOT_STATS_MAX_EXACT_TRIALS + 1};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_power_fisher(&good, n[i], &power), SPOT_E_RANGE);
        assert_int_equal(spot_stats_power_mcnemar(&good, n[i], &power), SPOT_E_RANGE);
    }
    const spot_stats_power_config bad[] = {
        wish(0.5, 0.5, 0.05, 0.8), wish(-0.1, 0.5, 0.05, 0.8), wish(0.5, NAN, 0.05, 0.8),
        wish(0.5, 0.2, 0.0, 0.8),  wish(0.5, 0.2, 0.6, 0.8),   wish(0.5, 0.2, NAN, 0.8),
        wish(0.5, 0.2, 0.05, 1.0), wish(0.5, 0.2, 0.05, 0.4),  wish(0.5, 0.2, 0.05, NAN),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_power_fisher(&bad[i], 9, &power), SPOT_E_RANGE);
        assert_int_equal(spot_stats_power_mcnemar(&bad[i], 9, &power), SPOT_E_RANGE);
        assert_int_equal(spot_stats_trials_fisher(&bad[i], &t), SPOT_E_RANGE);
        assert_int_equal(spot_stats_trials_mcnemar(&bad[i], &t), SPOT_E_RANGE);
    }
    const spot_stats_power_config full = wish(0.7, 0.4, 0.05, 0.8);
    assert_int_equal(spot_stats_trials_mcnemar(&full, &t), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_vectors_are_met),
        cmocka_unit_test(power_equals_the_sum_over_every_outcome),
        cmocka_unit_test(two_sided_wishes_take_half_the_level),
        cmocka_unit_test(power_stays_from_there_on_and_only_from_there_on),
        cmocka_unit_test(low_rates_of_many_trials_are_computed),
        cmocka_unit_test(small_differences_take_the_approximation),
        cmocka_unit_test(impossible_wishes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
