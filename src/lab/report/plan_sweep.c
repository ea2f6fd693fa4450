/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A sweep of plans over a budget: its table and its figure. */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/report/gnuplot.h"
#include "lab/report/plan_words.h"
#include "lab/report/sheet.h"
#include "spot/show.h"

enum { WIDTH_PX = 960, PANEL_PX = 230, N_PANEL = 4, NAME_SIZE = 48 };

static const spot_plan_sweep_row *row_of(const spot_plan_sweep *sweep, int budget, int scheme)
{
    return &sweep->row[budget * SPOT_COINFER_SCHEMES + scheme];
}

static bool was_tried(const spot_plan_sweep *sweep, int scheme)
{
    for (int i = 0; i < sweep->n_budget; i++) {
        if (row_of(sweep, i, scheme)->tried) {
            return true;
        }
    }
    return false;
}

/* What is shown of a row: bits, distortion, delay, energy. */
static double value_of(const spot_plan_sweep_row *row, int panel)
{
    const double values[N_PANEL] = {row->bits, row->objective, row->delay_s, row->energy_j};

    return values[panel];
}

/* ---- table ---- */

static void fill_scheme(spoti_sheet *t, const spot_plan_sweep *sweep, int scheme,
                        char names[N_PANEL][NAME_SIZE])
{
    static const char *const what[] = {"bits", "D", "delay", "energy"};
    static const char *const units[] = {"", "", "s", "J"};

    for (int k = 0; k < N_PANEL; k++) {
        (void)spoti_format(names[k], NAME_SIZE, "%s %s",
                           spot_coinfer_scheme_name((spot_coinfer_scheme)scheme), what[k]);
        spoti_cell *column =
            spoti_sheet_column(t, names[k], units[k], k < 2 ? SPOTI_SHEET_NEEDED : k * 8 + scheme);
        for (int i = 0; i < sweep->n_budget; i++) {
            const spot_plan_sweep_row *row = row_of(sweep, i, scheme);
            if (row->tried && row->feasible) {
                (void)spoti_format(column[i], SPOTI_CELL_SIZE, "%.*g", k == 1 ? 3 : 4,
                                   value_of(row, k));
            } else if (k == 0) {
                (void)spoti_copy(column[i], SPOTI_CELL_SIZE, "none");
            }
        }
    }
}

spot_status spot_report_sweep_table(const spot_plan_report *report, const spot_plan_sweep *sweep,
                                    bool wide, FILE *out)
{
    char names[SPOT_COINFER_SCHEMES][N_PANEL][NAME_SIZE];
    spoti_sheet t;

    if (report == NULL || sweep == NULL || out == NULL || sweep->n_budget == 0) {
        return SPOT_E_INVALID;
    }
    const bool delay = sweep->budget == SPOT_PLAN_BUDGET_DELAY;
    spot_status st = spoti_sheet_create(&t, sweep->n_budget);
    if (st == SPOT_OK) {
        spoti_cell *budget =
            spoti_sheet_column(&t, delay ? "T0" : "E0", delay ? "s" : "J", SPOTI_SHEET_NEEDED);
        for (int i = 0; i < sweep->n_budget; i++) {
            (void)spoti_format(budget[i], SPOTI_CELL_SIZE, "%.4g", row_of(sweep, i, 0)->budget);
        }
        for (int s = 0; s < SPOT_COINFER_SCHEMES; s++) {
            if (was_tried(sweep, s)) {
                fill_scheme(&t, sweep, s, names[s]);
            }
        }
        spot_print(out,
                   "%s within %g %s (modelled); D: objective %s of a weight; none: not feasible\n",
                   report->config->model->name,
                   delay ? report->config->max_energy_j : report->config->max_delay_s,
                   delay ? "J" : "s", spot_coinfer_objective_str(report->config->objective));
        st = spoti_sheet_print(&t, wide, out);
    }
    spoti_sheet_free(&t);
    return st;
}

/* ---- figure ---- */

typedef struct drawing {
    const spot_plan_report *report;
    const spot_plan_sweep *sweep;
} drawing;

