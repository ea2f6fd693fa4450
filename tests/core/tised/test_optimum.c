/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, closed-form minimisers, numerical derivatives, brute force over formulas
 * written out here. */
#include "support/spot_test.h"

#include <math.h>

#include "spot/rng.h"
#include "spot/tised_optimum.h"

static const double ROUNDING = 1e-13;
static const double PRINTED = 1e-6;

/* Central difference of step 1e-5 on functions whose third derivative is of order 100: truncation
 * 100 * 1e-10 / 6, rounding 1e-16 * 100 / 1e-5. */
static const double NUMERICAL = 1e-8;

enum { POINTS_MAX = 16 };

static spot_tised_sweep sweep_of_alpha(const spot_tised_setup *setup, const double *alpha, int n,
                                       spot_tised_point *points)
{
    for (int i = 0; i < n; i++) {
        points[i] = (spot_tised_point){.alpha = alpha[i]};
    }
    return (spot_tised_sweep){setup, points, n, SPOT_TISED_KNOB_ALPHA};
}

static spot_tised_sweep sweep_of_overlap(const spot_tised_setup *setup, int n,
                                         spot_tised_point *points)
{
    for (int i = 0; i < n; i++) {
        points[i] =
            (spot_tised_point){.alpha = 1.0, .n_overlap = i, .schedule = SPOT_SCHEDULE_OVERLAP};
    }
    return (spot_tised_sweep){setup, points, n, SPOT_TISED_KNOB_OVERLAP};
}

static void best_alpha_matches_vectors(void **state)
{
    (void)state;
    const double alpha[] = {.25, .4, .55, .7, .85, 1};
    const double n_chunk[] = {30, 18, 14, 12.5, 12, 11.8};
    static const struct {
        double rho, best_alpha, task_s;
    } vector[] = {{2, 0.85, 116.4}, {8, 0.7, 170}, {32, 0.55, 358.4}};
    for (int i = 0; i < 3; i++) {
        const spot_tised_setup setup = {vector[i].rho, 1.0, 8};
        spot_tised_point points[POINTS_MAX];
        spot_tised_sweep sweep = sweep_of_alpha(&setup, alpha, 6, points);
        spot_tised_optimum best;
        assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &best), SPOT_OK);
        assert_close(alpha[best.index], vector[i].best_alpha, 0.0, 0.0);
        assert_close(best.value, vector[i].task_s, 0.0, PRINTED);
        assert_true(best.interior);
        assert_int_equal(best.label, SPOT_TISED_LABEL_INTERIOR);
    }
}

static void best_overlap_rises_then_falls_as_in_vectors(void **state)
{
    (void)state;
    const double n_chunk[] = {10, 10.2, 10.6, 11.3, 12.4, 14, 16.5, 20, 25};
    static const struct {
        double rho;
        int best;
        double task_s;
    } vector[] = {{2, 2, 84.8}, {4, 4, 99.2}, {8, 3, 146.9}, {16, 2, 233.2}, {32, 1, 397.8}};
    for (int i = 0; i < 5; i++) {
        const spot_tised_setup setup = {vector[i].rho, 1.0, 8};
        spot_tised_point points[POINTS_MAX];
        spot_tised_sweep sweep = sweep_of_overlap(&setup, 9, points);
        spot_tised_optimum best;
        assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &best), SPOT_OK);
        assert_int_equal(best.index, vector[i].best);
        assert_close(best.value, vector[i].task_s, 0.0, PRINTED);
        assert_true(best.interior && best.label == SPOT_TISED_LABEL_INTERIOR);

        /* Eq. 13 at both ends, and unsaturated by its simple form */
        double step = 0.0;
        assert_int_equal(spot_tised_time_step_overlap(&setup, &points[0], 10, 10.2, &step),
                         SPOT_OK);
        assert_close(step, 0.2 * (vector[i].rho + 7.0) - 10.0, 0.0, ROUNDING);
        assert_close(best.slope.first, step, 0.0, ROUNDING);
        assert_int_equal(spot_tised_time_step_overlap(&setup, &points[7], 20, 25, &step), SPOT_OK);
        assert_close(best.slope.last, step, 0.0, ROUNDING);
        assert_int_equal(spot_tised_time_step_overlap(&setup, &points[8], 25, 26, &step),
                         SPOT_E_RANGE);
    }
}

