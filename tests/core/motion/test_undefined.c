/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What cannot be measured says why; what is no measurement is refused. */
#include <math.h>
#include <string.h>

#include "spot/motion.h"
#include "support/spot_test.h"

enum { MOST = 16, ROOM = 1024 };

static double memory[ROOM];

/* A line along which nothing is constant. */
typedef struct line {
    double time[MOST], p[MOST], q[MOST];
} line;

static spot_motion_series make(line *l, size_t n)
{
    for (int i = 0; i < MOST; i++) {
        l->time[i] = 0.1 * i;
        l->p[i] = 0.01 * i * i * i;
        l->q[i] = 0.02 * i * i;
    }
    return (spot_motion_series){.n_sample = n,
                                .n_axis = 1,
                                .n_joint = 1,
                                .n_action = 1,
                                .time_s = l->time,
                                .position_m = l->p,
                                .velocity_m_s = l->p,
                                .joint_rad = l->q,
                                .joint_rad_s = l->q,
                                .torque_nm = l->q,
                                .action = l->q};
}

static spot_motion_metrics measure(const spot_motion_series *series,
                                   const spot_motion_config *config)
{
    spot_motion_metrics m;

    assert_int_equal(spot_motion_measure(series, config, memory, ROOM, &m), SPOT_OK);
    return m;
}

static void a_channel_that_is_missing_is_the_reason(void **state)
{
    const double ohm[] = {1.0};
    spot_motion_config config;
    line l;

    (void)state;
    spot_motion_config_default(&config);
    config.position_noise_m = 1e-4;
    const spot_motion_series all = make(&l, MOST);
    spot_motion_series s = all;

    s.position_m = NULL;
    spot_motion_metrics m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_EE_PATH_M].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_int_equal(m.values[SPOT_MOTION_EE_MSJ_DIFFERENCE].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_int_equal(m.values[SPOT_MOTION_EE_MEAN_JERK_SAVGOL].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_int_equal(m.values[SPOT_MOTION_SPARC].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_int_equal(m.values[SPOT_MOTION_LDLJ].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_int_equal(m.values[SPOT_MOTION_EE_JERK_NOISE_SAVGOL].why, SPOT_MOTION_WHY_NO_POSITIONS);
    assert_int_equal(m.values[SPOT_MOTION_EE_MSJ_VELOCITY].why, SPOT_MOTION_WHY_DEFINED);
    s = all;
    s.velocity_m_s = NULL;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_EE_MSJ_VELOCITY].why, SPOT_MOTION_WHY_NO_EE_VELOCITIES);
    s = all;
    s.joint_rad = NULL;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_JOINT_PATH_RAD].why, SPOT_MOTION_WHY_NO_JOINTS);
    assert_int_equal(m.values[SPOT_MOTION_JERK_C_LITERAL].why, SPOT_MOTION_WHY_NO_JOINTS);
    s = all;
    s.joint_rad_s = NULL;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_ENERGY_ABS_J].why, SPOT_MOTION_WHY_NO_JOINT_VELOCITIES);
    assert_int_equal(m.values[SPOT_MOTION_JOINT_RMS_JERK_VELOCITY].why,
                     SPOT_MOTION_WHY_NO_JOINT_VELOCITIES);
    assert_int_equal(m.values[SPOT_MOTION_ENERGY_COPPER_J].why, SPOT_MOTION_WHY_NO_MOTOR);
    config.n_motor = 1;
    config.resistance_ohm = ohm;
    config.torque_nm_a = ohm;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_ENERGY_COPPER_J].why, SPOT_MOTION_WHY_DEFINED);
    assert_int_equal(m.values[SPOT_MOTION_ENERGY_MOTOR_J].why, SPOT_MOTION_WHY_NO_JOINT_VELOCITIES);
    s = all;
    s.torque_nm = NULL;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_ENERGY_NET_J].why, SPOT_MOTION_WHY_NO_TORQUES);
    s = all;
    s.action = NULL;
    config.position_noise_m = 0.0;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_ACTION_RATE_PER_S].why, SPOT_MOTION_WHY_NO_ACTIONS);
    assert_int_equal(m.values[SPOT_MOTION_EE_JERK_NOISE_DIFFERENCE].why, SPOT_MOTION_WHY_NO_NOISE);
}

