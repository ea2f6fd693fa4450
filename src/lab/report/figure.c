/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The figure of a tuning run, as a gnuplot script: panels over one axis of points.
 *
 * Static regime: what a chunk gains (eta), what the task pays (inflation, against the break-even that
 * eta sets), and what is left (task time). Dynamic regime: success, and the waiting time and the age
 * of the observation that explain it. Colour says what the tests said; a dashed line is the baseline.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/file.h"
#include "lab/report/gnuplot.h"
#include "spot/report.h"

enum {
    WIDTH_PX = 960,
    PANEL_PX = 250,
    TOP_PX = 92,    /* title and the first legend */
    BOTTOM_PX = 27, /* below the lowest panel, and more for each line of the points' labels */
    LINE_PX = 17,
    SLANTED_PX = 190,    /* slanted labels */
    GAP_PX = 34,         /* between panels: a legend */
    POINT_PX = 92,       /* the figure grows beyond WIDTH_PX with many points */
    MAX_LEVEL_ROWS = 20, /* more points get slanted labels */
    LABEL_MAX = 12,      /* characters that fit under a point */
};

/* What the tests said about a row; also its colour. */
enum { CLASS_WORSE = 0, CLASS_AMONG_BEST = 1, CLASS_BEST = 2, N_CLASS = 3 };
static const unsigned CLASS_COLOURS[N_CLASS] = {0xb4b4b4, 0x9cc7e8, 0x1668a8};
static const char *const CLASS_TITLES[N_CLASS] = {"worse", "not told apart from it", "best"};

static int class_of(const spot_tune_result *r, int i)
{
    return r->withheld != SPOT_TUNE_WITHHELD_NOT ? CLASS_AMONG_BEST
           : i == r->best                        ? CLASS_BEST
           : r->rows[i].among_best               ? CLASS_AMONG_BEST
                                                 : CLASS_WORSE;
}

static bool has_class(const spot_tune_result *r, int c)
{
    for (int i = 0; i < r->n_rows; i++) {
        if (class_of(r, i) == c) {
            return true;
        }
    }
    return false;
}

/* One number of a data block; what is undefined is left out of the plot. */
static void put(spoti_script *out, bool known, double value)
{
    if (known && isfinite(value)) {
        spoti_script_put(out, " %.9g", value);
    } else {
        spoti_script_put(out, " NaN");
    }
}

static void put_estimate(spoti_script *out, const spot_estimate *e)
{
    bool interval = e->support == SPOT_STATS_SUFFICIENT;
    put(out, e->support != SPOT_STATS_NONE, e->value);
    put(out, interval, e->ci.lo);
    put(out, interval, e->ci.hi);
}

/* Columns: 1 x, 2 class, 3 eta, 4-6 inflation, 7-9 time, 10-12 budget time, 13-15 success %,
 * 16 delay ms, 17 age ms. */
static void write_data(spoti_script *out, const spot_tune_result *r)
{
    spoti_script_put(out, "$D << END\n");
    for (int i = 0; i < r->n_rows; i++) {
        const spot_tune_row *row = &r->rows[i];
        spoti_script_put(out, "%d %d %.9g", i, class_of(r, i), row->eta_chunk);
        put_estimate(out, &row->inflation);
        put_estimate(out, &row->time);
        put_estimate(out, &row->budget_time);
        spoti_script_put(out, " %.9g %.9g %.9g %.9g %.9g\n", 100.0 * row->success_rate,
                         100.0 * row->wilson.lo, 100.0 * row->wilson.hi, 1e3 * row->delay_s,
                         1e3 * row->age_s);
    }
    spoti_script_put(out, "END\n");
}

/* A label under a point as it grows. */
typedef struct point_label {
    char text[2 * SPOT_POINT_TEXT_SIZE];
    const char *gap; /* between lines */
    int lines;
} point_label;