/* P09: the root of Eq. 10 for N = alpha^-0.3 by bisection of the shipped slope. */
static void stationary_alpha_matches_closed_form(void **state)
{
    (void)state;
    const double rho[] = {8.0, 16.0}, want[] = {0.4285714, 0.2142857};
    for (int i = 0; i < 2; i++) {
        const spot_tised_setup setup = {rho[i], 1.0, 8};
        double lo = 0.05, hi = 1.0;
        for (int k = 0; k < 60; k++) {
            double middle = 0.5 * (lo + hi), slope = 0.0;
            const spot_tised_point point = {.alpha = middle};
            assert_int_equal(spot_tised_time_slope_alpha(&setup, &point, pow(middle, -0.3),
                                                         -0.3 * pow(middle, -1.3), &slope),
                             SPOT_OK);
            *(slope < 0.0 ? &lo : &hi) = middle;
        }
        assert_close(lo, want[i], 0.0, PRINTED);
        assert_close(lo, 0.3 * 8.0 / (rho[i] * 0.7), 0.0, 1e-12);
    }
}

/* P10: actions of a microsecond make the depth as good as continuous. */
static void stationary_overlap_matches_vectors(void **state)
{
    (void)state;
    const double sum[] = {16.0, 24.0}, want[] = {4.258343, 2.30464};
    enum { FINE = 1000000 };
    for (int i = 0; i < 2; i++) {
        const spot_tised_setup setup = {sum[i] - 8.0, 1.0 / FINE, 8 * FINE};
        int lo = 0, hi = 6 * FINE;
        while (hi - lo > 1) {
            int middle = lo + (hi - lo) / 2;
            const spot_tised_point point = {
                .alpha = 1.0, .n_overlap = middle, .schedule = SPOT_SCHEDULE_OVERLAP};
            double depth = (double)middle / FINE, slope = 0.0;
            double n_chunk = 10.0 * exp(0.01 * depth * depth);
            assert_int_equal(spot_tised_time_slope_overlap(&setup, &point, n_chunk,
                                                           n_chunk * 0.02 * depth / FINE, &slope),
                             SPOT_OK);
            *(slope < 0.0 ? &lo : &hi) = middle;
        }
        /* the upper root, at n' near rho + n, lies beyond `hi`; 6 printed decimals and one step */
        assert_close((double)lo / FINE, want[i], 2e-6, 0.0);
    }
}

static double chunks_at(double alpha)
{
    return 10.0 + 3.0 * pow(alpha, -0.7);
}

static double chunks_slope_at(double alpha)
{
    return -2.1 * pow(alpha, -1.7);
}

static double task_at(const spot_tised_setup *setup, double alpha, int n_overlap)
{
    return chunks_at(alpha) * (setup->n_action * setup->action_s +
                               fmax(0.0, alpha * setup->inference_s - n_overlap * setup->action_s));
}

static void slope_in_alpha_matches_numerical_derivative(void **state)
{
    (void)state;
    const spot_tised_setup setup = {1.2, 0.1, 8};
    for (int n_overlap = 0; n_overlap <= 8; n_overlap += 2) {
        for (double alpha = 0.3; alpha < 1.0; alpha += 0.07) {
            const spot_tised_point point = {
                .alpha = alpha, .n_overlap = n_overlap, .schedule = SPOT_SCHEDULE_OVERLAP};
            double slope = 0.0, step = 1e-5;
            assert_int_equal(spot_tised_time_slope_alpha(&setup, &point, chunks_at(alpha),
                                                         chunks_slope_at(alpha), &slope),
                             SPOT_OK);
            double numerical = (task_at(&setup, alpha + step, n_overlap) -
                                task_at(&setup, alpha - step, n_overlap)) /
                               (2.0 * step);
            assert_close(slope, numerical, NUMERICAL, NUMERICAL);
        }
    }
}

static double score_at(double alpha, double exposure)
{
    return 0.9 * (1.0 - 0.5 * exp(-4.0 * alpha)) * exp(-0.8 * exposure);
}

static double phi(void *context, double quality, double exposure)
{
    (void)context;
    return 0.9 * quality * exp(-0.8 * exposure);
}

