/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a log accepts and refuses: every refusal names the row and the column. */
#include <stdlib.h>

#include "lab/record/log.h"
#include "lab/record/read_text.h"
#include "spot/report_analysis.h"

static void refused_as(const char *text, const char *where, const char *what)
{
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    spot_analysis *analysis = NULL;
    spot_diag diag = {""};
    spot_analyze_config_default(&config);
    spot_status st = read_text(&config, text, &log, &diag);
    if (st == SPOT_OK) {
        st = spot_analyze(log, &analysis, &diag);
    }
    assert_int_not_equal(st, SPOT_OK);
    assert_null(analysis);
    if (strstr(diag.text, where) == NULL || strstr(diag.text, what) == NULL) {
        fail_msg("'%s' lacks '%s' or '%s'", diag.text, where, what);
    }
    spot_analyze_log_destroy(log);
}

static void bad_cells_name_row_and_column(void **state)
{
    (void)state;
    refused_as("point,success,time_s\na,1,5\na,1,-5\n", "t.csv:3: column time_s", "-5");
    refused_as("point,success,time_s\na,1,fast\n", "t.csv:2: column time_s", "finite number");
    refused_as("point,success,time_s\na,1,nan\n", "t.csv:2: column time_s", "'nan'");
    refused_as("point,success,time_s\na,1,inf\n", "t.csv:2: column time_s", "'inf'");
    refused_as("point,success,time_s\na,1,1e999\n", "t.csv:2: column time_s", "finite number");
    refused_as("point,success\na,2\n", "t.csv:2: column success", "0..1");
    refused_as("point,success\na,0.5\n", "t.csv:2: column success", "whole number");
    refused_as("point,success\na,\n", "t.csv:2: column success", "0 or 1");
    refused_as("point,success\n,1\n", "t.csv:2: column point", "expected a name");
    refused_as("point,success,time_s\na,1,0\n", "t.csv:2: column time_s", "expected more");
    refused_as("point,steps,success\na,0,1\n", "t.csv:2: column steps", "0, expected");
    refused_as("point,success,t_act_s\na,1,0\n", "t.csv:2: column t_act_s", "expected");
}

/* The comment line of our own files, options and cells go through one check. */
static void one_check_whoever_sets_a_field(void **state)
{
    static const struct {
        const char *latency, *execute, *speed, *chunks; /* in the note; in a cell */
        const char *where, *what;
    } cases[] = {
        {"0.2", "2147483648", "1", "4", "t.csv:1: column chunk_actions", "1..1e+06"},
        {"0.2", "7.5", "1", "4", "t.csv:1: column chunk_actions", "a whole number"},
        {"0.2", "0", "1", "4", "t.csv:1: column chunk_actions", "0, expected"},
        {"-5", "8", "1", "4", "t.csv:1: column t_inf_s", "-5, expected 0..1e+09"},
        {"1e-12", "8", "1", "4", "t.csv:1: column t_inf_s", "expected 0 or 1e-09..1e+09"},
        {"nan", "8", "1", "4", "t.csv:1: column t_inf_s", "finite number"},
        {"0.2", "8", "-1", "4", "t.csv:1: column speed", "-1, expected"},
        {"0.2", "8", "1", "1e-320", "t.csv:3: column chunks", "expected 0 or 1e-09"},
    };
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "# sweetspot episodes, format 1: version=0 point='steps=5' platform=x "
                       "latency_s=%s schedule=sync execute=%s speed=%s\n"
                       "seed,success,time_s,n_chunks\n1,1,5,%s\n",
                       cases[i].latency, cases[i].execute, cases[i].speed, cases[i].chunks);
        refused_as(text, cases[i].where, cases[i].what);
    }
    refused_as("# sweetspot episodes, format 2: t, p, steps=5, -0.2 s charged as none, execute=8 "
               "action_s=0.1\nseed,success\n1,1\n",
               "t.csv:1: column t_inf_s", "-0.2");
    refused_as("# sweetspot episodes, format 2: t, p, steps=5, 0.2 s charged as none, execute=8 "
               "action_s=0\nseed,success\n1,1\n",
               "t.csv:1: column t_act_s", "0, expected");

    spot_analyze_log *log = NULL;
    spot_analyze_config config;
    spot_analyze_config_default(&config);
    config.n_action = 2000000;
    assert_int_equal(spot_analyze_log_create(&config, &log), SPOT_E_RANGE);
    config.n_action = 0;
    config.action_s = 1e-12;
    assert_int_equal(spot_analyze_log_create(&config, &log), SPOT_E_RANGE);
    config.action_s = 0.0;
    config.budget_s = 1e10;
    assert_int_equal(spot_analyze_log_create(&config, &log), SPOT_E_RANGE);
    assert_null(log);
}

