/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A platform: a computer with its latencies.
 *
 * A profile (YAML) gives, for each class of deployed model, the latency of one inference at a number
 * of refinement steps: as a table, or as an affine law base + per_step * steps, each with its source
 * and its origin (measured here, modelled from other figures, published). A small policy can be
 * charged as a large class at that class's true cost (`--charge-as`).
 *
 *     name: my-board
 *     description: what it is, in one line
 *     classes:
 *       - name: mixer-3m
 *         origin: measured              # measured | modelled | published
 *         source: where the figures come from
 *         table:                        # or  affine: {base_ms: 290, per_step_ms: 30}
 *           - {steps: 1, latency_ms: 7.465}
 *           - {steps: 5, latency_ms: 36.738, spread_ms: 0.4, p95_ms: 37.2}
 *
 * `latency_ms` is the mean over calls. A row may also give `median_ms` and `alpha`, its median as a
 * share of the baseline's, for who reads the file: charged is the mean.
 *
 * A platform that plans of co-inference may use says how fast it computes and what that costs, each figure
 * with its source; it may have classes, or not:
 *
 *     planning:
 *       flop_per_cycle: 4096
 *       clock_min_hz: 3.06e8                  # or  clocks_hz: [...]  or  modes: [{name: low, clock_hz: ...}]
 *       clock_max_hz: 1.3005e9
 *       power_w_per_hz3: 1.628e-26
 *       idle_w: 5.33
 *       pue: 1
 *       figures:
 *         - {figure: flop_per_cycle, origin: published, source: "2048 cores, two FLOP a cycle"}
 *         ...
 *
 * Class `self` is the very policy that was measured; only profiles of `sweetspot bench` hold it. A class
 * `NAME@VARIANT` is class NAME made cheaper, VARIANT as spot_point_variant writes it: `self@w8a8`.
 */
#ifndef SPOT_PLATFORM_H
#define SPOT_PLATFORM_H

#include <stdbool.h>

#include "spot/alloc.h"
#include "spot/coinfer_plan.h"
#include "spot/latency.h"
#include "spot/point.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_platform spot_platform; /* immutable after load */

enum { SPOT_PLATFORM_FIGURES_MAX = 16 };

/* Where a figure of a file comes from. */
typedef struct spot_platform_figure {
    char figure[SPOT_PLATFORM_NAME_SIZE]; /* its key, `flop_per_cycle` */
    spot_origin origin;
    char source[SPOT_PLATFORM_SOURCE_SIZE];
} spot_platform_figure;

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

/* Whether the file has `planning`. */
SPOT_API bool spot_platform_has_planning(const spot_platform *platform);

/* How it is planned with. `modes`: names from its list of modes, `low,high`, whose clocks then are the only
 * ones; NULL = all clocks that it has. Returns SPOT_OK, E_INVALID, E_NOT_FOUND (no such mode, or no `planning`;
 * diag says which there are). */
SPOT_API spot_status spot_platform_computer(const spot_platform *platform, const char *modes,
                                            spot_coinfer_computer *out, spot_diag *diag);

/* The i-th figure of `planning` and where it comes from; NULL outside. Valid as long as the platform. */
SPOT_API const spot_platform_figure *spot_platform_figure_at(const spot_platform *platform, int i);

/* The mode that has this clock; NULL if none has. Valid as long as the platform. */
SPOT_API const char *spot_platform_mode(const spot_platform *platform, double clock_hz);

/* Latency of one inference of class `model_class` at `steps` refinement steps. In a table, steps
 * between or beyond the rows follow the least-squares affine law of the rows and are labelled
 * modelled; their spread is the largest relative spread of a row.
 * Returns SPOT_OK, E_INVALID, E_NOT_FOUND (no such class: diag lists the classes), E_RANGE (steps < 1,
 * a table of one row does not hold them, or the law would give a negative latency there). */
SPOT_API spot_status spot_platform_latency(const spot_platform *platform, const char *model_class,
                                           int steps, spot_latency *out, spot_diag *diag);

/* Latency at `point` (its steps named): of class `model_class`, or of `model_class@variant` where the
 * point has a variant (spot_point_variant). Numeric bits (`quant=num:B`) are charged B / 32 of what the point
 * takes in fp32, which is modelled. Returns as spot_platform_latency, E_FORMAT (bad numeric bits). */
SPOT_API spot_status spot_platform_point_latency(const spot_platform *platform,
                                                 const char *model_class, const spot_point *point,
                                                 spot_latency *out, spot_diag *diag);

/* Lets `platform` model the variants that it has no class for: the latency of `model_class` times
 * alpha, where alpha is how `self@variant` compares with `self` at the same steps on `measured`, a profile of
 * `sweetspot bench`; or of `model_class@quant` and `self@quant`, where `platform` knows the former. That a variant saves the same share elsewhere is an assumption: such latencies are
 * labelled modelled, and say so in `source`.
 * `measured` is borrowed until the destroy call; NULL ends it. Call it before `platform` is shared by threads.
 * Returns SPOT_OK, E_INVALID, E_NOT_FOUND (`measured` has no class self). */
SPOT_API spot_status spot_platform_borrow_alphas(spot_platform *platform,
                                                 const spot_platform *measured, spot_diag *diag);

/* One measured row of the class `self`. */
typedef struct spot_platform_row {
    const char
        *variant;    /* as spot_point_variant, NULL or "" = baseline; equal ones stand together */
    int steps;       /* refinement steps, 1..1000, rising from row to row of one variant */
    double mean_s;   /* mean over calls, s, >= 0 */
    double p95_s;    /* 95th percentile over calls, s, >= 0 */
    double spread_s; /* standard deviation over calls, s, >= 0 */
    double median_s; /* median over calls, s, >= 0; 0 = not given, not written */
    double alpha;    /* share of the baseline's latency, 0..1e6; 0 = not given, not written */
} spot_platform_row;

/* A profile of the machine that `sweetspot bench` ran on: the class `self` alone. */
typedef struct spot_platform_self {
    const char *name;              /* of the platform, as in its file name */
    const char *description;       /* the machine, one line */
    const char *source;            /* what was run, with which policy, and when; one line */
    const spot_platform_row *rows; /* (n_rows) */
    int n_rows;                    /* 1..256 */
} spot_platform_self;

/* Writes the profile as a file that spot_platform_load reads; whole or not at all. A profile holds at
 * most 64 variants.
 * Returns SPOT_OK, E_INVALID, E_RANGE (a figure or a text that load would refuse; see diag), E_IO. */
SPOT_API spot_status spot_platform_write_self(const char *path, const spot_platform_self *self,
                                              spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
