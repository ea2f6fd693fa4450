/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Reports of three points on four seeds (few_episodes.h), read back by other means. */
#include "spot/report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/study/few_episodes.h"
#include "lab/study/judge.h"
#include "support/spot_test.h"

enum { TEXT_SIZE = 65536, PATH_SIZE = 512, COLUMNS_MAX = 64 };

/* Nine digits are written. */
static const double WRITTEN = 1e-8;

typedef struct judged {
    spot_episode episodes[FEW_ROWS * FEW_SEEDS];
    spot_tune_row rows[FEW_ROWS];
    spot_tune_result result;
} judged;

/* `no_success`: the last point never succeeds. */
static void judge(judged *j, spot_goal goal, bool no_success)
{
    spot_diag diag = {""};
    few_fill(j->episodes);
    few_result(&j->result, j->rows, goal);
    for (int k = 0; no_success && k < FEW_SEEDS; k++) {
        j->episodes[2 * FEW_SEEDS + k].success = false;
    }
    assert_int_equal(spoti_judge_law(&j->result, 0.01, 10), SPOT_OK);
    assert_int_equal(spoti_judge_episodes(&j->result, j->episodes, &diag), SPOT_OK);
    few_keep(&j->result);
}

static void print_table(const spot_tune_result *result, char text[TEXT_SIZE])
{
    char path[PATH_SIZE];
    spot_test_temp_path(path, sizeof(path), "table.txt");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(spot_report_tune_table(result, false, out), SPOT_OK);
    assert_int_equal(fclose(out), 0);
    (void)spot_test_read_file(path, text, TEXT_SIZE);
    (void)unlink(path);
}

static void table_says_what_was_run_and_marks_the_best(void **state)
{
    judged j;
    char text[TEXT_SIZE];
    (void)state;
    judge(&j, SPOT_GOAL_TIME, false);
    print_table(&j.result, text);
    assert_non_null(strstr(text, "a_task on a-board, charged as a-class; 4 paired seeds from 0"));
    assert_non_null(strstr(text, "T_inf published: a paper"));
    (void)strcpy(j.result.setting.policy, "a_task"); /* its name says nothing new */
    print_table(&j.result, text);
    assert_non_null(strstr(text, "a_task on a-board"));
    (void)strcpy(j.result.setting.policy, "another");
    print_table(&j.result, text);
    assert_non_null(strstr(text, "a_task with another on a-board, charged as a-class"));
    assert_non_null(
        strstr(text, "(* best, ~ not told apart from it, 0 baseline 'steps=10 overlap=0')"));
    assert_non_null(strstr(text, "all: overlap=0, n' = 0"));
    assert_non_null(strstr(text, "\n~0 steps=10 "));
    const char *best = strstr(text, "\n*  steps=5 ");
    assert_non_null(best);
    assert_non_null(strstr(best, " 150  1.158  0.800 "));
    assert_non_null(strstr(best, "75.0 ["));
    assert_null(strstr(text, "nan"));
}

static void table_shows_a_dash_for_what_is_undefined(void **state)
{
    judged j;
    char text[TEXT_SIZE];
    (void)state;
    judge(&j, SPOT_GOAL_SUCCESS, true);
    print_table(&j.result, text);
    const char *row = strstr(text, " steps=1 ");
    assert_non_null(row);
    assert_non_null(strstr(row, "  -  0.0 [0.0, 49.0]"));
}

/* The cell of `column` in line `row` (0 = first point) of a CSV text; false if there is none. */
static bool cell(const char *text, const char *column, int row, char out[64])
{
    int at = -1;
    char name[64];
    const char *end = strchr(text, '\n');
    const char *p = text;
    for (int i = 0; p < end; i++) {
        size_t length = strcspn(p, ",\n");
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, p);
        at = strcmp(name, column) == 0 ? i : at;
        p += length + 1;
    }
    p = text;
    for (int i = 0; i <= row; i++) {
        p = strchr(p, '\n') + 1;
    }
    for (int i = 0; i < at; i++) {
        p += strcspn(p, ",\n") + 1;
    }
    (void)snprintf(out, 64, "%.*s", (int)strcspn(p, ",\n"), p);
    return at >= 0;
}

