/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Quantisers of an exponential magnitude. Oracles: printed vectors and table, numerical integration
 * of |x - nearest level| exp(-x), local search around optima, brute-force nearest levels.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spot/coinfer.h"
#include "support/spot_test.h"

static const double PRINTED = 1e-6;   /* vectors printed with six or more digits */
static const double SHORT = 1e-5;     /* table of five decimals, the last not always rounded */
static const double SEARCHED = 1e-4;  /* optima found numerically, printed with four decimals */
static const double ROUNDING = 1e-12; /* of sums over at most 2^11 levels */

enum { MAX_LEVELS = 2048 };

static void lloyd_codebook_matches_printed_vector(void **state)
{
    static const double want[] = {0.1115718, 0.3992538, 0.804719, 1.497866};
    static const double borders[] = {0.2554128, 0.6019864, 1.151293};
    double levels[4];
    double thresholds[3];

    (void)state;
    assert_int_equal(spot_coinfer_lloyd(2.0, 3, levels, thresholds), SPOT_OK);
    for (int i = 0; i < 4; i++) {
        assert_close(levels[i], want[i], 0.0, PRINTED);
    }
    for (int i = 0; i < 3; i++) {
        assert_close(thresholds[i], borders[i], 0.0, PRINTED);
    }
}

static double levels_distortion(double lambda, const double *levels, size_t n)
{
    double d = NAN;

    assert_int_equal(spot_coinfer_levels_distortion(lambda, levels, n, &d), SPOT_OK);
    return d;
}

/* Conditions of optimality: thresholds are midpoints, levels are conditional medians; and the
 * codebook reaches the curve that promises it. */
static void lloyd_codebook_is_optimal(void **state)
{
    static double levels[MAX_LEVELS];
    static double thresholds[MAX_LEVELS];
    const double lambda = 3.0;

    (void)state;
    for (int bits = 1; bits <= 12; bits++) {
        const size_t n = (size_t)1 << (bits - 1);
        double promised = NAN;
        double before = 1.0; /* P(X > left border) */

        assert_int_equal(spot_coinfer_lloyd(lambda, bits, levels, thresholds), SPOT_OK);
        for (size_t i = 0; i < n; i++) {
            const double after = i + 1 < n ? exp(-lambda * thresholds[i]) : 0.0;

            assert_close(exp(-lambda * levels[i]), (before + after) / 2.0, ROUNDING, 0.0);
            if (i + 1 < n) {
                assert_close(thresholds[i], (levels[i] + levels[i + 1]) / 2.0, 0.0, ROUNDING);
            }
            before = after;
        }
        assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, lambda, bits, &promised),
                         SPOT_OK);
        assert_close(levels_distortion(lambda, levels, n), promised, 0.0, 1e-10);
    }
}

static void encoding_finds_the_nearest_level(void **state)
{
    static double levels[MAX_LEVELS];
    const double lambda = 0.7;

    (void)state;
    for (int bits = 1; bits <= 10; bits++) {
        const size_t n = (size_t)1 << (bits - 1);

        assert_int_equal(spot_coinfer_lloyd(lambda, bits, levels, NULL), SPOT_OK);
        for (int i = 0; i <= 5000; i++) {
            const double x = (double)i * 0.01;
            double nearest = INFINITY;
            size_t index = 0;
            double level = NAN;

            for (size_t j = 0; j < n; j++) {
                nearest = fmin(nearest, fabs(x - levels[j]));
            }
            assert_int_equal(spot_coinfer_lloyd_encode(lambda, bits, x, &index, &level), SPOT_OK);
            assert_true(index < n);
            assert_close(level, levels[index], 0.0, ROUNDING);
            assert_close(fabs(x - level), nearest, 1e-12, 0.0);
        }
    }
}

