/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, numerical derivatives of laws written out here, closed forms, and the
 * bootstrap and the delta method against each other. */
#include "support/spot_test.h"

#include <math.h>

#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/tised_shift.h"

static const double ROUNDING = 1e-13;
static const double PRINTED = 1e-6;
static const double Z95 = 1.959963984540054;

enum { POINTS_MAX = 16, WORK = 64 };

static const double ALPHA[] = {.25, .4, .55, .7, .85, 1};
static const double CHUNKS_ALPHA[] = {30, 18, 14, 12.5, 12, 11.8};
static const double CHUNKS_OVERLAP[] = {10, 10.2, 10.6, 11.3, 12.4, 14, 16.5, 20, 25};

/* Points along a knob; n' over 0 .. n - 1, alpha as given. */
static spot_tised_sweep make_sweep(const spot_tised_setup *setup, const double *alpha, int n,
                                   spot_tised_point *points)
{
    for (int i = 0; i < n; i++) {
        points[i] = (spot_tised_point){.alpha = alpha != NULL ? alpha[i] : 1.0,
                                       .n_overlap = alpha != NULL ? 0 : i,
                                       .schedule = SPOT_SCHEDULE_OVERLAP};
    }
    return (spot_tised_sweep){setup, points, n,
                              alpha != NULL ? SPOT_TISED_KNOB_ALPHA : SPOT_TISED_KNOB_OVERLAP};
}

static spot_tised_fit fit_counts(const spot_tised_sweep *sweep, const double *n_chunk,
                                 const int *n_success, double cv, double *fitted)
{
    double work[WORK];
    assert_true(spot_tised_fit_work_size(sweep->n_point) <= WORK);
    const spot_tised_counts counts = {*sweep, n_chunk, n_success, NULL, cv};
    spot_tised_fit fit;
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_OK);
    return fit;
}

static const int TEN[] = {10, 10, 10, 10, 10, 10, 10, 10, 10};

/* P07 and P08 measured at one rho and predicted at the others. */
static void predicted_optima_match_vectors(void **state)
{
    (void)state;
    static const double rhos[] = {2, 4, 8, 16, 32};
    static const int best_overlap[] = {2, 4, 3, 2, 1};
    static const double time_overlap[] = {84.8, 99.2, 146.9, 233.2, 397.8};
    static const int best_alpha[] = {4, -1, 3, -1, 2};
    static const double time_alpha[] = {116.4, 0, 170, 0, 358.4};
    for (int from = 0; from < 5; from++) {
        for (int to = 0; to < 5; to++) {
            const spot_tised_setup old = {rhos[from], 1.0, 8};
            const spot_tised_target target = {{rhos[to], 1.0, 8}, NULL, 0.95, 0};
            spot_tised_point points[POINTS_MAX];
            double fitted[POINTS_MAX];
            spot_tised_prediction p[POINTS_MAX];
            spot_tised_shift shift;

            spot_tised_sweep sweep = make_sweep(&old, NULL, 9, points);
            spot_tised_fit fit = fit_counts(&sweep, CHUNKS_OVERLAP, TEN, 0.25, fitted);
            assert_int_equal(spot_tised_predict_time(&fit, &target, p, &shift), SPOT_OK);
            assert_int_equal(shift.best_old, best_overlap[from]);
            assert_int_equal(shift.best_new, best_overlap[to]);
            assert_close(p[shift.best_new].value, time_overlap[to], 0.0, PRINTED);
            assert_close(p[3].hi - p[3].value, p[3].value * Z95 * 0.25 / sqrt(10.0), 0.0, 1e-9);
            double kept = p[best_overlap[from]].value;
            assert_close(shift.loss, kept / time_overlap[to] - 1.0, PRINTED, 0.0);
            if (shift.theory == SPOT_TISED_UP || shift.theory == SPOT_TISED_DOWN) {
                assert_true(shift.moves == shift.theory || shift.moves == SPOT_TISED_STAYS);
            }

            if (best_alpha[from] < 0 || best_alpha[to] < 0) {
                continue;
            }
            sweep = make_sweep(&old, ALPHA, 6, points);
            fit = fit_counts(&sweep, CHUNKS_ALPHA, TEN, 0.25, fitted);
            assert_int_equal(spot_tised_predict_time(&fit, &target, p, &shift), SPOT_OK);
            assert_int_equal(shift.best_old, best_alpha[from]);
            assert_int_equal(shift.best_new, best_alpha[to]);
            assert_close(p[shift.best_new].value, time_alpha[to], 0.0, PRINTED);
            /* slower hardware: a lighter policy, as theory says */
            assert_int_equal(shift.moves, (from < to)
                                              ? SPOT_TISED_DOWN
                                              : (from > to ? SPOT_TISED_UP : SPOT_TISED_STAYS));
            assert_int_equal(shift.theory, shift.moves);
            assert_false(p[0].extrapolated || p[0].has_limit); /* static under sync: never */
        }
    }
}

