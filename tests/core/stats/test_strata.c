/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: moments of all tables enumerated, Pearson's chi-square, closed testing by brute force,
 * the published tables. */
#include "support/spot_test.h"

#include <math.h>

#include "core/stats/published.h"
#include "spot/rng.h"
#include "spot/stats_tests.h"

static const double ROUNDING = 1e-12;

static spot_stats_cmh_result cmh(const spot_stats_stratum *strata, int n)
{
    spot_stats_cmh_result r;
    assert_int_equal(spot_stats_cmh(strata, n, &r), SPOT_OK);
    return r;
}

/* C(n, k) */
static double choose(int n, int k)
{
    double c = 1.0;
    for (int i = 1; i <= k; i++) {
        c = c * (n - k + i) / i;
    }
    return k < 0 || k > n ? 0.0 : c;
}

/* Adds mean and variance of the candidate's successes over all tables with these margins. */
static void add_moments(const spot_stats_stratum *s, double *mean, double *variance)
{
    int total = s->candidate.successes + s->baseline.successes;
    double all = choose(s->candidate.n + s->baseline.n, total);
    double first = 0.0;
    double second = 0.0;
    for (int k = 0; k <= s->candidate.n; k++) {
        double p = choose(s->candidate.n, k) * choose(s->baseline.n, total - k) / all;
        first += k * p;
        second += (double)k * k * p;
    }
    *mean += first;
    *variance += second - first * first;
}

static void cmh_equals_the_moments_of_all_tables(void **state)
{
    (void)state;
    enum { N_STRATUM = 4 };
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    for (int trial = 0; trial < 200; trial++) {
        spot_stats_stratum s[N_STRATUM];
        double successes = 0.0;
        double mean = 0.0;
        double variance = 0.0;
        double odds_for = 0.0;
        double odds_against = 0.0;
        for (int i = 0; i < N_STRATUM; i++) {
            s[i].candidate.n = 1 + (int)spot_rng_below(&rng, 15);
            s[i].baseline.n = 1 + (int)spot_rng_below(&rng, 15);
            s[i].candidate.successes = (int)spot_rng_below(&rng, (uint32_t)s[i].candidate.n + 1);
            s[i].baseline.successes = (int)spot_rng_below(&rng, (uint32_t)s[i].baseline.n + 1);
            successes += s[i].candidate.successes;
            add_moments(&s[i], &mean, &variance);
            double n = s[i].candidate.n + s[i].baseline.n;
            odds_for += s[i].candidate.successes * (s[i].baseline.n - s[i].baseline.successes) / n;
            odds_against +=
                s[i].baseline.successes * (s[i].candidate.n - s[i].candidate.successes) / n;
        }
        spot_stats_cmh_result r = cmh(s, N_STRATUM);
        double z = (successes - mean) / sqrt(variance);
        assert_close(r.z, z, 1e-11, 1e-11);
        assert_close(r.test.p_two_sided, erfc(fabs(z) / sqrt(2.0)), 0.0, 1e-9);
        assert_close(r.test.p_candidate_better, 0.5 * erfc(z / sqrt(2.0)), 0.0, 1e-9);
        assert_close(r.test.p_baseline_better, 0.5 * erfc(-z / sqrt(2.0)), 0.0, 1e-9);
        assert_true(r.has_odds_ratio == (odds_against > 0.0));
        assert_close(r.odds_ratio, r.has_odds_ratio ? odds_for / odds_against : 0.0, 0.0, ROUNDING);
    }
}

static void cmh_of_one_stratum_is_pearsons_chi_square(void **state)
{
    (void)state;
    /* (N - 1) / N times N (ad - bc)^2 over the product of the margins */
    const spot_stats_stratum s = {{700000, 1000000}, {698000, 1000000}};
    double determinant = 7e5 * 3.02e5 - 3e5 * 6.98e5;
    double chi = (2e6 - 1) * determinant * determinant / (1e6 * 1e6 * 1.398e6 * 0.602e6);
    assert_close(pow(cmh(&s, 1).z, 2), chi, 0.0, ROUNDING);
    assert_close(cmh(&s, 1).odds_ratio, 7e5 * 3.02e5 / (3e5 * 6.98e5), 0.0, ROUNDING);
}

