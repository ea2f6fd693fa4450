/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The decomposition of an analysis, and a forecast, as tables: columns appear if a point fills them. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/report/sheet.h"
#include "lab/report/words.h"
#include "spot/report_analysis.h"
#include "spot/show.h"

static void write_quantity(spoti_cell out, const char *format, const spot_quantity *q,
                           double factor)
{
    char parts[3][32];
    double values[3] = {q->value * factor, q->lo * factor, q->hi * factor};
    if (!q->known) {
        (void)spoti_copy(out, SPOTI_CELL_SIZE, "-");
        return;
    }
    for (int k = 0; k < 3; k++) {
        /* the formats are this file's own, two kinds of digits */
        if (strcmp(format, "%.0f") == 0) {
            (void)spoti_format(parts[k], sizeof(parts[k]), "%.0f", values[k]);
        } else if (strcmp(format, "%.1f") == 0) {
            (void)spoti_format(parts[k], sizeof(parts[k]), "%.1f", values[k]);
        } else if (strcmp(format, "%.3f") == 0) {
            (void)spoti_format(parts[k], sizeof(parts[k]), "%.3f", values[k]);
        } else {
            (void)spoti_format(parts[k], sizeof(parts[k]), "%.4g", values[k]);
        }
    }
    if (q->has_ci) {
        (void)spoti_format(out, SPOTI_CELL_SIZE, "%s [%s, %s]", parts[0], parts[1], parts[2]);
    } else {
        (void)spoti_copy(out, SPOTI_CELL_SIZE, parts[0]);
    }
}

/* A column of one quantity of every point, which lies `offset` bytes into it. */
typedef struct quantity_column {
    const char *name;
    const char *unit;
    size_t offset;
    const char *format;
    double factor;
    int rank[2]; /* static, dynamic regime; see sheet.h */
} quantity_column;

static void add_quantities(spoti_sheet *t, const void *points, size_t stride, bool dynamic,
                           const quantity_column *columns, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        spoti_cell *column = spoti_sheet_column(t, columns[c].name, columns[c].unit,
                                                columns[c].rank[dynamic ? 1 : 0]);
        for (int i = 0; i < t->n_row; i++) {
            const char *point = (const char *)points + (size_t)i * stride;
            spot_quantity q;
            memcpy(&q, point + columns[c].offset, sizeof(q));
            write_quantity(column[i], columns[c].format, &q, columns[c].factor);
        }
    }
}

/* k of n where points differ in n. */
static bool has_one_n(const spot_analysis_setting *s)
{
    for (int i = 0; i < s->n_points; i++) {
        if (!s->points[i].has_count || s->points[i].trials != s->points[0].trials) {
            return false;
        }
    }
    return true;
}

static void add_success(spoti_sheet *t, const spot_analysis_setting *s)
{
    spoti_cell *column = spoti_sheet_column(t, "success", "% [95]", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_point *p = &s->points[i];
        if (p->has_count) {
            write_quantity(column[i], "%.1f", &p->rate, 100.0);
        } else if (p->graded) {
            spoti_cell rate;
            write_quantity(rate, "%.1f", &p->rate, 100.0);
            (void)spoti_format(column[i], SPOTI_CELL_SIZE, "%s of score, %d trials", rate,
                               p->trials);
        }
    }
    const bool one_n = has_one_n(s);
    column = spoti_sheet_column(t, one_n ? "k" : "k/n", "", one_n ? 8 : 1);
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_point *p = &s->points[i];
        if (p->has_count) {
            (void)spoti_format(column[i], SPOTI_CELL_SIZE, one_n ? "%d" : "%d/%d", p->successes,
                               p->trials);
        }
    }
}

/* Failures charged the budget; without failures it is the time of successes, which is said once. */
static void add_budget(spoti_sheet *t, const spot_analysis_setting *s, bool dynamic)
{
    int n_other = 0;
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_point *p = &s->points[i];
        n_other += p->budget_time_s.known &&
                   !(p->time_s.known && p->time_s.value == p->budget_time_s.value);
    }
    static const quantity_column column = {
        "T budget", "s", offsetof(spot_analysis_point, budget_time_s), "%.4g", 1.0, {1, 9}};
    if (n_other > 0) {
        add_quantities(t, s->points, sizeof(*s->points), dynamic, &column, 1);
    }
}

#define AT(field)          offsetof(spot_analysis_point, field)
#define FORECAST_AT(field) offsetof(spot_forecast_point, field)

/* Two characters: `*` the best, `~` not told apart from it; `0` the baseline. */
static void mark(spoti_sheet *t, int i, bool best, bool among, bool baseline)
{
    (void)spoti_format(t->marks[i], SPOTI_CELL_SIZE, "%c%c",
                       best    ? '*'
                       : among ? '~'
                               : ' ',
                       baseline ? '0' : ' ');
}