static spot_tised_direction overlap_direction(double rho_from, double rho_to, int n_overlap)
{
    const spot_tised_setup from = {rho_from, 1.0, 8}, to = {rho_to, 1.0, 8};
    const spot_tised_point point = {1.0, n_overlap, SPOT_SCHEDULE_OVERLAP, 0.0};
    return spot_tised_shift_direction(&from, &to, &point, SPOT_TISED_KNOB_OVERLAP, false);
}

static void depth_falls_with_slower_hardware_only_past_the_kink(void **state)
{
    (void)state;
    assert_int_equal(overlap_direction(8, 16, 3), SPOT_TISED_DOWN);
    assert_int_equal(overlap_direction(16, 8, 2), SPOT_TISED_UP);
    assert_int_equal(overlap_direction(2, 8, 2), SPOT_TISED_OPEN); /* at the kink: it may rise */
    assert_int_equal(overlap_direction(8, 2, 3), SPOT_TISED_DOWN); /* 3 > 2 hides nothing more */
    assert_int_equal(overlap_direction(8, 2.5, 3), SPOT_TISED_OPEN);
    assert_int_equal(overlap_direction(8, 8, 3), SPOT_TISED_STAYS);
    const spot_tised_setup from = {8, 1.0, 8}, to = {16, 1.0, 8}, other = {16, 1.0, 9};
    const spot_tised_point sync = {.alpha = 0.5}, cadence = {0.5, 0, SPOT_SCHEDULE_CADENCE, 0.0};
    const spot_tised_point full = {0.9, 8, SPOT_SCHEDULE_OVERLAP, 0.0};
    const spot_tised_knob by_alpha = SPOT_TISED_KNOB_ALPHA;
    assert_int_equal(spot_tised_shift_direction(&from, &to, &sync, by_alpha, false),
                     SPOT_TISED_DOWN);
    assert_int_equal(spot_tised_shift_direction(&from, &to, &sync, by_alpha, true),
                     SPOT_TISED_DOWN);
    assert_int_equal(spot_tised_shift_direction(&to, &from, &sync, by_alpha, true), SPOT_TISED_UP);
    assert_int_equal(spot_tised_shift_direction(&from, &to, &full, by_alpha, false),
                     SPOT_TISED_OPEN); /* hidden at rho = 8 */
    assert_int_equal(spot_tised_shift_direction(&from, &to, &cadence, by_alpha, false),
                     SPOT_TISED_OPEN);
    assert_int_equal(spot_tised_shift_direction(&from, &other, &sync, by_alpha, false),
                     SPOT_TISED_OPEN);
    assert_int_equal(spot_tised_shift_direction(NULL, &to, &sync, by_alpha, false),
                     SPOT_TISED_OPEN);
}

