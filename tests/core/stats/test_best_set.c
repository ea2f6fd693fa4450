/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: p-values worked by hand, sign patterns counted by hand, and how often the true best is
 * in the set over simulated studies (5 standard deviations of a binomial share; fixed seeds). */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>

#include "spot/rng.h"
#include "spot/stats_many.h"

static const double ROUNDING = 1e-14;
enum { MAX_POINT = 6, MAX_SEED = 12 };

static void pairs_are_tested_both_ways(void **state)
{
    (void)state;
    /* point 1 is 1, 2, 3 s faster than point 0; point 2 equals point 0 on two seeds and loses 4 s
     * on one */
    const double y[] = {5, 4, 5, 9, 7, 9, 8, 5, 12};
    double work[3];
    double p[9];
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    assert_int_equal(spot_stats_sign_flip_pairs(&config, y, 3, 3, work, p), SPOT_OK);
    /* one pattern of 8, and the other way all of them; one sign alone: 1/2 and 1; 1, 2, 7: 1/8 */
    const double want[] = {1, 0.125, 1, 1, 1, 1, 0.5, 0.125, 1};
    for (int i = 0; i < 9; i++) {
        assert_close(p[i], want[i], ROUNDING, 0.0);
    }
    /* three seeds prove nothing: no point beats another */
    double p_best[3];
    bool is_in[3];
    assert_int_equal(spot_stats_best_set(p, 3, 0.05, p_best, is_in), SPOT_OK);
    assert_true(is_in[0] && is_in[1] && is_in[2]);
    assert_close(p_best[0], 0.25, ROUNDING, 0.0);
}

static void the_set_pays_for_the_number_of_rivals(void **state)
{
    (void)state;
    const double x = -7.0; /* the diagonal is not read */
    const double p[] = {x, .012, .5, .9, .013, x, .4, .2, .01, .0125, x, .001, 1, .5, .6, x};
    const double least[] = {.036, .039, .003, 1};
    double p_best[4];
    bool is_in[4];
    assert_int_equal(spot_stats_best_set(p, 4, 0.037, p_best, is_in), SPOT_OK);
    for (int k = 0; k < 4; k++) {
        assert_close(p_best[k], least[k], ROUNDING, 0.0);
    }
    assert_true(!is_in[0] && is_in[1] && !is_in[2] && is_in[3]);
}

static void rivals_of_the_baseline_are_corrected_by_holm(void **state)
{
    (void)state;
    /* .01 .04 .03 over three rivals: .01 * 3, .03 * 2, and .04 raised to .06; by hand */
    const double row[3] = {.01, .04, .03};
    const double want[3] = {.03, .06, .06};
    for (int baseline = 0; baseline < 4; baseline++) {
        double p[16];
        for (int i = 0; i < 16; i++) {
            p[i] = 0.5;
        }
        for (int j = 0; j < 3; j++) {
            p[4 * baseline + (j < baseline ? j : j + 1)] = row[j];
        }
        double adjusted[4];
        int order[4];
        assert_int_equal(spot_stats_against_baseline(p, 4, baseline, order, adjusted), SPOT_OK);
        for (int j = 0; j < 3; j++) {
            assert_close(adjusted[j < baseline ? j : j + 1], want[j], ROUNDING, 0.0);
        }
        assert_true(adjusted[baseline] == 1.0);
    }
}

/* The share of studies whose set misses point 0, the best or one of the best; the rivals lie `gap`
 * behind, and *n_left_out counts them where they are left out. */
static double share_missed(int n_seed, int n_point, double gap, int n_study, int *n_left_out)
{
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    int n_missed = 0;
    *n_left_out = 0;
    for (int study = 0; study < n_study; study++) {
        spot_rng rng = spot_rng_at(4, SPOT_STREAM_RESET, (uint64_t)study);
        double y[MAX_SEED * MAX_POINT];
        for (int s = 0; s < n_seed; s++) {
            double hard = spot_rng_normal(&rng);
            for (int k = 0; k < n_point; k++) {
                y[s * n_point + k] = hard + spot_rng_normal(&rng) + (k > 0 ? gap : 0.0);
            }
        }
        double work[MAX_SEED];
        double p[MAX_POINT * MAX_POINT];
        double p_best[MAX_POINT];
        bool is_in[MAX_POINT];
        assert_int_equal(spot_stats_sign_flip_pairs(&config, y, n_seed, n_point, work, p), SPOT_OK);
        assert_int_equal(spot_stats_best_set(p, n_point, 0.05, p_best, is_in), SPOT_OK);
        n_missed += !is_in[0];
        bool is_any = false;
        for (int k = 0; k < n_point; k++) {
            *n_left_out += k > 0 && !is_in[k];
            is_any = is_any || is_in[k];
        }
        assert_true(is_any);
    }
    return (double)n_missed / n_study;
}

