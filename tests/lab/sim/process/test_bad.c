/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What can go wrong with somebody's simulator: one line each, a new worker, and no process left behind. */
#include "lab/sim/process/rig.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "spot/trial.h"

/* ---- while it starts ---- */

static void a_world_that_does_not_start_is_refused(void **state)
{
    static const struct {
        const char *command, *more, *says;
    } CASES[] = {
        {"[python9-of-mine, -m, sweetspot.world, 'gym:X']", "",
         ":3: command: no program 'python9-of-mine', expected one in PATH or by its path"},
        {"[./venv/bin/python3, -m, sweetspot.world, 'gym:X']", "",
         ":3: command: no program './venv/bin/python3'"},
        {"[" TOY_PYTHON ", -m, sweetspot.wurld, 'toy:make']", "",
         "exited with 1: /usr/bin/python3: No module named sweetspot.wurld"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy']", "", "'toy': expected gym:ID"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make', at]", "",
         "'at': expected an option, key=value"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'no_such_module:make']", "",
         "ModuleNotFoundError: No module named 'no_such_module'"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make', mode=refuses]", "",
         "ValueError: no such map (toy.py:"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make', mode=text]", "",
         "the observation space is Text, expected Box, Discrete or a Dict of these"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make', mode=silent]", "timeout_s: 1.5\n",
         "did not answer 'hello' for 1.5 s"},
        {"[/bin/echo, hello]", "", "exited with 0: hello"},
        {"[" TOY_PYTHON ", -c, 'import os; os.write(3, b\"nonsense, and more\")']", "",
         "the world answers nonsense: a message of more than 64 MiB"},
        {"[" TOY_PYTHON ", -c, 'import os; os.write(3, bytes([1, 0, 0, 0, 0x80]))']", "",
         "hello: nothing, expected a text"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']", "success: always\n",
         ":6: success: 'always', expected info, survived, terminated or "
         "return>=NUMBER"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']", "rest: [0, 0]\n",
         ":6: rest: 2 numbers, expected 1, an action"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']", "rest: [1.5]\n",
         ":6: rest: 1.5, expected -1 to 1, an action of the environment"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make', mode=discrete]", "rest: [5]\n",
         ":6: rest: 5, expected 0 to 2, an action of the environment"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']", "timeout_s: 0\n",
         ":6: timeout_s: 0, expected 0.1 to 86400"},
        {"[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']", "hold: firmly\n", ":6:"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const toy_folder *f = *state;
        spot_task *task = NULL;
        spot_diag diag = {""};
        toy_write(f, CASES[i].command, CASES[i].more);
        const spot_status st = spot_task_load(f->task, NULL, &task, &diag);
        assert_true(st == SPOT_E_FORMAT || st == SPOT_E_IO || st == SPOT_E_UNSUPPORTED);
        assert_null(task);
        if (strstr(diag.text, CASES[i].says) == NULL ||
            strncmp(diag.text, f->task, strlen(f->task)) != 0 || strchr(diag.text, '\n') != NULL) {
            fail_msg("case %zu: '%s', expected '%s: ... %s'", i, diag.text, f->task, CASES[i].says);
        }
    }
}

static void a_rate_that_is_no_fraction_is_refused(void **state)
{
    const toy_folder *f = *state;
    spot_task *task = NULL;
    spot_diag diag = {""};
    FILE *file = fopen(f->task, "w");
    assert_non_null(file);
    (void)fputs("name: toy\nbackend: process\ncommand: [" TOY_PYTHON
                ", -m, sweetspot.world, 'toy:make']\ncontrol: {rate_hz: 4}\ntime_limit_s: 4\n",
                file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(spot_task_load(f->task, NULL, &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, ":4: rate_hz: 4, expected 10, the environment's rate, or a "
                                      "whole fraction of it"));
}

static void a_limit_beyond_the_environments_own_is_refused(void **state)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    assert_int_equal(toy_load(*state, "mode=short", "", &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, ":5: time_limit_s: 4, expected at most 3: the environment "
                                      "ends an episode after 30 steps"));
}