static void encoding_takes_every_number(void **state)
{
    size_t index = 7;
    double level = 7.0;

    (void)state;
    assert_int_equal(spot_coinfer_lloyd_encode(1.0, 32, INFINITY, &index, &level), SPOT_OK);
    assert_int_equal(index, ((size_t)1 << 31) - 1);
    assert_close(level, log(0x1p31 * (0x1p31 + 1.0)), 0.0, ROUNDING);
    assert_int_equal(spot_coinfer_lloyd_encode(1.0, 32, 0.0, &index, &level), SPOT_OK);
    assert_int_equal(index, 0);
    assert_close(level, 0x1p-31, 0.0, 1e-9);
    assert_int_equal(spot_coinfer_lloyd_encode(1.0, 4, 1.0, NULL, NULL), SPOT_OK);
    assert_int_equal(spot_coinfer_lloyd_encode(1.0, 4, -1e-9, &index, &level), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_lloyd_encode(1.0, 4, NAN, &index, &level), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_lloyd_encode(1.0, 33, 1.0, &index, &level), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_lloyd_encode(0.0, 4, 1.0, &index, &level), SPOT_E_RANGE);
}

/* E|X - nearest level| by the midpoint rule in u = 1 - exp(-x), which the density makes uniform. */
static double integrate(const double *levels, size_t n)
{
    enum { N = 400000 };
    double sum = 0.0;

    for (int i = 0; i < N; i++) {
        const double x = -log1p(-((double)i + 0.5) / N);
        double nearest = INFINITY;

        for (size_t j = 0; j < n; j++) {
            nearest = fmin(nearest, fabs(x - levels[j]));
        }
        sum += nearest;
    }
    return sum / N;
}

static void distortions_of_levels_agree_with_integration(void **state)
{
    static const double sets[][4] = {
        {0.0, 0.0, 0.0, 0.0}, {0.1, 0.4, 0.8, 1.5}, {0.0, 1e-4, 2e-4, 4.0}, {3.0, 8.0, 8.0, 20.0}};

    (void)state;
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        for (size_t n = 1; n <= 4; n++) {
            /* the end of the midpoint rule: one cell of 1/N with slope 1/u, about ln 2 / N */
            assert_close(levels_distortion(1.0, sets[s], n), integrate(sets[s], n), 4e-6, 0.0);
        }
    }
    assert_close(levels_distortion(1.0, sets[0], 1), 1.0, 0.0, ROUNDING); /* the mean */
}

static void best_uniform_quantisers_match_the_table(void **state)
{
    static const double steps[] = {1.3863, 1.0746, 0.7129, 0.4412, 0.2627, 0.1525, 0.0869, 0.0488};
    static const double mid_rise[] = {0.69315, 0.42210, 0.24803, 0.14328,
                                      0.08170, 0.04603, 0.02566, 0.01416};
    static const double with_zero[] = {NAN,     0.50000, 0.27019, 0.14984,
                                       0.08365, 0.04660, 0.02582, 0.01421};
    double step = NAN;
    double d = NAN;

    (void)state;
    for (int bits = 1; bits <= 8; bits++) {
        assert_int_equal(spot_coinfer_uniform_best(1.0, bits, SPOT_COINFER_MID_RISE, &step, &d),
                         SPOT_OK);
        assert_close(step, steps[bits - 1], 0.5 * SEARCHED * 1.02, 0.0);
        assert_close(d, mid_rise[bits - 1], SHORT, 0.0);
        if (bits > 1) {
            assert_int_equal(
                spot_coinfer_uniform_best(1.0, bits, SPOT_COINFER_WITH_ZERO, &step, &d), SPOT_OK);
            assert_close(d, with_zero[bits - 1], SHORT, 0.0);
        }
    }
    assert_int_equal(spot_coinfer_uniform_best(1.0, 4, SPOT_COINFER_MID_RISE, &step, &d), SPOT_OK);
    assert_close(step, 0.44122, 0.0, SEARCHED);
    assert_close(d, 0.143282, 0.0, SEARCHED);
}

/* The closed form against the sum over all levels, and the optimum against its neighbours. */
static void check_uniform(double lambda, int bits, spot_coinfer_grid grid)
{
    static double levels[MAX_LEVELS];
    const size_t n = (size_t)1 << (bits - 1);
    double best_step = NAN;
    double best = NAN;

    assert_int_equal(spot_coinfer_uniform_best(lambda, bits, grid, &best_step, &best), SPOT_OK);
    for (int i_scale = -12; i_scale <= 12; i_scale++) {
        const double step = best_step * exp2(i_scale / 2.0);
        double d = NAN;

        for (size_t i = 0; i < n; i++) {
            levels[i] = ((double)i + (grid == SPOT_COINFER_MID_RISE ? 0.5 : 0.0)) * step;
        }
        assert_int_equal(spot_coinfer_uniform(lambda, bits, grid, step, &d), SPOT_OK);
        assert_close(d, levels_distortion(lambda, levels, n), 0.0, 1e-10);
        assert_true(d >= best * (1.0 - ROUNDING));
    }
}