static void the_true_best_is_in_the_set(void **state)
{
    (void)state;
    enum { N_STUDY = 1500, N_SEED = 10, N_POINT = 5 };
    double bound = 0.05 + 5 * sqrt(0.05 * 0.95 / N_STUDY);
    int n_left_out = 0;
    assert_true(share_missed(N_SEED, N_POINT, 0.0, N_STUDY, &n_left_out) <= bound);
    assert_true(n_left_out > 0); /* equal points do go: it is one by one that they are kept */
    assert_true(share_missed(N_SEED, N_POINT, 0.3, N_STUDY, &n_left_out) <= bound);
    /* a gap of 3 is 2.1 sd of a difference on each of 10 seeds */
    assert_true(share_missed(N_SEED, N_POINT, 3.0, 200, &n_left_out) == 0.0);
    assert_true(n_left_out > 0.9 * 200 * (N_POINT - 1));
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    const double y[] = {1, 2, 3, 4};
    double work[2];
    double p[4] = {1, .5, .5, 1};
    double p_best[2];
    bool is_in[2];
    int order[2];
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    assert_int_equal(spot_stats_sign_flip_pairs(NULL, y, 2, 2, work, p), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip_pairs(&config, NULL, 2, 2, work, p), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip_pairs(&config, y, 2, 2, NULL, p), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip_pairs(&config, y, 2, 2, work, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_sign_flip_pairs(&config, y, 0, 2, work, p), SPOT_E_RANGE);
    assert_int_equal(spot_stats_sign_flip_pairs(&config, y, 2, 1, work, p), SPOT_E_RANGE);
    const double bad_y[] = {1, NAN, 3, 4};
    double unused[4];
    assert_int_equal(spot_stats_sign_flip_pairs(&config, bad_y, 2, 2, work, unused), SPOT_E_RANGE);
    assert_int_equal(spot_stats_best_set(NULL, 2, 0.05, p_best, is_in), SPOT_E_INVALID);
    assert_int_equal(spot_stats_best_set(p, 2, 0.05, NULL, is_in), SPOT_E_INVALID);
    assert_int_equal(spot_stats_best_set(p, 2, 0.05, p_best, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_best_set(p, 1, 0.05, p_best, is_in), SPOT_E_RANGE);
    const double level[] = {0.0, 0.5, NAN};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_best_set(p, 2, level[i], p_best, is_in), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_against_baseline(NULL, 2, 0, order, p_best), SPOT_E_INVALID);
    assert_int_equal(spot_stats_against_baseline(p, 2, 0, NULL, p_best), SPOT_E_INVALID);
    assert_int_equal(spot_stats_against_baseline(p, 2, 0, order, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_against_baseline(p, 2, -1, order, p_best), SPOT_E_RANGE);
    assert_int_equal(spot_stats_against_baseline(p, 2, 2, order, p_best), SPOT_E_RANGE);
    assert_int_equal(spot_stats_against_baseline(p, 1, 0, order, p_best), SPOT_E_RANGE);
    p[1] = 1.5;
    assert_int_equal(spot_stats_best_set(p, 2, 0.05, p_best, is_in), SPOT_E_RANGE);
    assert_int_equal(spot_stats_against_baseline(p, 2, 0, order, p_best), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_tested_both_ways),
        cmocka_unit_test(the_set_pays_for_the_number_of_rivals),
        cmocka_unit_test(rivals_of_the_baseline_are_corrected_by_holm),
        cmocka_unit_test(the_true_best_is_in_the_set),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
