/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: printed vectors, worlds that obey the surface, and the likelihood written out here. */
#include "support/spot_test.h"

#include <math.h>
#include <stdlib.h>

#include "spot/rng.h"
#include "spot/tised_surface.h"

static const double PRINTED = 5e-8; /* seven decimals */

enum { POINTS = 5, RESAMPLES = 99, CELLS_MAX = 32 };
static const int STEPS[POINTS] = {10, 5, 3, 2, 1};
static const double QUALITY[POINTS] = {1.0, 1.0, 1.0, 1.0, 0.85};

/* P48's surface. */
static const spot_tised_surface TRUTH = {
    .mu_s = 0.41, .m_s = 0.03, .log_sigma = -2.0, .log_sigma_slope = -0.2};

static double distance_of(int i)
{
    return log(10.0 / STEPS[i]);
}

static void the_surface_matches_the_vectors(void **state)
{
    (void)state;
    assert_close(spot_tised_surface_at(&TRUTH, 1.0, distance_of(0), 0.4), 0.5294513, PRINTED, 0.0);
    assert_close(spot_tised_surface_at(&TRUTH, 1.0, distance_of(3), 0.4), 0.3481600, PRINTED, 0.0);
    assert_close(spot_tised_surface_at(&TRUTH, 0.85, distance_of(4), 0.2), 0.8079774, PRINTED, 0.0);
}

typedef struct sample {
    double distance[POINTS];
    spot_tised_cell cells[CELLS_MAX];
    spot_tised_tolerance_log log;
} sample;

/* Every point without delay, the baseline under four, three cross cells; `trials` each. With a generator drawn, else the
 * expected numbers. */
static void make_sample(sample *s, const spot_tised_surface *truth, int trials, spot_rng *rng)
{
    static const struct {
        int point;
        double delay_s;
    } plan[] = {{0, 0.0}, {1, 0.0}, {2, 0.0}, {3, 0.0}, {4, 0.0}, {0, 0.2},
                {0, 0.3}, {0, 0.4}, {0, 0.6}, {4, 0.2}, {4, 0.3}, {3, 0.35}};
    const int n = (int)(sizeof(plan) / sizeof(plan[0]));
    for (int i = 0; i < POINTS; i++) {
        s->distance[i] = distance_of(i);
    }
    for (int c = 0; c < n; c++) {
        const int p = plan[c].point;
        const double rate =
            spot_tised_surface_at(truth, QUALITY[p], distance_of(p), plan[c].delay_s);
        int k = rng == NULL ? (int)lround(rate * trials) : 0;
        for (int i = 0; rng != NULL && i < trials; i++) {
            k += spot_rng_uniform(rng, 0.0, 1.0) < rate;
        }
        s->cells[c] = (spot_tised_cell){p, plan[c].delay_s, k, trials};
    }
    s->log = (spot_tised_tolerance_log){s->distance, POINTS, s->cells, n};
}

/* Expected counts of very many trials give unseen cells back, where without delay nothing fails for lateness. */
static void a_world_of_the_surface_is_predicted_exactly(void **state)
{
    (void)state;
    enum { TRIALS = 100000000 };
    static const double COUNTED =
        1e-6; /* counts are whole: 1e-8 a cell, times what twelve cells do to unseen ones */
    spot_tised_surface truth = TRUTH;
    truth.log_sigma = -3.0;
    sample s;
    make_sample(&s, &truth, TRIALS, NULL);
    spot_tised_surface_result r;
    assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
    assert_int_equal(r.n_param, 5);
    assert_int_equal(r.n_cross, 3);
    assert_false(r.surface.is_free[0]);
    assert_true(r.surface.is_free[4]);
    for (int i = 0; i < POINTS; i++) {
        for (double d = 0.1; d < 0.7; d += 0.1) {
            const double want = spot_tised_surface_at(&truth, QUALITY[i], distance_of(i), d);
            const double got =
                spot_tised_surface_at(&r.surface, r.surface.quality[i], distance_of(i), d);
            assert_close(got, want, COUNTED, 0.0);
        }
    }
    assert_true(r.separable_p < 1e-12);
}

static double log_likelihood(const sample *s, const spot_tised_surface *f)
{
    double sum = 0.0;
    for (int c = 0; c < s->log.n_cell; c++) {
        const spot_tised_cell *cell = &s->cells[c];
        const double rate = spot_tised_surface_at(f, f->quality[cell->point],
                                                  distance_of(cell->point), cell->delay_s);
        sum += cell->successes > 0 ? cell->successes * log(rate) : 0.0;
        sum +=
            cell->successes < cell->trials ? (cell->trials - cell->successes) * log1p(-rate) : 0.0;
    }
    return sum;
}

