/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: all patterns of signs counted in whole numbers, binomial counts, printed vectors. Bounds
 * on drawn p-values are 5 standard deviations of a binomial share. */
#include "support/spot_test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "spot/rng.h"
#include "spot/stats_paired.h"

static const double N_SIGMA = 5.0;
static const double ROUNDING = 1e-12;

static spot_stats_sign_flip_result test_of(const double *d, int n)
{
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    spot_stats_sign_flip_result r;
    assert_int_equal(spot_stats_sign_flip(&config, d, n, &r), SPOT_OK);
    return r;
}

/* Share of all 2^n patterns of d whose sum is at most that of d, in whole numbers. */
static double counted(const int *d, int n)
{
    int observed = 0;
    for (int i = 0; i < n; i++) {
        observed += d[i];
    }
    int n_hit = 0;
    for (int pattern = 0; pattern < 1 << n; pattern++) {
        int sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (pattern >> i & 1) != 0 ? -d[i] : d[i];
        }
        n_hit += sum <= observed;
    }
    return (double)n_hit / (1 << n);
}

static void printed_vectors_are_met(void **state)
{
    (void)state;
    spot_stats_sign_flip_result r = test_of((const double[]){-1, -2, -3}, 3);
    assert_true(r.p == 0.125 && r.is_exact && r.is_floor); /* one of 8 patterns */
    r = test_of((const double[]){-1, -2, 3, -4}, 4);
    assert_true(r.p == 0.3125 && r.is_exact && !r.is_floor);
    r = test_of((const double[]){-.3, -.5, .2, -.9, -.1, .4, -.7, -.6}, 8);
    assert_true(r.p == 0.0546875 && r.is_exact && !r.is_floor);
}

static void p_equals_the_count_of_all_patterns(void **state)
{
    (void)state;
    /* small whole numbers, so that zeros and ties are many; once as they are, once as tenths, whose
     * sums round, once as differences of times near 40 whose rounding only the caller knows */
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    int n_blind = 0;
    for (int round = 0; round < 160; round++) {
        spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, (uint64_t)round);
        int n = 1 + round % 16;
        int whole[16];
        double d[3][16];
        for (int i = 0; i < n; i++) {
            whole[i] = (int)spot_rng_below(&rng, 13) - 7;
            d[0][i] = whole[i];
            d[1][i] = 0.1 * whole[i];
            double other = 30.0 + 0.1 * (double)spot_rng_below(&rng, 100);
            d[2][i] = (other + 0.01 * whole[i]) - other;
        }
        double p = counted(whole, n);
        spot_stats_sign_flip_result r[3];
        for (int kind = 0; kind < 2; kind++) {
            config.error = 0.0;
            assert_int_equal(spot_stats_sign_flip(&config, d[kind], n, &r[kind]), SPOT_OK);
            assert_true(r[kind].p == p && r[kind].is_exact);
        }
        assert_int_equal(spot_stats_sign_flip(&config, d[2], n, &r[2]), SPOT_OK);
        n_blind += r[2].p != p;
        config.error = 40.0 * DBL_EPSILON;
        assert_int_equal(spot_stats_sign_flip(&config, d[2], n, &r[2]), SPOT_OK);
        assert_true(r[2].p == p && r[2].is_exact);
    }
    assert_true(n_blind > 10); /* `error` was needed */
}

static void zeros_say_nothing(void **state)
{
    (void)state;
    double d[200] = {0};
    spot_stats_sign_flip_result r = test_of(d, 200);
    assert_true(r.p == 1.0 && r.is_exact && !r.is_floor);
    r = test_of(d, 1);
    assert_true(r.p == 1.0 && r.is_exact && !r.is_floor);
    d[3] = -1.0;
    d[50] = -2.0;
    d[199] = -3.0;
    r = test_of(d, 200);
    assert_true(r.p == 0.125 && r.is_exact && r.is_floor);
}

