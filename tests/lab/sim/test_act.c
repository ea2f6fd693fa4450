/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Actions: relative to their observation, held until the next; the gripper's speed; repeatability. */
#include <pthread.h>

#include "lab/sim/rig.h"
#include "lab/sim/variant.h"

enum { PERIOD = 25, GRIPPER_TICKS_MAX = 400 };

static const double STILL_M = 1e-4;

static void hand(const rig *r, double pose[4])
{
    double row[RIG_STATE_MAX];
    r->world.ops->sample(r->world.self, row);
    memcpy(pose, row, 4 * sizeof(double));
}

static void action_is_relative_to_the_anchor_of_its_observation(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    float obs[RIG_OBS_MAX];
    double anchor[SPOT_ANCHOR_DIM_MAX];
    assert_int_equal(r.world.ops->observe(r.world.self, obs, anchor), SPOT_OK);
    /* the arm goes elsewhere before the action of that observation arrives */
    assert_int_equal(rig_act(&r, 0.6, 0.3, 0.3, 0.5, true), SPOT_OK);
    rig_step(&r, 10 * PERIOD);
    const float action[5] = {0.02f, -0.03f, 0.04f, 0.2f, 1.0f};
    assert_int_equal(r.world.ops->act(r.world.self, action, anchor), SPOT_OK);
    rig_step(&r, 20 * PERIOD);
    double pose[4];
    hand(&r, pose);
    for (int k = 0; k < 4; k++) {
        assert_close(pose[k], anchor[k] + (double)action[k], STILL_M, 0.0);
    }
    rig_close(&r);
}

static double opening(const rig *r)
{
    double row[RIG_STATE_MAX];
    r->world.ops->sample(r->world.self, row);
    return row[4];
}

/* Speed of the opening between 30 and 60 mm, from positions. */
static double stroke_speed(rig *r, bool open)
{
    int first = -1;
    double from = 0.0;
    for (int i = 0; i < GRIPPER_TICKS_MAX; i++) {
        double x = opening(r);
        bool inside = x > 0.030 && x < 0.060;
        if (inside && first < 0) {
            first = i;
            from = x;
        } else if (!inside && first >= 0) {
            return fabs(x - from) / (0.004 * (i - first));
        }
        rig_step(r, 1);
    }
    fail_msg("the gripper does not %s", open ? "open" : "close");
    return 0.0;
}

static void gripper_moves_at_its_speed(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 1);
    double pose[4];
    hand(&r, pose);
    assert_close(opening(&r), 0.085, 1e-3, 0.0);
    assert_int_equal(rig_act(&r, pose[0], pose[1], pose[2], pose[3], false), SPOT_OK);
    /* 30 mm take 30 ticks at 0.25 m/s: one tick is 3 %, and the ramp of the servo fades out */
    assert_close(stroke_speed(&r, false), 0.25, 0.0, 0.05);
    rig_step(&r, 100);
    assert_close(opening(&r), 0.0, 1e-3, 0.0);
    assert_int_equal(rig_act(&r, pose[0], pose[1], pose[2], pose[3], true), SPOT_OK);
    assert_close(stroke_speed(&r, true), 0.25, 0.0, 0.05);
    rig_step(&r, 100);
    assert_close(opening(&r), 0.085, 1e-3, 0.0);
    rig_close(&r);
}

static void last_target_is_held_while_the_world_goes_on(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 1.0);
    rig_reset(&r, 2);
    assert_int_equal(rig_act(&r, 0.5, 0.1, 0.25, 0.3, true), SPOT_OK);
    rig_step(&r, 15 * PERIOD);
    double before[4];
    hand(&r, before);
    double cube = rig_body(&r, "cube")[1];
    double time = rig_outcome(&r).time_s;
    rig_step(&r, 100 * PERIOD);
    double after[4];
    hand(&r, after);
    for (int k = 0; k < 4; k++) {
        assert_close(after[k], before[k], STILL_M, 0.0);
    }
    assert_close(rig_outcome(&r).time_s - time, 10.0, 1e-9, 0.0);
    assert_close(rig_body(&r, "cube")[1] - cube, 0.625, 0.0, 0.02);
    rig_close(&r);
}

/* A target that can be reached in one control period is reached in it, along a straight line. */
static void reference_takes_one_control_period(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 1.0);
    rig_reset(&r, 2);
    double from[4];
    memcpy(from, r.w->reference, sizeof(from));
    const double to[4] = {from[0] + 0.02, from[1] - 0.03, from[2] + 0.01, from[3] + 0.1};
    assert_int_equal(rig_act(&r, to[0], to[1], to[2], to[3], true), SPOT_OK);
    for (int tick = 1; tick <= PERIOD; tick++) {
        rig_step(&r, 1);
        for (int k = 0; k < 4; k++) {
            double share = (double)tick / PERIOD;
            assert_close(r.w->reference[k], from[k] + share * (to[k] - from[k]), 1e-12, 0.0);
        }
    }
    rig_close(&r);
}

