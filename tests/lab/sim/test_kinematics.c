/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The robot against the figures that Universal Robots prints (article "DH Parameters for calculations of
 * kinematics and dynamics", UR5e; data sheet), through a Denavit-Hartenberg chain written here; and the
 * arm's controller against that chain.
 */
#include "lab/sim/rig.h"
#include "spot/rng.h"

enum { JOINTS = 6 };

static const double PI = 3.14159265358979323846;
static const double DH_A[JOINTS] = {0.0, -0.425, -0.3922, 0.0, 0.0, 0.0};
static const double DH_D[JOINTS] = {0.1625, 0.0, 0.0, 0.1333, 0.0997, 0.0996};
static const double DH_QUARTERS[JOINTS] = {1.0, 0.0, 0.0, 1.0, -1.0, 0.0}; /* alpha / 90 degrees */
static const double GRIP_M = 0.15; /* of the gripper's centre beyond the flange */
static const double MASS_KG[JOINTS] = {3.761, 8.058, 2.846, 1.37, 1.3, 0.365};
static const double CENTRE_M[JOINTS][3] = {{0.0, -0.02561, 0.00193}, {0.2125, 0.0, 0.11336},
                                           {0.15, 0.0, 0.0265},      {0.0, -0.0018, 0.01634},
                                           {0.0, 0.0018, 0.01634},   {0.0, 0.0, -0.001159}};
static const double TORQUE_NM[JOINTS] = {150.0, 150.0, 150.0, 28.0, 28.0, 28.0};
static const char *const LINK[JOINTS] = {"shoulder", "upper_arm", "forearm",
                                         "wrist_1",  "wrist_2",   "wrist_3"};

/* Chain of about 20 products of numbers up to 1: rounding stays below 100 epsilon. */
static const double EXACT_TOL = 1e-13;
/* The model prints centres of mass with 5 digits. */
static const double PRINT_TOL = 5.1e-6;
static const double REACH_M = 1e-3;
static const double REACH_RAD = 1e-2;

/* t = t * other, 4 x 4 row-major. */
static void multiply(double t[16], const double other[16])
{
    double product[16];
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++) {
            double sum = 0.0;
            for (int k = 0; k < 4; k++) {
                sum += t[4 * r + k] * other[4 * k + c];
            }
            product[4 * r + c] = sum;
        }
    }
    memcpy(t, product, sizeof(product));
}

/* Rz(q) Tz(d) Tx(a) Rx(alpha), Denavit and Hartenberg 1955 in the textbook form. */
static void dh_row(double q, double d, double a, double alpha, double out[16])
{
    const double row[16] = {cos(q),
                            -sin(q) * cos(alpha),
                            sin(q) * sin(alpha),
                            a * cos(q),
                            sin(q),
                            cos(q) * cos(alpha),
                            -cos(q) * sin(alpha),
                            a * sin(q),
                            0.0,
                            sin(alpha),
                            cos(alpha),
                            d,
                            0.0,
                            0.0,
                            0.0,
                            1.0};
    memcpy(out, row, sizeof(row));
}

/* Pose of the gripper's centre for joint angles q: base turned by 180 degrees, chain, flange to grip. */
static void grip_pose(const double q[JOINTS], double t[16])
{
    double row[16];
    dh_row(PI, 0.0, 0.0, 0.0, t);
    for (int i = 0; i < JOINTS; i++) {
        dh_row(q[i], DH_D[i], DH_A[i], DH_QUARTERS[i] * PI / 2.0, row);
        multiply(t, row);
    }
    dh_row(0.0, GRIP_M, 0.0, 0.0, row);
    multiply(t, row);
}

static void model_agrees_with_published_dh_chain(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);

    for (int n = 0; n < 2000; n++) {
        double q[JOINTS];
        double t[16];
        for (int i = 0; i < JOINTS; i++) {
            int joint = mj_name2id(r.w->model, mjOBJ_JOINT, r.scene->file->arm.joints[i]);
            q[i] = spot_rng_uniform(&rng, -2.0 * PI, 2.0 * PI);
            r.w->kin->qpos[r.w->model->jnt_qposadr[joint]] = q[i];
        }
        mj_kinematics(r.w->model, r.w->kin);
        grip_pose(q, t);
        int site = mj_name2id(r.w->model, mjOBJ_SITE, "grip");
        for (int k = 0; k < 3; k++) {
            assert_close(r.w->kin->site_xpos[3 * site + k], t[4 * k + 3], EXACT_TOL, 0.0);
            for (int c = 0; c < 3; c++) {
                assert_close(r.w->kin->site_xmat[9 * site + 3 * k + c], t[4 * k + c], EXACT_TOL,
                             0.0);
            }
        }
    }
    rig_close(&r);
}

