/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Run folders: their names, whom they belong to, that one process is in them, and that nothing is left of nothing. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/record/episodes.h"
#include "lab/study/study.h"
#include "support/spot_test.h"

enum { PATH_SIZE = 512, N_POINTS = 2 };

static const char PLATFORM[] = "name: board\ndescription: for tests\nclasses:\n"
                               "  - name: small\n    origin: measured\n    source: made up\n"
                               "    affine: {base_ms: 100, per_step_ms: 20}\n"
                               "  - name: large\n    origin: modelled\n    source: made up\n"
                               "    affine: {base_ms: 400, per_step_ms: 20}\n";

typedef struct setup {
    spoti_tune_source source;
    spot_platform *platform;
    spot_point points[N_POINTS];
    spot_tune_config config;
    char work[PATH_SIZE]; /* the working folder */
    spot_tune_folder *folder;
    spot_diag diag;
} setup;

static void begin(setup *s)
{
    memset(s, 0, sizeof(*s));
    spot_test_temp_path(s->work, sizeof(s->work), "folders");
    assert_int_equal(mkdir(s->work, 0777), 0);
    assert_int_equal(chdir(s->work), 0);
    spot_test_write_file("board.yaml", PLATFORM, sizeof(PLATFORM) - 1);
    assert_int_equal(spot_platform_load("board.yaml", NULL, &s->platform, &s->diag), SPOT_OK);
    assert_int_equal(unlink("board.yaml"), 0);
    s->source = (spoti_tune_source){.task = "fake",
                                    .charge_as = "small",
                                    .engine = {.name = "none", .version = "1"},
                                    .dims = {.tick_s = 0.01,
                                             .ticks_per_action = 10,
                                             .horizon = 16,
                                             .n_execute = 8,
                                             .time_limit_s = 20.0},
                                    .policy_type = "fake",
                                    .policy_task = "fake",
                                    .policy_horizon = 16,
                                    .default_steps = 5,
                                    .identity = "model=1 policy=2"};
    s->points[0] = (spot_point){.steps = 5};
    s->points[1] = (spot_point){.steps = 1};
    spot_tune_config_default(&s->config);
    s->config.points = s->points;
    s->config.n_points = N_POINTS;
    s->config.policy_name = "fake";
}

static void end(setup *s)
{
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(s->work), 0); /* everything in it was known to the test */
    spot_platform_destroy(s->platform);
}

static spot_status try_open(setup *s, const char *dir, spot_tune_folder **out)
{
    s->diag.text[0] = '\0';
    return spoti_folder_open(&s->source, s->platform, &s->config, dir, out, &s->diag);
}

static void open_folder(setup *s, const char *dir)
{
    const spot_status st = try_open(s, dir, &s->folder);
    if (st != SPOT_OK) {
        fail_msg("%s", s->diag.text);
    }
}

/* Opens by its plain name and closes: the name. Nothing was left in it. */
static void expect_name(setup *s, const char *want)
{
    char path[PATH_SIZE];
    open_folder(s, NULL);
    assert_string_equal(spot_tune_folder_path(s->folder), want);
    (void)snprintf(path, sizeof(path), "%s/episodes", want);
    assert_string_equal(spot_tune_folder_episodes(s->folder), path);
    (void)snprintf(path, sizeof(path), "%s/confirm", want);
    assert_string_equal(spot_tune_folder_confirm(s->folder), path);
    assert_string_equal(spot_tune_folder_why(s->folder), "");
    assert_int_equal(access(want, F_OK), 0);
    spot_tune_folder_close(s->folder);
    assert_int_not_equal(access(want, F_OK), 0);
}

/* As if a run had left its results. */
static void leave_results(const char *dir)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/tune.csv", dir);
    spot_test_write_file(path, "x\n", 2);
}

