/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Tasks whose names are all right and whose behaviour is not: each is a shipped one with one thing changed, and is
 * refused by the check that is about that thing. */
#include <stdlib.h>

#include "lab/sim/rig.h"
#include "lab/sim/variant.h"
#include "spot/trial.h"

typedef enum place { TASK, SCENE, ROBOT } place;

typedef struct broken {
    place in;
    const char *from, *to;
    const char *check;   /* the one that fails; NULL = none */
    const char *line_of; /* what the message's line begins with, blanks aside; NULL = any */
    const char *says;
} broken;

static const broken cases[] = {
    /* the arm's actuators */
    {ROBOT, "biastype=\"affine\" gainprm=\"5000\" biasprm=\"0 -5000 -200\"",
     "biastype=\"none\" gainprm=\"1\"", "arm actuators",
     "actuators:", "actuator 'shoulder_pan' of joint 'shoulder_pan' is a motor"},
    {ROBOT, "biasprm=\"0 -2500 -100\"", "biasprm=\"0 0 -100\"", "arm actuators",
     "actuators:", "'elbow' is a velocity servo"},
    {ROBOT, "biasprm=\"0 -400 -16\"", "biasprm=\"0 -200 -16\"", "arm actuators",
     "actuators:", "'wrist_1' does not rest where its command says"},
    {ROBOT, "biasprm=\"0 -400 -16\"", "biasprm=\"1 -400 -16\"", "arm actuators",
     "actuators:", "an offset"},
    {ROBOT, "<general name=\"elbow\"", "<general gear=\"2 0 0 0 0 0\" name=\"elbow\"",
     "arm actuators", "actuators:", "a gear other than 1"},
    {TASK, "actuators: [shoulder_pan, shoulder_lift", "actuators: [shoulder_lift, shoulder_pan",
     "arm actuators", "actuators:", "acts on something else"},
    {ROBOT, "</actuator>", "<motor name=\"extra\" joint=\"wrist_2\"/></actuator>", "arm actuators",
     NULL, "actuator 'extra' acts on joint 'wrist_2' too"},
    {ROBOT, "joint=\"elbow\" class=\"size3_elbow\"",
     "joint=\"elbow\" class=\"size3_elbow\" ctrllimited=\"true\" ctrlrange=\"-1 1\"", "arm.home",
     "home:", "actuator 'elbow' is sent 2.014"},
    {TASK, "shoulder_lift, elbow, wrist_1", "shoulder_lift, wrist_1, elbow", "arm chain",
     "joints:", "joint 'elbow' does not hang on 'wrist_1'"},
    {TASK, "shoulder_lift, elbow, wrist_1", "shoulder_lift, elbow, elbow", "arm chain",
     "joints:", "joint 'elbow' does not hang on 'elbow'"},
    /* the gripper */
    {ROBOT, "gainprm=\"2000\"\n             biasprm=\"0 -2000 0\"",
     "gainprm=\"-0.6666666667\" ctrllimited=\"true\" ctrlrange=\"0 255\" biasprm=\"170 -2000 0\"",
     "gripper follows", "opening:", "85.0 mm at the start, 85.0 mm after 'close'"},
    {ROBOT, "gainprm=\"2000\"\n             biasprm=\"0 -2000 0\"",
     "gainprm=\"2000\" ctrllimited=\"true\""
     " ctrlrange=\"0 0.05\" biasprm=\"0 -2000 0\"",
     "gripper command", "actuator:", "is sent 0 to 0.085"},
    {ROBOT, "gainprm=\"2000\"\n             biasprm=\"0 -2000 0\"",
     "gainprm=\"2000\" ctrllimited=\"true\""
     " ctrlrange=\"0.01 0.1\" biasprm=\"0 -2000 0\"",
     "gripper command", "actuator:", "is sent 0 to 0.085"},
    {ROBOT, "<equality>", "<equality><joint joint1=\"elbow\" polycoef=\"1.7 0 0 0 0\"/>",
     "arm follows", "actuators:", "expected at most 5 mm and 2 deg"},
    {TASK, "open_m: 0.085", "open_m: 0.150", "gripper follows",
     "opening:", "expected 150, 0 and 150 mm"},
    /* where things are */
    {TASK, "z_m: [0.14, 0.26]", "z_m: [1.25, 1.25]", "start", "z_m: [1.25",
     "z_m is 1.25 to 1.25 m"},
    {TASK, "home: [-0.3007", "home: [2.8409", "arm.home", "home:", "the tool is at x -0.450"},
    {TASK, "-1.5708, -1.8715]", "-0.8, -1.8715]", "arm.home", "home:", "leans by 44.2 deg"},
    {ROBOT, "<body name=\"base\" quat", "<body name=\"base\" pos=\"0 0 0.4\" quat", "objects rest",
     "z_m:", "expected at most 50 mm"},
    {TASK, "z_m: 0.0225", "z_m: 0.4", "objects rest", "z_m:", "'cube' is 3"}, /* falls 0.31 m */
    {TASK, "high: [0.65, 0.42, 0.33]", "high: [1.65, 0.42, 0.33]", NULL, NULL,
     NULL}, /* a warning */
    {TASK, "x_m: [0.34, 0.56]", "x_m: [0.34, 0.75]", "reach of objects",
     "x_m:", "up to 100 mm outside"},
    {TASK, "apart_m: 0.14", "apart_m: 10", "objects apart",
     "apart_m:", "object 'tray' is put 10 m from 'cube'"},
    /* the simulation */
    {SCENE, "integrator=\"Euler\"", "integrator=\"RK4\"", "integrator", "<option", "RK4"},
    {SCENE, "integrator=\"Euler\"", "integrator=\"implicit\"", NULL, NULL, NULL},
    {SCENE, "timestep=\"0.004\"", "timestep=\"0.02\"", "time step", "<option", "'shoulder_pan'"},
    {ROBOT, "gainprm=\"400\" biasprm=\"0 -400 -16\"",
     "gainprm=\"900000\" biasprm=\"0 -900000 -16\"", "time step", "<option", "'wrist_"},
#if mjVERSION_HEADER < 300 /* later ones keep it, and the model is not even loaded */
    {ROBOT, "<body name=\"wrist_1\" pos=\"-0.3922", "<body name=\"wrist_1\" pos=\"nan", "model",
     "<body name=\"wrist_1\"", "contains a 'NaN'"},
#endif
    {SCENE, "mass=\"0.08\"", "mass=\"nan\"", "model", NULL, "contains a 'NaN'"},
    {SCENE, "mass=\"0.08\"", "mass=\"1e30\"", "numbers", "<body name=\"cube\"",
     "the mass of body 'cube' is 1e+30"},
};

