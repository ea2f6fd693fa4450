/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Names of columns and their units. Oracle: what logs of others are known to hold, written down a second time. */
#include "support/spot_test.h"

#include <string.h>

#include "lab/record/names.h"

static const struct {
    const char *name;
    spoti_field field;
    double factor;
} NAMES[] = {
    /* LeRobot */
    {"num_inference_steps", SPOTI_STEPS, 1},
    {"n_action_steps", SPOTI_CHUNK, 1},
    {"pc_success", SPOTI_RATE, 0.01},
    {"n_episodes", SPOTI_EPISODES, 1},
    {"episode_ix", SPOTI_TRIAL, 1},
    {"task_group", SPOTI_TASK, 1},
    {"robot_type", SPOTI_ROBOT, 1},
    {"episode_index", SPOTI_TRIAL, 1},
    /* openpi, LIBERO */
    {"task_suite_name", SPOTI_TASK, 1},
    {"task_description", SPOTI_TASK, 1},
    {"episode_idx", SPOTI_TRIAL, 1},
    {"init_state", SPOTI_SEED, 1},
    {"replan_steps", SPOTI_CHUNK, 1},
    {"infer_ms", SPOTI_T_INF, 1e-3},
    {"success_rate", SPOTI_RATE, 1},
    {"host", SPOTI_PLATFORM, 1},
    /* robots' own */
    {"denoise_steps", SPOTI_STEPS, 1},
    {"inference_ms", SPOTI_T_INF, 1e-3},
    {"latency (ms)", SPOTI_T_INF, 1e-3},
    {"Latency [ms]", SPOTI_T_INF, 1e-3},
    {"Latency MS", SPOTI_T_INF, 1e-3},
    {"latency-s", SPOTI_T_INF, 1},
    {"inference time (us)", SPOTI_T_INF, 1e-6},
    {"inference (s)", SPOTI_T_INF, 1},
    {"t_inf_s", SPOTI_T_INF, 1},
    {"t_inf_ns", SPOTI_T_INF, 1e-9},
    {"Duration (min)", SPOTI_TIME, 60},
    {"time", SPOTI_TIME, 1},
    {"time_ms", SPOTI_TIME, 1e-3},
    {"completion_time_s", SPOTI_TIME, 1},
    {"energy (kJ)", SPOTI_ENERGY, 1000},
    {"energy_wh", SPOTI_ENERGY, 3600},
    {"success (%)", SPOTI_RATE, 0.01},
    {"success_rate (%)", SPOTI_RATE, 0.01},
    {"success_pct", SPOTI_RATE, 0.01},
    {"result", SPOTI_SUCCESS, 1},
    {"passed", SPOTI_SUCCESS, 1},
    {"n_policy_calls", SPOTI_CHUNKS, 1},
    {"num_episodes", SPOTI_EPISODES, 1},
    {"gpu", SPOTI_PLATFORM, 1},
    {"device", SPOTI_PLATFORM, 1},
    {"trial_id", SPOTI_TRIAL, 1},
    {"t_act_ms", SPOTI_T_ACT, 1e-3},
    {"action_s", SPOTI_T_ACT, 1},
    {"dt", SPOTI_T_ACT, 1},
    {"time_limit_s", SPOTI_BUDGET, 1},
    {"latency_ratio", SPOTI_ALPHA, 1},
    {"time_std", SPOTI_TIME_SD, 1},
    {"wait_s", SPOTI_WAIT, 1},
    {"age_first_s", SPOTI_AGE, 1},
};

static void names_of_others_are_understood(void **state)
{
    spoti_reading r;
    (void)state;
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (!spoti_name_read(NAMES[i].name, &r) || r.field != NAMES[i].field ||
            r.factor != NAMES[i].factor || r.is_inverse) {
            fail_msg("%s is field %d, factor %g", NAMES[i].name, (int)r.field, r.factor);
        }
    }
    static const char *const rates[] = {"fps", "FPS", "fps (Hz)", "control_hz",
                                        "control rate [Hz]"};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        assert_true(spoti_name_read(rates[i], &r));
        assert_true(r.field == SPOTI_T_ACT && r.is_inverse);
    }
}

static void every_field_has_its_own_name(void **state)
{
    spoti_reading r;
    (void)state;
    for (int f = 0; f < SPOTI_N_FIELD; f++) {
        const char *name = spoti_field_name((spoti_field)f);
        const bool found = spoti_name_read(name, &r);
        assert_int_equal(found, f != SPOTI_SESSION); /* only by --session */
        assert_true(!found || ((int)r.field == f && r.factor == 1.0 && !r.is_inverse));
    }
    assert_true(spoti_name_read("chunk_size", &r) && r.field == SPOTI_CHUNK && r.is_weak);
    assert_true(spoti_name_read("n_action_steps", &r) && !r.is_weak);
}

/* A unit of another kind, none where one is needed, and what only looks like one. */
static void what_is_no_such_column_is_left_alone(void **state)
{
    static const char *const names[] = {
        "latency_h",      "latency (J)",  "energy (ms)", "latency_min", "steps (s)",
        "latency ()",     "()",           "(ms)",        "_ms",         "inference_s",
        "latency_max_ms", "t_inf_s (ms)", "fps_ms",      "session",     "colour"};
    spoti_reading r;
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (spoti_name_read(names[i], &r)) {
            fail_msg("%s is field %d, factor %g", names[i], (int)r.field, r.factor);
        }
        assert_int_equal(r.field, SPOTI_N_FIELD);
    }
    assert_true(!spoti_name_read("latency", &r) && r.lacks_unit);
    assert_true(!spoti_name_read("duration", &r) && r.lacks_unit);
    assert_true(!spoti_name_read("colour", &r) && !r.lacks_unit);
}

static void units_of_columns(void **state)
{
    double factor = 0.0;
    (void)state;
    assert_true(spoti_name_unit("my_net_ms", SPOTI_T_INF, &factor) && factor == 1e-3);
    assert_true(spoti_name_unit("net (us)", SPOTI_T_INF, &factor) && factor == 1e-6);
    assert_true(spoti_name_unit("Erfolg (%)", SPOTI_RATE, &factor) && factor == 0.01);
    assert_false(spoti_name_unit("my_net_ms", SPOTI_ENERGY, &factor));
    assert_false(spoti_name_unit("my_net", SPOTI_T_INF, &factor));
    assert_false(spoti_name_unit("n_ms", SPOTI_STEPS, &factor));
    assert_true(spoti_name_same("Day No", "day_no") && !spoti_name_same("day", "days"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_others_are_understood),
        cmocka_unit_test(every_field_has_its_own_name),
        cmocka_unit_test(what_is_no_such_column_is_left_alone),
        cmocka_unit_test(units_of_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
