/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Averages of embodied-efficiency metrics over episodes, and energy over time.
 *
 * A mean over successes alone is not comparable between settings that succeed on other episodes, so four
 * more are here: the mean over pairs of which both succeed, failure-budget time, expected time to a success,
 * and joules a success. Power that a module draws is not motion energy: keep the two apart.
 *
 *     trials = (spot_motion_trials){.n = n, .success = ok, .time_s = t, .budget_s = limit};
 *     spot_motion_summarise(&trials, &summary);
 *     summary.ert_s.value
 */
#ifndef SPOT_MOTION_AVERAGE_H
#define SPOT_MOTION_AVERAGE_H

#include "spot/motion.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Episodes of one setting. Borrowed. */
typedef struct spot_motion_trials {
    size_t n;
    const bool *success;  /* (n) */
    const double *time_s; /* (n) until success or failure, >= 0 */
    const double
        *budget_s; /* (n) what a failure is charged, >= 0; not read for a success; NULL = unknown */
    const double
        *energy_j; /* (n) all of the episode (inference, motion, idle), >= 0; NULL = unknown */
} spot_motion_trials;

typedef struct spot_motion_summary {
    size_t n_success;
    spot_motion_value success_rate;
    spot_motion_value mean_success_time_s;  /* over successes */
    spot_motion_value penalised_time_s;     /* failure-budget time: a failure counts its budget */
    spot_motion_value ert_s;                /* expected time to a success: all time / successes */
    spot_motion_value joules_per_success_j; /* all energy / successes */
} spot_motion_summary;

/* What the episodes say together. Returns SPOT_OK, E_INVALID (NULL, no success or time_s for n >
 * 0), E_RANGE (a time, budget or energy negative or not finite). Threads: immutable, as all here.
 * */
SPOT_API spot_status spot_motion_summarise(const spot_motion_trials *trials,
                                           spot_motion_summary *summary);

/* Mean of a metric (n) over successes: sum of s m / sum of s; NO_SUCCESS if there is none. Values
 * of failures are not read. Returns SPOT_OK, E_INVALID (NULL for n > 0), E_RANGE (a value that is
 * not finite). */
SPOT_API spot_status spot_motion_mean_success(const double *metric, const bool *success, size_t n,
                                              spot_motion_value *mean);

/* One metric of two settings on the same episodes. Borrowed. */
typedef struct spot_motion_pairs {
    size_t n;
    const double *metric[2]; /* (n) each; read where both succeed */
    const bool *success[2];  /* (n) each */
} spot_motion_pairs;

/* Means (2) over the episodes where both succeed, and their number. Returns as
 * spot_motion_mean_success. */
SPOT_API spot_status spot_motion_paired_means(const spot_motion_pairs *pairs,
                                              spot_motion_value means[2], size_t *n_pair);

/* Compute alone: steps an episode x joules a step / success rate, J; NO_SUCCESS for rate 0. Returns
 * SPOT_OK, E_INVALID (NULL), E_RANGE (mean_steps or joules_per_step negative or not finite, a rate
 * outside [0, 1]). */
SPOT_API spot_status spot_motion_joules_per_success(double mean_steps, double joules_per_step,
                                                    double success_rate, spot_motion_value *joules);

/* Power over time, linear between samples. Borrowed. */
typedef struct spot_motion_power {
    size_t n;
    const double *time_s;  /* (n), increasing */
    const double *power_w; /* (n), finite */
} spot_motion_power;

/* Energy in windows (n_window x 2: from, to), each inside the trace, ascending and apart: `gross_j`
 * the integral of power, `net_j` less idle_w >= 0 times their length (either may be NULL). Windows
 * of inference give inference energy. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (numbers not
 * finite, stamps that do not increase, a window outside the trace, reversed or overlapping the one
 * before). */
SPOT_API spot_status spot_motion_window_energy(const spot_motion_power *power,
                                               const double *windows, size_t n_window,
                                               double idle_w, double *gross_j, double *net_j);

#ifdef __cplusplus
}
#endif

#endif
