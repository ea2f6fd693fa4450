/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A platform: a computer with its latencies.
 *
 * A profile (YAML) gives, for each class of deployed model, the latency of one inference at a number
 * of refinement steps: as a table, or as an affine law base + per_step * steps, each with its source
 * and its origin (measured here, modelled from other figures, published). A small policy can be
 * charged as a large class at that class's true cost (`--charge-as`).
 */
#ifndef SPOT_PLATFORM_H
#define SPOT_PLATFORM_H

#include <stdbool.h>

#include "spot/alloc.h"
#include "spot/rng.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spot_origin {
    SPOT_ORIGIN_MEASURED = 0,
    SPOT_ORIGIN_MODELLED = 1,
    SPOT_ORIGIN_PUBLISHED = 2,
} spot_origin;

enum { SPOT_PLATFORM_NAME_SIZE = 64, SPOT_PLATFORM_SOURCE_SIZE = 256 };

/* The latency of one inference. */
typedef struct spot_latency {
    double mean_s;   /* s, >= 0 */
    double spread_s; /* standard deviation over calls, s, >= 0; 0 = always the mean */
    spot_origin origin;
    char source[SPOT_PLATFORM_SOURCE_SIZE]; /* where the figure comes from */
} spot_latency;

typedef struct spot_platform spot_platform; /* immutable after load */

/* Loads a profile from the YAML file `path`. On success the caller owns *out.
 * Returns SPOT_OK, E_INVALID, E_IO, E_FORMAT (diag says file:line), E_NOMEM. */
SPOT_API spot_status spot_platform_load(const char *path, const spot_allocator *allocator,
                                        spot_platform **out, spot_diag *diag);
SPOT_API void spot_platform_destroy(spot_platform *platform);

SPOT_API const char *spot_platform_name(const spot_platform *platform);
SPOT_API const char *spot_platform_description(const spot_platform *platform);

/* Classes in the profile: count, and name of the i-th (NULL outside 0..count-1). */
SPOT_API int spot_platform_class_count(const spot_platform *platform);
SPOT_API const char *spot_platform_class_name(const spot_platform *platform, int i);

/* Latency of one inference of class `model_class` at `steps` refinement steps. In a table, steps
 * between or beyond the rows follow the least-squares affine law and are labelled modelled.
 * Returns SPOT_OK, E_NOT_FOUND (diag lists the classes), E_RANGE (steps < 1). */
SPOT_API spot_status spot_platform_latency(const spot_platform *platform, const char *model_class,
                                           int steps, spot_latency *out, spot_diag *diag);

/* One draw of a latency: log-normal with the given mean and spread, the mean itself if spread is 0. */
SPOT_API double spot_latency_draw(const spot_latency *latency, spot_rng *rng);

SPOT_API const char *spot_origin_str(spot_origin origin);

#ifdef __cplusplus
}
#endif

#endif
