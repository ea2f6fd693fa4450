/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: all n^n resamples enumerated for small n; invariants; recomputation of point estimates.
 * Bounds on Monte-Carlo shares are 5 standard deviations of a binomial share. */
#include "support/spot_test.h"

#include <math.h>
#include <string.h>

#include "core/stats/paired.h"
#include "spot/rng.h"
#include "spot/stats.h"

static const double N_SIGMA = 5.0;
static const double ROUNDING = 1e-12;
enum { N_RESAMPLE = 10000, N_SEED = 60 };

static double work[SPOTI_N_STAT * N_RESAMPLE];

static double share_at_most(const double *sorted, size_t n, double bound)
{
    size_t count = 0;
    while (count < n && sorted[count] <= bound) {
        count++;
    }
    return (double)count / (double)n;
}

static double share_sd(double p, size_t n)
{
    return sqrt(p * (1 - p) / (double)n);
}

static void bootstrap_of_a_mean_agrees_with_all_27_resamples(void **state)
{
    (void)state;
    /* times (1, 2, 4): of 27 resamples 4 have a mean of at most 1.34 and 4 of at least 3.32 */
    const spot_stats_run candidate[] = {{true, 1.0, 1.0}, {true, 2.0, 1.0}, {true, 4.0, 1.0}};
    size_t n_defined[SPOTI_N_STAT];
    spoti_bootstrap_paired(candidate, candidate, 3, 1, N_RESAMPLE, work, n_defined);
    const double *means = work + (size_t)SPOTI_STAT_TIME_CANDIDATE * N_RESAMPLE;
    assert_int_equal(n_defined[SPOTI_STAT_TIME_CANDIDATE], N_RESAMPLE);
    double p = 4.0 / 27.0;
    double bound = N_SIGMA * share_sd(p, N_RESAMPLE);
    assert_close(share_at_most(means, N_RESAMPLE, 1.34), p, bound, 0.0);
    assert_close(1.0 - share_at_most(means, N_RESAMPLE, 3.32), p, bound, 0.0);
    assert_close(share_at_most(means, N_RESAMPLE, 0.999), 0.0, 0.0, 0.0);
    assert_close(share_at_most(means, N_RESAMPLE, 4.0), 1.0, 0.0, 0.0);
}

static void bootstrap_of_a_ratio_agrees_with_all_27_joint_resamples(void **state)
{
    (void)state;
    /* seed 1 fails for the candidate, seed 2 for the baseline, so pairing shows in the ratio */
    const spot_stats_run a[] = {{true, 3.0, 2.0}, {false, 9.0, 9.0}, {true, 5.0, 7.0}};
    const spot_stats_run b[] = {{true, 2.0, 2.0}, {true, 7.0, 3.0}, {false, 1.0, 1.0}};
    double ratio[27];
    int n_ratio = 0;
    for (int code = 0; code < 27; code++) {
        const int drawn[] = {code % 3, code / 3 % 3, code / 9};
        double sum_a = 0.0;
        double sum_b = 0.0;
        int n_a = 0;
        int n_b = 0;
        for (int i = 0; i < 3; i++) {
            int k = drawn[i];
            sum_a += a[k].success ? a[k].time_s : 0.0;
            sum_b += b[k].success ? b[k].time_s : 0.0;
            n_a += a[k].success;
            n_b += b[k].success;
        }
        if (n_a > 0 && n_b > 0) {
            ratio[n_ratio++] = (sum_a / n_a) / (sum_b / n_b);
        }
    }
    size_t n_defined[SPOTI_N_STAT];
    spoti_bootstrap_paired(a, b, 3, 2, N_RESAMPLE, work, n_defined);
    size_t n = n_defined[SPOTI_STAT_TIME_RATIO];
    /* two resamples are undefined: seed 1 three times, seed 2 three times */
    assert_int_equal(n_ratio, 25);
    double undefined = 2.0 / 27;
    assert_close(1.0 - (double)n / N_RESAMPLE, undefined, N_SIGMA * share_sd(undefined, N_RESAMPLE),
                 0.0);
    for (int j = 0; j < n_ratio; j++) {
        int n_at_most = 0;
        for (int i = 0; i < n_ratio; i++) {
            n_at_most += ratio[i] <= ratio[j] + ROUNDING;
        }
        double p = (double)n_at_most / n_ratio;
        double got = share_at_most(work + (size_t)SPOTI_STAT_TIME_RATIO * N_RESAMPLE, n,
                                   ratio[j] + ROUNDING);
        assert_close(got, p, N_SIGMA * share_sd(p, n), 0.0);
    }
}

