/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The frame of the base: a robot that is moved and turned together with its table does what it did before. */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"

enum { PERIOD = 25, SEEDS = 5 };

/* Where the base is put: x, y, z, and its turn about z beside the 180 degrees that it has. */
static const double AT[3] = {0.7, -0.4, 0.4};
static const double TURN_DEG = 50.0;

static const double EXACT = 1e-9; /* a handful of roundings of numbers around 1 */
static const double CLOSE = 1e-6; /* of 250 steps of a stable servo */
static const double FLOAT = 1e-6; /* observations are of single precision */

/* The shipped task with its base elsewhere; what is touched is a plane, so only its height matters. */
static void move_base(variant *v, const char *task)
{
    char base[160];
    const double half = 0.5 * (180.0 + TURN_DEG) * mjPI / 180.0;
    variant_make(v, task);
    (void)snprintf(base, sizeof(base),
                   "<body name=\"base\" pos=\"%g %g %g\" quat=\"%.17g 0 0 %.17g\"", AT[0], AT[1],
                   AT[2], cos(half), sin(half));
    variant_edit(v->robot, "<body name=\"base\" quat=\"0 0 0 1\"", base);
    variant_edit(v->scene, "size=\"0.5 0.6 0.1\" pos=\"0.35 0 0\"",
                 "size=\"0.5 0.6 0.1\" pos=\"0.35 0 0.4\"");
}

/* A point of the base's frame in the world, by its own formula. */
static void to_world(const double p[3], double world[3])
{
    const double a = TURN_DEG * mjPI / 180.0;
    world[0] = AT[0] + p[0] * cos(a) - p[1] * sin(a);
    world[1] = AT[1] + p[0] * sin(a) + p[1] * cos(a);
    world[2] = AT[2] + p[2];
}

static void assert_same(const double *got, const double *want, int n, double tolerance)
{
    for (int i = 0; i < n; i++) {
        assert_close(got[i], want[i], tolerance, 0.0);
    }
}

static void read_all(rig *r, float *obs, double *anchor, double *sample)
{
    memset(obs, 0, sizeof(float) * RIG_OBS_MAX);
    assert_int_equal(r->world.ops->observe(r->world.self, obs, anchor), SPOT_OK);
    r->world.ops->sample(r->world.self, sample);
}

/* Observation, anchor and sample are those of the shipped task; the world's bodies are elsewhere. */
static void moved_robot_sees_and_moves_as_before(void **state)
{
    (void)state;
    variant v;
    rig here;
    rig there;
    move_base(&v, "ur5e-wrist-pick"); /* it has terms of every kind */
    rig_open(&here, WRIST_PICK, 1.0, 1.0);
    rig_open(&there, v.task, 1.0, 1.0);
    assert_true(here.scene->base.is_world);
    assert_false(there.scene->base.is_world);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        float obs[2][RIG_OBS_MAX];
        double anchor[2][SPOT_ANCHOR_DIM_MAX];
        double sample[2][RIG_STATE_MAX];
        double cube[3];
        rig_reset(&here, seed);
        rig_reset(&there, seed);
        read_all(&here, obs[0], anchor[0], sample[0]);
        read_all(&there, obs[1], anchor[1], sample[1]);
        assert_same(anchor[1], anchor[0], SPOTI_ANCHOR_DIM, CLOSE);
        for (int i = 0; i < here.world.dims.obs_dim; i++) {
            assert_close((double)obs[1][i], (double)obs[0][i], FLOAT, 0.0);
        }
        to_world(rig_body(&here, "cube"), cube);
        assert_same(rig_body(&there, "cube"), cube, 3, EXACT);
        for (int k = 0; k < 10; k++) { /* a second of commands, away from the cube */
            const double z = 0.20 + 0.01 * k;
            assert_int_equal(rig_act(&here, 0.40, 0.02 * k, z, 0.05 * k, k % 2 == 0), SPOT_OK);
            assert_int_equal(rig_act(&there, 0.40, 0.02 * k, z, 0.05 * k, k % 2 == 0), SPOT_OK);
            rig_step(&here, PERIOD);
            rig_step(&there, PERIOD);
        }
        read_all(&here, obs[0], anchor[0], sample[0]);
        read_all(&there, obs[1], anchor[1], sample[1]);
        assert_same(sample[1], sample[0], SPOTI_SAMPLE_TOOL + 2 * 6,
                    CLOSE); /* all but the torques */
        double gripper[3];
        to_world(sample[0], gripper);
        assert_same(there.w->data->site_xpos + 3 * there.scene->site, gripper, 3, CLOSE);
    }
    rig_close(&here);
    rig_close(&there);
}