/* The shortest series for which each is defined, and one shorter. */
static void too_few_samples_are_the_reason(void **state)
{
    static const struct least {
        spot_motion_metric metric;
        spot_motion_why why;
        size_t n;
    } LEAST[] = {
        {SPOT_MOTION_COMPLETION_TIME_S, SPOT_MOTION_WHY_FEWER_THAN_2, 2},
        {SPOT_MOTION_EE_PATH_M, SPOT_MOTION_WHY_FEWER_THAN_2, 2},
        {SPOT_MOTION_JOINT_PATH_L1_RAD, SPOT_MOTION_WHY_FEWER_THAN_2, 2},
        {SPOT_MOTION_ACTION_RATE_PER_STEP, SPOT_MOTION_WHY_FEWER_THAN_2, 2},
        {SPOT_MOTION_ENERGY_ABS_J, SPOT_MOTION_WHY_FEWER_THAN_2, 2},
        {SPOT_MOTION_EE_MSJ_VELOCITY, SPOT_MOTION_WHY_FEWER_THAN_3, 3},
        {SPOT_MOTION_JERK_C_LITERAL, SPOT_MOTION_WHY_FEWER_THAN_3, 3},
        {SPOT_MOTION_EE_MSJ_DIFFERENCE, SPOT_MOTION_WHY_FEWER_THAN_4, 4},
        {SPOT_MOTION_JOINT_MEAN_JERK_DIFFERENCE, SPOT_MOTION_WHY_FEWER_THAN_4, 4},
        {SPOT_MOTION_SPARC, SPOT_MOTION_WHY_FEWER_THAN_5, 5},
        {SPOT_MOTION_LDLJ, SPOT_MOTION_WHY_FEWER_THAN_5, 5},
        {SPOT_MOTION_EE_RMS_JERK_SAVGOL, SPOT_MOTION_WHY_FEWER_THAN_7, 7},
    };
    spot_motion_config config;
    line l;

    (void)state;
    spot_motion_config_default(&config);
    for (size_t i = 0; i < sizeof(LEAST) / sizeof(LEAST[0]); i++) {
        spot_motion_series s = make(&l, LEAST[i].n);
        spot_motion_metrics m = measure(&s, &config);

        assert_int_equal(m.values[LEAST[i].metric].why, SPOT_MOTION_WHY_DEFINED);
        s.n_sample--;
        m = measure(&s, &config);
        assert_int_equal(m.values[LEAST[i].metric].why, LEAST[i].why);
        assert_true(isnan(m.values[LEAST[i].metric].value));
        s.n_sample = 0;
        m = measure(&s, &config);
        assert_int_not_equal(m.values[LEAST[i].metric].why, SPOT_MOTION_WHY_DEFINED);
    }
}

/* A gap that is off by more than 1e-5 of the mean; paths and action rates need none. */
static void unequal_spacing_is_the_reason(void **state)
{
    static const spot_motion_metric NEED[] = {
        SPOT_MOTION_EE_MSJ_DIFFERENCE, SPOT_MOTION_EE_MSJ_SAVGOL, SPOT_MOTION_EE_MSJ_VELOCITY,
        SPOT_MOTION_JERK_C_LITERAL,    SPOT_MOTION_SPARC,         SPOT_MOTION_LDLJ,
        SPOT_MOTION_ENERGY_ABS_J,      SPOT_MOTION_ENERGY_NET_J,
    };
    spot_motion_config config;
    line l;

    (void)state;
    spot_motion_config_default(&config);
    const spot_motion_series s = make(&l, MOST);
    l.time[7] = 0.7 + 0.9e-6;
    spot_motion_metrics m = measure(&s, &config);
    for (size_t i = 0; i < sizeof(NEED) / sizeof(NEED[0]); i++) {
        assert_int_equal(m.values[NEED[i]].why, SPOT_MOTION_WHY_DEFINED);
    }
    for (int sign = -1; sign <= 1; sign += 2) {
        l.time[7] = 0.7 + sign * 1.1e-6;
        m = measure(&s, &config);
        assert_close(m.interval_s, 0.0, 0.0, 0.0);
        for (size_t i = 0; i < sizeof(NEED) / sizeof(NEED[0]); i++) {
            assert_int_equal(m.values[NEED[i]].why, SPOT_MOTION_WHY_UNEQUAL);
        }
        assert_close(m.values[SPOT_MOTION_COMPLETION_TIME_S].value, 1.5, 0.0, 1e-12);
        assert_int_equal(m.values[SPOT_MOTION_EE_PATH_M].why, SPOT_MOTION_WHY_DEFINED);
        assert_int_equal(m.values[SPOT_MOTION_ACTION_RATE_PER_S].why, SPOT_MOTION_WHY_DEFINED);
    }
    l.time[7] =
        0.7; /* an early and a late gap alone, the rest equal: the least and the most are seen */
    l.time[MOST - 1] += 0.05;
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_SPARC].why, SPOT_MOTION_WHY_UNEQUAL);
}

