/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON of a plan and of a sweep (docs/json.md). */
#include <jansson.h>
#include <math.h>

#include "lab/report/plan_words.h"
#include "lab/report/words.h"

/* A number, or null where it is not finite. */
static json_t *real_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *make_figures(int n, const spot_platform_figure *(*at)(const void *of, int i),
                            const void *of)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++) {
        const spot_platform_figure *f = at(of, i);
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s, s:s}", "figure", f->figure, "origin",
                                              spot_origin_str(f->origin), "source", f->source));
    }
    return list;
}

static const spot_platform_figure *of_platform(const void *platform, int i)
{
    return spot_platform_figure_at(platform, i);
}

static const spot_platform_figure *of_link(const void *link, int i)
{
    return &((const spot_plan_link *)link)->figure[i];
}

static int figures_of(const spot_platform *platform)
{
    int n = 0;

    while (spot_platform_figure_at(platform, n) != NULL) {
        n++;
    }
    return n;
}

static json_t *make_stage(const spot_plan_report *r, const spot_plan_choice *c, int i)
{
    const spot_platform *platform = spoti_plan_platform(r, c, i);
    const spot_coinfer_plan *p = &c->outcome.plan;
    const char *mode = spot_platform_mode(platform, p->clock_hz[i]);

    return json_pack("{s:s, s:s, s:s?, s:f, s:f, s:f, s:f, s:o}", "part", spoti_plan_part(i),
                     "platform", spot_platform_name(platform), "mode", mode, "clock_hz",
                     p->clock_hz[i], "flop", c->problem.flop[i], "delay_s", p->stage_s[i],
                     "energy_j", p->stage_j[i], "figures",
                     make_figures(figures_of(platform), of_platform, platform));
}

static json_t *make_hop(const spot_plan_report *r, const spot_plan_choice *c, int i)
{
    const spot_plan_link *link = r->config->n_link > 0 ? r->config->links[c->server[i]] : NULL;

    return json_pack("{s:s?, s:f, s:f, s:f, s:o}", "link", link != NULL ? link->name : NULL, "bits",
                     c->problem.hop_bits[i], "delay_s", c->outcome.plan.hop_s[i], "energy_j",
                     c->outcome.plan.hop_j[i], "figures",
                     link != NULL ? make_figures(link->n_figure, of_link, link) : json_array());
}

/* The figures of a plan; those that hold only of a feasible one are null else. */
static json_t *make_plan(const spot_plan_report *r, const spot_plan_choice *c)
{
    const spot_coinfer_plan *p = &c->outcome.plan;
    json_t *stages = json_array();
    json_t *hops = json_array();

    for (int i = 0; i < c->problem.n_stage; i++) {
        (void)json_array_append_new(stages, make_stage(r, c, i));
        if (i + 1 < c->problem.n_stage) {
            (void)json_array_append_new(hops, make_hop(r, c, i));
        }
    }
    return json_pack("{s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "bits",
                     p->bits, "delay_s", p->delay_s, "energy_j", p->energy_j, "slack_s", p->slack_s,
                     "slack_j", p->slack_j, "idle_j", p->idle_j, "distortion_lower", p->lower,
                     "distortion_upper", p->upper, "objective", p->objective, "lambda",
                     c->problem.lambda, "stages", stages, "hops", hops);
}

static json_t *make_choice(const spot_plan_report *r, const spot_plan_choice *c)
{
    const spot_plan_split *split = spoti_plan_split(r, c);
    const spot_coinfer_outcome *o = &c->outcome;
    json_t *servers = json_array();

    for (int i = 1; i < c->problem.n_stage; i++) {
        (void)json_array_append_new(servers,
                                    json_string(spot_platform_name(spoti_plan_platform(r, c, i))));
    }
    return json_pack(
        "{s:s, s:o, s:o, s:b, s:b, s:o, s:f, s:o}", "split", split->name, "feature_bits",
        c->i_feature >= 0 ? json_integer(split->feature[c->i_feature].bits) : json_null(),
        "servers", servers, "tried", c->tried, "feasible", c->tried && o->plan.feasible,
        "output_distortion",
        r->result->calibrated && o->plan.feasible ? json_real(c->output_distortion) : json_null(),
        "bits_continuous", c->bits_continuous, "plan",
        c->tried && o->plan.feasible ? make_plan(r, c) : json_null());
}

