/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From sums to metrics, and whole series. */
#include "core/motion/motion.h"

/* How far the gap of two stamps may lie from their mean; jerk divides by its third power. */
static const double SPACING_TOLERANCE = 1e-5;

/* A metric is defined if every need is met; the first that is not is the reason. */
typedef struct need {
    bool met;
    spot_motion_why why;
} need;

static spot_motion_value value_if(const need *needs, size_t n_need, double value)
{
    for (size_t i = 0; i < n_need; i++) {
        if (!needs[i].met) {
            return spoti_undefined(needs[i].why);
        }
    }
    return spoti_defined(value);
}

#define VALUE(value, ...)                                                                          \
    value_if((const need[]){__VA_ARGS__}, sizeof((const need[]){__VA_ARGS__}) / sizeof(need), value)

/* What finish works on. */
typedef struct finisher {
    const spot_motion_stream *s;
    spot_motion_value *values;
    double h;          /* s; 0 = not equally spaced or not known */
    double duration_s; /* from the first sample to the last */
    need spacing;
} finisher;

static need has(const finisher *f, unsigned channel, spot_motion_why why)
{
    return (need){(f->s->shape.channels & channel) != 0, why};
}

static need at_least(const finisher *f, size_t n, spot_motion_why why)
{
    return (need){f->s->n >= n, why};
}

static finisher begin(const spot_motion_stream *s, spot_motion_value *values)
{
    finisher f = {.s = s, .values = values};
    const double steps = (double)s->n - 1.0;

    if (s->config.interval_s > 0.0) {
        f.h = s->config.interval_s;
        f.duration_s = s->n > 0 ? steps * f.h : 0.0;
    } else if (s->n >= 2) {
        const double h = (s->last_s - s->first_s) / steps;
        const double most = SPACING_TOLERANCE * h;

        f.duration_s = s->last_s - s->first_s;
        f.h = s->gap_most_s - h <= most && h - s->gap_least_s <= most ? h : 0.0;
    }
    f.spacing = (need){f.h > 0.0 && isfinite(f.h), s->n >= 2 || s->config.interval_s > 0.0
                                                       ? SPOT_MOTION_WHY_UNEQUAL
                                                       : SPOT_MOTION_WHY_FEWER_THAN_2};
    return f;
}

static void finish_paths(const finisher *f)
{
    const spot_motion_stream *s = f->s;
    const need two = at_least(f, 2, SPOT_MOTION_WHY_FEWER_THAN_2);
    const need joints = has(f, SPOT_MOTION_JOINT, SPOT_MOTION_WHY_NO_JOINTS);
    const need actions = has(f, SPOT_MOTION_ACTION, SPOT_MOTION_WHY_NO_ACTIONS);

    f->values[SPOT_MOTION_COMPLETION_TIME_S] =
        s->config.interval_s > 0.0
            ? VALUE((double)s->n * f->h, at_least(f, 1, SPOT_MOTION_WHY_FEWER_THAN_1))
            : VALUE(f->duration_s, two);
    f->values[SPOT_MOTION_EE_PATH_M] =
        VALUE(s->ee_path, has(f, SPOT_MOTION_POSITION, SPOT_MOTION_WHY_NO_POSITIONS), two);
    f->values[SPOT_MOTION_JOINT_PATH_RAD] = VALUE(s->joint_path, joints, two);
    f->values[SPOT_MOTION_JOINT_PATH_L1_RAD] = VALUE(s->joint_path_l1, joints, two);
    f->values[SPOT_MOTION_ACTION_RATE_PER_STEP] =
        VALUE(s->action_change / ((double)s->n - 1.0), actions, two);
    f->values[SPOT_MOTION_ACTION_RATE_PER_S] =
        VALUE(s->action_change / f->duration_s, actions, two);
}

/* Three metrics of one estimator, from `at` on: mean square, its root, mean. power: h^power divides. */
typedef struct jerk_kind {
    int at;
    unsigned channel;
    spot_motion_why missing;
    size_t least;
    spot_motion_why few;
    double divisor; /* besides h^3 or h^2 */
    bool from_velocity;
} jerk_kind;

static void finish_jerk(const finisher *f, int body, int estimator, const jerk_kind *kind)
{
    const spot_motion_jerk_sum *sum = &f->s->jerk[body][estimator];
    const double unit = kind->divisor * f->h * f->h * (kind->from_velocity ? 1.0 : f->h);
    const double n = (double)sum->n;
    const need there = has(f, kind->channel, kind->missing);
    const need enough = at_least(f, kind->least, kind->few);
    const double msj = sum->squares / n / unit / unit;

    f->values[kind->at] = VALUE(msj, there, enough, f->spacing);
    f->values[kind->at + 1] = VALUE(sqrt(msj), there, enough, f->spacing);
    f->values[kind->at + 2] = VALUE(sum->norms / n / unit, there, enough, f->spacing);
}

