/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: all n^n resamples enumerated, with the BCa formula written out anew; a worked example of
 * Efron and Tibshirani (1993); the paired bootstrap, which sums its resamples another way. Bounds on
 * Monte-Carlo shares are 5 standard deviations of a binomial share (false alarm 6e-7 each). */
#include "support/spot_test.h"

#include <math.h>
#include <string.h>

#include "core/stats/bootstrap.h"
#include "core/stats/order.h"
#include "core/stats/paired.h"
#include "spot/rng.h"
#include "spot/stats.h"

static const double N_SIGMA = 5.0;
static const double ROUNDING = 1e-12;
enum { N = 5, N_ALL = 3125, N_RESAMPLE = 40000, MAX_SEED = 60 };

static double work[(N_RESAMPLE + MAX_SEED) * SPOTI_N_STAT];

static const double X[N] = {1.0, 2.5, 3.7, 9.2, 4.4};
static const double Y[N] = {2.0, 2.2, 5.1, 4.3, 3.9};

/* sum x / sum y; undefined without the first seed if data is not NULL */
static bool ratio(const double *weight, int n_seed, const void *data, double *value)
{
    double x = 0.0;
    double y = 0.0;
    for (int i = 0; i < n_seed; i++) {
        x += weight[i] * X[i];
        y += weight[i] * Y[i];
    }
    *value = x / y;
    return data == NULL || weight[0] > 0.0;
}

static spot_stats_bootstrap_result bootstrap(spot_stats_statistic statistic, int n_seed,
                                             const void *data, double null_value, int n_resample)
{
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    config.n_resample = n_resample;
    spot_stats_bootstrap_result r;
    assert_int_equal(spot_stats_bootstrap(&config, n_seed, statistic, data, null_value, work, &r),
                     SPOT_OK);
    return r;
}

/* The ratio of all 5^5 resamples, sorted. */
static void enumerate(double *all)
{
    for (int code = 0; code < N_ALL; code++) {
        double weight[N] = {0};
        for (int i = 0, c = code; i < N; i++, c /= N) {
            weight[c % N] += 1.0;
        }
        assert_true(ratio(weight, N, NULL, &all[code]));
    }
    spoti_sort(all, N_ALL);
}

static double share_below(const double *sorted, double bound)
{
    int n = 0;
    while (n < N_ALL && sorted[n] < bound) {
        n++;
    }
    return (double)n / N_ALL;
}

static double upper_normal(double z)
{
    return 0.5 * erfc(z / sqrt(2.0));
}

/* The shares of resamples below the ends of a 95 % BCa interval: the formula of Efron 1987. */
static void exact_bca_shares(const double *all, double *lo, double *hi)
{
    const double ones[N] = {1, 1, 1, 1, 1};
    double value = NAN;
    double left_out[N];
    double mean = 0.0;
    (void)ratio(ones, N, NULL, &value);
    for (int i = 0; i < N; i++) {
        double weight[N] = {1, 1, 1, 1, 1};
        weight[i] = 0.0;
        (void)ratio(weight, N, NULL, &left_out[i]);
        mean += left_out[i] / N;
    }
    double square = 0.0;
    double cube = 0.0;
    for (int i = 0; i < N; i++) {
        square += pow(mean - left_out[i], 2);
        cube += pow(mean - left_out[i], 3);
    }
    double a = cube / (6.0 * pow(square, 1.5));
    double below =
        0.5 * (share_below(all, value * (1 - 1e-9)) + share_below(all, value * (1 + 1e-9)));
    double z0 = 0.0;
    assert_int_equal(spot_stats_normal_quantile(below, &z0), SPOT_OK);
    assert_true(fabs(a) > 0.05 && fabs(z0) > 0.05); /* both corrections matter here */
    const double z = 1.959963984540054;
    *lo = upper_normal(-(z0 + (z0 - z) / (1 - a * (z0 - z))));
    *hi = upper_normal(-(z0 + (z0 + z) / (1 - a * (z0 + z))));
}

