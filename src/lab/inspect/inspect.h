/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of inspect share. */
#ifndef SPOTI_STUDY_INSPECT_H
#define SPOTI_STUDY_INSPECT_H

#include <stddef.h>

#include "spot/inspect.h"

/* Magnitudes in ascending order, n >= 1, and their running sums: sum[i] of the first i. */
typedef struct spoti_magnitudes {
    const float *x;    /* (n) */
    const double *sum; /* (n + 1) */
    size_t n;
} spoti_magnitudes;

/* Largest distance between the distribution of the magnitudes and 1 - exp(-lambda x). */
double spoti_inspect_ks(const spoti_magnitudes *m, double lambda);

/* Errors of all three quantisers at error->bits; the magnitudes must not all be 0. levels: room for
 * 2^(bits - 1). */
void spoti_inspect_errors(const spoti_magnitudes *m, double lambda, double *levels,
                          spot_inspect_error *error);

/* Fills `source` of the errors (n_error). Returns SPOT_OK, E_RANGE, E_NOMEM. */
spot_status spoti_inspect_source(const spoti_magnitudes *m, const spot_allocator *allocator,
                                 spot_inspect_error *errors, int n_error);

#endif
