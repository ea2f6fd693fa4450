/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: all n^n resamples enumerated, each with a standard error by another formula; invariants.
 * Bounds on shares of resamples are 5 standard deviations of a binomial share. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/rng.h"
#include "spot/stats_paired.h"

static const double N_SIGMA = 5.0;
static const double ROUNDING = 1e-12;
enum { N_RESAMPLE = 200000, N_WORK = N_RESAMPLE + 64, N_ALL = 3125 };

static double work[N_WORK];

static spot_stats_paired_config config_of(int n_resample)
{
    spot_stats_paired_config c;
    memset(&c, 0xA5, sizeof(c));
    spot_stats_t_config_default(&c);
    assert_true(c.confidence == 0.95 && c.n_resample == 10000 && c.min_successes == 20);
    c.n_resample = n_resample;
    return c;
}

/* Mean of the drawn successes, and the sums of squares and products that its variance takes. */
typedef struct moments {
    int n[2];
    double mean[2];
    double square[2];
    double product;
} moments;

static moments moments_of(const spot_stats_value *const column[2], const int *drawn, int n)
{
    moments m = {0};
    for (int k = 0; k < 2; k++) {
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            m.n[k] += column[k][drawn[i]].success;
            sum += column[k][drawn[i]].success ? column[k][drawn[i]].x : 0.0;
        }
        m.mean[k] = sum / m.n[k];
        for (int i = 0; i < n; i++) {
            double d = column[k][drawn[i]].x - m.mean[k];
            m.square[k] += column[k][drawn[i]].success ? d * d : 0.0;
        }
    }
    for (int i = 0; i < n; i++) {
        const spot_stats_value *a = &column[0][drawn[i]];
        const spot_stats_value *b = &column[1][drawn[i]];
        m.product += a->success && b->success ? (a->x - m.mean[0]) * (b->x - m.mean[1]) : 0.0;
    }
    return m;
}

/* ln of the ratio (or of the first mean) and its standard error; false if undefined or without
 * spread. */
static bool logarithm_of(const moments *m, bool is_ratio, double *value, double *se)
{
    if (m->n[0] == 0 || (is_ratio && m->n[1] == 0)) {
        return false;
    }
    double scale = m->n[0] * m->mean[0];
    *value = log(m->mean[0]);
    double variance = m->square[0] / (scale * scale);
    if (is_ratio) {
        double scale_1 = m->n[1] * m->mean[1];
        *value -= log(m->mean[1]);
        variance += m->square[1] / (scale_1 * scale_1) - 2 * m->product / (scale * scale_1);
    }
    *se = sqrt(fmax(variance, 0.0));
    return *se > 1e-9;
}

/* The interval's ends are quantiles of t over all 5^5 resamples. */
static void check_against_all(const spot_stats_value *a, const spot_stats_value *b, bool is_ratio)
{
    enum { N = 5 };
    const spot_stats_value *const column[2] = {a, b};
    const int once[N] = {0, 1, 2, 3, 4};
    moments data = moments_of(column, once, N);
    double value = NAN;
    double se = NAN;
    assert_true(logarithm_of(&data, is_ratio, &value, &se));
    static double t[N_ALL];
    int n_t = 0;
    for (int code = 0; code < N_ALL; code++) {
        const int drawn[N] = {code % 5, code / 5 % 5, code / 25 % 5, code / 125 % 5, code / 625};
        moments m = moments_of(column, drawn, N);
        double value_r = NAN;
        double se_r = NAN;
        if (logarithm_of(&m, is_ratio, &value_r, &se_r)) {
            t[n_t++] = (value_r - value) / se_r;
        }
    }
    spot_stats_paired_config c = config_of(N_RESAMPLE);
    c.confidence = 0.8; /* tails of a tenth, so that few enough resamples are left out */
    spot_stats_t_result r;
    assert_int_equal(is_ratio ? spot_stats_ratio_t(&c, a, b, N, SPOT_STATS_RATIO_OWN, work, &r)
                              : spot_stats_mean_t(&c, a, N, work, &r),
                     SPOT_OK);
    assert_false(r.is_percentile);
    assert_close(r.estimate.value, exp(value), 0.0, ROUNDING);
    assert_int_equal(r.estimate.support, SPOT_STATS_INSUFFICIENT);
    double share = (double)(N_ALL - n_t) / N_ALL;
    assert_close((double)r.n_left_out / N_RESAMPLE, share,
                 N_SIGMA * sqrt(share * (1 - share) / N_RESAMPLE), 0.0);
    const double end[2] = {r.estimate.ci.hi, r.estimate.ci.lo}; /* of the lower and the upper t */
    for (int k = 0; k < 2; k++) {
        double q = (value - log(end[k])) / se;
        double p = k == 0 ? 0.1 : 0.9;
        int n_below = 0;
        int n_at_most = 0;
        for (int i = 0; i < n_t; i++) {
            n_below += t[i] < q - 1e-9;
            n_at_most += t[i] <= q + 1e-9;
        }
        double bound = N_SIGMA * sqrt(0.09 / N_RESAMPLE);
        assert_true((double)n_below / n_t <= p + bound);
        assert_true((double)n_at_most / n_t >= p - bound);
    }
}