/* Limits are of the frame: a target beyond them is clipped there, and `beyond` and `below` are judged there. */
static void limits_and_conditions_are_of_the_frame(void **state)
{
    (void)state;
    variant v;
    rig r;
    double sample[RIG_STATE_MAX];
    move_base(&v, "ur5e-pick-place");
    rig_open(&r, v.task, 1.0, 1.0);
    rig_reset(&r, 1);
    assert_int_equal(rig_act(&r, 0.60, 0.9, 0.9, 0.0, true), SPOT_OK);
    rig_step(&r, 500);
    r.world.ops->sample(r.world.self, sample);
    assert_close(sample[0], 0.60, 2e-3, 0.0);
    assert_close(sample[1], 0.42, 2e-3, 0.0); /* high of the file */
    assert_close(sample[2], 0.33, 2e-3, 0.0);
    const struct {
        double x;
        bool beyond;
    } cases[] = {{0.79, false}, {0.81, true}}; /* the file: x over 0.80 fails */
    for (int i = 0; i < 2; i++) {
        double world[3];
        to_world((const double[]){cases[i].x, 0.0, 0.03}, world);
        rig_reset(&r, 1);
        memcpy(rig_free_joint(&r, "cube"), world, sizeof(world));
        rig_step(&r, 1);
        assert_int_equal(rig_outcome(&r).done, cases[i].beyond);
    }
    rig_close(&r);
}

static bool expert_succeeds(const char *task, uint64_t seed)
{
    spoti_expert expert;
    spoti_expert_action action;
    rig r;
    rig_open(&r, task, 1.0, 1.0);
    rig_reset(&r, seed);
    spoti_expert_reset(&expert, r.scene, seed, false);
    for (int i = 0; i < 400 && !rig_outcome(&r).done; i++) {
        spoti_expert_act(&expert, r.w, &action);
        spoti_arm_command(r.w, action.command, action.open);
        for (int tick = 0; tick < PERIOD && !rig_outcome(&r).done; tick++) {
            rig_step(&r, 1);
        }
    }
    const bool success = rig_outcome(&r).success;
    rig_close(&r);
    return success;
}

static void moved_robot_does_the_task(void **state)
{
    (void)state;
    variant v;
    move_base(&v, "ur5e-pick-place");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        assert_true(expert_succeeds(v.task, seed));
    }
}

/* forward_deg turns what is called forward, and says the same as turning the base. */
static void forward_is_what_the_file_says(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double yaw_deg;
    } cases[] = {{"site: grip\n  forward_deg: 180", 0.0},
                 {"site: grip\n  forward_deg: 0", 180.0},
                 {"site: grip\n  forward_deg: -150", 30.0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        variant v;
        rig r;
        variant_make(&v, "ur5e-pick-place");
        variant_edit(v.task, "site: grip", cases[i].key);
        rig_open(&r, v.task, 1.0, 1.0);
        assert_close(fabs(r.scene->base.yaw), cases[i].yaw_deg * mjPI / 180.0, EXACT, 0.0);
        rig_close(&r);
    }
}

static void base_that_leans_or_moves_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *base, *says;
    } cases[] = {
        {"<body name=\"base\" quat=\"0.1 0.1 0 1\"", "leans by 11.4 deg, expected it upright"},
        {"<body name=\"base\" quat=\"1 1 0 0\"", "leans by 90 deg"},
        {"<body name=\"base\" quat=\"0 1 0 0\"", "leans by 180 deg"},
    };
    spot_diag diag = {.text = ""};
    spot_task *task = NULL;
    variant v;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        variant_make(&v, "ur5e-pick-place");
        variant_edit(v.robot, "<body name=\"base\" quat=\"0 0 0 1\"", cases[i].base);
        assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].says) == NULL) {
            fail_msg("%s", diag.text);
        }
    }
    variant_make(&v, "ur5e-pick-place");
    variant_edit(
        v.robot,
        "<geom class=\"shell_dark\" type=\"cylinder\" size=\"0.075 0.05\" pos=\"0 0 0.05\"/>",
        "<joint name=\"rail\" type=\"slide\" axis=\"1 0 0\"/>"
        "<inertial pos=\"0 0 0\" mass=\"1\" diaginertia=\"1 1 1\"/>");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "body 'base', can move, expected a fixed base"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moved_robot_sees_and_moves_as_before),
        cmocka_unit_test(limits_and_conditions_are_of_the_frame),
        cmocka_unit_test(moved_robot_does_the_task),
        cmocka_unit_test(forward_is_what_the_file_says),
        cmocka_unit_test(base_that_leans_or_moves_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
