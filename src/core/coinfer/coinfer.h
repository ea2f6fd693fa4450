/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of coinfer share. */
#ifndef SPOTI_COINFER_COINFER_H
#define SPOTI_COINFER_COINFER_H

#include <math.h>
#include <stdbool.h>

#include "spot/coinfer.h"

static inline bool spoti_positive(double x)
{
    return isfinite(x) && x > 0.0;
}

/* 2^(bits - 1). bits: 1 .. SPOT_COINFER_MAX_BITS. */
static inline size_t spoti_level_count(int bits)
{
    return (size_t)1 << (bits - 1);
}

/* E|X - m| over X < m - below .. m + above, times exp(m), for lambda = 1: see levels.c. */
double spoti_cell_distortion(double below, double above);

/* Where f is smallest between lo and hi, to about the square root of a rounding, if it has one
 * minimum there. */
double spoti_minimise(double (*f)(double x, const void *context), const void *context, double lo,
                      double hi);

#endif