static void finish_jerks(const finisher *f)
{
    static const jerk_kind KINDS[2][3] = {
        {{SPOT_MOTION_EE_MSJ_DIFFERENCE, SPOT_MOTION_POSITION, SPOT_MOTION_WHY_NO_POSITIONS, 4,
          SPOT_MOTION_WHY_FEWER_THAN_4, 1.0, false},
         {SPOT_MOTION_EE_MSJ_SAVGOL, SPOT_MOTION_POSITION, SPOT_MOTION_WHY_NO_POSITIONS, 7,
          SPOT_MOTION_WHY_FEWER_THAN_7, 6.0, false},
         {SPOT_MOTION_EE_MSJ_VELOCITY, SPOT_MOTION_VELOCITY, SPOT_MOTION_WHY_NO_EE_VELOCITIES, 3,
          SPOT_MOTION_WHY_FEWER_THAN_3, 1.0, true}},
        {{SPOT_MOTION_JOINT_MSJ_DIFFERENCE, SPOT_MOTION_JOINT, SPOT_MOTION_WHY_NO_JOINTS, 4,
          SPOT_MOTION_WHY_FEWER_THAN_4, 1.0, false},
         {SPOT_MOTION_JOINT_MSJ_SAVGOL, SPOT_MOTION_JOINT, SPOT_MOTION_WHY_NO_JOINTS, 7,
          SPOT_MOTION_WHY_FEWER_THAN_7, 6.0, false},
         {SPOT_MOTION_JOINT_MSJ_VELOCITY, SPOT_MOTION_JOINT_VELOCITY,
          SPOT_MOTION_WHY_NO_JOINT_VELOCITIES, 3, SPOT_MOTION_WHY_FEWER_THAN_3, 1.0, true}},
    };
    const double h4 = f->h * f->h * f->h * f->h;

    for (int body = 0; body < 2; body++) {
        for (int estimator = 0; estimator < 3; estimator++) {
            finish_jerk(f, body, estimator, &KINDS[body][estimator]);
        }
    }
    f->values[SPOT_MOTION_JERK_C_LITERAL] =
        VALUE(f->s->joint_bend / ((double)f->s->n - 2.0) / h4,
              has(f, SPOT_MOTION_JOINT, SPOT_MOTION_WHY_NO_JOINTS),
              at_least(f, 3, SPOT_MOTION_WHY_FEWER_THAN_3), f->spacing);
}

static void finish_smoothness(const finisher *f)
{
    const spot_motion_stream *s = f->s;
    const need there = has(f, SPOT_MOTION_POSITION, SPOT_MOTION_WHY_NO_POSITIONS);
    const need five = at_least(f, 5, SPOT_MOTION_WHY_FEWER_THAN_5);
    const need room = {s->n <= s->n_most, SPOT_MOTION_WHY_NO_ROOM};
    const double rounding = s->largest_m * 0x1p-52;
    const need moved = {s->speed_peak > 0.0, SPOT_MOTION_WHY_NO_MOTION};
    spot_motion_value ldlj = VALUE(0.0, there, five, f->spacing, moved);
    spot_motion_value sparc = VALUE(0.0, there, five, f->spacing, room, moved);

    if (ldlj.why == SPOT_MOTION_WHY_DEFINED) {
        ldlj = spoti_motion_ldlj(s->n - 2, s->speed_peak, s->speed_bend, rounding);
    }
    if (sparc.why == SPOT_MOTION_WHY_DEFINED) {
        /* what is no motion for one is none for the other */
        sparc = ldlj.why == SPOT_MOTION_WHY_NO_MOTION
                    ? ldlj
                    : spoti_motion_sparc(s->speed, s->n - 2, f->h, s->spectrum);
    }
    f->values[SPOT_MOTION_LDLJ] = ldlj;
    f->values[SPOT_MOTION_SPARC] = sparc;
}