static void make(const broken *c, variant *v)
{
    variant_make(v, "ur5e-pick-place");
    variant_edit(c->in == TASK ? v->task : c->in == SCENE ? v->scene : v->robot, c->from, c->to);
}

static spot_status try_task(const char *path, spot_trial *trial, spot_diag *diag)
{
    spot_task *task = NULL;
    diag->text[0] = '\0';
    if (spot_task_load(path, NULL, &task, diag) != SPOT_OK) {
        fail_msg("%s", diag->text);
    }
    spot_status st = spot_task_try(task, trial, diag);
    spot_task_destroy(task);
    return st;
}

static int failures(const spot_trial *trial, const char **first)
{
    int n = 0;
    for (int i = trial->count - 1; i >= 0; i--) {
        assert_true(trial->checks[i].measured[0] != '\0' && trial->checks[i].expected[0] != '\0');
        if (trial->checks[i].result == SPOT_TRIAL_FAIL) {
            *first = trial->checks[i].name;
            n++;
        }
    }
    return n;
}

/* The line that the message names, blanks aside, begins as it should. */
static void assert_line(const char *message, const char *begins)
{
    static char text[VARIANT_TEXT];
    char path[VARIANT_PATH];
    const char *colon = strchr(message, ':');
    assert_non_null(colon);
    (void)snprintf(path, sizeof(path), "%.*s", (int)(colon - message), message);
    (void)spot_test_read_file(path, text, sizeof(text));
    const char *at = text;
    for (int line = atoi(colon + 1); line > 1 && at != NULL; line--) {
        at = strchr(at, '\n') + 1;
    }
    at += strspn(at, " -");
    if (strncmp(at, begins, strlen(begins)) != 0) {
        fail_msg("'%s' names the line '%.40s', expected '%s'", message, at, begins);
    }
}

static void behaviour_that_is_not_as_written_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const broken *c = &cases[i];
        static spot_trial trial;
        spot_diag diag;
        variant v;
        const char *first = "none";
        make(c, &v);
        const spot_status st = try_task(v.task, &trial, &diag);
        const int n = failures(&trial, &first);
        if (c->check == NULL) {
            assert_int_equal(st, SPOT_OK);
            assert_int_equal(n, 0);
            continue;
        }
        if (st != SPOT_E_FORMAT || strcmp(first, c->check) != 0 ||
            strstr(diag.text, c->says) == NULL || strchr(diag.text, '\n') != NULL) {
            fail_msg("'%s': status %d, %s: '%s', expected %s: '%s'", c->to, st, first, diag.text,
                     c->check, c->says);
        }
        if (c->line_of != NULL) {
            assert_line(diag.text, c->line_of);
        }
    }
}

