/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of the verb timing share. */
#ifndef SPOTI_CLI_TIMING_H
#define SPOTI_CLI_TIMING_H

#include "cli.h"

enum { TIMING_CLOCKS = 2 };

/* The command line, and what it became. */
typedef struct timing_request {
    double latency_ms; /* NaN = not given */
    double rate_hz;
    int horizon;
    int execute;  /* 0 = every one that may be */
    double cover; /* % */
    const char *platform_name;
    const char *charge_as;
    const char *point_text;
    const char *trace_path;
    bool json;
    spot_point point;
    spot_latency latency;
    spot_latency_trace *trace;
    double *samples_s; /* (n_samples) rising */
    int n_samples;
    double planned_s; /* the latency that is planned for */
} timing_request;

/* What one clock makes of it. */
typedef struct timing_plan {
    spot_clock clock;
    int64_t delay_steps; /* d */
    bool possible;       /* some s is */
    bool feasible;       /* the s that is asked for is, or some is if none */
    int least, most;     /* of s */
} timing_plan;

/* Says what came out, on stdout. Return the exit code of having said it. */
int cli_timing_text(const timing_request *r, const timing_plan plans[TIMING_CLOCKS]);
int cli_timing_json(const timing_request *r, const timing_plan plans[TIMING_CLOCKS]);

#endif
