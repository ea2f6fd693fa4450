/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: every pair of tables counted in whole numbers, the published sums, Wald's formula by
 * hand. */
#include "support/spot_test.h"

#include <math.h>

#include "spot/rng.h"
#include "spot/stats_tests.h"

static const double ROUNDING = 1e-12;

/* C(n, k) for n <= 24 */
static uint64_t choose(int n, int k)
{
    uint64_t c = 1;
    for (int i = 1; i <= k; i++) {
        c = c * (uint64_t)(n - k + i) / (uint64_t)i;
    }
    return k < 0 || k > n ? 0 : c;
}

static uint64_t ways_of(const spot_stats_stratum *s, int k)
{
    return choose(s->candidate.n, k) *
           choose(s->baseline.n, s->candidate.successes + s->baseline.successes - k);
}

static spot_stats_count draw_count(spot_rng *rng)
{
    int n = (int)spot_rng_below(rng, 13);
    return (spot_stats_count){(int)spot_rng_below(rng, (uint32_t)n + 1), n};
}

static void counts_equal_the_count_of_all_pairs_of_tables(void **state)
{
    (void)state;
    /* products of four coefficients below 1000 fit 64 bits */
    int n_small = 0;
    for (int round = 0; round < 3000; round++) {
        spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, (uint64_t)round);
        const spot_stats_stratum first = {draw_count(&rng), draw_count(&rng)};
        const spot_stats_stratum second = {draw_count(&rng), draw_count(&rng)};
        int sum = first.candidate.successes + second.candidate.successes;
        uint64_t observed = ways_of(&first, first.candidate.successes) *
                            ways_of(&second, second.candidate.successes);
        uint64_t all = 0;
        uint64_t at_least = 0;
        uint64_t at_most = 0;
        uint64_t rarer = 0;
        for (int k = 0; k <= sum; k++) {
            uint64_t ways = ways_of(&first, k) * ways_of(&second, sum - k);
            all += ways;
            at_least += k >= first.candidate.successes ? ways : 0;
            at_most += k <= first.candidate.successes ? ways : 0;
            rarer += ways <= observed ? ways : 0;
        }
        spot_stats_interaction_result r;
        assert_int_equal(spot_stats_interaction_counts(&first, &second, &r), SPOT_OK);
        double n = (double)all;
        assert_close(r.test.p_candidate_better, (double)at_least / n, 0.0, ROUNDING);
        assert_close(r.test.p_baseline_better, (double)at_most / n, 0.0, ROUNDING);
        assert_close(r.test.p_two_sided, (double)rarer / n, 0.0, ROUNDING);
        n_small += r.test.p_two_sided < 0.05;
    }
    assert_true(n_small > 30);
}

static void large_counts_agree_with_walds_test(void **state)
{
    (void)state;
    /* 600 of 1000 against 500 of 1000, and 450 against 500: ln ratio by hand. Given the margins the
     * candidate's first count has standard deviation 1 / se, so half a count is se / 2 of its sd;
     * with this correction the normal tail is right to a few percent (its skewness) */
    const spot_stats_stratum first = {{600, 1000}, {500, 1000}};
    const spot_stats_stratum second = {{450, 1000}, {500, 1000}};
    spot_stats_interaction_result r;
    assert_int_equal(spot_stats_interaction_counts(&first, &second, &r), SPOT_OK);
    assert_close(r.log_ratio, log(600.5 / 400.5) - log(450.5 / 550.5), 0.0, ROUNDING);
    double variance = 1 / 600.5 + 1 / 400.5 + 1 / 450.5 + 1 / 550.5 + 4 / 500.5;
    assert_close(r.log_ratio_se, sqrt(variance), 0.0, ROUNDING);
    double z = r.log_ratio / r.log_ratio_se - 0.5 * r.log_ratio_se;
    double normal = 0.5 * erfc(z / sqrt(2.0));
    assert_true(normal < 1e-5);
    assert_close(r.test.p_candidate_better, normal, 0.0, 0.1);
    assert_true(r.test.p_baseline_better > 0.99999);
    spot_stats_interaction_result mirror;
    assert_int_equal(spot_stats_interaction_counts(&second, &first, &mirror), SPOT_OK);
    assert_close(mirror.test.p_baseline_better, r.test.p_candidate_better, 0.0, 1e-9);
    assert_close(mirror.log_ratio, -r.log_ratio, 0.0, ROUNDING);
    /* the extreme: all against none, and none against all; nothing overflows */
    const spot_stats_stratum won = {{1 << 20, 1 << 20}, {0, 1 << 20}};
    const spot_stats_stratum lost = {{0, 1 << 20}, {1 << 20, 1 << 20}};
    assert_int_equal(spot_stats_interaction_counts(&won, &lost, &r), SPOT_OK);
    assert_true(r.test.p_candidate_better <= 1e-300 && r.test.p_baseline_better == 1.0);
    assert_int_equal(spot_stats_interaction_counts(&lost, &won, &r), SPOT_OK);
    assert_true(r.test.p_baseline_better <= 1e-300 && r.test.p_candidate_better == 1.0);
}

