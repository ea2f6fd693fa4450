/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: the published DOM-CR counts with values from mpmath 1.3 (quadrature at 20 digits), every
 * outcome of small trials enumerated, sampled posteriors. Bounds on Monte-Carlo shares are 5 standard
 * deviations of a binomial share (false alarm 6e-7 each). */
#include "support/spot_test.h"

#include <math.h>

#include "core/stats/published.h"
#include "spot/rng.h"
#include "spot/stats_tests.h"

static const double N_SIGMA = 5.0;
static const double ROUNDING = 1e-12;

enum { N_STEP = 4, N_DOM_CR = 50 };

/* DOM-CR: four step counts at one speed, rows from 1; successes in column 4. */
static void load_dom_cr(int first_row, spot_stats_count arms[N_STEP])
{
    published_table t = published_load("dom_cr.csv");
    for (int i = 0; i < N_STEP; i++) {
        arms[i] = (spot_stats_count){(int)published_cell(&t, first_row + i, 4), N_DOM_CR};
    }
}

static void no_dom_cr_sweet_spot_is_established(void **state)
{
    (void)state;
    spot_stats_count arms[N_STEP];
    double p_arm[N_STEP - 2];
    double p_best[N_STEP];
    double p_interior = NAN;
    spot_stats_interior_result r;

    load_dom_cr(1, arms); /* 100 % speed: 34, 38, 37, 35 of 50 */
    assert_int_equal(spot_stats_interior_fisher(arms, N_STEP, p_arm, &r), SPOT_OK);
    assert_close(p_arm[0], 0.3264250969378464, 0.0, ROUNDING);
    assert_close(p_arm[1], 0.4120236792698673, 0.0, ROUNDING);
    assert_close(r.p, 0.6528501938756928, 0.0, ROUNDING);
    assert_int_equal(r.best, 1);
    assert_int_equal(spot_stats_posterior_best(arms, N_STEP, p_best, &p_interior), SPOT_OK);
    static const double SLOW[N_STEP] = {0.0778170698366965, 0.475396117683595, 0.317872951717337,
                                        0.128913860762372};
    for (int i = 0; i < N_STEP; i++) {
        assert_close(p_best[i], SLOW[i], 0.0, 1e-10);
    }
    assert_close(p_interior, 0.793269069400932, 0.0, 1e-10);

    load_dom_cr(5, arms); /* 125 %: 18, 17, 24, 23 */
    assert_int_equal(spot_stats_interior_fisher(arms, N_STEP, p_arm, &r), SPOT_OK);
    assert_close(r.p, 1.0, 0.0, ROUNDING);
    assert_int_equal(r.best, 2);
    assert_int_equal(spot_stats_posterior_best(arms, N_STEP, p_best, &p_interior), SPOT_OK);
    static const double FAST[N_STEP] = {0.0454442360562159, 0.0261144249640085, 0.540067731270294,
                                        0.388373607709481};
    for (int i = 0; i < N_STEP; i++) {
        assert_close(p_best[i], FAST[i], 0.0, 1e-10);
    }
    assert_close(p_interior, 0.566182156234303, 0.0, 1e-10);
}

/* ln C(n, k) */
static double log_choose(int n, int k)
{
    double sum = 0.0;
    for (int i = 1; i <= k; i++) {
        sum += log((double)(n - k + i) / i);
    }
    return sum;
}

static void interior_test_keeps_its_level_when_an_end_is_best(void **state)
{
    (void)state;
    /* every outcome of four arms with ten trials: P(reject) for rates on the border of the null
     * hypothesis, where an interior arm is as good as one end, is at most the level */
    enum { N = 10, N_OUTCOME = N + 1 };
    static const double LEVEL = 0.05;
    static const double rates[][4] = {{0.5, 0.5, 0.5, 0.5},
                                      {0.9, 0.9, 0.9, 0.1},
                                      {0.1, 0.9, 0.9, 0.9},
                                      {0.8, 0.8, 0.2, 0.0},
                                      {0.2, 0.95, 0.1, 0.95}};
    for (size_t c = 0; c < sizeof(rates) / sizeof(rates[0]); c++) {
        double reject = 0.0;
        for (int code = 0; code < N_OUTCOME * N_OUTCOME * N_OUTCOME * N_OUTCOME; code++) {
            spot_stats_count arms[4];
            double log_p = 0.0;
            for (int i = 0, rest = code; i < 4; i++, rest /= N_OUTCOME) {
                int k = rest % N_OUTCOME;
                double rate = fmin(fmax(rates[c][i], 1e-9), 1.0);
                arms[i] = (spot_stats_count){k, N};
                log_p += log_choose(N, k) + k * log(rate) + (N - k) * log1p(-rate);
            }
            double p_arm[2];
            spot_stats_interior_result r;
            assert_int_equal(spot_stats_interior_fisher(arms, 4, p_arm, &r), SPOT_OK);
            reject += r.p <= LEVEL ? exp(log_p) : 0.0;
        }
        assert_true(reject <= LEVEL);
    }
}