static void uniform_quantisers_agree_with_their_levels(void **state)
{
    (void)state;
    for (int bits = 1; bits <= 12; bits++) {
        check_uniform(4.0, bits, SPOT_COINFER_MID_RISE);
        if (bits > 1) {
            check_uniform(4.0, bits, SPOT_COINFER_WITH_ZERO);
        }
    }
}

/* Steps of ln(10^6) / (K - 1), as the largest of a million weights would give. */
static void uniform_quantisers_up_to_the_largest_weight_match_the_table(void **state)
{
    static const double want[] = {0.99800, 0.81818, 0.45692, 0.22627, 0.11096, 0.05477, 0.02719};

    (void)state;
    for (int bits = 2; bits <= 8; bits++) {
        const double step = log(1e6) / (exp2(bits - 1) - 1.0);
        double d = NAN;

        assert_int_equal(spot_coinfer_uniform(1.0, bits, SPOT_COINFER_WITH_ZERO, step, &d),
                         SPOT_OK);
        assert_close(d, want[bits - 2], SHORT, 0.0);
    }
}

static void long_uniform_quantisers_stay_sound(void **state)
{
    (void)state;
    for (int bits = 13; bits <= SPOT_COINFER_MAX_BITS; bits++) {
        double step = NAN;
        double d = NAN;
        double exact = NAN;
        double before = NAN;

        assert_int_equal(spot_coinfer_uniform_best(1.0, bits, SPOT_COINFER_MID_RISE, &step, &d),
                         SPOT_OK);
        assert_int_equal(
            spot_coinfer_uniform_best(1.0, bits - 1, SPOT_COINFER_MID_RISE, &step, &before),
            SPOT_OK);
        assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, 1.0, bits, &exact), SPOT_OK);
        /* worse than the optimum, and a bit gains a factor below 2 that grows towards it */
        assert_true(d > exact && d < before && d > before / 2.0);
        assert_true(d < exact * bits / 2.0);
    }
}

static void power_of_two_quantisers_match_the_table(void **state)
{
    static const double want[] = {0.69315, 0.48477, 0.23946, 0.17107,
                                  0.16992, 0.16992, 0.16992, 0.16992};
    double levels[128];
    double top = NAN;
    double d = NAN;

    (void)state;
    for (int bits = 1; bits <= 8; bits++) {
        const size_t n = (size_t)1 << (bits - 1);

        assert_int_equal(spot_coinfer_power_of_two_best(1.0, bits, &top, &d), SPOT_OK);
        assert_close(d, want[bits - 1], SHORT, 0.0);
        assert_int_equal(spot_coinfer_power_of_two(top, bits, levels), SPOT_OK);
        assert_close(levels_distortion(1.0, levels, n), d, 0.0, ROUNDING);
        /* no other scale is better */
        for (int i = -200; i <= 300; i++) {
            assert_int_equal(spot_coinfer_power_of_two(pow(1.01, i), bits, levels), SPOT_OK);
            assert_true(levels_distortion(1.0, levels, n) >= d * (1.0 - 1e-8));
        }
    }
    assert_int_equal(spot_coinfer_power_of_two_best(1.0, 4, &top, &d), SPOT_OK);
    assert_close(d, 0.171067, 0.0, SEARCHED);
    assert_int_equal(spot_coinfer_power_of_two_best(1.0, 8, &top, &d), SPOT_OK);
    assert_close(d, 0.169923, 0.0, SEARCHED);
    assert_int_equal(spot_coinfer_power_of_two_best(5.0, 32, &top, &d), SPOT_OK);
    assert_close(d, 0.169923 / 5.0, 0.0, SEARCHED);
}

static void companders_match_the_table(void **state)
{
    static const double want[] = {0.88629, 0.45036, 0.23581, 0.12127,
                                  0.06154, 0.03101, 0.01556, 0.00780};
    double levels[128];

    (void)state;
    for (int bits = 1; bits <= 8; bits++) {
        assert_int_equal(spot_coinfer_compander(2.0, bits, levels), SPOT_OK);
        assert_close(2.0 * levels_distortion(2.0, levels, (size_t)1 << (bits - 1)), want[bits - 1],
                     SHORT, 0.0);
    }
}

