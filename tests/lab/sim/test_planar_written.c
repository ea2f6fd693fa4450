/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a planar world writes down and says: rows and ends of a replay, samples of a trajectory, the trial of `check`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab/sim/planar/world.h"
#include "lab/sim/planar_level.h"
#include "spot/planar.h"
#include "spot/trial.h"

enum { STEPS = 3, SUBSTEPS = 2 * STEPS, BODIES = 9, ROWS = SUBSTEPS * BODIES };

static spot_task *load_text(const char *text)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    char path[512];

    spot_test_temp_path(path, sizeof(path), "level.json");
    spot_test_write_file(path, text, strlen(text));
    if (spot_task_load(path, NULL, &task, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return task;
}

/* Polygons 0 to 3 are walls; of the boxes 4, 5 and 6 the first is green and the second blue. Circle 8 is not there. */
static spot_task *load(float height)
{
    static char text[PLANAR_TEXT_SIZE];
    planar_level_text(
        text, &(planar_scene){
                  .n_polygon = 8, .n_circle = 1, .boxes = 3, .height = height, .roles = {1, 2, 0}});
    return load_text(text);
}

typedef struct row {
    int substep, body, active;
    float x, y, rotation, vx, vy, w;
    int contacts, reward;
} row;

/* Replays nothing at all and reads what was written: ROWS rows. */
static void replay(const spot_task *task, row rows[ROWS])
{
    static const float zeros[STEPS * SPOT_PLANAR_CHANNELS];
    spot_planar_replay r;
    spot_planar_result result;
    char path[512];
    char line[256];

    spot_test_temp_path(path, sizeof(path), "states.csv");
    spot_planar_replay_default(&r);
    r.actions = zeros;
    r.n_actions = STEPS;
    r.states_path = path;
    assert_int_equal(spot_planar_replay_run(task, &r, &result, NULL), SPOT_OK);
    assert_int_equal(result.steps, STEPS);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "substep,body,active,x,y,rotation,vx,vy,w,contacts,reward\n");
    for (int i = 0; i < ROWS; i++) {
        row *o = &rows[i];
        assert_non_null(fgets(line, sizeof(line), file));
        assert_int_equal(sscanf(line, "%d,%d,%d,%g,%g,%g,%g,%g,%g,%d,%d", &o->substep, &o->body,
                                &o->active, &o->x, &o->y, &o->rotation, &o->vx, &o->vy, &o->w,
                                &o->contacts, &o->reward),
                         11);
    }
    assert_null(fgets(line, sizeof(line), file));
    (void)fclose(file);
}

/* A world of the task's own that does nothing either says the same, to the last bit. */
static void rows_are_the_bodies_after_each_step(void **state)
{
    (void)state;
    static row rows[ROWS];
    const spot_variation variation = {.speed = 1.0, .noise = 0.0};
    spot_task *task = load(1.0f);
    spot_world world;

    replay(task, rows);
    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    assert_int_equal(spot_world_reset(&world, 0), SPOT_OK);
    const spoti_planar_world *w = spoti_planar_world_of(&world);
    for (int i = 0; i < ROWS; i++) {
        while (w->episode.substep <= i / BODIES) {
            assert_int_equal(spot_world_step(&world), SPOT_OK);
        }
        const spoti_body *b = &w->episode.sim->bodies[i % BODIES];
        assert_int_equal(rows[i].substep, i / BODIES);
        assert_int_equal(rows[i].body, i % BODIES);
        assert_int_equal(rows[i].active, i % BODIES < 7);
        assert_true(rows[i].x == b->at.x && rows[i].y == b->at.y && rows[i].vx == b->velocity.x &&
                    rows[i].vy == b->velocity.y && rows[i].rotation == b->rotation &&
                    rows[i].w == b->w);
        assert_int_equal(rows[i].contacts, 0);
        assert_int_equal(rows[i].reward, 0);
    }
    /* falling: the speed changes first, then the place */
    assert_close((double)rows[BODIES + 4].vy, -2.0 * 9.81 / 60.0, 1e-6, 0.0);
    assert_close((double)rows[BODIES + 4].y, 1.0 - 3.0 * 9.81 / 3600.0, 1e-6, 0.0);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

/* A box on the floor stands on two corners; the floor is touched by those of all three. */
static void contacts_are_points_that_touch_a_body(void **state)
{
    (void)state;
    static row rows[ROWS];
    spot_task *task = load(0.0f);

    replay(task, rows);
    for (int i = 0; i < BODIES; i++) {
        const bool box = i >= 4 && i < 7;
        assert_int_equal(rows[i].contacts, i == 0 ? 6 : box ? 2 : 0);
    }
    spot_task_destroy(task);
}

/* Where the green box is, how far it has to the blue one, and every body that is there. */
static void a_sample_has_the_green_body_its_way_and_all_bodies(void **state)
{
    (void)state;
    static const char *const names[] = {"x",
                                        "y",
                                        "z",
                                        "distance",
                                        "polygon4_x",
                                        "polygon4_y",
                                        "polygon4_turn",
                                        "polygon5_x",
                                        "polygon5_y",
                                        "polygon5_turn",
                                        "polygon6_x",
                                        "polygon6_y",
                                        "polygon6_turn"};
    static const double at[] = {2.0, 1.0, 0.0, 0.5, 2.0, 1.0, 0.0, 2.5, 1.0, 0.0, 3.0, 1.0, 0.0};
    enum { N = sizeof(names) / sizeof(names[0]) };
    const spot_variation variation = {.speed = 1.0, .noise = 0.0};
    spot_task *task = load(1.0f);
    spot_world world;
    double sample[N];

    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    assert_int_equal(world.dims.sample_dim, N);
    assert_int_equal(spot_world_reset(&world, 0), SPOT_OK);
    world.ops->sample(world.self, sample);
    for (int i = 0; i < N; i++) {
        assert_string_equal(spot_task_describe(task)->sample_names[i], names[i]);
        assert_close(sample[i], at[i], 1e-6, 0.0);
    }
    spot_world_destroy(&world);
    spot_task_destroy(task);
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
    spot_task *task = load_text(text);
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
    spot_task *task = load(1.0f);
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
        spot_task *task = load_text(text);
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
        cmocka_unit_test(rows_are_the_bodies_after_each_step),
        cmocka_unit_test(contacts_are_points_that_touch_a_body),
        cmocka_unit_test(a_sample_has_the_green_body_its_way_and_all_bodies),
        cmocka_unit_test(a_replay_ends_by_the_rule_that_was_asked_for),
        cmocka_unit_test(a_replay_refuses_a_noise_that_is_none),
        cmocka_unit_test(a_trial_counts_goals_and_drives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