static void intervals_agree_with_all_3125_resamples(void **state)
{
    (void)state;
    const spot_stats_value a[] = {{true, 4.1}, {true, 5.3}, {true, 4.7}, {true, 16.9}, {true, 6.0}};
    const spot_stats_value b[] = {{true, 5.2}, {true, 5.0}, {true, 6.1}, {true, 12.0}, {true, 9.4}};
    check_against_all(a, b, false);
    check_against_all(a, b, true);
    /* each point fails on a seed of its own */
    const spot_stats_value c[] = {
        {true, 4.1}, {true, 5.3}, {false, NAN}, {true, 16.9}, {true, 6.0}};
    const spot_stats_value d[] = {
        {true, 5.2}, {false, -1.0}, {true, 6.1}, {true, 12.0}, {true, 9.4}};
    check_against_all(c, d, true);
}

enum { N_SEED = 40 };

/* Times with retries; a point fails on some seeds. */
static void draw(uint64_t index, spot_stats_value *a, spot_stats_value *b)
{
    spot_rng rng = spot_rng_at(9, SPOT_STREAM_RESET, index);
    for (int i = 0; i < N_SEED; i++) {
        double hard = 4.0 * exp(0.3 * spot_rng_normal(&rng));
        a[i] = (spot_stats_value){i % 6 != 0, hard * exp(0.2 * spot_rng_normal(&rng))};
        b[i] = (spot_stats_value){i % 7 != 1, hard * exp(0.2 * spot_rng_normal(&rng))};
    }
}

static void intervals_follow_units_and_sides(void **state)
{
    (void)state;
    spot_stats_value a[N_SEED];
    spot_stats_value b[N_SEED];
    draw(0, a, b);
    spot_stats_paired_config c = config_of(2000);
    spot_stats_t_result r;
    spot_stats_t_result other;
    assert_int_equal(spot_stats_ratio_t(&c, a, b, N_SEED, SPOT_STATS_RATIO_OWN, work, &r), SPOT_OK);
    assert_int_equal(r.estimate.support, SPOT_STATS_SUFFICIENT);
    assert_true(r.successes == 33);
    assert_true(r.estimate.ci.lo < r.estimate.value && r.estimate.value < r.estimate.ci.hi);
    /* the other way round it is the reciprocal */
    assert_int_equal(spot_stats_ratio_t(&c, b, a, N_SEED, SPOT_STATS_RATIO_OWN, work, &other),
                     SPOT_OK);
    assert_close(other.estimate.ci.lo, 1.0 / r.estimate.ci.hi, 0.0, ROUNDING);
    assert_close(other.estimate.ci.hi, 1.0 / r.estimate.ci.lo, 0.0, ROUNDING);
    /* in milliseconds the mean is 1000 times as much, at all ends */
    assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &r), SPOT_OK);
    for (int i = 0; i < N_SEED; i++) {
        a[i].x *= 1000.0;
    }
    assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &other), SPOT_OK);
    assert_close(other.estimate.value, 1000.0 * r.estimate.value, 0.0, ROUNDING);
    assert_close(other.estimate.ci.lo, 1000.0 * r.estimate.ci.lo, 0.0, ROUNDING);
    assert_close(other.estimate.ci.hi, 1000.0 * r.estimate.ci.hi, 0.0, ROUNDING);
    /* the same again, and others for another seed */
    spot_stats_t_result again;
    assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &again), SPOT_OK);
    assert_true(again.estimate.ci.lo == other.estimate.ci.lo);
    c.seed = 2;
    assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &again), SPOT_OK);
    assert_true(again.estimate.ci.lo != other.estimate.ci.lo);
}

