/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, integrals in closed form, the mean over every path a fair game can
 * take. Shares of simulated races are held to 5 standard deviations of a binomial share. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/rng.h"
#include "spot/stats_race.h"

static const double N_SIGMA = 5.0;
static const double PRINTED = 1e-7;   /* eight digits */
static const double ROUNDING = 1e-12; /* some hundred roundings of logarithms near 100 */

static double e_value(spot_stats_mixture mixture, const double *d, int n)
{
    spot_stats_bet bet;
    memset(&bet, 0xA5, sizeof(bet));
    assert_int_equal(spot_stats_bet_init(&bet, mixture), SPOT_OK);
    for (int i = 0; i < n; i++) {
        assert_int_equal(spot_stats_bet_add(&bet, d[i]), SPOT_OK);
    }
    assert_int_equal(bet.n, n);
    double log_e = NAN;
    assert_int_equal(spot_stats_bet_log_e(&bet, &log_e), SPOT_OK);
    return exp(log_e);
}

static const double TEN[] = {1, 0, 1, 1, -1, 1, 1, 1, 0, 1};

static void grid_matches_printed_vectors(void **state)
{
    (void)state;
    assert_close(e_value(SPOT_STATS_MIXTURE_GRID, TEN, 0), 1.0, 0.0, ROUNDING);
    assert_close(e_value(SPOT_STATS_MIXTURE_GRID, TEN, 1), 1.3525, 0.0, ROUNDING);
    assert_close(e_value(SPOT_STATS_MIXTURE_GRID, TEN, 6), 1.7113942, 0.0, PRINTED);
    assert_close(e_value(SPOT_STATS_MIXTURE_GRID, TEN, 10), 5.2733240, 0.0, PRINTED);
}

static void uniform_mixture_matches_printed_vectors(void **state)
{
    (void)state;
    const spot_stats_mixture uniform = SPOT_STATS_MIXTURE_UNIFORM;
    assert_close(e_value(uniform, TEN, 1), 1.5, 0.0, ROUNDING);
    /* (1 + l)^2 (1 - l) = 1 + l - l^2 - l^3 integrates to 1 + 1/2 - 1/3 - 1/4 = 11/12 */
    assert_close(e_value(uniform, (const double[]){1, 1, -1}, 3), 11.0 / 12, 0.0, ROUNDING);
    /* (1 + .5 l)(1 - .2 l)(1 + .3 l) = 1 + .6 l - .01 l^2 - .03 l^3 */
    assert_close(e_value(uniform, (const double[]){.5, -.2, .3}, 3), 1 + .6 / 2 - .01 / 3 - .03 / 4,
                 0.0, ROUNDING);
    assert_close(e_value(uniform, TEN, 10), 6.9722222, 0.0, PRINTED);
}

static void uniform_mixture_is_the_integral(void **state)
{
    (void)state;
    /* t wins: (2^(t+1) - 1) / (t + 1), t losses: 1 / (t + 1); 64 nodes are exact up to degree
     * 127 */
    double wins[127];
    double losses[127];
    for (int t = 0; t < 127; t++) {
        wins[t] = 1.0;
        losses[t] = -1.0;
        double want = (exp2(t + 2) - 1) / (t + 2);
        assert_close(e_value(SPOT_STATS_MIXTURE_UNIFORM, wins, t + 1), want, 0.0, ROUNDING);
        assert_close(e_value(SPOT_STATS_MIXTURE_UNIFORM, losses, t + 1), 1.0 / (t + 2), 0.0,
                     ROUNDING);
    }
}

/* Mean of the e-value over all paths of a game that pays win with probability 1 / (1 + win), else
 * -1. */
static double mean_over_paths(spot_stats_mixture mixture, double win, int n)
{
    double mean = 0.0;
    for (int path = 0; path < 1 << n; path++) {
        double d[10];
        double p = 1.0;
        for (int i = 0; i < n; i++) {
            bool is_win = (path >> i & 1) != 0;
            d[i] = is_win ? win : -1.0;
            p *= is_win ? 1.0 / (1.0 + win) : win / (1.0 + win);
        }
        mean += p * e_value(mixture, d, n);
    }
    return mean;
}

static void nobody_gains_in_a_fair_game(void **state)
{
    (void)state;
    for (int n = 1; n <= 10; n += 3) {
        for (int k = 0; k < 3; k++) {
            const double win = k == 0 ? 1.0 : (k == 1 ? 0.3 : 1.7);
            double uniform = mean_over_paths(SPOT_STATS_MIXTURE_UNIFORM, win, n);
            double grid = mean_over_paths(SPOT_STATS_MIXTURE_GRID, win, n);
            assert_close(uniform, 1.0, 0.0, ROUNDING);
            assert_close(grid, 1.0, 0.0, ROUNDING);
        }
    }
}

/* The first look at which the bet rejects at 5 %, or 0; success rates of point and rival, half of
 * the luck shared. */
