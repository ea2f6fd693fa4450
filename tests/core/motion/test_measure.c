/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Metrics of a trajectory. Oracles: printed vectors, sums written out again from their definitions over random
 * series, invariances and scaling laws, closed forms of polynomial motion.
 */
#include <math.h>
#include <string.h>

#include "spot/motion.h"
#include "spot/rng.h"
#include "support/spot_test.h"

static const double PRINTED = 1e-6;   /* vectors printed with six digits */
static const double ROUNDING = 1e-12; /* of sums of a few hundred terms */

enum { N = 60, AXES = 3, JOINTS = 6, ACTIONS = 7, ROOM = 8192 };

static double memory[ROOM];

static spot_motion_metrics measure(const spot_motion_series *series,
                                   const spot_motion_config *config)
{
    spot_motion_metrics m;
    size_t n = 0;

    assert_int_equal(spot_motion_room(spot_motion_series_shape(series), series->n_sample, &n),
                     SPOT_OK);
    assert_true(n <= ROOM);
    assert_int_equal(spot_motion_measure(series, config, memory, n, &m), SPOT_OK);
    return m;
}

static double get(const spot_motion_metrics *m, spot_motion_metric metric)
{
    assert_int_equal(m->values[metric].why, SPOT_MOTION_WHY_DEFINED);
    return m->values[metric].value;
}

static spot_motion_config every(double interval_s)
{
    spot_motion_config config;

    spot_motion_config_default(&config);
    config.interval_s = interval_s;
    return config;
}

static void jerk_of_a_cubic_matches_the_printed_vector(void **state)
{
    const double one[] = {0, 1, 8, 27, 64};
    const double two[] = {0, 0, 1, 2, 8, 16, 27, 54, 64, 128};
    const spot_motion_config config = every(1.0);

    (void)state;
    const spot_motion_series line = {.n_sample = 5, .n_axis = 1, .position_m = one};
    const spot_motion_series plane = {.n_sample = 5, .n_axis = 2, .position_m = two};
    const spot_motion_metrics a = measure(&line, &config);
    const spot_motion_metrics b = measure(&plane, &config);

    assert_close(get(&a, SPOT_MOTION_EE_MSJ_DIFFERENCE), 36.0, 0.0, 0.0);
    assert_close(get(&a, SPOT_MOTION_EE_MEAN_JERK_DIFFERENCE), 6.0, 0.0, 0.0);
    assert_close(get(&a, SPOT_MOTION_EE_RMS_JERK_DIFFERENCE), 6.0, 0.0, 0.0);
    assert_close(get(&b, SPOT_MOTION_EE_MSJ_DIFFERENCE), 180.0, 0.0, 0.0);
}

static void jerk_of_minimum_jerk_motion_matches_the_printed_vector(void **state)
{
    enum { K = 101 };
    double p[K];

    (void)state;
    for (int i = 0; i < K; i++) {
        const double t = i / 100.0;

        p[i] = t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
    }
    const spot_motion_config config = every(0.01);
    const spot_motion_series series = {.n_sample = K, .n_axis = 1, .position_m = p};
    const spot_motion_metrics m = measure(&series, &config);

    /* rounding of positions to 1e-16 is 1e-10 in jerk */
    assert_close(get(&m, SPOT_MOTION_EE_MSJ_DIFFERENCE), 665.156, 0.0, PRINTED);
    assert_close(get(&m, SPOT_MOTION_EE_PATH_M), 1.0, ROUNDING, 0.0);
}

static void action_rate_matches_the_printed_vector(void **state)
{
    const double a[] = {0, 0, 3, 4, 3, 4, 0, 0};
    const spot_motion_config config = every(0.1);
    const spot_motion_series series = {.n_sample = 4, .n_action = 2, .action = a};

    (void)state;
    const spot_motion_metrics m = measure(&series, &config);

    assert_close(get(&m, SPOT_MOTION_ACTION_RATE_PER_STEP), 3.333333, 0.0, PRINTED);
    assert_close(get(&m, SPOT_MOTION_ACTION_RATE_PER_S), 33.33333, 0.0, PRINTED);
    assert_close(get(&m, SPOT_MOTION_COMPLETION_TIME_S), 0.4, 0.0, ROUNDING);
}

