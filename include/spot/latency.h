/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What an inference takes: a mean and a spread, or something that is known better.
 *
 * A `spot_latency` says the mean and the spread over calls, where they come from, and, where more is known,
 * a shape: a table of quantiles, a mixture (say of draft and full calls), or a recorded trace. Whatever the
 * shape, mean and spread are those of what is charged. A shape may also know the time to the first
 * action of a chunk, t1, beside that to the rest, t_r (spot/exec.h).
 *
 * The latency of an inference is a function of the episode's seed and of the inference's index in the
 * episode, so the same seed gives the same latencies whatever the threads.
 *
 *     spot_latency_shape_config_default(&trace);
 *     trace.rest_s = recorded_s, trace.n = 500;
 *     spot_latency_shape_create(&trace, &shape, &diag);
 *     spot_latency_use(&config.latency, shape);
 *     call = spot_latency_at(&config.latency, seed, 0);
 */
#ifndef SPOT_LATENCY_H
#define SPOT_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

enum {
    SPOT_PLATFORM_NAME_SIZE = 64,
    SPOT_PLATFORM_SOURCE_SIZE = 256,
    SPOT_LATENCY_TABLE_MAX = 1024,    /* levels of a table of quantiles, parts of a mixture */
    SPOT_LATENCY_TRACE_MAX = 1000000, /* calls of a trace */
};

/* What more is known than mean and spread. Immutable, so threads may share it. */
typedef struct spot_latency_shape spot_latency_shape;

/* The latency of one inference. */
typedef struct spot_latency {
    double mean_s;   /* s, >= 0 */
    double spread_s; /* standard deviation over calls, s, >= 0; 0 = always the mean */
    spot_origin origin;
    char source[SPOT_PLATFORM_SOURCE_SIZE]; /* where the figure comes from */
    const spot_latency_shape *shape;        /* borrowed; NULL = log-normal by mean and spread */
} spot_latency;

/* What one inference takes. */
typedef struct spot_latency_call {
    double first_s; /* t1, until the first action is there, s, 0..rest_s */
    double rest_s;  /* t_r, until the chunk is there, s, >= 0; what mean and spread are of */
} spot_latency_call;

typedef enum spot_latency_kind {
    SPOT_LATENCY_QUANTILES = 0, /* rest_s[i] is not exceeded by a share of[i] of the calls; linear
                                 * between, constant beyond the ends */
    SPOT_LATENCY_MIXTURE =
        1, /* part i, chosen with a probability in proportion to of[i], has the mean
                                 * rest_s[i] and the spread spread_s[i] (log-normal) */
    SPOT_LATENCY_TRACE = 2, /* the recorded calls rest_s */
} spot_latency_kind;

/* How a trace is replayed. */
typedef enum spot_latency_draw_order {
    SPOT_LATENCY_IN_ORDER =
        0, /* inference i of every episode is call i mod n: from the trace's start in each
                                * episode, and from there again at its end */
    SPOT_LATENCY_BY_SEED = 1, /* each inference is one of the calls, drawn anew, all alike */
} spot_latency_draw_order;

typedef struct spot_latency_shape_config {
    size_t size;                   /* of this struct, set by its default function; else E_INVALID */
    spot_latency_kind kind;        /* default trace */
    spot_latency_draw_order order; /* of a trace; default in order */
    const double *rest_s;  /* (n) t_r, s, 0..86400; not falling along a table of quantiles */
    const double *first_s; /* (n) t1, 0..rest_s, likewise; NULL = chunks come whole. In a mixture
                                    * t1 is the same share of t_r at every call of a part */
    const double *of; /* (n) quantiles: levels 0..1, rising; mixture: weights > 0; trace: NULL */
    const double *spread_s; /* (n) of the parts of a mixture, s, >= 0; NULL = none */
    int n;                  /* 1..SPOT_LATENCY_TABLE_MAX, of a trace SPOT_LATENCY_TRACE_MAX */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_latency_shape_config;

SPOT_API void spot_latency_shape_config_default(spot_latency_shape_config *config);

/* Makes a shape; arrays are copied. On success the caller owns *out.
 * Returns SPOT_OK, E_INVALID, E_RANGE (diag says which value), E_NOMEM. */
SPOT_API spot_status spot_latency_shape_create(const spot_latency_shape_config *config,
                                               spot_latency_shape **out, spot_diag *diag);
SPOT_API void spot_latency_shape_destroy(spot_latency_shape *shape); /* NULL is fine */

/* Gives `latency` the shape, borrowed as long as it is drawn from, and its mean and spread (over the whole
 * population, exact). Origin and source stay as they are. NULL takes the shape away, no more. */
SPOT_API void spot_latency_use(spot_latency *latency, const spot_latency_shape *shape);

/* What inference `index` (from 0) of the episode `seed` takes. */
SPOT_API spot_latency_call spot_latency_at(const spot_latency *latency, uint64_t seed,
                                           uint64_t index);

/* Calls that stand for all of them where figures are averaged: each of a trace once, one where nothing
 * varies, else 4096 draws. How many, and the i-th of them (0..count-1). */
SPOT_API int spot_latency_sample_count(const spot_latency *latency);
SPOT_API spot_latency_call spot_latency_sample(const spot_latency *latency, int i);

/* Whether a chunk comes in two parts at some call. */
SPOT_API bool spot_latency_has_first(const spot_latency *latency);

/* A number that differs, but for chance, where shapes differ: of all that was given at create. 0 of NULL. */
SPOT_API uint64_t spot_latency_shape_hash(const spot_latency_shape *shape);

/* One draw by mean and spread alone: log-normal, the mean itself if spread is 0. */
SPOT_API double spot_latency_draw(const spot_latency *latency, spot_rng *rng);

/* `measured`, `modelled` or `published`; `unknown` for other values. */
SPOT_API const char *spot_origin_str(spot_origin origin);

#ifdef __cplusplus
}
#endif

#endif
