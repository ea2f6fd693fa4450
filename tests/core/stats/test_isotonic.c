/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: the printed vector, the least squares over all block partitions of small inputs, the
 * max-min formula of isotonic regression for larger ones. */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/rng.h"
#include "spot/stats_fit.h"

static const double ROUNDING = 1e-12;
enum { MAX_N = 40 };

static void fit_of(const double *y, const double *w, int n, spot_stats_direction d, double *fit)
{
    double work[2 * MAX_N];
    assert_int_equal(spot_stats_isotonic_work_size(n), 2 * n);
    assert_int_equal(spot_stats_isotonic(y, w, n, d, work, fit), SPOT_OK);
}

static void isotonic_matches_printed_vectors(void **state)
{
    (void)state;
    const double y[] = {1, 3, 2, 4, 3.5, 5};
    const double want[] = {1, 2.5, 2.5, 3.75, 3.75, 5};
    double fit[MAX_N];
    fit_of(y, NULL, 6, SPOT_STATS_INCREASING, fit);
    for (int i = 0; i < 6; i++) {
        assert_close(fit[i], want[i], 0.0, ROUNDING);
    }
    const double chunks[] = {60, 48, 50, 47, 47.5};
    const double successes[] = {5, 5, 10, 5, 5};
    const double fitted[] = {60, 49.333333333333333, 49.333333333333333, 47.25, 47.25};
    fit_of(chunks, successes, 5, SPOT_STATS_DECREASING, fit);
    for (int i = 0; i < 5; i++) {
        assert_close(fit[i], fitted[i], 0.0, ROUNDING);
    }
}

/* Weighted mean of y[from..to]. */
static double mean_of(const double *y, const double *w, int from, int to)
{
    double sum = 0.0;
    double weight = 0.0;
    for (int i = from; i <= to; i++) {
        sum += w[i] * y[i];
        weight += w[i];
    }
    return sum / weight;
}

static void draw(spot_rng *rng, int n, double *y, double *w)
{
    for (int i = 0; i < n; i++) {
        y[i] = spot_rng_below(rng, 3) == 0 ? (double)spot_rng_below(rng, 4) /* ties */
                                           : spot_rng_uniform(rng, -2.0, 5.0);
        w[i] = spot_rng_uniform(rng, 0.1, 10.0);
    }
}

static void isotonic_is_the_best_of_all_partitions(void **state)
{
    (void)state;
    /* the minimiser is constant on blocks with their means: try all 2^(n-1) ways to cut */
    enum { N_MOST = 9 };
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    for (int trial = 0; trial < 200; trial++) {
        int n = 1 + trial % N_MOST;
        double y[N_MOST];
        double w[N_MOST];
        draw(&rng, n, y, w);
        double least = INFINITY;
        double best[N_MOST] = {0};
        for (unsigned cuts = 0; cuts < 1U << (n - 1); cuts++) {
            double f[N_MOST];
            bool is_monotone = true;
            double loss = 0.0;
            for (int from = 0, i = 0; i < n; i++) {
                if (i == n - 1 || (cuts >> i & 1U) != 0) {
                    for (int k = from; k <= i; k++) {
                        f[k] = mean_of(y, w, from, i);
                        loss += w[k] * (y[k] - f[k]) * (y[k] - f[k]);
                    }
                    is_monotone = is_monotone && (from == 0 || f[from - 1] <= f[from]);
                    from = i + 1;
                }
            }
            if (is_monotone && loss < least) {
                least = loss;
                memcpy(best, f, sizeof(best));
            }
        }
        double fit[MAX_N];
        fit_of(y, w, n, SPOT_STATS_INCREASING, fit);
        for (int i = 0; i < n; i++) {
            assert_close(fit[i], best[i], 1e-9, 0.0);
        }
    }
}

static void isotonic_is_the_max_min_formula(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(2, SPOT_STREAM_RESET, 0);
    for (int trial = 0; trial < 100; trial++) {
        double y[MAX_N];
        double w[MAX_N];
        draw(&rng, MAX_N, y, w);
        double rising[MAX_N];
        double falling[MAX_N];
        fit_of(y, w, MAX_N, SPOT_STATS_INCREASING, rising);
        fit_of(y, w, MAX_N, SPOT_STATS_DECREASING, falling);
        for (int i = 0; i < MAX_N; i++) {
            double max_min = -INFINITY;
            double min_max = INFINITY;
            for (int a = 0; a <= i; a++) {
                double least = INFINITY;
                double most = -INFINITY;
                for (int b = i; b < MAX_N; b++) {
                    least = fmin(least, mean_of(y, w, a, b));
                    most = fmax(most, mean_of(y, w, a, b));
                }
                max_min = fmax(max_min, least);
                min_max = fmin(min_max, most);
            }
            assert_close(rising[i], max_min, ROUNDING * 10, ROUNDING);
            assert_close(falling[i], min_max, ROUNDING * 10, ROUNDING);
            assert_true(i == 0 || (rising[i - 1] <= rising[i] && falling[i - 1] >= falling[i]));
        }
        assert_close(mean_of(rising, w, 0, MAX_N - 1), mean_of(y, w, 0, MAX_N - 1), ROUNDING, 0.0);
        /* idempotent, and in place */
        double again[MAX_N];
        memcpy(again, rising, sizeof(again));
        fit_of(again, w, MAX_N, SPOT_STATS_INCREASING, again);
        assert_memory_equal(again, rising, sizeof(again));
        fit_of(y, w, MAX_N, SPOT_STATS_INCREASING, y);
        assert_memory_equal(y, rising, sizeof(rising));
    }
}