/* No step along any parameter raises the likelihood, and the deviance is twice what it lacks to a perfect fit. */
static void the_fit_is_the_maximum(void **state)
{
    (void)state;
    for (int trial = 0; trial < 20; trial++) {
        spot_rng rng = spot_rng_at((uint64_t)trial, SPOT_STREAM_RESET, 1);
        sample s;
        make_sample(&s, &TRUTH, 200, &rng);
        spot_tised_surface_result r;
        assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
        const double top = log_likelihood(&s, &r.surface);
        double *const moves[] = {&r.surface.mu_s, &r.surface.m_s, &r.surface.log_sigma,
                                 &r.surface.log_sigma_slope, &r.surface.quality[4]};
        for (int k = 0; k < 5; k++) {
            const double kept = *moves[k];
            for (int sign = -1; sign <= 1; sign += 2) {
                *moves[k] = kept + sign * 1e-4;
                assert_true(log_likelihood(&s, &r.surface) <= top + 1e-9);
            }
            *moves[k] = kept;
        }
        double full = 0.0;
        for (int c = 0; c < s.log.n_cell; c++) {
            const double k = s.cells[c].successes, n = s.cells[c].trials;
            full += k > 0 ? k * log(k / n) : 0.0;
            full += k < n ? (n - k) * log1p(-k / n) : 0.0;
        }
        assert_close(r.deviance, 2.0 * (full - top), 1e-6, 0.0);
    }
}

/* Under a separable truth p < 5 % in 5 % of worlds: of 200, three binomial errors and a point for the asymptotics. */
static void separability_is_tested_at_its_level(void **state)
{
    (void)state;
    enum { WORLDS = 200 };
    const spot_tised_surface separable = {.mu_s = 0.41, .log_sigma = -2.0};
    int rejected = 0;
    int rejected_wrong = 0;
    for (int world = 0; world < WORLDS; world++) {
        spot_rng rng = spot_rng_at((uint64_t)world, SPOT_STREAM_RESET, 2);
        sample s;
        spot_tised_surface_result r;
        make_sample(&s, &separable, 250, &rng);
        assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
        rejected += r.separable_p < 0.05;
        make_sample(&s, &TRUTH, 250, &rng);
        assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
        rejected_wrong += r.separable_p < 0.05;
    }
    print_message("separable: rejected %d, else %d of %d\n", rejected, rejected_wrong, WORLDS);
    assert_true(rejected <= (0.05 + 0.01 + 0.046) * WORLDS);
    assert_true(rejected_wrong >= 0.8 * WORLDS);
}

/* Bands without the law's own error cover the truth of unseen cells: 95 % less what dispersion above 1 adds. */
static void bands_cover_unseen_cells(void **state)
{
    (void)state;
    enum { WORLDS = 60, QUERIES = 4 };
    static const spot_tised_surface_query queries[QUERIES] = {
        {1, 0.35}, {2, 0.3}, {3, 0.45}, {4, 0.25}};
    double work[QUERIES * RESAMPLES];
    int inside = 0;
    assert_true(spot_tised_surface_work_size(QUERIES, RESAMPLES) <= QUERIES * RESAMPLES);
    for (int world = 0; world < WORLDS; world++) {
        spot_rng rng = spot_rng_at((uint64_t)world, SPOT_STREAM_RESET, 3);
        sample s;
        spot_tised_surface_result r;
        spot_tised_surface_config config;
        spot_tised_surface_prediction p[QUERIES];
        make_sample(&s, &TRUTH, 250, &rng);
        spot_tised_surface_config_default(&config);
        config.n_resample = RESAMPLES;
        config.discrepancy = 0.0;
        assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
        assert_int_equal(spot_tised_surface_predict(&s.log, &r, &config, queries, QUERIES, work, p),
                         SPOT_OK);
        for (int i = 0; i < QUERIES; i++) {
            const int x = queries[i].point;
            const double truth =
                spot_tised_surface_at(&TRUTH, QUALITY[x], distance_of(x), queries[i].delay_s);
            inside += p[i].rate.lo <= truth && truth <= p[i].rate.hi;
            assert_false(p[i].extrapolated);
        }
    }
    print_message("coverage %.3f\n", inside / (double)(WORLDS * QUERIES));
    /* cells of a world depend on each other: as if there were 60 to 120 of them */
    assert_true(inside >= 0.87 * WORLDS * QUERIES && inside <= 0.995 * WORLDS * QUERIES);
}

