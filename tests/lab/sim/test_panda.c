/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A robot of seven joints: its model against the figures that Franka Emika prints (DH parameters after Craig), through a
 * chain written here; and what a world says of it.
 */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/rng.h"
#include "spot/trial.h"

enum { JOINTS = 7, DRAWS = 200 };

static const double PI = 3.14159265358979323846;
/* Row i leads from frame i - 1 to frame i; the last is the flange, which does not turn. */
static const double A_M[JOINTS + 1] = {0.0, 0.0, 0.0, 0.0825, -0.0825, 0.0, 0.088, 0.0};
static const double D_M[JOINTS + 1] = {0.333, 0.0, 0.316, 0.0, 0.384, 0.0, 0.0, 0.107};
static const double QUARTERS[JOINTS + 1] = {0.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 0.0};
static const double LIMIT_RAD[JOINTS][2] = {
    {-2.8973, 2.8973}, {-1.7628, 1.7628}, {-2.8973, 2.8973}, {-3.0718, -0.0698},
    {-2.8973, 2.8973}, {-0.0175, 3.7525}, {-2.8973, 2.8973}};
static const double PADS_M = 0.1034;     /* of their centre beyond the flange */
static const double HAND_RAD = -PI / 4;  /* of the hand about the flange */
static const double FINGER_RAD = PI / 2; /* of the fingers' motion about the hand's x */

/* Chain of about 20 products of numbers up to 1; the model's angles are degrees in text. */
static const double EXACT_TOL = 1e-13;
/* Limits are written in degrees with three digits. */
static const double PRINT_TOL = 1e-5;

/* t = t * Rx(alpha) Tx(a) Rz(q) Tz(d) (Craig 1986), 3 x 4 row-major. */
static void go(double t[12], double alpha, double a, double q, double d)
{
    const double row[16] = {cos(q),
                            -sin(q),
                            0.0,
                            a,
                            sin(q) * cos(alpha),
                            cos(q) * cos(alpha),
                            -sin(alpha),
                            -d * sin(alpha),
                            sin(q) * sin(alpha),
                            cos(q) * sin(alpha),
                            cos(alpha),
                            d * cos(alpha),
                            0.0,
                            0.0,
                            0.0,
                            1.0};
    double product[12];
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 4; c++) {
            product[4 * r + c] = c == 3 ? t[4 * r + 3] : 0.0;
            for (int k = 0; k < 3; k++) {
                product[4 * r + c] += t[4 * r + k] * row[4 * k + c];
            }
        }
    }
    memcpy(t, product, sizeof(product));
}

static void model_agrees_with_published_dh_chain(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PANDA, 1.0, 1.0);
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_RESET, 0);
    const mjModel *m = r.w->model;
    for (int n = 0; n < DRAWS; n++) {
        double t[12] = {1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0};
        for (int i = 0; i <= JOINTS; i++) {
            double q = HAND_RAD;
            if (i < JOINTS) {
                q = spot_rng_uniform(&rng, LIMIT_RAD[i][0], LIMIT_RAD[i][1]);
                r.w->data->qpos[r.scene->arm_qpos[i]] = q;
                const mjtNum *range = m->jnt_range + 2 * (size_t)r.scene->arm_joint[i];
                assert_close(range[0], LIMIT_RAD[i][0], PRINT_TOL, 0.0);
                assert_close(range[1], LIMIT_RAD[i][1], PRINT_TOL, 0.0);
            }
            go(t, QUARTERS[i] * PI / 2.0, A_M[i], q, D_M[i]);
        }
        go(t, 0.0, 0.0, FINGER_RAD, PADS_M);
        mj_kinematics(m, r.w->data);
        const mjtNum *at = r.w->data->site_xpos + 3 * (size_t)r.scene->site;
        const mjtNum *turn = r.w->data->site_xmat + 9 * (size_t)r.scene->site;
        for (int row = 0; row < 3; row++) {
            assert_close(at[row], t[4 * row + 3], EXACT_TOL, 0.0);
            for (int column = 0; column < 3; column++) {
                assert_close(turn[3 * row + column], t[4 * row + column], EXACT_TOL, 0.0);
            }
        }
    }
    rig_close(&r);
}

