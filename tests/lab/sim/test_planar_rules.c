/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Rules of the planar world one by one, on levels that are written here: dealing and padding, who pushes whom, binding
 * and clipping, motors, thrusters, free fall, states, memory.
 */
#include <math.h>

#include "lab/sim/planar_level.h"

static const float G = 9.81f;
static const float DT = 1.0f / 60.0f;
static const double FLOAT_TOL = 1e-6;

static spoti_sim *open_sim(const char *text, spoti_level **level)
{
    *level = planar_parse(text);
    spoti_sim *sim = spoti_sim_create(*level);
    assert_non_null(sim);
    return sim;
}

static void close_sim(spoti_sim *sim, spoti_level *level)
{
    spoti_sim_destroy(sim);
    spoti_level_destroy(level);
}

static void step(spoti_sim *sim, const float channels[SPOTI_PLANAR_CHANNELS])
{
    static const float zeros[SPOTI_PLANAR_CHANNELS] = {0.0f};
    spoti_drive drive;
    spoti_sim_bind(sim->level, channels != NULL ? channels : zeros, &drive);
    spoti_sim_step(sim, &drive);
}

/* ---- dealing ---- */

/* Three boxes resting on the floor: pairs with polygon 0, the last pair not among them. */
static void touching_pairs_are_dealt_from_the_end_of_the_row(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text, &(planar_scene){.n_polygon = 12, .n_circle = 4, .boxes = 3});
    spoti_sim *sim = open_sim(text, &level);
    step(sim, NULL);
    /* pairs (0,4) (0,5) (0,6) are numbers 0, 1, 2 of 60; A = 3, B = 4: batches 57, 58, 59 mod 4 */
    const spoti_deal *deal = &sim->deals[0];
    assert_int_equal(deal->n_batch, 4);
    const int sizes[4] = {0, 1, 1, 1};
    for (int b = 0; b < 4; b++) {
        assert_int_equal(deal->first[b + 1] - deal->first[b], sizes[b]);
        assert_true(deal->pads[b]); /* 60 pairs in 64 places: one lane of padding each */
    }
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(deal->touches[i].b, &sim->bodies[4 + i]);
    }
    /* 48 pairs of circles and polygons fill their places: no padding */
    assert_int_equal(sim->deals[2].n_batch, 3);
    for (int b = 0; b < 3; b++) {
        assert_false(sim->deals[2].pads[b]);
    }
    close_sim(sim, level);
}

/* In size s the pair (3,4) is the last: a box pressed against the ceiling never keeps its impulse. */
static void padding_takes_the_impulse_of_the_last_pair(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(
        text,
        &(planar_scene){.n_polygon = 5, .n_circle = 2, .boxes = 1, .height = 4.795f, .gravity = G});
    spoti_sim *sim = open_sim(text, &level);
    for (int i = 0; i < 30; i++) {
        step(sim, NULL);
    }
    assert_int_equal(level->n_pair[SPOTI_POLYGONS], 4);
    assert_true(sim->contacts[SPOTI_POLYGONS][2 * 3].active);
    assert_true(sim->contacts[SPOTI_POLYGONS][2 * 3].push == 0.0f);
    assert_true(sim->contacts[SPOTI_POLYGONS][2 * 3 + 1].push == 0.0f);
    close_sim(sim, level);
    /* on the floor, the pair (0,4), it keeps what carries the box: m g dt, both points together */
    planar_level_text(text, &(planar_scene){.n_polygon = 5, .n_circle = 2, .boxes = 1});
    sim = open_sim(text, &level);
    for (int i = 0; i < 240; i++) {
        step(sim, NULL);
    }
    const spoti_contact *c = &sim->contacts[SPOTI_POLYGONS][0];
    assert_true(c[0].active && c[1].active);
    assert_close((double)(c[0].push + c[1].push), (double)(G * DT), 1e-3, 0.0);
    close_sim(sim, level);
}

/* ---- who pushes whom ---- */

