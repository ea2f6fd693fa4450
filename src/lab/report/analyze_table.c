/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The decomposition of an analysis, and a forecast, as tables: columns appear if a point fills them. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "spot/report_analysis.h"
#include "spot/show.h"

enum { CELL_SIZE = 112, COLUMNS_MAX = 24 };

typedef char cell[CELL_SIZE];

/* A table while it is filled, column by column. */
typedef struct sheet {
    int n_row; /* the header is row 0 */
    int n_column;
    cell *cells; /* (COLUMNS_MAX x n_row) */
} sheet;

static cell *begin_column(sheet *t, const char *header)
{
    cell *column = t->cells + (size_t)t->n_column * (size_t)t->n_row;
    (void)spoti_copy(column[0], CELL_SIZE, header);
    return column;
}

/* Keeps the column if a cell holds something. */
static void end_column(sheet *t, cell *column)
{
    for (int i = 1; i < t->n_row; i++) {
        if (strcmp(column[i], "-") != 0) {
            t->n_column++;
            return;
        }
    }
}

static void write_quantity(cell out, const char *format, const spot_quantity *q, double factor)
{
    char parts[3][32];
    double values[3] = {q->value * factor, q->lo * factor, q->hi * factor};
    if (!q->known) {
        (void)spoti_copy(out, CELL_SIZE, "-");
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
        (void)spoti_format(out, CELL_SIZE, "%s [%s, %s]", parts[0], parts[1], parts[2]);
    } else {
        (void)spoti_copy(out, CELL_SIZE, parts[0]);
    }
}

/* A column of one quantity of every point, which lies `offset` bytes into it. */
typedef struct quantity_column {
    const char *header;
    size_t offset;
    const char *format;
    double factor;
} quantity_column;

static void add_quantities(sheet *t, const void *points, size_t stride,
                           const quantity_column *columns, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        cell *column = begin_column(t, columns[c].header);
        for (int i = 1; i < t->n_row; i++) {
            const char *point = (const char *)points + (size_t)(i - 1) * stride;
            spot_quantity q;
            memcpy(&q, point + columns[c].offset, sizeof(q));
            write_quantity(column[i], columns[c].format, &q, columns[c].factor);
        }
        end_column(t, column);
    }
}

static spot_status print_sheet(const sheet *t, FILE *out)
{
    for (int i = 0; i < t->n_row; i++) {
        for (int c = 0; c < t->n_column; c++) {
            size_t width = 0;
            for (int k = 0; k < t->n_row; k++) {
                size_t length = strlen(t->cells[c * t->n_row + k]);
                width = length > width ? length : width;
            }
            const char *text = t->cells[c * t->n_row + i];
            bool last = c == t->n_column - 1;
            if (last) {
                spot_print(out, "%s\n", text);
            } else {
                spot_print(out, "%-*s  ", (int)width, text);
            }
        }
    }
    return ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}

static void add_success(sheet *t, const spot_analysis_setting *s)
{
    cell *column = begin_column(t, "success % [Wilson 95]");
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_point *p = &s->points[i];
        cell rate;
        write_quantity(rate, "%.1f", &p->rate, 100.0);
        if (p->has_count) {
            (void)spoti_format(column[i + 1], CELL_SIZE, "%d/%d  %s", p->successes, p->trials,
                               rate);
        } else if (p->graded) {
            (void)spoti_format(column[i + 1], CELL_SIZE, "%s of score, %d trials", rate, p->trials);
        } else {
            (void)spoti_copy(column[i + 1], CELL_SIZE, "-");
        }
    }
    end_column(t, column);
}

#define AT(field)          offsetof(spot_analysis_point, field)
#define FORECAST_AT(field) offsetof(spot_forecast_point, field)

