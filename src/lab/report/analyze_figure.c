/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The figure of an analysis, as a gnuplot script: panels over one axis of points.
 *
 * What a chunk gains, what the task pays against the break-even that the gain sets, and what is left:
 * task time in the static regime, success in the dynamic one, where the waiting time comes below it.
 * Bands are 95 % intervals; a dashed line is the baseline. Panels that no point fills are left out.
 */
#include <math.h>
#include <string.h>

#include "core/base/file.h"
#include "lab/report/gnuplot.h"
#include "spot/report_analysis.h"

enum {
    WIDTH_PX = 900,
    PANEL_PX = 210,
    TOP_PX = 70,
    BOTTOM_PX = 40,
    LETTER_PX = 4, /* of a slanted label, downwards */
    GAP_PX = 30,
    POINT_PX = 70,
};

/* A panel: columns of the data block and what they are. */
typedef struct panel {
    const char *label;
    int column; /* of value, lo and hi */
    double factor;
    const spot_quantity *(*pick)(const spot_analysis_point *);
} panel;

static const spot_quantity *pick_eta(const spot_analysis_point *p)
{
    return &p->eta_chunk;
}

static const spot_quantity *pick_inflation(const spot_analysis_point *p)
{
    return &p->inflation;
}

static const spot_quantity *pick_time(const spot_analysis_point *p)
{
    return &p->time_s;
}

static const spot_quantity *pick_rate(const spot_analysis_point *p)
{
    return &p->rate;
}

static const spot_quantity *pick_delay(const spot_analysis_point *p)
{
    return &p->delay_s;
}

enum { N_PANEL = 5, ETA = 0, INFLATION = 1, TIME = 2, RATE = 3, DELAY = 4 };
static const panel PANELS[N_PANEL] = {
    {"chunk speed-up η", 2, 1.0, pick_eta},       {"inflation N / N_0", 5, 1.0, pick_inflation},
    {"task time (s)", 8, 1.0, pick_time},         {"success (%)", 11, 100.0, pick_rate},
    {"action delay τ (ms)", 14, 1e3, pick_delay},
};

static bool is_shown(const spot_analysis_setting *s, int k)
{
    bool dynamic = s->regime == SPOT_ANALYZE_DYNAMIC;
    if ((k == TIME && dynamic) || (k == RATE && !dynamic) || (k == DELAY && !dynamic)) {
        return false;
    }
    int n = 0;
    for (int i = 0; i < s->n_points; i++) {
        n += PANELS[k].pick(&s->points[i])->known;
    }
    return n > (k == INFLATION || k == ETA ? 1 : 0);
}

static void put(FILE *out, bool known, double value)
{
    if (known && isfinite(value)) {
        (void)fprintf(out, " %.9g", value);
    } else {
        (void)fputs(" NaN", out);
    }
}

/* Columns: 1 x, then value, lo, hi of every panel. */
static void write_data(FILE *out, const spot_analysis_setting *s)
{
    (void)fprintf(out, "$D << END\n");
    for (int i = 0; i < s->n_points; i++) {
        (void)fprintf(out, "%d", i);
        for (int k = 0; k < N_PANEL; k++) {
            const spot_quantity *q = PANELS[k].pick(&s->points[i]);
            put(out, q->known, PANELS[k].factor * q->value);
            put(out, q->known && q->has_ci, PANELS[k].factor * q->lo);
            put(out, q->known && q->has_ci, PANELS[k].factor * q->hi);
        }
        (void)fprintf(out, "\n");
    }
    (void)fprintf(out, "END\n");
}

static void write_labels(FILE *out, const spot_analysis_setting *s)
{
    (void)fprintf(out, "set xtics out nomirror scale 0.5 rotate by 30 right font ',11' (");
    for (int i = 0; i < s->n_points; i++) {
        char text[SPOT_ANALYZE_NAME_SIZE + 16];
        (void)spoti_format(text, sizeof(text), "%s%s", s->points[i].name,
                           i == s->baseline ? " (baseline)" : "");
        (void)fputs(i > 0 ? ", " : "", out);
        spoti_gnuplot_quote(out, text);
        (void)fprintf(out, " %d", i);
    }
    (void)fprintf(out, ")\n");
}

