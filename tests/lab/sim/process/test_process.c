/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Worlds in processes: times, holds and bytes of a cart that is worked out by hand. */
#include "lab/sim/process/rig.h"

#include <math.h>

#include "lab/sim/process/world.h"
#include "lab/sim/task.h"
#include "spot/render.h"

enum { SEED = 9, DELAY_TICKS = 3 };

static spot_episode run_one(const toy_folder *f, const char *options, const char *more,
                            double latency_s)
{
    spot_task *task = toy_task(f, options, more);
    spot_world world;
    spot_episode episode;
    spot_diag diag = {""};

    toy_open(task, &world);
    if (toy_run(&world, SEED, latency_s, &episode, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    spot_world_destroy(&world);
    spot_task_destroy(task);
    return episode;
}

/* From -SEED steps the cart is beyond 0 after k = SEED + 1 steps forward. */
static void time_of_arrival_is_as_worked_out(void **state)
{
    const int k = SEED + 1;
    spot_episode e = run_one(*state, "", "", 0.0);

    assert_true(e.success && !e.invalid);
    assert_close(e.time_s, 0.1 * k, 1e-12, 0.0);
    /* it starts after the latency, then goes on while it thinks */
    e = run_one(*state, "", "hold: last\n", 0.1 * DELAY_TICKS);
    assert_true(e.success);
    assert_close(e.time_s, 0.1 * (DELAY_TICKS + k), 1e-12, 0.0);
    /* one step after each latency */
    e = run_one(*state, "", "hold: zero\n", 0.1 * 2);
    assert_true(e.success);
    assert_close(e.time_s, 0.1 * (2 + 1) * k, 1e-12, 0.0);
    assert_int_equal(e.actions, k);
}

/* At rest it goes backwards at half speed, so k steps take it SEED + 1 back from where the waits took it. */
static void rest_is_what_the_file_says(void **state)
{
    spot_episode e = run_one(*state, "", "hold: zero\nrest: [-0.25]\n", 0.1);
    /* n pairs of ticks, the first at rest: x = n (1 - 1/4) > SEED */
    const int n = 13;
    assert_true(0.75 * (n - 1) <= SEED && 0.75 * n > SEED);
    assert_true(e.success);
    assert_close(e.time_s, 0.1 * 2 * n, 1e-12, 0.0);
}

static void control_period_is_a_whole_number_of_steps(void **state)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    const toy_folder *f = *state;
    FILE *file = fopen(f->task, "w");
    assert_non_null(file);
    (void)fputs("name: toy\nbackend: process\ncontrol: {rate_hz: 2.5, horizon: 8, execute: 4}\n"
                "time_limit_s: 4\ncommand: [" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']\n",
                file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(spot_task_load(f->task, NULL, &task, &diag), SPOT_OK);
    const spot_world_dims *d = &spot_task_describe(task)->dims;
    assert_close(d->tick_s, 0.1, 1e-12, 0.0);
    assert_int_equal(d->ticks_per_action, 4);
    assert_int_equal(d->horizon, 8);
    assert_int_equal(d->n_execute, 4);
    assert_int_equal(d->regime, SPOT_REGIME_DYNAMIC);
    spot_task_destroy(task);
}

/* An action goes on for its control period, four steps, and then the cart rests for the one that the next takes: 4, 8
 * and then 2 steps forward, with three rests. */
static void an_action_lasts_its_control_period(void **state)
{
    const toy_folder *f = *state;
    spot_task *task = NULL;
    spot_world world;
    spot_episode e;
    spot_diag diag = {""};
    FILE *file = fopen(f->task, "w");
    assert_non_null(file);
    (void)fputs(
        "name: toy\nbackend: process\ncontrol: {rate_hz: 2.5}\nhold: zero\ntime_limit_s: 4\n"
        "command: [" TOY_PYTHON ", -m, sweetspot.world, 'toy:make']\n",
        file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(spot_task_load(f->task, NULL, &task, &diag), SPOT_OK);
    toy_open(task, &world);
    assert_int_equal(toy_run(&world, SEED, 0.1, &e, &diag), SPOT_OK);
    assert_true(e.success);
    assert_close(e.time_s, 0.1 * (SEED + 1 + 3), 1e-12, 0.0);
    assert_int_equal(e.actions, 3);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void identity_is_of_the_world_and_what_we_make_of_it(void **state)
{
    static const struct {
        const char *options, *more;
    } CASES[] = {{"", ""},
                 {"", "hold: zero\n"},
                 {"", "rest: [0.5]\n"},
                 {"at=3", ""},
                 {"mode=dict", ""},
                 {"", "success: survived\n"},
                 {"", "success: return>=1\n"},
                 {"", "success: return>=2\n"}};
    enum { N_CASE = sizeof(CASES) / sizeof(CASES[0]) };
    char texts[N_CASE][SPOTI_TASK_IDENTITY_SIZE], again[SPOTI_TASK_IDENTITY_SIZE];

    for (int i = 0; i < N_CASE; i++) {
        spot_task *task = toy_task(*state, CASES[i].options, CASES[i].more);
        assert_int_equal(spoti_task_identify(task, texts[i]), SPOT_OK);
        assert_null(strchr(texts[i], ' '));
        spot_task_destroy(task);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(texts[i], texts[k]);
        }
    }
    spot_task *task = toy_task(*state, "", "");
    assert_int_equal(spoti_task_identify(task, again), SPOT_OK);
    assert_string_equal(again, texts[0]);
    spot_task_destroy(task);
}

static void rules_of_success(void **state)
{
    /* 40 steps of -1/8 are -5, exactly */
    assert_true(run_one(*state, "mode=mute", "success: return >= -5\n", 0.0).success);
    assert_false(run_one(*state, "mode=mute", "success: return>=-4.999\n", 0.0).success);
    spot_episode e = run_one(*state, "mode=mute", "success: survived\n", 0.0);
    assert_true(e.success);
    assert_close(e.time_s, 4.0, 1e-12, 0.0);
    e = run_one(*state, "mode=falls, at=7", "success: survived\n", 0.0);
    assert_false(e.success || e.invalid);
    assert_close(e.time_s, 0.7, 1e-12, 0.0);
    e = run_one(*state, "mode=cut, at=7", "success: survived\n", 0.0); /* its own limit */
    assert_true(e.success);
    assert_close(e.time_s, 0.7, 1e-12, 0.0);
    e = run_one(*state, "mode=falls, at=7", "success: terminated\n", 0.0);
    assert_true(e.success);
    assert_close(e.time_s, 0.7, 1e-12, 0.0);
    assert_false(run_one(*state, "mode=mute", "success: terminated\n", 0.0).success);
    /* an end that says nothing of success is no failure that was seen */
    e = run_one(*state, "mode=mute", "", 0.0);
    assert_true(e.invalid);
    assert_non_null(strstr(e.fault, "neither is_success nor success"));
}

static void actions_are_cut_off_or_rounded(void **state)
{
    static const struct {
        const char *options;
        float action;
        double seen;
    } CASES[] = {{"", 0.25F, 0.25},
                 {"", 9.0F, 1.0},
                 {"", -9.0F, -1.0},
                 /* 0, 1, 2 are back, stay, forward */
                 {"mode=discrete", 1.4F, 0.0},
                 {"mode=discrete", 1.6F, 1.0},
                 {"mode=discrete", 99.0F, 1.0},
                 {"mode=discrete", -0.6F, -1.0}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        spot_task *task = toy_task(*state, CASES[i].options, "");
        spot_world world;
        float obs[2] = {0};
        double anchor[1] = {0};
        toy_open(task, &world);
        assert_int_equal(spot_world_reset(&world, 1), SPOT_OK);
        assert_int_equal(spot_world_act(&world, &CASES[i].action, anchor), SPOT_OK);
        assert_int_equal(spot_world_step(&world), SPOT_OK);
        assert_int_equal(spot_world_observe(&world, obs, anchor), SPOT_OK);
        assert_close((double)obs[1], CASES[i].seen, 0.0, 0.0);
        assert_int_equal(spot_world_act(&world, &(float){NAN}, anchor), SPOT_E_RANGE);
        spot_world_destroy(&world);
        spot_task_destroy(task);
    }
}

static void a_dict_is_read_in_the_order_of_its_keys(void **state)
{
    spot_task *task = toy_task(*state, "mode=dict", "");
    spot_world world;
    float obs[3] = {0};
    double anchor[1] = {0};
    const spot_image *images = NULL;
    int n = 0;

    toy_open(task, &world);
    assert_int_equal(world.dims.obs_dim, 3); /* cart (2, 1), zoom; eye is a camera */
    assert_int_equal(spot_world_reset(&world, 5), SPOT_OK);
    assert_int_equal(spot_world_act(&world, &(float){1.0F}, anchor), SPOT_OK);
    assert_int_equal(spot_world_step(&world), SPOT_OK);
    assert_int_equal(spot_world_observe(&world, obs, anchor), SPOT_OK);
    assert_close((double)obs[0], -0.5, 0.0, 0.0);
    assert_close((double)obs[1], 1.0, 0.0, 0.0);
    assert_close((double)obs[2], 7.0, 0.0, 0.0);
    assert_non_null(world.ops->look);
    assert_int_equal(world.ops->look(world.self, &images, &n), SPOT_OK);
    assert_int_equal(n, 1);
    assert_string_equal(images[0].name, "eye");
    assert_int_equal(images[0].height, 4);
    assert_int_equal(images[0].width, 6);
    for (int i = 0; i < 4 * 6 * 3; i++) {
        assert_int_equal(images[0].pixels[i], 1); /* the steps that were made */
    }
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

/* The world after a reset, and who draws it. */
static spot_renderer *open_drawn(spot_task *task, spot_world *world, int width, int height)
{
    spot_render_config config;
    spot_renderer *renderer = NULL;

    toy_open(task, world);
    assert_int_equal(spot_world_reset(world, 0), SPOT_OK);
    spot_render_config_default(&config);
    config.width = width;
    config.height = height;
    assert_int_equal(spot_renderer_create(world, &config, &renderer, NULL), SPOT_OK);
    return renderer;
}

/* The toy's picture is 20 x 10, red from the left; in 40 x 30 it lies 5 rows from the top. */
static void a_picture_is_fitted(void **state)
{
    spot_task *task = toy_task(*state, "", "");
    spot_world world;
    spot_renderer *renderer = open_drawn(task, &world, 40, 30);
    static uint8_t rgb[30 * 40 * 3];

    assert_int_equal(spot_renderer_draw(renderer, &world, rgb), SPOT_OK);
    for (int y = 0; y < 30; y++) {
        for (int x = 0; x < 40; x++) {
            const int red = y >= 5 && y < 25 && x < 20 ? 200 : 0;
            assert_int_equal(rgb[(y * 40 + x) * 3], red);
        }
    }
    spot_renderer_destroy(renderer);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void a_picture_that_fails_says_why(void **state)
{
    spot_task *task = toy_task(*state, "mode=blind", "");
    spot_world world;
    spot_renderer *renderer = open_drawn(task, &world, 16, 16);
    static uint8_t rgb[16 * 16 * 3];

    assert_int_equal(spot_renderer_draw(renderer, &world, rgb), SPOT_E_INTERNAL);
    assert_non_null(strstr(world.ops->why(world.self), "RuntimeError: no light (toy.py:"));
    assert_int_equal(spot_renderer_draw(renderer, &world, rgb), SPOT_E_STATE);
    assert_int_equal(spot_world_reset(&world, 0), SPOT_OK); /* a new worker */
    spot_renderer_destroy(renderer);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

/* ---- many threads ---- */

enum { N = 24 };

static spot_status make_toy(void *ctx, spot_world *out, spot_diag *diag)
{
    spot_variation standard;
    spot_variation_default(&standard);
    return spot_task_make_world(ctx, &standard, out, diag);
}

static void threads_leave_no_trace(void **state)
{
    spot_task *task = toy_task(*state, "", "hold: zero\n");
    int dims[2] = {2, 1};
    const spot_brain brain = {&FORWARD_OPS, dims};
    spot_episode episodes[2][N];
    uint64_t seeds[N];
    spot_diag diag = {""};
    spot_rollout_batch batch = {.brain = &brain,
                                .make_world = make_toy,
                                .make_world_ctx = task,
                                .seeds = seeds,
                                .n_seeds = N};

    for (int i = 0; i < N; i++) {
        seeds[i] = (uint64_t)i;
    }
    spot_rollout_config_default(&batch.config);
    batch.config.point.steps = 1;
    batch.config.latency.mean_s = 0.2;
    for (int i = 0; i < 2; i++) {
        batch.threads = i == 0 ? 1 : 4;
        if (spot_rollout_run_many(&batch, episodes[i], &diag) != SPOT_OK) {
            fail_msg("%s", diag.text);
        }
    }
    assert_memory_equal(episodes[0], episodes[1], sizeof(episodes[0]));
    spot_task_destroy(task);
}

/* ---- memory ---- */

static void steps_allocate_nothing(void **state)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spot_task *task = toy_task(*state, "", "");
    spot_task_destroy(task);
    spot_diag diag = {""};
    const toy_folder *f = *state;
    spot_world world;
    float obs[2];
    double anchor[1];

    assert_int_equal(spot_task_load(f->task, &a, &task, &diag), SPOT_OK);
    toy_open(task, &world);
    for (int i = 0; i < 300; i++) {
        if (i == 3) {
            mem.fail_at = mem.n_alloc;
        }
        if (i % 30 == 0) {
            assert_int_equal(spot_world_reset(&world, (uint64_t)i), SPOT_OK);
        }
        assert_int_equal(spot_world_observe(&world, obs, anchor), SPOT_OK);
        assert_int_equal(spot_world_act(&world, &(float){0.5F}, anchor), SPOT_OK);
        assert_int_equal(spot_world_step(&world), SPOT_OK);
    }
    assert_int_equal(mem.n_failed, 0);
    spot_world_destroy(&world);
    spot_task_destroy(task);
    spot_test_assert_no_leak(&mem);
}

static void short_memory_is_said_and_nothing_leaks(void **state)
{
    spot_task *task = toy_task(*state, "", "");
    const toy_folder *f = *state;
    bool whole = false;

    spot_task_destroy(task);
    for (int k = 0; k < 60 && !whole; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_world world = {.ops = NULL};
        spot_diag diag = {""};
        spot_status st = spot_task_load(f->task, &a, &task, &diag);
        if (st == SPOT_OK) {
            st = make_toy(task, &world, &diag);
            st = st == SPOT_OK ? spot_world_reset(&world, 3) : st;
            whole = st == SPOT_OK;
        } else {
            assert_null(task);
        }
        assert_true(whole || st == SPOT_E_NOMEM);
        spot_world_destroy(&world);
        spot_task_destroy(task);
        spot_test_assert_no_leak(&mem);
    }
    assert_true(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(time_of_arrival_is_as_worked_out, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(rest_is_what_the_file_says, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(control_period_is_a_whole_number_of_steps, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(an_action_lasts_its_control_period, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(identity_is_of_the_world_and_what_we_make_of_it, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(rules_of_success, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(actions_are_cut_off_or_rounded, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_dict_is_read_in_the_order_of_its_keys, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_picture_is_fitted, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_picture_that_fails_says_why, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(threads_leave_no_trace, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(steps_allocate_nothing, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(short_memory_is_said_and_nothing_leaks, toy_setup,
                                        toy_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
