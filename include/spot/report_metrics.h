/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reports of measured trajectories: a table to read, JSON to work with, a figure to show.
 *
 * Every jerk is given with its estimator and sampling rate, beside what position noise alone would show. What is
 * undefined is `-` in the table and null in JSON, with its reason.
 *
 *     report = (spot_motion_report){.records = records, .n_record = n, .config = &config};
 *     spot_report_metrics_table(&report, false, stdout);
 *     spot_report_metrics_json(&report, stdout);
 *     spot_report_metrics_figure(trajectories, n, &config, "fig", &diag);     fig.svg and fig.png
 */
#ifndef SPOT_REPORT_METRICS_H
#define SPOT_REPORT_METRICS_H

#include <stdio.h>

#include "spot/motion_file.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_MOTION_FIGURE_MAX = 8 }; /* trajectories in one figure */

/* What was measured, and how. Borrowed. */
typedef struct spot_motion_report {
    const spot_motion_record *records; /* (n_record), each with its file */
    int n_record;                      /* >= 1 */
    const spot_motion_config *config;
} spot_motion_report;

/* Prints one trajectory as a list of its metrics, several as a table with their means; `wide`: all
 * columns. Returns SPOT_OK, E_INVALID, E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_metrics_table(const spot_motion_report *report, bool wide,
                                               FILE *out);

/* Prints JSON with stable keys (docs/json.md). Returns SPOT_OK, E_INVALID, E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_metrics_json(const spot_motion_report *report, FILE *out);

/* Draws `base`.svg and `base`.png with gnuplot: speed and jerk of the end effector over time, of
 * one trajectory by both estimators of positions, of 2 to SPOT_MOTION_FIGURE_MAX by Savitzky-Golay;
 * dashed, what noise alone would show. trajectories: (n). Returns SPOT_OK, E_INVALID, E_RANGE (path
 * too long; nothing to draw: no positions, or not equally spaced), E_UNSUPPORTED (no gnuplot),
 * E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_metrics_figure(const spot_motion_trajectory *const *trajectories,
                                                int n, const spot_motion_config *config,
                                                const char *base, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
