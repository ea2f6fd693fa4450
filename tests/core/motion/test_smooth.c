/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Smoothness of speed profiles and the noise floor of jerk. Oracles: printed vectors, the discrete Fourier sum
 * written out, invariances, Monte Carlo with a stated false-alarm level.
 */
#include <math.h>
#include <stdlib.h>

#include "spot/motion.h"
#include "spot/rng.h"
#include "support/spot_test.h"

static const double PRINTED = 1e-5;  /* vectors printed with six digits */
static const double ROUNDING = 1e-9; /* of spectra of a few hundred terms, and their arcs */

enum { MOST = 1024, ROOM = 22 * MOST + 1 };

static double memory[ROOM];

static spot_motion_value sparc_of(const double *speed, size_t n, double h)
{
    spot_motion_value v;
    size_t needed = 0;

    assert_int_equal(spot_motion_sparc_room(n, &needed), SPOT_OK);
    assert_true(needed <= ROOM);
    assert_int_equal(spot_motion_sparc(speed, n, h, memory, needed, &v), SPOT_OK);
    return v;
}

static double ldlj_of(const double *speed, size_t n)
{
    spot_motion_value v;

    assert_int_equal(spot_motion_ldlj(speed, n, &v), SPOT_OK);
    assert_int_equal(v.why, SPOT_MOTION_WHY_DEFINED);
    return v.value;
}

static void minimum_jerk_speed(double *v, int n)
{
    for (int i = 0; i < n; i++) {
        const double t = (double)i / (n - 1);

        v[i] = 30.0 * t * t * (1.0 - t) * (1.0 - t);
    }
}

static void minimum_jerk_motion_matches_the_printed_vector(void **state)
{
    static double v[MOST];
    static double fine[200001];

    (void)state;
    minimum_jerk_speed(v, 101);
    minimum_jerk_speed(fine, 200001);
    assert_close(sparc_of(v, 101, 0.01).value, -1.40583, PRINTED, 0.0);
    assert_close(ldlj_of(v, 101), -5.27178, PRINTED, 0.0);
    /* the continuous value, reached with error 5 / n */
    assert_close(ldlj_of(fine, 200001), -5.32203, 4e-5, 0.0);
}

/* |sum of v exp(-2 pi i f k)| at frequency f in turns a sample. */
static double magnitude(const double *v, int n, double f)
{
    double re = 0.0;
    double im = 0.0;

    for (int k = 0; k < n; k++) {
        re += v[k] * cos(2.0 * acos(-1.0) * f * k);
        im += v[k] * sin(2.0 * acos(-1.0) * f * k);
    }
    return hypot(re, im);
}

/* The definition, bin by bin. */
static double slow_sparc(const double *v, int n, double h)
{
    static double m[16 * MOST];
    int size = 16;
    double most = 0.0;
    double length = 0.0;
    int first = -1;
    int last = -1;

    while (size < 16 * n) {
        size *= 2;
    }
    for (int i = 0; i <= size / 2; i++) {
        m[i] = magnitude(v, n, (double)i / size);
        most = fmax(most, m[i]);
    }
    for (int i = 0; i <= size / 2; i++) {
        if (i / (size * h) <= 10.0 && m[i] / most >= 0.05) {
            first = first < 0 ? i : first;
            last = i;
        }
    }
    for (int i = first + 1; i <= last; i++) {
        length += sqrt(pow(1.0 / (last - first), 2) + pow((m[i] - m[i - 1]) / most, 2));
    }
    return -length;
}

static void sparc_is_its_definition_written_out(void **state)
{
    static const int SIZES[] = {3, 4, 5, 16, 17, 31, 63, 64, 65, 130};
    static const double INTERVALS[] = {0.2, 0.05, 0.01, 0.002};
    double v[MOST];

    (void)state;
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        for (size_t j = 0; j < sizeof(INTERVALS) / sizeof(INTERVALS[0]); j++) {
            spot_rng rng = spot_rng_at(i, SPOT_STREAM_DISTURB, j);
            const int n = SIZES[i];

            for (int k = 0; k < n;
                 k++) { /* of either sign: a mean of 0 has its maximum elsewhere */
                v[k] = spot_rng_uniform(&rng, -1.0, 1.0) + (j % 2 == 0 ? 1.0 : 0.0);
            }
            const spot_motion_value got = sparc_of(v, (size_t)n, INTERVALS[j]);
            if (got.why == SPOT_MOTION_WHY_TOO_SHORT) {
                assert_true(n * INTERVALS[j] < 0.1);
                continue;
            }
            assert_close(got.value, slow_sparc(v, n, INTERVALS[j]), ROUNDING, 0.0);
        }
    }
}

