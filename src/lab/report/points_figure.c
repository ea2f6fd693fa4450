/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The figure of a judged setting, as a gnuplot script: panels over one axis of points.
 *
 * Success and task time stand beside each other in either regime, what decides first. Below them what explains it: in the
 * static regime the inflation against the break-even that eta sets, in the dynamic one action delay and observation age.
 * Bars, and a line only where all points lie along one knob. Colour says what the judge said; a dashed line is the
 * baseline. Panels that no point fills are left out.
 */
#include "lab/report/points_figure.h"

#include <math.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/report/figure_labels.h"
#include "lab/report/gnuplot.h"
#include "lab/report/words.h"

enum {
    WIDTH_PX = 960,
    PANEL_PX = 230,
    TOP_PX = 92,    /* title and the first legend */
    BOTTOM_PX = 27, /* below the lowest panel, and more for the points' labels */
    GAP_PX = 34,    /* between panels: a legend */
    POINT_PX = 92,  /* the figure grows beyond WIDTH_PX with many points */
};

/* What the judge said of a point; also its colour. */
enum { CLASS_OTHER = 0, CLASS_RIVAL = 1, CLASS_BEST = 2, N_CLASS = 3 };
static const unsigned CLASS_COLOURS[N_CLASS] = {0xb4b4b4, 0x9cc7e8, 0x1668a8};
static const char *const CLASS_TITLES[N_CLASS] = {"others", "not told apart from it", "best"};

static int class_of(const spot_analysis_setting *s, int i)
{
    return i == s->verdict.best ? CLASS_BEST : spoti_is_rival(s, i) ? CLASS_RIVAL : CLASS_OTHER;
}

static bool has_class(const spot_analysis_setting *s, int c)
{
    for (int i = 0; i < s->n_points; i++) {
        if (class_of(s, i) == c) {
            return true;
        }
    }
    return false;
}

/* What is drawn: value, lo and hi each, from column 3 of the data on. */
enum { RATE, TIME, INFLATION, DELAY, AGE, ETA, BUDGET, N_FIGURE };
static const struct {
    size_t offset;
    double factor;
} FIGURES[N_FIGURE] = {
    [RATE] = {offsetof(spot_analysis_point, rate), 100.0},
    [TIME] = {offsetof(spot_analysis_point, time_s), 1.0},
    [INFLATION] = {offsetof(spot_analysis_point, inflation), 1.0},
    [DELAY] = {offsetof(spot_analysis_point, delay_s), 1e3},
    [AGE] = {offsetof(spot_analysis_point, age_s), 1e3},
    [ETA] = {offsetof(spot_analysis_point, eta_chunk), 1.0},
    [BUDGET] = {offsetof(spot_analysis_point, budget_time_s), 1.0},
};

static int column_of(int figure)
{
    return 3 + 3 * figure;
}

static spot_quantity quantity_of(const spot_analysis_setting *s, int i, int figure)
{
    spot_quantity q;
    memcpy(&q, (const char *)&s->points[i] + FIGURES[figure].offset, sizeof(q));
    q.value *= FIGURES[figure].factor;
    q.lo *= FIGURES[figure].factor;
    q.hi *= FIGURES[figure].factor;
    return q;
}

static int count_known(const spot_analysis_setting *s, int figure)
{
    int n = 0;
    for (int i = 0; i < s->n_points; i++) {
        n += quantity_of(s, i, figure).known;
    }
    return n;
}

/* ---- data ---- */

static void put(spoti_script *out, bool known, double value)
{
    if (known && isfinite(value)) {
        spoti_script_put(out, " %.9g", value);
    } else {
        spoti_script_put(out, " NaN");
    }
}

/* Columns: 1 x, 2 class, then value, lo and hi of every figure; unknown is left out of the plot. */
static void write_data(spoti_script *out, const spot_analysis_setting *s)
{
    spoti_script_put(out, "$D << END\n");
    for (int i = 0; i < s->n_points; i++) {
        spoti_script_put(out, "%d %d", i, class_of(s, i));
        for (int f = 0; f < N_FIGURE; f++) {
            const spot_quantity q = quantity_of(s, i, f);
            put(out, q.known, q.value);
            put(out, q.known && q.has_ci, q.lo);
            put(out, q.known && q.has_ci, q.hi);
        }
        spoti_script_put(out, "\n");
    }
    spoti_script_put(out, "END\n");
}

