/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A trace of latencies from an open stream. */
#ifndef SPOTI_RECORD_LATENCY_TRACE_H
#define SPOTI_RECORD_LATENCY_TRACE_H

#include <stdio.h>

#include "spot/latency_trace.h"

/* As spot_latency_trace_load of the file called `path`, whose contents come from `stream`. */
spot_status spoti_latency_trace_read(const char *path, FILE *stream, spot_latency_draw_order order,
                                     const spot_allocator *allocator, spot_latency_trace **out,
                                     spot_diag *diag);

#endif
