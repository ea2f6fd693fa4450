/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Success, failure, grades and time-out, with objects put into place by force or by the expert. */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"

enum { PERIOD = 25 };

static const double DT = 0.004;
static const double CUBE_HALF_M = 0.0225;
static const double TRAY_FLOOR_M = 0.004;

/* Puts the cube at an offset from the tray's origin, upright and still. */
static void put_cube(rig *r, double dx, double dy, double dz)
{
    const mjtNum *tray = rig_body(r, "tray");
    mjtNum *q = rig_free_joint(r, "cube");
    const double pose[7] = {tray[0] + dx, tray[1] + dy, tray[2] + dz, 1.0, 0.0, 0.0, 0.0};
    memcpy(q, pose, sizeof(pose));
    memset(rig_free_speed(r, "cube"), 0, 6 * sizeof(double));
    mj_step1(r->w->model, r->w->data); /* what a tick leaves behind: all derived values */
}

/* Steps up to `ticks`; returns the tick of success, or -1. */
static int ticks_to_success(rig *r, int ticks)
{
    for (int i = 1; i <= ticks; i++) {
        rig_step(r, 1);
        if (rig_outcome(r).success) {
            assert_true(rig_outcome(r).done);
            return i;
        }
    }
    return -1;
}

static void cube_at_rest_in_the_tray_succeeds_after_the_hold(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    put_cube(&r, 0.0, 0.0, TRAY_FLOOR_M + CUBE_HALF_M);
    /* 0.2 s are 50 ticks; some settling, pressed in by its weight, may come first */
    int ticks = ticks_to_success(&r, 100);
    assert_true(ticks >= 50 && ticks < 75);
    assert_int_equal(rig_outcome(&r).grade, 2);
    assert_int_equal(rig_outcome(&r).grade_max, 2);
    rig_close(&r);
}

static void cube_beside_or_on_the_rim_does_not_succeed(void **state)
{
    (void)state;
    /* on the table; across the rim; inside but stacked higher than the region */
    static const double off[][3] = {
        {0.12, 0.0, 0.0225}, {0.069, 0.0, 0.0425}, {0.0, 0.069, 0.0425}};
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        rig r;
        rig_open(&r, PICK_PLACE, 1.0, 1.0);
        rig_reset(&r, 1);
        /* on the rim it would fall to one side: hold it there for the whole time */
        for (int tick = 0; tick < 250; tick++) {
            put_cube(&r, off[i][0], off[i][1], off[i][2]);
            rig_step(&r, 1);
            assert_false(rig_outcome(&r).success);
        }
        assert_int_equal(rig_outcome(&r).grade, 0);
        rig_close(&r);
    }
}

static void falling_cube_does_not_succeed(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    /* inside the region at its moment of release, and again when it lands 5 cm lower */
    const double drop_m = 0.05;
    put_cube(&r, 0.0, 0.0, TRAY_FLOOR_M + CUBE_HALF_M + drop_m);
    int ticks = ticks_to_success(&r, 500);
    double fall_s = sqrt(2.0 * drop_m / 9.81);
    assert_true(ticks * DT >= fall_s + 0.2 - 2.0 * DT);
    rig_close(&r);

    /* moving through the tray without resting: never */
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    for (int tick = 0; tick < 250; tick++) {
        put_cube(&r, 0.0, 0.0, TRAY_FLOOR_M + CUBE_HALF_M);
        rig_free_speed(&r, "cube")[tick % 2] = 0.2;
        rig_step(&r, 1);
        assert_false(rig_outcome(&r).success);
    }
    rig_close(&r);
}

/* One control period of the expert. */
static void follow_expert(rig *r, spoti_expert *expert, spoti_expert_action *action)
{
    spoti_expert_act(expert, r->w, action);
    spoti_arm_command(r->w, action->target, action->open);
    rig_step(r, PERIOD);
}

static void cube_that_is_still_held_in_the_tray_does_not_succeed(void **state)
{
    (void)state;
    rig r;
    spoti_expert expert;
    spoti_expert_action action = {.open = true};
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 2);
    spoti_expert_reset(&expert, r.scene, 2, false);
    for (int i = 0; i < 300 && expert.phase != SPOTI_PHASE_OPEN; i++) {
        follow_expert(&r, &expert, &action);
    }
    assert_int_equal(expert.phase, SPOTI_PHASE_OPEN);
    /* lower it onto the tray and hold on for 2 s */
    double t[4];
    memcpy(t, action.target, sizeof(t));
    t[2] = fmin(t[2], 0.024);
    spoti_arm_command(r.w, t, false);
    assert_int_equal(ticks_to_success(&r, 500), -1);
    const mjtNum *cube = rig_body(&r, "cube");
    const mjtNum *tray = rig_body(&r, "tray");
    assert_true(fabs(cube[0] - tray[0]) < 0.045 && fabs(cube[1] - tray[1]) < 0.045);
    assert_true(cube[2] < 0.032);
    /* let go: now it counts */
    spoti_arm_command(r.w, t, true);
    assert_true(ticks_to_success(&r, 250) > 50);
    rig_close(&r);
}