static void masses_and_centres_are_the_published_ones(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    for (int i = 0; i < JOINTS; i++) {
        int body = mj_name2id(r.w->model, mjOBJ_BODY, LINK[i]);
        assert_true(body >= 0);
        assert_close(r.w->model->body_mass[body], MASS_KG[i], 1e-12, 0.0);
        /* Printed in the frame behind the joint; the model's body stands before it. */
        double t[16];
        dh_row(0.0, DH_D[i], DH_A[i], DH_QUARTERS[i] * PI / 2.0, t);
        for (int k = 0; k < 3; k++) {
            double want = t[4 * k + 3];
            for (int c = 0; c < 3; c++) {
                want += t[4 * k + c] * CENTRE_M[i][c];
            }
            assert_close(r.w->model->body_ipos[3 * body + k], want, 5e-5, 0.0);
            if (i != 3 && i != 4) { /* links 4 and 5 are printed with 4 digits */
                assert_close(r.w->model->body_ipos[3 * body + k], want, PRINT_TOL, 0.0);
            }
        }
    }
    rig_close(&r);
}

static void torque_limits_are_the_published_ones(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 1.0);
    for (int i = 0; i < JOINTS; i++) {
        int a = mj_name2id(r.w->model, mjOBJ_ACTUATOR, r.scene->file->arm.actuators[i]);
        assert_true(a >= 0 && r.w->model->actuator_forcelimited[a]);
        assert_close(r.w->model->actuator_forcerange[2 * a], -TORQUE_NM[i], 0.0, 0.0);
        assert_close(r.w->model->actuator_forcerange[2 * a + 1], TORQUE_NM[i], 0.0, 0.0);
    }
    /* 180 degrees a second, the data sheet's limit of every joint */
    assert_close(r.scene->file->arm.joint_speed_rad_s, PI, 1e-5, 0.0);
    rig_close(&r);
}

/* Joint targets that the servo was given last. */
static void joint_targets(const rig *r, double q[JOINTS])
{
    for (int i = 0; i < JOINTS; i++) {
        int a = mj_name2id(r->w->model, mjOBJ_ACTUATOR, r->scene->file->arm.actuators[i]);
        q[i] = r->w->data->ctrl[a];
    }
}

/* Fails unless the tool at `t` is at target (x, y, z, yaw) and points down, within the reach. */
static void assert_at(const double t[16], const double target[4])
{
    for (int k = 0; k < 3; k++) {
        assert_close(t[4 * k + 3], target[k], REACH_M, 0.0);
    }
    assert_close(remainder(atan2(t[4], t[0]) - target[3], 2.0 * PI), 0.0, REACH_RAD, 0.0);
    assert_close(t[10], -1.0, REACH_RAD * REACH_RAD, 0.0); /* 1 - cos of the tilt */
}

/* Runs to `target`; speeds and ranges hold at every tick. Returns the ticks until the reference rests. */
static void run_to(rig *r, const double target[4], int ticks)
{
    const spoti_arm_file *arm = &r->scene->file->arm;
    double dt = r->w->model->opt.timestep;
    double q[JOINTS];
    double before[JOINTS];
    double reference[4];

    assert_int_equal(rig_act(r, target[0], target[1], target[2], target[3], true), SPOT_OK);
    joint_targets(r, before);
    for (int tick = 0; tick < ticks; tick++) {
        memcpy(reference, r->w->reference, sizeof(reference));
        rig_step(r, 1);
        double away[3] = {r->w->reference[0] - reference[0], r->w->reference[1] - reference[1],
                          r->w->reference[2] - reference[2]};
        assert_true(sqrt(away[0] * away[0] + away[1] * away[1] + away[2] * away[2]) <=
                    arm->speed_m_s * dt * (1.0 + 1e-9));
        assert_true(fabs(r->w->reference[3] - reference[3]) <=
                    arm->yaw_speed_rad_s * dt * (1.0 + 1e-9));
        joint_targets(r, q);
        for (int i = 0; i < JOINTS; i++) {
            assert_true(fabs(q[i] - before[i]) <= arm->joint_speed_rad_s * dt * (1.0 + 1e-9));
            assert_true(fabs(q[i]) <= 2.0 * PI); /* the joints' range */
            before[i] = q[i];
        }
    }
}

