/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The resampling behind spot_stats_paired, apart so that tests see the whole distribution. */
#ifndef SPOTI_STATS_PAIRED_H
#define SPOTI_STATS_PAIRED_H

#include <stddef.h>
#include <stdint.h>

#include "spot/stats.h"

/* The statistics of a resample; the rows of the workspace. */
enum {
    SPOTI_STAT_TIME_CANDIDATE = 0,
    SPOTI_STAT_TIME_BASELINE,
    SPOTI_STAT_TIME_RATIO,
    SPOTI_STAT_CHUNKS_CANDIDATE,
    SPOTI_STAT_CHUNKS_RATIO,
    SPOTI_STAT_SUCCESS_DIFFERENCE,
    SPOTI_N_STAT,
};

/* rows (SPOTI_N_STAT x n_resample) row-major: row k holds, in rising order, the n_defined[k] values
 * of statistic k that are defined. */
void spoti_bootstrap_paired(const spot_stats_run *candidate, const spot_stats_run *baseline,
                            int n_seed, uint64_t seed, int n_resample, double *rows,
                            size_t n_defined[SPOTI_N_STAT]);

#endif
