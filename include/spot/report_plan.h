/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reports of plans: text to read, JSON to work with, and the curves of a sweep.
 *
 *     const spot_plan_report report = {&config, SPOT_COINFER_EXACT_PLAN, &result};
 *     spot_report_plan_text(&report, false, stdout);
 *     spot_report_plan_json(&report, NULL, stdout);
 *     spot_report_sweep_table(&report, &sweep, false, stdout);
 *     spot_report_sweep_figure(&report, &sweep, "runs/plan", &diag);      plan.svg and plan.png
 */
#ifndef SPOT_REPORT_PLAN_H
#define SPOT_REPORT_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "spot/plan.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was planned, and how; everything is borrowed. */
typedef struct spot_plan_report {
    const spot_plan_config *config;
    spot_coinfer_scheme scheme;
    const spot_plan_result *result;
} spot_plan_report;

/* Prints the best plan: bits, clocks, delay and energy by part, slack, bounds, what binds, the other choices,
 * and where figures come from; `wide`: each with its source. Returns SPOT_OK, E_INVALID (NULL), E_IO, E_NOMEM. */
SPOT_API spot_status spot_report_plan_text(const spot_plan_report *report, bool wide, FILE *out);

/* Prints JSON (docs/json.md); `sweep` NULL = none. Returns as above. */
SPOT_API spot_status spot_report_plan_json(const spot_plan_report *report,
                                           const spot_plan_sweep *sweep, FILE *out);

/* Prints one row a budget: bits and distortion of every scheme; `wide`: delay and energy too. Returns as above. */
SPOT_API spot_status spot_report_sweep_table(const spot_plan_report *report,
                                             const spot_plan_sweep *sweep, bool wide, FILE *out);

/* Draws `base`.svg and `base`.png: bits, distortion, delay and energy over the budget, a line a scheme. Returns
 * SPOT_OK, E_INVALID, E_UNSUPPORTED (no gnuplot), E_IO, E_RANGE (path too long). */
SPOT_API spot_status spot_report_sweep_figure(const spot_plan_report *report,
                                              const spot_plan_sweep *sweep, const char *base,
                                              spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