static json_t *make_sweep(const spot_plan_sweep *sweep)
{
    json_t *rows = json_array();

    if (sweep == NULL) {
        json_decref(rows);
        return json_null();
    }
    for (int i = 0; i < sweep->n_budget * SPOT_COINFER_SCHEMES; i++) {
        const spot_plan_sweep_row *row = &sweep->row[i];
        const bool there = row->tried && row->feasible;

        if (!row->tried) {
            continue;
        }
        (void)json_array_append_new(
            rows,
            json_pack("{s:f, s:s, s:b, s:o, s:o, s:o, s:o}", "budget", row->budget, "method",
                      spot_coinfer_scheme_name((spot_coinfer_scheme)(i % SPOT_COINFER_SCHEMES)),
                      "feasible", row->feasible, "bits", there ? json_real(row->bits) : json_null(),
                      "objective", there ? json_real(row->objective) : json_null(), "delay_s",
                      there ? json_real(row->delay_s) : json_null(), "energy_j",
                      there ? json_real(row->energy_j) : json_null()));
    }
    return json_pack("{s:s, s:I, s:o}", "budget",
                     sweep->budget == SPOT_PLAN_BUDGET_DELAY ? "delay_s" : "energy_j",
                     "ppo_episodes", (json_int_t)sweep->ppo_episodes, "rows", rows);
}

spot_status spot_report_plan_json(const spot_plan_report *report, const spot_plan_sweep *sweep,
                                  FILE *out)
{
    if (report == NULL || out == NULL || report->result == NULL || report->result->n_choice == 0) {
        return SPOT_E_INVALID;
    }
    const spot_plan_choice *best = spoti_plan_best(report);
    const spot_coinfer_outcome *o = &best->outcome;
    const spot_plan_model *model = report->config->model;
    const bool says = spoti_plan_says_binds(report);
    json_t *choices = json_array();

    for (int i = 0; i < report->result->n_choice; i++) {
        (void)json_array_append_new(choices, make_choice(report, &report->result->choice[i]));
    }
    json_t *doc = spoti_json_document("sweetspot-plan");
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:f, s:f, s:s, s:b, s:b, s:o, s:o, s:o, s:f, s:f, "
        "s:o, s:o, s:o}",
        "model", model->name, "model_origin", spot_origin_str(model->origin), "model_source",
        model->source, "lambda_source", model->lambda_source, "full_bits", model->full_bits,
        "method", spot_coinfer_scheme_name(report->scheme), "objective",
        spot_coinfer_objective_str(report->config->objective), "max_delay_s",
        report->config->max_delay_s, "max_energy_j", report->config->max_energy_j, "origin",
        spot_origin_str(SPOT_ORIGIN_MODELLED), "feasible", o->plan.feasible, "calibrated",
        report->result->calibrated, "binds",
        says ? json_string(spot_coinfer_binds_str(o->plan.binds)) : json_null(), "least_delay_s",
        says ? real_or_null(o->plan.least_delay_s) : json_null(), "least_energy_j",
        says ? real_or_null(o->plan.least_energy_j) : json_null(), "mean_bits", o->bits_real,
        "accepted", o->accepted, "best", json_integer(report->result->best), "choices", choices,
        "sweep", make_sweep(sweep));
    if (doc == NULL || body == NULL || json_object_update(doc, body) != 0) {
        json_decref(doc);
        json_decref(body);
        return SPOT_E_NOMEM;
    }
    json_decref(body);
    return spoti_report_json(doc, out);
}
