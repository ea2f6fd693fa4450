/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What may be asked of a planar level: rules and noise of a replay, late commands, scattered starts, a trial. */
#include <math.h>
#include <stdio.h>

#include "lab/sim/planar/world.h"
#include "lab/sim/planar_level.h"
#include "spot/planar.h"
#include "spot/trial.h"

enum { STEPS = 3 };

static spot_task *load(void)
{
    static char text[PLANAR_TEXT_SIZE];
    planar_level_text(text,
                      &(planar_scene){.n_polygon = 8, .n_circle = 1, .boxes = 3, .height = 1.0f});
    return planar_load(text);
}

/* Two boxes that touch, and part after the first substep: body `body` of the text gets a speed of 1 m/s. */
static void push(char *text, int body)
{
    static const char still[] = "\"velocity\":[0,0]";
    char *at = strstr(text, still);
    for (int i = 0; i < body; i++) {
        assert_non_null(at);
        at = strstr(at + 1, still);
    }
    assert_non_null(at);
    at[strlen(still) - 4] = '1';
}

static void a_replay_ends_by_the_rule_that_was_asked_for(void **state)
{
    (void)state;
    static const float zeros[STEPS * SPOT_PLANAR_CHANNELS];
    static char text[PLANAR_TEXT_SIZE];
    static const struct {
        spot_planar_solve solve;
        spot_planar_end end;
    } CASES[] = {{SPOT_PLANAR_SOLVE_FIRST, SPOT_PLANAR_END_SOLVED},
                 {SPOT_PLANAR_SOLVE_LAST, SPOT_PLANAR_END_FAILED},
                 {SPOT_PLANAR_SOLVE_TASK, SPOT_PLANAR_END_SOLVED}};
    planar_level_text(text, &(planar_scene){.n_polygon = 6,
                                            .n_circle = 3,
                                            .boxes = 2,
                                            .height = 2.0f,
                                            .spacing = 0.1999f,
                                            .weightless = true,
                                            .roles = {1, 2}});
    push(text, 5);
    spot_task *task = planar_load(text);
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        spot_planar_replay r;
        spot_planar_result result;
        spot_planar_replay_default(&r);
        r.actions = zeros;
        r.n_actions = STEPS;
        r.solve = CASES[i].solve;
        assert_int_equal(spot_planar_replay_run(task, &r, &result, NULL), SPOT_OK);
        assert_int_equal(result.end, CASES[i].end);
        assert_int_equal(result.steps, 1);
        assert_int_equal(result.event, 1);
        assert_int_equal(result.event_step, 0);
    }
    spot_task_destroy(task);
}

static void a_replay_refuses_a_noise_that_is_none(void **state)
{
    (void)state;
    static const float zeros[SPOT_PLANAR_CHANNELS];
    static const double BAD[] = {-0.5, 10.5, NAN};
    spot_task *task = load();
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        spot_planar_replay r;
        spot_planar_result result;
        spot_diag diag = {""};
        spot_planar_replay_default(&r);
        r.actions = zeros;
        r.n_actions = 1;
        r.noise = BAD[i];
        assert_int_equal(spot_planar_replay_run(task, &r, &result, &diag), SPOT_E_RANGE);
        assert_non_null(strstr(diag.text, "expected a factor from 0 to 10"));
    }
    spot_task_destroy(task);
}

/* A command that is held for 7 of the 16 ticks of a step has 7 sixteenths of it, in every channel. */
static void every_channel_is_mixed_by_its_time(void **state)
{
    (void)state;
    static const double anchor[SPOTI_PLANAR_CHANNELS];
    const spot_variation variation = {.speed = 1.0, .noise = 0.0};
    const float told[SPOTI_PLANAR_CHANNELS] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f};
    spot_task *task = load();
    spot_world world;

    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    assert_int_equal(spot_world_reset(&world, 0), SPOT_OK);
    const spoti_planar_world *w = spoti_planar_world_of(&world);
    for (int tick = 0; tick < 5; tick++) {
        assert_int_equal(spot_world_step(&world), SPOT_OK);
    }
    assert_int_equal(spot_world_act(&world, told, anchor), SPOT_OK);
    for (int tick = 5; tick < 12; tick++) {
        assert_int_equal(spot_world_step(&world), SPOT_OK);
    }
    const float none[SPOTI_PLANAR_CHANNELS] = {0.0f};
    assert_int_equal(spot_world_act(&world, none, anchor), SPOT_OK); /* after 7 of them */
    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        assert_close((double)w->mixed[i], (double)told[i] * 7.0 / 16.0, 1e-6, 0.0);
    }
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static void assert_in_order(double a, double b, double c)
{
    if (!(a <= b + 1e-6 && b <= c + 1e-6)) {
        fail_msg("%g is not between %g and %g", b, a, c);
    }
}

/* A task file on a level of three boxes, of which the first two are joined. */
static spot_status load_scattered(const char *noise, spot_task **task, spot_diag *diag)
{
    static char text[PLANAR_TEXT_SIZE];
    char path[512];
    char yaml[1024];
    planar_level_text(
        text,
        &(planar_scene){.n_polygon = 8, .n_circle = 1, .boxes = 3, .height = 1.0f, .joints = 1});
    spot_test_temp_path(path, sizeof(path), "level.json");
    spot_test_write_file(path, text, strlen(text));
    (void)snprintf(yaml, sizeof(yaml), "name: t\nbackend: planar\nlevel: %s\nstart_noise_m: %s\n",
                   path, noise);
    spot_test_temp_path(path, sizeof(path), "task.yaml");
    spot_test_write_file(path, yaml, strlen(yaml));
    return spot_task_load(path, NULL, task, diag);
}

