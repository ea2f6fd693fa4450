/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Observations against poses read from MuJoCo: layout, noise, history. */
#include "lab/sim/rig.h"

enum {
    /* layout of both tasks: gripper x, y, z, sin and cos of yaw, opening, then object terms */
    AT_POSITION = 0,
    AT_YAW = 3,
    AT_OPENING = 5,
    AT_CUBE = 6,
    PICK_AT_CUBE_YAW = 9,
    PICK_AT_TRAY = 11,
    PICK_OBS = 14,
    FRAMES = 3,
    BELT_AT_CUBE_YAW = AT_CUBE + 3 * FRAMES,
    BELT_OBS = BELT_AT_CUBE_YAW + 2 * FRAMES,
    PERIOD = 25,
    DRAWS = 4000,
};

static const double NOISE_M = 0.0015;
static const double NOISE_RAD = 3.14159265358979323846 / 180.0;
static const double FLOAT_TOL = 2e-7; /* observations are float32 of numbers up to 1 */
static const double YAW_TOL = 4e-7;   /* angle / 4 from sin and cos in float32 */
static const double SIGMAS = 5.0;     /* normal tail beyond: 6e-7 */

static void observe(rig *r, float *obs, double *anchor)
{
    assert_int_equal(r->world.ops->observe(r->world.self, obs, anchor), SPOT_OK);
}

/* Gripper pose from the model's site. */
static void gripper(const rig *r, double pose[4])
{
    int site = mj_name2id(r->w->model, mjOBJ_SITE, "grip");
    memcpy(pose, r->w->data->site_xpos + 3 * site, 3 * sizeof(double));
    pose[3] = atan2(r->w->data->site_xmat[9 * site + 3], r->w->data->site_xmat[9 * site]);
}

/* Heading of a body that stands upright. */
static double heading(const rig *r, const char *name)
{
    int id = mj_name2id(r->w->model, mjOBJ_BODY, name);
    return atan2(r->w->data->xmat[9 * id + 3], r->w->data->xmat[9 * id]);
}

static double quarter_angle(const float *sin_cos)
{
    return atan2((double)sin_cos[0], (double)sin_cos[1]) / 4.0;
}

static void observation_without_noise_is_the_true_state(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, 0.0);
    assert_int_equal(r.world.dims.obs_dim, PICK_OBS);
    for (uint64_t seed = 0; seed < 50; seed++) {
        float obs[RIG_OBS_MAX];
        double anchor[SPOT_ANCHOR_DIM_MAX];
        double hand[4];
        rig_reset(&r, seed);
        rig_step(&r, 30);
        observe(&r, obs, anchor);
        gripper(&r, hand);
        const mjtNum *cube = rig_body(&r, "cube");
        const mjtNum *tray = rig_body(&r, "tray");
        for (int k = 0; k < 3; k++) {
            assert_close(anchor[k], hand[k], 0.0, 0.0);
            assert_close((double)obs[AT_POSITION + k], hand[k], FLOAT_TOL, 0.0);
            assert_close((double)obs[AT_CUBE + k], cube[k] - hand[k], FLOAT_TOL, 0.0);
            assert_close((double)obs[PICK_AT_TRAY + k], tray[k] - hand[k], FLOAT_TOL, 0.0);
        }
        assert_close(anchor[3], hand[3], 0.0, 0x1p-51); /* 2 ulp of an atan2 */
        assert_close(anchor[4], 0.0, 0.0, 0.0);
        assert_close((double)obs[AT_YAW], sin(hand[3]), FLOAT_TOL, 0.0);
        assert_close((double)obs[AT_YAW + 1], cos(hand[3]), FLOAT_TOL, 0.0);
        assert_close((double)obs[AT_OPENING], 0.085, 1e-3, 0.0); /* open at reset */
        double turn = heading(&r, "cube") - hand[3];
        assert_close((double)obs[PICK_AT_CUBE_YAW], sin(4.0 * turn), 4.0 * FLOAT_TOL, 0.0);
        assert_close((double)obs[PICK_AT_CUBE_YAW + 1], cos(4.0 * turn), 4.0 * FLOAT_TOL, 0.0);
    }
    rig_close(&r);
}