static void energy_matches_the_printed_vector(void **state)
{
    const double torque[] = {1, -2, 2, -1, -1, 1, 0, 2};
    const double velocity[] = {.5, .5, 1, -1, 1, 0, 2, -1};
    const double ohm[] = {2.0};
    const double k[] = {0.5};
    spot_motion_config config = every(0.1);
    const spot_motion_series series = {
        .n_sample = 4, .n_joint = 2, .joint_rad_s = velocity, .torque_nm = torque};

    (void)state;
    config.n_motor = 1;
    config.resistance_ohm = ohm;
    config.torque_nm_a = k;
    const spot_motion_metrics m = measure(&series, &config);

    assert_close(get(&m, SPOT_MOTION_ENERGY_ABS_J), 0.75, 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_ENERGY_POS_J), 0.35, 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_ENERGY_NET_J), -0.05, 0.0, ROUNDING);
    /* squares of torque sum to 1 + 4 + 4 + 1 + 1 + 1 + 0 + 4 = 16, R / k^2 = 8 */
    assert_close(get(&m, SPOT_MOTION_ENERGY_COPPER_J), 12.8, 0.0, ROUNDING);
    /* no product is as negative as its copper loss is positive: 12.8 - 0.05 */
    assert_close(get(&m, SPOT_MOTION_ENERGY_MOTOR_J), 12.75, 0.0, ROUNDING);
}

/* A loss that is smaller than what the joint gives back counts 0, and motors differ. */
static void motors_take_their_own_constants(void **state)
{
    const double torque[] = {2, 3};
    const double velocity[] = {-1, 1};
    const double ohm[] = {0.1, 5.0};
    const double k[] = {1.0, 2.0};
    spot_motion_config config = every(0.5);
    const spot_motion_series series = {
        .n_sample = 1, .n_joint = 2, .joint_rad_s = velocity, .torque_nm = torque};

    (void)state;
    config.n_motor = 2;
    config.resistance_ohm = ohm;
    config.torque_nm_a = k;
    const spot_motion_metrics m = measure(&series, &config);

    assert_close(get(&m, SPOT_MOTION_ENERGY_COPPER_J), 0.5 * (0.4 + 11.25), 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_ENERGY_MOTOR_J), 0.5 * (3.0 + 11.25), 0.0, ROUNDING);
}

/* A random series with all channels: smooth enough that nothing cancels. */
typedef struct data {
    double time[N], p[N * AXES], v[N * AXES], q[N * JOINTS], dq[N * JOINTS], tau[N * JOINTS];
    double a[N * ACTIONS];
} data;

static void fill(double *x, size_t n, spot_rng *rng)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = spot_rng_uniform(rng, -1.0, 1.0);
    }
}

static spot_motion_series make(data *d, uint64_t seed, double h)
{
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_DISTURB, 0);

    for (int i = 0; i < N; i++) {
        d->time[i] = 100.0 + h * i;
    }
    fill(d->p, (size_t)N * AXES, &rng);
    fill(d->v, (size_t)N * AXES, &rng);
    fill(d->q, (size_t)N * JOINTS, &rng);
    fill(d->dq, (size_t)N * JOINTS, &rng);
    fill(d->tau, (size_t)N * JOINTS, &rng);
    fill(d->a, (size_t)N * ACTIONS, &rng);
    return (spot_motion_series){N,    AXES, JOINTS, ACTIONS, d->time, d->p,
                                d->v, d->q, d->dq,  d->tau,  d->a};
}

/* 2-norm of sum over taps of c[i] x[k + i]. */
static double norm_at(const double *x, int width, int k, const double *c, int taps)
{
    double sum = 0.0;

    for (int j = 0; j < width; j++) {
        double y = 0.0;

        for (int i = 0; i < taps; i++) {
            y += c[i] * x[(k + i) * width + j];
        }
        sum += y * y;
    }
    return sqrt(sum);
}

static void check_jerk(const spot_motion_metrics *m, int at, const double *x, int width,
                       const double *c, int taps)
{
    double squares = 0.0;
    double norms = 0.0;
    const double n = N - taps + 1;

    for (int k = 0; k + taps <= N; k++) {
        const double j = norm_at(x, width, k, c, taps);

        squares += j * j / n;
        norms += j / n;
    }
    assert_close(get(m, (spot_motion_metric)at), squares, 0.0, 1e-9);
    assert_close(get(m, (spot_motion_metric)(at + 1)), sqrt(squares), 0.0, 1e-9);
    assert_close(get(m, (spot_motion_metric)(at + 2)), norms, 0.0, 1e-9);
}