/* Real numbers drawn from the model have the model's error, up to the midpoint rule. */
static void errors_on_data_agree_with_the_model(void **state)
{
    enum { N = 200000 };
    const double lambda = 2.0;
    float *w = malloc(N * sizeof *w);
    double levels[8];
    double got = NAN;
    double want = NAN;

    (void)state;
    assert_non_null(w);
    for (int i = 0; i < N; i++) {
        /* the quantiles of the model, with alternating sign */
        w[i] = (float)((i % 2 ? 1.0 : -1.0) * -log1p(-((double)i + 0.5) / N) / lambda);
    }
    assert_int_equal(spot_coinfer_lloyd(lambda, 4, levels, NULL), SPOT_OK);
    assert_int_equal(spot_coinfer_levels_error(w, N, levels, 8, &got), SPOT_OK);
    assert_int_equal(spot_coinfer_distortion(SPOT_COINFER_LLOYD, lambda, 4.0, &want), SPOT_OK);
    /* the midpoint rule again */
    assert_close(got, want, 4e-6, 0.0);
    w[7] = NAN;
    assert_int_equal(spot_coinfer_levels_error(w, N, levels, 8, &got), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_error(w, 0, levels, 8, &got), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_error(w, 1, levels, 0, &got), SPOT_E_RANGE);
    free(w);
}

static void impossible_quantisers_are_refused(void **state)
{
    const double falling[] = {1.0, 0.5};
    const double below[] = {-0.1, 0.5};
    const double nan[] = {0.1, NAN};
    double levels[2] = {7.0, 7.0};
    double d = 7.0;

    (void)state;
    assert_int_equal(spot_coinfer_levels_distortion(1.0, falling, 2, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_distortion(1.0, below, 2, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_distortion(1.0, nan, 2, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_distortion(1.0, falling, 0, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_distortion(-1.0, falling, 1, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_levels_distortion(1.0, NULL, 1, &d), SPOT_E_INVALID);
    for (int bits = 0; bits <= 25; bits += 25) {
        assert_int_equal(spot_coinfer_lloyd(1.0, bits, levels, NULL), SPOT_E_RANGE);
        assert_int_equal(spot_coinfer_compander(1.0, bits, levels), SPOT_E_RANGE);
        assert_int_equal(spot_coinfer_power_of_two(1.0, bits, levels), SPOT_E_RANGE);
    }
    assert_int_equal(spot_coinfer_lloyd(INFINITY, 2, levels, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_lloyd(1.0, 2, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_uniform(1.0, 1, SPOT_COINFER_WITH_ZERO, 1.0, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_uniform(1.0, 33, SPOT_COINFER_MID_RISE, 1.0, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_uniform(1.0, 2, SPOT_COINFER_MID_RISE, 0.0, &d), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_uniform(1.0, 2, (spot_coinfer_grid)2, 1.0, &d), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_uniform_best(1.0, 0, SPOT_COINFER_MID_RISE, levels, &d),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_uniform_best(1.0, 2, SPOT_COINFER_MID_RISE, NULL, &d),
                     SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_power_of_two_best(1.0, 0, levels, &d), SPOT_E_RANGE);
    assert_true(d == 7.0 && levels[0] == 7.0 && levels[1] == 7.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lloyd_codebook_matches_printed_vector),
        cmocka_unit_test(lloyd_codebook_is_optimal),
        cmocka_unit_test(encoding_finds_the_nearest_level),
        cmocka_unit_test(encoding_takes_every_number),
        cmocka_unit_test(distortions_of_levels_agree_with_integration),
        cmocka_unit_test(best_uniform_quantisers_match_the_table),
        cmocka_unit_test(uniform_quantisers_agree_with_their_levels),
        cmocka_unit_test(uniform_quantisers_up_to_the_largest_weight_match_the_table),
        cmocka_unit_test(long_uniform_quantisers_stay_sound),
        cmocka_unit_test(power_of_two_quantisers_match_the_table),
        cmocka_unit_test(companders_match_the_table),
        cmocka_unit_test(errors_on_data_agree_with_the_model),
        cmocka_unit_test(impossible_quantisers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