static void contradictions_name_row_and_column(void **state)
{
    (void)state;
    refused_as("point,episodes,successes\na,5,6\n", "t.csv:2: column successes", "trials");
    refused_as("point,successes\na,6\n", "t.csv:2: column episodes", "empty");
    refused_as("point,overlap,chunk_actions,t_inf_s\na,9,8,1\n", "t.csv:2: column overlap",
               "at most chunk_actions");
    refused_as("point,chunk_actions,t_inf_s\na,8,1\nb,6,1\na,6,1\n",
               "t.csv:4: column chunk_actions", "expected 8");
    refused_as("point,t_act_s,t_inf_s\na,0.1,1\nb,0.2,1\n", "t.csv:3: column t_act_s", "0.1");
    refused_as("point,episodes,successes\na,5,4\na,5,4\n", "t.csv:3: column point", "twice");
    refused_as("point,seed,success\na,1,1\na,2,1\nb,1,1\na,1,0\n",
               "t.csv:5: column seed: '1' is there twice at 'a'",
               "first in line 2; two sessions in one log? --session COLUMN");
    refused_as("point,seed,success\na,1,1\na,,0\n", "t.csv:3: column seed", "empty for others");
    refused_as("point,success,time_s\na,1,4\na,1,\n", "t.csv:3: column time_s", "empty for others");
    refused_as("point,t_inf_s,alpha,chunks\na,1,1,5\nb,0.5,0.7,5\n", "'b'", "column alpha");
    refused_as("point,success,invalid\na,1,1\n", "t.csv:2: column invalid", "one or the other");
    refused_as("point,score,score_max,episodes\na,61,2,30\n", "t.csv:2: column score", "at most");
    refused_as("point,schedule,t_inf_s\na,turbo,1\n", "t.csv:2: column schedule", "cadence");
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    refused_as("\n", "t.csv", "empty");
    refused_as("point,success\n", "t.csv", "no rows");
    refused_as("point,success\na\n", "t.csv:2", "1 columns, expected 2");
    refused_as("colour,success\na,1\n", "t.csv:1", "operating point");
    refused_as("point,colour\na,red\n", "t.csv:1", "nothing to analyse");
    refused_as("point,success,succeeded\na,1,1\n", "t.csv:1", "second success");
    refused_as("point,success,successes\na,1,1\n", "t.csv:1", "success and successes");
}

static void many_points_and_settings_are_refused(void **state)
{
    static char text[16384];
    size_t used = (size_t)snprintf(text, sizeof(text), "point,success\n");
    (void)state;
    for (int i = 0; i <= SPOT_ANALYZE_POINTS_MAX; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "p%d,1\n", i);
    }
    refused_as(text, "t.csv:258: column point", "more than 256 points");
    used = (size_t)snprintf(text, sizeof(text), "point,platform,success\n");
    for (int i = 0; i <= SPOT_ANALYZE_SETTINGS_MAX; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "p,h%d,1\n", i);
    }
    refused_as(text, "t.csv:34: column platform", "more than 32");
}

static spot_analysis *analysed(const spot_analyze_config *config, const char *text)
{
    spot_analyze_log *log = NULL;
    spot_analysis *analysis = NULL;
    spot_diag diag = {""};
    spot_status st = read_text(config, text, &log, &diag);
    if (st == SPOT_OK) {
        st = spot_analyze(log, &analysis, &diag);
    }
    if (st != SPOT_OK) {
        fail_msg("refused: %s", diag.text);
    }
    spot_analyze_log_destroy(log);
    return analysis;
}

/* Figures of a setting or a point that rows repeat: what a printed decimal hides, 1e-6 of the larger, is
 * no contradiction, for small and large figures alike, and twice as much is one. */
static void repeated_figures_agree_to_a_printed_decimal(void **state)
{
    (void)state;
    static const double figures[] = {1e-3, 0.1, 1.0, 250.0};
    char text[256];
    spot_analyze_config config;
    spot_analyze_config_default(&config);
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        for (int up = -1; up <= 1; up += 2) {
            const double near_by = figures[i] * (1.0 + up * 5e-7);
            const double other = figures[i] * (1.0 + up * 2e-6);
            (void)snprintf(text, sizeof(text),
                           "point,t_act_s,t_chunk_s,success\na,%.12g,2,1\nb,%.12g,2,1\n",
                           figures[i], near_by);
            spot_analysis_destroy(analysed(&config, text));
            (void)snprintf(text, sizeof(text),
                           "point,t_act_s,t_chunk_s,success\na,%.12g,2,1\nb,%.12g,2,1\n",
                           figures[i], other);
            refused_as(text, "t.csv:3: column t_act_s", "expected");
            (void)snprintf(text, sizeof(text), "point,t_chunk_s,success\na,%.12g,1\na,%.12g,1\n",
                           figures[i], near_by);
            spot_analysis_destroy(analysed(&config, text));
            (void)snprintf(text, sizeof(text), "point,t_chunk_s,success\na,%.12g,1\na,%.12g,1\n",
                           figures[i], other);
            refused_as(text, "t.csv:3: column t_chunk_s", "expected");
        }
    }
}

