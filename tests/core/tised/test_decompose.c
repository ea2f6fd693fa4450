/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Oracles: products written out by hand, the published table of a real robot (published/), and laws
 * fitted to it by hand-written least squares. */
#include "support/spot_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spot/tised.h"

static const double ROUNDING = 1e-14;
static const double PRINTED = 1e-6;

enum { N_ROW = 3 };

typedef struct row {
    double steps, t_inf_s, n_chunks, t_task_s;
} row;

static void read_published(row *rows)
{
    char text[4096];
    (void)spot_test_read_file(SPOT_SOURCE_DIR "/published/real_static_rtx4070.csv", text,
                              sizeof(text));
    const char *at = text;
    for (int i = 0; i < N_ROW; i++) {
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
        double *fields[] = {&rows[i].steps, &rows[i].t_inf_s, &rows[i].n_chunks, &rows[i].t_task_s};
        for (int k = 0; k < 4; k++) {
            char *end = NULL;
            *fields[k] = strtod(at, &end);
            assert_true(*end == ',');
            at = end + 1;
        }
    }
}

static spot_tised_timing time_of(const spot_tised_setup *setup, const spot_tised_point *point)
{
    spot_tised_timing timing;
    assert_int_equal(spot_tised_time(setup, point, &timing), SPOT_OK);
    return timing;
}

static double rms(const double *error, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += error[i] * error[i];
    }
    return sqrt(sum / n);
}

static void published_robot_runs_at_a_fixed_cadence(void **state)
{
    (void)state;
    row rows[N_ROW];
    read_published(rows);
    const spot_tised_setup sync = {.inference_s = 0.162, .action_s = 0.1, .n_action = 6};
    const spot_tised_setup cadence = {.inference_s = 0.162, .action_s = 0.1, .n_action = 8};
    double zero[N_ROW], one[N_ROW], cycle[N_ROW], affine[N_ROW];
    double nn = 0.0, n_rest = 0.0, nt = 0.0;
    for (int i = 0; i < N_ROW; i++) {
        spot_tised_point p = {.alpha = rows[i].t_inf_s / sync.inference_s};
        double task_s = 0.0;
        spot_tised_timing t = time_of(&sync, &p);
        assert_int_equal(spot_tised_task_s(&t, rows[i].n_chunks, &task_s), SPOT_OK);
        zero[i] = task_s - rows[i].t_task_s;
        nn += rows[i].n_chunks * rows[i].n_chunks;
        n_rest += rows[i].n_chunks * (rows[i].t_task_s - rows[i].n_chunks * rows[i].t_inf_s);
        nt += rows[i].n_chunks * rows[i].t_task_s;
    }
    for (int i = 0; i < N_ROW; i++) {
        one[i] = rows[i].n_chunks * (rows[i].t_inf_s + n_rest / nn) - rows[i].t_task_s;
        cycle[i] = rows[i].n_chunks * nt / nn - rows[i].t_task_s;
        /* the fixed cycle of 8 actions, the last one cut short */
        spot_tised_point p = {.alpha = rows[i].t_inf_s / sync.inference_s,
                              .schedule = SPOT_SCHEDULE_CADENCE};
        affine[i] = rows[i].n_chunks * time_of(&cadence, &p).chunk_s - 0.54 - rows[i].t_task_s;
        assert_close(rows[i].t_task_s / rows[i].n_chunks, 0.79, 0.005, 0.0); /* as printed */
    }
    /* as printed: two or three digits */
    assert_close(n_rest / nn, 0.610, 0.0005, 0.0);
    assert_close(nt / nn, 0.7896, 0.00005, 0.0);
    assert_close(rms(zero, N_ROW), 1.01, 0.005, 0.0);
    assert_close(rms(one, N_ROW), 0.87, 0.005, 0.0);
    assert_close(rms(cycle, N_ROW), 0.084, 0.0005, 0.0);
    assert_close(rms(affine, N_ROW), 0.057, 0.0005, 0.0);
}