static void intervals_agree_with_all_resamples(void **state)
{
    (void)state;
    static double all[N_ALL];
    enumerate(all);
    spot_stats_bootstrap_result r = bootstrap(ratio, N, NULL, 1.2, N_RESAMPLE);
    assert_close(r.value, 20.8 / 17.5, 0.0, ROUNDING);
    assert_int_equal(r.n_defined, N_RESAMPLE);
    double p[4] = {0.025, 0.975};
    exact_bca_shares(all, &p[2], &p[3]);
    assert_true(fabs(p[2] - p[0]) > 0.003 && fabs(p[3] - p[1]) > 0.003); /* it moves the ends */
    const double end[4] = {r.percentile.lo, r.percentile.hi, r.bca.lo, r.bca.hi};
    for (int i = 0; i < 4; i++) {
        /* p lies between the shares strictly below and up to the end, give or take sampling: that
         * of the resamples, and for BCa that of z0, whose share has sd 1 / (2 sqrt n) and moves p by
         * at most 2 density (z) / density (0) = 0.3 times as much */
        double slack = N_SIGMA * (sqrt(p[i] * (1 - p[i]) / N_RESAMPLE) + 0.15 / sqrt(N_RESAMPLE));
        assert_true(share_below(all, end[i] * (1 - 1e-9)) <= p[i] + slack);
        assert_true(share_below(all, end[i] * (1 + 1e-9)) >= p[i] - slack);
    }
    /* one-sided p-values are the shares against */
    double below = share_below(all, 1.2);
    double slack = N_SIGMA * sqrt(below * (1 - below) / N_RESAMPLE) + 2.0 / N_RESAMPLE;
    assert_close(r.p_below, 1.0 - below, slack, 0.0);
    assert_close(r.p_above, below, slack, 0.0);
}

static void bca_of_the_full_enumeration_is_the_formula(void **state)
{
    (void)state;
    static double all[N_ALL];
    enumerate(all);
    spoti_jackknife j = {0};
    double value = NAN;
    for (int pass = 0; pass < SPOTI_N_JACKKNIFE_PASS; pass++) {
        for (int i = 0; i < N; i++) {
            double weight[N] = {1, 1, 1, 1, 1};
            weight[i] = 0.0;
            (void)ratio(weight, N, NULL, &value);
            spoti_jackknife_add(&j, pass, true, value);
        }
    }
    double lo = NAN;
    double hi = NAN;
    exact_bca_shares(all, &lo, &hi);
    spot_interval ci = spoti_bca_interval(all, N_ALL, 20.8 / 17.5, &j, 0.95);
    assert_close(ci.lo, spoti_quantile(all, N_ALL, lo), 0.0, 1e-9);
    assert_close(ci.hi, spoti_quantile(all, N_ALL, hi), 0.0, 1e-9);
}

/* Efron and Tibshirani, An Introduction to the Bootstrap, Table 14.1, column A. */
static const double SPATIAL[] = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                 0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
enum { N_SPATIAL = (int)(sizeof(SPATIAL) / sizeof(SPATIAL[0])) };

static bool variance(const double *weight, int n_seed, const void *data, double *value)
{
    const double *x = data;
    double n = 0.0;
    double sum = 0.0;
    double square = 0.0;
    for (int i = 0; i < n_seed; i++) {
        n += weight[i];
        sum += weight[i] * x[i];
        square += weight[i] * x[i] * x[i];
    }
    *value = square / n - sum / n * (sum / n);
    return true;
}

static void bca_reproduces_the_textbook_example(void **state)
{
    (void)state;
    /* chapter 14: variance 171.5, 90 % percentile interval (100.8, 233.9), BCa (115.8, 259.6) from
     * 2000 resamples, whose quantiles at 5 % have a standard error of about 1.5 % */
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    config.confidence = 0.9;
    config.n_resample = N_RESAMPLE;
    spot_stats_bootstrap_result r;
    assert_int_equal(spot_stats_bootstrap(&config, N_SPATIAL, variance, SPATIAL, 0.0, work, &r),
                     SPOT_OK);
    assert_close(r.value, 171.5, 0.05, 0.0);
    assert_close(r.percentile.lo, 100.8, 0.0, 0.03);
    assert_close(r.percentile.hi, 233.9, 0.0, 0.03);
    assert_close(r.bca.lo, 115.8, 0.0, 0.03);
    assert_close(r.bca.hi, 259.6, 0.0, 0.03);
}

static spot_stats_run candidate[MAX_SEED];
static spot_stats_run baseline[MAX_SEED];

