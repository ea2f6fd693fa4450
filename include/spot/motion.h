/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Embodied-efficiency metrics of one trajectory (after arXiv 2603.19131): what a motion costs a robot,
 * beside the milliseconds of its policy.
 *
 * A trajectory is K samples of some channels: positions of the end effector, joint angles, velocities and
 * torques, actions; h is the time between two samples. Every number is a `spot_motion_value`: defined, or
 * undefined with the reason, never a number that only looks like one. What each metric is, its unit and
 * which way is better lies in one table, SPOT_MOTION_METRIC_MAP; formulas and caveats: docs/metrics.md.
 *
 *     series = (spot_motion_series){.n_sample = n, .interval_s = 0.01, .n_axis = 3, .position_m = p};
 *     spot_motion_config_default(&config);
 *     spot_motion_room(spot_motion_series_shape(&series), n, &n_double);
 *     spot_motion_measure(&series, &config, memory, n_double, &metrics);
 *     metrics.values[SPOT_MOTION_EE_PATH_M].value
 *
 * or one sample at a time: spot_motion_stream_init, _push, _finish, with the same numbers and, but for
 * SPARC, a memory that does not grow. Nothing here allocates. Means over episodes: motion_average.h.
 */
#ifndef SPOT_MOTION_H
#define SPOT_MOTION_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text): why a value is not defined. */
#define SPOT_MOTION_WHY_MAP(X)                                                                     \
    X(DEFINED, "")                                                                                 \
    X(NO_POSITIONS, "no end-effector positions")                                                   \
    X(NO_EE_VELOCITIES, "no end-effector velocities")                                              \
    X(NO_JOINTS, "no joint positions")                                                             \
    X(NO_JOINT_VELOCITIES, "no joint velocities")                                                  \
    X(NO_TORQUES, "no torques")                                                                    \
    X(NO_ACTIONS, "no actions")                                                                    \
    X(NO_NOISE, "no position noise was given")                                                     \
    X(NO_MOTOR, "no motor constants were given")                                                   \
    X(NO_TIME, "no sampling interval")                                                             \
    X(FEWER_THAN_1, "no samples")                                                                  \
    X(FEWER_THAN_2, "fewer than 2 samples")                                                        \
    X(FEWER_THAN_3, "fewer than 3 samples")                                                        \
    X(FEWER_THAN_4, "fewer than 4 samples")                                                        \
    X(FEWER_THAN_5, "fewer than 5 samples")                                                        \
    X(FEWER_THAN_7, "fewer than 7 samples")                                                        \
    X(UNEQUAL, "samples are not equally spaced in time")                                           \
    X(NO_MOTION, "no motion beyond rounding")                                                      \
    X(CONSTANT_SPEED, "speed is constant within rounding")                                         \
    X(TOO_SHORT, "too short for a spectrum up to 10 Hz")                                           \
    X(NO_ROOM, "the stream has no room for the whole speed profile")                               \
    X(OVERFLOW, "beyond the range of numbers")                                                     \
    X(NOT_RECORDED, "not recorded")                                                                \
    X(NO_EPISODES, "no episodes")                                                                  \
    X(NO_SUCCESS, "no success")                                                                    \
    X(NO_ENERGY, "energy is not known for every episode")                                          \
    X(NO_BUDGET, "a failure has no budget time")

typedef enum spot_motion_why {
#define SPOT_MOTION_WHY_ENUM(name, text) SPOT_MOTION_WHY_##name,
    SPOT_MOTION_WHY_MAP(SPOT_MOTION_WHY_ENUM)
#undef SPOT_MOTION_WHY_ENUM
        SPOT_MOTION_N_WHY
} spot_motion_why;

/* The reason in words, "" for DEFINED; a static string, also for values outside the list. Threads:
 * immutable, as all here that take no stream. */
SPOT_API const char *spot_motion_why_str(spot_motion_why why);

/* A number, or the reason why there is none. */
typedef struct spot_motion_value {
    double value; /* finite if `why` is SPOT_MOTION_WHY_DEFINED, else NaN and not to be used */
    spot_motion_why why; /* 0 = defined */
} spot_motion_value;

