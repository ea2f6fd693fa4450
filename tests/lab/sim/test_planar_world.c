/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A planar task behind the tables: options, commands within a step, noise, when and how episodes end, replays. */
#include <math.h>
#include <stdlib.h>

#include "lab/sim/planar/backend.h"
#include "lab/sim/planar/world.h"
#include "lab/sim/planar_level.h"
#include "spot/planar.h"

#define CATAPULT SPOT_SOURCE_DIR "/tasks/kinetix/catapult.json"
#define LAND     SPOT_SOURCE_DIR "/tasks/planar-land/task.yaml"

static const double ZEROS[SPOTI_PLANAR_CHANNELS] = {0.0};

static spot_world open_world(const spot_task *task, double noise)
{
    const spot_variation variation = {.speed = 1.0, .noise = noise};
    spot_world world;
    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    assert_int_equal(spot_world_reset(&world, 7), SPOT_OK);
    return world;
}

static void write_task(char *path, size_t size, const char *level, const char *more)
{
    char text[1024];
    spot_test_temp_path(path, size, "task.yaml");
    (void)snprintf(text, sizeof(text), "name: t\nbackend: planar\nlevel: %s\n%s", level, more);
    spot_test_write_file(path, text, strlen(text));
}

static void a_level_is_a_task(void **state)
{
    (void)state;
    spot_task *task = planar_load_file(CATAPULT);
    const spot_task_info *info = spot_task_describe(task);
    assert_string_equal(info->name, "catapult");
    assert_string_equal(info->engine.name, "planar");
    assert_int_equal(info->dims.obs_dim, 679);
    assert_int_equal(info->dims.action_dim, 6);
    assert_close(info->dims.time_limit_s, 256.0 / 30.0, 1e-12, 0.0);
    assert_close(info->dims.tick_s * info->dims.ticks_per_action, 1.0 / 30.0, 1e-12, 0.0);
    spot_task_destroy(task);
}

static void task_files_change_how_a_level_is_run(void **state)
{
    (void)state;
    char path[512];
    write_task(path, sizeof(path), CATAPULT,
               "frame_skip: 3\nsolve: last\ntime_limit_s: 1.0\nslices: 4\naction_noise: 0\n"
               "control: {horizon: 16, execute: 2}\n");
    spot_task *task = planar_load_file(path);
    const spot_world_dims *d = &spot_task_describe(task)->dims;
    const spoti_planar_scene *scene = task->self;
    assert_int_equal(d->ticks_per_action, 12);
    assert_int_equal(d->horizon, 16);
    assert_int_equal(d->n_execute, 2);
    assert_int_equal(scene->steps, 20); /* of 50 ms */
    assert_int_equal(scene->solve, SPOTI_SOLVE_LAST);
    spot_task_destroy(task);
}

static void bad_task_files_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        const char *what;
    } cases[] = {{"frame_skip: 99\n", "task.yaml:4: frame_skip: 99, expected 1 to 64"},
                 {"solve: maybe\n", "task.yaml:4"},
                 {"start_noise_m: -1\n", "task.yaml:4: start_noise_m: -1, expected"},
                 {"time_limit_s: 0\n", "task.yaml:4: time_limit_s"},
                 {"control: {horizon: 4, execute: 9}\n", "execute: 9, expected 1 to 4"},
                 {"gravity: 3\n", "task.yaml:4"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[512];
        spot_task *task = NULL;
        spot_diag diag = {""};
        write_task(path, sizeof(path), CATAPULT, cases[i].more);
        assert_int_equal(spot_task_load(path, NULL, &task, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].what) == NULL) {
            fail_msg("'%s', expected '%s' in it", diag.text, cases[i].what);
        }
    }
}