static void add_line(point_label *l, const char *words)
{
    const size_t used = strlen(l->text);
    (void)spoti_format(l->text + used, sizeof(l->text) - used, "%s%s", used > 0 ? l->gap : "",
                       words);
    l->lines++;
}

/* `key=value` in one line, or in two where it would run into the neighbour's. */
static void add_setting(point_label *l, const char *key, const char *value)
{
    char words[SPOT_POINT_TEXT_SIZE];
    const bool fits = strlen(key) + strlen(value) <= LABEL_MAX;
    (void)spoti_format(words, sizeof(words), "%s%s", key, fits ? value : "");
    add_line(l, words);
    if (!fits) {
        add_line(l, value);
    }
}

/* A line a setting where labels are level, one line where they are slanted. */
static point_label label_of(const spot_tune_result *r, int i)
{
    const spot_point *p = &r->rows[i].point;
    point_label l = {.gap = r->n_rows <= MAX_LEVEL_ROWS ? "\n" : " "};
    char words[SPOT_POINT_TEXT_SIZE];

    (void)spoti_format(words, sizeof(words), "steps=%d", p->steps);
    add_line(&l, words);
    if (p->overlap > 0) {
        (void)spoti_format(words, sizeof(words), "overlap=%d", p->overlap);
        add_line(&l, words);
        add_line(&l, p->align == SPOT_ALIGN_SKIP ? "skip" : "no skip");
    }
    for (int k = 0; k < spot_knob_count(); k++) {
        const spot_knob *knob = spot_knob_at(k);
        if (knob->in_inference && !knob->is_number && !spot_knob_is_baseline(k, p)) {
            char key[SPOT_KNOB_VALUE_SIZE];
            (void)spoti_format(key, sizeof(key), "%s=", knob->name);
            spot_knob_value(k, p, words);
            add_setting(&l, key, words);
        }
    }
    if (i == r->baseline) {
        add_line(&l, "(baseline)");
    }
    return l;
}

static int bottom_px(const spot_tune_result *r)
{
    int lines = 0;
    for (int i = 0; i < r->n_rows; i++) {
        const int here = label_of(r, i).lines;
        lines = here > lines ? here : lines;
    }
    return r->n_rows <= MAX_LEVEL_ROWS ? BOTTOM_PX + LINE_PX * lines : SLANTED_PX;
}

static void write_labels(spoti_script *out, const spot_tune_result *r)
{
    spoti_script_put(out, "set xtics out nomirror scale 0.5 font ',11' noenhanced ");
    spoti_script_put(out,
                     r->n_rows <= MAX_LEVEL_ROWS ? "norotate center (" : "rotate by 50 right (");
    for (int i = 0; i < r->n_rows; i++) {
        const point_label l = label_of(r, i);
        spoti_script_put(out, i > 0 ? ", " : "");
        spoti_script_tic(out, l.text, i);
    }
    spoti_script_put(out, ")\n");
}

/* Where the latencies come from, for the line under the title. */
static const char *origin_words(const spot_tune_result *r)
{
    for (int i = 1; i < r->n_rows; i++) {
        if (r->rows[i].latency.origin != r->rows[0].latency.origin) {
            return "partly modelled";
        }
    }
    return spot_origin_str(r->rows[0].latency.origin);
}

static int panels_of(const spot_tune_result *r)
{
    return r->setting.regime == SPOT_REGIME_DYNAMIC ? 2 : 3;
}

