/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a rollout measures of its motion, in a world of two joints whose every figure is known. Oracles: closed forms.
 *
 * Joint 0 turns by q = t^3, joint 1 stands. Velocities are told as such, torques are 3 and -2 N m, so work at each tick
 * is 3 x velocity of joint 0; the velocity changes its sign at half a second. The end effector is the fake world's.
 */
#include <math.h>

#include "fake_world.h"
#include "lab/rollout/motion.h"
#include "support/spot_test.h"

enum { N_JOINT = 2, JOINT_AT = 5, SAMPLE = JOINT_AT + 2 * N_JOINT };
static const double TURN_S = 0.5;
static const double ROUNDING = 1e-9;

/* What a world lacks or does wrong. */
typedef struct joint_world {
    fake_world fake; /* first: its calls are the fake world's */
    bool spoilt;     /* a sample is not finite from tick 30 on */
} joint_world;

static double velocity_at(double t)
{
    return t < TURN_S ? 2.0 : -1.0;
}

static void joint_sample(const void *self, double *row)
{
    const joint_world *w = self;
    const double t = (double)w->fake.tick * FAKE_TICK_S;
    fake_sample(self, row);
    row[4] = -7.0; /* something else */
    row[JOINT_AT] = t * t * t;
    row[JOINT_AT + 1] = 0.25;
    row[JOINT_AT + 2] = 3.0 * t * t;
    row[JOINT_AT + 3] = 0.0;
    if (w->spoilt && w->fake.tick >= 30) {
        row[JOINT_AT] = (double)NAN;
    }
}

static void flat_sample(const void *self, double *row)
{
    (void)self;
    row[0] = row[1] = 0.0;
}

/* Of the tick that is over: its end is `tick`. */
static void joint_effort(const void *self, double *velocity, double *torque)
{
    const joint_world *w = self;
    velocity[0] = velocity_at((double)(w->fake.tick - 1) * FAKE_TICK_S);
    velocity[1] = 0.0;
    torque[0] = 3.0;
    torque[1] = -2.0;
}

static spot_world make_joints(joint_world *self, spot_world_ops *ops, int actions_wanted)
{
    spot_world world = make_fake(&self->fake, actions_wanted);
    self->spoilt = false;
    *ops = FAKE_OPS;
    ops->sample = joint_sample;
    ops->effort = joint_effort;
    world.ops = ops;
    world.self = self;
    world.dims.sample_dim = SAMPLE;
    world.dims.n_joint = N_JOINT;
    world.dims.joint_at = JOINT_AT;
    return world;
}

/* An episode of `seed` at a latency of 0.25 s; the reason where there is none. */
static spot_status run(const spot_world *world, fake_world *fake, uint64_t seed, spot_episode *e)
{
    spot_world copy = *world;
    spot_brain brain = make_fake_brain(fake);
    spot_rollout *rollout = NULL;
    spot_rollout_config config;
    spot_rollout_config_default(&config);
    config.latency.mean_s = 0.25;
    spot_status st = spot_rollout_create(&config, &copy, &brain, &rollout, NULL);
    for (int twice = 0; st == SPOT_OK && twice < 2; twice++) { /* nothing is left of the first */
        st = spot_rollout_run(rollout, seed, e, NULL, NULL, NULL, NULL);
    }
    spot_rollout_destroy(rollout);
    return st;
}

static double value_of(const spot_episode *e, spot_motion_metric metric)
{
    assert_int_equal(e->motion.values[metric].why, SPOT_MOTION_WHY_DEFINED);
    return e->motion.values[metric].value;
}

/* 8 actions after 25 ticks of waiting: 105 ticks, states at 0, 0.1, .. 1.0 s; commands begin at tick 25, so they are
 * in force at 0.3, 0.4, .. 1.0 s. */