static void interior_finds_a_clear_sweet_spot_at_its_place(void **state)
{
    (void)state;
    const spot_stats_count arms[] = {{10, 50}, {20, 50}, {48, 50}, {25, 50}, {12, 50}};
    double p_arm[3];
    double p_best[5];
    double p_interior = NAN;
    spot_stats_interior_result r;
    assert_int_equal(spot_stats_interior_fisher(arms, 5, p_arm, &r), SPOT_OK);
    assert_int_equal(r.best, 2);
    assert_true(r.p < 1e-9);
    assert_close(r.p, 3 * p_arm[1], 0.0, ROUNDING);
    assert_int_equal(spot_stats_posterior_best(arms, 5, p_best, &p_interior), SPOT_OK);
    assert_close(p_interior, 1.0, 1e-9, 0.0);
    assert_close(p_best[2], 1.0, 1e-6, 0.0);
    /* the intersection: beating one end alone is not enough */
    const spot_stats_count slope[] = {{2, 50}, {45, 50}, {46, 50}};
    assert_int_equal(spot_stats_interior_fisher(slope, 3, p_arm, &r), SPOT_OK);
    assert_true(r.p > 0.5);
    const spot_stats_count reverse[] = {{46, 50}, {45, 50}, {2, 50}};
    assert_int_equal(spot_stats_interior_fisher(reverse, 3, p_arm, &r), SPOT_OK);
    assert_true(r.p > 0.5);
}

static void paired_interior_uses_the_discordant_seeds(void **state)
{
    (void)state;
    enum { N_SEED = 40, N_ARM = 4 };
    bool success[N_ARM][N_SEED];
    spot_rng rng = spot_rng_at(3, SPOT_STREAM_RESET, 0);
    static const double rate[N_ARM] = {0.5, 0.9, 0.7, 0.4};
    for (int i = 0; i < N_SEED; i++) {
        for (int j = 0; j < N_ARM; j++) {
            success[j][i] = spot_rng_uniform(&rng, 0.0, 1.0) < rate[j];
        }
    }
    double p_arm[N_ARM - 2];
    spot_stats_interior_result r;
    assert_int_equal(spot_stats_interior_mcnemar(&success[0][0], N_ARM, N_SEED, p_arm, &r),
                     SPOT_OK);
    for (int j = 1; j < N_ARM - 1; j++) {
        double worst = 0.0;
        for (int end = 0; end < N_ARM; end += N_ARM - 1) {
            int won = 0;
            int lost = 0;
            for (int i = 0; i < N_SEED; i++) {
                won += success[j][i] && !success[end][i];
                lost += !success[j][i] && success[end][i];
            }
            /* P(at most `lost` of won + lost fair coins) */
            double p = 0.0;
            for (int k = 0; k <= lost; k++) {
                p += exp(log_choose(won + lost, k)) / pow(2.0, won + lost);
            }
            worst = fmax(worst, p);
        }
        assert_close(p_arm[j - 1], worst, 0.0, 1e-11);
    }
    assert_int_equal(r.best, p_arm[0] <= p_arm[1] ? 1 : 2);
    assert_close(r.p, fmin(1.0, 2 * fmin(p_arm[0], p_arm[1])), 0.0, ROUNDING);
}

static void interior_of_given_p_values_is_the_formula(void **state)
{
    (void)state;
    const double p_first[] = {0.2, 0.01, 0.001};
    const double p_last[] = {0.1, 0.02, 0.9};
    double p_arm[3];
    spot_stats_interior_result r;
    assert_int_equal(spot_stats_interior(p_first, p_last, 5, p_arm, &r), SPOT_OK);
    assert_true(p_arm[0] == 0.2 && p_arm[1] == 0.02 && p_arm[2] == 0.9);
    assert_int_equal(r.best, 2);
    assert_close(r.p, 0.06, 0.0, ROUNDING);
}

/* A draw of Beta (k + 1/2, f + 1/2): gamma (k + 1/2) is k exponentials and half a squared normal. */
static double draw_beta(spot_rng *rng, int k, int f)
{
    double g[2];
    const int shape[2] = {k, f};
    for (int side = 0; side < 2; side++) {
        double z = spot_rng_normal(rng);
        g[side] = 0.5 * z * z;
        for (int i = 0; i < shape[side]; i++) {
            g[side] -= log1p(-spot_rng_uniform(rng, 0.0, 1.0));
        }
    }
    return g[0] / (g[0] + g[1]);
}