static void common_ratio_is_that_of_the_seeds_both_solve(void **state)
{
    (void)state;
    spot_stats_value a[N_SEED];
    spot_stats_value b[N_SEED];
    draw(1, a, b);
    spot_stats_paired_config c = config_of(2000);
    spot_stats_t_result common;
    spot_stats_t_result own;
    assert_int_equal(spot_stats_ratio_t(&c, a, b, N_SEED, SPOT_STATS_RATIO_COMMON, work, &common),
                     SPOT_OK);
    assert_int_equal(spot_stats_ratio_t(&c, a, b, N_SEED, SPOT_STATS_RATIO_OWN, work, &own),
                     SPOT_OK);
    assert_true(own.estimate.value != common.estimate.value);
    int n_both = 0;
    for (int i = 0; i < N_SEED; i++) {
        bool is_both = a[i].success && b[i].success;
        a[i].success = b[i].success = is_both;
        n_both += is_both;
    }
    assert_int_equal(common.successes, n_both);
    assert_int_equal(spot_stats_ratio_t(&c, a, b, N_SEED, SPOT_STATS_RATIO_OWN, work, &own),
                     SPOT_OK);
    assert_true(own.estimate.value == common.estimate.value);
    assert_true(own.estimate.ci.lo == common.estimate.ci.lo);
    assert_true(own.estimate.ci.hi == common.estimate.ci.hi);
    /* a point that needs 10 % more on every seed is 1.1 times as slow, surely */
    for (int i = 0; i < N_SEED; i++) {
        b[i].x = 1.1 * a[i].x;
    }
    assert_int_equal(spot_stats_ratio_t(&c, b, a, N_SEED, SPOT_STATS_RATIO_COMMON, work, &common),
                     SPOT_OK);
    assert_close(common.estimate.value, 1.1, 0.0, ROUNDING);
    assert_close(common.estimate.ci.lo, 1.1, 0.0, ROUNDING);
    assert_close(common.estimate.ci.hi, 1.1, 0.0, ROUNDING);
}

static void few_successes_are_called_insufficient(void **state)
{
    (void)state;
    spot_stats_value a[N_SEED];
    spot_stats_value b[N_SEED];
    draw(2, a, b);
    spot_stats_paired_config c = config_of(500);
    for (int n = 0; n <= 21; n++) {
        for (int i = 0; i < N_SEED; i++) {
            a[i].success = i < n;
            b[i].success = true;
        }
        const spot_stats_support want = n == 0   ? SPOT_STATS_NONE
                                        : n < 20 ? SPOT_STATS_INSUFFICIENT
                                                 : SPOT_STATS_SUFFICIENT;
        spot_stats_t_result r;
        assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &r), SPOT_OK);
        assert_int_equal(r.estimate.support, want);
        assert_int_equal(spot_stats_ratio_t(&c, a, b, N_SEED, SPOT_STATS_RATIO_OWN, work, &r),
                         SPOT_OK);
        assert_int_equal(r.estimate.support, want);
        assert_int_equal(spot_stats_ratio_t(&c, b, a, N_SEED, SPOT_STATS_RATIO_OWN, work, &r),
                         SPOT_OK);
        assert_int_equal(r.estimate.support, want);
        assert_int_equal(r.successes, n);
        assert_true(isfinite(r.estimate.ci.lo) && isfinite(r.estimate.ci.hi));
    }
}