static void cmh_leaves_out_strata_that_say_nothing(void **state)
{
    (void)state;
    const spot_stats_stratum s[] = {
        {{3, 9}, {5, 8}}, {{4, 4}, {7, 7}}, {{0, 4}, {0, 7}}, {{2, 5}, {0, 0}}, {{0, 0}, {0, 0}}};
    assert_true(cmh(s, 5).z == cmh(s, 1).z);
    assert_int_equal(cmh(s, 5).n_informative, 1);
    spot_stats_cmh_result none = cmh(s + 1, 4);
    assert_int_equal(none.n_informative, 0);
    assert_true(none.test.p_two_sided == 1.0 && none.test.p_candidate_better == 1.0 &&
                none.test.p_baseline_better == 1.0 && none.z == 0.0 && !none.has_odds_ratio);
    spot_stats_cmh_result r;
    assert_int_equal(spot_stats_cmh(NULL, 1, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_cmh(s, 1, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_cmh(s, 0, &r), SPOT_E_RANGE);
    const spot_stats_stratum bad[] = {{{3, 2}, {1, 2}}, {{1, 2}, {-1, 2}}};
    assert_int_equal(spot_stats_cmh(&bad[0], 1, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_cmh(&bad[1], 1, &r), SPOT_E_RANGE);
}

static void kinetix_reverses_pooled_over_its_tasks(void **state)
{
    (void)state;
    /* five steps beat one without delay, and lose with the delay of an AGX 15 W. z from the exact
     * fractions of the hypergeometric moments: 22.5 / sqrt (35.9578...), -48 / sqrt (58.5862...) */
    published_table t = published_load("kinetix_success.csv");
    spot_stats_stratum helps[N_KINETIX_TASK];
    spot_stats_stratum hurts[N_KINETIX_TASK];
    for (int i = 0; i < N_KINETIX_TASK; i++) {
        helps[i] =
            (spot_stats_stratum){{(int)published_cell(&t, KINETIX_STEP_5, 3 + i), N_KINETIX},
                                 {(int)published_cell(&t, KINETIX_STEP_1, 3 + i), N_KINETIX}};
        hurts[i] =
            (spot_stats_stratum){{(int)published_cell(&t, KINETIX_AGX15_STEP_5, 3 + i), N_KINETIX},
                                 {(int)published_cell(&t, KINETIX_AGX15_STEP_1, 3 + i), N_KINETIX}};
    }
    spot_stats_cmh_result without = cmh(helps, N_KINETIX_TASK);
    assert_close(without.z, 3.7521976002049784, 0.0, ROUNDING);
    assert_close(without.test.p_candidate_better, 8.764560555297544e-05, 0.0, 1e-10);
    assert_true(without.odds_ratio > 1.0 && without.n_informative == N_KINETIX_TASK);
    spot_stats_cmh_result with = cmh(hurts, N_KINETIX_TASK);
    assert_close(with.z, -6.27109379268656, 0.0, ROUNDING);
    assert_close(with.test.p_baseline_better, 1.792602803392367e-10, 0.0, 1e-10);
    assert_true(with.odds_ratio < 1.0);
}

static void graded_variance_is_the_worst_case(void **state)
{
    (void)state;
    /* all ways to grade six trials 0, 1 or 2: none varies more than assumed, some exactly so */
    enum { N = 6, N_WAY = 729 };
    double most[2 * N + 1] = {0};
    for (int code = 0; code < N_WAY; code++) {
        int sum = 0;
        int square = 0;
        for (int i = 0, c = code; i < N; i++, c /= 3) {
            sum += c % 3;
            square += (c % 3) * (c % 3);
        }
        double mean = (double)sum / N;
        most[sum] = fmax(most[sum], (double)square / N - mean * mean);
    }
    for (int sum = 1; sum < 2 * N; sum++) {
        /* the assumed variance, read back from z against a sure mean of 0 */
        spot_stats_graded_result r;
        assert_int_equal(
            spot_stats_graded((spot_stats_score){sum, N}, (spot_stats_score){0.0, N}, 2.0, &r),
            SPOT_OK);
        double variance = N * pow((double)sum / N / r.z, 2);
        assert_true(variance >= most[sum] - ROUNDING);
        if (sum % 2 == 0) { /* all grades 0 or 2 */
            assert_close(variance, most[sum], 0.0, ROUNDING);
        }
    }
}

static void conveyor_gain_is_solid_on_agx_and_open_on_rtx(void **state)
{
    (void)state;
    enum { RTX = 1, AGX = 2, STEP_4 = 1, STEP_16 = 2, N_TRIAL = 30 };
    published_table t = published_load("real_dynamic_platforms.csv");
    spot_stats_graded_result r;
    assert_int_equal(
        spot_stats_graded((spot_stats_score){published_cell(&t, AGX, STEP_4), N_TRIAL},
                          (spot_stats_score){published_cell(&t, AGX, STEP_16), N_TRIAL}, 2.0, &r),
        SPOT_OK);
    /* means 45/30 and 26/30; sqrt ((0.75 + 26/30 34/30) / 30) = 0.2402930 */
    assert_close(r.z, (19.0 / 30) / sqrt((0.75 + 884.0 / 900) / 30), 0.0, ROUNDING);
    assert_close(r.z, 2.64, 0.005, 0.0);
    assert_close(r.test.p_candidate_better, 0.0042, 5e-5, 0.0);
    assert_int_equal(
        spot_stats_graded((spot_stats_score){published_cell(&t, RTX, STEP_16), N_TRIAL},
                          (spot_stats_score){published_cell(&t, RTX, STEP_4), N_TRIAL}, 2.0, &r),
        SPOT_OK);
    assert_close(r.test.p_candidate_better, 0.37, 0.005, 0.0);
    assert_close(r.test.p_candidate_better + r.test.p_baseline_better, 1.0, 0.0, ROUNDING);
    assert_close(r.test.p_two_sided, 2 * r.test.p_candidate_better, 0.0, ROUNDING);
}

static void graded_handles_the_ends(void **state)
{
    (void)state;
    spot_stats_graded_result r;
    const spot_stats_score none = {0.0, 10};
    const spot_stats_score full = {20.0, 10};
    assert_int_equal(spot_stats_graded(none, none, 2.0, &r), SPOT_OK);
    assert_true(r.z == 0.0 && r.test.p_two_sided == 1.0);
    assert_int_equal(spot_stats_graded(full, full, 2.0, &r), SPOT_OK);
    assert_true(r.z == 0.0 && r.test.p_two_sided == 1.0);
    /* all against none: the pooled mean 1/2 has variance 1/4 */
    assert_int_equal(spot_stats_graded(full, none, 2.0, &r), SPOT_OK);
    assert_close(r.z, 1.0 / sqrt(0.25 * 0.2), 0.0, ROUNDING);
    /* unequal trials, each with its own mean */
    assert_int_equal(
        spot_stats_graded((spot_stats_score){6.0, 4}, (spot_stats_score){3.0, 9}, 2.0, &r),
        SPOT_OK);
    assert_close(r.z, (1.5 - 1.0 / 3) / sqrt(1.5 * 0.5 / 4 + 1.0 / 3 * (5.0 / 3) / 9), 0.0,
                 ROUNDING);
    const spot_stats_score bad[] = {{-1.0, 10}, {20.1, 10}, {NAN, 10}, {1.0, 0}, {INFINITY, 3}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_graded(bad[i], full, 2.0, &r), SPOT_E_RANGE);
        assert_int_equal(spot_stats_graded(full, bad[i], 2.0, &r), SPOT_E_RANGE);
    }
    const double bad_grades[] = {0.0, -2.0, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(spot_stats_graded(none, none, bad_grades[i], &r), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_graded(none, none, 2.0, NULL), SPOT_E_INVALID);
}

static void holm_equals_closed_testing(void **state)
{
    (void)state;
    /* Holm's correction rejects i if Bonferroni rejects every set of hypotheses that holds i */
    enum { MAX_N = 7 };
    spot_rng rng = spot_rng_at(2, SPOT_STREAM_RESET, 0);
    for (int trial = 0; trial < 300; trial++) {
        int n = 1 + trial % MAX_N;
        double p[MAX_N];
        double adjusted[MAX_N];
        int order[MAX_N];
        for (int i = 0; i < n; i++) {
            p[i] = (double)spot_rng_below(&rng, 30) / 60.0; /* with ties and zeros */
        }
        assert_int_equal(spot_stats_holm(p, n, order, adjusted), SPOT_OK);
        for (int i = 0; i < n; i++) {
            double worst = 0.0;
            for (unsigned set = 0; set < 1U << n; set++) {
                double least = 1.0;
                int size = 0;
                for (int j = 0; j < n; j++) {
                    least = (set >> j & 1U) != 0 ? fmin(least, p[j]) : least;
                    size += (set >> j & 1U) != 0;
                }
                worst = (set >> i & 1U) != 0 ? fmax(worst, fmin(1.0, size * least)) : worst;
            }
            assert_close(adjusted[i], worst, 0.0, ROUNDING);
            assert_true(i == 0 || p[order[i - 1]] <= p[order[i]]);
        }
        /* in place */
        assert_int_equal(spot_stats_holm(p, n, order, p), SPOT_OK);
        assert_memory_equal(p, adjusted, (size_t)n * sizeof(*p));
    }
    double p[2] = {0.5, NAN};
    int order[2];
    assert_int_equal(spot_stats_holm(p, 2, order, p), SPOT_E_RANGE);
    p[1] = 1.1;
    assert_int_equal(spot_stats_holm(p, 2, order, p), SPOT_E_RANGE);
    assert_int_equal(spot_stats_holm(p, 0, order, p), SPOT_E_RANGE);
    assert_int_equal(spot_stats_holm(NULL, 1, order, p), SPOT_E_INVALID);
    assert_int_equal(spot_stats_holm(p, 1, NULL, p), SPOT_E_INVALID);
    assert_int_equal(spot_stats_holm(p, 1, order, NULL), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmh_equals_the_moments_of_all_tables),
        cmocka_unit_test(cmh_of_one_stratum_is_pearsons_chi_square),
        cmocka_unit_test(cmh_leaves_out_strata_that_say_nothing),
        cmocka_unit_test(kinetix_reverses_pooled_over_its_tasks),
        cmocka_unit_test(graded_variance_is_the_worst_case),
        cmocka_unit_test(conveyor_gain_is_solid_on_agx_and_open_on_rtx),
        cmocka_unit_test(graded_handles_the_ends),
        cmocka_unit_test(holm_equals_closed_testing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
