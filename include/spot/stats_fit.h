/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Monotone fits: what success and chunk count do along a sweep, without a formula.
 *
 * Chunk counts can only fall, and quality only rise, with the effort of inference; a fit under that
 * order is the least-squares one (pool adjacent violators, Barlow et al. 1972). Between the points
 * the fit is interpolated linearly, outside the swept range there is no answer.
 *
 *     st = spot_stats_isotonic(chunks, successes, n, SPOT_STATS_DECREASING, work, fit);
 *     st = spot_stats_interpolate(alpha, fit, n, 0.4, &chunks_at_alpha);
 */
#ifndef SPOT_STATS_FIT_H
#define SPOT_STATS_FIT_H

#include <stddef.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_STATS_MAX_FIT = 1 << 24 }; /* points of a fit */

typedef enum spot_stats_direction {
    SPOT_STATS_INCREASING = 1,  /* never falls */
    SPOT_STATS_DECREASING = -1, /* never rises */
} spot_stats_direction;

/* Doubles of workspace that spot_stats_isotonic needs; 0 if n is outside 1..2^24. */
SPOT_API size_t spot_stats_isotonic_work_size(int n);

/* Weighted isotonic regression: the monotone fit with the smallest sum of weight (y - fit)^2.
 * y: (n), finite; weight: (n), positive and finite, NULL = equal weights; both borrowed. work:
 * (spot_stats_isotonic_work_size), caller's. fit: (n), may be y. Exactly monotone; keeps the
 * weighted mean. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (n, direction, a value, or one whose sums
 * overflow; then fit is undefined). Threads: one user of `work` at a time. */
SPOT_API spot_status spot_stats_isotonic(const double *y, const double *weight, int n,
                                         spot_stats_direction direction, double *work, double *fit);

/* Linear between the points (x, y), exact at them, monotone between them if y is. x: (n) strictly
 * rising; y: (n); both finite, borrowed; only the points around `at` are checked. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE (n outside 1..2^24, `at` outside [x[0], x[n-1]], points not as said).
 * Threads: immutable. */
SPOT_API spot_status spot_stats_interpolate(const double *x, const double *y, int n, double at,
                                            double *value);

#ifdef __cplusplus
}
#endif

#endif
