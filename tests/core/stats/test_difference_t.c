/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Intervals of differences of means. Oracle: where both points have a value on every seed, the difference of means is the
 * mean of differences, whose bootstrap-t is written out here in another form, on the same draws. Invariants: an interval
 * moves with a constant, stretches with a factor, and turns over with the points.
 */
#include <math.h>
#include <stdlib.h>

#include "core/stats/bootstrap_t.h"
#include "spot/rng.h"
#include "support/spot_test.h"

enum { N = 24, N_DRAW = 999, N_WORK = 4096 };
static const double ROUNDING = 1e-11;
static double work[N_WORK];

static spot_stats_paired_config make_config(void)
{
    spot_stats_paired_config c;
    spot_stats_t_config_default(&c);
    c.n_resample = N_DRAW;
    c.seed = 7;
    return c;
}

/* Values of either sign, not symmetric. */
static void fill(spoti_t_unit side[N], double at, int stride)
{
    for (int i = 0; i < N; i++) {
        const double x = (double)((i * stride) % 13) / 13.0;
        side[i] = (spoti_t_unit){.n = 1.0, .sum = at + x * x - 0.5};
    }
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between order statistics, as R's type 7. */
static double quantile(const double *sorted, double p)
{
    const double at = p * (N_DRAW - 1);
    const int i = (int)at;
    return i + 1 < N_DRAW ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[N_DRAW - 1];
}

static double mean_of(const double *x, double *se)
{
    double mean = 0.0;
    double square = 0.0;
    for (int i = 0; i < N; i++) {
        mean += x[i] / N;
    }
    for (int i = 0; i < N; i++) {
        square += (x[i] - mean) * (x[i] - mean);
    }
    *se = sqrt(square) / N;
    return mean;
}

static void an_interval_is_that_of_a_mean_of_differences(void **state)
{
    const spot_stats_paired_config config = make_config();
    spoti_t_unit a[N];
    spoti_t_unit b[N];
    double d[N];
    double t[N_DRAW];
    double se = 0.0;
    spot_stats_t_result r;
    (void)state;
    fill(a, 0.25, 5);
    fill(b, -0.1, 7);
    for (int i = 0; i < N; i++) {
        d[i] = a[i].sum - b[i].sum;
    }
    const double mean = mean_of(d, &se);
    for (int k = 0; k < N_DRAW; k++) {
        spot_rng rng = spot_rng_at(config.seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)k);
        double drawn[N];
        double se_drawn = 0.0;
        for (int i = 0; i < N; i++) {
            drawn[i] = d[spot_rng_below(&rng, N)];
        }
        const double m = mean_of(drawn, &se_drawn);
        t[k] = (m - mean) / se_drawn;
    }
    qsort(t, N_DRAW, sizeof(t[0]), by_size);
    assert_int_equal(spoti_difference_t(&config, a, b, N, NULL, work, &r), SPOT_OK);
    assert_int_equal(r.successes, N);
    assert_int_equal(r.estimate.support, SPOT_STATS_SUFFICIENT);
    assert_false(r.is_percentile);
    assert_close(r.estimate.value, mean, ROUNDING, 0.0);
    assert_close(r.estimate.ci.lo, mean - quantile(t, 0.975) * se, ROUNDING, 0.0);
    assert_close(r.estimate.ci.hi, mean - quantile(t, 0.025) * se, ROUNDING, 0.0);
}

static void it_moves_stretches_and_turns_with_the_values(void **state)
{
    const spot_stats_paired_config config = make_config();
    spoti_t_unit a[N];
    spoti_t_unit b[N];
    spot_stats_t_result r;
    spot_stats_t_result s;
    (void)state;
    fill(a, 0.25, 5);
    fill(b, -0.1, 7);
    a[3] = b[5] = (spoti_t_unit){0}; /* no value there */
    assert_int_equal(spoti_difference_t(&config, a, b, N, NULL, work, &r), SPOT_OK);
    assert_int_equal(r.successes, N - 1);
    for (int i = 0; i < N; i++) {
        a[i].sum = -100.0 * (a[i].sum + 4.0 * a[i].n);
        b[i].sum = -100.0 * (b[i].sum + 3.0 * b[i].n);
    }
    assert_int_equal(spoti_difference_t(&config, a, b, N, NULL, work, &s), SPOT_OK);
    assert_close(s.estimate.value, -100.0 * (r.estimate.value + 1.0), 0.0, ROUNDING);
    assert_close(s.estimate.ci.lo, -100.0 * (r.estimate.ci.hi + 1.0), 0.0, 1e-9);
    assert_close(s.estimate.ci.hi, -100.0 * (r.estimate.ci.lo + 1.0), 0.0, 1e-9);
    assert_int_equal(spoti_difference_t(&config, b, a, N, NULL, work, &r), SPOT_OK);
    assert_close(r.estimate.value, -s.estimate.value, 0.0, ROUNDING);
    assert_close(r.estimate.ci.lo, -s.estimate.ci.hi, 0.0, 1e-9);
}

/* All the same: the data know of no spread, also far from 0, where its rounding is large. */
static void without_spread_it_is_a_point(void **state)
{
    const spot_stats_paired_config config = make_config();
    spoti_t_unit a[N];
    spoti_t_unit b[N];
    spot_stats_t_result r;
    (void)state;
    for (int i = 0; i < N; i++) {
        b[i] = (spoti_t_unit){.n = 1.0, .sum = 1e6 / 3.0 * (i % 5 + 1)};
        a[i] = (spoti_t_unit){.n = 1.0, .sum = b[i].sum + 0.1};
    }
    assert_int_equal(spoti_difference_t(&config, a, b, N, NULL, work, &r), SPOT_OK);
    assert_true(r.estimate.ci.lo == r.estimate.value && r.estimate.ci.hi == r.estimate.value);
    assert_close(r.estimate.value, 0.1, 1e-9, 0.0);
    a[0].n = 0.0;
    for (int i = 0; i < N; i++) {
        a[i] = (spoti_t_unit){0};
    }
    assert_int_equal(spoti_difference_t(&config, a, b, N, NULL, work, &r), SPOT_OK);
    assert_int_equal(r.estimate.support, SPOT_STATS_NONE);
    b[2].sum = (double)NAN;
    assert_int_equal(spoti_difference_t(&config, b, b, N, NULL, work, &r), SPOT_E_RANGE);
    b[2].sum = -2e150;
    assert_int_equal(spoti_difference_t(&config, b, b, N, NULL, work, &r), SPOT_E_RANGE);
    b[2].sum = -1e150; /* no matter for a difference; a ratio would not have it */
    assert_int_equal(spoti_difference_t(&config, b, b, N, NULL, work, &r), SPOT_OK);
    assert_int_equal(spoti_bootstrap_t(&config, b, b, N, NULL, work, &r), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_is_that_of_a_mean_of_differences),
        cmocka_unit_test(it_moves_stretches_and_turns_with_the_values),
        cmocka_unit_test(without_spread_it_is_a_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