/* One block a scheme: budget, bits, distortion, delay, energy; a blank line where there is no plan. */
static void put_data(const spot_plan_sweep *sweep, spoti_script *script)
{
    spoti_script_put(script, "$D << EOD\n");
    for (int s = 0; s < SPOT_COINFER_SCHEMES; s++) {
        for (int i = 0; i < sweep->n_budget; i++) {
            const spot_plan_sweep_row *row = row_of(sweep, i, s);
            if (row->tried && row->feasible) {
                spoti_script_put(script, "%.10g %.10g %.10g %.10g %.10g\n", row->budget, row->bits,
                                 row->objective, row->delay_s, row->energy_j);
            } else {
                spoti_script_put(script, "%.10g NaN NaN NaN NaN\n", row->budget);
            }
        }
        spoti_script_put(script, "\n\n");
    }
    spoti_script_put(script, "EOD\n");
}

static void put_panel(const drawing *d, int panel, spoti_script *script)
{
    static const char *const titles[] = {"bits b", "distortion of a weight D", "delay T (s)",
                                         "energy E (J)"};
    static const unsigned colours[] = {0x1668a8, 0xe08a1e, 0x7a7a7a, 0xb0609a, 0x2e8b57};
    int n = 0;

    spoti_script_put(script, panel == 1 ? "set logscale y\n" : "unset logscale y\n");
    spoti_script_put(script, panel == 1 ? "set yrange [*:*]\nset format y '10^{%%L}'\n"
                                        : "set yrange [0:*]\nset format y '%%g'\n");
    spoti_script_put(script, "set ylabel %s\nplot", titles[panel]);
    for (int s = 0; s < SPOT_COINFER_SCHEMES; s++) {
        if (was_tried(d->sweep, s)) {
            /* the exact plan is drawn wide, as sca lies on it */
            spoti_script_put(script, n > 0 ? ", " : " ");
            spoti_script_put(script,
                             "$D index %d using 1:%d with linespoints pointtype 7 pointsize 0.5 "
                             "linewidth %g linecolor rgb 0x%06x title %s noenhanced",
                             s, panel + 2, s == 0 ? 4.0 : 1.5, colours[s],
                             spot_coinfer_scheme_name((spot_coinfer_scheme)s));
            n++;
        }
    }
    spoti_script_put(script, "\nunset key\nunset label 1\n");
}

/* A spoti_draw_fn. */
static void draw(const void *ctx, spoti_script *script)
{
    const drawing *d = ctx;
    const bool delay = d->sweep->budget == SPOT_PLAN_BUDGET_DELAY;
    char title[256];

    (void)spoti_format(title, sizeof(title), "%s within %g %s (modelled)",
                       d->report->config->model->name,
                       delay ? d->report->config->max_energy_j : d->report->config->max_delay_s,
                       delay ? "J" : "s");
    put_data(d->sweep, script);
    spoti_script_put(script,
                     "set multiplot layout 2,2 margins 0.08,0.98,0.11,0.86 spacing 0.09,0.1\n"
                     "set border 3 linecolor rgb '#444444'\nset tics nomirror\n"
                     "set grid ytics linecolor rgb '#dddddd' linewidth 1\n");
    spoti_script_put(
        script, "set key at screen 0.98,0.95 right top horizontal maxrows 1 width 1 samplen 1.5\n");
    spoti_script_put(script, "set label 1 %s noenhanced at screen 0.02,0.96 left font ',15'\n",
                     title);
    for (int k = 0; k < N_PANEL; k++) {
        if (k >= 2) {
            spoti_script_put(script, "set xlabel %s\n",
                             delay ? "delay budget T0 (s)" : "energy budget E0 (J)");
        }
        put_panel(d, k, script);
    }
    spoti_script_put(script, "unset multiplot\n");
}

spot_status spot_report_sweep_figure(const spot_plan_report *report, const spot_plan_sweep *sweep,
                                     const char *base, spot_diag *diag)
{
    if (report == NULL || sweep == NULL || base == NULL || sweep->n_budget == 0) {
        return SPOT_E_INVALID;
    }
    const drawing d = {report, sweep};
    const spoti_figure figure = {draw, &d, WIDTH_PX, 2 * PANEL_PX + 90};

    return spoti_gnuplot_figure(base, &figure, diag);
}
