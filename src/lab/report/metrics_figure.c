/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Speed and jerk of the end effector over time, as a gnuplot script: two panels over one axis.
 *
 * Of one trajectory both estimators of jerk are drawn, of several the smoother one. Dashed: the RMS jerk that noise
 * alone would show. Long trajectories are drawn by the largest value of each of POINTS_MAX stretches, so peaks stay.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/report/gnuplot.h"
#include "spot/report_metrics.h"

enum { WIDTH_PX = 960, HEIGHT_PX = 620, POINTS_MAX = 4000 };

static const unsigned COLOURS[SPOT_MOTION_FIGURE_MAX] = {0x1668a8, 0xc8501e, 0x3a923a, 0x8a5fbf,
                                                         0x8c6d31, 0xd6619c, 0x5b5b5b, 0x17a2b8};

/* One curve in memory. */
typedef struct curve {
    double *time_s; /* (room) */
    double *value;  /* (room) */
    size_t n, room;
    int trajectory;
    spot_motion_curve kind;
    double interval_s;
} curve;

typedef struct drawing {
    const spot_motion_trajectory *const *trajectories;
    int n_trajectory;
    curve curves[3 * SPOT_MOTION_FIGURE_MAX];
    int n_curve;
    double noise[2]; /* by difference and Savitzky-Golay, of the first trajectory; 0 = unknown */
} drawing;

static const char *const CURVE_WORDS[SPOT_MOTION_N_CURVE] = {
    [SPOT_MOTION_SPEED] = "speed",
    [SPOT_MOTION_JERK_DIFFERENCE] = "third difference",
    [SPOT_MOTION_JERK_SAVGOL] = "Savitzky-Golay",
};

static void free_curves(drawing *d)
{
    for (int i = 0; i < d->n_curve; i++) {
        spoti_free(NULL, d->curves[i].time_s, d->curves[i].room * sizeof(double));
        spoti_free(NULL, d->curves[i].value, d->curves[i].room * sizeof(double));
    }
    d->n_curve = 0;
}

/* The interval, 0 if samples are not equally spaced: measured as the metrics are. */
static spot_status find_interval(const spot_motion_trajectory *t, double *interval_s)
{
    spot_motion_config config;
    spot_motion_record record;

    spot_motion_config_default(&config);
    spot_status st = spot_motion_trajectory_measure(t, &config, &record, NULL);
    *interval_s = st == SPOT_OK ? record.metrics.interval_s : 0.0;
    return st;
}