static void every_jerk_is_its_definition_written_out(void **state)
{
    const double h = 0.02;
    const double f3 = 1.0 / (h * h * h);
    const double third[] = {-f3, 3 * f3, -3 * f3, f3};
    const double savgol[] = {-f3 / 6, f3 / 6, f3 / 6, 0, -f3 / 6, -f3 / 6, f3 / 6};
    const double bend[] = {1 / (h * h), -2 / (h * h), 1 / (h * h)};
    const spot_motion_config config = every(0.0);
    data d;

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const spot_motion_series series = make(&d, seed, h);
        const spot_motion_metrics m = measure(&series, &config);
        double literal = 0.0;

        check_jerk(&m, SPOT_MOTION_EE_MSJ_DIFFERENCE, d.p, AXES, third, 4);
        check_jerk(&m, SPOT_MOTION_EE_MSJ_SAVGOL, d.p, AXES, savgol, 7);
        check_jerk(&m, SPOT_MOTION_EE_MSJ_VELOCITY, d.v, AXES, bend, 3);
        check_jerk(&m, SPOT_MOTION_JOINT_MSJ_DIFFERENCE, d.q, JOINTS, third, 4);
        check_jerk(&m, SPOT_MOTION_JOINT_MSJ_SAVGOL, d.q, JOINTS, savgol, 7);
        check_jerk(&m, SPOT_MOTION_JOINT_MSJ_VELOCITY, d.dq, JOINTS, bend, 3);
        for (int k = 0; k + 3 <= N; k++) {
            literal += norm_at(d.q, JOINTS, k, bend, 3) / (h * h) / (N - 2);
        }
        assert_close(get(&m, SPOT_MOTION_JERK_C_LITERAL), literal, 0.0, 1e-9);
    }
}

static void paths_and_energies_are_their_definitions_written_out(void **state)
{
    const double h = 0.02;
    const double step[] = {-1, 1};
    const spot_motion_config config = every(0.0);
    double path = 0, joints = 0, joints_l1 = 0, rate = 0, power = 0, positive = 0, net = 0;
    data d;

    (void)state;
    const spot_motion_series series = make(&d, 9, h);
    const spot_motion_metrics m = measure(&series, &config);

    for (int k = 0; k + 1 < N; k++) {
        path += norm_at(d.p, AXES, k, step, 2);
        joints += norm_at(d.q, JOINTS, k, step, 2);
        rate += norm_at(d.a, ACTIONS, k, step, 2) / (N - 1);
    }
    for (int j = 0; j < JOINTS; j++) {
        for (int k = 0; k < N; k++) {
            const double watt = d.tau[k * JOINTS + j] * d.dq[k * JOINTS + j];

            joints_l1 += k > 0 ? fabs(d.q[k * JOINTS + j] - d.q[(k - 1) * JOINTS + j]) : 0.0;
            power += fabs(watt);
            positive += watt > 0 ? watt : 0;
            net += watt;
        }
    }
    assert_int_equal(m.n_sample, N);
    assert_close(m.interval_s, h, 0.0, 1e-9);
    assert_close(get(&m, SPOT_MOTION_COMPLETION_TIME_S), h * (N - 1), 0.0, 1e-9);
    assert_close(get(&m, SPOT_MOTION_EE_PATH_M), path, 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_JOINT_PATH_RAD), joints, 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_JOINT_PATH_L1_RAD), joints_l1, 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_ACTION_RATE_PER_STEP), rate, 0.0, ROUNDING);
    assert_close(get(&m, SPOT_MOTION_ACTION_RATE_PER_S), rate / h, 0.0, 1e-9);
    assert_close(get(&m, SPOT_MOTION_ENERGY_ABS_J), h * power, 0.0, 1e-9);
    assert_close(get(&m, SPOT_MOTION_ENERGY_POS_J), h * positive, 0.0, 1e-9);
    assert_close(get(&m, SPOT_MOTION_ENERGY_NET_J), h * net, 1e-12, 1e-9);
}

