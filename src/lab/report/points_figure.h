/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The figure of a judged setting, for tune and analyze alike. */
#ifndef SPOTI_REPORT_POINTS_FIGURE_H
#define SPOTI_REPORT_POINTS_FIGURE_H

#include "spot/analyze.h"
#include "spot/status.h"

typedef struct spoti_points_figure {
    const spot_analysis_setting *setting;
    char title[SPOT_DIAG_TEXT_SIZE];
    char note[SPOT_DIAG_TEXT_SIZE]; /* the line under it, in front of what the marks mean */
} spoti_points_figure;

/* Draws `base`.svg and `base`.png. Returns as spoti_gnuplot_figure, and E_RANGE where there is nothing to draw. */
spot_status spoti_points_figure_draw(const spoti_points_figure *figure, const char *base,
                                     spot_diag *diag);

#endif