static void make_runs(uint64_t seed)
{
    for (int i = 0; i < MAX_SEED; i++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, (uint64_t)i);
        double hard = spot_rng_uniform(&rng, 0.0, 1.0);
        baseline[i].success = spot_rng_uniform(&rng, 0.0, 1.0) < 0.9;
        baseline[i].time_s = 5.0 + 20.0 * hard * hard * hard;
        baseline[i].chunks = 10.0 + spot_rng_below(&rng, 10);
        candidate[i].success = spot_rng_uniform(&rng, 0.0, 1.0) < 0.7;
        candidate[i].time_s = baseline[i].time_s * spot_rng_uniform(&rng, 0.7, 1.15);
        candidate[i].chunks = 12.0 + spot_rng_below(&rng, 10);
    }
}

/* mean time over successes, candidate to baseline */
static bool time_ratio(const double *weight, int n_seed, const void *data, double *value)
{
    (void)data;
    double n[2] = {0};
    double sum[2] = {0};
    for (int i = 0; i < n_seed; i++) {
        n[0] += candidate[i].success ? weight[i] : 0.0;
        n[1] += baseline[i].success ? weight[i] : 0.0;
        sum[0] += candidate[i].success ? weight[i] * candidate[i].time_s : 0.0;
        sum[1] += baseline[i].success ? weight[i] * baseline[i].time_s : 0.0;
    }
    *value = n[0] > 0.0 && n[1] > 0.0 ? sum[0] / n[0] / (sum[1] / n[1]) : 0.0;
    return n[0] > 0.0 && n[1] > 0.0;
}

static bool success_difference(const double *weight, int n_seed, const void *data, double *value)
{
    (void)data;
    double sum = 0.0;
    double n = 0.0;
    for (int i = 0; i < n_seed; i++) {
        sum += weight[i] * (candidate[i].success - baseline[i].success);
        n += weight[i];
    }
    *value = sum / n;
    return true;
}

static void paired_bootstrap_agrees_with_the_general_one(void **state)
{
    (void)state;
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    for (uint64_t seed = 0; seed < 5; seed++) {
        make_runs(seed);
        int n_seed = seed == 4 ? 3 : MAX_SEED; /* three: some resamples are undefined */
        spot_stats_paired_result percentile;
        spot_stats_paired_result bca;
        assert_int_equal(spot_stats_paired(&config, candidate, baseline, n_seed, work, &percentile),
                         SPOT_OK);
        assert_int_equal(spot_stats_paired_bca(&config, candidate, baseline, n_seed, work, &bca),
                         SPOT_OK);
        spot_stats_bootstrap_result r = bootstrap(time_ratio, n_seed, NULL, 1.0, config.n_resample);
        assert_close(percentile.time_ratio.value, r.value, 0.0, ROUNDING);
        assert_close(percentile.time_ratio.ci.lo, r.percentile.lo, 0.0, ROUNDING);
        assert_close(percentile.time_ratio.ci.hi, r.percentile.hi, 0.0, ROUNDING);
        /* quantiles are looked up at shares that differ by rounding */
        assert_close(bca.time_ratio.ci.lo, r.bca.lo, 0.0, 1e-9);
        assert_close(bca.time_ratio.ci.hi, r.bca.hi, 0.0, 1e-9);
        assert_true(bca.time_ratio.support == percentile.time_ratio.support);
        assert_true(percentile.p_candidate_faster == r.p_below);
        assert_true(percentile.p_baseline_faster == r.p_above);
        assert_true(bca.p_candidate_faster == r.p_below);
        r = bootstrap(success_difference, n_seed, NULL, 0.0, config.n_resample);
        assert_close(percentile.success_difference.ci.lo, r.percentile.lo, ROUNDING, ROUNDING);
        assert_close(bca.success_difference.ci.lo, r.bca.lo, 1e-9, 1e-9);
        assert_close(bca.success_difference.ci.hi, r.bca.hi, 1e-9, 1e-9);
    }
}