/* Smoothness of a series is that of its speeds by central differences. */
static void smoothness_is_that_of_the_speed_profile(void **state)
{
    const double h = 0.02;
    const double across[] = {-1, 0, 1};
    const spot_motion_config config = every(0.0);
    double speed[N - 2];
    spot_motion_value sparc;
    spot_motion_value ldlj;
    data d;

    (void)state;
    const spot_motion_series series = make(&d, 3, h);
    const spot_motion_metrics m = measure(&series, &config);

    for (int k = 0; k < N - 2; k++) {
        speed[k] = norm_at(d.p, AXES, k, across, 3) / (2 * h);
    }
    assert_int_equal(spot_motion_sparc(speed, N - 2, h, memory, ROOM, &sparc), SPOT_OK);
    assert_int_equal(spot_motion_ldlj(speed, N - 2, &ldlj), SPOT_OK);
    assert_close(get(&m, SPOT_MOTION_SPARC), sparc.value, 0.0, 1e-9);
    assert_close(get(&m, SPOT_MOTION_LDLJ), ldlj.value, 0.0, 1e-9);
}

static spot_motion_sample sample_at(const spot_motion_series *s, size_t i)
{
    return (spot_motion_sample){s->time_s[i],
                                s->position_m + i * AXES,
                                s->velocity_m_s + i * AXES,
                                s->joint_rad + i * JOINTS,
                                s->joint_rad_s + i * JOINTS,
                                s->torque_nm + i * JOINTS,
                                s->action + i * ACTIONS};
}

static void assert_same(const spot_motion_metrics *a, const spot_motion_metrics *b)
{
    assert_int_equal(a->n_sample, b->n_sample);
    for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
        assert_int_equal(a->values[i].why, b->values[i].why);
        if (a->values[i].why == SPOT_MOTION_WHY_DEFINED) {
            assert_close(a->values[i].value, b->values[i].value, 0.0, 0.0);
        }
    }
}

/* At each length, and looking does not disturb. */
static void a_stream_gives_the_numbers_of_the_whole(void **state)
{
    static double room[ROOM];
    const spot_motion_config config = every(0.0);
    spot_motion_stream stream;
    size_t n = 0;
    data d;

    (void)state;
    spot_motion_series series = make(&d, 4, 0.05);
    assert_int_equal(spot_motion_room(spot_motion_series_shape(&series), N, &n), SPOT_OK);
    assert_int_equal(
        spot_motion_stream_init(&stream, spot_motion_series_shape(&series), &config, N, room, n),
        SPOT_OK);
    for (size_t i = 0; i < N; i++) {
        const spot_motion_sample sample = sample_at(&series, i);
        spot_motion_metrics got;

        assert_int_equal(spot_motion_stream_push(&stream, &sample), SPOT_OK);
        assert_int_equal(spot_motion_stream_finish(&stream, &got), SPOT_OK);
        series.n_sample = i + 1;
        const spot_motion_metrics want = measure(&series, &config);
        assert_same(&got, &want);
    }
}

/* Without room for the profile, all but SPARC is the same; a refused sample changes nothing. */
static void a_stream_needs_little_memory(void **state)
{
    enum { FEW = 7 * AXES + 3 * AXES + 7 * JOINTS + 3 * JOINTS + JOINTS + 2 * ACTIONS };
    const spot_motion_config config = every(0.0);
    double room[FEW];
    spot_motion_stream stream;
    spot_motion_metrics got;
    size_t n = 0;
    data d;

    (void)state;
    const spot_motion_series series = make(&d, 5, 0.05);
    spot_motion_metrics want = measure(&series, &config);

    assert_int_equal(spot_motion_room(spot_motion_series_shape(&series), 0, &n), SPOT_OK);
    assert_int_equal(n, FEW);
    assert_int_equal(
        spot_motion_stream_init(&stream, spot_motion_series_shape(&series), &config, 0, room, n),
        SPOT_OK);
    for (size_t i = 0; i < N; i++) {
        spot_motion_sample sample = sample_at(&series, i);
        const double broken[JOINTS] = {0, 0, 0, 0, 0, NAN};

        assert_int_equal(spot_motion_stream_push(&stream, &sample), SPOT_OK);
        assert_int_equal(spot_motion_stream_push(&stream, &sample), SPOT_E_RANGE); /* no later */
        sample.time_s += 1e-3;
        sample.torque_nm = broken;
        assert_int_equal(spot_motion_stream_push(&stream, &sample), SPOT_E_RANGE);
        sample.torque_nm = NULL;
        assert_int_equal(spot_motion_stream_push(&stream, &sample), SPOT_E_INVALID);
    }
    assert_int_equal(spot_motion_stream_finish(&stream, &got), SPOT_OK);
    assert_int_equal(got.values[SPOT_MOTION_SPARC].why, SPOT_MOTION_WHY_NO_ROOM);
    want.values[SPOT_MOTION_SPARC] = got.values[SPOT_MOTION_SPARC];
    assert_same(&got, &want);
}

