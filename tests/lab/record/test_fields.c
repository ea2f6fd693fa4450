/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a column may hold, to the last number on both sides. Oracle: the ranges, written down a second
 * time; counts of trials end where the statistics do.
 */
#include "support/spot_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/stats.h"

#include "lab/record/fields.h"

static const struct {
    spoti_field field;
    const char *name;
    double lo;
    double hi;
    bool whole;
} RANGES[] = {
    {SPOTI_ALPHA, "alpha", 0.0, 1e6, false},
    {SPOTI_T_INF, "t_inf_s", 0.0, 1e9, false},
    {SPOTI_T_CHUNK, "t_chunk_s", 0.0, 1e9, false},
    {SPOTI_T_ACT, "t_act_s", 1e-9, 1e9, false},
    {SPOTI_CHUNK, "chunk_actions", 1.0, 1e6, true},
    {SPOTI_OVERLAP, "overlap", 0.0, 1e6, true},
    {SPOTI_OVERHEAD, "overhead_s", 0.0, 1e9, false},
    {SPOTI_DELAY, "delay_s", 0.0, 1e9, false},
    {SPOTI_AGE, "age_s", 0.0, 1e9, false},
    {SPOTI_SPEED, "speed", 0.0, 1e9, false},
    {SPOTI_BUDGET, "budget_s", 0.0, 1e9, false},
    {SPOTI_STEPS, "steps", 1.0, 1e6, true},
    {SPOTI_EPISODES, "episodes", 1.0, SPOT_STATS_MAX_TRIALS, true},
    {SPOTI_SUCCESSES, "successes", 0.0, SPOT_STATS_MAX_TRIALS, true},
    {SPOTI_SUCCESS, "success", 0.0, 1.0, true},
    {SPOTI_INVALID, "invalid", 0.0, 1.0, true},
    {SPOTI_CHUNKS, "chunks", 0.0, 1e9, false},
    {SPOTI_CHUNKS_SD, "chunks_sd", 0.0, 1e9, false},
    {SPOTI_INFERENCES, "inferences", 0.0, 1e9, true},
    {SPOTI_WAIT, "wait_s", 0.0, 1e9, false},
    {SPOTI_TIME, "time_s", 0.0, 1e9, false},
    {SPOTI_TIME_SD, "time_sd_s", 0.0, 1e9, false},
    {SPOTI_ENERGY, "energy_j", 0.0, 1e15, false},
    {SPOTI_SCORE, "score", 0.0, 1e9, false},
    {SPOTI_SCORE_MAX, "score_max", 1e-9, 1e9, false},
    {SPOTI_PARAMS, "params", 0.0, 1e15, true},
    {SPOTI_MACS, "macs", 0.0, 1e18, false},
    {SPOTI_WEIGHT_BYTES, "weight_bytes", 0.0, 1e18, false},
    {SPOTI_RATE, "success_rate", 0.0, 1.0, false},
};

enum { N_RANGE = sizeof(RANGES) / sizeof(RANGES[0]) };

static void every_number_has_its_range(void **state)
{
    (void)state;
    assert_int_equal(N_RANGE, SPOTI_METRIC_0);
    for (size_t i = 0; i < N_RANGE; i++) {
        const spoti_field f = RANGES[i].field;
        const double lo = RANGES[i].lo;
        const double hi = RANGES[i].hi;
        assert_int_equal(f, i);
        assert_string_equal(spoti_field_name(f), RANGES[i].name);
        assert_true(spoti_field_allows(f, lo));
        assert_true(spoti_field_allows(f, hi));
        assert_false(spoti_field_allows(f, nextafter(lo, -INFINITY)));
        assert_false(spoti_field_allows(f, nextafter(hi, INFINITY)));
        assert_false(spoti_field_allows(f, RANGES[i].whole ? lo - 1.0 : -1e-9));
        assert_false(spoti_field_allows(f, RANGES[i].whole ? hi + 1.0 : 2.0 * hi));
        assert_true(spoti_field_allows(f, 0.5 * hi == floor(0.5 * hi) ? 0.5 * hi : hi));
        assert_int_equal(spoti_field_allows(f, nextafter(hi, 0.0)), !RANGES[i].whole);
        assert_false(spoti_field_allows(f, NAN));
    }
}

/* By the names of their own table, any number: an arm that stands still works 1e-15 J, and SPARC is below 0. */
static void metrics_of_motion_are_fields(void **state)
{
    (void)state;
    assert_int_equal(SPOTI_N_NUMBER - SPOTI_METRIC_0, SPOT_MOTION_N_METRIC - 1);
    for (int m = 1; m < SPOT_MOTION_N_METRIC; m++) {
        const spoti_field f = spoti_metric_field(m);
        assert_true(spoti_is_metric(f) && f < SPOTI_N_NUMBER);
        assert_string_equal(spoti_field_name(f), spot_motion_describe(m)->name);
        assert_true(spoti_field_allows(f, 1e-15) && spoti_field_allows(f, -3.5));
        assert_true(spoti_field_allows(f, 0.0) && !spoti_field_allows(f, NAN));
        assert_false(spoti_field_allows(f, INFINITY) || spoti_field_allows(f, -1e101));
    }
    assert_false(spoti_is_metric(SPOTI_TIME) || spoti_is_metric((spoti_field)SPOTI_POINT));
}

/* Beside 0 itself, the smallest figure is 1e-9: what is smaller is a unit gone wrong. */
static void tiny_figures_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_RANGE; i++) {
        if (!RANGES[i].whole) {
            assert_true(spoti_field_allows(RANGES[i].field, 1e-9));
            assert_false(spoti_field_allows(RANGES[i].field, nextafter(1e-9, 0.0)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_its_range),
        cmocka_unit_test(metrics_of_motion_are_fields),
        cmocka_unit_test(tiny_figures_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