/* What becomes known of the law only together with times. */
static void fill_analysis(sheet *t, const spot_analysis_setting *s)
{
    static const quantity_column before[] = {
        {"alpha", AT(alpha), "%.3f", 1.0},
        {"n'", AT(overlap), "%.0f", 1.0},
        {"T_inf ms", AT(t_inf_s), "%.4g", 1e3},
        {"T_ck ms", AT(t_chunk_s), "%.4g", 1e3},
        {"eta=break-even", AT(eta_chunk), "%.3f", 1.0},
        {"N", AT(chunks), "%.4g", 1.0},
        {"N/N0", AT(inflation), "%.3f", 1.0},
        {"T s", AT(time_s), "%.4g", 1.0},
        {"T/N s", AT(cycle_s), "%.3f", 1.0},
        {"eta_task", AT(eta_task), "%.3f", 1.0},
        {"residual", AT(residual), "%.3f", 1.0},
        {"delay ms", AT(delay_s), "%.4g", 1e3},
        {"age ms", AT(age_s), "%.4g", 1e3},
    };
    static const quantity_column after[] = {
        {"T budget s", AT(budget_time_s), "%.4g", 1.0},
        {"s/success", AT(time_to_success_s), "%.4g", 1.0},
        {"J/success", AT(energy_per_success_j), "%.4g", 1.0},
        {"p better", AT(p_better), "%.4g", 1.0},
        {"p worse", AT(p_worse), "%.4g", 1.0},
    };
    cell *names = begin_column(t, "point");
    for (int i = 0; i < s->n_points; i++) {
        const char *mark = i == s->verdict.best ? "* " : i == s->baseline ? "0 " : "  ";
        (void)spoti_format(names[i + 1], CELL_SIZE, "%s%s", mark, s->points[i].name);
    }
    end_column(t, names);
    add_quantities(t, s->points, sizeof(*s->points), before, sizeof(before) / sizeof(before[0]));
    add_success(t, s);
    add_quantities(t, s->points, sizeof(*s->points), after, sizeof(after) / sizeof(after[0]));
}

static spot_status make_sheet(sheet *t, const spot_allocator *allocator, int n_points)
{
    t->n_row = n_points + 1;
    t->n_column = 0;
    t->cells = spoti_calloc(allocator, COLUMNS_MAX * (size_t)t->n_row, sizeof(cell));
    return t->cells != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

static void free_sheet(sheet *t, const spot_allocator *allocator)
{
    spoti_free(allocator, t->cells, COLUMNS_MAX * (size_t)t->n_row * sizeof(cell));
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

spot_status spot_report_analysis_table(const spot_analysis_setting *setting, FILE *out)
{
    sheet t;
    if (setting == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (make_sheet(&t, NULL, setting->n_points) != SPOT_OK) {
        return SPOT_E_NOMEM;
    }
    fill_analysis(&t, setting);
    spot_print(out, "%s  (* best, 0 baseline '%s'%s", setting->name,
               setting->points[setting->baseline].name,
               setting->paired ? ", same seeds at every point" : "");
    if (setting->n_differs) {
        spot_print(out, ", n differs: eta and N/N0 an executed action, T_act = %g s",
                   setting->action_s);
    } else if (setting->n_action > 0 && setting->action_s > 0.0) {
        spot_print(out, ", n = %d, T_act = %g s", setting->n_action, setting->action_s);
    }
    if (setting->n_tasks > 1) {
        spot_print(out, ", %d tasks", setting->n_tasks);
    }
    spot_print(out, ")\n");
    spot_status st = print_sheet(&t, out);
    print_reasons(setting, out);
    free_sheet(&t, NULL);
    return st;
}

spot_status spot_report_forecast_table(const spot_forecast *forecast, FILE *out)
{
    static const quantity_column columns[] = {
        {"alpha", FORECAST_AT(alpha), "%.3f", 1.0},
        {"T_inf ms", FORECAST_AT(t_inf_s), "%.4g", 1e3},
        {"T_ck ms", FORECAST_AT(t_chunk_s), "%.4g", 1e3},
        {"eta", FORECAST_AT(eta_chunk), "%.3f", 1.0},
        {"delay ms", FORECAST_AT(delay_s), "%.4g", 1e3},
    };
    sheet t;
    if (forecast == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (make_sheet(&t, NULL, forecast->n_points) != SPOT_OK) {
        return SPOT_E_NOMEM;
    }
    bool dynamic = forecast->regime == SPOT_ANALYZE_DYNAMIC;
    cell *names = begin_column(&t, "point");
    for (int i = 0; i < forecast->n_points; i++) {
        const char *mark = i == forecast->best ? "* " : i == forecast->baseline ? "0 " : "  ";
        (void)spoti_format(names[i + 1], CELL_SIZE, "%s%s", mark, forecast->points[i].name);
    }
    end_column(&t, names);
    add_quantities(&t, forecast->points, sizeof(*forecast->points), columns,
                   sizeof(columns) / sizeof(columns[0]));
    cell *values = begin_column(&t, dynamic ? "predicted success % [95]" : "predicted T s [95]");
    for (int i = 0; i < forecast->n_points; i++) {
        const spot_forecast_point *p = &forecast->points[i];
        cell value;
        write_quantity(value, dynamic ? "%.1f" : "%.4g", &p->value, dynamic ? 100.0 : 1.0);
        (void)spoti_format(values[i + 1], CELL_SIZE, "%s%s", value,
                           p->extrapolated ? "  extrapolated" : "");
    }
    end_column(&t, values);
    spot_print(out, "Predicted for %s (* best, 0 baseline)\n", forecast->platform);
    spot_status st = print_sheet(&t, out);
    free_sheet(&t, NULL);
    return st;
}