/* ---- panels ---- */

static const char *const LABELS[N_FIGURE] = {
    [RATE] = "success (%)",
    [TIME] = "task time (s)",
    [INFLATION] = "chunk inflation N / N_0",
    [DELAY] = "action delay τ (ms)",
};

typedef struct panels {
    int figures[4];
    int n;
} panels;

/* From the top; the two that belong together first. */
static panels choose_panels(const spot_analysis_setting *s)
{
    static const int order[2][4] = {{TIME, RATE, INFLATION, -1}, {RATE, TIME, DELAY, -1}};
    const bool dynamic = s->regime == SPOT_ANALYZE_DYNAMIC;
    panels p = {.n = 0};
    for (int k = 0; order[dynamic][k] >= 0; k++) {
        const int figure = order[dynamic][k];
        if (count_known(s, figure) > (figure == INFLATION ? 1 : 0)) {
            p.figures[p.n++] = figure;
        }
    }
    return p;
}

/* Bars under their whiskers, or a line and whiskers under points; coloured by class. */
static void write_values(spoti_script *out, const spot_analysis_setting *s, int figure)
{
    const int column = column_of(figure);
    const bool line = spoti_labels_one_knob(s);
    if (line) {
        spoti_script_put(
            out, "$D using 1:%d with lines linewidth 1.5 linecolor rgb '#5b87a8' notitle", column);
    } else {
        spoti_script_put(
            out, "$D using 1:%d:(colour($2)) with boxes linecolor rgb variable notitle", column);
    }
    spoti_script_put(out,
                     ", $D using 1:%d:(0):($%d-$%d) with vectors heads size graph 0.008,90 fixed "
                     "linewidth 1.6 linecolor rgb '#222222' notitle",
                     column + 1, column + 2, column + 1);
    if (line) {
        spoti_script_put(out,
                         ", $D using 1:%d:(colour($2)) with points pointtype 7 pointsize 1.8 "
                         "linecolor rgb variable notitle",
                         column);
    }
}

/* Marks of another figure beside the values. */
static void write_beside(spoti_script *out, const spot_analysis_setting *s, int figure)
{
    if (figure == INFLATION && count_known(s, ETA) > 0) {
        spoti_script_put(out,
                         ", $D using ($1-0.4):%d:(0.8):(0) with vectors nohead linewidth 2.5 "
                         "linecolor rgb '#c8501e' title 'break-even η: a point pays off below it'",
                         column_of(ETA));
    } else if (figure == TIME && count_known(s, BUDGET) > 0) {
        spoti_script_put(out,
                         ", $D using 1:%d with points pointtype 12 pointsize 1.1 linewidth 1.5 "
                         "linecolor rgb '#c8501e' title 'budget time'",
                         column_of(BUDGET));
    } else if (figure == DELAY && count_known(s, AGE) > 0) {
        spoti_script_put(out,
                         ", $D using 1:%d with points pointtype 6 pointsize 1.4 linewidth 2 "
                         "linecolor rgb '#c8501e' title 'observation age A_0'",
                         column_of(AGE));
    }
}

/* The legend of the colours, of the classes that occur, as empty plots. */
static void write_legend(spoti_script *out, const spot_analysis_setting *s)
{
    for (int c = N_CLASS - 1; c >= 0; c--) {
        if (has_class(s, c)) {
            spoti_script_put(out, ", NaN with boxes fillcolor rgb 0x%06x title %s noenhanced",
                             CLASS_COLOURS[c], CLASS_TITLES[c]);
        }
    }
}

