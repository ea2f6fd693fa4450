/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * gnuplot as a child process: the script lies in an unnamed temporary file that becomes its standard
 * input, its complaints go into another one. No pipe, so no signal if it dies early.
 */
#ifndef SPOTI_REPORT_GNUPLOT_H
#define SPOTI_REPORT_GNUPLOT_H

#include <stdio.h>

#include "spot/status.h"

/* Runs `script` (an open file, read from its start). Returns SPOT_OK, E_UNSUPPORTED (no gnuplot on
 * the PATH), E_IO (it failed; diag has its words), E_NOMEM. */
spot_status spoti_gnuplot_run(FILE *script, spot_diag *diag);

/* Writes the script that draws into the files `svg` and `png`. */
typedef void (*spoti_draw_fn)(const void *ctx, FILE *script, const char *svg, const char *png);

/* Draws `base`.svg and `base`.png by what `draw` writes; both appear, or neither and a reason. Returns as
 * spoti_gnuplot_run, and E_RANGE (path too long). */
spot_status spoti_gnuplot_figure(const char *base, spoti_draw_fn draw, const void *ctx,
                                 spot_diag *diag);

/* Writes `text` as a gnuplot string: in single quotes, where nothing is expanded. */
void spoti_gnuplot_quote(FILE *script, const char *text);

#endif
