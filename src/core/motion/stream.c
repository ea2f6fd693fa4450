/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Sums over a trajectory that arrives sample by sample.
 *
 * All that is differenced is a stencil over the last samples of one channel, kept in a ring. Sums are taken in
 * steps of one sample; the interval h, which is known at the end alone, divides them in finish.c.
 */
#include <stdint.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/motion/motion.h"

/* Rows of each channel's ring: the longest stencil that it meets. */
static const size_t RING_ROWS[SPOTI_N_CHANNEL] = {7, 3, 7, 3, 1, 2};

const spoti_stencil SPOTI_STENCILS[SPOTI_N_STENCIL] = {
    [SPOTI_STEP] = {2, {-1, 1}},
    [SPOTI_ACROSS] = {3, {-1, 0, 1}},
    [SPOTI_BEND] = {3, {1, -2, 1}},
    [SPOTI_THIRD] = {4, {-1, 3, -3, 1}},
    [SPOTI_SMOOTH] = {7, {-1, 1, 1, 0, -1, -1, 1}},
};

static size_t width(const spot_motion_shape *shape, int channel)
{
    static const bool OF_AXES[SPOTI_N_CHANNEL] = {true, true, false, false, false, false};

    if ((shape->channels & 1U << channel) == 0) {
        return 0;
    }
    return channel == SPOTI_ACTION ? shape->n_action
                                   : (OF_AXES[channel] ? shape->n_axis : shape->n_joint);
}

static bool shape_is_known(const spot_motion_shape *shape)
{
    if (shape->channels >= 1U << SPOTI_N_CHANNEL) {
        return false;
    }
    for (int i = 0; i < SPOTI_N_CHANNEL; i++) {
        if ((shape->channels & 1U << i) != 0 && width(shape, i) == 0) {
            return false;
        }
    }
    return true;
}

spot_status spot_motion_room(spot_motion_shape shape, size_t n_most, size_t *n_double)
{
    size_t total = 0;

    if (n_double == NULL) {
        return SPOT_E_INVALID;
    }
    bool fits = shape_is_known(&shape) && spot_motion_sparc_room(n_most, &total) == SPOT_OK &&
                spoti_size_add(total, n_most, &total);

    for (int i = 0; i < SPOTI_N_CHANNEL && fits; i++) {
        size_t ring = 0;

        fits = spoti_size_mul(width(&shape, i), RING_ROWS[i], &ring) &&
               spoti_size_add(total, ring, &total);
    }
    if (!fits || total > SIZE_MAX / sizeof(double)) {
        return SPOT_E_RANGE;
    }
    *n_double = total;
    return SPOT_OK;
}

void spot_motion_config_default(spot_motion_config *config)
{
    *config = (spot_motion_config){.size = sizeof(*config)};
}

static bool not_negative(double x)
{
    return isfinite(x) && x >= 0.0;
}

static spot_status check_config(const spot_motion_config *c, const spot_motion_shape *shape)
{
    if (SPOTI_CONFIG_CHECK(spot_motion_config, c, NULL) != SPOT_OK ||
        (c->n_motor > 0 && (c->resistance_ohm == NULL || c->torque_nm_a == NULL))) {
        return SPOT_E_INVALID;
    }
    const bool known = c->n_motor <= 1 || c->n_motor == width(shape, SPOTI_TORQUE);

    if (!not_negative(c->interval_s) || !not_negative(c->position_noise_m) || !known) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < c->n_motor; i++) {
        if (!not_negative(c->resistance_ohm[i]) || !not_negative(c->torque_nm_a[i]) ||
            c->torque_nm_a[i] == 0.0) {
            return SPOT_E_RANGE;
        }
    }
    return SPOT_OK;
}