/* Random smooth N(n') = exp(g n'^2): brute force over a fine grid of depths never contradicts. */
static void direction_agrees_with_brute_force(void **state)
{
    (void)state;
    enum { FINE = 50, N = 8 };
    spot_rng rng = spot_rng_at(5, SPOT_STREAM_RESET, 0);
    int n_down = 0, n_up = 0, n_rise_at_kink = 0;
    for (int round = 0; round < 1000; round++) {
        double g = exp(spot_rng_uniform(&rng, log(1e-3), log(0.3)));
        double rho[2] = {spot_rng_uniform(&rng, 0.5, 20.0), spot_rng_uniform(&rng, 0.5, 20.0)};
        int best[2] = {0, 0};
        for (int h = 0; h < 2; h++) {
            double least = INFINITY;
            for (int k = 0; k <= N * FINE; k++) {
                double depth = (double)k / FINE;
                double task = exp(g * depth * depth) * (N + fmax(0.0, rho[h] - depth));
                if (task < least) {
                    least = task;
                    best[h] = k;
                }
            }
        }
        const spot_tised_setup from = {rho[0], 1.0 / FINE, N * FINE};
        const spot_tised_setup to = {rho[1], 1.0 / FINE, N * FINE};
        const spot_tised_point point = {1.0, best[0], SPOT_SCHEDULE_OVERLAP, 0.0};
        switch (spot_tised_shift_direction(&from, &to, &point, SPOT_TISED_KNOB_OVERLAP, false)) {
        case SPOT_TISED_DOWN:
            assert_true(best[1] <= best[0]);
            n_down++;
            break;
        case SPOT_TISED_UP:
            assert_true(best[1] >= best[0]);
            n_up++;
            break;
        default:
            n_rise_at_kink += rho[1] > rho[0] && best[1] > best[0] ? 1 : 0;
            break;
        }
    }
    assert_true(n_down > 100 && n_up > 20 && n_rise_at_kink > 20);
}

static void slopes_on_new_hardware_match_vectors_and_derivatives(void **state)
{
    (void)state;
    const spot_tised_setup from = {8.0, 1.0, 8}, to = {16.0, 1.0, 8};
    double slope = 0.0, direct = 0.0;

    /* P13: N = alpha^-0.3 at the stationary alpha of rho = 8 */
    const double alpha = 0.3 * 8.0 / (8.0 * 0.7), n_chunk = pow(alpha, -0.3);
    const spot_tised_point light = {.alpha = alpha};
    assert_int_equal(spot_tised_shift_slope_alpha(&from, &to, &light, n_chunk, &slope), SPOT_OK);
    assert_close(slope, 7.220729, 0.0, PRINTED);
    assert_int_equal(
        spot_tised_time_slope_alpha(&to, &light, n_chunk, -0.3 * n_chunk / alpha, &direct),
        SPOT_OK);
    assert_close(slope, direct, 0.0, ROUNDING);

    /* the same under overlap, with m = n - n' */
    const spot_tised_point deep = {0.6, 3, SPOT_SCHEDULE_OVERLAP, 0.0};
    const double dn = -10.0 * 8.0 / (deep.alpha * 8.0 + 5.0); /* N' that makes it stationary */
    assert_int_equal(spot_tised_shift_slope_alpha(&from, &to, &deep, 10.0, &slope), SPOT_OK);
    assert_int_equal(spot_tised_time_slope_alpha(&from, &deep, 10.0, dn, &direct), SPOT_OK);
    assert_close(direct, 0.0, ROUNDING, 0.0);
    assert_int_equal(spot_tised_time_slope_alpha(&to, &deep, 10.0, dn, &direct), SPOT_OK);
    assert_close(slope, direct, 0.0, 1e-12);

    /* Eq. 24 against Eq. 23 at the new rho, N' from stationarity at the old one */
    const spot_tised_point depth = {1.0, 3, SPOT_SCHEDULE_OVERLAP, 0.0};
    const double dn_depth = 11.3 / (8.0 + 8.0 - 3.0);
    assert_int_equal(spot_tised_shift_slope_overlap(&from, &to, &depth, dn_depth, &slope), SPOT_OK);
    assert_int_equal(spot_tised_time_slope_overlap(&to, &depth, 11.3, dn_depth, &direct), SPOT_OK);
    assert_close(slope, direct, 0.0, ROUNDING);
    assert_true(slope > 0.0);
    const spot_tised_point saturated = {1.0, 8, SPOT_SCHEDULE_OVERLAP, 0.0};
    assert_int_equal(spot_tised_shift_slope_overlap(&from, &to, &saturated, 1.0, &slope),
                     SPOT_E_RANGE);

    /* Eq. 29 is exact for Phi = Q - c xi: Q' = c v T_inf at the optimum, slope Q' - c v T_inf(new) */
    assert_int_equal(spot_tised_shift_slope_score(&from, &to, 0.5, -0.02, &slope), SPOT_OK);
    assert_close(slope, 0.02 * 0.5 * 8.0 - 0.02 * 0.5 * 16.0, 0.0, ROUNDING);
    assert_int_equal(spot_tised_shift_slope_score(&from, &to, -1.0, -0.02, &slope), SPOT_E_RANGE);
    assert_int_equal(spot_tised_shift_slope_score(&from, NULL, 1.0, -0.02, &slope), SPOT_E_INVALID);
}

