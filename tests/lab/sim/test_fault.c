/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What MuJoCo complains about makes an episode invalid, and the words say what to mend. */
#include "lab/sim/rig.h"

enum { LONG = 2000 /* ticks: 8 s */ };

static const float OPEN_DOWN[SPOTI_ACTION_DIM] = {0.0F, 0.0F, -0.05F, 0.0F, 1.0F};

/* A world with less of a buffer than the task needs: the model is the task's own, before any world. */
static void open_starved(rig *r, int nconmax, int njmax)
{
    const spot_variation variation = {.speed = 1.0, .noise = 1.0};
    spot_diag diag = {.text = ""};
    memset(r, 0, sizeof(*r));
    assert_int_equal(spot_task_load(PICK_PLACE, NULL, &r->task, &diag), SPOT_OK);
    r->scene = r->task->self;
    r->scene->model->nconmax = nconmax > 0 ? nconmax : r->scene->model->nconmax;
    r->scene->model->njmax = njmax > 0 ? njmax : r->scene->model->njmax;
    assert_int_equal(spot_task_make_world(r->task, &variation, &r->world, &diag), SPOT_OK);
    r->w = r->world.self;
}

static void assert_says(const rig *r, const char *ours, const char *theirs)
{
    const spot_outcome o = rig_outcome(r);
    assert_true(o.invalid && o.done && !o.success);
    if (strstr(o.fault, ours) == NULL || strstr(o.fault, theirs) == NULL) {
        fail_msg("'%s' lacks '%s' or '%s'", o.fault, ours, theirs);
    }
}

static void full_buffers_name_what_to_raise(void **state)
{
    rig r;
    (void)state;
#if mjVERSION_HEADER >= 300
    /* one memory for all: before either of its parts is full the stack is, so it is said by hand */
    static const int full[] = {mjWARN_CONTACTFULL, mjWARN_CNSTRFULL};
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    for (size_t i = 0; i < 2; i++) {
        rig_reset(&r, 0);
        r.w->data->warning[full[i]].number = 1;
        assert_int_equal(r.world.ops->step(r.world.self), SPOT_OK);
        assert_says(&r,
                    i == 0 ? "contact buffer full at 0.004 s, raise memory in <size>"
                           : "constraint buffer full at 0.004 s, raise memory in <size>",
                    "(MuJoCo: ");
    }
    rig_close(&r);
    return;
#endif
    /* a cube on a table touches at four corners */
    open_starved(&r, 3, 0);
    rig_reset(&r, 0);
    assert_says(&r, "contact buffer full at 0.000 s, raise nconmax",
                "(MuJoCo: Pre-allocated contact buffer is full. Increase nconmax above 3.)");
    assert_int_equal(r.world.ops->step(r.world.self), SPOT_E_STATE);
    rig_close(&r);

    open_starved(&r, 0, 2);
    rig_reset(&r, 0);
    assert_says(&r, "raise njmax", "Increase njmax above 2");
    rig_close(&r);
}

/* The name of a fault's DOF is that of the coordinate that was spoilt, however the joints are ordered. */
static void a_bad_number_names_its_degree_of_freedom(void **state)
{
    static const struct {
        const char *joint;
        const char *want; /* a free joint has a name too */
    } cases[] = {{"shoulder_pan", "DOF 'shoulder_pan'"},
                 {"wrist_3", "DOF 'wrist_3'"},
                 {"finger_left", "DOF 'finger_left'"},
                 {"cube", "DOF 'cube'"}};
    rig r;
    (void)state;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int joint = mj_name2id(r.w->model, mjOBJ_JOINT, cases[i].joint);
        const bool is_free = r.w->model->jnt_type[joint] == mjJNT_FREE;
        assert_true(joint >= 0);
        rig_reset(&r, 5);
        rig_step(&r, 10);
        assert_false(rig_outcome(&r).invalid);
        /* the last of its coordinates */
        r.w->data->qpos[r.w->model->jnt_qposadr[joint] + (is_free ? 6 : 0)] = (mjtNum)NAN;
        assert_int_equal(r.world.ops->step(r.world.self), SPOT_OK);
        assert_says(&r, cases[i].want, "Nan, Inf or huge value");
        assert_says(&r, "unstable at 0.044 s", "(MuJoCo: ");

        rig_reset(&r, 5);
        rig_step(&r, 3);
        r.w->data->qvel[r.w->model->jnt_dofadr[joint] + (is_free ? 5 : 0)] = 1e30;
        assert_int_equal(r.world.ops->step(r.world.self), SPOT_OK);
        assert_true(rig_outcome(&r).invalid);
    }
    rig_close(&r);
}

