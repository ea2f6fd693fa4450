/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Tasks whose actions are joint angles. */
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/trial.h"

enum { JOINTS = 6, PERIOD = 25 };

static const double SPEED_RAD_S = 3.14159; /* of the task file */
/* The servo's lag is 0.04 s; 2 s are 50 of these, and gravity is compensated. */
static const double SETTLED_RAD = 1e-3;

static void open_joints(rig *r)
{
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "  joint_speed_rad_s", "  action: joints\n  joint_speed_rad_s");
    variant_edit(v.task, "    - {type: gripper_position}",
                 "    - {type: joint_position}\n    - {type: gripper_position}");
    rig_open(r, v.task, 1.0, 1.0);
}

/* Joint angle and command of joint i, from MuJoCo by name. */
static void joint_of(const rig *r, int i, double *q, double *ctrl)
{
    static const char *const name[JOINTS] = {"shoulder_pan", "shoulder_lift", "elbow",
                                             "wrist_1",      "wrist_2",       "wrist_3"};
    const mjModel *m = r->w->model;
    *q = r->w->data->qpos[m->jnt_qposadr[mj_name2id(m, mjOBJ_JOINT, name[i])]];
    *ctrl = r->w->data->ctrl[mj_name2id(m, mjOBJ_ACTUATOR, name[i])];
}

static void anchor_and_observation_are_the_joints(void **state)
{
    (void)state;
    float obs[RIG_OBS_MAX];
    double anchor[SPOT_ANCHOR_DIM_MAX];
    rig r;
    open_joints(&r);
    assert_int_equal(r.world.dims.action_dim, JOINTS + 1);
    assert_int_equal(r.world.dims.anchor_dim, JOINTS + 1);
    assert_int_equal(r.world.dims.obs_dim, 14 + JOINTS);
    rig_reset(&r, 3);
    rig_step(&r, 10);
    assert_int_equal(r.world.ops->observe(r.world.self, obs, anchor), SPOT_OK);
    for (int i = 0; i < JOINTS; i++) {
        double q;
        double ctrl;
        joint_of(&r, i, &q, &ctrl);
        assert_true(anchor[i] == q && obs[i] == (float)q && fabs(q) > 1e-3);
    }
    assert_true(anchor[JOINTS] == 0.0);
    rig_close(&r);
}

/* One joint turns evenly over a period, another at the limit of speed, one to the end of its range; the rest stay. The elbow
 * opens, away from the table, but not so far that the pan has too little inertia for its servo at this time step. */
static void joints_turn_as_they_are_told(void **state)
{
    (void)state;
    const float action[JOINTS + 1] = {0.1F, 0.0F, -0.5F, 0.0F, 0.0F, 20.0F, -1.0F};
    float obs[RIG_OBS_MAX];
    double anchor[SPOT_ANCHOR_DIM_MAX];
    double before[JOINTS];
    double tick[JOINTS];
    double q;
    rig r;
    open_joints(&r);
    const double dt = r.world.dims.tick_s;
    rig_reset(&r, 3);
    rig_step(&r, PERIOD);
    for (int i = 0; i < JOINTS; i++) {
        joint_of(&r, i, &q, &before[i]);
    }
    assert_int_equal(r.world.ops->observe(r.world.self, obs, anchor), SPOT_OK);
    assert_int_equal(r.world.ops->act(r.world.self, action, anchor), SPOT_OK);
    rig_step(&r, 1);
    for (int i = 0; i < JOINTS; i++) {
        joint_of(&r, i, &q, &tick[i]);
    }
    const double target = anchor[0] + (double)action[0];
    assert_close(tick[0] - before[0], (target - before[0]) / PERIOD, 1e-12, 0.0);
    assert_close(tick[2] - before[2], -SPEED_RAD_S * dt, 1e-12, 0.0);
    assert_close(tick[5] - before[5], SPEED_RAD_S * dt, 1e-12, 0.0);
    assert_close(tick[1] - before[1], (anchor[1] - before[1]) / PERIOD, 1e-12, 0.0);
    rig_step(&r, PERIOD - 1);
    joint_of(&r, 0, &q, &tick[0]);
    assert_close(tick[0], target, 1e-12, 0.0); /* within its period */
    rig_step(&r, 1000);
    joint_of(&r, 0, &q, &tick[0]);
    assert_close(q, target, SETTLED_RAD, 0.0);
    joint_of(&r, 2, &q, &tick[2]);
    assert_close(q, anchor[2] - 0.5, SETTLED_RAD, 0.0);
    joint_of(&r, 5, &q, &tick[5]);
    assert_close(tick[5], 2.0 * mjPI, 1e-9, 0.0); /* the end of its range */
    rig_close(&r);
}

