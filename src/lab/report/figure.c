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
static const char *const CLASS_COLOURS[N_CLASS] = {"#b4b4b4", "#9cc7e8", "#1668a8"};
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
static void put(FILE *out, bool known, double value)
{
    if (known && isfinite(value)) {
        (void)fprintf(out, " %.9g", value);
    } else {
        (void)fputs(" NaN", out);
    }
}

static void put_estimate(FILE *out, const spot_estimate *e)
{
    bool interval = e->support == SPOT_STATS_SUFFICIENT;
    put(out, e->support != SPOT_STATS_NONE, e->value);
    put(out, interval, e->ci.lo);
    put(out, interval, e->ci.hi);
}

/* Columns: 1 x, 2 class, 3 eta, 4-6 inflation, 7-9 time, 10-12 budget time, 13-15 success %,
 * 16 delay ms, 17 age ms. */
static void write_data(FILE *out, const spot_tune_result *r)
{
    (void)fprintf(out, "$D << END\n");
    for (int i = 0; i < r->n_rows; i++) {
        const spot_tune_row *row = &r->rows[i];
        (void)fprintf(out, "%d %d %.9g", i, class_of(r, i), row->eta_chunk);
        put_estimate(out, &row->inflation);
        put_estimate(out, &row->time);
        put_estimate(out, &row->budget_time);
        (void)fprintf(out, " %.9g %.9g %.9g %.9g %.9g\n", 100.0 * row->success_rate,
                      100.0 * row->wilson.lo, 100.0 * row->wilson.hi, 1e3 * row->delay_s,
                      1e3 * row->age_s);
    }
    (void)fprintf(out, "END\n");
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

static void write_labels(FILE *out, const spot_tune_result *r)
{
    (void)fprintf(out, "set xtics out nomirror scale 0.5 font ',11' noenhanced %s (",
                  r->n_rows <= MAX_LEVEL_ROWS ? "norotate center" : "rotate by 50 right");
    for (int i = 0; i < r->n_rows; i++) {
        const point_label l = label_of(r, i);
        (void)fputs(i > 0 ? ", \"" : "\"", out);
        for (const char *c = l.text; *c != '\0'; c++) {
            if (*c == '\n') {
                (void)fputs("\\n", out);
            } else { /* nothing that ends the string */
                (void)fputc(*c == '"' || *c == '\\' ? '?' : *c, out);
            }
        }
        (void)fprintf(out, "\" %d", i);
    }
    (void)fprintf(out, ")\n");
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

static void write_title(FILE *out, const spot_tune_result *r)
{
    const spot_tune_setting *s = &r->setting;
    char text[SPOT_DIAG_TEXT_SIZE];
    (void)fprintf(out,
                  "set multiplot layout %d,1 margins screen LEFT,RIGHT,BOTTOM,TOP spacing screen "
                  "0,GAP\n",
                  s->regime == SPOT_REGIME_DYNAMIC ? 2 : 3);
    const bool other = s->policy[0] != '\0' && strcmp(s->policy, s->task) != 0;
    (void)spoti_format(text, sizeof(text), "%s%s%s on %s, charged as %s", s->task,
                       other ? " with " : "", other ? s->policy : "", s->platform,
                       s->charged_class);
    (void)fprintf(out, "set label 1 ");
    spoti_gnuplot_quote(out, text);
    (void)fprintf(out, " at screen LEFT, screen 1-22.0/HEIGHT left font ',15'\n");
    (void)spoti_format(
        text, sizeof(text),
        "%d paired seeds%s; whiskers: 95 %% intervals; latencies %s; dashed: baseline%s%s",
        r->n_judged, r->withheld != SPOT_TUNE_WITHHELD_NOT ? ", no verdict" : "", origin_words(r),
        s->clock == SPOT_CLOCK_PAPER ? "; paper clock" : "", s->cadence ? "; cadence" : "");
    (void)fprintf(out, "set label 2 ");
    spoti_gnuplot_quote(out, text);
    (void)fprintf(
        out, " at screen LEFT, screen 1-46.0/HEIGHT left font ',11' textcolor rgb '#555555'\n");
}

/* The legend of the colours, of the classes that occur, as empty plots. */
static void write_legend(FILE *out, const spot_tune_result *r)
{
    for (int c = N_CLASS - 1; c >= 0; c--) {
        if (has_class(r, c)) {
            (void)fprintf(out, ", NaN with boxes fillcolor rgb '%s' title '%s'", CLASS_COLOURS[c],
                          CLASS_TITLES[c]);
        }
    }
    (void)fprintf(out, "\n");
}

/* Bars of column `value` coloured by class. */
static void write_bars(FILE *out, int value)
{
    (void)fprintf(out, "$D using 1:%d:(colour($2)) with boxes linecolor rgb variable notitle",
                  value);
}

/* Whiskers from column lo to hi. */
static void write_whiskers(FILE *out, int lo, int hi)
{
    (void)fprintf(out,
                  ", $D using 1:%d:(0):($%d-$%d) with vectors heads size graph 0.008,90 fixed "
                  "linewidth 1.6 linecolor rgb '#222222' notitle",
                  lo, hi, lo);
}

static void write_baseline(FILE *out, bool known, double value)
{
    if (known) {
        (void)fprintf(
            out, ", %.9g with lines dashtype 2 linewidth 1 linecolor rgb '#555555' notitle", value);
    }
}

static void begin_panel(FILE *out, const char *label, bool lowest)
{
    (void)fprintf(out, "set ylabel '%s' offset 0.5,0\nset yrange [0:*]\nset format x %s\n", label,
                  lowest ? "'%%g'" : "''");
    if (!lowest) {
        (void)fprintf(out, "set xtics format ''\n");
    }
}

static void write_static(FILE *out, const spot_tune_result *r)
{
    const spot_tune_row *base = &r->rows[r->baseline];
    (void)fprintf(out, "set xtics out nomirror scale 0.5 format '' 0,1\n");
    begin_panel(out, "chunk speed-up η", false);
    (void)fprintf(out, "plot ");
    write_bars(out, 3);
    write_baseline(out, true, 1.0);
    write_legend(out, r);
    (void)fprintf(out, "unset label 1; unset label 2\n");

    begin_panel(out, "chunk inflation N / N_0", false);
    (void)fprintf(out, "plot ");
    write_bars(out, 4);
    write_whiskers(out, 5, 6);
    write_baseline(out, true, 1.0);
    (void)fprintf(out, ", $D using ($1-0.4):3:(0.8):(0) with vectors nohead linewidth 2.5 "
                       "linecolor rgb "
                       "'#c8501e' title 'break-even: the point pays off below its η'\n");

    write_labels(out, r);
    begin_panel(out, "task time (s)", true);
    (void)fprintf(out, "plot ");
    write_bars(out, 7);
    write_whiskers(out, 8, 9);
    write_baseline(out, base->time.support != SPOT_STATS_NONE, base->time.value);
    (void)fprintf(out,
                  ", $D using 1:10 with points pointtype 12 pointsize 1.1 linewidth 1.5 linecolor "
                  "rgb '#c8501e' title 'with failures at the limit of %g s'\n",
                  r->setting.time_limit_s);
}

static void write_dynamic(FILE *out, const spot_tune_result *r)
{
    const spot_tune_row *base = &r->rows[r->baseline];
    (void)fprintf(out, "set xtics out nomirror scale 0.5 format '' 0,1\n");
    begin_panel(out, "success (%)", false);
    (void)fprintf(out, "set yrange [0:100]\nplot ");
    write_bars(out, 13);
    write_whiskers(out, 14, 15);
    write_baseline(out, true, 100.0 * base->success_rate);
    write_legend(out, r);
    (void)fprintf(out, "unset label 1; unset label 2\n");

    write_labels(out, r);
    begin_panel(out, "time (ms)", true);
    (void)fprintf(out, "plot ");
    write_bars(out, 16);
    (void)fprintf(
        out,
        ", NaN with boxes fillcolor rgb '%s' title 'bars: waiting time a chunk τ', $D using "
        "1:17 with points pointtype 7 pointsize 1.2 linecolor rgb '#c8501e' title 'age of "
        "the observation A_0'\n",
        CLASS_COLOURS[CLASS_WORSE]);
}

/* One complete drawing into the open output. */
static void write_drawing(FILE *out, const spot_tune_result *r, const char *terminal, int width,
                          int height, const char *path)
{
    (void)fprintf(out,
                  "reset\nset encoding utf8\nset terminal %s size %d,%d font 'DejaVu Sans,12'\n",
                  terminal, width, height);
    (void)fprintf(out, "set output ");
    spoti_gnuplot_quote(out, path);
    (void)fprintf(out,
                  "\nHEIGHT = %d\nLEFT = %g\nRIGHT = 0.98\nBOTTOM = %d.0/HEIGHT\n"
                  "TOP = 1-%d.0/HEIGHT\nGAP = %d.0/HEIGHT\n",
                  height, 80.0 / width, bottom_px(r), TOP_PX, GAP_PX);
    (void)fprintf(out,
                  "colour(c) = c == 2 ? 0x%s : c == 1 ? 0x%s : 0x%s\n"
                  "set style fill solid noborder\nset boxwidth 0.62\n"
                  "set border 3 linecolor rgb '#444444'\nset ytics nomirror\n"
                  "set grid ytics linecolor rgb '#dddddd' linewidth 1\nset xrange [-0.6:%g]\n"
                  "set key at graph 1.0,1.02 right bottom horizontal Left reverse maxrows 1 "
                  "samplen 1.2 font ',10.5'\n",
                  CLASS_COLOURS[2] + 1, CLASS_COLOURS[1] + 1, CLASS_COLOURS[0] + 1,
                  r->n_rows - 0.4);
    write_title(out, r);
    if (r->setting.regime == SPOT_REGIME_DYNAMIC) {
        write_dynamic(out, r);
    } else {
        write_static(out, r);
    }
    (void)fprintf(out, "unset multiplot\nset output\n");
}

static void draw(const void *ctx, FILE *script, const char *svg, const char *png)
{
    const spot_tune_result *r = ctx;
    int panels = r->setting.regime == SPOT_REGIME_DYNAMIC ? 2 : 3;
    int width = 160 + POINT_PX * r->n_rows;
    int height = TOP_PX + bottom_px(r) + PANEL_PX * panels + GAP_PX * (panels - 1);
    width = width > WIDTH_PX ? width : WIDTH_PX;
    write_data(script, r);
    write_drawing(script, r, "svg background rgb 'white'", width, height, svg);
    write_drawing(script, r, "pngcairo", width, height, png);
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
    return spoti_gnuplot_figure(base, draw, result, diag);
}