static void write_panel(FILE *out, const spot_analysis_setting *s, int k, bool lowest)
{
    const panel *p = &PANELS[k];
    const spot_quantity *base = p->pick(&s->points[s->baseline]);
    (void)fprintf(out, "set ylabel '%s' offset 0.5,0\n", p->label);
    if (lowest) {
        write_labels(out, s);
        (void)fprintf(out, "set format x '%%g'\n");
    } else {
        (void)fprintf(out, "set xtics out nomirror scale 0.5 norotate format '' 0,1\n");
    }
    (void)fprintf(out, k == RATE ? "set yrange [0:100]\n" : "set yrange [*:*]\n");
    (void)fprintf(
        out,
        "plot $D using 1:%d:%d with filledcurves fillcolor rgb '#9cc7e8' fillstyle solid "
        "0.6 noborder notitle, $D using 1:%d:(0):($%d-$%d) with vectors heads size graph "
        "0.006,90 fixed linewidth 1.3 linecolor rgb '#5b87a8' notitle, $D using 1:%d with "
        "linespoints pointtype 7 pointsize 1.1 linewidth 2 linecolor rgb '#1668a8' notitle",
        p->column + 1, p->column + 2, p->column + 1, p->column + 2, p->column + 1, p->column);
    if (base->known) {
        (void)fprintf(out,
                      ", %.9g with lines dashtype 2 linewidth 1 linecolor rgb '#555555' notitle",
                      p->factor * base->value);
    }
    if (k == INFLATION && is_shown(s, ETA)) {
        (void)fprintf(out,
                      ", $D using 1:2 with linespoints pointtype 2 linewidth 1.5 linecolor rgb "
                      "'#c8501e' title 'break-even: a point pays off below it'");
    }
    (void)fprintf(out, "\nunset label 1; unset label 2\n");
}

/* Room for the labels, the longest of which decides. */
static int bottom_px(const spot_analysis_setting *s)
{
    size_t longest = 0;
    for (int i = 0; i < s->n_points; i++) {
        size_t length = strlen(s->points[i].name) + (i == s->baseline ? strlen(" (baseline)") : 0);
        longest = length > longest ? length : longest;
    }
    return BOTTOM_PX + LETTER_PX * (int)longest;
}

static void write_drawing(FILE *out, const spot_analysis_setting *s, const char *terminal,
                          int n_panel, const char *path)
{
    int width = 200 + POINT_PX * s->n_points;
    int height = TOP_PX + bottom_px(s) + PANEL_PX * n_panel + GAP_PX * (n_panel - 1);
    width = width > WIDTH_PX ? width : WIDTH_PX;
    (void)fprintf(out,
                  "reset\nset encoding utf8\nset terminal %s size %d,%d font 'DejaVu Sans,12'\n",
                  terminal, width, height);
    (void)fprintf(out, "set output ");
    spoti_gnuplot_quote(out, path);
    (void)fprintf(out,
                  "\nset multiplot layout %d,1 margins screen %g,0.98,%g,%g spacing screen 0,%g\n"
                  "set border 3 linecolor rgb '#444444'\nset ytics nomirror\nset grid ytics "
                  "linecolor rgb '#dddddd' linewidth 1\nset xrange [-0.4:%g]\n"
                  "set key at graph 1.0,1.02 right bottom horizontal samplen 1.5 font ',10.5'\n",
                  n_panel, 100.0 / width, (double)bottom_px(s) / height,
                  1.0 - (double)TOP_PX / height, (double)GAP_PX / height, s->n_points - 0.6);
    (void)fprintf(out, "set label 1 ");
    spoti_gnuplot_quote(out, s->name);
    (void)fprintf(out, " noenhanced at screen 0.03, screen %g left font ',15'\n",
                  1.0 - 20.0 / height);
    (void)fprintf(out,
                  "set label 2 '%s regime; bands: 95 %% intervals; dashed: baseline' at screen "
                  "0.03, screen %g left font ',11' textcolor rgb '#555555'\n",
                  spot_analyze_regime_str(s->regime), 1.0 - 42.0 / height);
    int drawn = 0;
    for (int k = 0; k < N_PANEL; k++) {
        if (is_shown(s, k)) {
            write_panel(out, s, k, ++drawn == n_panel);
        }
    }
    (void)fprintf(out, "unset multiplot\nset output\n");
}

static int count_panels(const spot_analysis_setting *s)
{
    int n_panel = 0;
    for (int k = 0; k < N_PANEL; k++) {
        n_panel += is_shown(s, k);
    }
    return n_panel;
}

static void draw(const void *ctx, FILE *script, const char *svg, const char *png)
{
    const spot_analysis_setting *s = ctx;
    int n_panel = count_panels(s);
    write_data(script, s);
    write_drawing(script, s, "svg noenhanced background rgb 'white'", n_panel, svg);
    write_drawing(script, s, "pngcairo noenhanced", n_panel, png);
}

spot_status spot_report_analysis_figure(const spot_analysis_setting *setting, const char *base,
                                        spot_diag *diag)
{
    if (setting == NULL || base == NULL) {
        return SPOT_E_INVALID;
    }
    if (count_panels(setting) == 0) {
        return spot_diag_set(diag, SPOT_E_RANGE, "figure: '%s' has nothing to draw", setting->name);
    }
    return spoti_gnuplot_figure(base, draw, setting, diag);
}
