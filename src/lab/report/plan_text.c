/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A plan in words and tables. */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/report/plan_words.h"
#include "lab/report/sheet.h"
#include "spot/show.h"

enum { LINE_SIZE = 1024 };

const spot_plan_choice *spoti_plan_best(const spot_plan_report *report)
{
    return &report->result->choice[report->result->best];
}

const spot_platform *spoti_plan_platform(const spot_plan_report *report,
                                         const spot_plan_choice *choice, int i)
{
    return i == 0 ? report->config->agent : report->config->servers[choice->server[i - 1]];
}

const char *spoti_plan_part(int i)
{
    return i == 0 ? "agent" : i == 1 ? "server" : "cloud";
}

const spot_plan_split *spoti_plan_split(const spot_plan_report *report,
                                        const spot_plan_choice *choice)
{
    return &report->config->model->split[choice->i_split];
}

const char *spoti_plan_binds(const spot_coinfer_plan *plan)
{
    switch (plan->binds) {
    case SPOT_COINFER_BINDS_BITS:
        return "nothing binds: there are no more bits";
    case SPOT_COINFER_BINDS_DELAY:
        return "the delay binds: no energy would make up for it";
    case SPOT_COINFER_BINDS_ENERGY:
        return "the energy binds: no delay would make up for it";
    case SPOT_COINFER_BINDS_EITHER:
        return "both budgets bind: more of either would do";
    default:
        return "both budgets bind: more of both is needed";
    }
}

bool spoti_plan_says_binds(const spot_plan_report *report)
{
    return report->scheme == SPOT_COINFER_EXACT_PLAN || report->scheme == SPOT_COINFER_SCA;
}

/* ---- parts: one row a stage or hop ---- */

typedef struct parts {
    spoti_cell *name, *where, *clock, *delay, *energy;
} parts;

static void fill_stage(const spot_plan_report *r, const spot_plan_choice *c, int i, int row,
                       const parts *t)
{
    const spot_coinfer_plan *p = &c->outcome.plan;
    const spot_platform *platform = spoti_plan_platform(r, c, i);
    const char *mode = spot_platform_mode(platform, p->clock_hz[i]);

    (void)spoti_copy(t->name[row], SPOTI_CELL_SIZE, spoti_plan_part(i));
    (void)spoti_format(t->where[row], SPOTI_CELL_SIZE, "%s%s%s", spot_platform_name(platform),
                       mode != NULL ? ", " : "", mode != NULL ? mode : "");
    if (c->problem.flop[i] > 0.0) {
        (void)spoti_format(t->clock[row], SPOTI_CELL_SIZE, "%.4f", 1e-9 * p->clock_hz[i]);
    }
    (void)spoti_format(t->delay[row], SPOTI_CELL_SIZE, "%.4g", p->stage_s[i]);
    (void)spoti_format(t->energy[row], SPOTI_CELL_SIZE, "%.4g", p->stage_j[i]);
}

