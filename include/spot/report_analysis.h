/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reports of an analysis: a table to read, JSON to work with, a figure to show.
 *
 * Files are SI units, whole or absent. What is unknown or undefined is `-` in the table, null in JSON
 * and absent from the figure, never 0. Columns of the table that no point fills are left out.
 *
 *     spot_report_analysis_table(&analysis->settings[0], false, stdout);
 *     spot_report_analysis_json(analysis, NULL, stdout);
 *     spot_report_analysis_figure(&analysis->settings[0], "fig", &diag);     fig.svg and fig.png
 */
#ifndef SPOT_REPORT_ANALYSIS_H
#define SPOT_REPORT_ANALYSIS_H

#include <stdio.h>

#include "spot/analyze.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints the decomposition, one row a point; the verdict is left to the caller. Lines have at most 120 characters, but
 * for a name that is longer: what is the same at every point is said once above the rows, the least needed columns are
 * left out and named below. `wide`: all columns. Returns SPOT_OK, E_INVALID, E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_analysis_table(const spot_analysis_setting *setting, bool wide,
                                                FILE *out);

/* Prints what computation of each point takes (parameters, multiply-adds, bytes, ms, actions a second) and how it moves against the
 * baseline: the metrics of motion.h that the record has, or why there are none. `wide` (every metric) and Returns as above. */
SPOT_API spot_status spot_report_motion_table(const spot_analysis_setting *setting, bool wide,
                                              FILE *out);

/* Prints a forecast as a table. `wide` and Returns as above. */
SPOT_API spot_status spot_report_forecast_table(const spot_forecast *forecast, bool wide,
                                                FILE *out);

/* Prints JSON with stable keys (docs/json.md): the object of the setting if there is one, else
 * {"settings": [objects], "text"}. forecasts: (n_settings) or NULL; each becomes "prediction" of its
 * setting (NULL entries: null). Returns SPOT_OK, E_INVALID, E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_analysis_json(const spot_analysis *analysis,
                                               spot_forecast *const *forecasts, FILE *out);

/* Draws `base`.svg and `base`.png with gnuplot: success and task time over the points, then inflation against its
 * break-even (static) or action delay and observation age (dynamic); 95 % intervals as whiskers, the best and those not
 * told apart from it in colour. Bars; a line where all points lie along one knob. Panels without a figure are left out.
 * Returns SPOT_OK, E_INVALID, E_RANGE (path too long; nothing to draw), E_UNSUPPORTED (no gnuplot),
 * E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_analysis_figure(const spot_analysis_setting *setting,
                                                 const char *base, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
