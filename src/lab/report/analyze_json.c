/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON of what was judged, for analyze and tune alike (docs/json.md): SI units, null where a figure is unknown or
 * undefined. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "lab/report/words.h"
#include "spot/report_analysis.h"
#include "spot/version.h"

/* jansson takes NULL members as failure of the whole, so one check at the end is enough. */
static json_t *number(const spot_quantity *q)
{
    return q->known ? json_real(q->value) : json_null();
}

static json_t *bound(const spot_quantity *q, double value)
{
    return q->known && q->has_ci ? json_real(value) : json_null();
}

static json_t *interval(const spot_quantity *q)
{
    return q->known && q->has_ci ? json_pack("[f, f]", q->lo, q->hi) : json_null();
}

/* {key, lo, hi}. */
static json_t *range(const char *key, const spot_quantity *q)
{
    return json_pack("{s:o, s:o, s:o}", key, number(q), "lo", bound(q, q->lo), "hi",
                     bound(q, q->hi));
}

static json_t *success(const spot_analysis_point *p)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "k",
                     p->has_count ? json_integer(p->successes) : json_null(), "n",
                     p->has_count || p->graded ? json_integer(p->trials) : json_null(), "rate",
                     number(&p->rate), "wilson", interval(&p->rate), "clopper_pearson",
                     interval(&p->guaranteed));
}

/* What was measured and computed of a point. */
static json_t *make_figures(const spot_analysis_point *p)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}",
        "point", p->name, "alpha", number(&p->alpha), "overlap",
        p->overlap.known ? json_integer((json_int_t)p->overlap.value) : json_null(), "n_execute",
        p->n_action > 0 ? json_integer(p->n_action) : json_null(), "t_inf_s", number(&p->t_inf_s),
        "t_chunk_s", number(&p->t_chunk_s), "eta_chunk", number(&p->eta_chunk),
        "break_even_inflation", number(&p->eta_chunk), "chunks", number(&p->chunks), "chunks_95",
        interval(&p->chunks), "inflation", number(&p->inflation), "inflation_95",
        interval(&p->inflation), "inflation_common", range("value", &p->inflation_common), "time_s",
        range("mean", &p->time_s), "cycle_s", number(&p->cycle_s), "eta_task",
        range("value", &p->eta_task), "eta_task_common", range("value", &p->eta_task_common),
        "residual", number(&p->residual));
}

/* What came of it, and how it compares. */
static json_t *make_outcome(const spot_analysis_point *p)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}",
        "delay_s", number(&p->delay_s), "age_s", number(&p->age_s), "success", success(p),
        "failure_budget_time_s", number(&p->budget_time_s), "failure_budget_time_s_95",
        interval(&p->budget_time_s), "expected_time_to_success_s", number(&p->time_to_success_s),
        "joules_per_success", number(&p->energy_per_success_j), "joules_per_success_95",
        interval(&p->energy_per_success_j), "invalid", p->invalid, "p_better", number(&p->p_better),
        "p_worse", number(&p->p_worse), "p_beats_baseline", number(&p->p_beats_baseline), "p_best",
        number(&p->p_best_alone), "p_set", number(&p->p_best), "p_behind", number(&p->p_behind),
        "among_best", (int)p->may_be_best, "only_by_rare_failures", (int)p->only_by_rare_failures);
}

static json_t *make_metric(const spot_analysis_metric *m)
{
    return json_pack("{s:i, s:o, s:i, s:o, s:o, s:o}", "n", m->n, "mean", number(&m->mean),
                     "n_common", m->n_common, "ratio",
                     m->ratio.known ? range("value", &m->ratio) : json_null(), "difference",
                     m->difference.known ? range("value", &m->difference) : json_null(), "reason",
                     m->reason != NULL ? json_string(m->reason) : json_null());
}

