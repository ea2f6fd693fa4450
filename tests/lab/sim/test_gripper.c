/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Grippers whose commands and readings are not openings: the same fingers, spoken to in other words. */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"

enum { PERIOD = 25, SEEDS = 3 };

/* Of fingers that were opened by their servo: 1 N of soft limit or weight against 2000 N/m. */
static const double SETTLED_M = 5e-4;

static const char ACTUATOR[] =
    "gainprm=\"2000\"\n             biasprm=\"0 -2000 0\" forcelimited=\"true\"";
/* force = 2000 (0.085 - opening) at 0 and -2000 opening at 255: 0 is open, as a 2F-85 has it */
static const char BYTES[] =
    "gainprm=\"-0.6666666666666666\" ctrllimited=\"true\" ctrlrange=\"0 255\"\n"
    "             biasprm=\"170 -2000 0\" forcelimited=\"true\"";

static void make_inverted(variant *v, const char *opening, const char *keys)
{
    char text[256];
    variant_make(v, "ur5e-pick-place");
    variant_edit(v->robot, ACTUATOR, BYTES);
    (void)snprintf(text, sizeof(text), "open_m: 0.085\n  command_open: 0\n  command_closed: 255%s",
                   keys);
    variant_edit(v->task, "open_m: 0.085", text);
    variant_edit(v->task, "opening: opening", opening);
}

/* Positions of the two fingers, from MuJoCo. */
static void fingers(const rig *r, double q[2])
{
    static const char *const name[2] = {"finger_left", "finger_right"};
    for (int i = 0; i < 2; i++) {
        const int joint = mj_name2id(r->w->model, mjOBJ_JOINT, name[i]);
        q[i] = r->w->data->qpos[r->w->model->jnt_qposadr[joint]];
    }
}

/* Reset is open; a command closes and opens; the observation is what the fingers do. */
static void assert_obeys(const char *task)
{
    enum { OPENING = 5 }; /* of the observation: after position and yaw */
    static const struct {
        bool open;
        double want_m;
    } commands[] = {{false, 0.0}, {true, 0.085}, {false, 0.0}};
    rig r;
    double q[2];
    rig_open(&r, task, 1.0, 1.0);
    rig_reset(&r, 0);
    fingers(&r, q);
    assert_close(q[0], 0.0425, SETTLED_M, 0.0);
    assert_close(q[1], 0.0425, SETTLED_M, 0.0);
    for (int i = 0; i < 3; i++) {
        float obs[RIG_OBS_MAX];
        double anchor[SPOT_ANCHOR_DIM_MAX];
        double sample[RIG_STATE_MAX];
        assert_int_equal(rig_act(&r, 0.45, 0.0, 0.25, 0.0, commands[i].open), SPOT_OK);
        rig_step(&r, 250);
        fingers(&r, q);
        assert_close(q[0] + q[1], commands[i].want_m, 1e-3, 0.0);
        assert_int_equal(r.world.ops->observe(r.world.self, obs, anchor), SPOT_OK);
        r.world.ops->sample(r.world.self, sample);
        assert_close((double)obs[OPENING], q[0] + q[1], 2e-4, 0.0);
        assert_close(sample[4], q[0] + q[1], 2e-4, 0.0);
    }
    rig_close(&r);
}