/* Runs with a known effect: the candidate takes `factor` times as long and fails more often. */
static void make_runs(uint64_t seed, double factor, spot_stats_run *a, spot_stats_run *b, int n)
{
    for (int i = 0; i < n; i++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, (uint64_t)i);
        double difficulty = spot_rng_uniform(&rng, 5.0, 20.0);
        b[i].success = spot_rng_uniform(&rng, 0.0, 1.0) < 0.9;
        b[i].time_s = difficulty * spot_rng_uniform(&rng, 0.9, 1.1);
        b[i].chunks = 10.0 + spot_rng_below(&rng, 10);
        a[i].success = spot_rng_uniform(&rng, 0.0, 1.0) < 0.7;
        a[i].time_s = factor * difficulty * spot_rng_uniform(&rng, 0.9, 1.1);
        a[i].chunks = 12.0 + spot_rng_below(&rng, 10);
    }
}

static spot_stats_paired_result compare(const spot_stats_run *a, const spot_stats_run *b, int n)
{
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    spot_stats_paired_result result;
    assert_int_equal(spot_stats_paired(&config, a, b, n, work, &result), SPOT_OK);
    return result;
}

static void estimates_are_those_of_the_data(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(3, 0.8, a, b, N_SEED);
    double sum_a = 0.0;
    double chunks_a = 0.0;
    double sum_b = 0.0;
    double chunks_b = 0.0;
    int n_a = 0;
    int n_b = 0;
    int n_both = 0;
    for (int i = 0; i < N_SEED; i++) {
        sum_a += a[i].success ? a[i].time_s : 0;
        chunks_a += a[i].success ? a[i].chunks : 0;
        sum_b += b[i].success ? b[i].time_s : 0;
        chunks_b += b[i].success ? b[i].chunks : 0;
        n_a += a[i].success;
        n_b += b[i].success;
        n_both += a[i].success && b[i].success;
    }
    spot_stats_paired_result r = compare(a, b, N_SEED);
    assert_int_equal(r.n_seed, N_SEED);
    assert_int_equal(r.successes_candidate, n_a);
    assert_int_equal(r.successes_baseline, n_b);
    assert_int_equal(r.candidate_only, n_a - n_both);
    assert_int_equal(r.baseline_only, n_b - n_both);
    assert_close(r.time_candidate.value, sum_a / n_a, 0.0, ROUNDING);
    assert_close(r.time_baseline.value, sum_b / n_b, 0.0, ROUNDING);
    assert_close(r.time_ratio.value, (sum_a / n_a) / (sum_b / n_b), 0.0, ROUNDING);
    assert_close(r.chunks_candidate.value, chunks_a / n_a, 0.0, ROUNDING);
    assert_close(r.chunks_ratio.value, (chunks_a / n_a) / (chunks_b / n_b), 0.0, ROUNDING);
    assert_close(r.success_difference.value, (double)(n_a - n_b) / N_SEED, 0.0, ROUNDING);
    const spot_estimate *all[] = {&r.time_candidate,   &r.time_baseline, &r.time_ratio,
                                  &r.chunks_candidate, &r.chunks_ratio,  &r.success_difference};
    for (int k = 0; k < SPOTI_N_STAT; k++) {
        assert_int_equal(all[k]->support, SPOT_STATS_SUFFICIENT);
        assert_true(all[k]->ci.lo < all[k]->value && all[k]->value < all[k]->ci.hi);
    }
}