static void remove_folder(const char *dir)
{
    static const char *const inside[] = {"tune.csv", "run.json"};
    char path[PATH_SIZE];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, inside[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static void the_name_says_what_is_not_as_usual(void **state)
{
    setup s;
    (void)state;
    begin(&s);
    expect_name(&s, "runs/fake-board");
    s.config.policy_name = "some/where/mine";
    expect_name(&s, "runs/fake-mine-board");
    s.config.policy_name = "ws://host:80";
    expect_name(&s, "runs/fake-ws-host:80-board");
    s.config.policy_name = "some/fake"; /* called as its task is */
    expect_name(&s, "runs/fake-board");
    s.config.charge_as = "large";
    expect_name(&s, "runs/fake-board-large");
    s.config.charge_as = NULL;
    s.config.variation = (spot_variation){.speed = 1.5, .noise = 0.0};
    expect_name(&s, "runs/fake-board-speed-1.5-noise-0");
    s.config.variation = (spot_variation){.speed = 1.0, .noise = 1.0};
    s.config.clock = SPOT_CLOCK_PAPER;
    s.config.cadence = true;
    expect_name(&s, "runs/fake-board-paper-cadence");
    s.source.task = "my/task";
    assert_int_equal(try_open(&s, NULL, &s.folder), SPOT_E_RANGE);
    assert_non_null(strstr(s.diag.text, "make no folder"));
    assert_int_not_equal(access("runs", F_OK), 0);
    end(&s);
}

static void another_setting_is_refused_by_name_and_given_its_own_without(void **state)
{
    setup s;
    (void)state;
    begin(&s);
    open_folder(&s, NULL);
    leave_results("runs/fake-board");
    spot_tune_folder_close(s.folder);
    (void)strcpy(s.source.identity, "model=1 policy=0123456789abcdef");
    spot_tune_folder *other = s.folder;
    assert_int_equal(try_open(&s, "runs/fake-board", &other), SPOT_E_INVALID);
    assert_null(other);
    assert_string_equal(s.diag.text,
                        "runs/fake-board: holds a run of another setting: policy is 2 there and "
                        "0123456789abcdef here; expected the same, or another folder");
    open_folder(&s, NULL);
    assert_string_equal(spot_tune_folder_path(s.folder), "runs/fake-board-policy-01234567");
    assert_string_equal(spot_tune_folder_why(s.folder),
                        "runs/fake-board: policy is 2 there and 0123456789abcdef here");
    leave_results("runs/fake-board-policy-01234567");
    spot_tune_folder_close(s.folder);
    /* the same again goes there; a third, of which two differ, has a third */
    open_folder(&s, NULL);
    assert_string_equal(spot_tune_folder_path(s.folder), "runs/fake-board-policy-01234567");
    spot_tune_folder_close(s.folder);
    (void)strcpy(s.source.identity, "model=7 policy=0123456789abcdef");
    open_folder(&s, NULL);
    assert_string_equal(spot_tune_folder_path(s.folder), "runs/fake-board-model-7-policy-01234567");
    spot_tune_folder_close(s.folder);
    /* what the folder is named by says nothing of another part */
    (void)strcpy(s.source.identity, "model=1 policy=01234567ffffffff");
    open_folder(&s, NULL);
    assert_string_equal(spot_tune_folder_path(s.folder),
                        "runs/fake-board-policy-01234567-policy-01234567");
    spot_tune_folder_close(s.folder);
    remove_folder("runs/fake-board");
    remove_folder("runs/fake-board-policy-01234567");
    assert_int_equal(rmdir("runs"), 0);
    end(&s);
}

/* The latency of a point stands with its episodes. */
static void episodes_of_another_latency_or_format_are_another_setting(void **state)
{
    static const char file[] = "there/episodes/steps=1_overlap=0.csv";
    static const char rest[] =
        " platform=board class=small clock=exact overhead_s=0 speed=1 noise=1";
    setup s;
    char text[SPOTI_SIGNATURE_SIZE];
    spot_episode episode;
    (void)state;
    begin(&s);
    assert_int_equal(mkdir("there", 0777), 0);
    assert_int_equal(mkdir("there/episodes", 0777), 0);
    memset(&episode, 0, sizeof(episode));
    for (int same = 0; same < 2; same++) {
        (void)snprintf(text, sizeof(text),
                       "task=fake model=1 policy=2%s point='steps=1 overlap=0' schedule=sync "
                       "execute=8 latency_s=%s spread_s=0",
                       rest, same == 1 ? "0.12000000000000001" : "0.5");
        assert_int_equal(spoti_episodes_save(file, text, &episode, 1, NULL), SPOT_OK);
        const spot_status st = try_open(&s, "there", &s.folder);
        assert_int_equal(st, same == 1 ? SPOT_OK : SPOT_E_INVALID);
        assert_true(same == 1 || strstr(s.diag.text, "latency_s is 0.5 there and 0.12") != NULL);
        spot_tune_folder_close(s.folder);
    }
    assert_int_equal(access(file, F_OK), 0); /* closing takes no episodes away */
    spot_test_write_file(file, "# sweetspot episodes, format 3: task=fake\n", 42);
    assert_int_equal(try_open(&s, "there", &s.folder), SPOT_E_INVALID);
    assert_non_null(strstr(s.diag.text, "format is 3 there and 4 here"));
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir("there/episodes"), 0);
    remove_folder("there");
    end(&s);
}

static size_t count_notes(const char *path, json_t **first)
{
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "kind")), "sweetspot-run");
    const json_t *notes = json_object_get(root, "made_by");
    const size_t n = json_array_size(notes);
    *first = json_deep_copy(json_array_get(notes, 0));
    json_decref(root);
    return n;
}

