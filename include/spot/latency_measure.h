/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the calls of a brain take here: of a policy server, an ONNX file, a function of your own.
 *
 * The brain is run on the task at no latency and each of its calls is timed by the clock on the wall; the file that
 * comes of it is a recorded trace (latency_trace.h). So what was measured once can be spent again and again, with the
 * same bytes; measured anew, it is never quite the same.
 */
#ifndef SPOT_LATENCY_MEASURE_H
#define SPOT_LATENCY_MEASURE_H

#include "spot/brain.h"
#include "spot/point.h"
#include "spot/rollout.h"
#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_LATENCY_CALLS_MAX = 100000 };

typedef struct spot_latency_measure_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    const spot_point
        *points;  /* (n_points) those that differ in their schedule alone are measured once */
    int n_points; /* >= 1 */
    int calls; /* of each point, 2..SPOT_LATENCY_CALLS_MAX; default 50; one more goes before them */
    const char *kernels; /* as in spot_session_config; default NULL */
    const char *what;    /* what is measured, for a comment in the file; NULL = nothing is said */
} spot_latency_measure_config;

SPOT_API void spot_latency_measure_config_default(spot_latency_measure_config *config);

/* Times the calls and writes the file `path`, whole or not at all; one state of the brain, one thread.
 * Returns SPOT_OK, E_INVALID, E_RANGE, E_IO (also where an answer was lost), E_NOMEM, E_STATE (progress, which counts
 * calls and may be NULL, stopped it), or what brain and world say. */
SPOT_API spot_status spot_latency_measure(const spot_task *task, const spot_brain *brain,
                                          const spot_latency_measure_config *config,
                                          const char *path, spot_progress_fn progress, void *ctx,
                                          spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
