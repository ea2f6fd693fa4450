/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The expert that follows waypoints of the task file, and a task without an expert. */
#include "lab/demo/record.h"
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/trial.h"

#define EXPERT                                                                                     \
    "expert:\n  object: cube\n  place: tray\n  grasp_z_m: 0.018\n  release_z_m: 0.045\n"           \
    "  lift_z_m: 0.10\n"
#define PICK_AND_PLACE                                                                             \
    "expert:\n"                                                                                    \
    "  how: waypoints\n"                                                                           \
    "  waypoints:\n"                                                                               \
    "    - {way: left, to: cube, at_m: [0, 0.10, 0.12], near_m: 0.02}\n"                           \
    "    - {way: right, to: cube, at_m: [0, -0.10, 0.12], near_m: 0.02}\n"                         \
    "    - {to: cube, at_m: [0, 0, 0.08]}\n"                                                       \
    "    - {to: cube, at_m: [0, 0, -0.004], speed_m_s: 0.1, near_m: 0.004}\n"                      \
    "    - {to: gripper, at_m: [0, 0, 0], gripper: close, wait_s: 0.6}\n"                          \
    "    - {to: gripper, at_m: [0, 0, 0.10]}\n"                                                    \
    "    - {to: tray, at_m: [0, 0, 0.12]}\n"                                                       \
    "    - {to: tray, at_m: [0, 0, 0.05], speed_m_s: 0.1}\n"                                       \
    "    - {to: gripper, at_m: [0, 0, 0], gripper: open, wait_s: 0.3}\n"                           \
    "    - {at_m: [0.45, 0, 0.25]}\n"

static void make_task(variant *v, const char *expert)
{
    variant_make(v, "ur5e-pick-place");
    variant_edit(v->task, EXPERT, expert);
}

/* One period of the expert's, executed. */
static void do_period(rig *r, spoti_expert *expert, spoti_expert_action *action)
{
    spoti_expert_act(expert, r->w, action);
    spoti_arm_command(r->w, action->command, action->open);
    for (int i = 0; i < r->world.dims.ticks_per_action && !rig_outcome(r).done; i++) {
        rig_step(r, 1);
    }
}

/* On which side of the cube, in its own axes, the gripper comes first within 3 cm of 10 cm beside it: +1, -1; 0 = never. */
static int side_of(const rig *r)
{
    double gripper[SPOTI_POSE_DIM];
    double cube[SPOTI_POSE_DIM];
    spoti_arm_pose(r->w, r->w->data, gripper);
    spoti_object_pose(r->w, 0, cube);
    const double yaw = remainder(cube[3], mjPI / 2.0);
    const double y = -sin(yaw) * (gripper[0] - cube[0]) + cos(yaw) * (gripper[1] - cube[1]);
    const double x = cos(yaw) * (gripper[0] - cube[0]) + sin(yaw) * (gripper[1] - cube[1]);
    const bool is_beside =
        fabs(x) < 0.03 && fabs(fabs(y) - 0.10) < 0.03 && fabs(gripper[2] - cube[2] - 0.12) < 0.03;
    return is_beside ? (y > 0.0 ? 1 : -1) : 0;
}