static void joined_bodies_touch_without_pushing(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text, &(planar_scene){.n_polygon = 6,
                                            .n_circle = 3,
                                            .boxes = 2,
                                            .spacing = 0.1f,
                                            .joints = 1,
                                            .roles = {1, 2}});
    spoti_sim *sim = open_sim(text, &level);
    step(sim, NULL);
    const int last = level->n_pair[SPOTI_POLYGONS] - 1; /* (4,5) */
    assert_int_equal(level->pairs[SPOTI_POLYGONS][last].a, 4);
    assert_true(level->pairs[SPOTI_POLYGONS][last].meets);
    assert_false(level->pairs[SPOTI_POLYGONS][last].pushes);
    assert_true(sim->contacts[SPOTI_POLYGONS][2 * last].active);
    assert_int_equal(sim->event, 1); /* green touches blue all the same */
    close_sim(sim, level);
}

static void failure_wins_over_success(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    /* green touches blue and red at once */
    planar_level_text(
        text, &(planar_scene){
                  .n_polygon = 12, .n_circle = 4, .boxes = 3, .spacing = 0.1f, .roles = {2, 1, 3}});
    spoti_sim *sim = open_sim(text, &level);
    step(sim, NULL);
    assert_int_equal(sim->event, -1);
    close_sim(sim, level);
}

/* ---- motion ---- */

static void free_fall_is_semi_implicit_euler(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text,
                      &(planar_scene){.n_polygon = 5, .n_circle = 2, .boxes = 1, .height = 4.0f});
    spoti_sim *sim = open_sim(text, &level);
    for (int n = 1; n <= 16; n++) {
        step(sim, NULL);
        /* y = y0 - g dt^2 n (n + 1) / 2: g T dt / 2 below the parabola */
        assert_close((double)sim->bodies[4].at.y, 4.0 - (double)(G * DT * DT) * n * (n + 1) / 2.0,
                     FLOAT_TOL * 10.0, 0.0);
    }
    close_sim(sim, level);
}

static void inactive_bodies_fall_too_and_are_clipped(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text,
                      &(planar_scene){.n_polygon = 5, .n_circle = 2, .boxes = 1, .inactive = true});
    spoti_sim *sim = open_sim(text, &level);
    step(sim, NULL);
    assert_close((double)sim->bodies[4].velocity.y, -(double)(G * DT), FLOAT_TOL, 0.0);
    for (int i = 0; i < 1000; i++) {
        step(sim, NULL);
    }
    assert_true(sim->bodies[4].at.y == -15.0f && sim->bodies[4].velocity.y == -100.0f);
    close_sim(sim, level);
}

static void channels_are_bound_and_clipped(void **state)
{
    (void)state;
    spoti_joint joints[3] = {{.channel = 2}, {.channel = 7}, {.channel = -1}};
    spoti_thruster thrusters[2] = {{.channel = 1}, {.channel = 0}};
    const spoti_level level = {
        .n_joint = 3, .n_thruster = 2, .joints = joints, .thrusters = thrusters};
    const float channels[SPOTI_PLANAR_CHANNELS] = {0.1f, 0.2f, -3.0f, 0.4f, -0.5f, 2.0f};
    spoti_drive drive;
    spoti_sim_bind(&level, channels, &drive);
    assert_true(drive.motor[0] == -1.0f);
    assert_true(drive.motor[1] == 0.4f && drive.motor[2] == 0.4f); /* no such channel: the last */
    assert_true(drive.thruster[0] == 1.0f);
    assert_true(drive.thruster[1] == 0.0f); /* a thruster does not pull */
}

/* Of two boxes in the air that are joined at their centres; the motor is all that turns them. */
static void motor_turns_both_bodies_towards_its_speed(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text, &(planar_scene){.n_polygon = 6,
                                            .n_circle = 3,
                                            .boxes = 2,
                                            .height = 2.5f,
                                            .spacing = 1e-5f,
                                            .joints = 1,
                                            .weightless = true});
    spoti_sim *sim = open_sim(text, &level);
    const float full[SPOTI_PLANAR_CHANNELS] = {1.0f};
    step(sim, full);
    /* 900 x 1/60 / (1/Ia + 1/Ib) x tanh(0.1 x (0 - 6)), shared out by 1/I: half each of it */
    const double half = 900.0 / 60.0 / 2.0 * tanh(-0.6);
    assert_close((double)sim->bodies[4].w, half, 1e-4, 1e-4);
    assert_close((double)sim->bodies[5].w, -half, 1e-4, 1e-4);
    close_sim(sim, level);
}

