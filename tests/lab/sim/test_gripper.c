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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_and_reading_are_mapped),
        cmocka_unit_test(expert_grasps_with_a_gripper_of_other_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