static spot_status add_curve(drawing *d, int i, double interval_s, spot_motion_curve kind)
{
    const spot_motion_series *s = &d->trajectories[i]->series;
    curve *c = &d->curves[d->n_curve++];

    *c = (curve){.room = s->n_sample, .trajectory = i, .kind = kind, .interval_s = interval_s};
    c->time_s = spoti_alloc(NULL, c->room, sizeof(double));
    c->value = spoti_alloc(NULL, c->room, sizeof(double));
    if (c->time_s == NULL || c->value == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spot_motion_curve_of(s, interval_s, kind, c->time_s, c->value, &c->n);
    return st == SPOT_E_RANGE ? SPOT_OK : st; /* beyond the range of numbers: n is 0 */
}

static spot_status make_curves(drawing *d, const spot_motion_config *config)
{
    spot_status st = SPOT_OK;

    for (int i = 0; i < d->n_trajectory && st == SPOT_OK; i++) {
        double interval_s = 0.0;

        st = find_interval(d->trajectories[i], &interval_s);
        if (st != SPOT_OK || interval_s == 0.0 || d->trajectories[i]->series.position_m == NULL) {
            continue;
        }
        st = add_curve(d, i, interval_s, SPOT_MOTION_SPEED);
        if (st == SPOT_OK && d->n_trajectory == 1) {
            st = add_curve(d, i, interval_s, SPOT_MOTION_JERK_DIFFERENCE);
        }
        st = st == SPOT_OK ? add_curve(d, i, interval_s, SPOT_MOTION_JERK_SAVGOL) : st;
        if (i == 0) {
            (void)spot_motion_jerk_noise(d->trajectories[i]->series.n_axis,
                                         config->position_noise_m, interval_s, &d->noise[0],
                                         &d->noise[1]);
        }
    }
    return st;
}

/* Curve i as a block of data. */
static void write_data(spoti_script *out, const curve *c, int i)
{
    const size_t stretch = c->n / POINTS_MAX + 1;

    spoti_script_put(out, "$D%d << END\n", i);
    for (size_t k = 0; k < c->n; k += stretch) {
        size_t most = k;

        for (size_t j = k + 1; j < k + stretch && j < c->n; j++) {
            most = c->value[j] > c->value[most] ? j : most;
        }
        spoti_script_put(out, "%.9g %.9g\n", c->time_s[most], c->value[most]);
    }
    spoti_script_put(out, "END\n");
}

static void write_title(spoti_script *out, const drawing *d, const curve *c)
{
    char title[SPOT_MOTION_NAME_SIZE + 64];
    const char *name = d->trajectories[c->trajectory]->name;

    if (d->n_trajectory == 1) {
        (void)spoti_format(title, sizeof(title), "%s, %.4g Hz", CURVE_WORDS[c->kind],
                           1.0 / c->interval_s);
    } else if (name[0] != '\0') {
        (void)spoti_copy(title, sizeof(title), name);
    } else {
        (void)spoti_format(title, sizeof(title), "trajectory %d", c->trajectory + 1);
    }
    spoti_script_put(out, " title %s noenhanced", title);
}

static void write_noise(spoti_script *out, const drawing *d)
{
    static const char *const titles[] = {"noise alone, third difference",
                                         "noise alone, Savitzky-Golay"};

    for (int e = 0; e < 2; e++) {
        if (d->noise[e] > 0.0 && (e == 1 || d->n_trajectory == 1)) {
            spoti_script_put(out,
                             ", %.9g with lines dashtype 2 linewidth 1.2 linecolor rgb 0x%06x "
                             "title %s noenhanced",
                             d->noise[e], d->n_trajectory == 1 ? COLOURS[e] : 0x444444U, titles[e]);
        }
    }
}

static void write_panel(spoti_script *out, const drawing *d, bool jerk)
{
    bool first = true;

    spoti_script_put(out, "plot ");
    for (int i = 0; i < d->n_curve; i++) {
        const curve *c = &d->curves[i];
        const bool here = (c->kind != SPOT_MOTION_SPEED) == jerk && c->n > 0;
        const int colour =
            d->n_trajectory == 1 ? (c->kind == SPOT_MOTION_JERK_SAVGOL ? 1 : 0) : c->trajectory;

        if (!here) {
            continue;
        }
        if (!first) {
            spoti_script_put(out, ", ");
        }
        spoti_script_put(out, "$D%d using 1:2 with lines linewidth 1.5 linecolor rgb 0x%06x", i,
                         COLOURS[colour]);
        write_title(out, d, c);
        first = false;
    }
    if (jerk) {
        write_noise(out, d);
    }
    spoti_script_put(out, "\n");
}

/* Curves of one kind that have points. */
static int count(const drawing *d, bool jerk)
{
    int n = 0;

    for (int i = 0; i < d->n_curve; i++) {
        n += (d->curves[i].kind != SPOT_MOTION_SPEED) == jerk && d->curves[i].n > 0 ? 1 : 0;
    }
    return n;
}

/* The latest time of a curve. */
static double longest(const drawing *d)
{
    double most = 0.0;

    for (int i = 0; i < d->n_curve; i++) {
        const curve *c = &d->curves[i];

        most = c->n > 0 && c->time_s[c->n - 1] > most ? c->time_s[c->n - 1] : most;
    }
    return most;
}

static void write_frame(spoti_script *out, const drawing *d)
{
    const spot_motion_trajectory *t = d->trajectories[0];
    char title[SPOT_DIAG_TEXT_SIZE];

    if (d->n_trajectory > 1) {
        (void)spoti_format(title, sizeof(title), "%d trajectories; jerk by Savitzky-Golay",
                           d->n_trajectory);
    } else {
        (void)spoti_format(title, sizeof(title), "%s%s%zu samples", t->name,
                           t->name[0] != '\0' ? ", " : "", t->series.n_sample);
    }
    spoti_script_put(
        out,
        "set multiplot layout %d,1 title %s noenhanced\n"
        "set border 3 linecolor rgb '#444444'\nset tics nomirror\n"
        "set grid ytics linecolor rgb '#dddddd' linewidth 1\n"
        "set lmargin 12\nset key at graph 1.0,1.02 right bottom horizontal Left reverse samplen "
        "1.5\nset xrange [0:%.9g]\nset xlabel 'time (s)'\nset yrange [0:*]\n",
        count(d, true) > 0 ? 2 : 1, title, longest(d));
}

/* A spoti_draw_fn. */
static void draw(const void *ctx, spoti_script *out)
{
    const drawing *d = ctx;

    for (int i = 0; i < d->n_curve; i++) {
        write_data(out, &d->curves[i], i);
    }
    write_frame(out, d);
    spoti_script_put(out, "set ylabel 'speed (m/s)'\n");
    write_panel(out, d, false);
    if (count(d, true) > 0) {
        spoti_script_put(out, "set ylabel 'jerk (m/s³)'\n");
        write_panel(out, d, true);
    }
    spoti_script_put(out, "unset multiplot\n");
}

spot_status spot_report_metrics_figure(const spot_motion_trajectory *const *trajectories, int n,
                                       const spot_motion_config *config, const char *base,
                                       spot_diag *diag)
{
    drawing d = {.trajectories = trajectories, .n_trajectory = n};

    if (trajectories == NULL || n < 1 || n > SPOT_MOTION_FIGURE_MAX || config == NULL ||
        base == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = make_curves(&d, config);
    if (st == SPOT_OK && count(&d, false) == 0) {
        st = spot_diag_set(diag, SPOT_E_RANGE,
                           "nothing to draw: no positions, too few samples, or not equally spaced");
    }
    if (st == SPOT_OK) {
        const spoti_figure figure = {draw, &d, WIDTH_PX, HEIGHT_PX};

        st = spoti_gnuplot_figure(base, &figure, diag);
    }
    free_curves(&d);
    return st;
}
