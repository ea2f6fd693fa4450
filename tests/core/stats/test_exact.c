/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, and every table counted in exact integers. */
#include "support/spot_test.h"

#include <math.h>

#include "core/stats/published.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

static const double PRINTED = 1e-6;   /* vectors printed with six or seven digits */
static const double ROUNDING = 1e-12; /* a few hundred roundings of exp, log and quotients */

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

enum { MAX_ROW = 12 };

/* C(n, k) for n <= 24 */
static uint64_t choose(int n, int k)
{
    uint64_t c = 1;
    for (int i = 1; i <= k; i++) {
        c = c * (uint64_t)(n - k + i) / (uint64_t)i;
    }
    return k < 0 || k > n ? 0 : c;
}

static void fisher_equals_the_count_of_all_tables(void **state)
{
    (void)state;
    for (int n_1 = 0; n_1 <= MAX_ROW; n_1++) {
        for (int n_2 = 0; n_2 <= MAX_ROW; n_2++) {
            for (int cell = 0; cell < (n_1 + 1) * (n_2 + 1); cell++) {
                int a = cell % (n_1 + 1);
                int b = cell / (n_1 + 1);
                uint64_t observed = choose(n_1, a) * choose(n_2, b);
                uint64_t at_least = 0;
                uint64_t at_most = 0;
                uint64_t rarer = 0;
                for (int k = 0; k <= a + b; k++) {
                    uint64_t ways = choose(n_1, k) * choose(n_2, a + b - k);
                    at_least += k >= a ? ways : 0;
                    at_most += k <= a ? ways : 0;
                    rarer += ways <= observed ? ways : 0;
                }
                double all = (double)choose(n_1 + n_2, a + b);
                spot_stats_test_result r;
                assert_int_equal(
                    spot_stats_fisher((spot_stats_count){a, n_1}, (spot_stats_count){b, n_2}, &r),
                    SPOT_OK);
                assert_close(r.p_candidate_better, (double)at_least / all, 0.0, ROUNDING);
                assert_close(r.p_baseline_better, (double)at_most / all, 0.0, ROUNDING);
                assert_close(r.p_two_sided, (double)rarer / all, 0.0, ROUNDING);
            }
        }
    }
}

static void fisher_reaches_far_tails_and_large_tables(void **state)
{
    (void)state;
    /* all against none: 1 / C(2n, n), in logarithms ln C(120, 60) = 80.8435... by exact integers */
    spot_stats_test_result r;
    assert_int_equal(spot_stats_fisher((spot_stats_count){60, 60}, (spot_stats_count){0, 60}, &r),
                     SPOT_OK);
    assert_close(r.p_candidate_better, 1.0 / 96614908840363322603893139521372656.0, 0.0, ROUNDING);
    assert_close(r.p_two_sided, 2.0 / 96614908840363322603893139521372656.0, 0.0, ROUNDING);
    assert_close(r.p_baseline_better, 1.0, 0.0, ROUNDING);
    /* the largest: symmetric, so both tails are 1/2 and half the middle term, which is nearly that
     * of a normal of variance n / 8 */
    const int n = SPOT_STATS_MAX_TRIALS;
    assert_int_equal(
        spot_stats_fisher((spot_stats_count){n / 2, n}, (spot_stats_count){n / 2, n}, &r), SPOT_OK);
    double middle = 1.0 / sqrt(2.0 * 3.14159265358979323846 * n / 8.0);
    assert_close(r.p_candidate_better, 0.5 + middle / 2, 0.0, 1e-9);
    assert_close(r.p_baseline_better, 0.5 + middle / 2, 0.0, 1e-9);
    assert_close(r.p_two_sided, 1.0, 0.0, 1e-9);
}

static void no_kinetix_task_shows_both_halves_alone(void **state)
{
    (void)state;
    /* TISED: more steps help without delay and hurt with it. Per task and one-sided at 5 %, five
     * steps against one: never both. One-sided p of two tasks by exact integers. */
    published_table t = published_load("kinetix_success.csv");
    for (int task = 0; task < N_KINETIX_TASK; task++) {
        spot_stats_count one = {(int)published_cell(&t, KINETIX_STEP_1, 3 + task), N_KINETIX};
        spot_stats_count five = {(int)published_cell(&t, KINETIX_STEP_5, 3 + task), N_KINETIX};
        spot_stats_count soon = {(int)published_cell(&t, KINETIX_AGX15_STEP_1, 3 + task),
                                 N_KINETIX};
        spot_stats_count late = {(int)published_cell(&t, KINETIX_AGX15_STEP_5, 3 + task),
                                 N_KINETIX};
        spot_stats_test_result helps;
        spot_stats_test_result hurts;
        assert_int_equal(spot_stats_fisher(five, one, &helps), SPOT_OK);
        assert_int_equal(spot_stats_fisher(soon, late, &hurts), SPOT_OK);
        assert_false(helps.p_candidate_better < 0.05 && hurts.p_candidate_better < 0.05);
        if (task == 1) { /* catapult */
            assert_close(helps.p_candidate_better, 0.02675256750000852, 0.0, ROUNDING);
            assert_close(hurts.p_candidate_better, 0.13015947487469381, 0.0, ROUNDING);
        }
        if (task == 2) { /* catcher */
            assert_close(hurts.p_candidate_better, 1.4603671894094003e-17, 0.0, ROUNDING);
        }
    }
}

static void impossible_tables_are_refused(void **state)
{
    (void)state;
    spot_stats_test_result r;
    const spot_stats_count good = {1, 2};
    const spot_stats_count bad[] = {{3, 2}, {-1, 2}, {1, (1 << 24) + 1}, {0, -1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_fisher(bad[i], good, &r), SPOT_E_RANGE);
        assert_int_equal(spot_stats_fisher(good, bad[i], &r), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_fisher(good, good, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_fisher((spot_stats_count){0, 0}, good, &r), SPOT_OK);
    assert_true(r.p_two_sided == 1.0 && r.p_candidate_better == 1.0 && r.p_baseline_better == 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mcnemar_matches_printed_vector),
        cmocka_unit_test(mcnemar_equals_exact_counting),
        cmocka_unit_test(mcnemar_handles_the_ends),
        cmocka_unit_test(fisher_equals_the_count_of_all_tables),
        cmocka_unit_test(fisher_reaches_far_tails_and_large_tables),
        cmocka_unit_test(no_kinetix_task_shows_both_halves_alone),
        cmocka_unit_test(impossible_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
