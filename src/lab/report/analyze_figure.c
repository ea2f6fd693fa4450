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

static void put(spoti_script *out, bool known, double value)
{
    if (known && isfinite(value)) {
        spoti_script_put(out, " %.9g", value);
    } else {
        spoti_script_put(out, " NaN");
    }
}

/* Columns: 1 x, then value, lo, hi of every panel. */
static void write_data(spoti_script *out, const spot_analysis_setting *s)
{
    spoti_script_put(out, "$D << END\n");
    for (int i = 0; i < s->n_points; i++) {
        spoti_script_put(out, "%d", i);
        for (int k = 0; k < N_PANEL; k++) {
            const spot_quantity *q = PANELS[k].pick(&s->points[i]);
            put(out, q->known, PANELS[k].factor * q->value);
            put(out, q->known && q->has_ci, PANELS[k].factor * q->lo);
            put(out, q->known && q->has_ci, PANELS[k].factor * q->hi);
        }
        spoti_script_put(out, "\n");
    }
    spoti_script_put(out, "END\n");
}

static void write_labels(spoti_script *out, const spot_analysis_setting *s)
{
    spoti_script_put(out,
                     "set xtics out nomirror scale 0.5 noenhanced rotate by 30 right font ',11' (");
    for (int i = 0; i < s->n_points; i++) {
        char text[SPOT_ANALYZE_NAME_SIZE + 16];
        (void)spoti_format(text, sizeof(text), "%s%s", s->points[i].name,
                           i == s->baseline ? " (baseline)" : "");
        spoti_script_put(out, i > 0 ? ", " : "");
        spoti_script_tic(out, text, i);
    }
    spoti_script_put(out, ")\n");
}

static void write_panel(spoti_script *out, const spot_analysis_setting *s, int k, bool lowest)
{
    const panel *p = &PANELS[k];
    const spot_quantity *base = p->pick(&s->points[s->baseline]);
    spoti_script_put(out, "set ylabel %s offset 0.5,0\n", p->label);
    if (lowest) {
        write_labels(out, s);
        spoti_script_put(out, "set format x '%%g'\n");
    } else {
        spoti_script_put(out, "set xtics out nomirror scale 0.5 norotate format '' 0,1\n");
    }
    spoti_script_put(out, k == RATE ? "set yrange [0:100]\n" : "set yrange [*:*]\n");
    spoti_script_put(
        out,
        "plot $D using 1:%d:%d with filledcurves fillcolor rgb '#9cc7e8' fillstyle solid "
        "0.6 noborder notitle, $D using 1:%d:(0):($%d-$%d) with vectors heads size graph "
        "0.006,90 fixed linewidth 1.3 linecolor rgb '#5b87a8' notitle, $D using 1:%d with "
        "linespoints pointtype 7 pointsize 1.1 linewidth 2 linecolor rgb '#1668a8' notitle",
        p->column + 1, p->column + 2, p->column + 1, p->column + 2, p->column + 1, p->column);
    if (base->known) {
        spoti_script_put(out,
                         ", %.9g with lines dashtype 2 linewidth 1 linecolor rgb '#555555' notitle",
                         p->factor * base->value);
    }
    if (k == INFLATION && is_shown(s, ETA)) {
        spoti_script_put(out,
                         ", $D using 1:2 with linespoints pointtype 2 linewidth 1.5 linecolor rgb "
                         "'#c8501e' title 'break-even: a point pays off below it'");
    }
    spoti_script_put(out, "\nunset label 1; unset label 2\n");
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

static int count_panels(const spot_analysis_setting *s)
{
    int n_panel = 0;
    for (int k = 0; k < N_PANEL; k++) {
        n_panel += is_shown(s, k);
    }
    return n_panel;
}

static int height_px(const spot_analysis_setting *s)
{
    const int n_panel = count_panels(s);
    return TOP_PX + bottom_px(s) + PANEL_PX * n_panel + GAP_PX * (n_panel - 1);
}

static int width_px(const spot_analysis_setting *s)
{
    const int width = 200 + POINT_PX * s->n_points;
    return width > WIDTH_PX ? width : WIDTH_PX;
}

/* A spoti_draw_fn. */
static void draw(const void *ctx, spoti_script *out)
{
    const spot_analysis_setting *s = ctx;
    const int n_panel = count_panels(s);
    const double height = height_px(s);
    write_data(out, s);
    spoti_script_put(out,
                     "set multiplot layout %d,1 margins screen %g,0.98,%g,%g spacing screen 0,%g\n"
                     "set border 3 linecolor rgb '#444444'\nset ytics nomirror\nset grid ytics "
                     "linecolor rgb '#dddddd' linewidth 1\nset xrange [-0.4:%g]\n"
                     "set key at graph 1.0,1.02 right bottom horizontal samplen 1.5 font ',10.5'\n",
                     n_panel, 100.0 / width_px(s), bottom_px(s) / height, 1.0 - TOP_PX / height,
                     GAP_PX / height, s->n_points - 0.6);
    spoti_script_put(out, "set label 1 %s noenhanced at screen 0.03, screen %g left font ',15'\n",
                     s->name, 1.0 - 20.0 / height);
    char text[SPOT_DIAG_TEXT_SIZE];
    (void)spoti_format(text, sizeof(text), "%s regime; bands: 95 %% intervals; dashed: baseline",
                       spot_analyze_regime_str(s->regime));
    spoti_script_put(out,
                     "set label 2 %s noenhanced at screen 0.03, screen %g left font ',11' "
                     "textcolor rgb '#555555'\n",
                     text, 1.0 - 42.0 / height);
    int drawn = 0;
    for (int k = 0; k < N_PANEL; k++) {
        if (is_shown(s, k)) {
            write_panel(out, s, k, ++drawn == n_panel);
        }
    }
    spoti_script_put(out, "unset multiplot\n");
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
    const spoti_figure figure = {draw, setting, width_px(setting), height_px(setting)};
    return spoti_gnuplot_figure(base, &figure, diag);
}