static void actions_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    const double anchor[JOINTS + 1] = {0.0};
    rig r;
    open_joints(&r);
    rig_reset(&r, 0);
    for (int i = 0; i <= JOINTS; i++) {
        float action[JOINTS + 1] = {0.0F};
        action[i] = NAN;
        assert_int_equal(r.world.ops->act(r.world.self, action, anchor), SPOT_E_RANGE);
        action[i] = INFINITY;
        assert_int_equal(r.world.ops->act(r.world.self, action, anchor), SPOT_E_RANGE);
    }
    rig_close(&r);
}

/* A pose outside the workspace becomes joints at its edge, and the joint targets stay what they were. */
static void joints_of_a_pose_are_within_the_workspace(void **state)
{
    (void)state;
    const double outside[SPOTI_POSE_DIM] = {0.45, 0.0, -0.2, 0.0};
    double joints[JOINTS];
    double before[JOINTS];
    rig r;
    open_joints(&r);
    rig_reset(&r, 0);
    mjData *d = mj_makeData(r.w->model);
    for (int i = 0; i < JOINTS; i++) {
        before[i] = r.w->kin->qpos[r.scene->arm_qpos[i]];
    }
    spoti_arm_joints_of(r.w, outside, joints);
    for (int i = 0; i < JOINTS; i++) {
        assert_true(r.w->kin->qpos[r.scene->arm_qpos[i]] == before[i]);
        d->qpos[r.scene->arm_qpos[i]] = joints[i];
    }
    mj_kinematics(r.w->model, d);
    const mjtNum *at = d->site_xpos + 3 * (size_t)r.scene->site;
    assert_close(at[0], 0.45, 1e-6, 0.0);
    assert_close(at[2], 0.012, 1e-6, 0.0); /* arm.low */
    mj_deleteData(d);
    rig_close(&r);
}

/* The expert's joints are those of the pose that it would have named: MuJoCo's kinematics of them say so. And with them it
 * picks and places. */
static void expert_speaks_in_joints(void **state)
{
    (void)state;
    enum { SEEDS = 3 };
    static spot_trial trial;
    spot_diag diag = {.text = ""};
    rig poses;
    rig joints;
    rig_open(&poses, PICK_PLACE, 1.0, 1.0);
    open_joints(&joints);
    if (spot_task_try(joints.task, &trial, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    mjData *d = mj_makeData(joints.w->model);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const spoti_expert_ops *ops = joints.task->ops->expert;
        void *expert[2] = {NULL, NULL};
        double pose[2][JOINTS + 1];
        double angle[2][JOINTS + 1];
        bool ok = false;
        assert_int_equal(ops->begin(&poses.world, seed, false, &expert[0]), SPOT_OK);
        assert_int_equal(ops->begin(&joints.world, seed, false, &expert[1]), SPOT_OK);
        rig_reset(&poses, seed);
        rig_reset(&joints, seed);
        ops->plan(expert[0], pose[0], pose[1], &ok);
        ops->plan(expert[1], angle[0], angle[1], &ok);
        for (int i = 0; i < JOINTS; i++) {
            d->qpos[joints.scene->arm_qpos[i]] = angle[0][i];
        }
        mj_kinematics(joints.w->model, d);
        const mjtNum *at = d->site_xpos + 3 * (size_t)joints.scene->site;
        const mjtNum *turn = d->site_xmat + 9 * (size_t)joints.scene->site;
        for (int i = 0; i < 3; i++) {
            assert_close(at[i], pose[0][i], 1e-9, 0.0);
        }
        assert_close(atan2(turn[3], turn[0]), pose[0][3], 1e-9, 0.0);
        assert_close(turn[8], -1.0, 1e-9, 0.0);
        assert_true(angle[0][JOINTS] == pose[0][4]);
        ops->execute(expert[1], angle[1]);
        for (rig_step(&joints, PERIOD); !rig_outcome(&joints).done;) {
            ops->plan(expert[1], angle[0], angle[1], &ok);
            ops->execute(expert[1], angle[1]);
            for (int i = 0; i < PERIOD && !rig_outcome(&joints).done; i++) {
                rig_step(&joints, 1);
            }
        }
        assert_true(rig_outcome(&joints).success);
        ops->end(expert[0]);
        ops->end(expert[1]);
    }
    mj_deleteData(d);
    rig_close(&joints);
    rig_close(&poses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchor_and_observation_are_the_joints),
        cmocka_unit_test(joints_turn_as_they_are_told),
        cmocka_unit_test(actions_that_are_not_finite_are_refused),
        cmocka_unit_test(joints_of_a_pose_are_within_the_workspace),
        cmocka_unit_test(expert_speaks_in_joints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