static void synonyms_units_map_and_case_are_understood(void **state)
{
    spot_analyze_config config;
    (void)state;
    spot_analyze_config_default(&config);
    config.map = "denoise=steps,ok=successes";
    spot_analysis *a = analysed(
        &config, "denoise,ok,Latency MS,N-Trials,Task-time s\n10,4,400,4,3\n5,3,200,4,2\n");
    const spot_analysis_setting *s = &a->settings[0];
    assert_string_equal(s->points[1].name, "steps=5");
    assert_close(s->points[1].t_inf_s.value, 0.2, 0.0, 1e-15);
    assert_close(s->points[1].alpha.value, 0.5, 0.0, 1e-15);
    assert_close(s->points[1].time_s.value, 2.0, 0.0, 0.0);
    assert_int_equal(s->points[1].successes, 3);
    spot_analysis_destroy(a);
}

/* The latency of 180 ms, however it is named and mapped; s, to begin with, is what nobody says. */
static void a_map_converts_by_the_old_name(void **state)
{
    static const struct {
        const char *column, *map, *cell;
    } cases[] = {{"net_ms", "net_ms=t_inf_s", "180"},
                 {"net_ms", "net_ms=latency_ms", "180"},
                 {"net (us)", "net (us)=t_inf_s", "180000"},
                 {"net", "net=t_inf_s", "0.18"},
                 {"net", "net=t_inf_ms", "180"},
                 {"net", "net=latency_us", "180000"},
                 {"net_s", "net_s=t_inf_ms", "180"}, /* a wrong name, put right */
                 {"net_ms", "net_ms=t_inf", "180"}};
    char text[128];
    spot_analyze_config config;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spot_analyze_config_default(&config);
        config.map = cases[i].map;
        (void)snprintf(text, sizeof(text), "point,%s,success\na,%s,1\n", cases[i].column,
                       cases[i].cell);
        spot_analysis *a = analysed(&config, text);
        assert_close(a->settings[0].points[0].t_inf_s.value, 0.18, 0.0, 1e-15);
        spot_analysis_destroy(a);
    }
    spot_analyze_config_default(&config);
    config.map = "seed=,hz=fps";
    spot_analysis *a =
        analysed(&config, "point,seed,success,hz,n,t_inf_s\na,1,1,50,8,0.2\na,1,0,50,8,0.2\n");
    assert_close(a->settings[0].action_s, 0.02, 0.0, 1e-15);
    assert_int_equal(a->settings[0].points[0].trials, 2);
    spot_analysis_destroy(a);
}

/* Two sessions with the seeds 1 and 2: four scenes, on which the two points differ in one way of three. */
static void sessions_and_trials_pair_where_asked(void **state)
{
    static const char TEXT[] =
        "point,episode_index,day,success\n"
        "a,1,x,1\na,2,x,1\na,1,y,1\na,2,y,1\nb,1,x,0\nb,2,x,1\nb,1,y,1\nb,2,y,0\n";
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    spot_diag diag = {""};
    (void)state;
    spot_analyze_config_default(&config);
    spot_analysis *a = analysed(&config, TEXT);
    assert_false(a->settings[0].paired); /* numbers of episodes are no seeds */
    spot_analysis_destroy(a);
    config.paired = true;
    assert_int_equal(read_text(&config, TEXT, &log, &diag), SPOT_E_FORMAT);
    assert_non_null(
        strstr(diag.text, "t.csv:4: column trial: '1' is there twice at 'a', first in line 2;"));
    spot_analyze_log_destroy(log);
    config.session = "Day";
    a = analysed(&config, TEXT);
    assert_true(a->settings[0].paired);
    assert_int_equal(a->settings[0].points[1].trials, 4);
    spot_analysis_destroy(a);
}

/* Of so many no table is kept; the lines are known all the same. */
static void a_repeated_seed_in_a_long_log_is_found(void **state)
{
    enum { ROWS = 270000, SIZE = ROWS * 12 };
    char *text = malloc(SIZE);
    (void)state;
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, SIZE, "point,seed,success\n");
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)snprintf(text + used, SIZE - used, "a,%d,1\n", i);
    }
    (void)snprintf(text + used, SIZE - used, "a,5,0\n");
    refused_as(text, "point 'a': a seed is there twice, in lines 7 and 270002", "--session COLUMN");
    free(text);
}