static spot_status print_parts(const spot_plan_report *r, FILE *out)
{
    const spot_plan_choice *c = spoti_plan_best(r);
    const spot_coinfer_plan *p = &c->outcome.plan;
    const int n = c->problem.n_stage;
    spoti_sheet t;
    spot_status st = spoti_sheet_create(&t, 2 * n + 1);

    if (st == SPOT_OK) {
        parts q = {.name = spoti_sheet_column(&t, "part", "", SPOTI_SHEET_NEEDED)};
        q.where = spoti_sheet_column(&t, "on", "", SPOTI_SHEET_NEEDED);
        q.clock = spoti_sheet_column(&t, "clock", "GHz", SPOTI_SHEET_NEEDED);
        q.delay = spoti_sheet_column(&t, "delay", "s", SPOTI_SHEET_NEEDED);
        q.energy = spoti_sheet_column(&t, "energy", "J", SPOTI_SHEET_NEEDED);
        for (int i = 0; i < n; i++) {
            fill_stage(r, c, i, 2 * i, &q);
        }
        for (int i = 0; i + 1 < n; i++) {
            const int row = 2 * i + 1;
            const int server = c->server[i];

            (void)spoti_copy(q.name[row], SPOTI_CELL_SIZE, i == 0 ? "uplink" : "backhaul");
            if (r->config->n_link > 0) {
                (void)spoti_copy(q.where[row], SPOTI_CELL_SIZE, r->config->links[server]->name);
            }
            (void)spoti_format(q.delay[row], SPOTI_CELL_SIZE, "%.4g", p->hop_s[i]);
            (void)spoti_format(q.energy[row], SPOTI_CELL_SIZE, "%.4g", p->hop_j[i]);
        }
        (void)spoti_copy(q.name[2 * n - 1], SPOTI_CELL_SIZE, "idle");
        (void)spoti_format(q.energy[2 * n - 1], SPOTI_CELL_SIZE, "%.4g", p->idle_j);
        (void)spoti_copy(q.name[2 * n], SPOTI_CELL_SIZE, "sum");
        (void)spoti_format(q.delay[2 * n], SPOTI_CELL_SIZE, "%.4g", p->delay_s);
        (void)spoti_format(q.energy[2 * n], SPOTI_CELL_SIZE, "%.4g", p->energy_j);
        st = spoti_sheet_print(&t, false, out);
    }
    spoti_sheet_free(&t);
    return st;
}

/* ---- words ---- */

static void print_infeasible(const spot_plan_report *r, FILE *out)
{
    const spot_plan_choice *c = spoti_plan_best(r);
    const spot_coinfer_plan *p = &c->outcome.plan;
    char line[LINE_SIZE];
    char least[LINE_SIZE / 2] = "";

    if (spoti_plan_says_binds(r) || p->least_energy_j > 0.0) {
        const bool energy = isfinite(p->least_energy_j);
        const bool delay = isfinite(p->least_delay_s);
        char words[2][96];

        (void)spoti_copy(words[0], sizeof(words[0]), "more than any energy within this delay");
        (void)spoti_copy(words[1], sizeof(words[1]), "more than any delay within this energy");
        if (energy) {
            (void)spoti_format(words[0], sizeof(words[0]), "%.4g J within this delay",
                               p->least_energy_j);
        }
        if (delay) {
            (void)spoti_format(words[1], sizeof(words[1]), "%.4g s within this energy",
                               p->least_delay_s);
        }
        (void)spoti_format(least, sizeof(least), " Even %d bits need %s, or %s; %s.",
                           c->problem.n_bits > 0 ? c->problem.bits[0] : 1, words[0], words[1],
                           spoti_plan_binds(p));
    }
    (void)spoti_format(line, sizeof(line), "No plan by %s is feasible within %g s and %g J.%s",
                       spot_coinfer_scheme_name(r->scheme), r->config->max_delay_s,
                       r->config->max_energy_j, least);
    spot_print_wrapped(out, 0, line);
}

static void print_bounds(const spot_plan_report *r, FILE *out)
{
    const spot_plan_choice *c = spoti_plan_best(r);
    const spot_coinfer_plan *p = &c->outcome.plan;
    const double lambda = c->problem.lambda;
    char line[LINE_SIZE];
    char output[128] = "";

    if (r->result->calibrated) {
        (void)spoti_format(output, sizeof(output), " Output distortion %.4g (calibrated).",
                           c->output_distortion);
    }
    (void)spoti_format(line, sizeof(line),
                       "Distortion of a weight (lambda %.4g, %s): objective %s %.4g, between the "
                       "lower bound %.4g and the "
                       "upper bound %.4g; times lambda %.4g, %.4g, %.4g.%s",
                       lambda, r->config->model->lambda_source,
                       spot_coinfer_objective_str(r->config->objective), p->objective, p->lower,
                       p->upper, lambda * p->objective, lambda * p->lower, lambda * p->upper,
                       output);
    spot_print_wrapped(out, 0, line);
}

/* What is left of a budget; a rounding is nothing. */
static double left_of(double slack, double budget)
{
    return fabs(slack) < 1e-9 * budget ? 0.0 : slack;
}