/* Uniform to either side and up, never down into the floor; what is joined goes together, walls stay. */
static void starts_are_scattered_as_the_file_says(void **state)
{
    (void)state;
    enum { SEEDS = 200 };
    const spot_variation variation = {.speed = 1.0, .noise = 1.0};
    spot_task *task = NULL;
    spot_diag diag = {""};
    spot_world world;
    double low[2] = {9.0, 9.0}, high[2] = {-9.0, -9.0};

    assert_int_equal(load_scattered("1.01", &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "start_noise_m: 1.01, expected 0 to 1"));
    assert_int_equal(load_scattered("1", &task, &diag), SPOT_OK);
    spot_task_destroy(task);
    assert_int_equal(load_scattered("0.2", &task, &diag), SPOT_OK);
    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    const spoti_body *bodies = spoti_planar_world_of(&world)->episode.sim->bodies;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        assert_int_equal(spot_world_reset(&world, seed), SPOT_OK);
        const double x = (double)bodies[4].at.x - 2.0, y = (double)bodies[4].at.y - 1.0;
        assert_close((double)bodies[5].at.x - 2.5, x, 1e-6, 0.0);
        assert_close((double)bodies[5].at.y - 1.0, y, 1e-6, 0.0);
        assert_true(fabs((double)bodies[6].at.x - 3.0 - x) > 1e-6); /* goes its own way */
        assert_true(bodies[0].at.x == 0.0f && bodies[0].at.y == 0.0f);
        low[0] = fmin(low[0], x);
        low[1] = fmin(low[1], y);
        high[0] = fmax(high[0], x);
        high[1] = fmax(high[1], y);
    }
    /* the ends of 200 uniform numbers are within 3 % of the width with probability 0.998 */
    assert_in_order(-0.2, low[0], -0.188);
    assert_in_order(0.188, high[0], 0.2);
    assert_in_order(0.0, low[1], 0.006);
    assert_in_order(0.194, high[1], 0.2);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

static const spot_trial_check *find_check(const spot_trial *trial, const char *name)
{
    for (int i = 0; i < trial->count; i++) {
        if (strcmp(trial->checks[i].name, name) == 0) {
            return &trial->checks[i];
        }
    }
    fail_msg("no check '%s'", name);
    return NULL;
}

/* Green, blue and red; then nothing to reach and nothing to do it with, and an end before anybody can act. */
static void a_trial_counts_goals_and_drives(void **state)
{
    (void)state;
    static char text[PLANAR_TEXT_SIZE];
    static const struct {
        planar_scene scene;
        const char *goal, *drives, *act;
        spot_trial_result result[3];
    } CASES[] = {
        {{.n_polygon = 8,
          .n_circle = 1,
          .boxes = 4,
          .height = 2.0f,
          .weightless = true,
          .joints = 1,
          .thrusters = 1,
          .roles = {1, 0, 2, 3}},
         "1 pairs of green and blue, 1 of green and red",
         "1 motors, 1 thrusters",
         "no event in a second of full commands",
         {SPOT_TRIAL_PASS, SPOT_TRIAL_PASS, SPOT_TRIAL_PASS}},
        {{.n_polygon = 6, .n_circle = 1, .boxes = 2, .height = 2.0f, .roles = {1, 3}},
         "0 pairs of green and blue, 1 of green and red",
         "0 motors, 0 thrusters",
         "no event in a second of full commands",
         {SPOT_TRIAL_WARN, SPOT_TRIAL_WARN, SPOT_TRIAL_PASS}},
        {{.n_polygon = 6,
          .n_circle = 1,
          .boxes = 2,
          .height = 2.0f,
          .spacing = 0.1999f,
          .roles = {1, 2}},
         "1 pairs of green and blue, 0 of green and red",
         "0 motors, 0 thrusters",
         "the first event in physics step 0, under full commands",
         {SPOT_TRIAL_PASS, SPOT_TRIAL_WARN, SPOT_TRIAL_WARN}},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const char *const names[] = {"goal", "drives", "time to act"};
        const char *const said[] = {CASES[i].goal, CASES[i].drives, CASES[i].act};
        spot_trial trial;
        planar_level_text(text, &CASES[i].scene);
        spot_task *task = planar_load(text);
        assert_int_equal(spot_task_try(task, &trial, NULL), SPOT_OK);
        for (int k = 0; k < 3; k++) {
            const spot_trial_check *c = find_check(&trial, names[k]);
            assert_string_equal(c->measured, said[k]);
            assert_int_equal(c->result, CASES[i].result[k]);
        }
        spot_task_destroy(task);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_ends_by_the_rule_that_was_asked_for),
        cmocka_unit_test(a_replay_refuses_a_noise_that_is_none),
        cmocka_unit_test(every_channel_is_mixed_by_its_time),
        cmocka_unit_test(starts_are_scattered_as_the_file_says),
        cmocka_unit_test(a_trial_counts_goals_and_drives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