static void counts_that_hardly_vary_take_the_percentile_interval(void **state)
{
    (void)state;
    /* 3 chunks on all seeds but one, which takes 7: a resample misses it with probability
     * (39/40)^40 = .363, and then has no spread */
    spot_stats_value a[N_SEED];
    for (int i = 0; i < N_SEED; i++) {
        a[i] = (spot_stats_value){true, 3.0};
    }
    spot_stats_paired_config c = config_of(10000);
    spot_stats_t_result r;
    assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &r), SPOT_OK);
    assert_false(r.is_percentile);
    assert_close(r.estimate.ci.lo, 3.0, 0.0, ROUNDING);
    assert_close(r.estimate.ci.hi, 3.0, 0.0, ROUNDING);
    a[17].x = 7.0;
    assert_int_equal(spot_stats_mean_t(&c, a, N_SEED, work, &r), SPOT_OK);
    assert_true(r.is_percentile);
    assert_close(r.n_left_out / 10000.0, 0.363, N_SIGMA * 0.0048, 0.0);
    assert_close(r.estimate.value, 3.1, 0.0, ROUNDING);
    assert_close(r.estimate.ci.lo, 3.0, 0.0, ROUNDING);
    /* the one seed is drawn k times, Poisson (1) nearly: P(k > 3) = .018, so the end is at k = 3 */
    assert_close(r.estimate.ci.hi, 3.3, 0.0, ROUNDING);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    spot_stats_value a[N_SEED];
    spot_stats_value b[N_SEED];
    draw(3, a, b);
    const spot_stats_paired_config c = config_of(100);
    const spot_stats_ratio_kind own = SPOT_STATS_RATIO_OWN;
    spot_stats_t_result r;
    assert_int_equal(spot_stats_mean_t(NULL, a, 9, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_t(&c, NULL, 9, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_t(&c, a, 9, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_t(&c, a, 9, work, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_mean_t(&c, a, 0, work, &r), SPOT_E_RANGE);
    assert_int_equal(spot_stats_ratio_t(NULL, a, b, 9, own, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_ratio_t(&c, NULL, b, 9, own, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_ratio_t(&c, a, NULL, 9, own, work, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_ratio_t(&c, a, b, 9, own, NULL, &r), SPOT_E_INVALID);
    assert_int_equal(spot_stats_ratio_t(&c, a, b, 9, own, work, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_stats_ratio_t(&c, a, b, 9, (spot_stats_ratio_kind)2, work, &r),
                     SPOT_E_RANGE);
    spot_stats_paired_config bad[] = {c, c, c, c, c};
    bad[0].n_resample = 0;
    bad[1].confidence = 1.0;
    bad[2].confidence = NAN;
    bad[3].min_successes = 0;
    bad[4].n_resample = SPOT_STATS_MAX_RESAMPLE + 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(spot_stats_mean_t(&bad[i], a, 9, work, &r), SPOT_E_RANGE);
    }
    const double x[] = {0.0, -1.0, NAN, INFINITY, 1e200, 1e-200};
    for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
        b[3].x = x[i];
        assert_int_equal(spot_stats_ratio_t(&c, a, b, 9, own, work, &r), SPOT_E_RANGE);
        assert_int_equal(spot_stats_mean_t(&c, b, 9, work, &r), SPOT_E_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_agree_with_all_3125_resamples),
        cmocka_unit_test(intervals_follow_units_and_sides),
        cmocka_unit_test(common_ratio_is_that_of_the_seeds_both_solve),
        cmocka_unit_test(few_successes_are_called_insufficient),
        cmocka_unit_test(counts_that_hardly_vary_take_the_percentile_interval),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