/* Turns by two angles and moves each position. */
static void move_rigidly(double *p, int n)
{
    const double a = 0.7;
    const double b = -1.9;

    for (int i = 0; i < n; i++) {
        double *x = p + (size_t)i * 3;
        const double u = cos(a) * x[0] - sin(a) * x[1];
        const double v = sin(a) * x[0] + cos(a) * x[1];

        x[0] = cos(b) * u - sin(b) * x[2] + 5.0;
        x[2] = sin(b) * u + cos(b) * x[2] - 3.0;
        x[1] = v + 1.0;
    }
}

static void a_rigid_motion_of_the_frame_changes_nothing(void **state)
{
    const spot_motion_config config = every(0.0);
    data d;

    (void)state;
    const spot_motion_series series = make(&d, 6, 0.05);
    const spot_motion_metrics before = measure(&series, &config);
    move_rigidly(d.p, N);
    const spot_motion_metrics after = measure(&series, &config);

    for (int i = SPOT_MOTION_EE_PATH_M; i <= SPOT_MOTION_LDLJ; i++) {
        assert_close(get(&after, (spot_motion_metric)i), get(&before, (spot_motion_metric)i), 0.0,
                     1e-11);
    }
}

/* What a metric of positions and actions is multiplied by when length grows and time slows. */
static void metrics_scale_with_their_units(void **state)
{
    const double length = 3.0;
    const double slow = 2.0;
    static const struct law {
        spot_motion_metric metric;
        int lengths, times;
    } LAWS[] = {
        {SPOT_MOTION_EE_PATH_M, 1, 0},
        {SPOT_MOTION_EE_MSJ_DIFFERENCE, 2, -6},
        {SPOT_MOTION_EE_RMS_JERK_DIFFERENCE, 1, -3},
        {SPOT_MOTION_EE_MEAN_JERK_DIFFERENCE, 1, -3},
        {SPOT_MOTION_EE_MSJ_SAVGOL, 2, -6},
        {SPOT_MOTION_EE_MEAN_JERK_SAVGOL, 1, -3},
        {SPOT_MOTION_LDLJ, 0, 0},
        {SPOT_MOTION_COMPLETION_TIME_S, 0, 1},
        {SPOT_MOTION_ACTION_RATE_PER_STEP, 0, 0},
        {SPOT_MOTION_ACTION_RATE_PER_S, 0, -1},
        {SPOT_MOTION_JERK_C_LITERAL, 0, -4},
        {SPOT_MOTION_JOINT_MSJ_SAVGOL, 0, -6},
    };
    const spot_motion_config config = every(0.0);
    data d;

    (void)state;
    const spot_motion_series series = make(&d, 7, 0.05);
    const spot_motion_metrics before = measure(&series, &config);
    for (int i = 0; i < N * AXES; i++) {
        d.p[i] *= length;
    }
    for (int i = 0; i < N; i++) {
        d.time[i] *= slow;
    }
    const spot_motion_metrics after = measure(&series, &config);

    for (size_t i = 0; i < sizeof(LAWS) / sizeof(LAWS[0]); i++) {
        const double factor = pow(length, LAWS[i].lengths) * pow(slow, LAWS[i].times);

        assert_close(get(&after, LAWS[i].metric), factor * get(&before, LAWS[i].metric), 0.0,
                     1e-11);
    }
}

/* Mean forward difference of x = t^5 over [0, 1]: j = 60 t^2, error O(h^2) at its own time t_k +
 * 1.5 h. */
static void difference_is_of_second_order(void **state)
{
    enum { MOST = 400 };
    double error[2];

    (void)state;
    for (int level = 0; level < 2; level++) {
        const int n = level == 0 ? 200 : 400;
        const double h = 1.0 / n;
        double p[MOST + 1];
        double want = 0.0;

        for (int i = 0; i <= n; i++) {
            p[i] = pow(i * h, 5.0);
        }
        for (int k = 0; k <= n - 3; k++) {
            want += 60.0 * pow((k + 1.5) * h, 2.0) / (n - 2);
        }
        const spot_motion_config config = every(h);
        const spot_motion_series series = {.n_sample = (size_t)n + 1, .n_axis = 1, .position_m = p};
        static double big[16384];
        spot_motion_metrics m;
        assert_int_equal(spot_motion_measure(&series, &config, big, 16384, &m), SPOT_OK);
        error[level] = fabs(get(&m, SPOT_MOTION_EE_MEAN_JERK_DIFFERENCE) - want);
    }
    assert_close(error[0] / error[1], 4.0, 0.05, 0.0);
}