static const spot_trial_check *check_called(const spot_trial *trial, const char *name)
{
    for (int i = 0; i < trial->count; i++) {
        if (strcmp(trial->checks[i].name, name) == 0) {
            return &trial->checks[i];
        }
    }
    fail_msg("no check is called '%s'", name);
    return &trial->checks[0];
}

static void shipped_tasks_pass_without_a_warning(void **state)
{
    (void)state;
    static const char *const tasks[] = {PICK_PLACE, WRIST_PICK, PRESS, CONVEYOR};
    for (int i = 0; i < 4; i++) {
        static spot_trial trial;
        spot_diag diag;
        assert_int_equal(try_task(tasks[i], &trial, &diag), SPOT_OK);
        assert_true(trial.count >= 17);
        for (int k = 0; k < trial.count; k++) {
            if (trial.checks[k].result != SPOT_TRIAL_PASS) {
                fail_msg("%s: %s: %s", tasks[i], trial.checks[k].name, trial.checks[k].measured);
            }
        }
    }
}

/* The belt is 5 kg behind a servo of 2000 N s/m, at 4 ms: explicit damping bears 2 M / (d h), of which this is 0.8.
 * A spring in its place, of stiffness k, bears 4 M / (k h^2). */
static void bound_of_the_time_step_is_the_closed_form(void **state)
{
    (void)state;
    static const struct {
        const char *servo;
        double share;
        const char *stiffness; /* of the joint too; NULL = none */
    } belts[] = {
        {"<velocity name=\"belt\" joint=\"belt\" kv=\"2000\"/>", 2000.0 * 0.004 / (2.0 * 5.0),
         NULL},
        {"<general name=\"belt\" joint=\"belt\" biastype=\"affine\" biasprm=\"0 -1000000 0\"/>",
         1e6 * 0.004 * 0.004 / (4.0 * 5.0), NULL},
        {"<general name=\"belt\" joint=\"belt\" biastype=\"affine\" biasprm=\"0 -500000 -1000\"/>",
         (5e5 * 0.004 * 0.004 + 2.0 * 1000.0 * 0.004) / (4.0 * 5.0), NULL},
        {"<velocity name=\"belt\" joint=\"belt\" kv=\"2000\"/>",
         (1e5 * 0.004 * 0.004 + 2.0 * 2000.0 * 0.004) / (4.0 * 5.0),
         "axis=\"0 1 0\" stiffness=\"100000\""},
    };
    for (size_t i = 0; i < sizeof(belts) / sizeof(belts[0]); i++) {
        static spot_trial trial;
        static char text[VARIANT_TEXT];
        spot_diag diag;
        double h = 0.0;
        double share = 0.0;
        variant v;
        variant_make(&v, "ur5e-conveyor");
        (void)spot_test_read_file(v.scene, text, sizeof(text));
        assert_non_null(strstr(text, "mass=\"5\""));
        variant_edit(v.scene, belts[0].servo, belts[i].servo);
        if (belts[i].stiffness != NULL) {
            variant_edit(v.scene, "axis=\"0 1 0\" damping=\"0\"", belts[i].stiffness);
        }
        spot_task *task = NULL;
        assert_int_equal(spot_task_load(v.task, NULL, &task, &diag), SPOT_OK);
        /* the check of the belt's own kind comes first, and is not what is asked here */
        spoti_scene *scene = task->self;
        const int a = scene->moving_actuator;
        scene->moving_actuator = -1;
        (void)spot_task_try(task, &trial, &diag);
        scene->moving_actuator = a;
        const spot_trial_check *c = check_called(&trial, "time step");
        assert_int_equal(sscanf(c->measured, "%lf s is %lf", &h, &share), 2);
        assert_close(h, 0.004, 1e-9, 0.0);
        assert_close(share, belts[i].share, 0.0, 0.05); /* printed with two digits */
        assert_non_null(strstr(c->measured, "'belt'"));
        assert_int_equal(c->result, share < 1.0 ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL);
        spot_task_destroy(task);
    }
}

