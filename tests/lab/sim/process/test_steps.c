/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Several steps in one request: episodes of a worker that repeats actions by itself, against those of one that cannot. */
#include <math.h>

#include "lab/sim/process/rig.h"

enum { PERIOD = 4 /* steps */, ROWS_MAX = 128, ROW_MAX = 8 };

/* The cart with four steps a control period. */
static spot_task *load(const toy_folder *f, const char *options, const char *more)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    FILE *file = fopen(f->task, "w");
    assert_non_null(file);
    assert_true(fprintf(file,
                        "name: toy\nbackend: process\ncontrol: {rate_hz: 2.5}\ntime_limit_s: 7.1\n"
                        "command: [" TOY_PYTHON ", -m, sweetspot.world, 'toy:make'%s]\n%s",
                        options, more) > 0);
    assert_int_equal(fclose(file), 0);
    if (spot_task_load(f->task, NULL, &task, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(spot_task_describe(task)->dims.ticks_per_action, PERIOD);
    return task;
}

typedef struct found {
    spot_episode episode;
    double rows[ROWS_MAX * ROW_MAX];
    spot_trajectory path;
} found;

static void run(const toy_folder *f, const char *options, const char *more, double latency_s,
                found *out)
{
    spot_task *task = load(f, options, more);
    spot_world world;
    spot_rollout_config config;
    spot_rollout *rollout = NULL;
    spot_diag diag = {""};

    toy_open(task, &world);
    int dims[2] = {world.dims.obs_dim, 1};
    const spot_brain brain = {&FORWARD_OPS, dims};
    spot_rollout_config_default(&config);
    config.latency.mean_s = latency_s;
    config.point.steps = 1;
    memset(out, 0, sizeof(*out));
    out->path = (spot_trajectory){
        .dim = spot_trajectory_dim(&world.dims), .capacity = ROWS_MAX, .rows = out->rows};
    assert_true(out->path.dim <= ROW_MAX);
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, &diag), SPOT_OK);
    if (spot_rollout_run(rollout, 9, &out->episode, &out->path, NULL, NULL, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    spot_rollout_destroy(rollout);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void episodes_are_those_of_single_steps(void **state)
{
    static const struct {
        const char *options, *more;
        double latency_s, time_s; /* time: worked out by hand */
    } CASES[] = {
        /* ten steps forward, the last of them the second of a period */
        {"", "", 0.0, 1.0},
        {"", "", 0.3, 1.3},
        /* a wait in front of each period of four steps */
        {"", "hold: zero\n", 0.3, 1.0 + 3 * 0.3},
        {"", "hold: zero\n", 0.1, 1.0 + 3 * 0.1},
        /* the environment ends it in the middle of a period */
        {", mode=falls, at=7", "success: terminated\n", 0.0, 0.7},
        {", mode=falls, at=7", "success: survived\n", 0.2, 0.7},
        {", mode=cut, at=9", "success: survived\n", 0.0, 0.9},
        /* rewards whose sum depends on the order, and the time limit in the middle of a period */
        {", mode=uneven", "success: return>=-9\n", 0.0, 7.1},
        {", mode=uneven", "success: survived\nhold: zero\n", 0.1, 7.1},
        /* of success is spoken at steps 2 and 13 alone; at 13 it holds, unless the cart has waited */
        {", mode=uneven", "", 0.0, 1.3},
        {", mode=uneven", "hold: zero\n", 0.3, 7.1},
        {", mode=mute", "", 0.0, 7.1}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        static found many, singly;
        char options[96];
        (void)snprintf(options, sizeof(options), "%s, singly=true", CASES[i].options);
        run(*state, CASES[i].options, CASES[i].more, CASES[i].latency_s, &many);
        run(*state, options, CASES[i].more, CASES[i].latency_s, &singly);
        assert_close(many.episode.time_s, CASES[i].time_s, 1e-9, 0.0);
        assert_memory_equal(&many.episode, &singly.episode, sizeof(many.episode));
        assert_true(many.path.count == singly.path.count && many.path.count > 1);
        assert_memory_equal(many.rows, singly.rows, sizeof(many.rows));
    }
}

/* The request itself: as many steps as asked for, no further than the action lasts, and none behind the end. */
static void steps_in_one_request_are_counted(void **state)
{
    spot_task *task = load(*state, ", mode=falls, at=7", "hold: zero\n");
    spot_world world;
    spot_outcome outcome = {.done = false};
    const double anchor[1] = {0.0};
    int64_t done = 0;

    toy_open(task, &world);
    assert_int_equal(spot_world_reset(&world, 50), SPOT_OK);
    assert_int_equal(spot_world_act(&world, &(float){1.0F}, anchor), SPOT_OK);
    assert_int_equal(world.ops->step_many(world.self, 9, &done), SPOT_OK);
    assert_int_equal(done, PERIOD); /* then it rests */
    assert_int_equal(world.ops->step_many(world.self, 2, &done), SPOT_OK);
    assert_int_equal(done, 2);
    assert_int_equal(world.ops->step_many(world.self, 9, &done), SPOT_OK);
    assert_int_equal(done, 1);
    spot_world_outcome(&world, &outcome);
    assert_true(outcome.done);
    assert_close(outcome.time_s, 0.7, 1e-12, 0.0);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

/* A step that fails breaks the episode off, and the next one runs. */
static void a_failure_among_them_is_said(void **state)
{
    spot_task *task = load(*state, ", mode=raises, at=3, bad_seed=9", "");
    spot_world world;
    spot_outcome outcome = {.done = false};
    int64_t done = 0;

    toy_open(task, &world);
    for (uint64_t seed = 9; seed < 11; seed++) {
        assert_int_equal(spot_world_reset(&world, seed), SPOT_OK);
        assert_int_equal(world.ops->step_many(world.self, PERIOD, &done), SPOT_OK);
        assert_int_equal(done, seed == 9 ? 1 : PERIOD);
        spot_world_outcome(&world, &outcome);
        assert_int_equal(outcome.invalid, seed == 9);
        assert_true(seed != 9 || strstr(outcome.fault, "KeyError: 'cup' (toy.py:") != NULL);
    }
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(episodes_are_those_of_single_steps, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(steps_in_one_request_are_counted, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_failure_among_them_is_said, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
