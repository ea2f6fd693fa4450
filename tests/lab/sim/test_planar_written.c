/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a planar world writes down: rows of a replay, samples of a trajectory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab/sim/planar/world.h"
#include "lab/sim/planar_level.h"
#include "spot/planar.h"

enum { STEPS = 3, SUBSTEPS = 2 * STEPS, BODIES = 9, ROWS = SUBSTEPS * BODIES };

/* Polygons 0 to 3 are walls; of the boxes 4, 5 and 6 the first is green and the second blue. Circle 8 is not there. */
static spot_task *load(float height)
{
    static char text[PLANAR_TEXT_SIZE];
    planar_level_text(
        text, &(planar_scene){
                  .n_polygon = 8, .n_circle = 1, .boxes = 3, .height = height, .roles = {1, 2, 0}});
    return planar_load(text);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_bodies_after_each_step),
        cmocka_unit_test(contacts_are_points_that_touch_a_body),
        cmocka_unit_test(a_sample_has_the_green_body_its_way_and_all_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