static void slope_of_score_matches_numerical_derivative(void **state)
{
    (void)state;
    const spot_tised_setup setup = {0.7, 0.1, 8};
    const spot_tised_response response = {.call = phi};
    const double speed = 1.5, step = 1e-5;
    for (double alpha = 0.1; alpha < 1.0; alpha += 0.07) {
        const spot_tised_point point = {.alpha = alpha};
        double slope = 0.0;
        assert_int_equal(spot_tised_surrogate_slope_alpha(&setup, &point, &response, speed,
                                                          1.0 - 0.5 * exp(-4.0 * alpha),
                                                          2.0 * exp(-4.0 * alpha), &slope),
                         SPOT_OK);
        double hi = score_at(alpha + step, speed * (alpha + step) * 0.7);
        double lo = score_at(alpha - step, speed * (alpha - step) * 0.7);
        assert_close(slope, (hi - lo) / (2.0 * step), NUMERICAL, NUMERICAL);
    }
}

/* Random sweeps of either knob under any schedule: T and S written out, the best found by hand. */
static void best_point_matches_brute_force(void **state)
{
    (void)state;
    spot_rng rng = spot_rng_at(3, SPOT_STREAM_RESET, 0);
    const spot_tised_response response = {.call = phi};
    int n_interior = 0, n_label = 0;
    for (int round = 0; round < 3000; round++) {
        int n = 2 + (int)spot_rng_below(&rng, 10);
        spot_tised_setup setup = {spot_rng_uniform(&rng, 0.0, 3.0),
                                  spot_rng_uniform(&rng, 0.01, 0.2), n};
        bool by_alpha = spot_rng_below(&rng, 2) == 0;
        double x[POINTS_MAX], input[POINTS_MAX], quality[POINTS_MAX];
        spot_tised_point points[POINTS_MAX];
        for (int i = 0; i < n; i++) {
            x[i] = (i + 1.0 - spot_rng_uniform(&rng, 0.0, 0.5)) / n;
            input[i] = spot_rng_uniform(&rng, 10.0, 12.0) + (by_alpha ? 1.0 / x[i] : 0.5 * i);
            quality[i] = spot_rng_uniform(&rng, 0.0, 1.0);
        }
        spot_tised_sweep sweep =
            by_alpha ? sweep_of_alpha(&setup, x, n, points) : sweep_of_overlap(&setup, n, points);
        double task[POINTS_MAX], score[POINTS_MAX];
        int least = 0, most = 0;
        for (int i = 0; i < n; i++) {
            double alpha = by_alpha ? x[i] : 1.0, overlap_s = by_alpha ? 0.0 : i * setup.action_s;
            double wait_s = fmax(0.0, alpha * setup.inference_s - overlap_s);
            task[i] = input[i] * (n * setup.action_s + wait_s);
            score[i] = 0.9 * quality[i] * exp(-0.8 * 0.3 * wait_s);
            least = task[i] < task[least] ? i : least;
            most = score[i] > score[most] ? i : most;
        }
        spot_tised_optimum t, s, direct;
        assert_int_equal(spot_tised_minimum_time(&sweep, input, NULL, &t), SPOT_OK);
        assert_int_equal(spot_tised_maximum_score(&sweep, quality, 0.3, &response, NULL, &s),
                         SPOT_OK);
        assert_int_equal(t.index, least);
        assert_close(t.value, task[least], 0.0, ROUNDING);
        assert_int_equal(s.index, most);
        assert_close(s.value, score[most], 0.0, ROUNDING);
        assert_int_equal(t.interior, least > 0 && least < n - 1);
        assert_int_equal(s.interior, most > 0 && most < n - 1);
        assert_int_equal(spot_tised_best_of(NULL, score, n, true, &direct), SPOT_OK);
        assert_int_equal(direct.index, most);
        /* the discrete condition is sufficient, never the other way round */
        if (!by_alpha && t.label == SPOT_TISED_LABEL_INTERIOR) {
            assert_true(t.interior);
            n_label++;
        }
        n_interior += !by_alpha && t.interior ? 1 : 0;

        /* scaling all times leaves the best point alone (a power of two is exact) */
        setup.inference_s *= 4.0;
        setup.action_s *= 4.0;
        assert_int_equal(spot_tised_minimum_time(&sweep, input, NULL, &t), SPOT_OK);
        assert_int_equal(t.index, least);
    }
    assert_true(n_label > 50 && n_interior > n_label); /* both kinds did occur */
}