static void command_and_reading_are_mapped(void **state)
{
    (void)state;
    variant v;
    make_inverted(&v, "opening: opening", "");
    assert_obeys(v.task);
    /* one finger's joint tells of both, which are coupled */
    make_inverted(&v, "opening: finger_left", "\n  reading_open: 0.0425\n  reading_closed: 0");
    assert_obeys(v.task);
    make_inverted(&v, "opening: finger_right", "\n  reading_open: 0.0425");
    assert_obeys(v.task);
    /* a tendon that is no sum of openings */
    make_inverted(&v, "opening: opening", "\n  reading_open: -0.255\n  reading_closed: 0");
    variant_edit(v.robot, "<joint joint=\"finger_left\" coef=\"1\"/>",
                 "<joint joint=\"finger_left\" coef=\"-6\"/>");
    variant_edit(v.robot, "<joint joint=\"finger_right\" coef=\"1\"/>", "");
    variant_edit(v.robot, "tendon=\"opening\" gaintype", "tendon=\"sum\" gaintype");
    variant_edit(v.robot, "<tendon>",
                 "<tendon><fixed name=\"sum\"><joint joint=\"finger_left\" coef=\"1\"/>"
                 "<joint joint=\"finger_right\" coef=\"1\"/></fixed>");
    assert_obeys(v.task);
    /* one whose length is twice one finger's way */
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.robot, "<joint joint=\"finger_left\" coef=\"1\"/>",
                 "<joint joint=\"finger_left\" coef=\"2\"/>");
    variant_edit(v.robot, "<joint joint=\"finger_right\" coef=\"1\"/>", "");
    assert_obeys(v.task);
    variant_make(&v, "ur5e-pick-place");
    assert_obeys(v.task);
}

static void expert_grasps_with_a_gripper_of_other_words(void **state)
{
    (void)state;
    variant v;
    make_inverted(&v, "opening: finger_left", "\n  reading_open: 0.0425\n  reading_closed: 0");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        spoti_expert expert;
        spoti_expert_action action;
        rig r;
        rig_open(&r, v.task, 1.0, 1.0);
        rig_reset(&r, seed);
        spoti_expert_reset(&expert, r.scene, seed, false);
        for (int i = 0; i < 400 && !rig_outcome(&r).done; i++) {
            spoti_expert_act(&expert, r.w, &action);
            spoti_arm_command(r.w, action.command, action.open);
            for (int tick = 0; tick < PERIOD && !rig_outcome(&r).done; tick++) {
                rig_step(&r, 1);
            }
        }
        assert_true(rig_outcome(&r).success);
        rig_close(&r);
    }
}

/* A servo for each finger in place of one for both, the second of which counts backwards. */
static void make_two_servos(variant *v)
{
    static char text[VARIANT_TEXT];
    variant_make(v, "ur5e-pick-place");
    variant_edit(v->robot, "  <equality>\n", "  <equality>\n    <!--");
    variant_edit(v->robot, "  </equality>", "    -->\n  </equality>");
    assert_true(spot_test_read_file(v->robot, text, sizeof(text)) > 0);
    char *begin = strstr(text, "<general name=\"gripper\"");
    assert_non_null(begin);
    const char *end = strstr(begin, "</actuator>");
    assert_non_null(end);
    char tail[64];
    (void)snprintf(tail, sizeof(tail), "%.60s", end);
    (void)snprintf(begin, 800,
                   "<position name=\"left\" joint=\"finger_left\" kp=\"4000\"/>"
                   "<general name=\"right\" joint=\"finger_right\" gaintype=\"fixed\" "
                   "biastype=\"affine\" gainprm=\"-4000\" biasprm=\"0 -4000 0\"/>%s",
                   tail);
    spot_test_write_file(v->robot, text, strlen(text));
    variant_edit(v->task, "actuator: gripper",
                 "actuator: left\n  command_open: 0.0425\n  command_closed: 0\n  also:\n"
                 "    - {actuator: right, command_open: -0.0425, command_closed: 0}");
}

static void two_servos_obey_as_one(void **state)
{
    (void)state;
    variant v;
    make_two_servos(&v);
    assert_obeys(v.task);
}

static void wrong_second_servo_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"actuator: right", "actuator: wright", "also: the model has no actuator called 'wright'"},
        {"command_open: -0.0425", "command_open: 0", "expected another command"},
        {"command_open: -0.0425", "command_open: 1e7", "command_open: 1e+07, expected"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        spot_task *task = NULL;
        spot_diag diag = {.text = ""};
        variant v;
        make_two_servos(&v);
        variant_edit(v.task, cases[i].from, cases[i].to);
        assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].says) == NULL || strstr(diag.text, "task.yaml:") == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].says);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_and_reading_are_mapped),
        cmocka_unit_test(expert_grasps_with_a_gripper_of_other_words),
        cmocka_unit_test(two_servos_obey_as_one),
        cmocka_unit_test(wrong_second_servo_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
