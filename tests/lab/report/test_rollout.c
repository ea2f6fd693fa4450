/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What episodes at one operating point add up to: four of them, by hand. */
#include "spot/report_rollout.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/spot_test.h"

enum { TEXT_SIZE = 4096, N = 5 };

typedef struct rollouts {
    spot_episode episodes[N];
    spot_rollout_config config;
    spot_rollout_report report;
} rollouts;

/* Three successes of 4, 5 and 6 s, a failure, and one that the simulator broke off. */
static void make(rollouts *r)
{
    memset(r, 0, sizeof(*r));
    for (int i = 0; i < N; i++) {
        r->episodes[i] = (spot_episode){.seed = 7 + (uint64_t)i,
                                        .success = i < 3,
                                        .grade = i < 3 ? 2 : 1,
                                        .grade_max = 2,
                                        .time_s = 4.0 + i,
                                        .chunks = 4 + 2 * i,
                                        .inferences = 5 + 2 * i, /* one is never executed */
                                        .wait_s = 1.0 + i,
                                        .age_first_s = 0.1 * (i + 1)};
    }
    r->episodes[4].invalid = true;
    (void)strcpy(r->episodes[4].fault, "it flew away");
    spot_rollout_config_default(&r->config);
    r->config.point.steps = 5;
    r->config.latency = (spot_latency){.mean_s = 0.25, .origin = SPOT_ORIGIN_MEASURED};
    (void)strcpy(r->config.latency.source, "a clock");
    r->report = (spot_rollout_report){.task = "a-task",
                                      .policy = "a-policy",
                                      .charged_class = "a-class",
                                      .config = &r->config,
                                      .n_execute = 8,
                                      .variation = {.speed = 1.0, .noise = 1.0},
                                      .engine = {.name = "an engine", .version = "1.0"},
                                      .episodes = r->episodes,
                                      .n_episodes = N};
}

static void print(const rollouts *r, bool json, char text[TEXT_SIZE])
{
    spot_rollout_summary s;
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_int_equal(spot_report_rollout_summary(&r->report, &s), SPOT_OK);
    assert_int_equal(json ? spot_report_rollout_json(&r->report, &s, out)
                          : spot_report_rollout_text(&r->report, &s, out),
                     SPOT_OK);
    rewind(out);
    text[fread(text, 1, TEXT_SIZE - 1, out)] = '\0';
    assert_int_equal(fclose(out), 0);
}

static void figures_are_over_valid_episodes(void **state)
{
    rollouts r;
    spot_rollout_summary s;
    (void)state;
    make(&r);
    assert_int_equal(spot_report_rollout_summary(&r.report, &s), SPOT_OK);
    assert_int_equal(s.valid, 4);
    assert_int_equal(s.successes, 3);
    assert_ptr_equal(s.first_invalid, &r.episodes[4]);
    assert_close(s.time.value, 5.0, 0.0, 1e-12);
    assert_close(s.chunks.value, 6.0, 0.0, 1e-12);
    assert_close(s.grade, 7.0 / 4.0, 0.0, 1e-12);
    /* 1 + 2 + 3 + 4 s of 5 + 7 + 9 + 11 inferences; ages weighted by 4 + 6 + 8 + 10 chunks */
    assert_close(s.delay_s, 10.0 / 32.0, 0.0, 1e-12);
    assert_close(s.age_s, (0.1 * 4 + 0.2 * 6 + 0.3 * 8 + 0.4 * 10) / 28.0, 0.0, 1e-12);
    /* Wilson of 3 in 4: (p + z^2/8 -+ z sqrt(p q / 4 + z^2 / 64)) / (1 + z^2 / 4) */
    const double z = 1.959963984540054;
    assert_close(s.wilson.lo,
                 (0.75 + z * z / 8 - z * sqrt(0.75 * 0.25 / 4 + z * z / 64)) / (1 + z * z / 4), 0.0,
                 1e-9);
}

static void text_says_what_was_run_and_what_broke_off(void **state)
{
    rollouts r;
    char text[TEXT_SIZE];
    (void)state;
    make(&r);
    print(&r, false, text);
    assert_non_null(strstr(text, "a-task with a-policy at steps=5 overlap=0, speed 1: 5 episodes, "
                                 "seeds 7..11\n"));
    assert_non_null(strstr(text, "250.0 ms charged as a-class (measured; a clock)"));
    assert_non_null(
        strstr(text, "invalid    1 of 5 episodes, in no figure below; seed 11: it flew"));
    assert_non_null(strstr(text, "success    3/4 = 75.0 %"));
    assert_null(strstr(text, "repeats"));
    r.report.repeats = "who knows";
    print(&r, false, text);
    assert_non_null(strstr(text, "\n  repeats    who knows\n"));
    assert_non_null(strstr(text, "delay      312 ms an inference; age of the observation 286 ms"));
    r.report.expert = true;
    print(&r, false, text);
    assert_null(strstr(text, "steps=5"));
    assert_null(strstr(text, "chunks"));
    for (int i = 0; i < N; i++) {
        r.episodes[i].invalid = true;
    }
    print(&r, false, text);
    assert_null(strstr(text, "success"));
}

static void json_is_null_where_nothing_is_known(void **state)
{
    rollouts r;
    char text[TEXT_SIZE];
    (void)state;
    make(&r);
    r.config.point.overlap = 2;
    r.config.schedule = SPOT_SCHEDULE_OVERLAP;
    r.config.clock = SPOT_CLOCK_PAPER;
    for (int i = 0; i < N; i++) {
        r.episodes[i].success = false;
        r.episodes[i].chunks = 0;
    }
    print(&r, true, text);
    json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(all);
    const char *const nulls[] = {"time_s", "chunks", "delay_s", "age_s", "repeats"};
    for (int i = 0; i < 5; i++) {
        assert_true(json_is_null(json_object_get(all, nulls[i])));
    }
    assert_string_equal(json_string_value(json_object_get(all, "schedule")), "overlap");
    assert_string_equal(json_string_value(json_object_get(all, "clock")), "paper");
    assert_int_equal(json_integer_value(json_object_get(all, "seed")), 7);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(all, "invalid"), "fault")),
        "it flew away");
    json_decref(all);
    r.report.repeats = "who knows";
    print(&r, true, text);
    all = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(all, "repeats")), "who knows");
    json_decref(all);
}

static void a_task_without_grades_has_no_line_of_them(void **state)
{
    rollouts r;
    char text[TEXT_SIZE];
    (void)state;
    make(&r);
    print(&r, false, text);
    assert_non_null(strstr(text, "\n  grade      1.75 of 2\n"));
    for (int i = 0; i < N; i++) {
        r.episodes[i].grade = r.episodes[i].grade_max = 0;
    }
    print(&r, false, text);
    assert_null(strstr(text, "grade"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_without_grades_has_no_line_of_them),
        cmocka_unit_test(figures_are_over_valid_episodes),
        cmocka_unit_test(text_says_what_was_run_and_what_broke_off),
        cmocka_unit_test(json_is_null_where_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
