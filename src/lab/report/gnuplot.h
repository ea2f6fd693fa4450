/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Figures, drawn by gnuplot as a child process.
 *
 * gnuplot runs commands from back-quotes in double-quoted strings, expands @names, reads `%` in the labels
 * of tics as a format, and a file name that starts with `|` as a command. So a script is written through
 * spoti_script_put alone, which quotes every text by itself, and holds no file names: a figure comes out
 * of gnuplot's standard output. tests/checks/foreign_text.py sees that nothing goes round it.
 */
#ifndef SPOTI_REPORT_GNUPLOT_H
#define SPOTI_REPORT_GNUPLOT_H

#include <stdio.h>

#include "spot/status.h"

/* A script as it grows; only this module sees its stream. */
typedef struct spoti_script spoti_script;

/* As fprintf, but every text (%s) comes out as a gnuplot string of its own: in single quotes, where nothing
 * is expanded, and with what may not be shown made visible. Who writes a text that is not the program's own
 * adds `noenhanced`, or its `_` and `^` are typesetting. */
void spoti_script_put(spoti_script *script, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* One entry of `set xtics (...)`: the lines of `text`, as a label at `position`. */
void spoti_script_tic(spoti_script *script, const char *text, int position);

/* Writes the commands that draw one figure; the terminal stands. */
typedef void (*spoti_draw_fn)(const void *ctx, spoti_script *script);

/* What to draw, and how large. */
typedef struct spoti_figure {
    spoti_draw_fn draw;
    const void *ctx;
    int width_px;
    int height_px;
} spoti_figure;

/* Draws `base`.svg and `base`.png; both appear, whole, or neither and a reason. Returns SPOT_OK,
 * E_UNSUPPORTED (no gnuplot on the PATH), E_IO (it failed, diag has its words; or a file cannot be
 * written), E_RANGE (path too long). */
spot_status spoti_gnuplot_figure(const char *base, const spoti_figure *figure, spot_diag *diag);

#endif
