/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reports of a tuning run: a table to read, CSV and JSON to work with, a figure to show.
 *
 * Files are SI units, whole or absent. What is undefined (no success) is empty in CSV, null in JSON,
 * `-` in the table; an interval from too few successes is not printed in the table and is marked
 * `insufficient` in the files.
 *
 *     spot_report_tune_table(result, false, stdout);
 *     spot_report_tune_csv(result, "runs/tune.csv", &diag);
 *     spot_report_tune_json(result, "runs/tune.json", &diag);
 *     spot_report_tune_figure(result, "runs/tune", &diag);      tune.svg and tune.png
 */
#ifndef SPOT_REPORT_H
#define SPOT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "spot/status.h"
#include "spot/tune.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints what was run, the table of its points (that of spot_report_analysis_table) and where latencies come from;
 * the verdict is left to the caller. Returns SPOT_OK, E_INVALID (also: a result that was not judged), E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_tune_table(const spot_tune_result *result, bool wide, FILE *out);

/* One row a point; the columns do not change their names. Returns SPOT_OK, E_INVALID, E_RANGE (path
 * too long), E_IO. */
SPOT_API spot_status spot_report_tune_csv(const spot_tune_result *result, const char *path,
                                          spot_diag *diag);

/* The whole result (docs/json.md), which spot_analyze_log_tune reads. Returns as above, E_INVALID (also: a result that was
 * not judged) and E_NOMEM. */
SPOT_API spot_status spot_report_tune_json(const spot_tune_result *result, const char *path,
                                           spot_diag *diag);
SPOT_API spot_status spot_report_tune_json_print(const spot_tune_result *result, FILE *out);

/* Draws `base`.svg and `base`.png with gnuplot, as spot_report_analysis_figure.
 * Returns SPOT_OK, E_INVALID, E_RANGE (path too long), E_UNSUPPORTED (no gnuplot on the PATH), E_IO
 * (gnuplot failed: diag has its words), E_NOMEM. */
SPOT_API spot_status spot_report_tune_figure(const spot_tune_result *result, const char *base,
                                             spot_diag *diag);

/* Writes tune.csv, tune.json, tune.svg and tune.png into the folder `dir`. *drawn: also the figure; without gnuplot, or
 * with nothing to draw, it is false, diag says why, and the status is that of the others. Returns as of these. */
SPOT_API spot_status spot_report_tune_files(const spot_tune_result *result, const char *dir,
                                            bool *drawn, spot_diag *diag);

/* Episodes, one row each, behind a first line with `note` (one line: what was run).
 * Returns SPOT_OK, E_INVALID, E_RANGE (path too long), E_IO. */
SPOT_API spot_status spot_report_episodes_csv(const char *path, const char *note,
                                              const spot_episode *episodes, int64_t n_episodes,
                                              spot_diag *diag);

/* A trajectory of `world`, one row a control step: time_s, the columns of its sample by their names, then the command
 * as a1, a2 .. in absolute terms, empty before the first.
 * Returns as above. */
SPOT_API spot_status spot_report_trajectory_csv(const char *path, const spot_world *world,
                                                const spot_trajectory *trajectory, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