static void labels_name_the_end_that_may_be_best(void **state)
{
    (void)state;
    static const struct {
        double value[4];
        int index;
        bool interior;
        spot_tised_label label;
    } vector[] = {
        {{3, 1, 2, 4}, 1, true, SPOT_TISED_LABEL_INTERIOR},
        {{1, 2, 3, 4}, 0, false, SPOT_TISED_LABEL_FIRST},
        {{4, 3, 2, 1}, 3, false, SPOT_TISED_LABEL_LAST},
        {{1, 2, 4, 3}, 0, false, SPOT_TISED_LABEL_ENDS},
        {{2, 3, 1, 4}, 2, true, SPOT_TISED_LABEL_FIRST}, /* sufficient, not necessary */
        {{1, 1, 1, 1}, 0, false, SPOT_TISED_LABEL_ENDS},
        {{2, 1, 3, 1}, 1, false, SPOT_TISED_LABEL_LAST}, /* a tie with an end is not interior */
    };
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        double mirrored[4];
        spot_tised_optimum best;
        assert_int_equal(spot_tised_best_of(NULL, vector[i].value, 4, false, &best), SPOT_OK);
        assert_int_equal(best.index, vector[i].index);
        assert_int_equal(best.interior, vector[i].interior);
        assert_int_equal(best.label, vector[i].label);
        for (int k = 0; k < 4; k++) {
            mirrored[k] = -vector[i].value[k];
        }
        assert_int_equal(spot_tised_best_of(NULL, mirrored, 4, true, &best), SPOT_OK);
        assert_int_equal(best.index, vector[i].index);
        assert_int_equal(best.label, vector[i].label);
    }
}

static void given_derivatives_replace_finite_differences(void **state)
{
    (void)state;
    const spot_tised_setup setup = {8.0, 1.0, 8};
    const double alpha[] = {0.2, 0.3, 0.5, 1.0};
    double n_chunk[4];
    for (int i = 0; i < 4; i++) {
        n_chunk[i] = 2.0 * alpha[i] * alpha[i] - 5.0 * alpha[i] + 9.0; /* a parabola: exact */
    }
    const spot_tised_slopes exact = {4.0 * 0.2 - 5.0, 4.0 - 5.0}, flat = {0.0, -100.0};
    spot_tised_point points[POINTS_MAX];
    spot_tised_sweep sweep = sweep_of_alpha(&setup, alpha, 4, points);
    spot_tised_optimum given, found;
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, &exact, &given), SPOT_OK);
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &found), SPOT_OK);
    assert_close(found.slope.first, given.slope.first, 0.0, 1e-12);
    assert_close(found.slope.last, given.slope.last, 0.0, 1e-12);
    assert_close(given.slope.first, -4.2 * 9.6 + n_chunk[0] * 8.0, 0.0, ROUNDING);
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, &flat, &given), SPOT_OK);
    assert_int_equal(given.label, SPOT_TISED_LABEL_ENDS);
    assert_int_equal(given.index, found.index); /* a label does not decide */
}

static void table_is_bilinear_and_never_extrapolated(void **state)
{
    (void)state;
    const double quality[] = {0.0, 0.5, 1.0}, exposure[] = {0.0, 2.0};
    double value[] = {0.1, 0.0, 0.6, 0.2, 0.9, 0.4};
    const spot_tised_table table = {quality, exposure, value, 3, 2};
    const spot_tised_response response = {.table = &table};
    double score = 0.0;
    assert_int_equal(spot_tised_table_check(&table), SPOT_OK);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 2; j++) {
            assert_int_equal(spot_tised_surrogate(&response, quality[i], 1.0, exposure[j], &score),
                             SPOT_OK);
            assert_close(score, value[2 * i + j], 0.0, ROUNDING);
        }
    }
    assert_int_equal(spot_tised_surrogate(&response, 0.75, 2.0, 0.5, &score), SPOT_OK);
    assert_close(score, 0.25 * (0.6 + 0.2 + 0.9 + 0.4), 0.0, ROUNDING);
    assert_int_equal(spot_tised_surrogate(&response, 1.01, 1.0, 0.0, &score), SPOT_E_RANGE);
    assert_int_equal(spot_tised_surrogate(&response, 0.5, 1.0, 2.01, &score), SPOT_E_RANGE);
    assert_int_equal(spot_tised_surrogate(&response, NAN, 1.0, 0.0, &score), SPOT_E_RANGE);
    assert_int_equal(spot_tised_surrogate(&response, 0.5, 1.0, -0.1, &score), SPOT_E_RANGE);

    /* its slopes, at the rim too: Phi_Q = 0.6 (upper cell, xi = 0), Phi_xi = -0.25 at Q = 1 */
    const spot_tised_setup setup = {1.0, 1.0, 8};
    const spot_tised_point point = {.alpha = 0.0};
    double slope = 0.0;
    assert_int_equal(
        spot_tised_surrogate_slope_alpha(&setup, &point, &response, 2.0, 1.0, 0.5, &slope),
        SPOT_OK);
    assert_close(slope, 0.6 * 0.5 - 0.25 * 2.0, 1e-9, 0.0);

    value[3] = 0.7; /* now it rises with exposure */
    assert_int_equal(spot_tised_table_check(&table), SPOT_E_RANGE);
    value[3] = 0.2;
    value[4] = 0.5; /* and falls with quality */
    assert_int_equal(spot_tised_table_check(&table), SPOT_E_RANGE);
    value[4] = NAN;
    assert_int_equal(spot_tised_table_check(&table), SPOT_E_RANGE);
    assert_int_equal(spot_tised_table_check(NULL), SPOT_E_INVALID);
}