/* Columns of a sample move with the number of joints, and so do their names. */
static void world_says_seven_joints(void **state)
{
    (void)state;
    double row[SPOTI_SAMPLE_MAX];
    double velocity[JOINTS];
    double torque[JOINTS];
    rig r;
    rig_open(&r, PANDA, 1.0, 1.0);
    const spot_world_dims *d = &r.world.dims;
    assert_int_equal(d->n_joint, JOINTS);
    assert_int_equal(d->sample_dim, 5 + 3 * JOINTS + 4);
    assert_string_equal(r.world.sample_names[d->joint_at], "q1");
    assert_string_equal(r.world.sample_names[d->joint_at + JOINTS], "qd1");
    assert_string_equal(r.world.sample_names[d->joint_at + 3 * JOINTS - 1], "torque7");
    assert_string_equal(r.world.sample_names[d->sample_dim - 4], "cube_x");
    rig_reset(&r, 4);
    rig_step(&r, 30);
    r.world.ops->sample(r.world.self, row);
    r.world.ops->effort(r.world.self, velocity, torque);
    for (int i = 0; i < JOINTS; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "panda_joint%d", i + 1);
        const int joint = mj_name2id(r.w->model, mjOBJ_JOINT, name);
        assert_true(joint >= 0);
        const mjtNum q = r.w->data->qpos[r.w->model->jnt_qposadr[joint]];
        assert_true(row[d->joint_at + i] == q && fabs(q) > 1e-6);
        assert_true(row[d->joint_at + JOINTS + i] == velocity[i]);
        assert_true(row[d->joint_at + 2 * JOINTS + i] == torque[i]);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(row[d->sample_dim - 4 + i] == rig_body(&r, "cube")[i]);
    }
    rig_close(&r);
}

static void trial_passes_and_expert_lifts(void **state)
{
    (void)state;
    static spot_trial trial;
    spot_diag diag = {.text = ""};
    rig r;
    rig_open(&r, PANDA, 1.0, 1.0);
    if (spot_task_try(r.task, &trial, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    for (int i = 0; i < trial.count; i++) {
        assert_int_equal(trial.checks[i].result, SPOT_TRIAL_PASS);
    }
    for (uint64_t seed = 0; seed < 5; seed++) {
        spoti_expert expert;
        rig_reset(&r, seed);
        spoti_expert_reset(&expert, r.scene, seed, false);
        while (!rig_outcome(&r).done) {
            spoti_expert_action action;
            spoti_expert_act(&expert, r.w, &action);
            spoti_arm_command(r.w, action.command, action.open);
            for (int i = 0; i < r.world.dims.ticks_per_action && !rig_outcome(&r).done; i++) {
                rig_step(&r, 1);
            }
        }
        assert_true(rig_outcome(&r).success);
        assert_true(rig_body(&r, "cube")[2] > 0.10);
    }
    rig_close(&r);
}

static void counts_that_differ_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"home: [0, ", "home: [", "home: 6 entries, expected 7, one for each of arm.joints"},
        {"actuators: [panda_joint1, ", "actuators: [", "actuators: 6 entries, expected 7"},
        {"joints: [panda_joint1, panda_joint2, ", "joints: [", "joints: 5 entries, expected 6"},
        {"joints: [panda", "joints: [x, panda", "joints: 8 entries, expected 6 to 7"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static char shipped[VARIANT_TEXT];
        static char text[VARIANT_TEXT];
        spot_task *task = NULL;
        spot_diag diag = {.text = ""};
        char path[512];
        variant_read_shipped("panda-lift/task.yaml", shipped);
        variant_replace(shipped, cases[i].from, cases[i].to, text);
        spot_test_temp_path(path, sizeof(path), "task.yaml");
        spot_test_write_file(path, text, strlen(text));
        assert_int_equal(spot_task_load(path, NULL, &task, &diag), SPOT_E_FORMAT);
        /* the key's own line */
        int line = 1;
        for (const char *at = strstr(text, cases[i].to); at > text; at--) {
            line += at[-1] == '\n';
        }
        char place[32];
        (void)snprintf(place, sizeof(place), "task.yaml:%d: ", line);
        if (strstr(diag.text, cases[i].says) == NULL || strstr(diag.text, place) == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].says);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_agrees_with_published_dh_chain),
        cmocka_unit_test(world_says_seven_joints),
        cmocka_unit_test(trial_passes_and_expert_lifts),
        cmocka_unit_test(counts_that_differ_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
