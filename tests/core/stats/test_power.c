/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: the specification's number, the power computed exactly over all outcomes. */
#include "support/spot_test.h"

#include <math.h>
#include <string.h>

#include "spot/stats_tests.h"

static int needed(double p, double q, double level, double power, bool two_sided)
{
    int n = -1;
    const spot_stats_power_config config = {p, q, level, power, two_sided};
    assert_int_equal(spot_stats_trials_needed(&config, &n), SPOT_OK);
    return n;
}

static void dom_cr_needs_387_trials_an_arm(void **state)
{
    (void)state;
    assert_int_equal(needed(0.76, 0.68, 0.05, 0.8, false), 387);
    assert_int_equal(needed(0.68, 0.76, 0.05, 0.8, false), 387);
    assert_int_equal(needed(0.32, 0.24, 0.05, 0.8, false), 387); /* failures instead */
    /* (1.959964 + 0.841621)^2 0.4 / 0.0064 = 490.555, (1.644854 + 1.281552)^2 62.5 = 535.24 */
    assert_int_equal(needed(0.76, 0.68, 0.05, 0.8, true), 491);
    assert_int_equal(needed(0.76, 0.68, 0.05, 0.9, false), 536);
}

/* Binomial probabilities of 0..n successes into pmf (n + 1). */
static void fill_binomial(int n, double p, double *pmf)
{
    double log_term = n * log1p(-p);
    for (int k = 0; k <= n; k++) {
        pmf[k] = exp(log_term);
        log_term += log((double)(n - k) / (k + 1) * p / (1 - p));
    }
}

/* P(the one-sided unpooled z test at 5 % finds it), over all outcomes. */
static double exact_power(int n, double p, double q)
{
    enum { MAX_N = 1000 };
    static double pmf_p[MAX_N + 1];
    static double pmf_q[MAX_N + 1];
    assert_true(n <= MAX_N);
    fill_binomial(n, p, pmf_p);
    fill_binomial(n, q, pmf_q);
    double power = 0.0;
    for (int a = 0; a <= n; a++) {
        for (int b = 0; b <= n; b++) {
            double pa = (double)a / n;
            double pb = (double)b / n;
            double sd = sqrt((pa * (1 - pa) + pb * (1 - pb)) / n);
            power += pa - pb > 1.6448536269514722 * sd ? pmf_p[a] * pmf_q[b] : 0.0;
        }
    }
    return power;
}

static void the_trials_give_the_wanted_power(void **state)
{
    (void)state;
    /* the normal approximation misses the exact power by at most 2 points from some 50 trials on,
     * and a quarter fewer trials miss it clearly */
    static const double rates[][2] = {{0.76, 0.68}, {0.6, 0.3}, {0.55, 0.45}, {0.9, 0.7}};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        int n = needed(rates[i][0], rates[i][1], 0.05, 0.8, false);
        assert_close(exact_power(n, rates[i][0], rates[i][1]), 0.8, 0.03, 0.0);
        assert_true(exact_power(3 * n / 4, rates[i][0], rates[i][1]) < 0.75);
    }
}

static void extreme_rates_need_what_fishers_test_needs(void **state)
{
    (void)state;
    static const double levels[] = {0.5, 0.1, 0.05, 0.01, 1e-6};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        int n = needed(1.0, 0.0, levels[i], 0.8, false);
        spot_stats_test_result r;
        assert_int_equal(spot_stats_fisher((spot_stats_count){n, n}, (spot_stats_count){0, n}, &r),
                         SPOT_OK);
        assert_true(r.p_candidate_better <= levels[i]);
        assert_int_equal(
            spot_stats_fisher((spot_stats_count){n - 1, n - 1}, (spot_stats_count){0, n - 1}, &r),
            SPOT_OK);
        assert_true(r.p_candidate_better > levels[i]);
    }
    assert_int_equal(needed(1.0, 0.0, 0.05, 0.8, false), 3); /* 1 / C(6, 3) */
}

static void impossible_wishes_are_refused(void **state)
{
    (void)state;
    spot_stats_power_config config;
    memset(&config, 0xA5, sizeof(config));
    spot_stats_power_config_default(&config);
    assert_true(config.level == 0.05 && config.power == 0.8 && !config.two_sided);
    int n = -1;
    assert_int_equal(spot_stats_trials_needed(&config, &n), SPOT_E_RANGE); /* equal rates */
    config.rate_candidate = 0.5;
    assert_int_equal(spot_stats_trials_needed(&config, &n), SPOT_OK);
    assert_int_equal(spot_stats_trials_needed(NULL, &n), SPOT_E_INVALID);
    assert_int_equal(spot_stats_trials_needed(&config, NULL), SPOT_E_INVALID);
    const spot_stats_power_config bad[] = {
        {0.5, 0.5, 0.05, 0.8, false},      {1.0, 1.0, 0.05, 0.8, false},
        {0.5, 0.500001, 0.05, 0.8, false}, {-0.1, 0.5, 0.05, 0.8, false},
        {0.5, 1.1, 0.05, 0.8, false},      {NAN, 0.5, 0.05, 0.8, false},
        {0.5, 0.4, 0.0, 0.8, false},       {0.5, 0.4, 0.6, 0.8, false},
        {0.5, 0.4, NAN, 0.8, false},       {0.5, 0.4, 0.05, 1.0, false},
        {0.5, 0.4, 0.05, 0.4, false},      {0.5, 0.4, 0.05, NAN, false},
    };
    n = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_trials_needed(&bad[i], &n), SPOT_E_RANGE);
        assert_int_equal(n, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dom_cr_needs_387_trials_an_arm),
        cmocka_unit_test(the_trials_give_the_wanted_power),
        cmocka_unit_test(extreme_rates_need_what_fishers_test_needs),
        cmocka_unit_test(impossible_wishes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
