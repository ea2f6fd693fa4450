/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a pad touches, in models that hang their geoms elsewhere than ours do. The contacts are counted
 * here by the names of the geoms. */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"

enum { PERIOD = 25, SEEDS = 3 };

static const char CUBE[] =
    "<geom name=\"cube\" type=\"box\" size=\"0.0225 0.0225 0.0225\" mass=\"0.08\" rgba=\"0.85 0.12 "
    "0.10 1\"\n            contype=\"2\" conaffinity=\"3\" friction=\"0.8 0.005 0.0001\" "
    "condim=\"4\"/>";
static const char CUBE_BELOW[] =
    "<body name=\"cube_object\">\n"
    "<geom name=\"cube\" type=\"box\" size=\"0.0225 0.0225 0.0225\" mass=\"0.08\" contype=\"2\" "
    "conaffinity=\"3\" friction=\"0.8 0.005 0.0001\" condim=\"4\"/></body>";
static const char PAD[] =
    "<geom name=\"pad_left\" class=\"finger\" size=\"0.006 0.011 0.035\" pos=\"0.006 0 0.04\"/>";
/* the same box as two */
static const char PAD_SPLIT[] =
    "<body name=\"pads_left\">"
    "<geom name=\"pad_left_1\" class=\"finger\" size=\"0.006 0.011 0.01\" pos=\"0.006 0 0.015\"/>"
    "<geom name=\"pad_left_2\" class=\"finger\" size=\"0.006 0.011 0.025\" pos=\"0.006 0 0.05\"/>"
    "</body>";

static bool starts(const mjModel *m, int geom, const char *prefix)
{
    const char *name = mj_id2name(m, mjOBJ_GEOM, geom);
    return name != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Bit 0, 1: a geom called pad_left*, pad_right* touches the geom called cube. */
static unsigned pads_on_cube(const rig *r)
{
    static const char *const pad[2] = {"pad_left", "pad_right"};
    const mjModel *m = r->w->model;
    unsigned bits = 0;
    for (int i = 0; i < r->w->data->ncon; i++) {
        const mjContact *c = &r->w->data->contact[i];
        for (unsigned k = 0; k < 2; k++) {
            if ((starts(m, c->geom1, pad[k]) && starts(m, c->geom2, "cube")) ||
                (starts(m, c->geom2, pad[k]) && starts(m, c->geom1, "cube"))) {
                bits |= 1u << k;
            }
        }
    }
    return bits;
}

/* Runs the expert; at every tick the predicates say what the contacts say. True if it succeeded. */
static bool run_expert(const char *task, uint64_t seed, int *held)
{
    const spoti_condition released = {.type = SPOTI_CONDITION_RELEASED};
    const spoti_condition touched = {.type = SPOTI_CONDITION_TOUCHED};
    const spoti_condition grasped = {.type = SPOTI_CONDITION_GRASPED};
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
            const unsigned bits = pads_on_cube(&r);
            *held += bits == 3u ? 1 : 0;
            assert_int_equal(spoti_condition_holds(r.w, &released), bits == 0u);
            assert_int_equal(spoti_condition_holds(r.w, &touched), bits != 0u);
            assert_int_equal(spoti_condition_holds(r.w, &grasped), bits == 3u);
        }
    }
    const bool success = rig_outcome(&r).success;
    rig_close(&r);
    return success;
}

/* The task as changed is done as the shipped one is. */
static void assert_done(const variant *v)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        int held = 0;
        assert_true(run_expert(v->task, seed, &held));
        assert_true(held > 100); /* 0.4 s: there was something to see */
    }
}

static void geoms_below_the_free_joint_are_the_objects(void **state)
{
    (void)state;
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.scene, CUBE, CUBE_BELOW);
    assert_done(&v);
}

static void pad_of_several_geoms_is_one_finger(void **state)
{
    (void)state;
    static const char *const pads[] = {
        "pads: [pads_left, pad_right]",             /* a body */
        "pads: [finger_left, finger_right]",        /* bodies further up */
        "pads: [pad_left_1 pad_left_2, pad_right]", /* a list of geoms */
        "pads: [\"pad_left_2  pads_left \", finger_right]",
    };
    for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
        variant v;
        int held = 0;
        variant_make(&v, "ur5e-pick-place");
        variant_edit(v.robot, PAD, PAD_SPLIT);
        variant_edit(v.scene, CUBE, CUBE_BELOW);
        variant_edit(v.task, "pads: [pad_left, pad_right]", pads[i]);
        assert_true(run_expert(v.task, i, &held));
        assert_true(held > 100);
    }
}

/* A part of a pad that is not named is no part of it: the words are obeyed, not guessed. */
static void geom_that_is_not_named_is_no_pad(void **state)
{
    (void)state;
    rig r;
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.robot, PAD, PAD_SPLIT);
    variant_edit(v.task, "pads: [pad_left, pad_right]", "pads: [pad_left_1, pad_right]");
    rig_open(&r, v.task, 1.0, 1.0);
    const int named = mj_name2id(r.w->model, mjOBJ_GEOM, "pad_left_1");
    const int other = mj_name2id(r.w->model, mjOBJ_GEOM, "pad_left_2");
    assert_int_equal(r.scene->parts[named].pads, 1);
    assert_int_equal(r.scene->parts[other].pads, 0);
    rig_close(&r);
}

static void child_of_what_can_be_placed_is_answered_with_its_name(void **state)
{
    (void)state;
    variant v;
    spot_task *task = NULL;
    spot_diag diag = {.text = ""};
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.scene, CUBE, CUBE_BELOW);
    variant_edit(v.task, "body: cube", "body: cube_object");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
    if (strstr(diag.text, "expected a free joint or mocap: that of 'cube', on which") == NULL) {
        fail_msg("%s", diag.text);
    }
}

/* Nothing can touch what has no geoms, and a button of another object is not this one's. */
static void predicates_that_cannot_come_true_are_refused(void **state)
{
    (void)state;
    variant v;
    spot_task *task = NULL;
    spot_diag diag = {.text = ""};
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.scene, CUBE, "<inertial pos=\"0 0 0\" mass=\"1\" diaginertia=\"1 1 1\"/>");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "object: the object's body has no geoms"));

    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.robot, "<body name=\"finger_left\"",
                 "<body name=\"bare\"/><body name=\"finger_left\"");
    variant_edit(v.task, "pads: [pad_left", "pads: [bare");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "pads: 'bare' has no geoms"));

    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "{type: grasped, object: cube}",
                 "{type: pressed, object: cube, joint: finger_left, at_m: 0.01}");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "joint: the joint is not of this object"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geoms_below_the_free_joint_are_the_objects),
        cmocka_unit_test(pad_of_several_geoms_is_one_finger),
        cmocka_unit_test(geom_that_is_not_named_is_no_pad),
        cmocka_unit_test(child_of_what_can_be_placed_is_answered_with_its_name),
        cmocka_unit_test(predicates_that_cannot_come_true_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