static void one_sided_p_values_tell_the_directions_apart(void **state)
{
    (void)state;
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    make_runs(1);
    spot_stats_paired_result r;
    assert_int_equal(spot_stats_paired(&config, candidate, baseline, MAX_SEED, work, &r), SPOT_OK);
    double p_candidate = r.p_candidate_faster;
    assert_int_equal(spot_stats_paired(&config, baseline, candidate, MAX_SEED, work, &r), SPOT_OK);
    assert_true(r.p_baseline_faster == p_candidate);
    /* a point against itself is not faster; against its own half it is, as surely as can be said */
    assert_int_equal(spot_stats_paired(&config, baseline, baseline, MAX_SEED, work, &r), SPOT_OK);
    assert_true(r.p_candidate_faster == 1.0 && r.p_baseline_faster == 1.0);
    for (int i = 0; i < MAX_SEED; i++) {
        candidate[i] = baseline[i];
        candidate[i].time_s *= 0.5;
    }
    assert_int_equal(spot_stats_paired(&config, candidate, baseline, MAX_SEED, work, &r), SPOT_OK);
    assert_close(r.p_candidate_faster, 1.0 / 10001, 0.0, ROUNDING);
    assert_close(r.p_baseline_faster, 1.0, 0.0, 0.0);
    /* without a success nothing is shown */
    for (int i = 0; i < MAX_SEED; i++) {
        candidate[i].success = false;
    }
    assert_int_equal(spot_stats_paired(&config, candidate, baseline, MAX_SEED, work, &r), SPOT_OK);
    assert_true(r.p_candidate_faster == 1.0 && r.p_baseline_faster == 1.0);
}

static bool constant(const double *weight, int n_seed, const void *data, double *value)
{
    (void)weight;
    (void)n_seed;
    *value = *(const double *)data;
    return true;
}

static bool never(const double *weight, int n_seed, const void *data, double *value)
{
    (void)data;
    *value = 1.0;
    /* on the data alone */
    for (int i = 0; i < n_seed; i++) {
        if (weight[i] != 1.0) {
            return false;
        }
    }
    return n_seed > 30;
}

static void degenerate_statistics_fall_back_or_fail(void **state)
{
    (void)state;
    double value = 7.0;
    spot_stats_bootstrap_result r = bootstrap(constant, 9, &value, 7.0, 100);
    assert_true(r.bca.lo == 7.0 && r.bca.hi == 7.0 && r.p_below == 1.0 && r.p_above == 1.0);
    /* undefined without the first seed: BCa has no jackknife, resamples drop out and count against */
    r = bootstrap(ratio, N, &value, 1e9, 10000);
    assert_true(r.bca.lo == r.percentile.lo && r.bca.hi == r.percentile.hi);
    double missing = pow(0.8, 5); /* resamples without seed 0 */
    double slack = N_SIGMA * sqrt(missing * (1 - missing) / 10000);
    assert_close(1.0 - r.n_defined / 10000.0, missing, slack, 0.0);
    assert_close(r.p_below, missing, slack + 1e-4, 0.0);
    r = bootstrap(ratio, 1, NULL, 0.0, 100);
    assert_true(r.bca.lo == r.value && r.bca.hi == r.value);

    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    const double bad_values[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(spot_stats_bootstrap(&config, 3, constant, &bad_values[i], 0.0, work, &r),
                         SPOT_E_RANGE);
        assert_int_equal(
            spot_stats_bootstrap(&config, 3, constant, &value, bad_values[i], work, &r),
            SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_bootstrap(&config, 3, never, NULL, 0.0, work, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_bootstrap(&config, 40, never, NULL, 0.0, work, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_bootstrap(&config, 0, ratio, NULL, 0.0, work, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_bootstrap(NULL, N, ratio, NULL, 0.0, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_bootstrap(&config, N, NULL, NULL, 0.0, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_bootstrap(&config, N, ratio, NULL, 0.0, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_bootstrap(&config, N, ratio, NULL, 0.0, work, NULL),
                     SPOT_E_INVALID);
    config.confidence = NAN;
    assert_int_equal(spot_stats_bootstrap(&config, N, ratio, NULL, 0.0, work, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_bootstrap_work_size(10, 0), 0);
    assert_int_equal(spot_stats_bootstrap_work_size(0, 10), 0);
    assert_int_equal(spot_stats_bootstrap_work_size((1 << 24) + 1, 10), 0);
    assert_int_equal(spot_stats_bootstrap_work_size(100, 7), 107);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_agree_with_all_resamples),
        cmocka_unit_test(bca_of_the_full_enumeration_is_the_formula),
        cmocka_unit_test(bca_reproduces_the_textbook_example),
        cmocka_unit_test(paired_bootstrap_agrees_with_the_general_one),
        cmocka_unit_test(one_sided_p_values_tell_the_directions_apart),
        cmocka_unit_test(degenerate_statistics_fall_back_or_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
