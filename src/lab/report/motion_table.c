/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Metrics of motion beside those of computation, as a table: the baseline's means, and how every other point compares. */
#include <stdbool.h>

#include "core/base/text.h"
#include "lab/report/sheet.h"
#include "lab/report/words.h"
#include "spot/report_analysis.h"
#include "spot/show.h"

/* What is shown unless all is: by what it costs the robot, one estimator of jerk, and in sheets that fit a terminal. */
static const spot_motion_metric CHOSEN[] = {
    SPOT_MOTION_ENERGY_ABS_J,   SPOT_MOTION_EE_PATH_M,    SPOT_MOTION_EE_RMS_JERK_SAVGOL,
    SPOT_MOTION_JOINT_PATH_RAD, SPOT_MOTION_ENERGY_POS_J, SPOT_MOTION_ACTION_RATE_PER_STEP,
    SPOT_MOTION_SPARC,          SPOT_MOTION_LDLJ,
};
enum { N_CHOSEN = sizeof(CHOSEN) / sizeof(CHOSEN[0]), A_SHEET = 4 };

static bool is_known(const spot_analysis_setting *s, int metric)
{
    bool known = false;
    for (int i = 0; i < s->n_points; i++) {
        known = known || s->points[i].motion[metric].mean.known;
    }
    return known;
}

static bool any_known(const spot_analysis_setting *s)
{
    bool known = false;
    for (int m = 0; m < SPOT_MOTION_N_METRIC; m++) {
        known = known || is_known(s, m);
    }
    return known;
}

/* `1.034 [1.012, 1.056]`; differences with their sign. */
static void write_comparison(spoti_cell out, const spot_quantity *q, bool is_ratio)
{
    if (q->known && q->has_ci) {
        (void)spoti_format(out, SPOTI_CELL_SIZE,
                           is_ratio ? "%.3f [%.3f, %.3f]" : "%+.3g [%+.3g, %+.3g]", q->value, q->lo,
                           q->hi);
    } else if (q->known) {
        (void)spoti_format(out, SPOTI_CELL_SIZE, is_ratio ? "%.3f" : "%+.3g", q->value);
    }
}

static void add_metric(spoti_sheet *t, const spot_analysis_setting *s, int metric, int rank)
{
    const spot_motion_metric_info *info = spot_motion_describe(metric);
    const bool is_ratio = spot_analyze_is_ratio(metric);
    spoti_cell *column = spoti_sheet_column(t, info->name, "", rank);
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_metric *m = &s->points[i].motion[metric];
        if (i == s->baseline && m->mean.known) {
            (void)spoti_format(column[i], SPOTI_CELL_SIZE, "%.4g", m->mean.value);
        } else if (i != s->baseline) {
            write_comparison(column[i], is_ratio ? &m->ratio : &m->difference, is_ratio);
        }
    }
}

/* A figure of computation. */
static void add_plain(spoti_sheet *t, const spot_analysis_setting *s, const char *name, int rank,
                      size_t offset, double factor)
{
    spoti_cell *column = spoti_sheet_column(t, name, "", rank);
    for (int i = 0; i < s->n_points; i++) {
        const spot_quantity *q =
            (const spot_quantity *)(const void *)((const char *)&s->points[i] + offset);
        if (q->known) {
            (void)spoti_format(column[i], SPOTI_CELL_SIZE, "%.4g", factor * q->value);
        }
    }
}

static void add_names(spoti_sheet *t, const spot_analysis_setting *s)
{
    spoti_cell *names = spoti_sheet_column(t, "point", "", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < s->n_points; i++) {
        (void)spoti_copy(names[i], SPOTI_CELL_SIZE, s->points[i].name);
        (void)spoti_copy(t->marks[i], SPOTI_CELL_SIZE, i == s->baseline ? "0" : " ");
    }
}

static bool any_computation(const spot_analysis_setting *s)
{
    bool known = false;
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_point *p = &s->points[i];
        known = known || p->params.known || p->macs.known || p->weight_bytes.known ||
                p->t_inf_s.known || p->actions_per_s.known;
    }
    return known;
}

static spot_status print_computation(const spot_analysis_setting *s, bool wide, FILE *out)
{
    spoti_sheet t;
    spot_status st = spoti_sheet_create(&t, s->n_points);
    if (st == SPOT_OK) {
        add_names(&t, s);
        add_plain(&t, s, "parameters M", 1, offsetof(spot_analysis_point, params), 1e-6);
        add_plain(&t, s, "multiply-adds M", 1, offsetof(spot_analysis_point, macs), 1e-6);
        add_plain(&t, s, "weights MB", 1, offsetof(spot_analysis_point, weight_bytes), 1e-6);
        add_plain(&t, s, "ms an inference", 1, offsetof(spot_analysis_point, t_inf_s), 1e3);
        add_plain(&t, s, "actions/s", 1, offsetof(spot_analysis_point, actions_per_s), 1.0);
        st = spoti_sheet_print(&t, wide, out);
    }
    spoti_sheet_free(&t);
    return st;
}

/* The metrics (n) that some point has, side by side. */
static spot_status print_metrics(const spot_analysis_setting *s, const int *metrics, int n,
                                 bool wide, FILE *out)
{
    spoti_sheet t;
    spot_status st = spoti_sheet_create(&t, s->n_points);
    if (st == SPOT_OK) {
        add_names(&t, s);
        for (int k = 0; k < n; k++) {
            add_metric(&t, s, metrics[k], k + 1);
        }
        spot_print(out, "\n");
        st = spoti_sheet_print(&t, wide, out);
    }
    spoti_sheet_free(&t);
    return st;
}

static int choose(const spot_analysis_setting *s, bool wide, int metrics[SPOT_MOTION_N_METRIC])
{
    int n = 0;
    for (int k = 0; k < (wide ? SPOT_MOTION_N_METRIC : N_CHOSEN); k++) {
        const int m = wide ? k : (int)CHOSEN[k];
        if (is_known(s, m)) {
            metrics[n++] = m;
        }
    }
    return n;
}

spot_status spot_report_motion_table(const spot_analysis_setting *setting, bool wide, FILE *out)
{
    int metrics[SPOT_MOTION_N_METRIC];
    if (setting == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    spoti_report_line(out, 0, "Computation and motion (0: the baseline '%s')",
                      setting->points[setting->baseline].name);
    spot_status st = any_computation(setting) ? print_computation(setting, wide, out) : SPOT_OK;
    if (!any_known(setting)) {
        spot_print(out, "no metrics of motion: %s\n",
                   setting->points[setting->baseline].motion[SPOT_MOTION_EE_PATH_M].reason);
        return st;
    }
    const int n = choose(setting, wide, metrics);
    const int size = wide ? n : A_SHEET;
    for (int first = 0; st == SPOT_OK && first < n; first += size) {
        st =
            print_metrics(setting, metrics + first, n - first < size ? n - first : size, wide, out);
    }
    spoti_report_line(out, 0,
                      "Baseline: mean over its successes. Others: ratio to it, or with a sign the "
                      "difference, over the seeds on which both succeed, 95 %% interval. Energy is "
                      "work of the joints, |torque x velocity|: without copper loss and holding "
                      "torque, not what a module draws. Units and estimators: docs/metrics.md.");
    return st;
}
