/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Home by the name of a keyframe: of a small model in which the joints of the arm stand anywhere, and of a task. */
#include "lab/sim/mujoco/home.h"
#include "lab/sim/rig.h"
#include "lab/sim/variant.h"

enum { JOINTS = 3 };

/* What moves freely and what is not asked about stand before and between the joints that are. */
#define GEOM "<geom size=\"0.1\"/>"
#define MODEL                                                                                      \
    "<mujoco><worldbody>"                                                                          \
    "<body name=\"box\"><freejoint/>" GEOM "</body>"                                               \
    "<body><joint name=\"one\"/>" GEOM "<body><joint name=\"other\" type=\"slide\"/>" GEOM         \
    "<body><joint name=\"two\"/>" GEOM "<body><joint name=\"three\"/>" GEOM                        \
    "</body></body></body></body></worldbody>%s</mujoco>"

/* The angles of one, two, three are 0.1, 0.2, -0.3 wherever they are said. */
#define KEY                  "<key name=\"ready\" qpos=\"5 5 5 1 0 0 0 0.1 9 0.2 -0.3\"/>"
#define KEYFRAME             "<keyframe><key name=\"rest\" qpos=\"6 6 6 1 0 0 0 1 1 1 1\"/>" KEY "</keyframe>"
#define ELEMENT(name, angle) "<element objtype=\"joint\" objname=\"" name "\" prm=\"" angle "\"/>"
#define BOX                  "<element objtype=\"body\" objname=\"box\" prm=\"8\"/>"
#define TUPLE(elements)      "<custom><tuple name=\"ready\">" elements "</tuple></custom>"
#define ALL                  ELEMENT("three", "-0.3") ELEMENT("one", "0.1") ELEMENT("two", "0.2")

static spot_status find(const char *more, const char *name, double *angle, spot_diag *diag)
{
    static const char *const names[JOINTS] = {"two", "one", "three"};
    char path[512];
    char text[2048];
    char error[512] = "";
    int joint[JOINTS];
    spot_test_temp_path(path, sizeof(path), "model.xml");
    (void)snprintf(text, sizeof(text), MODEL, more);
    spot_test_write_file(path, text, strlen(text));
    mjModel *m = mj_loadXML(path, NULL, error, (int)sizeof(error));
    if (m == NULL) {
        fail_msg("%s", error);
    }
    for (int i = 0; i < JOINTS; i++) {
        joint[i] = mj_name2id(m, mjOBJ_JOINT, names[i]);
    }
    const spot_status st = spoti_home_find(m, name, joint, JOINTS, angle, diag);
    mj_deleteModel(m); /* foreign memory: MuJoCo's */
    return st;
}

static void angles_are_those_of_the_joints(void **state)
{
    static const char *const models[] = {
        KEYFRAME,
        TUPLE(ALL),
        TUPLE(ELEMENT("other", "9") ALL BOX),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        double angle[JOINTS] = {0.0};
        spot_diag diag = {.text = ""};
        assert_int_equal(find(models[i], "ready", angle, &diag), SPOT_OK);
        assert_string_equal(diag.text, "");
        assert_true(angle[0] == 0.2 && angle[1] == 0.1 && angle[2] == -0.3);
    }
}

static void what_is_no_posture_is_refused(void **state)
{
    static const struct {
        const char *more, *says;
    } cases[] = {
        {"", "the model has no keyframe called 'ready', expected one, but it names none"},
        {"<keyframe><key name=\"read\"/></keyframe><custom><tuple name=\"rest\">" ALL
         "</tuple></custom>",
         "no keyframe called 'ready', expected one of: read, rest"},
        {KEYFRAME TUPLE(ALL), "a keyframe and a tuple 'ready', expected one of them"},
        {TUPLE(ELEMENT("two", "0.2") ELEMENT("one", "0.1")),
         "the tuple 'ready' has 0 elements of joint 'three', expected one"},
        {TUPLE(ALL ELEMENT("one", "0.1")), "has 2 elements of joint 'one', expected one"},
        /* `one` is joint 1 of the model, and `box` body 1 */
        {TUPLE(ELEMENT("two", "0.2") ELEMENT("three", "-0.3") BOX),
         "has 0 elements of joint 'one'"},
        {TUPLE(ELEMENT("one", "0.1") ELEMENT("two", "7.1") ELEMENT("three", "0")),
         "joint 'two' stands at 7.1 rad in 'ready', expected -7 to 7"},
        {"<keyframe><key name=\"ready\" qpos=\"5 5 5 1 0 0 0 -8 9 0.2 -0.3\"/></keyframe>",
         "joint 'one' stands at -8 rad"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double angle[JOINTS] = {0.0};
        spot_diag diag = {.text = ""};
        assert_int_equal(find(cases[i].more, "ready", angle, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].says) == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].says);
        }
    }
}