static void smoothness_does_not_depend_on_speed(void **state)
{
    double v[MOST];
    double w[MOST];

    (void)state;
    minimum_jerk_speed(v, 200);
    for (int i = 0; i < 200; i++) {
        v[i] += 0.1 * sin(0.3 * i) * v[i];
        w[i] = 1e-3 * v[i];
    }
    assert_close(sparc_of(w, 200, 0.01).value, sparc_of(v, 200, 0.01).value, ROUNDING, 0.0);
    assert_close(ldlj_of(w, 200), ldlj_of(v, 200), ROUNDING, 0.0);
}

static void a_shaking_motion_is_less_smooth(void **state)
{
    double calm[MOST];
    double shaking[MOST];

    (void)state;
    minimum_jerk_speed(calm, 200);
    for (int i = 0; i < 200; i++) {
        shaking[i] = calm[i] * (1.0 + 0.5 * sin(0.35 * i)); /* 5.6 Hz */
    }
    assert_true(sparc_of(shaking, 200, 0.01).value < sparc_of(calm, 200, 0.01).value - 0.1);
    assert_true(ldlj_of(shaking, 200) < ldlj_of(calm, 200) - 1.0);
}

static void profiles_without_a_shape_are_undefined(void **state)
{
    const double zero[8] = {0.0};
    const double steady[8] = {0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3};
    const double huge[4] = {1e308, -1e308, 1e308, 1e308};
    spot_motion_value v;

    (void)state;
    assert_int_equal(sparc_of(zero, 8, 0.1).why, SPOT_MOTION_WHY_NO_MOTION);
    assert_int_equal(sparc_of(steady, 2, 0.1).why, SPOT_MOTION_WHY_FEWER_THAN_3);
    assert_int_equal(sparc_of(NULL, 0, 0.1).why, SPOT_MOTION_WHY_FEWER_THAN_3);
    assert_int_equal(sparc_of(steady, 3, 1e-4).why, SPOT_MOTION_WHY_TOO_SHORT);
    assert_int_equal(sparc_of(huge, 4, 0.1).why, SPOT_MOTION_WHY_OVERFLOW);
    assert_int_equal(spot_motion_ldlj(zero, 8, &v), SPOT_OK);
    assert_int_equal(v.why, SPOT_MOTION_WHY_NO_MOTION);
    assert_true(isnan(v.value));
    assert_int_equal(spot_motion_ldlj(steady, 8, &v), SPOT_OK);
    assert_int_equal(v.why, SPOT_MOTION_WHY_CONSTANT_SPEED);
    assert_int_equal(spot_motion_ldlj(steady, 2, &v), SPOT_OK);
    assert_int_equal(v.why, SPOT_MOTION_WHY_FEWER_THAN_3);
    assert_int_equal(spot_motion_ldlj(huge, 4, &v), SPOT_OK);
    assert_int_equal(v.why, SPOT_MOTION_WHY_OVERFLOW);
}