/* By their names; null where the point has none of them. */
static json_t *make_motion(const spot_analysis_point *p)
{
    json_t *motion = json_object();
    bool any = false;
    for (int m = SPOT_MOTION_COMPLETION_TIME_S + 1; motion != NULL && m < SPOT_MOTION_N_METRIC;
         m++) {
        any = any || p->motion[m].mean.known;
        if (json_object_set_new(motion, spot_motion_describe(m)->name,
                                make_metric(&p->motion[m])) != 0) {
            json_decref(motion);
            motion = NULL;
        }
    }
    if (motion != NULL && !any) {
        json_decref(motion);
        motion = json_null();
    }
    return motion;
}

/* What it computes, and how it moves. */
static json_t *make_effort(const spot_analysis_point *p)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "params", number(&p->params), "macs",
                     number(&p->macs), "weight_bytes", number(&p->weight_bytes), "actions_per_s",
                     number(&p->actions_per_s), "motion", make_motion(p));
}

static json_t *make_point(const spot_analysis_point *p)
{
    json_t *point = make_figures(p);
    json_t *parts[] = {make_outcome(p), make_effort(p)};
    for (int i = 0; i < 2; i++) {
        if (point != NULL && (parts[i] == NULL || json_object_update(point, parts[i]) != 0)) {
            json_decref(point);
            point = NULL;
        }
        json_decref(parts[i]);
    }
    return point;
}

json_t *spoti_json_points(const spot_analysis_setting *setting)
{
    json_t *points = json_array();
    for (int i = 0; points != NULL && i < setting->n_points; i++) {
        if (json_array_append_new(points, make_point(&setting->points[i])) != 0) {
            json_decref(points);
            points = NULL;
        }
    }
    return points;
}

static json_t *claim(spot_analyze_claim c)
{
    return c == SPOT_ANALYZE_UNTESTABLE ? json_null() : json_boolean(c == SPOT_ANALYZE_ESTABLISHED);
}

/* {n, lo, hi}; a bound is null where there is none. */
static json_t *trials(const spot_quantity *q)
{
    const bool low = q->has_ci && isfinite(q->lo);
    const bool high = q->has_ci && isfinite(q->hi);
    return !q->known ? json_null()
                     : json_pack("{s:I, s:o, s:o}", "n", (json_int_t)q->value, "lo",
                                 low ? json_integer((json_int_t)q->lo) : json_null(), "hi",
                                 high ? json_integer((json_int_t)q->hi) : json_null());
}

/* A line each. */
static json_t *warnings(const char *lines)
{
    json_t *array = json_array();
    while (*lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        (void)json_array_append_new(array, json_stringn(lines, n));
        lines += n + (lines[n] != '\0');
    }
    return array;
}

static json_t *make_verdict(const spot_analysis_setting *s)
{
    const spot_analysis_verdict *v = &s->verdict;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "best",
        v->best >= 0 ? json_string(s->points[v->best].name) : json_null(), "cheapest",
        v->cheapest >= 0 ? json_string(s->points[v->cheapest].name) : json_null(), "leader",
        v->leader >= 0 ? json_string(s->points[v->leader].name) : json_null(), "kind",
        v->kind != SPOT_ANALYZE_KIND_NONE ? json_string(spot_analyze_kind_str(v->kind))
                                          : json_null(),
        "guard", spot_analyze_guard_str(v->guard), "undoing_rate", number(&v->undoing_rate),
        "failure_bound", number(&v->failure_bound), "p_interior", number(&v->p_interior),
        "posterior_interior", number(&v->posterior_interior), "static_paradox",
        claim(v->static_paradox), "dynamic_paradox", claim(v->dynamic_paradox), "trials_needed",
        trials(&v->trials_needed), "warnings", warnings(v->warnings), "text", v->text);
}