static void fill_analysis(spoti_sheet *t, const spot_analysis_setting *s)
{
    static const quantity_column before[] = {
        {"alpha", "", AT(alpha), "%.3f", 1.0, {9, 10}},
        {"n'", "", AT(overlap), "%.0f", 1.0, {13, 13}},
        {"T_inf", "ms", AT(t_inf_s), "%.4g", 1e3, {4, 3}},
        {"T_ck", "ms", AT(t_chunk_s), "%.4g", 1e3, {10, 12}},
        {"eta", "", AT(eta_chunk), "%.3f", 1.0, {3, 5}},
        {"N", "", AT(chunks), "%.4g", 1.0, {11, 12}},
        {"N/N0", "", AT(inflation), "%.3f", 1.0, {2, 4}},
        {"delay", "ms", AT(delay_s), "%.4g", 1e3, {7, 2}},
        {"age", "ms", AT(age_s), "%.4g", 1e3, {8, 6}},
        {"T", "s", AT(time_s), "%.4g", 1.0, {SPOTI_SHEET_NEEDED, SPOTI_SHEET_NEEDED}},
    };
    static const quantity_column after[] = {
        {"eta_task", "", AT(eta_task), "%.3f", 1.0, {6, 11}},
        {"T/N", "s", AT(cycle_s), "%.3f", 1.0, {14, 15}},
        {"N/N0 common", "", AT(inflation_common), "%.3f", 1.0, {12, 13}},
        {"eta_task common", "", AT(eta_task_common), "%.3f", 1.0, {12, 13}},
        {"residual", "", AT(residual), "%.3f", 1.0, {13, 14}},
        {"s/success", "", AT(time_to_success_s), "%.4g", 1.0, {12, 9}},
        {"J/success", "", AT(energy_per_success_j), "%.4g", 1.0, {1, 1}},
        {"p better", "", AT(p_better), "%.4g", 1.0, {5, 7}},
        {"p worse", "", AT(p_worse), "%.4g", 1.0, {9, 9}},
    };
    const bool dynamic = s->regime == SPOT_ANALYZE_DYNAMIC;
    spoti_cell *names = spoti_sheet_column(t, "point", "", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < s->n_points; i++) {
        (void)spoti_copy(names[i], SPOTI_CELL_SIZE, s->points[i].name);
        mark(t, i, i == s->verdict.best, spoti_is_rival(s, i), i == s->baseline);
    }
    add_quantities(t, s->points, sizeof(*s->points), dynamic, before,
                   sizeof(before) / sizeof(before[0]));
    add_success(t, s);
    add_budget(t, s, dynamic);
    add_quantities(t, s->points, sizeof(*s->points), dynamic, after,
                   sizeof(after) / sizeof(after[0]));
}

/* Why some figures are `-`, each reason once. */
static void print_reasons(const spot_analysis_setting *s, FILE *out)
{
    for (int i = 0; i < s->n_points; i++) {
        bool said = s->points[i].reason == NULL;
        for (int k = 0; k < i && !said; k++) {
            said = s->points[k].reason != NULL &&
                   strcmp(s->points[k].reason, s->points[i].reason) == 0;
        }
        if (!said) {
            spot_print(out, "%s: %s\n", s->points[i].name, s->points[i].reason);
        }
    }
}

void spoti_report_marks(const spot_analysis_setting *s, char *words, size_t size)
{
    bool among = false;
    for (int i = 0; i < s->n_points; i++) {
        among = among || spoti_is_rival(s, i);
    }
    (void)spoti_format(words, size, "%s%s0 baseline '%s'", s->verdict.best >= 0 ? "* best, " : "",
                       among ? "~ not told apart from it, " : "", s->points[s->baseline].name);
}

/* What was compared; the marks. */
static void print_head(const spot_analysis_setting *s, FILE *out)
{
    char marks[SPOT_DIAG_TEXT_SIZE];
    char line[2 * SPOT_DIAG_TEXT_SIZE];
    char more[SPOT_DIAG_TEXT_SIZE] = "";
    char tasks[32] = "";
    char trials[48] = "";
    spoti_report_marks(s, marks, sizeof(marks));
    if (s->n_differs) {
        (void)spoti_format(more, sizeof(more),
                           ", n differs: eta and N/N0 an executed action, T_act = %g s",
                           s->action_s);
    } else if (s->n_action > 0 && s->action_s > 0.0) {
        (void)spoti_format(more, sizeof(more), ", n = %d, T_act = %g s", s->n_action, s->action_s);
    }
    if (s->n_tasks > 1) {
        (void)spoti_format(tasks, sizeof(tasks), ", %d tasks", s->n_tasks);
    }
    if (has_one_n(s)) {
        (void)spoti_format(trials, sizeof(trials), ", %d trials a point", s->points[0].trials);
    }
    (void)spoti_format(line, sizeof(line), "%s  (%s%s%s%s%s)", s->name, marks,
                       s->paired ? ", same seeds at every point" : "", trials, more, tasks);
    spot_print_wrapped(out, 0, line);
}

