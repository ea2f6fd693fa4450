/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Bootstrap-t over units that hold more than one episode: a seed at most in each, or a block of them. */
#ifndef SPOTI_STATS_BOOTSTRAP_T_H
#define SPOTI_STATS_BOOTSTRAP_T_H

#include <stddef.h>
#include <stdint.h>

#include "spot/stats_paired.h"

/* One unit of one point. */
typedef struct spoti_t_unit {
    double n;   /* episodes that count, >= 0 */
    double sum; /* of their values, each as spot_stats_value; 0 without any */
} spoti_t_unit;

/* The draws of all resamples, which many intervals over the same units share: how many doubles they take, and making
 * them. seed, n_resample: those of the config; n_unit >= 1. */
size_t spoti_draws_size(int n_resample, int n_unit);
void spoti_draws_fill(uint64_t seed, int n_resample, int n_unit, double *draws);

/* The interval of spot_stats_mean_t, or with a baseline that of spot_stats_ratio_t over the units given.
 * candidate, baseline: (n_unit), baseline may be NULL. draws: of spoti_draws_fill; NULL = made here, and the same.
 * work: (spot_stats_bootstrap_work_size of n_resample and n_unit). Returns SPOT_OK, E_RANGE (config, n_unit, sums). */
spot_status spoti_bootstrap_t(const spot_stats_paired_config *config, const spoti_t_unit *candidate,
                              const spoti_t_unit *baseline, int n_unit, const double *draws,
                              double *work, spot_stats_t_result *out);

/* The same of the difference of two means, candidate minus baseline, of values of any sign within +-1e150: no
 * logarithm is taken, so the interval shifts and scales with the values. Both columns are needed. Returns as above. */
spot_status spoti_difference_t(const spot_stats_paired_config *config,
                               const spoti_t_unit *candidate, const spoti_t_unit *baseline,
                               int n_unit, const double *draws, double *work,
                               spot_stats_t_result *out);

#endif
