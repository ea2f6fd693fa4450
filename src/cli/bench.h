/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of `sweetspot bench` share. */
#ifndef SPOTI_CLI_BENCH_H
#define SPOTI_CLI_BENCH_H

#include "cli.h"

enum { BENCH_MACHINE_SIZE = 128 };

/* The command line. */
typedef struct bench_request {
    const char *policy_name;
    const char *points;       /* text, such as "steps=5 quant=w8a8; steps=10"; NULL = the lists */
    cli_lists lists;          /* of an inference's knobs */
    const char *threads_text; /* NULL = all, or 1 with the processor's clock */
    const char *clock_text;
    const char *out, *name;
    const char *kernels; /* NULL = the best of this CPU */
    int calls, rounds, threads;
    bool processor_clock;
    bool wide;
    bool json;
} bench_request;

/* What was measured, and on what. */
typedef struct bench_result {
    spot_point points[SPOT_BENCH_POINTS_MAX];
    spot_bench_row rows[SPOT_BENCH_POINTS_MAX];
    spot_bench_config config;
    spot_bench_machine machine;
    char processor[BENCH_MACHINE_SIZE];
} bench_result;

/* bench_points.c: fills points, n_points and baseline (all steps of the longest point, full precision, all
 * weights, the whole past; added in front where it is not asked for). `all_steps` stands for steps=all.
 * False after saying what is wrong. */
bool bench_make_points(const bench_request *r, int all_steps, bench_result *out);

#endif