static void intervals_cut_off_equal_tails_of_the_resamples(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(12, 0.9, a, b, N_SEED);
    static const double confidences[] = {0.5, 0.95, 0.99};
    for (size_t c = 0; c < sizeof(confidences) / sizeof(confidences[0]); c++) {
        spot_stats_paired_config config;
        spot_stats_paired_config_default(&config);
        config.confidence = confidences[c];
        spot_stats_paired_result r;
        assert_int_equal(spot_stats_paired(&config, a, b, N_SEED, work, &r), SPOT_OK);
        /* the ratio is continuous: no ties, so a share is off by one resample at most */
        const double *ratios = work + (size_t)SPOTI_STAT_TIME_RATIO * N_RESAMPLE;
        double tail = (1.0 - confidences[c]) / 2;
        double one = 1.0 / N_RESAMPLE + ROUNDING;
        assert_close(share_at_most(ratios, N_RESAMPLE, r.time_ratio.ci.lo), tail, one, 0.0);
        assert_close(share_at_most(ratios, N_RESAMPLE, r.time_ratio.ci.hi), 1 - tail, one, 0.0);
    }
}

static void a_point_against_itself_differs_by_nothing(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(4, 1.0, a, b, N_SEED);
    spot_stats_paired_result r = compare(b, b, N_SEED);
    assert_true(r.time_ratio.value == 1.0 && r.time_ratio.ci.lo == 1.0 &&
                r.time_ratio.ci.hi == 1.0);
    assert_true(r.success_difference.ci.lo == 0.0 && r.success_difference.ci.hi == 0.0);
    assert_true(r.time_candidate.ci.lo == r.time_baseline.ci.lo);
}

static void swapping_the_points_inverts_the_ratio(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(5, 0.9, a, b, N_SEED);
    spot_stats_paired_result ab = compare(a, b, N_SEED);
    spot_stats_paired_result ba = compare(b, a, N_SEED);
    assert_close(ab.time_ratio.value * ba.time_ratio.value, 1.0, 0.0, ROUNDING);
    /* interpolation between order statistics does not commute with 1/x; neighbours among 10,000
     * resamples are within 1e-3 of each other */
    assert_close(ab.time_ratio.ci.lo * ba.time_ratio.ci.hi, 1.0, 0.0, 1e-3);
    assert_close(ab.success_difference.ci.lo, -ba.success_difference.ci.hi, ROUNDING, 0.0);
}

static void unit_of_time_does_not_matter_and_reruns_are_equal_bytes(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(6, 0.9, a, b, N_SEED);
    spot_stats_paired_result first = compare(a, b, N_SEED);
    spot_stats_paired_result second = compare(a, b, N_SEED);
    assert_memory_equal(&first.time_ratio, &second.time_ratio, sizeof(double) * 3);
    for (int i = 0; i < N_SEED; i++) {
        a[i].time_s *= 1024.0; /* exact in binary */
        b[i].time_s *= 1024.0;
    }
    spot_stats_paired_result scaled = compare(a, b, N_SEED);
    assert_true(scaled.time_ratio.ci.lo == first.time_ratio.ci.lo);
    assert_true(scaled.time_candidate.ci.hi == 1024.0 * first.time_candidate.ci.hi);
}

static void failures_times_are_never_read(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(7, 0.9, a, b, N_SEED);
    spot_stats_paired_result want = compare(a, b, N_SEED);
    for (int i = 0; i < N_SEED; i++) {
        if (!a[i].success) {
            a[i].time_s = NAN;
            a[i].chunks = -1.0;
        }
    }
    spot_stats_paired_result got = compare(a, b, N_SEED);
    assert_true(got.time_ratio.ci.lo == want.time_ratio.ci.lo);
    assert_true(got.time_ratio.ci.hi == want.time_ratio.ci.hi);
}

static void few_successes_are_insufficient_and_none_is_none(void **state)
{
    (void)state;
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    make_runs(8, 1.0, a, b, N_SEED);
    for (int n_success = 0; n_success <= 11; n_success++) {
        for (int i = 0; i < N_SEED; i++) {
            a[i].success = i < n_success;
        }
        spot_stats_paired_result r = compare(a, b, N_SEED);
        spot_stats_support want = n_success == 0   ? SPOT_STATS_NONE
                                  : n_success < 10 ? SPOT_STATS_INSUFFICIENT
                                                   : SPOT_STATS_SUFFICIENT;
        assert_int_equal(r.time_candidate.support, want);
        assert_int_equal(r.time_ratio.support, want);
        assert_int_equal(r.chunks_ratio.support, want);
        assert_int_equal(r.time_baseline.support, SPOT_STATS_SUFFICIENT);
        assert_int_equal(r.success_difference.support, SPOT_STATS_SUFFICIENT);
        if (n_success == 0) {
            assert_true(r.time_candidate.value == 0.0);
        }
    }
}

