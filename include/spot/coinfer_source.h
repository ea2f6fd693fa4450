/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Rate and distortion of numbers as they are: the Blahut-Arimoto algorithm on a sample.
 *
 * coinfer.h has the curves of an exponential magnitude. Real weights obey that law more or less; this
 * is the distortion-rate function of their own magnitudes |w| under E|X - Y|, so that the two stand
 * side by side. As there a weight of b bits keeps its sign in one, so the magnitude has R = b - 1.
 *
 * A source is a list of points with masses: the distinct magnitudes of the sample, or, if they are more
 * than `points_max`, the medians of as many cells, among which mass times width is spread evenly. What the
 * cells cost is known: D of the sample differs by `cell_error` at most, and by far less where the
 * codewords are much farther apart than the points. Each answer says how far from the optimum it may be.
 *
 *     spot_coinfer_source_create(w, NULL, n, NULL, &source);
 *     spot_coinfer_source_describe(source, &info);
 *     spot_coinfer_source_at_bits(source, 4.0, &point);
 *     spot_coinfer_source_destroy(source);
 */
#ifndef SPOT_COINFER_SOURCE_H
#define SPOT_COINFER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_COINFER_POINTS = 2048, /* default of points_max */
    SPOT_COINFER_POINTS_MAX = 1 << 16,
    SPOT_COINFER_SAMPLE_MAX = 1 << 26,
    SPOT_COINFER_ITERATIONS = 20000, /* default of iterations_max */
    SPOT_COINFER_ITERATIONS_MAX = 10000000,
};

typedef struct spot_coinfer_source spot_coinfer_source;

typedef struct spot_coinfer_source_config {
    size_t size;        /* of this struct, set by its default function; else E_INVALID */
    size_t points_max;  /* 2 .. 2^16; default 2048 */
    double gap_bits;    /* duality gap at which a slope is done, above 0 up to 1; default 1e-3 */
    int iterations_max; /* at one slope, 1 .. 10^7; default 20000 */
    const spot_allocator *allocator; /* borrowed until destroy; NULL = malloc */
} spot_coinfer_source_config;

/* What a source is. */
typedef struct spot_coinfer_source_info {
    size_t n_sample, n_point;
    double lambda;          /* 1 / mean |x|: the exponential law that fits best */
    double entropy_bits;    /* of the points: at that rate and above D is 0 */
    double distortion_zero; /* at rate 0: mean distance from the median */
    double cell_error;      /* mean distance of the sample from its points; 0 = none were merged */
} spot_coinfer_source_info;

/* A point of the distortion-rate function of a source. */
typedef struct spot_coinfer_source_point {
    double rate_bits;        /* of the magnitude: b - 1 */
    double distortion;       /* in units of x; reached to within the gap */
    double distortion_lower; /* no code of that rate can do better */
    double gap_bits;         /* how many bits less might do, at most */
    double slope;            /* -dR/dD in nats; 0 at rate 0, infinite where D is 0 */
    int iterations;          /* over all slopes that were tried */
    bool converged;          /* gap_bits is what was asked for */
} spot_coinfer_source_point;

/* Fills in the defaults above. */
SPOT_API void spot_coinfer_source_config_default(spot_coinfer_source_config *config);

/* Makes a source of |x| (n, 1 .. 2^26, finite, not all 0); mass (n, finite, >= 0, sum > 0; NULL =
 * equal). Both are only read. config: NULL = defaults; copied.
 * Ownership: *out is the caller's, freed by spot_coinfer_source_destroy; NULL on failure. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE (config, n, a number), E_NOMEM. Threads: one user of a source at a time. */
SPOT_API spot_status spot_coinfer_source_create(const float *x, const double *mass, size_t n,
                                                const spot_coinfer_source_config *config,
                                                spot_coinfer_source **out);
SPOT_API void spot_coinfer_source_destroy(spot_coinfer_source *source); /* NULL is fine */

/* Returns SPOT_OK, E_INVALID (NULL). */
SPOT_API spot_status spot_coinfer_source_describe(const spot_coinfer_source *source,
                                                  spot_coinfer_source_info *info);

/* The point where a line of slope -`slope` (> 0, finite, nats per unit of x) touches R(D). Allocates
 * nothing; the same call gives the same bytes. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_source_at_slope(spot_coinfer_source *source, double slope,
                                                  spot_coinfer_source_point *point);

/* The point at `bits` (1 .. 33, sign included). Slopes are tried until the rate is within 0.003 of bits - 1;
 * what is left is gone along the tangent. Returns as above. */
SPOT_API spot_status spot_coinfer_source_at_bits(spot_coinfer_source *source, double bits,
                                                 spot_coinfer_source_point *point);

#ifdef __cplusplus
}
#endif

#endif