static void csv_holds_the_figures_in_si_units(void **state)
{
    judged j;
    char path[PATH_SIZE];
    char text[TEXT_SIZE];
    char got[64];
    spot_diag diag = {""};
    (void)state;
    judge(&j, SPOT_GOAL_SUCCESS, true);
    assert_int_equal(spot_point_parse("quant=w8a8 prune=mlp:0.5 kv=p2", &j.rows[1].point, &diag),
                     SPOT_OK);
    (void)strcpy(j.result.setting.policy, "a-policy");
    spot_test_temp_path(path, sizeof(path), "tune.csv");
    assert_int_equal(spot_report_tune_csv(&j.result, path, &diag), SPOT_OK);
    (void)spot_test_read_file(path, text, sizeof(text));
    const struct {
        const char *column;
        int row;
        double want;
    } figures[] = {
        {"t_inf_s", 1, 0.15},       {"t_ck_s", 0, 1.1},          {"successes", 1, 3},
        {"time_s", 1, 7.0},         {"inflation", 1, 0.8},       {"eta_task", 1, 10.0 / 7.0},
        {"budget_time_s", 0, 12.5}, {"delay_s", 1, 26.0 / 44.0}, {"is_best", 1, 1},
        {"is_baseline", 0, 1},      {"n_seeds", 2, 4},           {"budget_time_s", 2, 20.0}};
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        assert_true(cell(text, figures[i].column, figures[i].row, got));
        assert_close(strtod(got, NULL), figures[i].want, 0.0, WRITTEN);
    }
    /* undefined is empty, not zero */
    const char *const undefined[] = {"time_s", "time_lo_s", "time_hi_s", "inflation", "eta_task"};
    for (size_t i = 0; i < sizeof(undefined) / sizeof(undefined[0]); i++) {
        assert_true(cell(text, undefined[i], 2, got));
        assert_string_equal(got, "");
    }
    assert_true(cell(text, "support", 2, got));
    assert_string_equal(got, "none");
    /* all keys of a point, the baseline's value by its word */
    const char *const words[][3] = {{"quant", "fp32", "w8a8"},
                                    {"prune", "none", "mlp:0.5"},
                                    {"kv", "base", "p2"},
                                    {"policy", "a-policy", "a-policy"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int k = 0; k < 2; k++) {
            assert_true(cell(text, words[i][0], k, got));
            assert_string_equal(got, words[i][1 + k]);
        }
    }
    assert_true(cell(text, "noise", 2, got)); /* the last column: no row is short */
    assert_string_equal(got, "1");
    (void)unlink(path);
}

/* RFC 4180: a comma or a quote in a name leaves the columns where they are. */
static void csv_quotes_odd_names(void **state)
{
    judged j;
    char path[PATH_SIZE];
    char text[TEXT_SIZE];
    spot_diag diag = {""};
    (void)state;
    judge(&j, SPOT_GOAL_SUCCESS, false);
    (void)strcpy(j.result.setting.platform, "a \"fast\", new one");
    spot_test_temp_path(path, sizeof(path), "odd.csv");
    assert_int_equal(spot_report_tune_csv(&j.result, path, &diag), SPOT_OK);
    (void)spot_test_read_file(path, text, sizeof(text));
    assert_non_null(strstr(text, ",a_task,\"a \"\"fast\"\", new one\",a-class,published,"));
    (void)unlink(path);
}