/*
 * X(NAME, name, unit, better, estimator, meaning): the metrics of a trajectory. better: -1 lower, +1 higher,
 * 0 = for comparison or a property of the measurement. Three estimators of jerk, never to be mixed:
 *     difference  forward third difference of positions / h^3
 *     savgol      7-point cubic Savitzky-Golay third derivative, (-1, 1, 1, 0, -1, -1, 1) / (6 h^3)
 *     velocity    second difference of given velocities / h^2
 * msj = mean of |j|^2, rms = its root, mean = mean of |j|, norms over axes or joints. Where a joint slides, read
 * m for rad. */
#define SPOT_MOTION_METRIC_MAP(X)                                                                  \
    X(COMPLETION_TIME_S, completion_time_s, "s", -1, "",                                           \
      "last time stamp - first; control steps x h where there are no stamps")                      \
    X(EE_PATH_M, ee_path_m, "m", -1, "", "path of the end effector")                               \
    X(JOINT_PATH_RAD, joint_path_rad, "rad", -1, "", "path of the joints, 2-norm of each step")    \
    X(JOINT_PATH_L1_RAD, joint_path_l1_rad, "rad", -1, "", "path of the joints, each on its own")  \
    X(ACTION_RATE_PER_STEP, action_rate_per_step, "action/step", -1, "",                           \
      "mean 2-norm of the change of the action")                                                   \
    X(ACTION_RATE_PER_S, action_rate_per_s, "action/s", -1, "", "the same a second")               \
    X(EE_MSJ_DIFFERENCE, ee_msj_difference, "m2/s6", -1, "difference",                             \
      "mean squared jerk of the end effector")                                                     \
    X(EE_RMS_JERK_DIFFERENCE, ee_rms_jerk_difference, "m/s3", -1, "difference",                    \
      "RMS jerk of the end effector")                                                              \
    X(EE_MEAN_JERK_DIFFERENCE, ee_mean_jerk_difference, "m/s3", -1, "difference",                  \
      "mean jerk of the end effector")                                                             \
    X(EE_MSJ_SAVGOL, ee_msj_savgol, "m2/s6", -1, "savgol",                                         \
      "mean squared jerk of the end effector")                                                     \
    X(EE_RMS_JERK_SAVGOL, ee_rms_jerk_savgol, "m/s3", -1, "savgol",                                \
      "RMS jerk of the end effector")                                                              \
    X(EE_MEAN_JERK_SAVGOL, ee_mean_jerk_savgol, "m/s3", -1, "savgol",                              \
      "mean jerk of the end effector")                                                             \
    X(EE_MSJ_VELOCITY, ee_msj_velocity, "m2/s6", -1, "velocity",                                   \
      "mean squared jerk of the end effector")                                                     \
    X(EE_RMS_JERK_VELOCITY, ee_rms_jerk_velocity, "m/s3", -1, "velocity",                          \
      "RMS jerk of the end effector")                                                              \
    X(EE_MEAN_JERK_VELOCITY, ee_mean_jerk_velocity, "m/s3", -1, "velocity",                        \
      "mean jerk of the end effector")                                                             \
    X(JOINT_MSJ_DIFFERENCE, joint_msj_difference, "rad2/s6", -1, "difference",                     \
      "mean squared jerk of the joints")                                                           \
    X(JOINT_RMS_JERK_DIFFERENCE, joint_rms_jerk_difference, "rad/s3", -1, "difference",            \
      "RMS jerk of the joints")                                                                    \
    X(JOINT_MEAN_JERK_DIFFERENCE, joint_mean_jerk_difference, "rad/s3", -1, "difference",          \
      "mean jerk of the joints")                                                                   \
    X(JOINT_MSJ_SAVGOL, joint_msj_savgol, "rad2/s6", -1, "savgol",                                 \
      "mean squared jerk of the joints")                                                           \
    X(JOINT_RMS_JERK_SAVGOL, joint_rms_jerk_savgol, "rad/s3", -1, "savgol",                        \
      "RMS jerk of the joints")                                                                    \
    X(JOINT_MEAN_JERK_SAVGOL, joint_mean_jerk_savgol, "rad/s3", -1, "savgol",                      \
      "mean jerk of the joints")                                                                   \
    X(JOINT_MSJ_VELOCITY, joint_msj_velocity, "rad2/s6", -1, "velocity",                           \
      "mean squared jerk of the joints")                                                           \
    X(JOINT_RMS_JERK_VELOCITY, joint_rms_jerk_velocity, "rad/s3", -1, "velocity",                  \
      "RMS jerk of the joints")                                                                    \
    X(JOINT_MEAN_JERK_VELOCITY, joint_mean_jerk_velocity, "rad/s3", -1, "velocity",                \
      "mean jerk of the joints")                                                                   \
    X(JERK_C_LITERAL, jerk_c_literal, "rad/s4", 0, "",                                             \
      "f^4 x mean second difference of joint positions, as printed: no jerk, for comparison only") \
    X(SPARC, sparc, "", 1, "",                                                                     \
      "spectral arc length of the speed profile, to 10 Hz; 0 = smoothest")                         \
    X(LDLJ, ldlj, "", 1, "", "log dimensionless jerk of the speed profile; higher = smoother")     \
    X(ENERGY_ABS_J, energy_abs_j, "J", -1, "", "h sum of |torque x joint velocity|")               \
    X(ENERGY_POS_J, energy_pos_j, "J", -1, "", "h sum of the positive torque x joint velocity")    \
    X(ENERGY_NET_J, energy_net_j, "J", 0, "", "h sum of torque x joint velocity")                  \
    X(ENERGY_COPPER_J, energy_copper_j, "J", -1, "",                                               \
      "modelled: h sum of R (torque / k)^2, heat of the windings")                                 \
    X(ENERGY_MOTOR_J, energy_motor_j, "J", -1, "",                                                 \
      "modelled: h sum of the positive torque x joint velocity + R (torque / k)^2")                \
    X(EE_JERK_NOISE_DIFFERENCE, ee_jerk_noise_difference, "m/s3", 0, "difference",                 \
      "RMS jerk that the position noise alone shows")                                              \
    X(EE_JERK_NOISE_SAVGOL, ee_jerk_noise_savgol, "m/s3", 0, "savgol",                             \
      "RMS jerk that the position noise alone shows")