spot_status spoti_report_points(const spot_analysis_setting *setting, bool wide, FILE *out)
{
    spoti_sheet t;
    spot_status st = spoti_sheet_create(&t, setting->n_points);
    if (st == SPOT_OK) {
        fill_analysis(&t, setting);
        st = spoti_sheet_print(&t, wide, out);
        print_reasons(setting, out);
    }
    spoti_sheet_free(&t);
    return st;
}

spot_status spot_report_analysis_table(const spot_analysis_setting *setting, bool wide, FILE *out)
{
    if (setting == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    print_head(setting, out);
    return spoti_report_points(setting, wide, out);
}

/* A predicted quantity of every point, in % where it is a rate; the first says what is extrapolated. */
static void add_predicted(spoti_sheet *t, const spot_forecast *f, size_t offset, const char *name,
                          const char *unit)
{
    const bool rate = unit[0] == '%';
    const bool flag = strncmp(name, "predicted", 9) == 0;
    spoti_cell *values = spoti_sheet_column(t, name, unit, SPOTI_SHEET_NEEDED);
    for (int i = 0; i < f->n_points; i++) {
        spot_quantity q;
        spoti_cell value;
        memcpy(&q, (const char *)&f->points[i] + offset, sizeof(q));
        write_quantity(value, rate ? "%.1f" : "%.4g", &q, rate ? 100.0 : 1.0);
        (void)spoti_format(values[i], SPOTI_CELL_SIZE, "%s%s", value,
                           flag && f->points[i].extrapolated ? "  extrapolated" : "");
    }
}

/* Why a point has no prediction, each reason once. */
static void print_forecast_reasons(const spot_forecast *f, FILE *out)
{
    for (int i = 0; i < f->n_points; i++) {
        bool said = f->points[i].reason == NULL;
        for (int k = 0; k < i && !said; k++) {
            said = f->points[k].reason == f->points[i].reason;
        }
        if (!said) {
            spot_print(out, "%s: not predicted: %s\n", f->points[i].name, f->points[i].reason);
        }
    }
}

static void fill_forecast(spoti_sheet *t, const spot_forecast *f)
{
    static const quantity_column columns[] = {
        {"alpha", "", FORECAST_AT(alpha), "%.3f", 1.0, {3, 3}},
        {"T_inf", "ms", FORECAST_AT(t_inf_s), "%.4g", 1e3, {1, 1}},
        {"T_ck", "ms", FORECAST_AT(t_chunk_s), "%.4g", 1e3, {4, 4}},
        {"eta", "", FORECAST_AT(eta_chunk), "%.3f", 1.0, {1, 3}},
        {"delay", "ms", FORECAST_AT(delay_s), "%.4g", 1e3, {2, 1}},
    };
    const bool dynamic = f->regime == SPOT_ANALYZE_DYNAMIC;
    spoti_cell *names = spoti_sheet_column(t, "point", "", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < f->n_points; i++) {
        (void)spoti_copy(names[i], SPOTI_CELL_SIZE, f->points[i].name);
        mark(t, i, i == f->best, false, i == f->baseline);
    }
    add_quantities(t, f->points, sizeof(*f->points), dynamic, columns,
                   sizeof(columns) / sizeof(columns[0]));
    if (dynamic) {
        add_predicted(t, f, FORECAST_AT(rate), "predicted success", "% [95]");
        return;
    }
    const spot_quantity *deciding = spot_forecast_deciding(f, f->baseline);
    const bool by_budget = deciding == &f->points[f->baseline].budget_s;
    add_predicted(t, f, FORECAST_AT(time_s), "predicted T", "s [95]");
    if (f->law == SPOT_FORECAST_EVENT) {
        add_predicted(t, f, FORECAST_AT(rate), "success", "% [95]");
    }
    if (by_budget) {
        add_predicted(t, f, FORECAST_AT(budget_s), "T budget", "s [95]");
    }
}

spot_status spot_report_forecast_table(const spot_forecast *forecast, bool wide, FILE *out)
{
    spoti_sheet t;
    if (forecast == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_sheet_create(&t, forecast->n_points);
    if (st == SPOT_OK) {
        fill_forecast(&t, forecast);
        spot_print(out, "Predicted for %s (* best, 0 baseline)\n", forecast->platform);
        st = spoti_sheet_print(&t, wide, out);
        print_forecast_reasons(forecast, out);
    }
    spoti_sheet_free(&t);
    return st;
}