static void figures_follow_from_what_the_world_did(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    spot_world world = make_joints(&self, &ops, 8);
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_close(e.time_s, 1.05, 0.0, ROUNDING);
    assert_int_equal(e.motion.n_sample, 11);
    assert_close(e.motion.interval_s, 0.1, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_COMPLETION_TIME_S), 1.05, 0.0, ROUNDING);
    /* up to 1.0 s; path_m has the last half step too */
    assert_close(value_of(&e, SPOT_MOTION_EE_PATH_M), 100 * FAKE_STEP_M, 0.0, ROUNDING);
    assert_close(e.path_m, 105 * FAKE_STEP_M, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_JOINT_PATH_RAD), 1.0, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_JOINT_PATH_L1_RAD), 1.0, 0.0, ROUNDING);
    /* of t^3: third difference 6; of 3 t^2: second difference 6 */
    assert_close(value_of(&e, SPOT_MOTION_JOINT_MSJ_DIFFERENCE), 36.0, 0.0, 1e-7);
    assert_close(value_of(&e, SPOT_MOTION_JOINT_RMS_JERK_SAVGOL), 6.0, 0.0, 1e-7);
    assert_close(value_of(&e, SPOT_MOTION_JOINT_MEAN_JERK_VELOCITY), 6.0, 0.0, 1e-7);
    /* the second number of an action is its place in the chunk: one more a step; the first is the same, with the anchor */
    assert_close(value_of(&e, SPOT_MOTION_ACTION_RATE_PER_STEP), 1.0, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_ACTION_RATE_PER_S), 10.0, 0.0, 1e-7);
    /* 50 ticks at 3 x 2 W, 55 at 3 x -1 W */
    assert_close(value_of(&e, SPOT_MOTION_ENERGY_ABS_J), 3.0 + 1.65, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_ENERGY_POS_J), 3.0, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_ENERGY_NET_J), 3.0 - 1.65, 0.0, ROUNDING);
}

/* A second chunk: the anchor, which is the tick of its observation, is part of the command; a wait holds the last. */
static void commands_are_absolute_and_a_wait_holds_them(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    spot_world world = make_joints(&self, &ops, 9);
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    /* The second observation is at tick 105, its chunk at 130: the 9th command is (2 x 105, 0) after (0, 7), in force
     * at 1.3 s. From 0.3 to 1.3 s, 10 changes: 7 of 1, three of 0 (1.0 .. 1.2 s hold 7), and that one. */
    assert_close(e.time_s, 1.4, 0.0, ROUNDING);
    assert_close(value_of(&e, SPOT_MOTION_ACTION_RATE_PER_STEP), (7.0 + hypot(210.0, 7.0)) / 10.0,
                 0.0, ROUNDING);
}