typedef enum spot_motion_metric {
#define SPOT_MOTION_METRIC_ENUM(NAME, name, unit, better, estimator, meaning) SPOT_MOTION_##NAME,
    SPOT_MOTION_METRIC_MAP(SPOT_MOTION_METRIC_ENUM)
#undef SPOT_MOTION_METRIC_ENUM
        SPOT_MOTION_N_METRIC
} spot_motion_metric;

/* A row of SPOT_MOTION_METRIC_MAP. */
typedef struct spot_motion_metric_info {
    const char *name;      /* as in JSON and tables: `ee_path_m` */
    const char *unit;      /* "" = none */
    const char *estimator; /* of a jerk; "" = none */
    const char *meaning;   /* one line */
    int better;            /* -1 lower, 1 higher, 0 neither */
} spot_motion_metric_info;

/* The row of a metric; NULL for a number outside 0 .. SPOT_MOTION_N_METRIC - 1. */
SPOT_API const spot_motion_metric_info *spot_motion_describe(int metric);

/* The metric called `name`, -1 if there is none (or name is NULL). */
SPOT_API int spot_motion_find(const char *name);

/* Which channels a trajectory has. */
enum {
    SPOT_MOTION_POSITION = 1 << 0,       /* of the end effector */
    SPOT_MOTION_VELOCITY = 1 << 1,       /* of the end effector */
    SPOT_MOTION_JOINT = 1 << 2,          /* positions */
    SPOT_MOTION_JOINT_VELOCITY = 1 << 3, /* needed for energy, with the torques */
    SPOT_MOTION_TORQUE = 1 << 4,
    SPOT_MOTION_ACTION = 1 << 5,
};

typedef struct spot_motion_shape {
    unsigned channels; /* sum of SPOT_MOTION_POSITION ... */
    size_t n_axis;     /* of position and velocity of the end effector; >= 1 where one is there */
    size_t n_joint;    /* likewise */
    size_t n_action;   /* likewise */
} spot_motion_shape;

/* One sample; a channel that the shape has must be there, others are not read. All finite.
 * Borrowed. */
