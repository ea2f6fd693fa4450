/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Recorded latencies of anybody's policy server, robot or script, to be spent in simulated time.
 *
 * A CSV file with a header and one row a call, in the order in which they happened:
 *
 *     # pi0.5 behind openpi on the bench, 2026-08-01
 *     point,latency_ms,first_ms
 *     steps=5,212.4,80.1
 *     steps=5,198.0,79.5
 *     steps=10,388.9,80.3
 *
 * `latency_ms` or `latency_s`: until the whole chunk is there (needed). `first_ms` or `first_s`: until its first
 * action is, at most the latency. `point`: the operating point of the call, by the knobs that an inference
 * obeys (steps, quant, prune, kv); without the column the rows are for every point. Lines that begin with `#` are
 * comments. Other columns, empty cells and numbers that are no latency are refused with file:line.
 */
#ifndef SPOT_LATENCY_TRACE_H
#define SPOT_LATENCY_TRACE_H

#include "spot/alloc.h"
#include "spot/latency.h"
#include "spot/point.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_LATENCY_TRACE_POINTS_MAX = 256 };

/* Immutable after load, so threads may share it. */
typedef struct spot_latency_trace spot_latency_trace;

/* Reads the file `path`, to be replayed in `order`. On success the caller owns *out.
 * Returns SPOT_OK, E_INVALID, E_IO, E_FORMAT or E_RANGE (diag says file:line), E_NOMEM. */
SPOT_API spot_status spot_latency_trace_load(const char *path, spot_latency_draw_order order,
                                             const spot_allocator *allocator,
                                             spot_latency_trace **out, spot_diag *diag);
SPOT_API void spot_latency_trace_destroy(spot_latency_trace *trace); /* NULL is fine */

/* The file's name without folder and `.csv`. Valid as long as the trace. */
SPOT_API const char *spot_latency_trace_name(const spot_latency_trace *trace);

/* The latency at `point`; its shape is borrowed from the trace. `default_steps`: what steps = 0 means, there
 * and in the file. Returns SPOT_OK, E_INVALID, E_NOT_FOUND (no row is of this point; diag names it and those
 * that the file has). */
SPOT_API spot_status spot_latency_trace_point(const spot_latency_trace *trace,
                                              const spot_point *point, int default_steps,
                                              spot_latency *out, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