static void intervals_cover_the_true_ratio_as_often_as_they_say(void **state)
{
    (void)state;
    /* 400 data sets with a true ratio of 0.8 (difficulty and success are independent): a 95 %
     * interval misses about 5 % of them. The percentile bootstrap of 60 seeds under-covers by a
     * point or two, so the lower bound allows 92 % less 5 standard deviations; the upper one is
     * 95 % plus 5 standard deviations. */
    enum { N_DATA = 400, N_SMALL = 500 };
    spot_stats_run a[N_SEED];
    spot_stats_run b[N_SEED];
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    config.n_resample = N_SMALL;
    int covered = 0;
    for (int i = 0; i < N_DATA; i++) {
        make_runs(1000 + (uint64_t)i, 0.8, a, b, N_SEED);
        spot_stats_paired_result r;
        assert_int_equal(spot_stats_paired(&config, a, b, N_SEED, work, &r), SPOT_OK);
        covered += r.time_ratio.ci.lo <= 0.8 && 0.8 <= r.time_ratio.ci.hi;
    }
    double share = (double)covered / N_DATA;
    assert_true(share >= 0.92 - N_SIGMA * share_sd(0.92, N_DATA));
    assert_true(share <= 0.95 + N_SIGMA * share_sd(0.95, N_DATA));
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_run a[2] = {{true, 1.0, 1.0}, {true, 2.0, 1.0}};
    spot_stats_paired_config config;
    memset(&config, 0xA5, sizeof(config));
    spot_stats_paired_config_default(&config);
    assert_true(config.confidence == 0.95 && config.n_resample == 10000 &&
                config.min_successes == 10 && config.seed == 1);
    spot_stats_paired_result r;
    assert_int_equal(spot_stats_paired(NULL, a, a, 2, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_paired(&config, NULL, a, 2, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_paired(&config, a, NULL, 2, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_paired(&config, a, a, 2, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_paired(&config, a, a, 2, work, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_paired(&config, a, a, 0, work, &r), SPOT_E_RANGE);
    spot_stats_paired_config bad = config;
    bad.confidence = NAN;
    assert_int_equal(spot_stats_paired(&bad, a, a, 2, work, &r), SPOT_E_RANGE);
    bad = config;
    bad.n_resample = 0;
    assert_int_equal(spot_stats_paired(&bad, a, a, 2, work, &r), SPOT_E_RANGE);
    bad = config;
    bad.min_successes = 0;
    assert_int_equal(spot_stats_paired(&bad, a, a, 2, work, &r), SPOT_E_RANGE);
    const double bad_values[] = {NAN, INFINITY, 0.0, -1.0};
    for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++) {
        spot_stats_run c[2] = {a[0], a[1]};
        c[1].time_s = bad_values[i];
        assert_int_equal(spot_stats_paired(&config, a, c, 2, work, &r), SPOT_E_RANGE);
        c[1] = a[1];
        c[1].chunks = bad_values[i];
        assert_int_equal(spot_stats_paired(&config, c, a, 2, work, &r), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_paired_work_size(0), 0);
    assert_int_equal(spot_stats_paired_work_size(-5), 0);
    assert_int_equal(spot_stats_paired_work_size(10), 10 * SPOTI_N_STAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bootstrap_of_a_mean_agrees_with_all_27_resamples),
        cmocka_unit_test(bootstrap_of_a_ratio_agrees_with_all_27_joint_resamples),
        cmocka_unit_test(estimates_are_those_of_the_data),
        cmocka_unit_test(intervals_cut_off_equal_tails_of_the_resamples),
        cmocka_unit_test(a_point_against_itself_differs_by_nothing),
        cmocka_unit_test(swapping_the_points_inverts_the_ratio),
        cmocka_unit_test(unit_of_time_does_not_matter_and_reruns_are_equal_bytes),
        cmocka_unit_test(failures_times_are_never_read),
        cmocka_unit_test(few_successes_are_insufficient_and_none_is_none),
        cmocka_unit_test(intervals_cover_the_true_ratio_as_often_as_they_say),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