typedef struct spot_motion_sample {
    double time_s; /* later than the last one's; not read if the config gives an interval */
    const double *position_m;   /* (n_axis) */
    const double *velocity_m_s; /* (n_axis) */
    const double *joint_rad;    /* (n_joint) */
    const double *joint_rad_s;  /* (n_joint) */
    const double *torque_nm;    /* (n_joint) */
    const double *action;       /* (n_action) */
} spot_motion_sample;

/* A whole trajectory, row-major; NULL = no such channel. Borrowed. */
typedef struct spot_motion_series {
    size_t n_sample;
    size_t n_axis, n_joint, n_action;
    const double *time_s;       /* (n_sample), increasing; NULL: the config gives the interval */
    const double *position_m;   /* (n_sample x n_axis) */
    const double *velocity_m_s; /* (n_sample x n_axis) */
    const double *joint_rad;    /* (n_sample x n_joint) */
    const double *joint_rad_s;  /* (n_sample x n_joint) */
    const double *torque_nm;    /* (n_sample x n_joint) */
    const double *action;       /* (n_sample x n_action) */
} spot_motion_series;

typedef struct spot_motion_config {
    size_t size;             /* of this struct, set by its default function; else E_INVALID */
    double interval_s;       /* h, s, > 0 where samples have no stamps; 0 = they have, default */
    double position_noise_m; /* standard deviation an axis, white, m, >= 0; 0 = unknown, default */
    size_t n_motor;          /* 0 = unknown, default; 1 = all joints alike; or n_joint */
    const double *resistance_ohm; /* (n_motor) of the windings, >= 0; borrowed */
    const double *torque_nm_a; /* (n_motor) joint torque an ampere, gear included, > 0; borrowed */
} spot_motion_config;

/* Metrics of one trajectory. */
typedef struct spot_motion_metrics {
    size_t n_sample;
    double interval_s; /* h; 0 if the samples are not equally spaced (or fewer than 2) */
    spot_motion_value values[SPOT_MOTION_N_METRIC]; /* by spot_motion_metric */
} spot_motion_metrics;

SPOT_API void spot_motion_config_default(spot_motion_config *config);

/* Channels and sizes of a series; of NULL, none. */
SPOT_API spot_motion_shape spot_motion_series_shape(const spot_motion_series *series);

/* Doubles of memory for a stream of this shape: a few samples, and the speed profile and spectrum
 * of at most n_most samples, 12 to 24 doubles each; SPARC of more samples than that is undefined
 * (NO_ROOM). Returns SPOT_OK, E_INVALID (NULL), E_RANGE (an unknown channel, one of size 0, or more
 * than memory can have). */
SPOT_API spot_status spot_motion_room(spot_motion_shape shape, size_t n_most, size_t *n_double);

/* Measures a series. memory: (n_double) at least spot_motion_room(shape, n_sample) of any content,
 * borrowed for the call. Returns SPOT_OK, E_INVALID (NULL, a config of another size, neither stamps
 * nor interval, both), E_RANGE (a number that is not finite, stamps that do not increase, a field
 * of config, no channel of size >= 1, too little memory). */
SPOT_API spot_status spot_motion_measure(const spot_motion_series *series,
                                         const spot_motion_config *config, double *memory,
                                         size_t n_double, spot_motion_metrics *metrics);

/* Sums over |j| of one estimator. */
typedef struct spot_motion_jerk_sum {
    double squares, norms;
    size_t n;
} spot_motion_jerk_sum;

/* A running measurement; fields are not to be touched. */
typedef struct spot_motion_stream {
    spot_motion_shape shape;
    spot_motion_config config;
    double *ring[6];  /* the last samples of each channel, in the caller's memory */
    double *speed;    /* (n_most) speed x 2 h; NULL = no room */
    double *spectrum; /* workspace of SPARC */
    size_t n_most;
    size_t n;
    double first_s, last_s, gap_least_s, gap_most_s;
    double largest_m; /* of the coordinates of positions */
    double ee_path, joint_path, joint_path_l1, joint_bend, action_change;
    spot_motion_jerk_sum jerk[2][3];              /* end effector, joints; by estimator */
    double power_abs, power_pos, power_net;       /* sums */
    double power_copper, power_motor;             /* sums */
    double speed_last[2], speed_peak, speed_bend; /* bend: sum of squared second differences */
} spot_motion_stream;

