/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Counts, range and sum of magnitudes of many numbers, chunk by chunk. */
#ifndef SPOTI_INSPECT_TALLY_H
#define SPOTI_INSPECT_TALLY_H

#include <stddef.h>

/* All 0 to begin with. */
typedef struct spoti_tally {
    size_t n; /* of all */
    size_t n_zero, n_nan, n_infinite;
    double min, max, sum_abs; /* of the finite ones; 0 as long as there is none */
} spoti_tally;

/* Adds x (n). The sum of a chunk is made in eight parts, number i in part i mod 8, so it is the same on every computer,
 * and depends on the sizes of the chunks in its last digits alone. */
void spoti_tally_add(spoti_tally *tally, const float *x, size_t n);

#endif