static void the_published_dynamic_table_shows_an_interaction(void **state)
{
    (void)state;
    /* scores 0..2 of 30 trials: AGX Orin 30W 45 against 26, RTX 4070 48 against 50 */
    const spot_stats_score_pair slow = {{45, 30}, {26, 30}};
    const spot_stats_score_pair fast = {{48, 30}, {50, 30}};
    spot_stats_graded_result r;
    assert_int_equal(spot_stats_interaction_graded(&slow, &fast, 2.0, &r), SPOT_OK);
    assert_close(r.z, 2.240730, 0.0, 3e-7);
    assert_close(r.test.p_candidate_better, 0.01252177, 0.0, 5e-7);
    assert_close(r.test.p_baseline_better, 1 - 0.01252177, 0.0, 1e-8);
    assert_close(r.test.p_two_sided, 2 * 0.01252177, 0.0, 5e-7);
    spot_stats_graded_result mirror;
    assert_int_equal(spot_stats_interaction_graded(&fast, &slow, 2.0, &mirror), SPOT_OK);
    assert_close(mirror.z, -r.z, 0.0, ROUNDING);
    /* a second setting that differs by nothing and has no spread leaves the plain difference */
    const spot_stats_score_pair sure = {{60, 30}, {60, 30}};
    spot_stats_graded_result plain;
    assert_int_equal(spot_stats_graded(slow.candidate, slow.baseline, 2.0, &plain), SPOT_OK);
    assert_int_equal(spot_stats_interaction_graded(&slow, &sure, 2.0, &r), SPOT_OK);
    assert_close(r.z, plain.z, 0.0, ROUNDING);
}

static void grades_at_the_ends_are_judged_by_their_pool(void **state)
{
    (void)state;
    /* 2 of 2 against 0, and 0 against 0, ten trials each: pooled mean 1/4, z = 1 / sqrt (3/16
     * 4/10) */
    const spot_stats_score_pair full = {{20, 10}, {0, 10}};
    const spot_stats_score_pair none = {{0, 10}, {0, 10}};
    spot_stats_graded_result r;
    assert_int_equal(spot_stats_interaction_graded(&full, &none, 2.0, &r), SPOT_OK);
    assert_close(r.z, 1.0 / sqrt(3.0 / 16 * 0.4), 0.0, ROUNDING);
    assert_int_equal(spot_stats_interaction_graded(&none, &none, 2.0, &r), SPOT_OK);
    assert_true(r.z == 0.0 && r.test.p_two_sided == 1.0);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    const spot_stats_stratum good = {{1, 2}, {1, 2}};
    const spot_stats_stratum bad[] = {{{3, 2}, {1, 2}}, {{1, 2}, {-1, 2}}};
    spot_stats_interaction_result r;
    assert_int_equal(spot_stats_interaction_counts(NULL, &good, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interaction_counts(&good, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interaction_counts(&good, &good, NULL), SPOT_E_INVALID);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(spot_stats_interaction_counts(&bad[i], &good, &r), SPOT_E_RANGE);
        assert_int_equal(spot_stats_interaction_counts(&good, &bad[i], &r), SPOT_E_RANGE);
    }
    const spot_stats_score_pair fair = {{1, 2}, {1, 2}};
    const spot_stats_score_pair wrong[] = {{{5, 2}, {1, 2}}, {{1, 2}, {1, 0}}, {{1, 2}, {NAN, 2}}};
    spot_stats_graded_result g;
    assert_int_equal(spot_stats_interaction_graded(NULL, &fair, 2.0, &g), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interaction_graded(&fair, NULL, 2.0, &g), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interaction_graded(&fair, &fair, 2.0, NULL), SPOT_E_INVALID);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_interaction_graded(&wrong[i], &fair, 2.0, &g), SPOT_E_RANGE);
        assert_int_equal(spot_stats_interaction_graded(&fair, &wrong[i], 2.0, &g), SPOT_E_RANGE);
    }
    const double grade[] = {0.0, -1.0, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(spot_stats_interaction_graded(&fair, &fair, grade[i], &g), SPOT_E_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_equal_the_count_of_all_pairs_of_tables),
        cmocka_unit_test(large_counts_agree_with_walds_test),
        cmocka_unit_test(the_published_dynamic_table_shows_an_interaction),
        cmocka_unit_test(grades_at_the_ends_are_judged_by_their_pool),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