/* What broke in one episode is forgotten in the next, which is as if nothing had been. */
static void the_next_episode_is_as_good_as_new(void **state)
{
    double fresh[RIG_STATE_MAX] = {0};
    double again[RIG_STATE_MAX] = {0};
    double anchor[SPOTI_ANCHOR_DIM];
    float obs[RIG_OBS_MAX];
    rig r;
    (void)state;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    for (int pass = 0; pass < 2; pass++) {
        rig_reset(&r, 7);
        assert_int_equal(r.world.ops->observe(r.world.self, obs, anchor), SPOT_OK);
        assert_int_equal(r.world.ops->act(r.world.self, OPEN_DOWN, anchor), SPOT_OK);
        rig_step(&r, 50);
        assert_false(rig_outcome(&r).invalid);
        assert_null(rig_outcome(&r).fault);
        r.world.ops->state(r.world.self, pass == 0 ? fresh : again);
        r.w->data->qacc_warmstart[0] = (mjtNum)NAN; /* poison for the next pass */
        r.w->data->qvel[2] = (mjtNum)NAN;
        assert_int_equal(r.world.ops->step(r.world.self), SPOT_OK);
        assert_true(rig_outcome(&r).invalid);
    }
    assert_memory_equal(fresh, again, sizeof(fresh));
    rig_close(&r);
}

/* A gripper with twelve times the gain and no limit of force, as a user may well write it. */
static void gains_that_blow_up_end_the_episode_in_words(void **state)
{
    rig r;
    double anchor[SPOTI_ANCHOR_DIM];
    float obs[RIG_OBS_MAX];
    const float shut[SPOTI_ACTION_DIM] = {0.0F, 0.0F, 0.0F, 0.0F, -1.0F};
    (void)state;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    mjModel *m = r.scene->model;
    const int gripper = r.scene->gripper_actuator;
    m->actuator_gainprm[(ptrdiff_t)mjNGAIN * gripper] = 1e7;
    m->actuator_biasprm[(ptrdiff_t)mjNBIAS * gripper + 1] = -1e7;
    m->actuator_forcelimited[gripper] = 0;
    rig_reset(&r, 0);
    assert_int_equal(r.world.ops->observe(r.world.self, obs, anchor), SPOT_OK);
    assert_int_equal(r.world.ops->act(r.world.self, shut, anchor), SPOT_OK);
    for (int i = 0; i < LONG && !rig_outcome(&r).invalid; i++) {
        assert_int_equal(r.world.ops->step(r.world.self), SPOT_OK);
    }
    assert_says(&r, "DOF 'finger_", "The simulation is unstable.");
    rig_close(&r);
}

/* MuJoCo gives up with an error, not a warning, where its stack is too small. */
static void an_error_of_mujoco_is_a_fault_too(void **state)
{
    rig r;
    (void)state;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 0);
#if mjVERSION_HEADER < 300
    r.w->data->nstack = 10;
#else /* the stack grows from the arena's end towards what the contacts take */
    r.w->data->pstack = (size_t)r.w->data->narena - r.w->data->parena;
#endif
    assert_int_equal(r.world.ops->step(r.world.self), SPOT_OK);
#if mjVERSION_HEADER < 300
    assert_says(&r, "broke off at 0.000 s, raise nstack in <size>", "Stack overflow");
#else
    assert_says(&r, "broke off at 0.000 s, raise memory in <size>", "stack overflow");
#endif
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_buffers_name_what_to_raise),
        cmocka_unit_test(a_bad_number_names_its_degree_of_freedom),
        cmocka_unit_test(the_next_episode_is_as_good_as_new),
        cmocka_unit_test(gains_that_blow_up_end_the_episode_in_words),
        cmocka_unit_test(an_error_of_mujoco_is_a_fault_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