/* The corner that is farthest off is named, with no more than a warning for the workspace. */
static void corner_out_of_reach_is_named(void **state)
{
    (void)state;
    static spot_trial trial;
    spot_diag diag;
    variant v;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "high: [0.65, 0.42, 0.33]", "high: [1.65, 0.42, 0.33]");
    assert_int_equal(try_task(v.task, &trial, &diag), SPOT_OK);
    const spot_trial_check *c = check_called(&trial, "reach of workspace");
    assert_int_equal(c->result, SPOT_TRIAL_WARN);
    assert_non_null(strstr(c->measured, "x 1.650"));
    assert_non_null(strstr(c->where, "task.yaml:24"));
}

/* What MuJoCo complains about is shown, and refuses nothing: episodes say it themselves. */
static void complaint_of_the_simulator_fails_and_does_not_refuse(void **state)
{
    (void)state;
    static spot_trial trial;
    spot_diag diag;
    variant v;
    if (mjVERSION_HEADER >= 300) {
        skip(); /* it has no buffer of contacts that could be full */
    }
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.scene, "nconmax=\"60\"", "nconmax=\"3\"");
    assert_int_equal(try_task(v.task, &trial, &diag), SPOT_OK);
    const spot_trial_check *c = check_called(&trial, "simulator");
    assert_int_equal(c->result, SPOT_TRIAL_FAIL);
    assert_false(c->refuses);
    assert_non_null(strstr(c->measured, "raise nconmax"));
    assert_non_null(strstr(c->where, "scene.xml:6"));
}

/* A start out of reach is found at a reset, with its seed and what is left of the way. */
static void start_out_of_reach_names_seed_and_residual(void **state)
{
    (void)state;
    static spot_trial trial;
    spot_diag diag;
    variant v;
    double mm = 0.0;
    double deg = -1.0;
    variant_make(&v, "ur5e-pick-place");
    variant_edit(v.task, "high: [0.65", "high: [1.65");
    variant_edit(v.task, "degrees\n  x_m: [0.36, 0.54]", "degrees\n  x_m: [1.36, 1.54]");
    assert_int_equal(try_task(v.task, &trial, &diag), SPOT_E_FORMAT);
    assert_line(diag.text, "start:");
    assert_non_null(strstr(diag.text, "reset: seed 0: the start at x 1."));
    assert_int_equal(sscanf(strstr(diag.text, "off by"), "off by %lf mm and %lf deg", &mm, &deg),
                     2);
    assert_true(mm > 100.0 && deg >= 0.0);
}

static void trial_changes_nothing(void **state)
{
    (void)state;
    double rows[2][RIG_STATE_MAX];
    for (int i = 0; i < 2; i++) {
        static spot_trial trial;
        rig r;
        memset(rows[i], 0, sizeof(rows[i]));
        rig_open(&r, CONVEYOR, 1.0, 1.0);
        if (i == 1) {
            assert_int_equal(spot_task_try(r.task, &trial, NULL), SPOT_OK);
        }
        rig_reset(&r, 11);
        rig_step(&r, 200);
        r.world.ops->state(r.world.self, rows[i]);
        rig_close(&r);
    }
    assert_memory_equal(rows[0], rows[1], sizeof(rows[0]));
    assert_int_equal(spot_task_try(NULL, NULL, NULL), SPOT_E_INVALID);
}

/* Memory that is short is said, and nothing is left behind. */
static void out_of_memory_is_no_verdict(void **state)
{
    (void)state;
    spot_test_allocator mem;
    spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spot_task *task = NULL;
    static spot_trial trial;
    assert_int_equal(spot_task_load(PICK_PLACE, &a, &task, NULL), SPOT_OK);
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; k < 20 && st == SPOT_E_NOMEM; k++) {
        mem.fail_at = mem.n_alloc + k;
        st = spot_task_try(task, &trial, NULL);
    }
    assert_int_equal(st, SPOT_OK);
    assert_true(mem.n_failed >= 5); /* a world, and the matrices of the time step */
    spot_task_destroy(task);
    spot_test_assert_no_leak(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaviour_that_is_not_as_written_is_refused),
        cmocka_unit_test(shipped_tasks_pass_without_a_warning),
        cmocka_unit_test(bound_of_the_time_step_is_the_closed_form),
        cmocka_unit_test(corner_out_of_reach_is_named),
        cmocka_unit_test(complaint_of_the_simulator_fails_and_does_not_refuse),
        cmocka_unit_test(start_out_of_reach_names_seed_and_residual),
        cmocka_unit_test(trial_changes_nothing),
        cmocka_unit_test(out_of_memory_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