static int race(uint64_t index, double rate, double rival_rate, int n)
{
    spot_rng rng = spot_rng_at(5, SPOT_STREAM_RESET, index);
    spot_stats_bet bet;
    assert_int_equal(spot_stats_bet_init(&bet, SPOT_STATS_MIXTURE_UNIFORM), SPOT_OK);
    for (int i = 1; i <= n; i++) {
        bool is_shared = spot_rng_uniform(&rng, 0, 1) < 0.5;
        double luck = spot_rng_uniform(&rng, 0, 1);
        double rival_luck = is_shared ? luck : spot_rng_uniform(&rng, 0, 1);
        double d = (double)(luck >= rate) - (double)(rival_luck >= rival_rate);
        assert_int_equal(spot_stats_bet_add(&bet, d), SPOT_OK);
        double log_e = NAN;
        assert_int_equal(spot_stats_bet_log_e(&bet, &log_e), SPOT_OK);
        if (log_e >= log(20.0)) {
            return i;
        }
    }
    return 0;
}

static void equal_points_are_rarely_told_apart_at_any_look(void **state)
{
    (void)state;
    enum { N_RACE = 600, N_SEED = 200 };
    int n_equal = 0;
    int n_better = 0;
    for (int i = 0; i < N_RACE; i++) {
        n_equal += race((uint64_t)i, 0.7, 0.7, N_SEED) > 0;
        n_better += race((uint64_t)i, 0.6, 0.9, N_SEED) > 0;
    }
    double allowed = 0.05 + N_SIGMA * sqrt(0.05 * 0.95 / N_RACE);
    assert_true((double)n_equal / N_RACE <= allowed);
    assert_true(n_equal > 0);
    assert_true(n_better > 0.95 * N_RACE); /* 0.3 is more than 5 sd of 200 seeds */
}

static void the_mean_of_e_values_is_theirs(void **state)
{
    (void)state;
    const double log_e[] = {log(2.0), log(0.5), log(6.0), log(0.25)};
    double mean = NAN;
    assert_int_equal(spot_stats_mean_log_e(log_e, 4, &mean), SPOT_OK);
    assert_close(exp(mean), 8.75 / 4, 0.0, ROUNDING);
    /* far beyond the range of doubles */
    const double far[] = {2000.0, 2000.0, -5000.0, -5000.0};
    assert_int_equal(spot_stats_mean_log_e(far, 4, &mean), SPOT_OK);
    assert_close(mean, 2000.0 - log(2.0), 0.0, ROUNDING);
    assert_int_equal(spot_stats_mean_log_e(far + 2, 2, &mean), SPOT_OK);
    assert_close(mean, -5000.0, 0.0, ROUNDING);
}

static void long_runs_stay_finite(void **state)
{
    (void)state;
    spot_stats_bet up;
    spot_stats_bet down;
    assert_int_equal(spot_stats_bet_init(&up, SPOT_STATS_MIXTURE_UNIFORM), SPOT_OK);
    assert_int_equal(spot_stats_bet_init(&down, SPOT_STATS_MIXTURE_UNIFORM), SPOT_OK);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(spot_stats_bet_add(&up, 1.0), SPOT_OK);
        assert_int_equal(spot_stats_bet_add(&down, -1.0), SPOT_OK);
    }
    double log_e = NAN;
    /* near 2^3001 / 3001: some nodes short of the integral, never above 2^3000 */
    assert_int_equal(spot_stats_bet_log_e(&up, &log_e), SPOT_OK);
    assert_close(log_e, 3001 * log(2.0) - log(3001.0), 0.5, 0.0);
    assert_int_equal(spot_stats_bet_log_e(&down, &log_e), SPOT_OK);
    assert_close(log_e, -log(3001.0), 0.5, 0.0);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_bet bet;
    double x = 0.0;
    assert_int_equal(spot_stats_bet_init(NULL, SPOT_STATS_MIXTURE_GRID), SPOT_E_INVALID);
    assert_int_equal(spot_stats_bet_init(&bet, (spot_stats_mixture)7), SPOT_E_RANGE);
    assert_int_equal(spot_stats_bet_init(&bet, SPOT_STATS_MIXTURE_GRID), SPOT_OK);
    assert_int_equal(spot_stats_bet_add(NULL, 0.0), SPOT_E_INVALID);
    const double bad[] = {-1.0000001, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(spot_stats_bet_add(&bet, bad[i]), SPOT_E_RANGE);
        assert_int_equal(spot_stats_mean_log_e(&bad[1], 3, &x), SPOT_E_RANGE);
    }
    assert_true(bet.n == 0 && bet.log_wealth[0] == 0.0);
    assert_int_equal(spot_stats_bet_log_e(NULL, &x), SPOT_E_INVALID);
    assert_int_equal(spot_stats_bet_log_e(&bet, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_log_e(NULL, 1, &x), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_log_e(bad, 1, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_log_e(bad, 0, &x), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_matches_printed_vectors),
        cmocka_unit_test(uniform_mixture_matches_printed_vectors),
        cmocka_unit_test(uniform_mixture_is_the_integral),
        cmocka_unit_test(nobody_gains_in_a_fair_game),
        cmocka_unit_test(equal_points_are_rarely_told_apart_at_any_look),
        cmocka_unit_test(the_mean_of_e_values_is_theirs),
        cmocka_unit_test(long_runs_stay_finite),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