static void posterior_agrees_with_sampling(void **state)
{
    (void)state;
    enum { N_DRAW = 20000, N_ARM = 5 };
    static const spot_stats_count cases[][N_ARM] = {
        {{3, 10}, {0, 0}, {9, 30}, {2, 4}, {5, 12}},
        {{10, 10}, {20, 20}, {0, 3}, {19, 20}, {1, 1}},
        {{0, 5}, {0, 10}, {0, 20}, {0, 1}, {1, 40}},
    };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        double p_best[N_ARM];
        assert_int_equal(spot_stats_posterior_best(cases[c], N_ARM, p_best, NULL), SPOT_OK);
        int won[N_ARM] = {0};
        spot_rng rng = spot_rng_at(c, SPOT_STREAM_BOOTSTRAP, 0);
        for (int i = 0; i < N_DRAW; i++) {
            int best = 0;
            double most = -1.0;
            for (int j = 0; j < N_ARM; j++) {
                double x =
                    draw_beta(&rng, cases[c][j].successes, cases[c][j].n - cases[c][j].successes);
                best = x > most ? j : best;
                most = fmax(x, most);
            }
            won[best]++;
        }
        double sum = 0.0;
        for (int j = 0; j < N_ARM; j++) {
            double sd = sqrt(p_best[j] * (1 - p_best[j]) / N_DRAW);
            assert_close((double)won[j] / N_DRAW, p_best[j], N_SIGMA * sd + 1.0 / N_DRAW, 0.0);
            sum += p_best[j];
        }
        assert_close(sum, 1.0, 0.0, ROUNDING);
    }
}

static void posterior_is_right_in_the_limits(void **state)
{
    (void)state;
    double p_best[SPOT_STATS_MAX_ARMS];
    double p_interior = NAN;
    /* equal arms win equally often, for any count of them */
    spot_stats_count arms[SPOT_STATS_MAX_ARMS];
    for (int i = 0; i < SPOT_STATS_MAX_ARMS; i++) {
        arms[i] = (spot_stats_count){7, 9};
    }
    for (int n = 1; n <= SPOT_STATS_MAX_ARMS; n = 2 * n + 1) {
        assert_int_equal(spot_stats_posterior_best(arms, n, p_best, &p_interior), SPOT_OK);
        assert_close(p_best[n - 1], 1.0 / n, 0.0, 1e-9);
        assert_close(p_interior, n > 2 ? (n - 2.0) / n : 0.0, 0.0, 1e-9);
    }
    /* many trials: two normals, P(second better) = Phi (difference / sd); skewness adds 1 / sqrt n */
    const spot_stats_count large[] = {{4000000, 8000000}, {8004000, 16000000}};
    assert_int_equal(spot_stats_posterior_best(large, 2, p_best, NULL), SPOT_OK);
    double z = 0.00025 / sqrt(0.25 / 8e6 + 0.25 / 16e6);
    assert_close(p_best[1], 0.5 * erfc(-z / sqrt(2.0)), 1e-4, 0.0);
    /* a sharp arm against a flat one: P(x > 1/2 or so) of the arcsine distribution */
    const spot_stats_count sharp[] = {{4000000, 16000000}, {0, 0}};
    assert_int_equal(spot_stats_posterior_best(sharp, 2, p_best, NULL), SPOT_OK);
    assert_close(p_best[0], 2.0 / 3.14159265358979323846 * asin(0.5), 0.0, 1e-6);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_interior_result r;
    double p[3] = {0.1, 0.2, 0.3};
    double p_arm[3];
    const spot_stats_count arms[] = {{1, 2}, {1, 2}, {3, 2}};
    const bool success[3] = {true, false, true};
    assert_int_equal(spot_stats_interior(p, p, 2, p_arm, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interior(NULL, p, 3, p_arm, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior(p, NULL, 3, p_arm, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior(p, p, 3, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior(p, p, 3, p_arm, NULL), SPOT_E_INVALID);
    const double bad[] = {-0.1, 1.1, NAN};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_interior(&bad[i], p, 3, p_arm, &r), SPOT_E_RANGE);
        assert_int_equal(spot_stats_interior(p, &bad[i], 3, p_arm, &r), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_interior_fisher(arms, 3, p_arm, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interior_fisher(arms, 2, p_arm, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interior_fisher(NULL, 3, p_arm, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior_fisher(arms, 3, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior_fisher(arms, 3, p_arm, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior_mcnemar(success, 3, 1, p_arm, &r), SPOT_OK);
    assert_int_equal(spot_stats_interior_mcnemar(success, 3, 0, p_arm, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interior_mcnemar(success, 2, 1, p_arm, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interior_mcnemar(NULL, 3, 1, p_arm, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior_mcnemar(success, 3, 1, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interior_mcnemar(success, 3, 1, p_arm, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_posterior_best(arms, 3, p_arm, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_stats_posterior_best(arms, 0, p_arm, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_stats_posterior_best(arms, 65, p_arm, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_stats_posterior_best(NULL, 2, p_arm, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_posterior_best(arms, 2, NULL, NULL), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_dom_cr_sweet_spot_is_established),
        cmocka_unit_test(interior_test_keeps_its_level_when_an_end_is_best),
        cmocka_unit_test(interior_finds_a_clear_sweet_spot_at_its_place),
        cmocka_unit_test(paired_interior_uses_the_discordant_seeds),
        cmocka_unit_test(interior_of_given_p_values_is_the_formula),
        cmocka_unit_test(posterior_agrees_with_sampling),
        cmocka_unit_test(posterior_is_right_in_the_limits),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
