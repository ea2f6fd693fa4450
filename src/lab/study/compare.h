/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One-sided tests of many points against one, on shared seeds. */
#ifndef SPOTI_STUDY_COMPARE_H
#define SPOTI_STUDY_COMPARE_H

#include <stdint.h>

/* p of "the mean of difference (n >= 1) is not above 0" by the paired bootstrap: the share of
 * resamples whose sum is at most 0, the data counted as one of them, so p >= 1 / (resamples + 1).
 * Resample r draws from the generator (seed, SPOT_STREAM_BOOTSTRAP, r). */
double spoti_difference_p(const double *difference, int n, uint64_t seed, int resamples);

/* Holm (1979): adjusted[i] = the level at which hypothesis i is rejected when the family-wise error
 * is held at that level. p, adjusted: (n), n <= SPOT_TUNE_POINTS_MAX; entry `skip` is no hypothesis
 * and gets 1 (-1 = none). */
void spoti_holm(const double *p, int n, int skip, double *adjusted);

#endif