/* Both ways are taken, each by about half of the seeds, and either leads to success; the same seed takes the same one. */
static void waypoints_pick_and_place_both_ways(void **state)
{
    enum { SEEDS = 12 };
    (void)state;
    variant v;
    rig r;
    int count[2] = {0, 0};
    static spot_trial trial;
    spot_diag diag = {.text = ""};
    make_task(&v, PICK_AND_PLACE);
    rig_open(&r, v.task, 1.0, 1.0);
    if (spot_task_try(r.task, &trial, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        int side[2] = {0, 0};
        double end[2] = {0.0, 0.0};
        for (int pass = 0; pass < (seed == 0 ? 2 : 1); pass++) {
            spoti_expert expert;
            spoti_expert_action action;
            rig_reset(&r, seed);
            spoti_expert_reset(&expert, r.scene, seed, false);
            while (!rig_outcome(&r).done) {
                do_period(&r, &expert, &action);
                side[pass] = side[pass] == 0 ? side_of(&r) : side[pass];
            }
            end[pass] = rig_outcome(&r).time_s;
            assert_true(rig_outcome(&r).success);
        }
        assert_true(side[0] != 0);
        assert_true(seed > 0 || (side[0] == side[1] && end[0] == end[1]));
        count[side[0] > 0]++;
    }
    /* 12 fair draws all on one side: once in 2048 */
    assert_true(count[0] > 0 && count[1] > 0);
    rig_close(&r);
}

/* Of an object's waypoints the lowest is tried for reach. */
static void waypoint_below_the_workspace_fails_the_trial(void **state)
{
    (void)state;
    static spot_trial trial;
    spot_diag diag = {.text = ""};
    variant v;
    rig r;
    make_task(&v, PICK_AND_PLACE);
    variant_edit(v.task, "at_m: [0, 0, -0.004]", "at_m: [0, 0, -0.08]");
    rig_open(&r, v.task, 1.0, 1.0);
    assert_int_equal(spot_task_try(r.task, &trial, &diag), SPOT_E_FORMAT);
    /* 0.0225 - 0.08 against arm.low 0.012 */
    assert_non_null(strstr(diag.text, "reach of objects: object 'cube', at the height -0.058 m"));
    assert_non_null(strstr(diag.text, "up to 70 mm outside"));
    rig_close(&r);
}

/* Speed, tolerance and wait of a waypoint are what its keys say, by the arm's reference. */
static void keys_of_a_waypoint_are_kept(void **state)
{
    (void)state;
    variant v;
    rig r;
    spoti_expert expert;
    spoti_expert_action action;
    make_task(&v, "expert:\n  how: waypoints\n  waypoints:\n"
                  "    - {at_m: [0.45, 0.0, 0.30], speed_m_s: 0.1, near_m: 0.03, wait_s: 1.0}\n"
                  "    - {to: base, at_m: [0.45, 0.2, 0.30], yaw_deg: 20, gripper: close}\n");
    rig_open(&r, v.task, 1.0, 1.0);
    rig_reset(&r, 2);
    spoti_expert_reset(&expert, r.scene, 2, false);
    const double first[3] = {0.45, 0.0, 0.30};
    int periods_near = 0;
    double before[3];
    for (int i = 0; i < 200 && expert.waypoint == 0; i++) {
        mju_copy3(before, r.w->reference);
        const bool was_near = mju_dist3(before, first) < 0.03;
        do_period(&r, &expert, &action);
        if (expert.waypoint > 0) {
            break;
        }
        periods_near += was_near;
        assert_true(action.open);
        assert_true(mju_dist3(action.target, before) <= 0.1 * 0.1 + 1e-12);
    }
    assert_int_equal(periods_near, 10); /* 1 s of 0.1 s */
    /* at most 0.23 m at 0.2 m/s, and no longer than its patience */
    for (int i = 0; i < 15; i++) {
        do_period(&r, &expert, &action);
        assert_false(action.open);
    }
    const double last[3] = {0.45, 0.2, 0.30};
    assert_true(mju_dist3(r.w->reference, last) < 0.008);
    assert_close(r.w->reference[3], 20.0 * mjPI / 180.0, 0.06, 0.0);
    /* that was no success: it begins anew, with open fingers */
    for (int i = 0; i < 10; i++) {
        do_period(&r, &expert, &action);
    }
    assert_int_equal(expert.waypoint, 0);
    assert_true(action.open);
    rig_close(&r);
}

static void task_without_an_expert_loads_and_says_so(void **state)
{
    (void)state;
    variant v;
    rig r;
    static spot_trial trial;
    spot_diag diag = {.text = ""};
    make_task(&v, "");
    rig_open(&r, v.task, 1.0, 1.0);
    assert_int_equal(spot_task_try(r.task, &trial, &diag), SPOT_OK);
    assert_int_equal(spoti_demo_check(r.task, &diag), SPOT_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "has no expert, expected one"));
    rig_close(&r);
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    assert_int_equal(spoti_demo_check(r.task, &diag), SPOT_OK);
    rig_close(&r);
}

static void wrong_experts_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"to: tray", "to: trey", "to: 'trey', expected one of the objects: cube, tray"},
        {"wait_s: 0.6", "wait_s: -1", "wait_s: -1, expected 0 to 60"},
        {"near_m: 0.02", "near_m: 2", "near_m: 2, expected 0 to 1"},
        {"speed_m_s: 0.1", "speed_m_s: 11", "speed_m_s: 11, expected 0 to 10"},
        {"gripper: close", "gripper: shut", "gripper"},
        {"at_m: [0, 0, 0.08]", "at_m: [0, 0, 80]", "at_m: 80, expected -10 to 10"},
        {"  how: waypoints\n", "  how: waypoints\n  object: cube\n", "expected neither object"},
        {"  how: waypoints\n", "  how: press\n", "object: missing, expected one of the objects"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spot_task *task = NULL;
        spot_diag diag = {.text = ""};
        variant v;
        make_task(&v, PICK_AND_PLACE);
        variant_edit(v.task, cases[i].from, cases[i].to);
        assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].says) == NULL || strstr(diag.text, "task.yaml:") == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].says);
        }
    }
    spot_task *task = NULL;
    spot_diag diag = {.text = ""};
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "  grasp_z_m: 0.018\n", "");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "grasp_z_m: missing, expected a height"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waypoints_pick_and_place_both_ways),
        cmocka_unit_test(waypoint_below_the_workspace_fails_the_trial),
        cmocka_unit_test(keys_of_a_waypoint_are_kept),
        cmocka_unit_test(task_without_an_expert_loads_and_says_so),
        cmocka_unit_test(wrong_experts_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