/* Starts a stream. memory: (n_double) as spot_motion_room(shape, n_most), borrowed as long as the
 * stream is used, as are the arrays of config. Returns SPOT_OK, E_INVALID (NULL, a config of
 * another size), E_RANGE. Threads: one user of a stream at a time, as all that take one. */
SPOT_API spot_status spot_motion_stream_init(spot_motion_stream *stream, spot_motion_shape shape,
                                             const spot_motion_config *config, size_t n_most,
                                             double *memory, size_t n_double);

/* Takes the next sample. Returns SPOT_OK, E_INVALID (NULL, a channel that is missing), E_RANGE (a
 * number that is not finite, a stamp that does not increase): then the stream is as before. */
SPOT_API spot_status spot_motion_stream_push(spot_motion_stream *stream,
                                             const spot_motion_sample *sample);

/* The metrics of the samples so far; more may follow. Returns SPOT_OK, E_INVALID (NULL). */
SPOT_API spot_status spot_motion_stream_finish(const spot_motion_stream *stream,
                                               spot_motion_metrics *metrics);

/* What may be drawn over time. */
typedef enum spot_motion_curve {
    SPOT_MOTION_SPEED = 0,           /* of the end effector by central differences, m/s */
    SPOT_MOTION_JERK_DIFFERENCE = 1, /* |j| of the end effector, m/s^3, at its time t_k + 1.5 h */
    SPOT_MOTION_JERK_SAVGOL = 2,     /* likewise, at the middle one of the 7 samples */
    SPOT_MOTION_N_CURVE = 3,
} spot_motion_curve;

/* The curve that a metric sums up: its value at *n times, counted in s from the first sample.
 * time_s, value: room for n_sample each. *n is 0 where the series has no positions or too few
 * samples. interval_s: h > 0, that spot_motion_measure found. Returns SPOT_OK, E_INVALID (NULL, an
 * unknown curve), E_RANGE (interval_s, a curve beyond the range of numbers). */
SPOT_API spot_status spot_motion_curve_of(const spot_motion_series *series, double interval_s,
                                          spot_motion_curve curve, double *time_s, double *value,
                                          size_t *n);

/* Doubles of workspace that spot_motion_sparc needs for n speeds. Returns SPOT_OK, E_INVALID
 * (NULL), E_RANGE. */
SPOT_API spot_status spot_motion_sparc_room(size_t n, size_t *n_double);

/* SPARC (Balasubramanian et al. 2015) of a speed profile (n), finite, of any unit, at sampling
 * interval interval_s > 0: the spectrum, zero-padded to 2^(ceil(log2 n) + 4), over its maximum;
 * frequencies to 10 Hz or half the rate, from the first to the last with 0.05 or more; minus the
 * length of that arc. Undefined for fewer than 3 speeds (FEWER_THAN_3) and where all are 0. memory:
 * workspace (n_double). Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_motion_sparc(const double *speed, size_t n, double interval_s,
                                       double *memory, size_t n_double, spot_motion_value *sparc);

/* LDLJ = -ln(T^3 / v_peak^2 x h x sum of (second difference / h^2)^2), T = (n - 1) h, of a speed
 * profile (n), finite; h cancels. Undefined for fewer than 3 speeds, no motion and constant speed.
 * Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_motion_ldlj(const double *speed, size_t n, spot_motion_value *ldlj);

/* RMS jerk that white noise of standard deviation `noise_m` an axis alone shows in n_axis axes:
 * sqrt(20 d) s / h^3 by `difference`, sqrt(d / 6) s / h^3 by `savgol`. Returns SPOT_OK, E_INVALID
 * (both NULL), E_RANGE (n_axis 0, noise_m or interval_s not positive and finite, a result that is
 * not finite). Either result may be NULL. */
SPOT_API spot_status spot_motion_jerk_noise(size_t n_axis, double noise_m, double interval_s,
                                            double *difference, double *savgol);

#ifdef __cplusplus
}
#endif

#endif