static json_t *make_forecast_point(const spot_forecast_point *p)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:o, s:o}",
                     "point", p->name, "alpha", number(&p->alpha), "t_inf_s", number(&p->t_inf_s),
                     "t_chunk_s", number(&p->t_chunk_s), "eta_chunk", number(&p->eta_chunk),
                     "delay_s", number(&p->delay_s), "time_s", range("value", &p->time_s),
                     "success_rate", range("value", &p->rate), "failure_budget_time_s",
                     range("value", &p->budget_s), "n_cut", p->n_cut, "n_censored", p->n_open,
                     "extrapolated", (int)p->extrapolated, "extrapolation_begins_t_inf_s",
                     number(&p->limit_t_inf_s), "reason",
                     p->reason != NULL ? json_string(p->reason) : json_null());
}

/* Which law, and what it rests on. */
static json_t *make_law(const spot_forecast *f)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                     spot_forecast_law_str(f->law), "assumed", f->assumed, "not_the_better",
                     f->law_reason != NULL ? json_string(f->law_reason) : json_null(),
                     "discrepancy", f->discrepancy > 0.0 ? json_real(f->discrepancy) : json_null(),
                     "limit_s", number(&f->limit_s), "delta_s", range("value", &f->delta_s),
                     "misfits", f->delta_s.known ? json_integer(f->n_misfit) : json_null(),
                     "separable_p", number(&f->separable_p));
}

static json_t *make_forecast(const spot_forecast *f)
{
    if (f == NULL) {
        return json_null();
    }
    json_t *points = json_array();
    for (int i = 0; i < f->n_points; i++) {
        if (json_array_append_new(points, make_forecast_point(&f->points[i])) != 0) {
            json_decref(points);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "platform", f->platform, "best",
                     f->best >= 0 ? json_string(f->points[f->best].name) : json_null(), "law",
                     make_law(f), "points", points, "text", f->text);
}

json_t *spoti_json_document(const char *kind)
{
    return json_pack("{s:i, s:s, s:s}", "schema", SPOTI_JSON_SCHEMA, "kind", kind, "version",
                     SPOT_VERSION_STRING);
}

bool spoti_json_judged(json_t *object, const spot_analysis_setting *s)
{
    json_t *judged =
        json_pack("{s:s, s:s, s:s, s:o, s:o}", "regime", spot_analyze_regime_str(s->regime),
                  "decides", spot_analyze_decides_str(s), "baseline", s->points[s->baseline].name,
                  "points", spoti_json_points(s), "verdict", make_verdict(s));
    const bool ok = json_object_update(object, judged) == 0;
    json_decref(judged);
    return ok;
}

/* Adds a setting, and a forecast where one was asked for, to `object`, which is given back if that fails. */
static json_t *add_setting(json_t *object, const spot_analysis_setting *s, bool forecast,
                           const spot_forecast *f)
{
    const bool ok = spoti_json_judged(object, s) &&
                    (!forecast || json_object_set_new(object, "prediction", make_forecast(f)) == 0);
    if (!ok) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

static json_t *make_analysis(const spot_analysis *a, spot_forecast *const *forecasts)
{
    const bool forecast = forecasts != NULL;
    json_t *document = spoti_json_document("sweetspot-analyze");
    if (a->n_settings == 1) {
        return add_setting(document, &a->settings[0], forecast, forecast ? forecasts[0] : NULL);
    }
    json_t *settings = json_array();
    bool ok = settings != NULL;
    for (int i = 0; ok && i < a->n_settings; i++) {
        const spot_analysis_setting *s = &a->settings[i];
        json_t *one = add_setting(json_pack("{s:s}", "setting", s->name), s, forecast,
                                  forecast ? forecasts[i] : NULL);
        ok = json_array_append_new(settings, one) == 0;
    }
    ok = ok && json_object_set(document, "settings", settings) == 0 &&
         json_object_set_new(document, "text", json_string(a->text)) == 0;
    json_decref(settings);
    if (!ok) {
        json_decref(document);
        document = NULL;
    }
    return document;
}

spot_status spot_report_analysis_json(const spot_analysis *analysis,
                                      spot_forecast *const *forecasts, FILE *out)
{
    if (analysis == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    json_t *value = make_analysis(analysis, forecasts);
    return spoti_report_json(value, out);
}