static void fit_is_monotone_weighted_and_pools_the_spread(void **state)
{
    (void)state;
    const spot_tised_setup setup = {8.0, 1.0, 8};
    const double alpha[] = {.2, .4, .6, .8, 1};
    const double n_chunk[] = {60, 48, 50, 47, 47.5}; /* P40 */
    const int n_success[] = {5, 5, 10, 5, 5};
    const double sd[] = {6, 4.8, 5, 9.4, 4.75}; /* 10 %, one 20 % */
    spot_tised_point points[POINTS_MAX];
    double fitted[POINTS_MAX], work[WORK];
    const spot_tised_counts counts = {make_sweep(&setup, alpha, 5, points), n_chunk, n_success, sd,
                                      0.0};
    spot_tised_fit fit;
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_OK);
    const double want[] = {60, 49.33333, 49.33333, 47.25, 47.25};
    for (int i = 0; i < 5; i++) {
        assert_close(fitted[i], want[i], 0.0, PRINTED);
    }
    assert_close(fit.cv, sqrt((21.0 * 0.01 + 4.0 * 0.04) / 25.0), 0.0, ROUNDING);
    double between = 0.0;
    assert_int_equal(spot_tised_fit_at(&fit, 0.3, &between), SPOT_OK);
    assert_close(between, 0.5 * (fitted[0] + fitted[1]), 0.0, ROUNDING);
    assert_int_equal(spot_tised_fit_at(&fit, 1.0, &between), SPOT_OK);
    assert_close(between, fitted[4], 0.0, ROUNDING);
    assert_int_equal(spot_tised_fit_at(&fit, 0.19, &between), SPOT_E_RANGE);
    assert_int_equal(spot_tised_fit_at(&fit, NAN, &between), SPOT_E_RANGE);
}

static void deep_overlap_on_slower_hardware_is_extrapolation(void **state)
{
    (void)state;
    const spot_tised_setup setup = {4.0, 1.0, 8};
    spot_tised_point points[POINTS_MAX];
    double fitted[POINTS_MAX];
    spot_tised_sweep sweep = make_sweep(&setup, NULL, 9, points);
    spot_tised_fit fit = fit_counts(&sweep, CHUNKS_OVERLAP, TEN, 0.25, fitted);
    assert_close(fit.age_max_s, 8.0, 0.0, ROUNDING); /* n' = 8 */
    spot_tised_target target = {{7.9, 1.0, 8}, NULL, 0.95, 0};
    spot_tised_prediction p[POINTS_MAX];
    spot_tised_shift shift;
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, &shift), SPOT_OK);
    assert_int_equal(shift.n_extrapolated, 0);
    assert_true(p[1].has_limit);
    assert_close(p[1].limit_inference_s, 8.0, 0.0, ROUNDING);
    target.setup.inference_s = 8.1;
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, &shift), SPOT_OK);
    assert_int_equal(shift.n_extrapolated, 8); /* all but n' = 0, under which the world waits */
}

