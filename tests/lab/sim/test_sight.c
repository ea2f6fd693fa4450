/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Objects that are seen only from some distance on, against distances and poses read from MuJoCo. */
#include "lab/sim/rig.h"
#include "spot/rng.h"

enum {
    /* layout of ur5e-wrist-pick with one frame */
    AT_SEEN = 6,
    AT_CUBE = 7,
    AT_CUBE_YAW = 10,
    AT_TRAY = 12,
    WRIST_OBS = 15,
    FRAMES = 4,
    OLD_OBS = 6 + FRAMES * (1 + 3 + 2 + 3),
    PERIOD = 25,
    PERIODS = 120,
    DRAWS = 4000,
    TEXT_MAX = 1 << 14,
};

static const double PI = 3.14159265358979323846;
static const double NEAR_M = 0.12; /* what the task file says */
static const double NOISE_M = 0.020;
static const double NOISE_RAD = 3.0 * 3.14159265358979323846 / 180.0;
static const double FLOAT_TOL = 2e-7; /* observations are float32 of numbers up to 1 */
static const double SIGMAS = 5.0;     /* normal tail beyond: 6e-7 */

static void observe(const rig *r, float *obs)
{
    double anchor[SPOT_ANCHOR_DIM_MAX];
    assert_int_equal(r->world.ops->observe(r->world.self, obs, anchor), SPOT_OK);
}

static const mjtNum *grip(const rig *r)
{
    return r->w->data->site_xpos + 3 * mj_name2id(r->w->model, mjOBJ_SITE, "grip");
}

/* From the gripper's site to the cube's centre. */
static double distance(const rig *r)
{
    const mjtNum *cube = rig_body(r, "cube");
    double sum = 0.0;
    for (int k = 0; k < 3; k++) {
        sum += (cube[k] - grip(r)[k]) * (cube[k] - grip(r)[k]);
    }
    return sqrt(sum);
}

static double cube_yaw(const rig *r)
{
    int id = mj_name2id(r->w->model, mjOBJ_BODY, "cube");
    return atan2(r->w->data->xmat[9 * id + 3], r->w->data->xmat[9 * id]);
}

/* Sends the gripper to a random place around the cube, above its top. */
static void wander(rig *r, spot_rng *rng)
{
    const mjtNum *cube = rig_body(r, "cube");
    double x = cube[0] + spot_rng_uniform(rng, -0.12, 0.12);
    double y = cube[1] + spot_rng_uniform(rng, -0.12, 0.12);
    double z = spot_rng_uniform(rng, 0.08, 0.25);
    assert_int_equal(rig_act(r, x, y, z, spot_rng_uniform(rng, -0.5, 0.5), true), SPOT_OK);
}

static void assert_sight(const rig *r, const float *obs, bool seen)
{
    const mjtNum *cube = rig_body(r, "cube");
    assert_close((double)obs[AT_SEEN], seen ? 1.0 : 0.0, 0.0, 0.0);
    for (int k = 0; k < 3; k++) {
        assert_close((double)obs[AT_CUBE + k], seen ? cube[k] : 0.0, seen ? FLOAT_TOL : 0.0, 0.0);
        double tray = rig_body(r, "tray")[k] - grip(r)[k];
        assert_close((double)obs[AT_TRAY + k], tray, FLOAT_TOL, 0.0); /* always seen */
    }
    double angle = 4.0 * cube_yaw(r);
    assert_close((double)obs[AT_CUBE_YAW], seen ? sin(angle) : 0.0, seen ? 4.0 * FLOAT_TOL : 0.0,
                 0.0);
    assert_close((double)obs[AT_CUBE_YAW + 1], seen ? cos(angle) : 0.0,
                 seen ? 4.0 * FLOAT_TOL : 0.0, 0.0);
}

static void what_is_near_is_not_seen_and_reads_zero(void **state)
{
    (void)state;
    rig r;
    int just_seen =
        0; /* within a millimetre of the limit, so that another limit would be noticed */
    int just_hidden = 0;
    rig_open(&r, WRIST_PICK, 1.0, 0.0);
    assert_int_equal(r.world.dims.obs_dim, WRIST_OBS);
    for (uint64_t seed = 0; seed < 5; seed++) {
        spot_rng rng = spot_rng_at(seed, 0, 0);
        rig_reset(&r, seed);
        for (int i = 0; i < PERIODS * PERIOD; i++) {
            float obs[RIG_OBS_MAX];
            if (i % PERIOD == 0) {
                wander(&r, &rng);
            }
            observe(&r, obs);
            double away = distance(&r);
            assert_sight(&r, obs, away >= NEAR_M);
            just_seen += away >= NEAR_M && away < NEAR_M + 0.001 ? 1 : 0;
            just_hidden += away < NEAR_M && away > NEAR_M - 0.001 ? 1 : 0;
            rig_step(&r, 1);
        }
    }
    print_message("%d frames just seen, %d just hidden\n", just_seen, just_hidden);
    assert_true(just_seen > 20 && just_hidden > 20);
    rig_close(&r);
}