static void targets_are_reached_anywhere_in_the_workspace(void **state)
{
    (void)state;
    static const char *const tasks[] = {PICK_PLACE, CONVEYOR};
    for (int task = 0; task < 2; task++) {
        rig r;
        rig_open(&r, tasks[task], 0.0, 1.0);
        const spoti_arm_file *arm = &r.scene->file->arm;
        rig_reset(&r, 3);
        rig_step(&r, 1);
        memset(rig_free_joint(&r, "cube"), 0, sizeof(double)); /* out of the way: below the robot */
        spot_rng rng = spot_rng_at(2, SPOT_STREAM_RESET, 0);
        for (int n = 0; n < 150; n++) {
            double target[4];
            for (int k = 0; k < 3; k++) {
                bool corner = n < 8; /* the eight corners first */
                double high = (n >> k) % 2 != 0 ? arm->high[k] : arm->low[k];
                target[k] = corner ? high : spot_rng_uniform(&rng, arm->low[k], arm->high[k]);
            }
            target[2] = fmax(target[2], 0.05); /* clear of what stands on the table */
            target[3] = spot_rng_uniform(&rng, -PI / 2.0, PI / 2.0);
            run_to(&r, target, 700); /* longest way: 1 m at 0.5 m/s, and the servo's lag */
            double q[JOINTS];
            double t[16];
            joint_targets(&r, q);
            grip_pose(q, t);
            assert_at(t, target); /* what the controller asks for */
            for (int i = 0; i < JOINTS; i++) {
                q[i] = r.w->data->qpos[r.scene->arm_qpos[i]];
            }
            grip_pose(q, t);
            assert_at(t, target); /* where the arm is */
        }
        rig_close(&r);
    }
}

static void target_outside_the_workspace_is_clipped(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 3);
    rig_step(&r, 1); /* from now on there are joint targets */
    const double far_away[4] = {9.0, -9.0, 9.0, 9.0};
    const double clipped[4] = {0.65, -0.42, 0.33, PI}; /* of the task file */
    run_to(&r, far_away, 900);
    for (int k = 0; k < 4; k++) {
        assert_close(r.w->reference[k], clipped[k], 1e-12, 0.0);
    }
    rig_close(&r);
}

static void action_that_is_no_number_is_refused(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 3);
    rig_step(&r, 1); /* from now on there are joint targets */
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    const double anchor[5] = {0.5, 0.0, 0.2, 0.0, 0.0};
    spoti_mujoco_world before = *r.w;
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 3; k++) {
            float action[5] = {0.0f, 0.0f, 0.0f, 0.0f, 1.0f};
            action[i] = bad[k];
            assert_int_equal(r.world.ops->act(r.world.self, action, anchor), SPOT_E_RANGE);
            assert_memory_equal(before.target, r.w->target, sizeof(before.target));
            assert_close(r.w->open_target_m, before.open_target_m, 0.0, 0.0);
        }
    }
    const float action[5] = {0.0f, 0.0f, 0.0f, 0.0f, 1.0f};
    const double bad_anchor[5] = {0.5, NAN, 0.2, 0.0, 0.0};
    assert_int_equal(r.world.ops->act(r.world.self, action, bad_anchor), SPOT_E_RANGE);
    assert_int_equal(r.world.ops->act(r.world.self, action, anchor), SPOT_OK);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_agrees_with_published_dh_chain),
        cmocka_unit_test(masses_and_centres_are_the_published_ones),
        cmocka_unit_test(torque_limits_are_the_published_ones),
        cmocka_unit_test(targets_are_reached_anywhere_in_the_workspace),
        cmocka_unit_test(target_outside_the_workspace_is_clipped),
        cmocka_unit_test(action_that_is_no_number_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