/* Q = 0.5, 0.8, 0.9 and H = 1, 0.8, 0.4 at delays 0, 100, 200 ms, all from 1000 trials. */
static const int Q_SUCCESSES[] = {500, 800, 900};
static const int H_SUCCESSES[] = {900, 720, 360};
static const int THOUSAND[] = {1000, 1000, 1000};
static const double DELAYS_S[] = {0.0, 0.1, 0.2};

static spot_tised_scores make_scores(const spot_tised_setup *setup, spot_tised_point *points)
{
    static const double alpha[] = {0.25, 0.5, 1.0};
    return (spot_tised_scores){.sweep = make_sweep(setup, alpha, 3, points),
                               .successes = Q_SUCCESSES,
                               .trials = THOUSAND,
                               .delay_s = DELAYS_S,
                               .delay_successes = H_SUCCESSES,
                               .delay_trials = THOUSAND,
                               .n_delay = 3};
}

static void success_is_predicted_by_a_separable_response(void **state)
{
    (void)state;
    const spot_tised_setup setup = {0.04, 0.05, 8};
    spot_tised_point points[POINTS_MAX];
    spot_tised_scores scores = make_scores(&setup, points);
    double work[WORK], quality[3], response[3];
    spot_tised_score_fit fit;
    assert_int_equal(spot_tised_fit_scores(&scores, work, quality, response, &fit), SPOT_OK);
    spot_tised_target target = {{0.2, 0.05, 8}, NULL, 0.95, 0};
    spot_tised_prediction p[3];
    spot_tised_shift shift;
    assert_int_equal(spot_tised_predict_score(&fit, &target, p, &shift), SPOT_OK);
    /* delays 50, 100, 200 ms: H / H(0) = 0.9, 0.8, 0.4 */
    assert_close(p[0].value, 0.45, 0.0, ROUNDING);
    assert_close(p[1].value, 0.64, 0.0, ROUNDING);
    assert_close(p[2].value, 0.36, 0.0, ROUNDING);
    assert_int_equal(shift.best_old, 2); /* 0.9 * 0.92 at 40 ms against 0.8 * 0.96 at 20 ms */
    assert_int_equal(shift.best_new, 1);
    assert_int_equal(shift.moves, SPOT_TISED_DOWN);
    assert_int_equal(shift.theory, SPOT_TISED_DOWN); /* Eq. 29 */
    assert_close(shift.loss, 0.64 - 0.36, 0.0, ROUNDING);
    assert_false(p[2].extrapolated);
    assert_close(p[2].limit_inference_s, 0.2, 0.0, ROUNDING);
    assert_close(p[0].limit_inference_s, 0.8, 0.0, ROUNDING);

    /* relative variances add, up to the four pseudo-trials of a thousand */
    double relative = (1 - 0.9) / 900.0 + (1 - 0.36) / 360.0 + (1 - 0.9) / 900.0;
    assert_close(p[2].hi - p[2].value, Z95 * 0.36 * sqrt(relative), 0.0, 0.02);

    /* between delays 0 and 100 ms: R = (H0 + H1) / (2 H0), dR/dH0 = -0.4 / 0.9, dR/dH1 = 0.5 / 0.9 */
    double between =
        (0.81 * 0.25 + 0.25 * (0.16 * 0.09 + 0.25 * 0.16) / 0.81) / 1000.0; /* at H0 = 0.9 */
    assert_close(p[0].hi - p[0].value, Z95 * sqrt(between), 0.0, 0.02);

    /* beyond 200 ms: an upper bound, and no lower one */
    target.setup.inference_s = 0.21;
    assert_int_equal(spot_tised_predict_score(&fit, &target, p, &shift), SPOT_OK);
    assert_true(p[2].extrapolated && !p[1].extrapolated && shift.n_extrapolated == 1);
    assert_close(p[2].value, 0.36, 0.0, ROUNDING);
    assert_true(p[2].lo == 0.0);

    /* a simulator in whole periods of 100 ms: 210 ms are 2 steps, 105 are 1, 52.5 are 1 */
    scores.period_s = 0.1;
    assert_int_equal(spot_tised_predict_score(&fit, &target, p, &shift), SPOT_OK);
    assert_false(p[2].extrapolated);
    assert_close(p[1].value, 0.64, 0.0, ROUNDING);
    assert_close(p[0].value, 0.40, 0.0, ROUNDING);
    assert_close(p[2].limit_inference_s, 0.25, 0.0, ROUNDING);
}