static spot_tised_decomposition decompose_published(int n_action, spot_schedule schedule, int i)
{
    row rows[N_ROW];
    read_published(rows);
    /* more steps take longer: the baseline is the slowest policy, 10 steps */
    const spot_tised_setup setup = {
        .inference_s = rows[2].t_inf_s, .action_s = 0.1, .n_action = n_action};
    const spot_tised_point full = {.alpha = 1.0, .schedule = schedule};
    const spot_tised_point light = {.alpha = rows[i].t_inf_s / rows[2].t_inf_s,
                                    .schedule = schedule};
    const spot_tised_measured baseline = {time_of(&setup, &full), true, rows[2].n_chunks, true,
                                          rows[2].t_task_s};
    const spot_tised_measured point = {time_of(&setup, &light), true, rows[i].n_chunks, true,
                                       rows[i].t_task_s};
    spot_tised_decomposition d;
    assert_int_equal(spot_tised_decompose(&point, &baseline, &d), SPOT_OK);
    assert_close(d.inflation, rows[i].n_chunks / rows[2].n_chunks, 0.0, ROUNDING);
    assert_close(d.eta_task, rows[2].t_task_s / rows[i].t_task_s, 0.0, ROUNDING);
    assert_close(d.eta_chunk / d.inflation * d.residual, d.eta_task, 0.0, ROUNDING);
    return d;
}

static void published_table_shows_the_static_paradox_and_its_schedule(void **state)
{
    (void)state;
    spot_tised_decomposition sync = decompose_published(6, SPOT_SCHEDULE_SYNC, 0);
    assert_true(sync.eta_chunk > 1.0 && !sync.pays_off); /* faster per chunk, slower per task */
    assert_true(sync.inflation > sync.break_even);
    /* one step against ten: sync promises 4.9 % a chunk, of which the robot shows nothing */
    assert_close(sync.eta_chunk, 0.799 / 0.762, 0.0, ROUNDING);
    assert_close(sync.eta_chunk_measured, 1.0, 0.003, 0.0);
    assert_close(sync.residual, sync.eta_chunk_measured / sync.eta_chunk, 0.0, ROUNDING);
    spot_tised_decomposition cadence = decompose_published(8, SPOT_SCHEDULE_CADENCE, 0);
    assert_close(cadence.eta_chunk, 1.0, 0.0, ROUNDING);
    assert_close(cadence.residual, 1.0, 0.003, 0.0);
    assert_true(fabs(cadence.law_error) < 0.02); /* 0.54 s of 45 s */
}