/* A robot that stands still, or goes at one speed, far from the origin, where positions round. */
static void rounding_is_no_motion(void **state)
{
    spot_motion_config config;
    line l;

    (void)state;
    spot_motion_config_default(&config);
    const spot_motion_series s = make(&l, MOST);
    for (int i = 0; i < MOST; i++) {
        l.p[i] = 1000.1 + (i % 2) * 1e-13;
    }
    spot_motion_metrics m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_LDLJ].why, SPOT_MOTION_WHY_NO_MOTION);
    assert_int_equal(m.values[SPOT_MOTION_SPARC].why, SPOT_MOTION_WHY_NO_MOTION);
    for (int i = 0; i < MOST; i++) {
        l.p[i] = 1000.1 + 0.01 * i;
    }
    m = measure(&s, &config);
    assert_int_equal(m.values[SPOT_MOTION_LDLJ].why, SPOT_MOTION_WHY_CONSTANT_SPEED);
    assert_int_equal(m.values[SPOT_MOTION_SPARC].why, SPOT_MOTION_WHY_DEFINED);
}

static void overflow_is_the_reason(void **state)
{
    spot_motion_config config;
    line l;

    (void)state;
    spot_motion_config_default(&config);
    const spot_motion_series s = make(&l, MOST);
    for (int i = 0; i < MOST; i++) {
        l.p[i] = i % 2 == 0 ? 1e300 : -1e300;
    }
    const spot_motion_metrics m = measure(&s, &config);
    for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
        assert_true((m.values[i].why == SPOT_MOTION_WHY_DEFINED) ==
                    (isfinite(m.values[i].value) != 0));
    }
    assert_int_equal(m.values[SPOT_MOTION_EE_PATH_M].why, SPOT_MOTION_WHY_OVERFLOW);
    assert_int_equal(m.values[SPOT_MOTION_EE_MSJ_DIFFERENCE].why, SPOT_MOTION_WHY_OVERFLOW);
    assert_int_equal(m.values[SPOT_MOTION_JOINT_PATH_RAD].why, SPOT_MOTION_WHY_DEFINED);
}

static void bad_series_are_refused(void **state)
{
    spot_motion_config config;
    spot_motion_metrics m;
    size_t n = 0;
    line l;

    (void)state;
    spot_motion_config_default(&config);
    spot_motion_series s = make(&l, MOST);
    assert_int_equal(spot_motion_measure(NULL, &config, memory, ROOM, &m), SPOT_E_INVALID);
    assert_int_equal(spot_motion_measure(&s, NULL, memory, ROOM, &m), SPOT_E_INVALID);
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_motion_measure(&s, &config, NULL, ROOM, &m), SPOT_E_INVALID);
    assert_int_equal(spot_motion_room(spot_motion_series_shape(&s), MOST, &n), SPOT_OK);
    assert_int_equal(spot_motion_measure(&s, &config, memory, n - 1, &m), SPOT_E_RANGE);
    config.interval_s = 0.1; /* stamps and interval */
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, &m), SPOT_E_INVALID);
    config.interval_s = 0.0; /* neither */
    s.time_s = NULL;
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, &m), SPOT_E_INVALID);
    s = make(&l, MOST);
    s.n_joint = 0;
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, &m), SPOT_E_RANGE);
    s.n_joint = 1;
    l.q[5] = INFINITY;
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, &m), SPOT_E_RANGE);
    s = make(&l, MOST);
    l.time[5] = l.time[4];
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, &m), SPOT_E_RANGE);
    s = make(&l, MOST);
    l.time[0] = NAN;
    assert_int_equal(spot_motion_measure(&s, &config, memory, ROOM, &m), SPOT_E_RANGE);
}