/* The shipped task's own angles, by name. */
#define HOME                                                                                       \
    ELEMENT("shoulder_pan", "-0.3007")                                                             \
    ELEMENT("shoulder_lift", "-1.6596")                                                            \
    ELEMENT("elbow", "2.0143")                                                                     \
    ELEMENT("wrist_1", "-1.9255") ELEMENT("wrist_2", "-1.5708") ELEMENT("wrist_3", "-1.8715")

static void a_task_with_a_keyframe_is_the_same_task(void **state)
{
    variant v;
    rig said;
    rig named;
    (void)state;
    rig_open(&said, PICK_PLACE, 1.0, 1.0);
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "  home: [-0.3007, -1.6596, 2.0143, -1.9255, -1.5708, -1.8715]",
                 "  keyframe: ready");
    variant_edit(v.robot, "</mujocoinclude>", TUPLE(HOME) "</mujocoinclude>");
    rig_open(&named, v.task, 1.0, 1.0);
    for (int i = 0; i < said.scene->chain.n; i++) {
        assert_true(named.scene->home[i] == said.scene->file->arm.home[i]);
    }
    for (uint64_t seed = 0; seed < 3; seed++) {
        rig_reset(&said, seed);
        rig_reset(&named, seed);
        for (int i = 0; i < said.w->model->nq; i++) {
            assert_true(named.w->data->qpos[i] == said.w->data->qpos[i]);
        }
    }
    rig_close(&said);
    rig_close(&named);
}

static void a_task_says_its_line(void **state)
{
    static const struct {
        const char *to, *says;
    } cases[] = {
        {"", ":15: home: missing, expected joint angles, or `keyframe`"},
        {"keyframe: ready", ":19: keyframe: the model has no keyframe called 'ready'"},
        {"home: [-0.3007, -1.6596, 2.0143, -1.9255, -1.5708, -1.8715]\n  keyframe: ready",
         ":20: keyframe: besides home, expected one of them"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        variant v;
        spot_task *task = NULL;
        spot_diag diag = {.text = ""};
        variant_make(&v, "ur5e-pick-place");
        variant_edit(v.task, "home: [-0.3007, -1.6596, 2.0143, -1.9255, -1.5708, -1.8715]",
                     cases[i].to);
        assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_E_FORMAT);
        if (strstr(diag.text, cases[i].says) == NULL) {
            fail_msg("'%s' lacks '%s'", diag.text, cases[i].says);
        }
    }
}

/* A check that fails at home names the line of the key that is there. */
static void a_trial_says_the_keyframe(void **state)
{
    static spot_trial trial;
    variant v;
    spot_task *task = NULL;
    spot_diag diag = {.text = ""};
    const spot_trial_check *failed = NULL;
    (void)state;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "home: [-0.3007, -1.6596, 2.0143, -1.9255, -1.5708, -1.8715]",
                 "keyframe: ready");
    variant_edit(v.robot, "</mujocoinclude>", TUPLE(HOME) "</mujocoinclude>");
    variant_edit(v.robot, "\"-0.3007\"", "\"2.8409\"");
    assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_OK);
    assert_int_equal(spot_task_try(task, &trial, &diag), SPOT_E_FORMAT);
    for (int i = 0; i < trial.count && failed == NULL; i++) {
        failed = trial.checks[i].result == SPOT_TRIAL_FAIL ? &trial.checks[i] : NULL;
    }
    if (failed == NULL) {
        fail_msg("nothing failed");
        return;
    }
    assert_string_equal(failed->name, "arm.home");
    assert_non_null(strstr(failed->where, "task.yaml:19"));
    spot_task_destroy(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(angles_are_those_of_the_joints),
        cmocka_unit_test(what_is_no_posture_is_refused),
        cmocka_unit_test(a_task_with_a_keyframe_is_the_same_task),
        cmocka_unit_test(a_task_says_its_line),
        cmocka_unit_test(a_trial_says_the_keyframe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
