/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the reports of measured trajectories share. */
#ifndef SPOTI_REPORT_METRICS_WORDS_H
#define SPOTI_REPORT_METRICS_WORDS_H

#include "spot/report_metrics.h"

enum { SPOTI_MOTION_N_NOTE = 3 };

/* What must be said beside every such report; NULL behind the last. */
const char *spoti_motion_note(int i);

/* Mean of a metric over the records in which it is defined, and their number; undefined, with the
 * reason of the first record, if there are none. */
spot_motion_value spoti_motion_mean(const spot_motion_report *report, int metric, int *n);

/* Noise alone beside an RMS jerk: the metric that holds it, -1 = none. */
int spoti_motion_noise_of(int metric);

/* 1 / interval; 0 where the samples are not equally spaced. */
double spoti_motion_rate(const spot_motion_record *record);

/* `demo_0`, or the file's own name; with several files both. Cut off where needed. */
void spoti_motion_name(const spot_motion_report *report, int i, char *out, size_t size);

#endif
