/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Intervals and p-values from resamples, shared by the two bootstraps. */
#ifndef SPOTI_STATS_BOOTSTRAP_H
#define SPOTI_STATS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/stats.h"

/* What leaving out one seed at a time does to a statistic; starts as zeros. */
typedef struct spoti_jackknife {
    double mean;     /* after pass 0 */
    double square;   /* sum of (mean - value)^2, pass 1 */
    double cube;     /* sum of (mean - value)^3, pass 1 */
    int n;           /* values of pass 0 */
    int n_undefined; /* seeds without which the statistic is undefined */
} spoti_jackknife;

enum { SPOTI_N_JACKKNIFE_PASS = 2 };

/* Takes one leave-one-out value; all seeds in pass 0, then all again in pass 1. */
void spoti_jackknife_add(spoti_jackknife *j, int pass, bool is_defined, double value);

/* sorted: (n) in rising order, n >= 1. */
spot_interval spoti_percentile_interval(const double *sorted, size_t n, double confidence);

/* BCa interval around `value`; the percentile one where a correction is undefined. */
spot_interval spoti_bca_interval(const double *sorted, size_t n, double value,
                                 const spoti_jackknife *jackknife, double confidence);

/* One-sided p-value if n_for of n_resample resamples speak for the claim. */
double spoti_bootstrap_p(size_t n_for, int n_resample);

#endif