static void what_is_missing_stays_missing(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 0.12, .action_s = 0.025, .n_action = 8};
    const spot_tised_point full = {.alpha = 1.0};
    const spot_tised_point light = {
        .alpha = 0.5, .n_overlap = 3, .schedule = SPOT_SCHEDULE_OVERLAP};
    spot_tised_measured a = {.timing = time_of(&setup, &light)};
    spot_tised_measured b = {.timing = time_of(&setup, &full)};
    spot_tised_decomposition d;
    a.n_chunk = NAN; /* not flagged, not read */
    assert_int_equal(spot_tised_decompose(&a, &b, &d), SPOT_OK);
    assert_close(d.eta_chunk, 1.6, 0.0, ROUNDING);
    assert_false(d.has_inflation || d.has_task || d.has_cycle || d.pays_off);

    a.has_chunks = b.has_chunks = true; /* P04 */
    a.n_chunk = 16.0;
    b.n_chunk = 10.0;
    assert_int_equal(spot_tised_decompose(&a, &b, &d), SPOT_OK);
    assert_true(d.has_task && !d.is_measured && !d.has_measured_chunk);
    assert_close(d.eta_task, 1.0, 0.0, ROUNDING);

    a.has_time = true; /* of one point only: the product stays */
    a.task_s = 2.0;
    assert_int_equal(spot_tised_decompose(&a, &b, &d), SPOT_OK);
    assert_true(d.has_cycle && !d.is_measured && !d.has_measured_chunk);
    assert_close(d.eta_task, 1.0, 0.0, ROUNDING);
    assert_close(d.cycle_s, 0.125, 0.0, ROUNDING);

    b.has_time = true; /* a measured time has priority over the product */
    b.task_s = 3.0;
    assert_int_equal(spot_tised_decompose(&a, &b, &d), SPOT_OK);
    assert_true(d.is_measured && d.pays_off);
    assert_close(d.eta_task, 1.5, 0.0, ROUNDING);
    assert_close(d.residual, 1.5, 0.0, ROUNDING);
    assert_close(d.law_error, 2.0 / 3.2 - 1.0, 0.0, ROUNDING);

    const double bad[] = {NAN, INFINITY, 0.0, -1.0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        a.task_s = bad[i];
        assert_int_equal(spot_tised_decompose(&a, &b, &d), SPOT_E_RANGE);
        assert_int_equal(spot_tised_decompose(&b, &a, &d), SPOT_E_RANGE);
    }
    a.task_s = 5e-324; /* 3 / 5e-324 is no number */
    assert_int_equal(spot_tised_decompose(&a, &b, &d), SPOT_E_RANGE);
    assert_int_equal(spot_tised_decompose(NULL, &b, &d), SPOT_E_INVALID);
}

static void averages_match_vectors(void **state)
{
    (void)state;
    const bool success[] = {true, false, true, true};
    const double time_s[] = {10.0, 30.0, 12.0, 8.0};
    const double n_chunk[] = {5.0, 100.0, 6.0, 7.0};
    const double energy_j[] = {1.0, 5.0, 2.0, 4.0};
    spot_tised_log log = {success, time_s, n_chunk, energy_j, 4, 30.0};
    spot_tised_average a;
    assert_int_equal(spot_tised_summarise(&log, &a), SPOT_OK); /* P33 */
    assert_true(a.has_success && a.has_chunks && a.has_energy && a.n_success == 3);
    assert_close(a.task_s, 10.0, 0.0, ROUNDING);
    assert_close(a.budget_time_s, 15.0, 0.0, ROUNDING);
    assert_close(a.time_per_success_s, 20.0, 0.0, ROUNDING);
    assert_close(a.n_chunk, 6.0, 0.0, ROUNDING);
    assert_close(a.energy_per_success_j, 4.0, 0.0, ROUNDING);

    double joules = 0.0; /* P34 */
    assert_int_equal(spot_tised_per_success(156.5 * 4.310, 0.70, &joules), SPOT_OK);
    assert_close(joules, 963.593, 0.0, PRINTED);
    assert_int_equal(spot_tised_per_success(1.0, 0.0, &joules), SPOT_E_RANGE);
    assert_int_equal(spot_tised_per_success(NAN, 0.5, &joules), SPOT_E_RANGE);

    const bool none[] = {false, false, false, false};
    log.success = none;
    log.n_chunk = NULL;
    assert_int_equal(spot_tised_summarise(&log, &a), SPOT_OK);
    assert_false(a.has_success || a.has_chunks || a.has_energy);
    assert_close(a.budget_time_s, 30.0, 0.0, ROUNDING);
    log.n = 0;
    assert_int_equal(spot_tised_summarise(&log, &a), SPOT_E_RANGE);
    const double bad[] = {1.0, NAN, 1.0, 1.0};
    log.n = 4;
    log.time_s = bad;
    assert_int_equal(spot_tised_summarise(&log, &a), SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_robot_runs_at_a_fixed_cadence),
        cmocka_unit_test(published_table_shows_the_static_paradox_and_its_schedule),
        cmocka_unit_test(what_is_missing_stays_missing),
        cmocka_unit_test(averages_match_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
