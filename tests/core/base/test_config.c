/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Every function that takes a config refuses one whose size is not this library's: none set, a
 * field short, a field more. Oracle: the same call with the size that the default function sets
 * does not say so.
 */
#include "support/spot_test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "spot/spot.h"

#include "core/base/config.h"

enum { N_WRONG = 4, N_SEED = 6, WORK = 40000 };

/* Sizes that are not `known`. */
static size_t wrong_size(size_t known, int i)
{
    const size_t sizes[N_WRONG] = {0, known - sizeof(int), known + sizeof(int), SIZE_MAX};
    return sizes[i];
}

/* `call` succeeds with the config as it is, and is refused with each wrong size. */
#define EXPECT_SIZE(config, call)                                                                  \
    do {                                                                                           \
        const size_t known = (config).size;                                                        \
        assert_int_equal(known, sizeof(config));                                                   \
        assert_int_equal(call, SPOT_OK);                                                           \
        for (int i_wrong = 0; i_wrong < N_WRONG; i_wrong++) {                                      \
            (config).size = wrong_size(known, i_wrong);                                            \
            assert_int_equal(call, SPOT_E_INVALID);                                                \
        }                                                                                          \
        (config).size = known;                                                                     \
    } while (0)

/* `call` complains of each wrong size, by name. */
#define EXPECT_WORDS(type, config, call)                                                           \
    do {                                                                                           \
        const size_t known = (config).size;                                                        \
        assert_int_equal(known, sizeof(type));                                                     \
        for (int i_wrong = 0; i_wrong < N_WRONG; i_wrong++) {                                      \
            (config).size = wrong_size(known, i_wrong);                                            \
            memset(&diag, 0, sizeof(diag));                                                        \
            assert_int_equal(call, SPOT_E_INVALID);                                                \
            expect_words(diag.text, #type, (config).size, known);                                  \
        }                                                                                          \
        (config).size = known;                                                                     \
    } while (0)

static spot_diag diag;
static double work[WORK];

static void expect_words(const char *text, const char *type, size_t size, size_t known)
{
    char want[160];

    (void)snprintf(want, sizeof(want), "the size of a %s is given as %zu, expected %zu", type, size,
                   known);
    if (strncmp(text, want, strlen(want)) != 0) {
        fail_msg("'%s', wanted '%s ...'", text, want);
    }
}

static void the_size_must_be_known(void **state)
{
    (void)state;
    struct {
        size_t size;
        int field;
    } config = {sizeof(config), 0};
    assert_int_equal(spoti_config_check(&config, sizeof(config), "spot_x_config", &diag), SPOT_OK);
    for (int i = 0; i < N_WRONG; i++) {
        config.size = wrong_size(sizeof(config), i);
        assert_int_equal(spoti_config_check(&config, sizeof(config), "spot_x_config", NULL),
                         SPOT_E_INVALID);
        assert_int_equal(spoti_config_check(&config, sizeof(config), "spot_x_config", &diag),
                         SPOT_E_INVALID);
        expect_words(diag.text, "spot_x_config", config.size, sizeof(config));
    }
    assert_int_equal(spoti_config_check(NULL, sizeof(config), "spot_x_config", &diag),
                     SPOT_E_INVALID);
    assert_string_equal(diag.text, "no spot_x_config was given, expected one");
}

static bool mean_of(const double *weight, int n_seed, const void *data, double *value)
{
    const double *x = (const double *)data;
    *value = 0.0;
    for (int i = 0; i < n_seed; i++) {
        *value += weight[i] * x[i] / n_seed;
    }
    return true;
}

static void statistics_refuse_other_sizes(void **state)
{
    (void)state;
    const double x[N_SEED] = {1.0, -2.0, 3.0, 0.5, 2.5, 1.5};
    const spot_stats_run runs[N_SEED] = {{true, 1.0, 2.0}, {true, 2.0, 3.0}, {true, 1.5, 2.0},
                                         {true, 2.5, 2.0}, {true, 1.2, 1.0}, {false, 0.0, 0.0}};
    const spot_stats_value values[N_SEED] = {{true, 1.0}, {true, 2.0}, {true, 1.5},
                                             {true, 2.5}, {true, 1.2}, {false, 0.0}};
    spot_stats_paired_config paired;
    spot_stats_paired_result paired_result;
    spot_stats_bootstrap_result bootstrap_result;
    spot_stats_t_result t_result;
    spot_stats_paired_config_default(&paired);
    paired.n_resample = 100;
    EXPECT_SIZE(paired, spot_stats_paired(&paired, runs, runs, N_SEED, work, &paired_result));
    EXPECT_SIZE(paired, spot_stats_paired_bca(&paired, runs, runs, N_SEED, work, &paired_result));
    EXPECT_SIZE(paired,
                spot_stats_bootstrap(&paired, N_SEED, mean_of, x, 0.0, work, &bootstrap_result));
    spot_stats_t_config_default(&paired);
    paired.n_resample = 100;
    EXPECT_SIZE(paired, spot_stats_mean_t(&paired, values, N_SEED, work, &t_result));
    EXPECT_SIZE(paired, spot_stats_ratio_t(&paired, values, values, N_SEED, SPOT_STATS_RATIO_OWN,
                                           work, &t_result));

    spot_stats_sign_flip_config flip;
    spot_stats_sign_flip_result flip_result;
    double p[N_SEED];
    spot_stats_sign_flip_config_default(&flip);
    EXPECT_SIZE(flip, spot_stats_sign_flip(&flip, x, N_SEED, &flip_result));
    EXPECT_SIZE(flip, spot_stats_sign_flip_pairs(&flip, x, N_SEED / 2, 2, work, p));

    spot_stats_max_t_config max_t;
    spot_stats_max_t_result max_t_result;
    spot_stats_max_t_config_default(&max_t);
    EXPECT_SIZE(max_t, spot_stats_max_t(&max_t, x, N_SEED / 2, 2, work, p, &max_t_result));
}

static void motion_refuses_other_sizes(void **state)
{
    (void)state;
    const double x[N_SEED] = {1.0, -2.0, 3.0, 0.5, 2.5, 1.5};
    const spot_motion_series series = {.n_sample = N_SEED, .n_action = 1, .action = x};
    spot_motion_config motion;
    spot_motion_metrics metrics;
    spot_motion_stream stream;
    spot_motion_config_default(&motion);
    motion.interval_s = 0.1;
    EXPECT_SIZE(motion, spot_motion_measure(&series, &motion, work, WORK, &metrics));
    EXPECT_SIZE(motion, spot_motion_stream_init(&stream, spot_motion_series_shape(&series), &motion,
                                                0, work, WORK));
}

static void powers_refuse_other_sizes(void **state)
{
    (void)state;
    spot_stats_power_config wish;
    spot_stats_trials trials;
    double power = 0.0;
    spot_stats_power_config_default(&wish);
    wish.rate_candidate = 0.6;
    wish.rate_baseline = 0.1;
    EXPECT_SIZE(wish, spot_stats_power_fisher(&wish, 9, &power));
    EXPECT_SIZE(wish, spot_stats_power_mcnemar(&wish, 9, &power));
    EXPECT_SIZE(wish, spot_stats_trials_fisher(&wish, &trials));
    EXPECT_SIZE(wish, spot_stats_trials_mcnemar(&wish, &trials));

    const double x[N_SEED] = {-1.0, -2.0, -3.0, 0.5, -2.5, -1.5};
    spot_stats_pilot_config pilot;
    spot_stats_pilot_result pilot_result;
    spot_stats_pilot_config_default(&pilot);
    pilot.n_study = pilot.n_resample = 20;
    EXPECT_SIZE(pilot, spot_stats_power_sign_flip(&pilot, x, N_SEED, 9, &power));
    EXPECT_SIZE(pilot, spot_stats_trials_sign_flip(&pilot, x, N_SEED, work, &pilot_result));
}

static void what_runs_on_the_robot_refuses_other_sizes(void **state)
{
    (void)state;
    spot_exec_config exec_config;
    spot_exec *exec = NULL;
    spot_exec_config_default(&exec_config);
    EXPECT_WORDS(spot_exec_config, exec_config, spot_exec_create(&exec_config, &exec, &diag));
    assert_int_equal(spot_exec_create(&exec_config, &exec, &diag), SPOT_OK);
    spot_exec_destroy(exec);

    spot_policy *policy = NULL;
    spot_session_config session_config;
    spot_session *session = NULL;
    spot_status st = SPOT_OK;
    assert_int_equal(
        spot_policy_load(SPOT_SOURCE_DIR "/tests/fixtures/flow_mixer_small", NULL, &policy, &diag),
        SPOT_OK);
    spot_session_config_default(&session_config);
    EXPECT_SIZE(session_config, (spot_session_destroy(session),
                                 st = spot_session_create(policy, &session_config, &session), st));
    spot_session_destroy(session);

    spot_brain brain;
    spot_brain_config brain_config;
    spot_point point;
    void *brain_state = NULL;
    spot_point_default(&point);
    assert_int_equal(spot_brain_of_policy(policy, &brain), SPOT_OK);
    spot_brain_config_default(&brain_config);
    brain_config.point = &point;
    EXPECT_WORDS(spot_brain_config, brain_config,
                 spot_brain_begin(&brain, &brain_config, &brain_state, &diag));
    assert_int_equal(spot_brain_begin(&brain, &brain_config, &brain_state, &diag), SPOT_OK);
    spot_brain_end(&brain, brain_state);
    spot_brain_close(&brain);
    spot_policy_destroy(policy);
}

/* Objects that a refused call does not look at. */
static const spot_task *some_task(void)
{
    return (const spot_task *)(const void *)work;
}

static const spot_brain *some_brain(void)
{
    return (const spot_brain *)(const void *)work;
}

static spot_status no_world(void *ctx, spot_world *out, spot_diag *why)
{
    (void)ctx;
    (void)out;
    (void)why;
    return SPOT_E_IO;
}

static void worlds_and_pictures_refuse_other_sizes(void **state)
{
    (void)state;
    spot_world world;
    spot_rollout_batch batch;
    spot_episode episode;
    const uint64_t seed = 0;
    spot_rollout *rollout = NULL;
    memset(&world, 0, sizeof(world));
    memset(&batch, 0, sizeof(batch));
    batch.brain = some_brain();
    batch.make_world = no_world;
    batch.seeds = &seed;
    batch.n_seeds = batch.threads = 1;
    spot_rollout_config_default(&batch.config);
    EXPECT_WORDS(spot_rollout_config, batch.config,
                 spot_rollout_create(&batch.config, &world, some_brain(), &rollout, &diag));
    EXPECT_WORDS(spot_rollout_config, batch.config, spot_rollout_run_many(&batch, &episode, &diag));

    spot_video_config video_config;
    spot_video *video = NULL;
    spot_renderer *renderer = NULL;
    spot_video_config_default(&video_config);
    EXPECT_WORDS(spot_video_config, video_config,
                 spot_video_create("none.mp4", &video_config, &video, &diag));
    EXPECT_WORDS(spot_render_config, video_config.render,
                 spot_video_create("none.mp4", &video_config, &video, &diag));
    EXPECT_WORDS(spot_render_config, video_config.render,
                 spot_renderer_create(&world, &video_config.render, &renderer, &diag));
}

static void studies_refuse_other_sizes(void **state)
{
    (void)state;
    const spot_platform *platform = (const spot_platform *)(const void *)work;
    spot_point point;
    spot_point_default(&point);

    spot_tune_config tune;
    spot_tune_result result;
    spot_tune_result *made = NULL;
    memset(&result, 0, sizeof(result));
    spot_tune_config_default(&tune);
    EXPECT_WORDS(spot_tune_config, tune,
                 spot_tune(some_task(), some_brain(), platform, &tune, NULL, NULL, &made, &diag));
    EXPECT_WORDS(
        spot_tune_config, tune,
        spot_tune_confirm(some_task(), some_brain(), platform, &tune, &result, NULL, NULL, &diag));

    spot_bench_config bench;
    spot_bench_row row;
    spot_bench_config_default(&bench);
    bench.points = &point;
    EXPECT_WORDS(
        spot_bench_config, bench,
        spot_bench_run((const spot_policy *)(const void *)work, &bench, &row, NULL, &diag));

    spot_demo_config demo;
    spot_demo_config_default(&demo);
    EXPECT_WORDS(spot_demo_config, demo,
                 spot_demo_record(some_task(), &demo, "none.hdf5", NULL, NULL, NULL, &diag));
}

static void readers_refuse_other_sizes(void **state)
{
    (void)state;
    static const char WEIGHTS[] =
        SPOT_SOURCE_DIR "/tests/fixtures/flow_mixer_small/model.safetensors";
    spot_inspect_config inspect_config;
    spot_inspect *file = NULL;
    spot_inspect_config_default(&inspect_config);
    EXPECT_WORDS(spot_inspect_config, inspect_config,
                 spot_inspect_open(WEIGHTS, &inspect_config, &file, &diag));
    assert_int_equal(spot_inspect_open(WEIGHTS, &inspect_config, &file, &diag), SPOT_OK);
    spot_inspect_close(file);

    spot_analyze_config analyze;
    spot_analyze_log *log = NULL;
    spot_status st = SPOT_OK;
    spot_analyze_config_default(&analyze);
    EXPECT_SIZE(analyze,
                (spot_analyze_log_destroy(log), st = spot_analyze_log_create(&analyze, &log), st));
    spot_analyze_log_destroy(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_size_must_be_known),
        cmocka_unit_test(statistics_refuse_other_sizes),
        cmocka_unit_test(motion_refuses_other_sizes),
        cmocka_unit_test(powers_refuse_other_sizes),
        cmocka_unit_test(what_runs_on_the_robot_refuses_other_sizes),
        cmocka_unit_test(worlds_and_pictures_refuse_other_sizes),
        cmocka_unit_test(studies_refuse_other_sizes),
        cmocka_unit_test(readers_refuse_other_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