static void finish_energy(const finisher *f)
{
    const spot_motion_stream *s = f->s;
    const need torques = has(f, SPOT_MOTION_TORQUE, SPOT_MOTION_WHY_NO_TORQUES);
    const need moves = has(f, SPOT_MOTION_JOINT_VELOCITY, SPOT_MOTION_WHY_NO_JOINT_VELOCITIES);
    const need one = at_least(f, 1, SPOT_MOTION_WHY_FEWER_THAN_1);
    const need motor = {s->config.n_motor > 0, SPOT_MOTION_WHY_NO_MOTOR};

    f->values[SPOT_MOTION_ENERGY_ABS_J] =
        VALUE(f->h * s->power_abs, torques, moves, one, f->spacing);
    f->values[SPOT_MOTION_ENERGY_POS_J] =
        VALUE(f->h * s->power_pos, torques, moves, one, f->spacing);
    f->values[SPOT_MOTION_ENERGY_NET_J] =
        VALUE(f->h * s->power_net, torques, moves, one, f->spacing);
    f->values[SPOT_MOTION_ENERGY_COPPER_J] =
        VALUE(f->h * s->power_copper, torques, motor, one, f->spacing);
    f->values[SPOT_MOTION_ENERGY_MOTOR_J] =
        VALUE(f->h * s->power_motor, torques, moves, motor, one, f->spacing);
}

static void finish_noise(const finisher *f)
{
    const double noise = f->s->config.position_noise_m;
    const need there = has(f, SPOT_MOTION_POSITION, SPOT_MOTION_WHY_NO_POSITIONS);
    const need given = {noise > 0.0, SPOT_MOTION_WHY_NO_NOISE};
    double difference = (double)INFINITY; /* stays where it is out of range */
    double savgol = (double)INFINITY;

    (void)spot_motion_jerk_noise(f->s->shape.n_axis, noise, f->h, &difference, &savgol);
    f->values[SPOT_MOTION_EE_JERK_NOISE_DIFFERENCE] = VALUE(difference, there, given, f->spacing);
    f->values[SPOT_MOTION_EE_JERK_NOISE_SAVGOL] = VALUE(savgol, there, given, f->spacing);
}

spot_status spot_motion_stream_finish(const spot_motion_stream *stream,
                                      spot_motion_metrics *metrics)
{
    if (stream == NULL || metrics == NULL) {
        return SPOT_E_INVALID;
    }
    const finisher f = begin(stream, metrics->values);

    metrics->n_sample = stream->n;
    metrics->interval_s = f.h;
    finish_paths(&f);
    finish_jerks(&f);
    finish_smoothness(&f);
    finish_energy(&f);
    finish_noise(&f);
    return SPOT_OK;
}

spot_motion_shape spot_motion_series_shape(const spot_motion_series *series)
{
    spot_motion_shape shape = {0};

    if (series == NULL) {
        return shape;
    }
    shape.n_axis = series->n_axis;
    shape.n_joint = series->n_joint;
    shape.n_action = series->n_action;
    shape.channels = (series->position_m != NULL ? SPOT_MOTION_POSITION : 0U) |
                     (series->velocity_m_s != NULL ? SPOT_MOTION_VELOCITY : 0U) |
                     (series->joint_rad != NULL ? SPOT_MOTION_JOINT : 0U) |
                     (series->joint_rad_s != NULL ? SPOT_MOTION_JOINT_VELOCITY : 0U) |
                     (series->torque_nm != NULL ? SPOT_MOTION_TORQUE : 0U) |
                     (series->action != NULL ? SPOT_MOTION_ACTION : 0U);
    return shape;
}

static const double *row(const double *table, size_t n, size_t i)
{
    return table != NULL ? table + n * i : NULL;
}

spot_status spot_motion_measure(const spot_motion_series *series, const spot_motion_config *config,
                                double *memory, size_t n_double, spot_motion_metrics *metrics)
{
    spot_motion_stream stream;

    if (series == NULL || config == NULL || metrics == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spot_motion_stream_init(&stream, spot_motion_series_shape(series), config,
                                             series->n_sample, memory, n_double);
    if (st == SPOT_OK && (series->time_s == NULL) != (config->interval_s > 0.0)) {
        st = SPOT_E_INVALID;
    }
    for (size_t i = 0; i < series->n_sample && st == SPOT_OK; i++) {
        const spot_motion_sample sample = {
            series->time_s != NULL ? series->time_s[i] : 0.0,
            row(series->position_m, series->n_axis, i),
            row(series->velocity_m_s, series->n_axis, i),
            row(series->joint_rad, series->n_joint, i),
            row(series->joint_rad_s, series->n_joint, i),
            row(series->torque_nm, series->n_joint, i),
            row(series->action, series->n_action, i),
        };
        st = spot_motion_stream_push(&stream, &sample);
    }
    return st == SPOT_OK ? spot_motion_stream_finish(&stream, metrics) : st;
}