static void who_ran_is_a_note_that_decides_nothing(void **state)
{
    setup s;
    json_t *note = NULL;
    (void)state;
    begin(&s);
    s.config.kernels = "reference";
    open_folder(&s, "a/b");
    leave_results("a/b");
    spot_tune_folder_close(s.folder);
    assert_int_equal(count_notes("a/b/run.json", &note), 1);
    assert_string_equal(json_string_value(json_object_get(note, "kernels")), "reference");
    assert_string_equal(json_string_value(json_object_get(note, "engine")), "none 1");
    assert_true(json_string_length(json_object_get(note, "host")) > 0);
    json_decref(note);
    open_folder(&s, "a/b"); /* the same again is noted once */
    spot_tune_folder_close(s.folder);
    assert_int_equal(count_notes("a/b/run.json", &note), 1);
    json_decref(note);
    s.source.engine.version = "2";
    open_folder(&s, "a/b");
    spot_tune_folder_close(s.folder);
    assert_int_equal(count_notes("a/b/run.json", &note), 2);
    json_decref(note);
    remove_folder("a/b");
    assert_int_equal(rmdir("a"), 0);
    end(&s);
}

static void one_is_in_it_at_a_time(void **state)
{
    setup s;
    char want[64];
    spot_tune_folder *second = NULL;
    (void)state;
    begin(&s);
    open_folder(&s, "busy");
    assert_int_equal(try_open(&s, "busy", &second), SPOT_E_STATE);
    assert_null(second);
    (void)snprintf(want, sizeof(want), "busy: process %ld on ", (long)getpid());
    assert_non_null(strstr(s.diag.text, want));
    assert_int_equal(access("busy/run.json", F_OK), 0); /* who was refused took nothing away */
    spot_tune_folder_close(s.folder);
    open_folder(&s, "busy");
    spot_tune_folder_close(s.folder);
    spot_tune_folder_close(NULL);
    end(&s);
}

static void what_is_no_run_json_is_refused_and_left_alone(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"kind\": \"sweetspot-tune\", \"schema\": 1}",
        "{\"kind\": \"sweetspot-run\", \"schema\": 2, \"setting\": \"\", \"made_by\": []}",
        "{\"kind\": \"sweetspot-run\", \"schema\": 1, \"setting\": 1, \"made_by\": []}",
        "{\"kind\": \"sweetspot-run\", \"schema\": 1, \"setting\": \"\", \"made_by\": 1}"};
    setup s;
    char text[128];
    (void)state;
    begin(&s);
    assert_int_equal(mkdir("odd", 0777), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        spot_test_write_file("odd/run.json", texts[i], strlen(texts[i]));
        assert_int_equal(try_open(&s, "odd", &s.folder), SPOT_E_FORMAT);
        assert_non_null(strstr(s.diag.text, "odd/run.json:"));
        assert_non_null(strstr(s.diag.text, "expected"));
        assert_int_equal(spot_test_read_file("odd/run.json", text, sizeof(text)), strlen(texts[i]));
    }
    assert_int_not_equal(access("odd/.lock", F_OK), 0);
    remove_folder("odd");
    spot_test_write_file("file", "", 0);
    assert_int_equal(try_open(&s, "file/x", &s.folder), SPOT_E_IO);
    assert_int_equal(try_open(&s, "", &s.folder), SPOT_E_RANGE);
    assert_int_equal(unlink("file"), 0);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_says_what_is_not_as_usual),
        cmocka_unit_test(another_setting_is_refused_by_name_and_given_its_own_without),
        cmocka_unit_test(episodes_of_another_latency_or_format_are_another_setting),
        cmocka_unit_test(who_ran_is_a_note_that_decides_nothing),
        cmocka_unit_test(one_is_in_it_at_a_time),
        cmocka_unit_test(what_is_no_run_json_is_refused_and_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