static void thruster_pushes_along_the_bodys_turn(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text, &(planar_scene){.n_polygon = 6,
                                            .n_circle = 3,
                                            .boxes = 1,
                                            .height = 2.5f,
                                            .thrusters = 1,
                                            .weightless = true});
    spoti_sim *sim = open_sim(text, &level);
    const float half[SPOTI_PLANAR_CHANNELS] = {[4] = 0.5f};
    sim->bodies[4].rotation = 0.3f;
    sim->bodies[4].cosine = cosf(0.3f);
    sim->bodies[4].sine = sinf(0.3f);
    step(sim, half);
    /* power 2 x 10 x 0.5 / 60 along the thruster's pi/2 + 0.3, through the centre */
    assert_close((double)sim->bodies[4].velocity.x, -10.0 / 60.0 * sin(0.3), FLOAT_TOL, 0.0);
    assert_close((double)sim->bodies[4].velocity.y, 10.0 / 60.0 * cos(0.3), FLOAT_TOL, 0.0);
    assert_close((double)sim->bodies[4].w, 0.0, FLOAT_TOL, 0.0);
    close_sim(sim, level);
}

/* ---- states and memory ---- */

static void copied_state_goes_on_alike(void **state)
{
    (void)state;
    spoti_level *level;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(
        text, &(planar_scene){
                  .n_polygon = 12, .n_circle = 4, .boxes = 3, .spacing = 0.15f, .height = 1.0f});
    spoti_sim *a = open_sim(text, &level);
    spoti_sim *b = spoti_sim_create(level);
    for (int i = 0; i < 50; i++) {
        step(a, NULL);
    }
    spoti_sim_copy(b, a);
    for (int i = 0; i < 50; i++) {
        step(a, NULL);
        step(b, NULL);
    }
    assert_memory_equal(a->state, b->state, a->state_size);
    spoti_sim_reset(b);
    assert_memory_not_equal(a->state, b->state, a->state_size);
    spoti_sim_destroy(b);
    close_sim(a, level);
}

static void every_failed_allocation_is_survived_and_stepping_makes_none(void **state)
{
    (void)state;
    char text[PLANAR_TEXT_SIZE];
    planar_level_text(text, &(planar_scene){.n_polygon = 12, .n_circle = 4, .boxes = 3});
    for (int k = 0; k < 100; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spoti_level *level = NULL;
        spoti_sim *sim = NULL;
        spot_status st =
            spoti_level_parse("test", text, strlen(text), &a, &level, &(spot_diag){""});
        if (st == SPOT_OK) {
            sim = spoti_sim_create(level);
        } else {
            assert_int_equal(st, SPOT_E_NOMEM);
            assert_null(level);
        }
        const int before = mem.n_alloc;
        for (int i = 0; i < 100 && sim != NULL; i++) {
            step(sim, NULL);
        }
        assert_int_equal(mem.n_alloc, before);
        const bool made = sim != NULL;
        spoti_sim_destroy(sim);
        spoti_level_destroy(level);
        spot_test_assert_no_leak(&mem);
        if (made) {
            return;
        }
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(touching_pairs_are_dealt_from_the_end_of_the_row),
        cmocka_unit_test(padding_takes_the_impulse_of_the_last_pair),
        cmocka_unit_test(joined_bodies_touch_without_pushing),
        cmocka_unit_test(failure_wins_over_success),
        cmocka_unit_test(free_fall_is_semi_implicit_euler),
        cmocka_unit_test(inactive_bodies_fall_too_and_are_clipped),
        cmocka_unit_test(channels_are_bound_and_clipped),
        cmocka_unit_test(motor_turns_both_bodies_towards_its_speed),
        cmocka_unit_test(thruster_pushes_along_the_bodys_turn),
        cmocka_unit_test(copied_state_goes_on_alike),
        cmocka_unit_test(every_failed_allocation_is_survived_and_stepping_makes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