/* A share of successes is the nearest whole number of them, or none. */
static void shares_are_counted(void **state)
{
    spot_analyze_config config;
    (void)state;
    spot_analyze_config_default(&config);
    spot_analysis *a =
        analysed(&config, "point,num_episodes,pc_success\na,500,98.8\nb,30,66.7\nc,3,67\n");
    const spot_analysis_point *p = a->settings[0].points;
    assert_int_equal(p[0].successes, 494);
    assert_int_equal(p[1].successes, 20);
    assert_int_equal(p[2].successes, 2);
    spot_analysis_destroy(a);
    refused_as("point,episodes,success_rate\na,10,0.85\n", "t.csv:2: column success_rate",
               "8.5 successes");
    refused_as("point,success_rate\na,0.8\n", "t.csv:2: column episodes", "empty");
    refused_as("point,episodes,success_rate\na,10,95\n", "t.csv:2: column success_rate",
               "95, expected 0..1");
    refused_as("point,success,fps\na,1,0\n", "t.csv:2: column t_act_s", "more than 0");
}

static void missing_stays_unknown(void **state)
{
    spot_analyze_config config;
    (void)state;
    spot_analyze_config_default(&config);
    spot_analysis *a = analysed(&config, "point,episodes,successes,time_s,chunks,energy_j\n"
                                         "a,20,20,5,NA,-\nb,20,0,7,3,100\n");
    const spot_analysis_point *p = a->settings[0].points;
    assert_false(p[0].chunks.known || p[0].energy_per_success_j.known || p[0].t_inf_s.known);
    assert_false(p[0].eta_chunk.known || p[0].inflation.known);
    /* without a success there is no mean, whatever the cells say, and a reason */
    assert_false(p[1].time_s.known || p[1].chunks.known || p[1].eta_task.known);
    assert_false(p[1].energy_per_success_j.known || p[1].time_to_success_s.known);
    assert_non_null(p[1].reason);
    assert_true(p[1].rate.known && p[1].rate.value == 0.0);
    spot_analysis_destroy(a);
}

static void names_that_are_no_text_do_not_break_json(void **state)
{
    spot_analyze_config config;
    char path[256];
    (void)state;
    spot_analyze_config_default(&config);
    spot_analysis *a = analysed(&config, "point,platform,success\n\xff\xfe\xc0x,\xed\xa0\x80,1\n");
    assert_string_equal(a->settings[0].points[0].name, "\\xff\\xfe\\xc0x");
    spot_test_temp_path(path, sizeof(path), "out.json");
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(spot_report_analysis_json(a, NULL, out), SPOT_OK);
    assert_int_equal(fclose(out), 0);
    spot_analysis_destroy(a);
}

static void memory_may_run_out(void **state)
{
    static const char TEXT[] = "point,seed,success,time_s,chunks,t_inf_s,t_act_s,chunk_actions\n"
                               "a,1,1,5,5,0.2,0.1,8\na,2,1,6,6,0.2,0.1,8\nb,1,1,4,5,0.1,0.1,8\n"
                               "b,2,0,9,9,0.1,0.1,8\n";
    (void)state;
    for (int k = 0; k < 100; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_analyze_config config;
        spot_analyze_log *log = NULL;
        spot_analysis *analysis = NULL;
        spot_analyze_config_default(&config);
        config.allocator = &allocator;
        config.resamples = 100;
        FILE *stream = fmemopen((void *)(uintptr_t)TEXT, sizeof(TEXT) - 1, "r");
        assert_non_null(stream);
        spot_status st = spot_analyze_log_create(&config, &log);
        if (st == SPOT_OK) {
            st = spoti_read_stream(log, "t.csv", stream, NULL, NULL);
        }
        if (st == SPOT_OK) {
            st = spot_analyze(log, &analysis, NULL);
        }
        assert_true(st == SPOT_OK || st == SPOT_E_NOMEM);
        assert_true((analysis != NULL) == (st == SPOT_OK));
        spot_analysis_destroy(analysis);
        spot_analyze_log_destroy(log);
        (void)fclose(stream);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k > 5);
            return;
        }
    }
    fail_msg("never enough memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_cells_name_row_and_column),
        cmocka_unit_test(one_check_whoever_sets_a_field),
        cmocka_unit_test(contradictions_name_row_and_column),
        cmocka_unit_test(repeated_figures_agree_to_a_printed_decimal),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(many_points_and_settings_are_refused),
        cmocka_unit_test(synonyms_units_map_and_case_are_understood),
        cmocka_unit_test(a_map_converts_by_the_old_name),
        cmocka_unit_test(sessions_and_trials_pair_where_asked),
        cmocka_unit_test(a_repeated_seed_in_a_long_log_is_found),
        cmocka_unit_test(shares_are_counted),
        cmocka_unit_test(missing_stays_unknown),
        cmocka_unit_test(names_that_are_no_text_do_not_break_json),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
