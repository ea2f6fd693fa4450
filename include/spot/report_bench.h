/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reports of a bench: a table to read, JSON to work with, and a platform profile to charge.
 *
 *     const spot_bench_report report = {"ur5e-conveyor", "a processor", false, &config, rows, &machine};
 *     spot_report_bench_table(&report, false, stdout);
 *     spot_report_bench_json(&report, stdout);
 *     spot_report_bench_profile(&report, "here", "2026-01-31", "platforms/here.yaml", &diag);
 */
#ifndef SPOT_REPORT_BENCH_H
#define SPOT_REPORT_BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include "spot/bench.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was measured and on what; everything is borrowed. */
typedef struct spot_bench_report {
    const char *policy;                /* what reports call it */
    const char *processor;             /* the machine's, in words */
    bool processor_clock;              /* times count only while the thread had a processor */
    const spot_bench_config *config;   /* as spot_bench_run took it */
    const spot_bench_row *rows;        /* (config->n_points), as it filled them */
    const spot_bench_machine *machine; /* likewise */
} spot_bench_report;

/* Prints one row a point, how fast the probe was, and what the columns mean. Lines have at most 120 characters, or
 * `wide`: all columns. Returns SPOT_OK, E_INVALID (NULL), E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_bench_table(const spot_bench_report *report, bool wide, FILE *out);

/* Prints JSON (docs/json.md). Returns as above and E_NOMEM (also: a name is no UTF-8). */
SPOT_API spot_status spot_report_bench_json(const spot_bench_report *report, FILE *out);

/* Writes the profile `name` with the latencies as class `self` to `path`; `day` (`2026-01-31`) stands in its
 * source. Points that differ only in weights left out without a change of time share a row; the one that is
 * not pruned stands for them. Returns SPOT_OK, E_INVALID, or as spot_platform_write_self. */
SPOT_API spot_status spot_report_bench_profile(const spot_bench_report *report, const char *name,
                                               const char *day, const char *path, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