static void write_panel(spoti_script *out, const spot_analysis_setting *s, const panels *p, int k)
{
    const int figure = p->figures[k];
    const spot_quantity base = quantity_of(s, s->baseline, figure);
    spoti_script_put(out, "set ylabel %s offset 0.5,0\n", LABELS[figure]);
    spoti_script_put(out, figure == RATE ? "set yrange [0:104]\n" : "set yrange [0:*]\n");
    if (k == p->n - 1) {
        spoti_labels_write(out, s);
        spoti_script_put(out, "set format x '%%g'\n");
    } else {
        spoti_script_put(out, "set xtics out nomirror scale 0.5 norotate format '' 0,1\n");
    }
    spoti_script_put(out, "plot ");
    write_values(out, s, figure);
    if (base.known) {
        spoti_script_put(out,
                         ", %.9g with lines dashtype 2 linewidth 1 linecolor rgb '#555555' notitle",
                         base.value);
    }
    write_beside(out, s, figure);
    if (k == 0) {
        write_legend(out, s);
    }
    spoti_script_put(out, "\nunset label 1; unset label 2\n");
}

/* ---- the whole ---- */

static int bottom_px(const spot_analysis_setting *s)
{
    return BOTTOM_PX + spoti_labels_height_px(s);
}

static int height_px(const spot_analysis_setting *s)
{
    const int n = choose_panels(s).n;
    return TOP_PX + bottom_px(s) + PANEL_PX * n + GAP_PX * (n - 1);
}

static int width_px(const spot_analysis_setting *s)
{
    const int width = 160 + POINT_PX * s->n_points;
    return width > WIDTH_PX ? width : WIDTH_PX;
}

static void write_frame(spoti_script *out, const spoti_points_figure *f, int n_panel)
{
    const spot_analysis_setting *s = f->setting;
    const double height = height_px(s);
    spoti_script_put(out, "colour(c) = c == 2 ? 0x%06x : c == 1 ? 0x%06x : 0x%06x\n",
                     CLASS_COLOURS[2], CLASS_COLOURS[1], CLASS_COLOURS[0]);
    spoti_script_put(out,
                     "set multiplot layout %d,1 margins screen %g,0.98,%g,%g spacing screen 0,%g\n"
                     "set style fill solid noborder\nset boxwidth 0.62\n"
                     "set border 3 linecolor rgb '#444444'\nset ytics nomirror\n"
                     "set grid ytics linecolor rgb '#dddddd' linewidth 1\nset xrange [-0.6:%g]\n"
                     "set key at graph 1.0,1.02 right bottom horizontal Left reverse maxrows 1 "
                     "samplen 1.2 font ',10.5'\n",
                     n_panel, 80.0 / width_px(s), bottom_px(s) / height, 1.0 - TOP_PX / height,
                     GAP_PX / height, s->n_points - 0.4);
    spoti_script_put(out, "set label 1 %s noenhanced at screen %g, screen %g left font ',15'\n",
                     f->title, 80.0 / width_px(s), 1.0 - 22.0 / height);
    char note[SPOT_DIAG_TEXT_SIZE + 64];
    (void)spoti_format(note, sizeof(note), "%s; whiskers: 95 %% intervals; dashed: baseline",
                       f->note);
    spoti_script_put(out,
                     "set label 2 %s noenhanced at screen %g, screen %g left font ',11' textcolor "
                     "rgb '#555555'\n",
                     note, 80.0 / width_px(s), 1.0 - 46.0 / height);
}

/* A spoti_draw_fn. */
static void draw(const void *ctx, spoti_script *out)
{
    const spoti_points_figure *f = ctx;
    const panels p = choose_panels(f->setting);
    write_data(out, f->setting);
    write_frame(out, f, p.n);
    for (int k = 0; k < p.n; k++) {
        write_panel(out, f->setting, &p, k);
    }
    spoti_script_put(out, "unset multiplot\n");
}

spot_status spoti_points_figure_draw(const spoti_points_figure *figure, const char *base,
                                     spot_diag *diag)
{
    const spot_analysis_setting *s = figure->setting;
    if (choose_panels(s).n == 0) {
        return spot_diag_set(diag, SPOT_E_RANGE, "figure: '%s' has nothing to draw", s->name);
    }
    const spoti_figure drawing = {draw, figure, width_px(s), height_px(s)};
    return spoti_gnuplot_figure(base, &drawing, diag);
}