static double number(const json_t *value)
{
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void json_has_stable_keys_and_null_for_undefined(void **state)
{
    judged j;
    char path[PATH_SIZE];
    json_error_t error;
    spot_diag diag = {""};
    (void)state;
    judge(&j, SPOT_GOAL_SUCCESS, true);
    assert_int_equal(spot_point_parse("quant=w8a8 prune=mlp:0.5 kv=p2", &j.rows[1].point, &diag),
                     SPOT_OK);
    spot_test_temp_path(path, sizeof(path), "tune.json");
    assert_int_equal(spot_report_tune_json(&j.result, path, &diag), SPOT_OK);
    json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(all);
    const json_t *run = json_object_get(all, "run");
    assert_string_equal(json_string_value(json_object_get(run, "charged_class")), "a-class");
    assert_string_equal(json_string_value(json_object_get(run, "task_regime")), "dynamic");
    assert_close(number(json_object_get(run, "n_seeds")), 4, 0.0, 0.0);
    assert_int_equal(json_integer_value(json_object_get(all, "schema")), 2);
    assert_string_equal(json_string_value(json_object_get(json_object_get(all, "verdict"), "best")),
                        "steps=5 overlap=0");
    assert_string_equal(json_string_value(json_object_get(run, "goal")), "success");
    assert_string_equal(json_string_value(json_object_get(all, "text")), j.result.verdict);
    const json_t *points = json_object_get(all, "points");
    assert_int_equal(json_array_size(points), FEW_ROWS);
    const json_t *light = json_array_get(points, 1);
    assert_close(number(json_object_get(json_object_get(light, "time_s"), "mean")), 7.0, 0.0,
                 WRITTEN);
    assert_true(json_is_null(json_object_get(json_object_get(light, "time_s"), "lo")));
    const json_t *runs = json_object_get(run, "points");
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_array_get(runs, 1), "latency"), "origin")),
                        "published");
    const char *const keys[][3] = {
        {"quant", "fp32", "w8a8"}, {"prune", "none", "mlp:0.5"}, {"kv", "base", "p2"}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        for (size_t k = 0; k < 2; k++) {
            const json_t *point = json_object_get(json_array_get(runs, k), "knobs");
            assert_string_equal(json_string_value(json_object_get(point, keys[i][0])),
                                keys[i][1 + k]);
        }
    }
    assert_true(json_is_null(json_object_get(json_object_get(run, "policy"), "name")));
    const json_t *lighter = json_array_get(points, 2);
    assert_true(json_is_null(json_object_get(json_object_get(lighter, "time_s"), "mean")));
    assert_true(json_is_null(json_object_get(lighter, "inflation")));
    json_decref(all);
    (void)unlink(path);
}