/* Curves are what the metrics sum up, and lie at their own times: of x = t^3, speed 3 t^2 + h^2 and
 * jerk 6; of x = t^4, jerk 24 t, without error by either estimator. */
static void curves_lie_at_their_times(void **state)
{
    static const spot_motion_curve JERKS[] = {SPOT_MOTION_JERK_DIFFERENCE, SPOT_MOTION_JERK_SAVGOL};
    static const size_t TAPS[] = {4, 7};
    enum { K = 12 };
    const double h = 0.25;
    double p[K];
    double t[K];
    double v[K];
    size_t n = 99;

    (void)state;
    spot_motion_series series = {.n_sample = K, .n_axis = 1, .position_m = p};
    for (int i = 0; i < K; i++) {
        p[i] = pow(i * h, 3.0);
    }
    assert_int_equal(spot_motion_curve_of(&series, h, SPOT_MOTION_SPEED, t, v, &n), SPOT_OK);
    assert_int_equal(n, K - 2);
    for (size_t i = 0; i < n; i++) {
        assert_close(t[i], ((double)i + 1.0) * h, 0.0, ROUNDING);
        assert_close(v[i], 3.0 * t[i] * t[i] + h * h, 0.0, ROUNDING);
    }
    for (int i = 0; i < K; i++) {
        p[i] = pow(i * h, 4.0);
    }
    for (int e = 0; e < 2; e++) {
        assert_int_equal(spot_motion_curve_of(&series, h, JERKS[e], t, v, &n), SPOT_OK);
        assert_int_equal(n, K + 1 - TAPS[e]);
        for (size_t i = 0; i < n; i++) {
            assert_close(v[i], 24.0 * t[i], 0.0, 1e-10);
        }
    }
    double plane[2 * K]; /* along (3, 4) */
    for (int i = 0; i < K; i++) {
        plane[2 * i] = 3.0 * p[i];
        plane[2 * i + 1] = 4.0 * p[i];
    }
    series.n_axis = 2;
    series.position_m = plane;
    assert_int_equal(spot_motion_curve_of(&series, h, SPOT_MOTION_JERK_SAVGOL, t, v, &n), SPOT_OK);
    for (size_t i = 0; i < n; i++) {
        assert_close(v[i], 5.0 * 24.0 * t[i], 0.0, 1e-10);
    }
    series.n_sample = 6;
    assert_int_equal(spot_motion_curve_of(&series, h, SPOT_MOTION_JERK_SAVGOL, t, v, &n), SPOT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(spot_motion_curve_of(&series, 0.0, SPOT_MOTION_SPEED, t, v, &n), SPOT_E_RANGE);
    assert_int_equal(spot_motion_curve_of(&series, 1e-120, SPOT_MOTION_JERK_DIFFERENCE, t, v, &n),
                     SPOT_E_RANGE);
    assert_int_equal(spot_motion_curve_of(&series, h, SPOT_MOTION_N_CURVE, t, v, &n),
                     SPOT_E_INVALID);
    series.position_m = NULL;
    assert_int_equal(spot_motion_curve_of(&series, h, SPOT_MOTION_SPEED, t, v, &n), SPOT_OK);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jerk_of_a_cubic_matches_the_printed_vector),
        cmocka_unit_test(jerk_of_minimum_jerk_motion_matches_the_printed_vector),
        cmocka_unit_test(action_rate_matches_the_printed_vector),
        cmocka_unit_test(energy_matches_the_printed_vector),
        cmocka_unit_test(motors_take_their_own_constants),
        cmocka_unit_test(every_jerk_is_its_definition_written_out),
        cmocka_unit_test(paths_and_energies_are_their_definitions_written_out),
        cmocka_unit_test(smoothness_is_that_of_the_speed_profile),
        cmocka_unit_test(a_stream_gives_the_numbers_of_the_whole),
        cmocka_unit_test(a_stream_needs_little_memory),
        cmocka_unit_test(a_rigid_motion_of_the_frame_changes_nothing),
        cmocka_unit_test(metrics_scale_with_their_units),
        cmocka_unit_test(difference_is_of_second_order),
        cmocka_unit_test(curves_lie_at_their_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