static void a_second_worker_that_is_another_world_is_refused(void **state)
{
    const toy_folder *f = *state;
    char options[192];
    spot_task *task = NULL;
    spot_world first, second;
    spot_variation standard;
    spot_diag diag = {""};

    (void)snprintf(options, sizeof(options), "mode=fickle, mark=%s/mark", f->path);
    assert_int_equal(toy_load(f, options, "", &task, &diag), SPOT_OK);
    assert_int_equal(spot_task_admit(task, &diag), SPOT_OK); /* starts no second one */
    toy_open(task, &first);
    spot_variation_default(&standard);
    assert_int_equal(spot_task_make_world(task, &standard, &second, &diag), SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "a second worker says something else of itself"));
    spot_world_destroy(&first);
    spot_task_destroy(task);
}

static void a_variation_is_refused(void **state)
{
    spot_task *task = NULL;
    spot_world world;
    spot_diag diag = {""};
    assert_int_equal(toy_load(*state, "", "", &task, &diag), SPOT_OK);
    assert_int_equal(spot_task_make_world(task, &(spot_variation){2.0, 1.0}, &world, &diag),
                     SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "speed is 2, expected 1"));
    assert_int_equal(spot_task_make_world(task, &(spot_variation){1.0, 0.0}, &world, &diag),
                     SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "noise is 0, expected 1"));
    spot_task_destroy(task);
}

/* ---- while it runs ---- */