static void noise_is_coarse_and_anew_in_each_frame(void **state)
{
    (void)state;
    static double off[4][DRAWS];
    rig r;
    rig_open(&r, WRIST_PICK, 1.0, 1.0);
    rig_reset(&r, 11);
    const mjtNum *cube = rig_body(&r, "cube");
    assert_int_equal(rig_act(&r, cube[0], cube[1], 0.25, 0.0, true), SPOT_OK);
    rig_step(&r, 20 * PERIOD);
    for (int i = 0; i < DRAWS; i++) {
        float obs[RIG_OBS_MAX];
        rig_step(&r, 1);
        observe(&r, obs);
        assert_close((double)obs[AT_SEEN], 1.0, 0.0, 0.0);
        for (int k = 0; k < 3; k++) {
            off[k][i] = (double)obs[AT_CUBE + k] - rig_body(&r, "cube")[k];
        }
        double turn = atan2((double)obs[AT_CUBE_YAW], (double)obs[AT_CUBE_YAW + 1]) / 4.0;
        off[3][i] = remainder(turn - cube_yaw(&r), PI / 2.0); /* +-15 sigmas fit */
    }
    for (int k = 0; k < 3; k++) {
        rig_assert_spread(off[k], DRAWS, NOISE_M, SIGMAS);
        /* what a memory is worth: means of 16 frames are off by a quarter as much */
        static double means[DRAWS / 16];
        for (int i = 0; i < DRAWS / 16; i++) {
            means[i] = 0.0;
            for (int j = 0; j < 16; j++) {
                means[i] += off[k][16 * i + j] / 16.0;
            }
        }
        rig_assert_spread(means, DRAWS / 16, NOISE_M / 4.0, SIGMAS);
    }
    rig_assert_spread(off[3], DRAWS, NOISE_RAD, SIGMAS);
    rig_close(&r);
}

/* Replaces the first `from` in text (TEXT_MAX). */
static void replace(char *text, const char *from, const char *to)
{
    static char out[TEXT_MAX];
    const char *at = strstr(text, from);
    if (at == NULL) {
        fail_msg("the shipped file lacks '%s'", from);
        return;
    }
    (void)snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    memcpy(text, out, sizeof(out));
}

/* The shipped task with two things changed. */
static void open_changed(rig *r, const char *const change[2][2])
{
    static char text[TEXT_MAX];
    char path[512];
    assert_true(spot_test_read_file(WRIST_PICK, text, sizeof(text)) < TEXT_MAX - 1024);
    replace(text, "model: scene.xml", "model: " SPOT_SOURCE_DIR "/tasks/ur5e-wrist-pick/scene.xml");
    for (int i = 0; i < 2; i++) {
        replace(text, change[i][0], change[i][1]);
    }
    spot_test_temp_path(path, sizeof(path), "task.yaml");
    spot_test_write_file(path, text, strlen(text));
    rig_open(r, path, 1.0, 1.0);
}

/* Seen, position and yaw of the frame of that age, from an observation with FRAMES frames. */
static void frame_of(const float *obs, int age, float frame[6])
{
    frame[0] = obs[6 + age];
    memcpy(frame + 1, obs + 6 + FRAMES + 3 * age, 3 * sizeof(float));
    memcpy(frame + 4, obs + 6 + 4 * FRAMES + 2 * age, 2 * sizeof(float));
}