static void print_feasible(const spot_plan_report *r, FILE *out)
{
    const spot_plan_choice *c = spoti_plan_best(r);
    const spot_coinfer_plan *p = &c->outcome.plan;
    char line[LINE_SIZE];
    char binds[160] = "";

    if (spoti_plan_says_binds(r)) {
        (void)spoti_format(binds, sizeof(binds), "; %s", spoti_plan_binds(p));
    }
    (void)spoti_format(
        line, sizeof(line),
        "%d of %d bits (%.2f if bits were real); slack %.4g of %g s, %.4g of %g J%s.", p->bits,
        c->problem.full_bits, c->bits_continuous, left_of(p->slack_s, r->config->max_delay_s),
        r->config->max_delay_s, left_of(p->slack_j, r->config->max_energy_j),
        r->config->max_energy_j, binds);
    spot_print_wrapped(out, 0, line);
    if (r->scheme == SPOT_COINFER_RANDOM) {
        (void)spoti_format(line, sizeof(line),
                           "This is the first feasible draw of %.3g %% that were; their means: "
                           "%.3f bits, objective "
                           "%.4g, %.4g s, %.4g J.",
                           100.0 * c->outcome.accepted, c->outcome.bits_real,
                           c->outcome.mean_objective, c->outcome.mean_delay_s,
                           c->outcome.mean_energy_j);
        spot_print_wrapped(out, 0, line);
    }
}

/* One row a choice. */
static void fill_choices(const spot_plan_report *r, spoti_sheet *t)
{
    spoti_cell *split = spoti_sheet_column(t, "split", "", SPOTI_SHEET_NEEDED);
    spoti_cell *sent = spoti_sheet_column(t, "sent", "bits", SPOTI_SHEET_NEEDED);
    spoti_cell *server = spoti_sheet_column(t, "server", "", SPOTI_SHEET_NEEDED);
    spoti_cell *bits = spoti_sheet_column(t, "bits", "", SPOTI_SHEET_NEEDED);
    spoti_cell *output = spoti_sheet_column(t, "output", "", SPOTI_SHEET_NEEDED);
    spoti_cell *delay = spoti_sheet_column(t, "delay", "s", SPOTI_SHEET_NEEDED);
    spoti_cell *energy = spoti_sheet_column(t, "energy", "J", SPOTI_SHEET_NEEDED);

    for (int i = 0; i < t->n_row; i++) {
        const spot_plan_choice *c = &r->result->choice[i];
        const spot_coinfer_plan *p = &c->outcome.plan;

        (void)spoti_copy(t->marks[i], SPOTI_CELL_SIZE, i == r->result->best ? "*" : "");
        (void)spoti_copy(split[i], SPOTI_CELL_SIZE, spoti_plan_split(r, c)->name);
        if (c->i_feature >= 0) {
            (void)spoti_format(sent[i], SPOTI_CELL_SIZE, "%d",
                               spoti_plan_split(r, c)->feature[c->i_feature].bits);
        }
        for (int k = 1; k < c->problem.n_stage; k++) {
            const size_t used = k > 1 ? strlen(server[i]) : 0;
            (void)spoti_format(server[i] + used, SPOTI_CELL_SIZE - used, "%s%s", k > 1 ? "+" : "",
                               spot_platform_name(spoti_plan_platform(r, c, k)));
        }
        if (!c->tried || !p->feasible) {
            (void)spoti_copy(bits[i], SPOTI_CELL_SIZE, "none");
            continue;
        }
        (void)spoti_format(bits[i], SPOTI_CELL_SIZE, "%d", p->bits);
        if (r->result->calibrated) {
            (void)spoti_format(output[i], SPOTI_CELL_SIZE, "%.4g", c->output_distortion);
        }
        (void)spoti_format(delay[i], SPOTI_CELL_SIZE, "%.4g", p->delay_s);
        (void)spoti_format(energy[i], SPOTI_CELL_SIZE, "%.4g", p->energy_j);
    }
}