static void what_it_does_is_said_and_the_next_episode_runs(void **state)
{
    static const struct {
        const char *mode, *says; /* NULL = nothing is wrong */
    } CASES[] = {
        {"prints", NULL},
        {"forks", NULL},
        {"exits", "the world's process exited with 3"},
        {"dies", "the world's process was killed by signal 11"},
        {"hangs", "the world did not answer 'step' for 8 s, expected less (timeout_s)"},
        {"raises", "KeyError: 'cup' (toy.py:"},
        {"nan", "number 1 of the observation 'observation' is nan, expected a finite one"},
        {"shape", "the observation 'observation' has shape [3], expected [2]"},
        {"reward", "the world answers nonsense: reward: inf, expected a finite number"},
        {"junk", "the world answers nonsense: a message of more than 64 MiB"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char options[64];
        spot_task *task = NULL;
        spot_world world;
        spot_diag diag = {""};
        spot_episode bad, good;

        (void)snprintf(options, sizeof(options), "mode=%s, bad_seed=5", CASES[i].mode);
        /* long enough for a worker to start on a computer that is busy */
        const char *timeout = strcmp(CASES[i].mode, "hangs") == 0 ? "timeout_s: 8\n" : "";
        assert_int_equal(toy_load(*state, options, timeout, &task, &diag), SPOT_OK);
        toy_open(task, &world);
        assert_int_equal(toy_run(&world, 5, 0.0, &bad, &diag), SPOT_OK);
        if (bad.invalid != (CASES[i].says != NULL) || bad.success != (CASES[i].says == NULL)) {
            fail_msg("%s: invalid %d, '%s'", CASES[i].mode, bad.invalid, bad.fault);
        }
        if (CASES[i].says != NULL &&
            (strstr(bad.fault, CASES[i].says) == NULL || strchr(bad.fault, '\n') != NULL)) {
            fail_msg("%s: '%s', expected '%s'", CASES[i].mode, bad.fault, CASES[i].says);
        }
        assert_int_equal(toy_run(&world, 4, 0.0, &good, &diag), SPOT_OK);
        assert_true(good.success && !good.invalid);
        assert_close(good.time_s, 0.5, 1e-12, 0.0);
        spot_world_destroy(&world);
        spot_task_destroy(task);
    }
}

static void spaces_that_change_are_said(void **state)
{
    spot_task *task = NULL;
    spot_world world;
    spot_diag diag = {""};
    spot_episode e;

    assert_int_equal(toy_load(*state, "mode=spaces", "", &task, &diag), SPOT_OK);
    toy_open(task, &world);
    assert_int_equal(toy_run(&world, 1, 0.0, &e, &diag), SPOT_OK);
    assert_true(e.success);
    assert_int_equal(toy_run(&world, 2, 0.0, &e, &diag), SPOT_OK);
    assert_true(e.invalid);
    assert_non_null(strstr(e.fault, "the environment's observation space has changed"));
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void three_in_a_row_end_the_job(void **state)
{
    spot_task *task = NULL;
    spot_world world;
    spot_diag diag = {""};
    spot_episode e;

    assert_int_equal(toy_load(*state, "mode=exits", "", &task, &diag), SPOT_OK);
    toy_open(task, &world);
    for (uint64_t seed = 2; seed < 4; seed++) {
        assert_int_equal(toy_run(&world, seed, 0.0, &e, &diag), SPOT_OK);
        assert_true(e.invalid);
    }
    assert_int_equal(toy_run(&world, 0, 0.0, &e, &diag), SPOT_OK); /* done before it exits */
    assert_true(e.success);
    for (uint64_t seed = 2; seed < 4; seed++) {
        assert_int_equal(toy_run(&world, seed, 0.0, &e, &diag), SPOT_OK);
        assert_true(e.invalid);
    }
    assert_int_equal(toy_run(&world, 4, 0.0, &e, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "3 failures in a row: the world's process exited with 3"));
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

/* ---- what is left behind ---- */

/* Waits until the processes that the toy has noted are gone; 10 s are more than a kill takes. */
static void expect_gone(const char *mark, int n_want)
{
    FILE *file = fopen(mark, "r");
    char line[32];
    int n = 0;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        const pid_t pid = (pid_t)strtol(line, NULL, 10);
        bool alive = true;
        assert_true(pid > 1);
        for (int i = 0; i < 1000 && alive; i++) {
            alive = kill(pid, 0) == 0 || errno != ESRCH;
            if (alive) {
                (void)nanosleep(&(struct timespec){0, 10000000}, NULL);
            }
        }
        assert_false(alive);
        n++;
    }
    (void)fclose(file);
    assert_int_equal(n, n_want);
}

/* `mark` is where a toy of that mode notes processes. */
static void toy_options(const toy_folder *f, const char *mode, char mark[128], char options[256])
{
    (void)snprintf(mark, 128, "%s/%s", f->path, mode);
    (void)snprintf(options, 256, "mode=%s, mark=%s", mode, mark);
}

/* Children, and a process that has gone into a session of its own and whose parent has ended. */
static void what_the_world_started_ends_with_it(void **state)
{
    static const struct {
        const char *mode;
        int n_process;
    } CASES[] = {{"leaves", 2}, {"daemon", 1}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char mark[128], options[256];
        spot_task *task = NULL;
        spot_world world;
        spot_diag diag = {""};
        spot_episode e;

        toy_options(*state, CASES[i].mode, mark, options);
        assert_int_equal(toy_load(*state, options, "", &task, &diag), SPOT_OK);
        toy_open(task, &world);
        assert_int_equal(toy_run(&world, 5, 0.0, &e, &diag), SPOT_OK);
        assert_true(e.success);
        spot_world_destroy(&world);
        spot_task_destroy(task);
        expect_gone(mark, CASES[i].n_process);
    }
}

static void run_until_killed(const toy_folder *f, const char *options)
{
    spot_task *task = NULL;
    spot_world world;
    spot_diag diag = {""};
    spot_episode e;
    if (toy_load(f, options, "", &task, &diag) == SPOT_OK) {
        toy_open(task, &world);
        (void)toy_run(&world, 5, 0.0, &e, &diag);
    }
    _exit(1);
}

/* We are killed while the world hangs: it ends all the same, and what it let go too. */
static void nobody_outlives_us(void **state)
{
    static const char *const MODES[] = {"hangs", "daemon_hangs"};
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        char mark[128], options[256];
        int started = -1;

        toy_options(*state, MODES[i], mark, options);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            run_until_killed(*state, options);
        }
        for (int k = 0; k < 2000 && started != 0; k++) {
            started = access(mark, R_OK);
            (void)nanosleep(&(struct timespec){0, 10000000}, NULL);
        }
        assert_int_equal(started, 0);
        (void)nanosleep(&(struct timespec){0, 100000000},
                        NULL); /* until the number is in the file */
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        expect_gone(mark, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_world_that_does_not_start_is_refused, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_rate_that_is_no_fraction_is_refused, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_limit_beyond_the_environments_own_is_refused, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_second_worker_that_is_another_world_is_refused, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_variation_is_refused, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_it_does_is_said_and_the_next_episode_runs, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(spaces_that_change_are_said, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(three_in_a_row_end_the_job, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_the_world_started_ends_with_it, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(nobody_outlives_us, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