static void write_title(spoti_script *out, const spot_tune_result *r)
{
    const spot_tune_setting *s = &r->setting;
    char text[SPOT_DIAG_TEXT_SIZE];
    spoti_script_put(
        out,
        "set multiplot layout %d,1 margins screen LEFT,RIGHT,BOTTOM,TOP spacing screen "
        "0,GAP\n",
        panels_of(r));
    const bool other = s->policy[0] != '\0' && strcmp(s->policy, s->task) != 0;
    (void)spoti_format(text, sizeof(text), "%s%s%s on %s, charged as %s", s->task,
                       other ? " with " : "", other ? s->policy : "", s->platform,
                       s->charged_class);
    spoti_script_put(
        out, "set label 1 %s noenhanced at screen LEFT, screen 1-22.0/HEIGHT left font ',15'\n",
        text);
    (void)spoti_format(
        text, sizeof(text),
        "%d paired seeds%s; whiskers: 95 %% intervals; latencies %s; dashed: baseline%s%s",
        r->n_judged, r->withheld != SPOT_TUNE_WITHHELD_NOT ? ", no verdict" : "", origin_words(r),
        s->clock == SPOT_CLOCK_PAPER ? "; paper clock" : "", s->cadence ? "; cadence" : "");
    spoti_script_put(out,
                     "set label 2 %s noenhanced at screen LEFT, screen 1-46.0/HEIGHT left "
                     "font ',11' textcolor rgb '#555555'\n",
                     text);
}

/* The legend of the colours, of the classes that occur, as empty plots. */
static void write_legend(spoti_script *out, const spot_tune_result *r)
{
    for (int c = N_CLASS - 1; c >= 0; c--) {
        if (has_class(r, c)) {
            spoti_script_put(out, ", NaN with boxes fillcolor rgb 0x%06x title %s noenhanced",
                             CLASS_COLOURS[c], CLASS_TITLES[c]);
        }
    }
    spoti_script_put(out, "\n");
}

/* Bars of column `value` coloured by class. */
static void write_bars(spoti_script *out, int value)
{
    spoti_script_put(out, "$D using 1:%d:(colour($2)) with boxes linecolor rgb variable notitle",
                     value);
}

/* Whiskers from column lo to hi. */
static void write_whiskers(spoti_script *out, int lo, int hi)
{
    spoti_script_put(out,
                     ", $D using 1:%d:(0):($%d-$%d) with vectors heads size graph 0.008,90 fixed "
                     "linewidth 1.6 linecolor rgb '#222222' notitle",
                     lo, hi, lo);
}

static void write_baseline(spoti_script *out, bool known, double value)
{
    if (known) {
        spoti_script_put(
            out, ", %.9g with lines dashtype 2 linewidth 1 linecolor rgb '#555555' notitle", value);
    }
}

static void begin_panel(spoti_script *out, const char *label, bool lowest)
{
    spoti_script_put(out, "set ylabel %s offset 0.5,0\nset yrange [0:*]\n", label);
    spoti_script_put(out,
                     lowest ? "set format x '%%g'\n" : "set format x ''\nset xtics format ''\n");
}

static void write_static(spoti_script *out, const spot_tune_result *r)
{
    const spot_tune_row *base = &r->rows[r->baseline];
    spoti_script_put(out, "set xtics out nomirror scale 0.5 format '' 0,1\n");
    begin_panel(out, "chunk speed-up η", false);
    spoti_script_put(out, "plot ");
    write_bars(out, 3);
    write_baseline(out, true, 1.0);
    write_legend(out, r);
    spoti_script_put(out, "unset label 1; unset label 2\n");

    begin_panel(out, "chunk inflation N / N_0", false);
    spoti_script_put(out, "plot ");
    write_bars(out, 4);
    write_whiskers(out, 5, 6);
    write_baseline(out, true, 1.0);
    spoti_script_put(out, ", $D using ($1-0.4):3:(0.8):(0) with vectors nohead linewidth 2.5 "
                          "linecolor rgb "
                          "'#c8501e' title 'break-even: the point pays off below its η'\n");

    write_labels(out, r);
    begin_panel(out, "task time (s)", true);
    spoti_script_put(out, "plot ");
    write_bars(out, 7);
    write_whiskers(out, 8, 9);
    write_baseline(out, base->time.support != SPOT_STATS_NONE, base->time.value);
    spoti_script_put(
        out,
        ", $D using 1:10 with points pointtype 12 pointsize 1.1 linewidth 1.5 linecolor "
        "rgb '#c8501e' title 'with failures at the limit of %g s'\n",
        r->setting.time_limit_s);
}