static double phi_broken(void *context, double quality, double exposure)
{
    (void)context;
    return quality / (exposure * 0.0);
}

static void impossible_sweeps_are_refused(void **state)
{
    (void)state;
    const spot_tised_setup setup = {1.0, 0.1, 8};
    const double alpha[] = {0.25, 0.5, 1.0};
    double n_chunk[] = {12.0, 11.0, 10.0};
    spot_tised_point points[POINTS_MAX];
    spot_tised_sweep sweep = sweep_of_alpha(&setup, alpha, 3, points);
    spot_tised_optimum best = {.index = 77};
    assert_int_equal(spot_tised_minimum_time(NULL, n_chunk, NULL, &best), SPOT_E_INVALID);
    assert_int_equal(spot_tised_minimum_time(&sweep, NULL, NULL, &best), SPOT_E_INVALID);
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, NULL), SPOT_E_INVALID);
    const spot_tised_response both = {.call = phi, .table = &(spot_tised_table){0}}, none = {0};
    const spot_tised_response broken = {.call = phi_broken};
    assert_int_equal(spot_tised_maximum_score(&sweep, n_chunk, 1.0, NULL, NULL, &best),
                     SPOT_E_INVALID);
    assert_int_equal(spot_tised_maximum_score(&sweep, n_chunk, 1.0, &both, NULL, &best),
                     SPOT_E_INVALID);
    assert_int_equal(spot_tised_maximum_score(&sweep, n_chunk, 1.0, &none, NULL, &best),
                     SPOT_E_INVALID);
    assert_int_equal(spot_tised_maximum_score(&sweep, n_chunk, 1.0, &broken, NULL, &best),
                     SPOT_E_RANGE);
    const double bad[] = {NAN, INFINITY, 0.0, -1.0};
    for (int i = 0; i < 4; i++) {
        n_chunk[1] = bad[i];
        assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &best), SPOT_E_RANGE);
    }
    n_chunk[1] = 11.0;
    points[1].alpha = 0.25; /* does not increase */
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &best), SPOT_E_RANGE);
    points[1] = (spot_tised_point){
        .alpha = 0.5, .n_overlap = 1, .schedule = SPOT_SCHEDULE_OVERLAP}; /* another field varies */
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &best), SPOT_E_RANGE);
    sweep.n_point = 1;
    assert_int_equal(spot_tised_minimum_time(&sweep, n_chunk, NULL, &best), SPOT_E_RANGE);
    assert_int_equal(spot_tised_best_of(NULL, bad, 4, false, &best), SPOT_E_RANGE);
    assert_int_equal(best.index, 77); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_alpha_matches_vectors),
        cmocka_unit_test(best_overlap_rises_then_falls_as_in_vectors),
        cmocka_unit_test(stationary_alpha_matches_closed_form),
        cmocka_unit_test(stationary_overlap_matches_vectors),
        cmocka_unit_test(slope_in_alpha_matches_numerical_derivative),
        cmocka_unit_test(slope_of_score_matches_numerical_derivative),
        cmocka_unit_test(best_point_matches_brute_force),
        cmocka_unit_test(labels_name_the_end_that_may_be_best),
        cmocka_unit_test(given_derivatives_replace_finite_differences),
        cmocka_unit_test(table_is_bilinear_and_never_extrapolated),
        cmocka_unit_test(impossible_sweeps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