static void interpolation_stays_on_the_segments(void **state)
{
    (void)state;
    const double x[] = {0.25, 0.5, 1.0, 1.5};
    const double y[] = {30.0, 20.0, 20.0, -4.0};
    double value = NAN;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(spot_stats_interpolate(x, y, 4, x[i], &value), SPOT_OK);
        assert_true(value == y[i]);
    }
    static const double at[][2] = {{0.35, 26.0}, {0.6, 20.0}, {1.125, 14.0}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(spot_stats_interpolate(x, y, 4, at[i][0], &value), SPOT_OK);
        assert_close(value, at[i][1], 0.0, ROUNDING);
    }
    assert_int_equal(spot_stats_interpolate(x, y, 1, 0.25, &value), SPOT_OK);
    assert_true(value == 30.0);
    /* flat stays flat, which 12.4 (1 - t) + 12.4 t does not in doubles */
    const double flat[] = {12.4, 12.4};
    for (int i = 0; i <= 1000; i++) {
        assert_int_equal(spot_stats_interpolate(x, flat, 2, 0.25 + 0.00025 * i, &value), SPOT_OK);
        assert_true(value == 12.4);
    }
    /* monotone to the last bit */
    double before = INFINITY;
    for (int i = 0; i <= 10000; i++) {
        assert_int_equal(spot_stats_interpolate(x, y, 4, 0.25 + 1.25 * i / 10000, &value), SPOT_OK);
        assert_true(value <= before);
        before = value;
    }
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    double y[] = {1.0, 2.0, 3.0};
    double w[] = {1.0, 1.0, 1.0};
    double work[6];
    double fit[3];
    assert_int_equal(spot_stats_isotonic_work_size(0), 0);
    assert_int_equal(spot_stats_isotonic_work_size(-1), 0);
    assert_int_equal(spot_stats_isotonic_work_size((1 << 24) + 1), 0);
    assert_int_equal(spot_stats_isotonic(NULL, w, 3, SPOT_STATS_INCREASING, work, fit),
                     SPOT_E_INVALID);
    assert_int_equal(spot_stats_isotonic(y, w, 3, SPOT_STATS_INCREASING, NULL, fit),
                     SPOT_E_INVALID);
    assert_int_equal(spot_stats_isotonic(y, w, 3, SPOT_STATS_INCREASING, work, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_stats_isotonic(y, w, 0, SPOT_STATS_INCREASING, work, fit), SPOT_E_RANGE);
    assert_int_equal(spot_stats_isotonic(y, w, 3, (spot_stats_direction)0, work, fit),
                     SPOT_E_RANGE);
    const double bad[] = {NAN, INFINITY, 0.0, -1.0};
    for (size_t i = 0; i < 4; i++) {
        w[1] = bad[i];
        assert_int_equal(spot_stats_isotonic(y, w, 3, SPOT_STATS_INCREASING, work, fit),
                         SPOT_E_RANGE);
        w[1] = 1.0;
        y[1] = bad[i];
        spot_status want = i < 2 ? SPOT_E_RANGE : SPOT_OK;
        assert_int_equal(spot_stats_isotonic(y, w, 3, SPOT_STATS_INCREASING, work, fit), want);
        y[1] = 2.0;
    }
    const double huge[] = {1e308, -1e308};
    assert_int_equal(spot_stats_isotonic(huge, NULL, 2, SPOT_STATS_INCREASING, work, fit),
                     SPOT_E_RANGE);
    double value = NAN;
    const double x[] = {0.0, 1.0, 1.0};
    const double holes[] = {1.0, NAN, 2.0};
    const double rising[] = {0.0, 1.0, 2.0};
    const double outside[] = {-0.001, 2.001, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(spot_stats_interpolate(rising, y, 3, outside[i], &value), SPOT_E_RANGE);
    }
    assert_int_equal(spot_stats_interpolate(x, y, 3, 1.0, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interpolate(rising, holes, 3, 0.5, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interpolate(holes, y, 3, 1.5, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interpolate(rising, y, 0, 0.5, &value), SPOT_E_RANGE);
    assert_int_equal(spot_stats_interpolate(NULL, y, 3, 0.5, &value), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interpolate(rising, NULL, 3, 0.5, &value), SPOT_E_INVALID);
    assert_int_equal(spot_stats_interpolate(rising, y, 3, 0.5, NULL), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isotonic_matches_printed_vectors),
        cmocka_unit_test(isotonic_is_the_best_of_all_partitions),
        cmocka_unit_test(isotonic_is_the_max_min_formula),
        cmocka_unit_test(interpolation_stays_on_the_segments),
        cmocka_unit_test(impossible_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