enum { TRACE_ROWS = 60 };

typedef struct trace {
    const spot_task *task;
    uint64_t seed;
    bool failed;
    double states[TRACE_ROWS][RIG_STATE_MAX];
    float obs[TRACE_ROWS][RIG_OBS_MAX];
} trace;

/* An episode of fixed actions that push the cube about; asserts nothing, as it runs in threads. */
static void *record(void *arg)
{
    trace *t = arg;
    spot_world world;
    const spot_variation variation = {.speed = 1.5, .noise = 1.0};
    double anchor[SPOT_ANCHOR_DIM_MAX];

    memset(t->states, 0, sizeof(t->states));
    memset(t->obs, 0, sizeof(t->obs));
    t->failed = spot_task_make_world(t->task, &variation, &world, NULL) != SPOT_OK;
    if (t->failed) {
        return NULL;
    }
    t->failed = world.ops->reset(world.self, t->seed) != SPOT_OK;
    for (int i = 0; i < TRACE_ROWS && !t->failed; i++) {
        t->failed = world.ops->observe(world.self, t->obs[i], anchor) != SPOT_OK;
        /* to the cube, then on */
        const float action[5] = {t->obs[i][6], t->obs[i][7], -0.02f, 0.1f,
                                 i % 20 < 12 ? 1.0f : -1.0f};
        t->failed = t->failed || world.ops->act(world.self, action, anchor) != SPOT_OK;
        for (int tick = 0; tick < PERIOD && !t->failed; tick++) {
            t->failed = world.ops->step(world.self) != SPOT_OK;
        }
        world.ops->state(world.self, t->states[i]);
    }
    spot_world_destroy(&world);
    return NULL;
}

static void same_seed_gives_the_same_bytes_twice_and_in_threads(void **state)
{
    (void)state;
    static const char *const tasks[] = {PICK_PLACE, CONVEYOR};
    static trace t[4];
    for (int task = 0; task < 2; task++) {
        rig r;
        pthread_t thread[2];
        rig_open(&r, tasks[task], 1.0, 1.0);
        for (int i = 0; i < 4; i++) {
            t[i].task = r.task;
            t[i].seed = 21;
        }
        (void)record(&t[0]);
        (void)record(&t[1]);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(pthread_create(&thread[i], NULL, record, &t[2 + i]), 0);
        }
        for (int i = 0; i < 2; i++) {
            assert_int_equal(pthread_join(thread[i], NULL), 0);
        }
        for (int i = 0; i < 4; i++) {
            assert_false(t[i].failed);
            assert_memory_equal(t[i].states, t[0].states, sizeof(t[0].states));
            assert_memory_equal(t[i].obs, t[0].obs, sizeof(t[0].obs));
        }
        /* and the comparison would notice another seed */
        t[1].seed = 22;
        (void)record(&t[1]);
        assert_memory_not_equal(t[1].states, t[0].states, sizeof(t[0].states));
        rig_close(&r);
    }
}

/* What the model compensates itself would count twice: the controller does it. */
static void gravcomp_of_the_arm_is_set_aside(void **state)
{
    (void)state;
#if mjVERSION_HEADER < 237
    skip(); /* MuJoCo does not know it */
#else
    double rows[2][RIG_STATE_MAX];
    for (int i = 0; i < 2; i++) {
        variant v;
        rig r;
        memset(rows[i], 0, sizeof(rows[i]));
        variant_make(&v, "ur5e-pick-place");
        if (i == 1) {
            variant_edit(v.robot, "<body name=\"forearm\"",
                         "<body name=\"forearm\" gravcomp=\"1\"");
            variant_edit(v.robot, "<body name=\"palm\"", "<body name=\"palm\" gravcomp=\"1\"");
        }
        rig_open(&r, v.task, 1.0, 1.0);
        rig_reset(&r, 5);
        rig_step(&r, 200);
        r.world.ops->state(r.world.self, rows[i]);
        rig_close(&r);
    }
    assert_memory_equal(rows[0], rows[1], sizeof(rows[0]));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gravcomp_of_the_arm_is_set_aside),
        cmocka_unit_test(action_is_relative_to_the_anchor_of_its_observation),
        cmocka_unit_test(gripper_moves_at_its_speed),
        cmocka_unit_test(last_target_is_held_while_the_world_goes_on),
        cmocka_unit_test(reference_takes_one_control_period),
        cmocka_unit_test(same_seed_gives_the_same_bytes_twice_and_in_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