/* Terms in the base frame of a past frame are what the newest frame was then, to the bit. */
static void past_frame_stays_as_it_was_seen(void **state)
{
    (void)state;
    static const char *const change[2][2] = {{"history: 1 ", "history: 4 "},
                                             {"horizon", "horizon"}};
    static float newest[5 * PERIODS][6];
    rig r;
    int changes = 0; /* periods after which it was seen no more, or again */
    spot_rng rng = spot_rng_at(3, 0, 0);
    open_changed(&r, change);
    assert_int_equal(r.world.dims.obs_dim, OLD_OBS);
    rig_reset(&r, 3);
    for (int i = 0; i < 5 * PERIODS; i++) {
        float obs[RIG_OBS_MAX];
        observe(&r, obs);
        frame_of(obs, 0, newest[i]);
        assert_true((newest[i][0] > 0.0f) == (distance(&r) >= NEAR_M));
        for (int age = 1; age < FRAMES && age <= i; age++) {
            float then[6];
            frame_of(obs, age, then);
            assert_memory_equal(then, newest[i - age], sizeof(then));
        }
        changes += i > 0 && newest[i][0] != newest[i - 1][0] ? 1 : 0;
        wander(&r, &rng);
        rig_step(&r, PERIOD);
    }
    print_message("%d changes\n", changes);
    assert_true(changes > 20);
    rig_close(&r);
}

static void relative_terms_of_what_is_not_seen_are_zero_too(void **state)
{
    (void)state;
    static const char *const change[2][2] = {
        {"{type: position, object: cube}", "{type: relative_position, object: cube}"},
        {"{type: yaw, object: cube}", "{type: relative_yaw, object: cube}"}};
    rig r;
    int count[2] = {0, 0};
    spot_rng rng = spot_rng_at(4, 0, 0);
    open_changed(&r, change);
    rig_reset(&r, 4);
    for (int i = 0; i < PERIODS; i++) {
        float obs[RIG_OBS_MAX];
        observe(&r, obs);
        bool seen = distance(&r) >= NEAR_M;
        assert_close((double)obs[AT_SEEN], seen ? 1.0 : 0.0, 0.0, 0.0);
        for (int k = 0; k < 5 && !seen; k++) {
            assert_close((double)obs[AT_CUBE + k], 0.0, 0.0, 0.0);
        }
        for (int k = 0; k < 3 && seen; k++) {
            double want = rig_body(&r, "cube")[k] - grip(&r)[k];
            assert_close((double)obs[AT_CUBE + k], want, SIGMAS * NOISE_M, 0.0);
        }
        count[seen ? 1 : 0]++;
        wander(&r, &rng);
        rig_step(&r, PERIOD);
    }
    assert_true(count[0] > 10 && count[1] > 10);
    rig_close(&r);
}

static void without_a_distance_it_is_always_seen(void **state)
{
    (void)state;
    static const char *const change[2][2] = {{"    seen_beyond_m: 0.12", "    # "},
                                             {"noise_m: 0.020 ", "noise_m: 0 "}};
    rig r;
    int near = 0;
    spot_rng rng = spot_rng_at(5, 0, 0);
    open_changed(&r, change);
    rig_reset(&r, 5);
    for (int i = 0; i < PERIODS; i++) {
        float obs[RIG_OBS_MAX];
        observe(&r, obs);
        assert_close((double)obs[AT_SEEN], 1.0, 0.0, 0.0);
        for (int k = 0; k < 3; k++) {
            assert_close((double)obs[AT_CUBE + k], rig_body(&r, "cube")[k], FLOAT_TOL, 0.0);
        }
        near += distance(&r) < NEAR_M ? 1 : 0;
        wander(&r, &rng);
        rig_step(&r, PERIOD);
    }
    assert_true(near > 10);
    rig_close(&r);
}

static void same_seed_gives_the_same_sights(void **state)
{
    (void)state;
    static float first[PERIODS][WRIST_OBS];
    for (int run = 0; run < 2; run++) {
        rig r;
        spot_rng rng = spot_rng_at(6, 0, 0);
        rig_open(&r, WRIST_PICK, 1.0, 1.0);
        rig_reset(&r, 6);
        for (int i = 0; i < PERIODS; i++) {
            float obs[RIG_OBS_MAX];
            observe(&r, obs);
            observe(&r, obs); /* looking twice changes nothing */
            if (run == 0) {
                memcpy(first[i], obs, sizeof(first[i]));
            } else {
                assert_memory_equal(first[i], obs, sizeof(first[i]));
            }
            wander(&r, &rng);
            rig_step(&r, PERIOD);
        }
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_near_is_not_seen_and_reads_zero),
        cmocka_unit_test(noise_is_coarse_and_anew_in_each_frame),
        cmocka_unit_test(past_frame_stays_as_it_was_seen),
        cmocka_unit_test(relative_terms_of_what_is_not_seen_are_zero_too),
        cmocka_unit_test(without_a_distance_it_is_always_seen),
        cmocka_unit_test(same_seed_gives_the_same_sights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