static void check_noise(double factor)
{
    static double off[7][DRAWS];
    rig r;
    rig_open(&r, PICK_PLACE, 1.0, factor);
    rig_reset(&r, 11);
    for (int i = 0; i < DRAWS; i++) {
        float obs[RIG_OBS_MAX];
        double anchor[SPOT_ANCHOR_DIM_MAX];
        double hand[4];
        rig_step(&r, 1);
        observe(&r, obs, anchor);
        gripper(&r, hand);
        for (int k = 0; k < 3; k++) {
            off[k][i] = (double)obs[AT_CUBE + k] - (rig_body(&r, "cube")[k] - hand[k]);
            off[3 + k][i] = (double)obs[PICK_AT_TRAY + k] - (rig_body(&r, "tray")[k] - hand[k]);
        }
        double turn = quarter_angle(obs + PICK_AT_CUBE_YAW) - (heading(&r, "cube") - hand[3]);
        off[6][i] = remainder(turn, 3.14159265358979323846 / 2.0);
    }
    for (int k = 0; k < 6; k++) {
        rig_assert_spread(off[k], DRAWS, factor * NOISE_M, SIGMAS);
    }
    rig_assert_spread(off[6], DRAWS, factor * NOISE_RAD, SIGMAS);
    /* axes and objects are independent of each other */
    for (int a = 0; a < 7; a++) {
        for (int b = 0; b < a; b++) {
            double sum = 0.0;
            for (int i = 0; i < DRAWS; i++) {
                sum += off[a][i] * off[b][i];
            }
            double scale = factor * factor * (a == 6 ? NOISE_RAD : NOISE_M) * NOISE_M;
            assert_close(sum / DRAWS / scale, 0.0, SIGMAS / sqrt((double)DRAWS), 0.0);
        }
    }
    rig_close(&r);
}

static void sensor_noise_is_as_the_file_says(void **state)
{
    (void)state;
    check_noise(1.0);
    check_noise(2.0);
}

/* Absolute cube position of one frame: the gripper's own terms are exact. */
static void frame_position(const float *obs, const double *anchor, int frame, double out[3])
{
    for (int k = 0; k < 3; k++) {
        out[k] = (double)obs[AT_CUBE + 3 * frame + k] + anchor[k];
    }
}

static void past_frame_looks_the_same_from_later_observations(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.5, 1.0);
    assert_int_equal(r.world.dims.obs_dim, BELT_OBS);
    rig_reset(&r, 5);
    double seen[64][3];
    double turned[64];
    for (int i = 0; i < 40; i++) {
        float obs[RIG_OBS_MAX];
        double anchor[SPOT_ANCHOR_DIM_MAX];
        observe(&r, obs, anchor);
        frame_position(obs, anchor, 0, seen[i]);
        turned[i] = quarter_angle(obs + BELT_AT_CUBE_YAW) + anchor[3];
        for (int frame = 1; frame < FRAMES && frame <= i; frame++) {
            double then[3];
            frame_position(obs, anchor, frame, then);
            for (int k = 0; k < 3; k++) {
                assert_close(then[k], seen[i - frame][k], 2.0 * FLOAT_TOL, 0.0);
            }
            double turn = quarter_angle(obs + BELT_AT_CUBE_YAW + 2 * frame) + anchor[3];
            assert_close(remainder(turn - turned[i - frame], 3.14159265358979323846 / 2.0), 0.0,
                         2.0 * YAW_TOL, 0.0);
        }
        /* the gripper moves and turns meanwhile */
        assert_int_equal(rig_act(&r, 0.4 + 0.01 * (i % 10), 0.1, 0.2, 0.05 * (i % 8), true),
                         SPOT_OK);
        rig_step(&r, PERIOD);
    }
    rig_close(&r);
}

static void history_frames_are_a_control_period_apart(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 0.0);
    rig_reset(&r, 9);
    double y[200];
    int now = 0;
    for (; now < 3 * PERIOD; now++) {
        y[now] = rig_body(&r, "cube")[1];
        rig_step(&r, 1);
    }
    y[now] = rig_body(&r, "cube")[1];
    float obs[RIG_OBS_MAX];
    double anchor[SPOT_ANCHOR_DIM_MAX];
    double then[3];
    observe(&r, obs, anchor);
    for (int frame = 0; frame < FRAMES; frame++) {
        frame_position(obs, anchor, frame, then);
        /* one tick off would be 0.25 mm */
        assert_close(then[1], y[now - frame * PERIOD], 2.0 * FLOAT_TOL, 0.0);
    }
    /* at time 0 the history reaches into the pre-roll: 6.25 mm a frame */
    rig_reset(&r, 10);
    observe(&r, obs, anchor);
    double newer[3];
    frame_position(obs, anchor, 0, newer);
    frame_position(obs, anchor, 1, then);
    assert_close(newer[1] - then[1], 0.00625, 3e-4, 0.0);
    rig_close(&r);
}

static void observing_changes_nothing(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, CONVEYOR, 1.0, 1.0);
    rig_reset(&r, 4);
    float first[RIG_OBS_MAX] = {0.0f};
    float again[RIG_OBS_MAX] = {0.0f};
    double anchor[SPOT_ANCHOR_DIM_MAX];
    double before[RIG_STATE_MAX] = {0.0};
    double after[RIG_STATE_MAX] = {0.0};
    r.world.ops->state(r.world.self, before);
    observe(&r, first, anchor);
    observe(&r, again, anchor);
    r.world.ops->state(r.world.self, after);
    assert_memory_equal(first, again, sizeof(first));
    assert_memory_equal(before, after, sizeof(before));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observation_without_noise_is_the_true_state),
        cmocka_unit_test(sensor_noise_is_as_the_file_says),
        cmocka_unit_test(past_frame_looks_the_same_from_later_observations),
        cmocka_unit_test(history_frames_are_a_control_period_apart),
        cmocka_unit_test(observing_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