spot_status spot_motion_stream_init(spot_motion_stream *stream, spot_motion_shape shape,
                                    const spot_motion_config *config, size_t n_most, double *memory,
                                    size_t n_double)
{
    size_t needed = 0;

    if (stream == NULL || config == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spot_motion_room(shape, n_most, &needed);
    st = st == SPOT_OK ? check_config(config, &shape) : st;
    if (st != SPOT_OK) {
        return st;
    }
    if (n_double < needed) {
        return SPOT_E_RANGE;
    }
    if (memory == NULL && needed > 0) {
        return SPOT_E_INVALID;
    }
    *stream = (spot_motion_stream){.shape = shape, .config = *config, .n_most = n_most};
    for (int i = 0; i < SPOTI_N_CHANNEL; i++) {
        const size_t n = width(&shape, i);

        stream->ring[i] = n > 0 ? memory : NULL;
        memory = n > 0 ? memory + n * RING_ROWS[i] : memory;
    }
    stream->speed = memory;
    stream->spectrum = n_most > 0 ? memory + n_most : memory;
    return SPOT_OK;
}

static const double *channel_of(const spot_motion_sample *sample, int channel)
{
    const double *const all[SPOTI_N_CHANNEL] = {sample->position_m, sample->velocity_m_s,
                                                sample->joint_rad,  sample->joint_rad_s,
                                                sample->torque_nm,  sample->action};

    return all[channel];
}

static spot_status check_sample(const spot_motion_stream *s, const spot_motion_sample *sample)
{
    for (int i = 0; i < SPOTI_N_CHANNEL; i++) {
        const size_t n = width(&s->shape, i);

        if (n > 0 && channel_of(sample, i) == NULL) {
            return SPOT_E_INVALID;
        }
        if (!spoti_all_finite(channel_of(sample, i), n)) {
            return SPOT_E_RANGE;
        }
    }
    if (s->config.interval_s > 0.0) {
        return SPOT_OK;
    }
    return isfinite(sample->time_s) && (s->n == 0 || sample->time_s > s->last_s) ? SPOT_OK
                                                                                 : SPOT_E_RANGE;
}

/* Sums of squares and of magnitudes of a stencil over the newest samples of a channel. */
typedef struct size_of_change {
    bool there; /* enough samples */
    double squares;
    double l1;
} size_of_change;

/* The newest sample is number s->n, not yet counted. */
static size_of_change apply(const spot_motion_stream *s, int channel, spoti_stencil_name name)
{
    const size_t n = width(&s->shape, channel);
    const size_t rows = RING_ROWS[channel];
    const spoti_stencil *f = &SPOTI_STENCILS[name];
    size_of_change out = {.there = n > 0 && s->n + 1 >= f->n};
    const double *row[SPOTI_STENCIL_MOST] = {NULL};

    if (!out.there) {
        return out;
    }
    for (size_t i = 0; i < f->n; i++) {
        row[i] = s->ring[channel] + (s->n + 1 - f->n + i) % rows * n;
    }
    for (size_t j = 0; j < n; j++) {
        double x = 0.0;

        for (size_t i = 0; i < f->n; i++) {
            x += f->c[i] * row[i][j];
        }
        out.squares += x * x;
        out.l1 += fabs(x);
    }
    return out;
}

static void add_jerk(spot_motion_stream *s, int body, int estimator, int channel,
                     spoti_stencil_name name)
{
    const size_of_change jerk = apply(s, channel, name);
    spot_motion_jerk_sum *sum = &s->jerk[body][estimator];

    if (jerk.there) {
        sum->squares += jerk.squares;
        sum->norms += sqrt(jerk.squares);
        sum->n++;
    }
}

static void add_jerks(spot_motion_stream *s)
{
    add_jerk(s, SPOTI_EE, SPOTI_DIFFERENCE, SPOTI_POSITION, SPOTI_THIRD);
    add_jerk(s, SPOTI_EE, SPOTI_SAVGOL, SPOTI_POSITION, SPOTI_SMOOTH);
    add_jerk(s, SPOTI_EE, SPOTI_SECOND, SPOTI_VELOCITY, SPOTI_BEND);
    add_jerk(s, SPOTI_JOINTS, SPOTI_DIFFERENCE, SPOTI_JOINT, SPOTI_THIRD);
    add_jerk(s, SPOTI_JOINTS, SPOTI_SAVGOL, SPOTI_JOINT, SPOTI_SMOOTH);
    add_jerk(s, SPOTI_JOINTS, SPOTI_SECOND, SPOTI_JOINT_VELOCITY, SPOTI_BEND);
}

static void add_paths(spot_motion_stream *s)
{
    const size_of_change joints = apply(s, SPOTI_JOINT, SPOTI_STEP);

    s->ee_path += sqrt(apply(s, SPOTI_POSITION, SPOTI_STEP).squares);
    s->joint_path += sqrt(joints.squares);
    s->joint_path_l1 += joints.l1;
    s->joint_bend += sqrt(apply(s, SPOTI_JOINT, SPOTI_BEND).squares);
    s->action_change += sqrt(apply(s, SPOTI_ACTION, SPOTI_STEP).squares);
}

/* Speed of the sample before the newest, by the central difference, times 2 h. */
static void add_speed(spot_motion_stream *s)
{
    const size_of_change across = apply(s, SPOTI_POSITION, SPOTI_ACROSS);

    if (!across.there) {
        return;
    }
    const size_t i = s->n - 2;
    const double speed = sqrt(across.squares);

    if (i < s->n_most) {
        s->speed[i] = speed;
    }
    if (i >= 2) {
        const double second = speed - 2.0 * s->speed_last[1] + s->speed_last[0];

        s->speed_bend += second * second;
    }
    s->speed_peak = fmax(s->speed_peak, speed);
    s->speed_last[0] = s->speed_last[1];
    s->speed_last[1] = speed;
}

static void add_power(spot_motion_stream *s, const spot_motion_sample *sample)
{
    const spot_motion_config *c = &s->config;
    const size_t n = width(&s->shape, SPOTI_TORQUE);
    const bool moves = width(&s->shape, SPOTI_JOINT_VELOCITY) > 0;

    for (size_t j = 0; j < n; j++) {
        const double torque = sample->torque_nm[j];
        const double mechanical = moves ? torque * sample->joint_rad_s[j] : 0.0;

        s->power_abs += fabs(mechanical);
        s->power_pos += fmax(0.0, mechanical);
        s->power_net += mechanical;
        if (c->n_motor > 0) {
            const size_t m = c->n_motor == 1 ? 0 : j;
            const double ampere = torque / c->torque_nm_a[m];
            const double copper = c->resistance_ohm[m] * ampere * ampere;

            s->power_copper += copper;
            s->power_motor += fmax(0.0, mechanical + copper);
        }
    }
}

static void add_time(spot_motion_stream *s, double time_s)
{
    const double gap = time_s - s->last_s;

    if (s->n == 0) {
        s->first_s = time_s;
    } else {
        s->gap_least_s = s->n == 1 ? gap : fmin(s->gap_least_s, gap);
        s->gap_most_s = fmax(s->gap_most_s, gap);
    }
    s->last_s = time_s;
}

spot_status spot_motion_stream_push(spot_motion_stream *stream, const spot_motion_sample *sample)
{
    if (stream == NULL || sample == NULL) {
        return SPOT_E_INVALID;
    }
    spot_motion_stream *s = stream;
    const spot_status st = check_sample(s, sample);

    if (st != SPOT_OK) {
        return st;
    }
    for (int i = 0; i < SPOTI_N_CHANNEL; i++) {
        const size_t n = width(&s->shape, i);

        if (n > 0) {
            memcpy(s->ring[i] + s->n % RING_ROWS[i] * n, channel_of(sample, i), n * sizeof(double));
        }
    }
    for (size_t j = 0; j < width(&s->shape, SPOTI_POSITION); j++) {
        s->largest_m = fmax(s->largest_m, fabs(sample->position_m[j]));
    }
    add_jerks(s);
    add_paths(s);
    add_speed(s);
    add_power(s, sample);
    if (s->config.interval_s == 0.0) {
        add_time(s, sample->time_s);
    }
    s->n++;
    return SPOT_OK;
}