/* Bands of cells of 1024 trials, drawn one by one, and of 1025, drawn otherwise, are as wide to their Monte-Carlo error: a
 * quantile of 999 draws has one of 5 % of a half-width or so. */
static void many_trials_are_drawn_alike(void **state)
{
    (void)state;
    enum { DRAWS = 999 };
    static const spot_tised_surface_query queries[] = {{1, 0.2}, {2, 0.35}, {4, 0.3}};
    static double work[3 * DRAWS];
    spot_tised_surface_prediction p[2][3];
    spot_tised_surface rare = TRUTH;
    rare.mu_s = 0.5; /* at 0.2 s some cells fail once in a thousand trials */
    for (int i = 0; i < 2; i++) {
        sample s;
        spot_tised_surface_result r;
        spot_tised_surface_config config;
        make_sample(&s, &rare, 1024 + i, NULL);
        spot_tised_surface_config_default(&config);
        config.n_resample = DRAWS;
        config.discrepancy = 0.0;
        assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
        assert_int_equal(spot_tised_surface_predict(&s.log, &r, &config, queries, 3, work, p[i]),
                         SPOT_OK);
    }
    for (int k = 0; k < 3; k++) {
        assert_close(p[1][k].rate.hi - p[1][k].rate.lo, p[0][k].rate.hi - p[0][k].rate.lo, 0.0,
                     0.2);
    }
}

static void what_does_not_determine_it_is_refused(void **state)
{
    (void)state;
    sample s;
    spot_tised_surface_result r;
    make_sample(&s, &TRUTH, 250, NULL);
    s.log.n_cell = 10; /* one cross cell left */
    assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_E_UNSUPPORTED);
    make_sample(&s, &TRUTH, 250, NULL);
    for (int c = 9; c < 12; c++) { /* delays so short that nothing fails */
        s.cells[c].delay_s = 0.001;
        s.cells[c].successes = s.cells[c].trials;
    }
    s.cells[4].successes = s.cells[4].trials;
    assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_E_UNSUPPORTED);
    make_sample(&s, &TRUTH, 250, NULL);
    s.cells[3].successes = 251;
    assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_E_RANGE);
    assert_int_equal(spot_tised_surface_fit(NULL, &r), SPOT_E_INVALID);
}

/* A longer delay than any is extrapolated; a point without trials at no delay has no prediction; repeated cells count
 * once. */
static void predictions_say_what_they_rest_on(void **state)
{
    (void)state;
    static const spot_tised_surface_query queries[] = {{0, 0.8}, {2, 0.3}, {1, 0.3}};
    double work[3 * RESAMPLES];
    sample s;
    spot_tised_surface_result r, split;
    spot_tised_surface_config config;
    spot_tised_surface_prediction p[3];
    make_sample(&s, &TRUTH, 250, NULL);
    s.cells[2] = (spot_tised_cell){2, 0.3, 150, 250};
    spot_tised_surface_config_default(&config);
    config.n_resample = RESAMPLES;
    assert_int_equal(spot_tised_surface_fit(&s.log, &r), SPOT_OK);
    assert_int_equal(spot_tised_surface_predict(&s.log, &r, &config, queries, 3, work, p), SPOT_OK);
    assert_true(p[0].extrapolated && p[0].rate.known);
    assert_false(p[1].rate.known);
    assert_true(p[2].rate.known && !p[2].extrapolated);
    s.cells[s.log.n_cell] = s.cells[11];
    s.cells[11].successes -= 50, s.cells[11].trials -= 100;
    s.cells[s.log.n_cell].successes = 50, s.cells[s.log.n_cell].trials = 100;
    s.log.n_cell++;
    assert_int_equal(spot_tised_surface_fit(&s.log, &split), SPOT_OK);
    assert_int_equal(split.n_cell, r.n_cell);
    assert_close(split.deviance, r.deviance, 1e-9, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_surface_matches_the_vectors),
        cmocka_unit_test(a_world_of_the_surface_is_predicted_exactly),
        cmocka_unit_test(the_fit_is_the_maximum),
        cmocka_unit_test(separability_is_tested_at_its_level),
        cmocka_unit_test(bands_cover_unseen_cells),
        cmocka_unit_test(many_trials_are_drawn_alike),
        cmocka_unit_test(what_does_not_determine_it_is_refused),
        cmocka_unit_test(predictions_say_what_they_rest_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