static void flags_take_mcnemars_test_at_any_number(void **state)
{
    (void)state;
    /* 50 signs of one size, k below 0: sum over i >= k of C(50, i), in whole numbers */
    enum { N = 50 };
    uint64_t binomial = 1;
    uint64_t at_least = 0;
    for (int k = N; k >= 0; k--) {
        at_least += binomial; /* C(N, k) */
        double d[N + 9] = {0};
        for (int i = 0; i < N; i++) {
            d[i] = i < k ? -0.3 : 0.3;
        }
        spot_stats_sign_flip_result r = test_of(d, N + 9);
        assert_close(r.p, (double)at_least / (double)(UINT64_C(1) << N), 0.0, ROUNDING);
        assert_true(r.is_exact && r.is_floor == (k == N));
        uint64_t down = (uint64_t)(N - k) + 1;
        binomial = binomial / down * (uint64_t)k + binomial % down * (uint64_t)k / down;
    }
}

static void drawn_p_agrees_with_the_count(void **state)
{
    (void)state;
    enum { N = 18 };
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    assert_true(config.n_draw == 9999 && config.seed == 1 && config.error == 0.0);
    for (int shift = 0; shift < 5; shift++) {
        int whole[N];
        double d[N];
        for (int i = 0; i < N; i++) {
            whole[i] = (i % 2 == 0 ? i : -i) - shift;
            d[i] = whole[i];
        }
        double p = counted(whole, N);
        spot_stats_sign_flip_result r = test_of(d, N);
        assert_false(r.is_exact);
        assert_close(r.p, p, N_SIGMA * sqrt(p * (1 - p) / config.n_draw) + 1e-4, 0.0);
        /* a multiple of 1 / (B + 1), the same again, and another one for another seed */
        double n_hit = r.p * (config.n_draw + 1);
        assert_close(n_hit, round(n_hit), 1e-9, 0.0);
        assert_true(test_of(d, N).p == r.p);
        config.seed = 2 + (uint64_t)shift;
        spot_stats_sign_flip_result other;
        assert_int_equal(spot_stats_sign_flip(&config, d, N, &other), SPOT_OK);
        assert_true(other.p != r.p);
    }
}

static void drawn_p_has_a_floor(void **state)
{
    (void)state;
    double d[40];
    for (int i = 0; i < 40; i++) {
        d[i] = -1.0 - i;
    }
    spot_stats_sign_flip_result r = test_of(d, 40);
    assert_true(r.p == 1.0 / 10000 && r.is_floor && !r.is_exact);
    for (int i = 0; i < 40; i++) {
        d[i] = -d[i];
    }
    r = test_of(d, 40);
    assert_true(r.p == 1.0 && !r.is_floor && !r.is_exact);
}

static void double_differences_are_differences(void **state)
{
    (void)state;
    /* the candidate gains 2 s or more on the slow computer and loses 1 s on the fast one, on each
     * of 6 seeds: one of 2^6 patterns */
    double d[6];
    for (int i = 0; i < 6; i++) {
        double slow = -2.0 - i;
        double fast = 1.0;
        d[i] = slow - fast;
    }
    assert_true(test_of(d, 6).p == 1.0 / 64);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_sign_flip_config config;
    memset(&config, 0xA5, sizeof(config));
    spot_stats_sign_flip_config_default(&config);
    spot_stats_sign_flip_result r;
    const double d[] = {1.0, 2.0};
    assert_int_equal(spot_stats_sign_flip(NULL, d, 2, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip(&config, NULL, 2, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip(&config, d, 2, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip(&config, d, 0, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_sign_flip(&config, d, (1 << 24) + 1, &r), SPOT_E_RANGE);
    const double bad[][2] = {{NAN, 1.0}, {1.0, INFINITY}, {1e308, 1e308}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_sign_flip(&config, bad[i], 2, &r), SPOT_E_RANGE);
    }
    enum { SIZE = sizeof(spot_stats_sign_flip_config) };
    const spot_stats_sign_flip_config wrong[] = {{SIZE, 0, 1, 0.0},
                                                 {SIZE, (1 << 24) + 1, 1, 0.0},
                                                 {SIZE, 9, 1, -1.0},
                                                 {SIZE, 9, 1, NAN},
                                                 {SIZE, 9, 1, INFINITY}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(spot_stats_sign_flip(&wrong[i], d, 2, &r), SPOT_E_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_vectors_are_met),
        cmocka_unit_test(p_equals_the_count_of_all_patterns),
        cmocka_unit_test(zeros_say_nothing),
        cmocka_unit_test(flags_take_mcnemars_test_at_any_number),
        cmocka_unit_test(drawn_p_agrees_with_the_count),
        cmocka_unit_test(drawn_p_has_a_floor),
        cmocka_unit_test(double_differences_are_differences),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