static void bad_shapes_are_refused(void **state)
{
    size_t n = 0;
    const spot_motion_shape unknown = {1U << 6, 1, 1, 1};
    const spot_motion_shape huge = {SPOT_MOTION_ACTION, 0, 0, SIZE_MAX / 2};
    const spot_motion_shape wide = {SPOT_MOTION_ACTION | SPOT_MOTION_JOINT, 0, SIZE_MAX / 16, 1};

    (void)state;
    assert_int_equal(spot_motion_room(unknown, 0, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_room(huge, 0, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_room(wide, 0, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_room((spot_motion_shape){0}, SIZE_MAX, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_room((spot_motion_shape){0}, 0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_motion_series_shape(NULL).channels, 0);
}

static spot_status with(spot_motion_config config)
{
    spot_motion_metrics m;
    line l;
    const spot_motion_series s = make(&l, MOST);

    return spot_motion_measure(&s, &config, memory, ROOM, &m);
}

static void bad_configs_are_refused(void **state)
{
    const double good[] = {1.0};
    const double zero[] = {0.0};
    const double negative[] = {-1.0};
    spot_motion_config c;

    (void)state;
    memset(&c, 0xA5, sizeof(c));
    spot_motion_config_default(&c);
    assert_int_equal(c.size, sizeof(c));
    assert_int_equal(c.n_motor, 0);
    assert_close(c.interval_s, 0.0, 0.0, 0.0);
    assert_close(c.position_noise_m, 0.0, 0.0, 0.0);
    assert_int_equal(with(c), SPOT_OK);

    spot_motion_config bad = c;
    bad.size--;
    assert_int_equal(with(bad), SPOT_E_INVALID);
    bad = c;
    bad.position_noise_m = NAN;
    assert_int_equal(with(bad), SPOT_E_RANGE);
    bad = c;
    bad.interval_s = -0.1;
    assert_int_equal(with(bad), SPOT_E_RANGE);
    bad = c;
    bad.n_motor = 1;
    assert_int_equal(with(bad), SPOT_E_INVALID);
    bad.resistance_ohm = zero;
    bad.torque_nm_a = good;
    assert_int_equal(with(bad), SPOT_OK);
    bad.torque_nm_a = zero;
    assert_int_equal(with(bad), SPOT_E_RANGE);
    bad.torque_nm_a = good;
    bad.resistance_ohm = negative;
    assert_int_equal(with(bad), SPOT_E_RANGE);
    bad.resistance_ohm = good;
    bad.n_motor = 2;
    assert_int_equal(with(bad), SPOT_E_RANGE);
}

static void every_metric_has_a_row(void **state)
{
    (void)state;
    for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
        const spot_motion_metric_info *info = spot_motion_describe(i);

        assert_non_null(info);
        assert_int_equal(spot_motion_find(info->name), i);
        assert_true(info->better >= -1 && info->better <= 1);
        assert_true(strlen(info->meaning) > 0);
        assert_true((strstr(info->name, "jerk") == NULL && strstr(info->name, "msj") == NULL) ||
                    info->estimator[0] != '\0' || i == SPOT_MOTION_JERK_C_LITERAL);
    }
    assert_string_equal(spot_motion_describe(SPOT_MOTION_SPARC)->name, "sparc");
    assert_null(spot_motion_describe(-1));
    assert_null(spot_motion_describe(SPOT_MOTION_N_METRIC));
    assert_int_equal(spot_motion_find("nothing"), -1);
    assert_int_equal(spot_motion_find(NULL), -1);
    for (int i = 0; i < SPOT_MOTION_N_WHY; i++) {
        assert_true((strlen(spot_motion_why_str((spot_motion_why)i)) > 0) == (i > 0));
    }
    assert_string_equal(spot_motion_why_str((spot_motion_why)999), "unknown reason");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_that_is_missing_is_the_reason),
        cmocka_unit_test(too_few_samples_are_the_reason),
        cmocka_unit_test(unequal_spacing_is_the_reason),
        cmocka_unit_test(rounding_is_no_motion),
        cmocka_unit_test(overflow_is_the_reason),
        cmocka_unit_test(bad_series_are_refused),
        cmocka_unit_test(bad_shapes_are_refused),
        cmocka_unit_test(bad_configs_are_refused),
        cmocka_unit_test(every_metric_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
