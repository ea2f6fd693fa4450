/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What stands under the points of a figure: their names without the words that all share, a setting a line. */
#ifndef SPOTI_REPORT_FIGURE_LABELS_H
#define SPOTI_REPORT_FIGURE_LABELS_H

#include "lab/report/gnuplot.h"
#include "spot/analyze.h"

/* Whether the names are `key=number` of one key beside what all share: the points lie on a line. */
bool spoti_labels_one_knob(const spot_analysis_setting *setting);

/* The room that they take. */
int spoti_labels_height_px(const spot_analysis_setting *setting);

/* Writes the tics: level, or slanted where there are many points or a line would run into its neighbour's. */
void spoti_labels_write(spoti_script *out, const spot_analysis_setting *setting);

#endif