static void write_dynamic(spoti_script *out, const spot_tune_result *r)
{
    const spot_tune_row *base = &r->rows[r->baseline];
    spoti_script_put(out, "set xtics out nomirror scale 0.5 format '' 0,1\n");
    begin_panel(out, "success (%)", false);
    spoti_script_put(out, "set yrange [0:100]\nplot ");
    write_bars(out, 13);
    write_whiskers(out, 14, 15);
    write_baseline(out, true, 100.0 * base->success_rate);
    write_legend(out, r);
    spoti_script_put(out, "unset label 1; unset label 2\n");

    write_labels(out, r);
    begin_panel(out, "time (ms)", true);
    spoti_script_put(out, "plot ");
    write_bars(out, 16);
    spoti_script_put(
        out,
        ", NaN with boxes fillcolor rgb 0x%06x title 'bars: waiting time a chunk τ', $D using "
        "1:17 with points pointtype 7 pointsize 1.2 linecolor rgb '#c8501e' title 'age of "
        "the observation A_0'\n",
        CLASS_COLOURS[CLASS_WORSE]);
}

static int height_px(const spot_tune_result *r)
{
    return TOP_PX + bottom_px(r) + PANEL_PX * panels_of(r) + GAP_PX * (panels_of(r) - 1);
}

static int width_px(const spot_tune_result *r)
{
    const int width = 160 + POINT_PX * r->n_rows;
    return width > WIDTH_PX ? width : WIDTH_PX;
}

/* The colours of CLASS_COLOURS as a function of the class. */
static void write_colours(spoti_script *out)
{
    spoti_script_put(out, "colour(c) = c == 2 ? 0x%06x : c == 1 ? 0x%06x : 0x%06x\n",
                     CLASS_COLOURS[2], CLASS_COLOURS[1], CLASS_COLOURS[0]);
}

/* A spoti_draw_fn. */
static void draw(const void *ctx, spoti_script *out)
{
    const spot_tune_result *r = ctx;
    write_data(out, r);
    spoti_script_put(out,
                     "HEIGHT = %d\nLEFT = %g\nRIGHT = 0.98\nBOTTOM = %d.0/HEIGHT\n"
                     "TOP = 1-%d.0/HEIGHT\nGAP = %d.0/HEIGHT\n",
                     height_px(r), 80.0 / width_px(r), bottom_px(r), TOP_PX, GAP_PX);
    write_colours(out);
    spoti_script_put(out,
                     "set style fill solid noborder\nset boxwidth 0.62\n"
                     "set border 3 linecolor rgb '#444444'\nset ytics nomirror\n"
                     "set grid ytics linecolor rgb '#dddddd' linewidth 1\nset xrange [-0.6:%g]\n"
                     "set key at graph 1.0,1.02 right bottom horizontal Left reverse maxrows 1 "
                     "samplen 1.2 font ',10.5'\n",
                     r->n_rows - 0.4);
    write_title(out, r);
    if (r->setting.regime == SPOT_REGIME_DYNAMIC) {
        write_dynamic(out, r);
    } else {
        write_static(out, r);
    }
    spoti_script_put(out, "unset multiplot\n");
}

spot_status spot_report_tune_figure(const spot_tune_result *result, const char *base,
                                    spot_diag *diag)
{
    if (result == NULL || base == NULL) {
        return SPOT_E_INVALID;
    }
    if (result->n_judged == 0) {
        return spot_diag_set(diag, SPOT_E_NOT_FOUND, "no seed is valid at every point");
    }
    const spoti_figure figure = {draw, result, width_px(result), height_px(result)};
    return spoti_gnuplot_figure(base, &figure, diag);
}