/* A command that comes after 5 of 16 ticks has 11 sixteenths of the step. */
static void commands_within_a_step_are_mixed_by_their_time(void **state)
{
    (void)state;
    spot_task *task = planar_load_file(LAND);
    spot_world late = open_world(task, 0.0);
    spot_world whole = open_world(task, 0.0);
    float full[SPOTI_PLANAR_CHANNELS] = {[4] = 0.8f, [5] = 0.8f};
    float part[SPOTI_PLANAR_CHANNELS] = {[4] = 0.8f * 11.0f / 16.0f, [5] = 0.8f * 11.0f / 16.0f};
    const double *const none = ZEROS;

    assert_int_equal(spot_world_act(&whole, part, none), SPOT_OK);
    for (int tick = 0; tick < 16; tick++) {
        if (tick == 5) {
            assert_int_equal(spot_world_act(&late, full, none), SPOT_OK);
        }
        assert_int_equal(spot_world_step(&late), SPOT_OK);
        assert_int_equal(spot_world_step(&whole), SPOT_OK);
    }
    const spoti_planar_world *a = spoti_planar_world_of(&late);
    const spoti_planar_world *b = spoti_planar_world_of(&whole);
    assert_int_equal(a->episode.substep, 1);
    assert_true(a->episode.sim->bodies[4].velocity.y > -9.81f / 60.0f);
    assert_close((double)a->episode.sim->bodies[4].velocity.y,
                 (double)b->episode.sim->bodies[4].velocity.y, 1e-6, 0.0);
    spot_world_destroy(&late);
    spot_world_destroy(&whole);
    spot_task_destroy(task);
}

static void noise_is_the_seeds_and_new_in_every_control_step(void **state)
{
    (void)state;
    spot_task *task = planar_load_file(LAND);
    const spoti_planar_scene *scene = task->self;
    spoti_planar_episode e;
    double sum = 0.0;
    double squares = 0.0;
    int n = 0;

    assert_int_equal(spoti_planar_episode_make(scene, 1.0, &e), SPOT_OK);
    for (uint64_t seed = 0; seed < 40; seed++) {
        float before = 0.0f;
        spoti_planar_episode_reset(&e, seed);
        for (int i = 0; i < 64; i++) {
            const float zeros[SPOTI_PLANAR_CHANNELS] = {0.0f};
            spoti_planar_episode_step(&e, zeros);
            assert_true((e.off[0] == before) == (i % 2 == 1)); /* two substeps share it */
            before = e.off[0];
            for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++, n++) {
                sum += (double)e.off[c];
                squares += (double)(e.off[c] * e.off[c]);
            }
        }
    }
    /* 7680 independent values, each twice: 0.1 within 5 standard errors of it */
    assert_close(sum / n, 0.0, 5.0 * 0.1 / sqrt(n / 2.0), 0.0);
    assert_close(sqrt(squares / n), 0.1, 5.0 * 0.1 / sqrt(n), 0.0);
    spoti_planar_episode_free(&e);
    spot_task_destroy(task);
}

/* A green ball between blue plates above and below leaves the lower one in the second substep of a control step. */
static void rules_differ_where_a_touch_ends_within_the_control_step(void **state)
{
    (void)state;
    char text[PLANAR_TEXT_SIZE];
    spoti_planar_scene scene = {.frame_skip = 2, .slices = 1, .steps = 4};
    planar_level_text(text, &(planar_scene){.n_polygon = 6,
                                            .n_circle = 3,
                                            .boxes = 2,
                                            .height = 2.0f,
                                            .spacing = 0.1999f,
                                            .weightless = true,
                                            .roles = {1, 2}});
    scene.level = planar_parse(text);
    for (int rule = 0; rule < 2; rule++) {
        const float zeros[SPOTI_PLANAR_CHANNELS] = {0.0f};
        spoti_planar_episode e;
        scene.solve = rule == 0 ? SPOTI_SOLVE_FIRST : SPOTI_SOLVE_LAST;
        assert_int_equal(spoti_planar_episode_make(&scene, 0.0, &e), SPOT_OK);
        spoti_planar_episode_reset(&e, 0);
        e.sim->bodies[5].velocity.x = 1.0f; /* they part after the first substep */
        spoti_planar_episode_step(&e, zeros);
        assert_int_equal(e.sim->event, 1);
        assert_int_equal(e.end, SPOTI_PLANAR_GOES_ON); /* not in mid-step */
        spoti_planar_episode_step(&e, zeros);
        assert_int_equal(e.sim->event, 0);
        assert_int_equal(e.end, rule == 0 ? SPOTI_PLANAR_SOLVED : SPOTI_PLANAR_FAILED);
        spoti_planar_episode_free(&e);
    }
    spoti_level_destroy(scene.level);
}