static void cube_pushed_off_the_table_fails(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    rig_step(&r, 1);
    assert_false(rig_outcome(&r).done);
    mjtNum *q = rig_free_joint(&r, "cube");
    q[0] = 0.81; /* the file says: beyond x = 0.80 */
    rig_step(&r, 1);
    assert_true(rig_outcome(&r).done);
    assert_false(rig_outcome(&r).success);
    rig_close(&r);
}

/* Bit 0, 1: the left, right pad touches the cube; from MuJoCo's contacts by name. */
static unsigned pads_on_cube(const rig *r)
{
    static const char *const pad[2] = {"pad_left", "pad_right"};
    const mjModel *m = r->w->model;
    int cube = mj_name2id(m, mjOBJ_GEOM, "cube");
    unsigned bits = 0;
    for (int i = 0; i < r->w->data->ncon; i++) {
        const mjContact *c = &r->w->data->contact[i];
        for (unsigned k = 0; k < 2; k++) {
            int g = mj_name2id(m, mjOBJ_GEOM, pad[k]);
            if ((c->geom1 == g && c->geom2 == cube) || (c->geom2 == g && c->geom1 == cube)) {
                bits |= 1u << k;
            }
        }
    }
    return bits;
}

/* The same contacts, counted here: grade and success follow them to the tick. */
static void conveyor_succeeds_after_half_a_second_of_both_pads(void **state)
{
    (void)state;
    int one_pad_first = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        rig r;
        spoti_expert expert;
        spoti_expert_action action;
        int run = 0;
        int grade = 0;
        bool success = false;
        rig_open(&r, CONVEYOR, 1.0, 1.0);
        rig_reset(&r, seed);
        spoti_expert_reset(&expert, r.scene, seed, false);
        for (int i = 0; i < 100 && !success; i++) {
            spoti_expert_act(&expert, r.w, &action);
            spoti_arm_command(r.w, action.command, action.open);
            for (int tick = 0; tick < PERIOD; tick++) {
                rig_step(&r, 1);
                unsigned bits = pads_on_cube(&r);
                run = bits == 3u ? run + 1 : 0;
                int now = bits == 3u ? 2 : bits != 0u ? 1 : 0;
                one_pad_first += grade == 0 && now == 1 ? 1 : 0;
                grade = now > grade ? now : grade;
                success = success || run >= 125; /* 0.5 s */
                assert_int_equal(rig_outcome(&r).grade, grade);
                assert_int_equal(rig_outcome(&r).success, success);
                assert_int_equal(rig_outcome(&r).done, success);
            }
        }
        assert_true(success);
        rig_close(&r);
    }
    assert_true(one_pad_first > 0); /* so grade 1 was really seen */
}

static void cube_that_leaves_the_belt_fails(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.5, 1.0);
    rig_reset(&r, 3);
    double y = rig_body(&r, "cube")[1];
    int ticks = 0;
    while (!rig_outcome(&r).done && ticks < 5000) {
        rig_step(&r, 1);
        ticks++;
    }
    assert_false(rig_outcome(&r).success);
    assert_int_equal(rig_outcome(&r).grade, 0);
    double way_s = (0.38 - y) / (1.5 * 0.0625); /* the file says: beyond y = 0.38 */
    assert_close(ticks * DT, way_s, 2.0 * DT, 0.02);
    assert_close(rig_outcome(&r).time_s, ticks * DT, 1e-9, 0.0);
    rig_close(&r);
}

static void episode_without_success_times_out(void **state)
{
    (void)state;
    static const struct {
        const char *task;
        int ticks;
    } cases[] = {{PICK_PLACE, 10000}, {CONVEYOR, 5000}}; /* 40 s and 20 s of 4 ms */
    for (int i = 0; i < 2; i++) {
        rig r;
        rig_open(&r, cases[i].task, 0.0, 1.0);
        rig_reset(&r, 4);
        rig_step(&r, cases[i].ticks - 1);
        assert_false(rig_outcome(&r).done);
        rig_step(&r, 1);
        assert_true(rig_outcome(&r).done);
        assert_false(rig_outcome(&r).success);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cube_at_rest_in_the_tray_succeeds_after_the_hold),
        cmocka_unit_test(cube_beside_or_on_the_rim_does_not_succeed),
        cmocka_unit_test(falling_cube_does_not_succeed),
        cmocka_unit_test(cube_that_is_still_held_in_the_tray_does_not_succeed),
        cmocka_unit_test(cube_pushed_off_the_table_fails),
        cmocka_unit_test(conveyor_succeeds_after_half_a_second_of_both_pads),
        cmocka_unit_test(cube_that_leaves_the_belt_fails),
        cmocka_unit_test(episode_without_success_times_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