/* Draws and reads the SVG, which holds its texts; the PNG is whole. */
static void draw(const spot_tune_result *r, const char *name, char *svg, size_t size)
{
    static char png[1 << 20];
    char base[PATH_SIZE];
    char path[PATH_SIZE + 8];
    spot_diag diag = {""};
    spot_test_temp_path(base, sizeof(base), name);
    if (spot_report_tune_figure(r, base, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    (void)snprintf(path, sizeof(path), "%s.svg", base);
    assert_in_range(spot_test_read_file(path, svg, size), 2000, size - 2);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s.png", base);
    const size_t n = spot_test_read_file(path, png, sizeof(png));
    assert_in_range(n, 2000, sizeof(png) - 2);
    assert_memory_equal(png, "\x89PNG\r\n", 6);
    assert_memory_equal(png + n - 8, "IEND", 4); /* whole */
    (void)unlink(path);
}

/* Both regimes, an undefined point included; success stands beside time, the best and its rivals have colours. */
static void figure_is_svg_and_png(void **state)
{
    static char svg[1 << 20];
    judged j;
    (void)state;
    for (int goal = SPOT_GOAL_TIME; goal <= SPOT_GOAL_SUCCESS; goal++) {
        judge(&j, (spot_goal)goal, goal == SPOT_GOAL_TIME);
        (void)strcpy(j.result.setting.platform, "it's `odd`");
        (void)strcpy(j.result.analysis->settings[0].points[0].name,
                     "steps=10 overlap=0 quant=a_\"b\\.yaml-of-a-name-without-room prune=0.2");
        draw(&j.result, goal == SPOT_GOAL_TIME ? "st" : "it's", svg, sizeof(svg));
        assert_non_null(strstr(svg, "<svg"));
        assert_non_null(strstr(svg, "</svg>"));
        assert_non_null(strstr(svg, "charged as a-class"));
        assert_non_null(strstr(svg, "task time (s)"));
        assert_non_null(strstr(svg, "success (%)"));
        assert_true((strstr(svg, "chunk inflation") != NULL) == (goal == SPOT_GOAL_TIME));
        assert_true((strstr(svg, "action delay") != NULL) == (goal == SPOT_GOAL_SUCCESS));
        assert_non_null(strstr(svg, ">best<"));
        /* labels name every key but those that all share; what would be too wide takes two lines */
        assert_non_null(strstr(svg, ">a_\"b\\.yaml-of-a-name-without-room<"));
        assert_non_null(strstr(svg, ">prune=0.2<"));
        assert_non_null(strstr(svg, ">steps=5<"));
        assert_null(strstr(svg, "overlap=0"));
    }
}

/* A polyline through all points only where they lie along one knob: bars are polygons. */
static void points_along_one_knob_are_a_line(void **state)
{
    static char svg[2][1 << 20];
    judged j;
    (void)state;
    judge(&j, SPOT_GOAL_SUCCESS, false);
    draw(&j.result, "line", svg[0], sizeof(svg[0]));
    (void)strcpy(j.result.analysis->settings[0].points[0].name, "steps=10 overlap=0 quant=w8a8");
    draw(&j.result, "bars", svg[1], sizeof(svg[1]));
    const char line[] = "rgb( 91, 135, 168)"; /* #5b87a8 */
    assert_non_null(strstr(svg[0], line));
    assert_null(strstr(svg[1], line));
}

/* Who is in the set of the best for more than failures too rare to be seen is not told apart from it. */
static void figure_and_table_mark_the_same_points(void **state)
{
    static char svg[1 << 20];
    char text[TEXT_SIZE];
    judged j;
    (void)state;
    for (int k = 0; k < 4; k++) {
        judge(&j, SPOT_GOAL_SUCCESS, false);
        spot_analysis_setting *s = &j.result.analysis->settings[0];
        for (int i = 0; i < s->n_points; i++) {
            s->points[i].may_be_best = i == 2 && k % 2 == 1;
            s->points[i].only_by_rare_failures = i == 2 && k / 2 == 1;
        }
        s->verdict.best = 1;
        /* as long as a line may be, 96 / 3 characters */
        (void)strcpy(s->points[2].name, "overlap=0 quant=abcdefghijklmnopqrstuvwxyz");
        draw(&j.result, "marks", svg, sizeof(svg));
        print_table(&j.result, text);
        assert_true((strstr(svg, ">not told apart from it<") != NULL) == (k == 1));
        assert_true((strstr(text, "\n~  ") != NULL) == (k == 1));
        assert_non_null(strstr(svg, ">others<"));
        assert_non_null(strstr(svg, ">quant=abcdefghijklmnopqrstuvwxyz<"));
    }
}

static void without_gnuplot_it_says_so_and_leaves_nothing(void **state)
{
    judged j;
    char base[PATH_SIZE];
    char path[PATH_SIZE + 8];
    spot_diag diag = {""};
    (void)state;
    judge(&j, SPOT_GOAL_TIME, false);
    spot_test_temp_path(base, sizeof(base), "none");
    char kept[4096];
    const char *path_list = getenv("PATH");
    (void)snprintf(kept, sizeof(kept), "%s", path_list != NULL ? path_list : "/usr/bin:/bin");
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    spot_status st = spot_report_tune_figure(&j.result, base, &diag);
    assert_int_equal(setenv("PATH", kept, 1), 0);
    assert_int_equal(st, SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "gnuplot: not found"));
    (void)snprintf(path, sizeof(path), "%s.svg", base);
    assert_int_not_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof(path), "%s.png", base);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* The tables come without a figure too, and then it is said why. */
static void a_folder_is_given_all_files_and_told_without_a_figure(void **state)
{
    static const char *const names[] = {"tune.csv", "tune.json", "tune.svg", "tune.png"};
    judged j;
    char dir[PATH_SIZE];
    char path[PATH_SIZE + 16];
    char kept[4096];
    spot_diag diag = {""};
    bool drawn = true;
    (void)state;
    judge(&j, SPOT_GOAL_TIME, false);
    spot_test_temp_path(dir, sizeof(dir), "files");
    assert_int_equal(mkdir(dir, 0777), 0);
    const char *path_list = getenv("PATH");
    (void)snprintf(kept, sizeof(kept), "%s", path_list != NULL ? path_list : "/usr/bin:/bin");
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    const spot_status st = spot_report_tune_files(&j.result, dir, &drawn, &diag);
    assert_int_equal(setenv("PATH", kept, 1), 0);
    assert_int_equal(st, SPOT_OK);
    assert_false(drawn);
    assert_non_null(strstr(diag.text, "gnuplot: not found"));
    for (int with_figure = 0; with_figure < 2; with_figure++) {
        for (int i = 0; i < 4; i++) {
            (void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
            assert_int_equal(access(path, F_OK) == 0, i < 2 || (with_figure && drawn));
            (void)unlink(path);
        }
        if (!with_figure) {
            assert_int_equal(spot_report_tune_files(&j.result, dir, &drawn, &diag), SPOT_OK);
        }
    }
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(spot_report_tune_files(&j.result, dir, &drawn, &diag), SPOT_E_IO);
    assert_int_equal(spot_report_tune_files(&j.result, NULL, &drawn, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_report_tune_files(&j.result, dir, NULL, &diag), SPOT_E_INVALID);
}

static void a_trajectory_has_its_names_in_cells(void **state)
{
    char path[PATH_SIZE];
    char text[TEXT_SIZE];
    double rows[] = {0.0, 1.0, 2.0, (double)NAN, 0.125, 3.0, 4.0, 0.5};
    const char *const names[] = {"a,b", "c\nd"};
    const spot_trajectory trajectory = {.rows = rows, .dim = 4, .capacity = 2, .count = 2};
    spot_world world = {.sample_names = names,
                        .dims = {.sample_dim = 2,
                                 .action_dim = 1,
                                 .tick_s = 0.125,
                                 .ticks_per_action = 1,
                                 .time_limit_s = 0.125}};
    (void)state;
    spot_test_temp_path(path, sizeof(path), "trajectory.csv");
    assert_int_equal(spot_report_trajectory_csv(path, &world, &trajectory, NULL), SPOT_OK);
    (void)spot_test_read_file(path, text, TEXT_SIZE);
    assert_string_equal(text, "time_s,\"a,b\",\"c\nd\",a1\n0,1,2,\n0.125,3,4,0.5\n");
    world.dims.action_dim = 2;
    assert_int_equal(spot_report_trajectory_csv(path, &world, &trajectory, NULL), SPOT_E_INVALID);
    (void)unlink(path);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    judged j;
    spot_diag diag = {""};
    (void)state;
    judge(&j, SPOT_GOAL_TIME, false);
    assert_int_equal(spot_report_tune_csv(&j.result, "/nonexistent/a.csv", &diag), SPOT_E_IO);
    assert_int_equal(spot_report_tune_json(&j.result, "/nonexistent/a.json", &diag), SPOT_E_IO);
    assert_int_equal(spot_report_tune_figure(&j.result, "/nonexistent/a", &diag), SPOT_E_IO);
    assert_int_equal(spot_report_tune_csv(NULL, "x", &diag), SPOT_E_INVALID);
    assert_int_equal(spot_report_tune_table(&j.result, false, NULL), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_says_what_was_run_and_marks_the_best),
        cmocka_unit_test(table_shows_a_dash_for_what_is_undefined),
        cmocka_unit_test(csv_holds_the_figures_in_si_units),
        cmocka_unit_test(csv_quotes_odd_names),
        cmocka_unit_test(json_has_stable_keys_and_null_for_undefined),
        cmocka_unit_test(figure_is_svg_and_png),
        cmocka_unit_test(points_along_one_knob_are_a_line),
        cmocka_unit_test(figure_and_table_mark_the_same_points),
        cmocka_unit_test(without_gnuplot_it_says_so_and_leaves_nothing),
        cmocka_unit_test(a_folder_is_given_all_files_and_told_without_a_figure),
        cmocka_unit_test(a_trajectory_has_its_names_in_cells),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