/* The choices that were not taken, if there is more than one. */
static spot_status print_choices(const spot_plan_report *r, FILE *out)
{
    spoti_sheet t;

    if (r->result->n_choice < 2) {
        return SPOT_OK;
    }
    spot_status st = spoti_sheet_create(&t, r->result->n_choice);
    if (st == SPOT_OK) {
        fill_choices(r, &t);
        spot_print(out, "\nChoices (* best, none: not feasible)\n");
        st = spoti_sheet_print(&t, false, out);
    }
    spoti_sheet_free(&t);
    return st;
}

/* Calls each(ctx, name, figure) for all figures that the plan rests on. */
typedef void each_figure(void *ctx, const char *of, const spot_platform_figure *figure);

static void walk_figures(const spot_plan_report *r, each_figure *each, void *ctx)
{
    const spot_plan_choice *c = spoti_plan_best(r);

    for (int i = 0; i < c->problem.n_stage; i++) {
        const spot_platform *platform = spoti_plan_platform(r, c, i);
        for (int k = 0; spot_platform_figure_at(platform, k) != NULL; k++) {
            each(ctx, spot_platform_name(platform), spot_platform_figure_at(platform, k));
        }
    }
    for (int i = 0; i + 1 < c->problem.n_stage && r->config->n_link > 0; i++) {
        const spot_plan_link *link = r->config->links[c->server[i]];
        for (int k = 0; k < link->n_figure; k++) {
            each(ctx, link->name, &link->figure[k]);
        }
    }
}

static void print_source(void *out, const char *of, const spot_platform_figure *f)
{
    char line[LINE_SIZE];

    (void)spoti_format(line, sizeof(line), "  %s, %s: %s: %s", of, f->figure,
                       spot_origin_str(f->origin), f->source);
    spot_print_wrapped(out, 4, line);
}

static void count_origin(void *counts, const char *of, const spot_platform_figure *f)
{
    (void)of;
    ((int *)counts)[f->origin]++;
}

static void print_sources(const spot_plan_report *r, bool wide, FILE *out)
{
    const spot_plan_model *model = r->config->model;
    int counts[3] = {0};
    char line[LINE_SIZE];

    (void)spoti_format(line, sizeof(line), "%s: %s: %s.", model->name,
                       spot_origin_str(model->origin),
                       model->source[0] != '\0' ? model->source : "given on the command line");
    spot_print(out, "\n");
    spot_print_wrapped(out, 0, line);
    if (wide) {
        walk_figures(r, print_source, out);
        return;
    }
    walk_figures(r, count_origin, counts);
    (void)spoti_format(
        line, sizeof(line),
        "Of the figures of computers and links %d are measured, %d published, %d modelled "
        "(--wide and --json say where each comes from).",
        counts[SPOT_ORIGIN_MEASURED], counts[SPOT_ORIGIN_PUBLISHED], counts[SPOT_ORIGIN_MODELLED]);
    spot_print_wrapped(out, 0, line);
}

spot_status spot_report_plan_text(const spot_plan_report *report, bool wide, FILE *out)
{
    if (report == NULL || out == NULL || report->result == NULL || report->result->n_choice == 0) {
        return SPOT_E_INVALID;
    }
    const spot_plan_choice *c = spoti_plan_best(report);
    spot_status st = SPOT_OK;

    spot_print(out, "%s, split %s, planned by %s within %g s and %g J (modelled)\n",
               report->config->model->name, spoti_plan_split(report, c)->name,
               spot_coinfer_scheme_name(report->scheme), report->config->max_delay_s,
               report->config->max_energy_j);
    if (c->outcome.plan.feasible) {
        st = print_parts(report, out);
        if (st == SPOT_OK) {
            spot_print(out, "\n");
            print_feasible(report, out);
            print_bounds(report, out);
        }
    } else {
        print_infeasible(report, out);
    }
    if (st == SPOT_OK) {
        st = print_choices(report, out);
    }
    if (st == SPOT_OK) {
        print_sources(report, wide, out);
        st = ferror(out) ? SPOT_E_IO : SPOT_OK;
    }
    return st;
}