static void impossible_fits_are_refused(void **state)
{
    (void)state;
    const spot_tised_setup setup = {8.0, 1.0, 8};
    spot_tised_point points[POINTS_MAX];
    double fitted[POINTS_MAX], work[WORK], n_chunk[] = {12, 11, 10};
    int n_success[] = {3, 3, 3};
    spot_tised_counts counts = {make_sweep(&setup, ALPHA, 3, points), n_chunk, n_success, NULL,
                                0.25};
    spot_tised_fit fit;
    assert_int_equal(spot_tised_fit_chunks(NULL, work, fitted, &fit), SPOT_E_INVALID);
    assert_int_equal(spot_tised_fit_chunks(&counts, NULL, fitted, &fit), SPOT_E_INVALID);
    n_success[1] = 0; /* no success, no count */
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_E_RANGE);
    n_success[1] = 3;
    n_chunk[2] = NAN;
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_E_RANGE);
    n_chunk[2] = 10.0;
    counts.cv = -0.1;
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_E_RANGE);
    const double sd[] = {1, 1, 1};
    const int one[] = {1, 1, 1};
    counts.sd = sd;
    counts.n_success = one; /* a spread of one */
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_E_RANGE);
    counts.n_success = n_success;
    assert_int_equal(spot_tised_fit_chunks(&counts, work, fitted, &fit), SPOT_OK);

    spot_tised_prediction p[POINTS_MAX];
    spot_tised_target target = {{16.0, 1.0, 8}, NULL, 0.95, 0};
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, NULL), SPOT_OK);
    target.setup.n_action = 9; /* N belongs to n */
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, NULL), SPOT_E_RANGE);
    target.setup.n_action = 8;
    target.confidence = 1.0;
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, NULL), SPOT_E_RANGE);
    target.confidence = NAN;
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, NULL), SPOT_E_RANGE);
    target.confidence = 0.95;
    target.setup.inference_s = INFINITY;
    assert_int_equal(spot_tised_predict_time(&fit, &target, p, NULL), SPOT_E_RANGE);

    spot_tised_scores scores = make_scores(&setup, points);
    double quality[3], response[3];
    spot_tised_score_fit score_fit;
    const int none[] = {0, 0, 0}, many[] = {1001, 0, 0};
    scores.delay_successes = none; /* H(0) = 0 */
    assert_int_equal(spot_tised_fit_scores(&scores, work, quality, response, &score_fit),
                     SPOT_E_RANGE);
    scores.delay_successes = many;
    assert_int_equal(spot_tised_fit_scores(&scores, work, quality, response, &score_fit),
                     SPOT_E_RANGE);
    scores = make_scores(&setup, points);
    const double late[] = {0.1, 0.2, 0.3};
    scores.delay_s = late;
    assert_int_equal(spot_tised_fit_scores(&scores, work, quality, response, &score_fit),
                     SPOT_E_RANGE);
}