static void what_a_world_does_not_tell_has_a_reason(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    spot_world world = make_joints(&self, &ops, 8);
    ops.effort = NULL;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_int_equal(e.motion.values[SPOT_MOTION_ENERGY_ABS_J].why, SPOT_MOTION_WHY_NO_TORQUES);
    assert_true(isnan(e.motion.values[SPOT_MOTION_ENERGY_ABS_J].value));
    assert_close(value_of(&e, SPOT_MOTION_JOINT_PATH_RAD), 1.0, 0.0, ROUNDING);
    world.dims.n_joint = 0;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_int_equal(e.motion.values[SPOT_MOTION_JOINT_PATH_RAD].why, SPOT_MOTION_WHY_NO_JOINTS);
    assert_close(value_of(&e, SPOT_MOTION_EE_PATH_M), 100 * FAKE_STEP_M, 0.0, ROUNDING);
    ops.effort = joint_effort; /* of no joint */
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_int_equal(e.motion.values[SPOT_MOTION_ENERGY_ABS_J].why, SPOT_MOTION_WHY_NO_TORQUES);
    world.dims.sample_dim = 2; /* no x, y, z */
    ops.sample = flat_sample;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_int_equal(e.motion.values[SPOT_MOTION_EE_PATH_M].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_close(value_of(&e, SPOT_MOTION_ACTION_RATE_PER_STEP), 1.0, 0.0, ROUNDING);
}

/* An episode that is over before anything was commanded, in a world that tells no positions: its time all the same. */
static void the_time_is_known_in_any_case(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    spot_world world = make_joints(&self, &ops, 8);
    world.dims.n_joint = 0;
    world.dims.sample_dim = 2;
    world.dims.time_limit_s = 0.2;
    ops.sample = flat_sample;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_close(value_of(&e, SPOT_MOTION_COMPLETION_TIME_S), 0.2, 0.0, ROUNDING);
    assert_int_equal(e.motion.values[SPOT_MOTION_ACTION_RATE_PER_STEP].why,
                     SPOT_MOTION_WHY_FEWER_THAN_2);
}

/* SPARC has room for 2^14 control steps; the rest needs none. */
static void long_episodes_do_without_sparc(void **state)
{
    enum { ROOM = 1 << 14 };
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    for (int more = 0; more < 2; more++) {
        spot_world world = make_joints(&self, &ops, INT32_MAX);
        world.dims.time_limit_s = (ROOM + more) * 0.1 - 0.05; /* samples at 0, 0.1, .. */
        assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
        assert_int_equal(e.motion.n_sample, ROOM + more);
        assert_int_equal(e.motion.values[SPOT_MOTION_SPARC].why,
                         more ? SPOT_MOTION_WHY_NO_ROOM : SPOT_MOTION_WHY_DEFINED);
        assert_close(value_of(&e, SPOT_MOTION_EE_PATH_M), (ROOM + more - 1) * 10 * FAKE_STEP_M, 0.0,
                     1e-7);
    }
}

static void memory_that_is_short_is_said(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    (void)state;
    spot_world world = make_joints(&self, &ops, 8);
    spot_brain brain = make_fake_brain(&self.fake);
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_rollout_config config;
        spot_rollout *rollout = NULL;
        spot_rollout_config_default(&config);
        config.allocator = &allocator;
        st = spot_rollout_create(&config, &world, &brain, &rollout, NULL);
        assert_int_equal(st, mem.n_failed > 0 ? SPOT_E_NOMEM : SPOT_OK);
        assert_int_equal(rollout == NULL, st != SPOT_OK);
        spot_rollout_destroy(rollout);
        spot_test_assert_no_leak(&mem);
        assert_true(k < 100);
    }
}

static void joints_outside_the_sample_are_refused(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    spot_world world = make_joints(&self, &ops, 8);
    world.dims.joint_at = JOINT_AT + 1;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_E_INVALID);
    world.dims.joint_at = -1;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_E_INVALID);
    world.dims.joint_at = INT32_MAX - 1;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_E_INVALID);
    world = make_joints(&self, &ops, 8);
    world.dims.n_joint = -1;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_E_INVALID);
}

/* Neither of an episode whose numbers broke, nor of an invalid one, is anything said but the time. */
static void broken_numbers_and_invalid_episodes_have_no_metrics(void **state)
{
    static joint_world self;
    spot_world_ops ops;
    spot_episode e;
    (void)state;
    spot_world world = make_joints(&self, &ops, 8);
    self.spoilt = true;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    for (int m = 0; m < SPOT_MOTION_N_METRIC; m++) {
        assert_int_equal(e.motion.values[m].why, SPOT_MOTION_WHY_OVERFLOW);
        assert_true(isnan(e.motion.values[m].value));
    }
    world = make_joints(&self, &ops, 8);
    self.fake.break_at = 50;
    self.fake.fail_seed = 1;
    assert_int_equal(run(&world, &self.fake, 1, &e), SPOT_OK);
    assert_true(e.invalid);
    for (int m = 0; m < SPOT_MOTION_N_METRIC; m++) {
        assert_int_equal(e.motion.values[m].why, SPOT_MOTION_WHY_NOT_RECORDED);
    }
    assert_int_equal(run(&world, &self.fake, 2, &e), SPOT_OK);
    assert_close(value_of(&e, SPOT_MOTION_ENERGY_POS_J), 3.0, 0.0, ROUNDING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_follow_from_what_the_world_did),
        cmocka_unit_test(commands_are_absolute_and_a_wait_holds_them),
        cmocka_unit_test(what_a_world_does_not_tell_has_a_reason),
        cmocka_unit_test(the_time_is_known_in_any_case),
        cmocka_unit_test(long_episodes_do_without_sparc),
        cmocka_unit_test(memory_that_is_short_is_said),
        cmocka_unit_test(joints_outside_the_sample_are_refused),
        cmocka_unit_test(broken_numbers_and_invalid_episodes_have_no_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