static void time_is_up_after_256_control_steps(void **state)
{
    (void)state;
    spot_task *task = planar_load_file(CATAPULT);
    spot_world world = open_world(task, 0.0);
    spot_outcome outcome = {.done = false};
    int ticks = 0;
    for (; !outcome.done && ticks < 100000; ticks++) {
        assert_int_equal(spot_world_step(&world), SPOT_OK);
        spot_world_outcome(&world, &outcome);
    }
    assert_int_equal(ticks, 256 * world.dims.ticks_per_action);
    assert_false(outcome.success || outcome.invalid);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void numbers_that_are_none_are_refused_and_broken_physics_is_invalid(void **state)
{
    (void)state;
    spot_task *task = planar_load_file(LAND);
    spot_world world = open_world(task, 0.0);
    float action[SPOTI_PLANAR_CHANNELS] = {NAN};
    spot_outcome outcome;

    assert_int_equal(spot_world_act(&world, action, ZEROS), SPOT_E_RANGE);
    spoti_planar_world_of(&world)->episode.sim->bodies[4].velocity.x = NAN;
    for (int i = 0; i < world.dims.ticks_per_action; i++) {
        assert_int_equal(spot_world_step(&world), SPOT_OK);
    }
    spot_world_outcome(&world, &outcome);
    assert_true(outcome.done && outcome.invalid && !outcome.success);
    assert_non_null(outcome.fault);
    assert_int_equal(spot_world_step(&world), SPOT_E_STATE);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void replay_is_the_world_and_refuses_the_wrong_length(void **state)
{
    (void)state;
    spot_task *task = planar_load_file(CATAPULT);
    float *actions = calloc(257, SPOT_PLANAR_CHANNELS * sizeof(*actions));
    spot_planar_replay replay;
    spot_planar_result result;
    spot_diag diag = {""};

    assert_non_null(actions);
    spot_planar_replay_default(&replay);
    replay.actions = actions;
    replay.n_actions = 257;
    assert_int_equal(spot_planar_replay_run(task, &replay, &result, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "257 rows of actions, expected 1 to 256"));
    replay.n_actions = 10;
    assert_int_equal(spot_planar_replay_run(task, &replay, &result, &diag), SPOT_OK);
    assert_int_equal(result.end, SPOT_PLANAR_END_ACTIONS);
    assert_int_equal(result.substeps, 20);
    assert_int_equal(result.event_step, -1);
    free(actions);
    spot_task_destroy(task);
}

static void bad_action_files_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *what;
    } cases[] = {
        {"", ":1: empty"},
        {"motor0,motor1\n", ":1: other columns, expected motor0,motor1,motor2"},
        {"motor1,motor0,motor2,motor3,thruster0,thruster1\n0,0,0,0,0,0\n", ":1: other columns"},
        {"motor0,motor1,motor2,motor3,thruster0,thruster1\n", "no rows"},
        {"motor0,motor1,motor2,motor3,thruster0,thruster1\n0,0,0,0,0\n", ":2: 5 cells, expected 6"},
        {"motor0,motor1,motor2,motor3,thruster0,thruster1\n0,0,x,0,0,0\n", ":2: motor2: 'x'"},
        {"motor0,motor1,motor2,motor3,thruster0,thruster1\n0,0,nan,0,0,0\n", ":2: motor2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[512];
        float *actions = NULL;
        int n = 0;
        spot_diag diag = {""};
        spot_test_temp_path(path, sizeof(path), "a.csv");
        spot_test_write_file(path, cases[i].text, strlen(cases[i].text));
        assert_int_equal(spot_planar_actions_load(path, &actions, &n, &diag), SPOT_E_FORMAT);
        assert_null(actions);
        if (strstr(diag.text, cases[i].what) == NULL) {
            fail_msg("'%s', expected '%s' in it", diag.text, cases[i].what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_is_a_task),
        cmocka_unit_test(task_files_change_how_a_level_is_run),
        cmocka_unit_test(bad_task_files_are_refused_with_their_line),
        cmocka_unit_test(commands_within_a_step_are_mixed_by_their_time),
        cmocka_unit_test(noise_is_the_seeds_and_new_in_every_control_step),
        cmocka_unit_test(rules_differ_where_a_touch_ends_within_the_control_step),
        cmocka_unit_test(time_is_up_after_256_control_steps),
        cmocka_unit_test(numbers_that_are_none_are_refused_and_broken_physics_is_invalid),
        cmocka_unit_test(replay_is_the_world_and_refuses_the_wrong_length),
        cmocka_unit_test(bad_action_files_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