static void bootstrap_agrees_with_the_delta_method(void **state)
{
    (void)state;
    enum { N = 4, EACH = 400, RESAMPLES = 4000, BOOT_WORK = N * RESAMPLES + 5 * N + 64 };
    static double n_chunk[N * EACH], work[BOOT_WORK];
    const double alpha[] = {0.25, 0.5, 0.75, 1.0}, truth[] = {30.0, 20.0, 15.0, 12.0};
    const int n_success[] = {EACH, EACH, EACH, EACH};
    const int first[] = {0, EACH, 2 * EACH, 3 * EACH, 4 * EACH};
    double mean[N] = {0}, sd[N] = {0}, fitted[N];
    spot_rng rng = spot_rng_at(11, SPOT_STREAM_RESET, 0);
    for (int k = 0; k < N * EACH; k++) {
        n_chunk[k] = truth[k / EACH] * (1.0 + 0.25 * spot_rng_uniform(&rng, -1.7, 1.7));
        mean[k / EACH] += n_chunk[k] / EACH;
    }
    for (int k = 0; k < N * EACH; k++) {
        double d = n_chunk[k] - mean[k / EACH];
        sd[k / EACH] += d * d / (EACH - 1);
    }
    for (int i = 0; i < N; i++) {
        sd[i] = sqrt(sd[i]);
    }
    const spot_tised_setup setup = {8.0, 1.0, 8};
    spot_tised_point points[POINTS_MAX];
    const spot_tised_counts counts = {make_sweep(&setup, alpha, N, points), mean, n_success, sd,
                                      0.0};
    spot_tised_fit fit;
    double small[WORK];
    assert_int_equal(spot_tised_fit_chunks(&counts, small, fitted, &fit), SPOT_OK);
    const spot_tised_episodes episodes = {counts.sweep, n_chunk, first, RESAMPLES, 1};
    assert_true(spot_tised_bootstrap_work_size(N, RESAMPLES) <= BOOT_WORK);
    for (int n_new = 0; n_new <= 100; n_new += 100) {
        const spot_tised_target target = {{32.0, 1.0, 8}, NULL, 0.95, n_new};
        spot_tised_prediction delta[N], boot[N];
        double share[N], sum = 0.0;
        assert_int_equal(spot_tised_predict_time(&fit, &target, delta, NULL), SPOT_OK);
        assert_int_equal(spot_tised_predict_time_bootstrap(&episodes, &target, work, boot, share),
                         SPOT_OK);
        for (int i = 0; i < N; i++) {
            assert_close(boot[i].value, delta[i].value, 0.0, 1e-12);
            /* a 2.5 % quantile of 4000 resamples has sd 2.2 % of a half width, the point's own cv
             * another 3.1 % about the pooled one: 3.5 % of the width together */
            assert_close(boot[i].hi - boot[i].lo, delta[i].hi - delta[i].lo, 0.0, 0.12);
            assert_true(boot[i].lo < boot[i].value && boot[i].value < boot[i].hi);
            sum += share[i];
        }
        assert_close(sum, 1.0, 1e-9, 0.0);
        /* T = 30 * 16, 20 * 24, 15 * 32, 12 * 40: a tie of all four in truth, none certain */
        assert_true(share[0] < 1.0 && share[1] < 1.0 && share[2] < 1.0 && share[3] < 1.0);
    }
    spot_tised_prediction p[N];
    const spot_tised_target target = {{32.0, 1.0, 8}, NULL, 0.95, 0};
    spot_tised_episodes bad = episodes;
    const int gap[] = {0, EACH, EACH, 3 * EACH, 4 * EACH}; /* a point without an episode */
    bad.first = gap;
    assert_int_equal(spot_tised_predict_time_bootstrap(&bad, &target, work, p, NULL), SPOT_E_RANGE);
    bad = episodes;
    bad.n_resample = 0;
    assert_int_equal(spot_tised_predict_time_bootstrap(&bad, &target, work, p, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_tised_predict_time_bootstrap(NULL, &target, work, p, NULL),
                     SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicted_optima_match_vectors),
        cmocka_unit_test(depth_falls_with_slower_hardware_only_past_the_kink),
        cmocka_unit_test(direction_agrees_with_brute_force),
        cmocka_unit_test(slopes_on_new_hardware_match_vectors_and_derivatives),
        cmocka_unit_test(fit_is_monotone_weighted_and_pools_the_spread),
        cmocka_unit_test(deep_overlap_on_slower_hardware_is_extrapolation),
        cmocka_unit_test(success_is_predicted_by_a_separable_response),
        cmocka_unit_test(impossible_fits_are_refused),
        cmocka_unit_test(bootstrap_agrees_with_the_delta_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