static void bad_arguments_are_refused(void **state)
{
    double v[4] = {0.0, 1.0, 2.0, 0.0};
    const double nan[4] = {0.0, NAN, 2.0, 0.0};
    spot_motion_value out;
    size_t n = 0;

    (void)state;
    assert_int_equal(spot_motion_sparc_room(4, &n), SPOT_OK);
    assert_int_equal(n, 45);
    assert_int_equal(spot_motion_sparc_room(5, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_motion_sparc_room(SIZE_MAX, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_sparc_room(SIZE_MAX / 64, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_sparc(v, 4, 0.1, memory, 44, &out), SPOT_E_RANGE);
    assert_int_equal(spot_motion_sparc(v, 4, 0.0, memory, 45, &out), SPOT_E_RANGE);
    assert_int_equal(spot_motion_sparc(v, 4, NAN, memory, 45, &out), SPOT_E_RANGE);
    assert_int_equal(spot_motion_sparc(nan, 4, 0.1, memory, 45, &out), SPOT_E_RANGE);
    assert_int_equal(spot_motion_sparc(NULL, 4, 0.1, memory, 45, &out), SPOT_E_INVALID);
    assert_int_equal(spot_motion_sparc(v, 4, 0.1, NULL, 45, &out), SPOT_E_INVALID);
    assert_int_equal(spot_motion_sparc(v, 4, 0.1, memory, 45, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_motion_ldlj(v, 4, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_motion_ldlj(NULL, 4, &out), SPOT_E_INVALID);
    assert_int_equal(spot_motion_ldlj(nan, 4, &out), SPOT_E_RANGE);
}

/* 10^5 speeds, an hour of a robot at 28 Hz, and the same profile in few, zero-padded in the same
 * proportion: 100000 of 2^17 is 781.25 of 2^10. Arcs agree to that, where they end at the same bin:
 * the one at 0.05 jumps by 1 % between 782 and 783. */
static void long_profiles_are_measured(void **state)
{
    const size_t n = 100000;
    double few[MOST];
    size_t needed = 0;
    spot_motion_value v;

    (void)state;
    assert_int_equal(spot_motion_sparc_room(n, &needed), SPOT_OK);
    double *speed = calloc(n, sizeof(double));
    double *room = calloc(needed, sizeof(double));
    assert_non_null(speed);
    assert_non_null(room);
    minimum_jerk_speed(speed, (int)n);
    assert_int_equal(spot_motion_sparc(speed, n, 1.0 / 28.0, room, needed, &v), SPOT_OK);
    minimum_jerk_speed(few, 783);
    assert_close(v.value, sparc_of(few, 783, 99999.0 / 28.0 / 782.0).value, 1e-3, 0.0);
    free(speed);
    free(room);
}

static void noise_floor_matches_the_printed_figures(void **state)
{
    double difference = NAN;
    double savgol = NAN;

    (void)state;
    assert_int_equal(spot_motion_jerk_noise(3, 1e-4, 0.1, &difference, NULL), SPOT_OK);
    assert_close(difference, 0.77, 0.005, 0.0);
    assert_int_equal(spot_motion_jerk_noise(3, 1e-5, 0.002, &difference, &savgol), SPOT_OK);
    assert_close(difference, 9.7e3, 50.0, 0.0);
    assert_close(savgol, sqrt(0.5) * 1e-5 / 8e-9, 0.0, 1e-12);
    assert_int_equal(spot_motion_jerk_noise(0, 1e-4, 0.1, &difference, &savgol), SPOT_E_RANGE);
    assert_int_equal(spot_motion_jerk_noise(3, 0.0, 0.1, &difference, &savgol), SPOT_E_RANGE);
    assert_int_equal(spot_motion_jerk_noise(3, 1e-4, NAN, &difference, &savgol), SPOT_E_RANGE);
    assert_int_equal(spot_motion_jerk_noise(3, 1e-4, 1e-120, &difference, &savgol), SPOT_E_RANGE);
    assert_int_equal(spot_motion_jerk_noise(3, 1e-4, 0.1, NULL, NULL), SPOT_E_INVALID);
}

/* Jerk of a robot that stands still and is seen through noise: its mean square over 4000 samples in
 * 3 axes is within 6 standard deviations of the floor squared; false alarm below 1e-8. Mean squares
 * of correlated samples vary by sqrt(2 / (d n) x sum of squared autocorrelations): 1 + 2 (225 + 36
 * + 1) / 400 = 2.31 for the third difference (autocovariances 20, -15, 6, -1), and for
 * Savitzky-Golay (6, 0, -1, -4, 0, 2, -1): 1 + 2 (1 + 16 + 4 + 1) / 36 = 2.22. */
static void noise_floor_is_what_noise_shows(void **state)
{
    enum { N = 4000 };
    static double p[N * 3];
    const double sigma = 2e-4;
    const double h = 0.05;
    const double sd = sqrt(2.0 / (3.0 * N) * 2.31);
    spot_rng rng = spot_rng_at(11, SPOT_STREAM_DISTURB, 0);
    spot_motion_config config;
    spot_motion_metrics m;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < N * 3; i++) {
        p[i] = 0.4 + sigma * spot_rng_normal(&rng);
    }
    spot_motion_config_default(&config);
    config.interval_s = h;
    config.position_noise_m = sigma;
    const spot_motion_series series = {.n_sample = N, .n_axis = 3, .position_m = p};
    assert_int_equal(spot_motion_room(spot_motion_series_shape(&series), N, &n), SPOT_OK);
    double *room = calloc(n, sizeof(double));
    assert_non_null(room);
    assert_int_equal(spot_motion_measure(&series, &config, room, n, &m), SPOT_OK);
    free(room);
    for (int i = 0; i < 2; i++) {
        const double floor_m_s3 = m.values[i == 0 ? SPOT_MOTION_EE_JERK_NOISE_DIFFERENCE
                                                  : SPOT_MOTION_EE_JERK_NOISE_SAVGOL]
                                      .value;
        const double msj =
            m.values[i == 0 ? SPOT_MOTION_EE_MSJ_DIFFERENCE : SPOT_MOTION_EE_MSJ_SAVGOL].value;

        assert_close(msj / (floor_m_s3 * floor_m_s3), 1.0, 6.0 * sd, 0.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimum_jerk_motion_matches_the_printed_vector),
        cmocka_unit_test(sparc_is_its_definition_written_out),
        cmocka_unit_test(smoothness_does_not_depend_on_speed),
        cmocka_unit_test(a_shaking_motion_is_less_smooth),
        cmocka_unit_test(profiles_without_a_shape_are_undefined),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(long_profiles_are_measured),
        cmocka_unit_test(noise_floor_matches_the_printed_figures),
        cmocka_unit_test(noise_floor_is_what_noise_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
