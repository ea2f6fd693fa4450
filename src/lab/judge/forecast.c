/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The same setting on another computer.
 *
 * Static: the event-time law where single episodes are known (spot/tised_event.h), else N is fitted along every row of
 * points that differ in one knob and T = N T_ck is formed (spot/tised_shift.h). Dynamic: the delay-tolerance surface
 * where cheaper points were delayed too (spot/tised_surface.h), else Q over the setting in which no point is delayed
 * and H over the baseline in all settings of known delay. What is lacking is said, the timing is given all the same.
 */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"
#include "spot/point.h"

typedef spoti_forecast_maker maker;

static const double LATENCY_MAX_S = 1e9; /* of a computer that is worth a forecast */

void spot_forecast_destroy(spot_forecast *forecast)
{
    if (forecast == NULL) {
        return;
    }
    spoti_free(forecast->allocator, forecast->points,
               (size_t)forecast->n_points * sizeof(*forecast->points));
    spoti_free(forecast->allocator, forecast, sizeof(*forecast));
}

static void find_points(maker *m)
{
    int n = 0;
    for (int k = 0; k < m->log->n_points; k++) {
        const spoti_log_point *p = &m->log->points[k];
        if (&m->analysis->settings[p->setting] == m->s && n < m->s->n_points) {
            m->points[n++] = p;
        }
    }
}

int spoti_forecast_overlap(const maker *m, int i)
{
    return m->s->points[i].overlap.known ? (int)m->s->points[i].overlap.value : 0;
}

spot_schedule spoti_forecast_schedule(const maker *m, int i)
{
    const bool cadence =
        m->points[i]->has_schedule && m->points[i]->schedule == SPOT_SCHEDULE_CADENCE;
    return cadence                            ? SPOT_SCHEDULE_CADENCE
           : spoti_forecast_overlap(m, i) > 0 ? SPOT_SCHEDULE_OVERLAP
                                              : SPOT_SCHEDULE_SYNC;
}

int spoti_forecast_find(const spot_analysis_setting *s, const char *name)
{
    for (int i = 0; i < s->n_points; i++) {
        if (strcmp(s->points[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *spot_forecast_law_str(spot_forecast_law law)
{
    static const char *const words[] = {"chunks", "event times", "separable", "delay tolerance"};
    const unsigned k = (unsigned)law;
    return k < sizeof(words) / sizeof(words[0]) ? words[k] : "unknown";
}

const spot_quantity *spot_forecast_deciding(const spot_forecast *forecast, int i)
{
    const spot_forecast_point *p = &forecast->points[i];
    if (forecast->regime == SPOT_ANALYZE_DYNAMIC) {
        return &p->rate;
    }
    for (int k = 0; k < forecast->n_points; k++) {
        if (forecast->points[k].time_s.known && !forecast->points[k].budget_s.known) {
            return &p->time_s;
        }
    }
    return &p->budget_s;
}

/* Latencies and timing on the target, as far as they are determined ---------------------------- */

static spot_status latency_at(const maker *m, int i, double *t_inf_s, bool *known, spot_diag *diag)
{
    const spot_analyze_target *t = m->target;
    spot_latency latency;
    spot_point point;
    char variant[SPOT_POINT_TEXT_SIZE];
    spot_diag inner = {""};
    *known = false;
    if (t->platform == NULL) {
        *known = m->s->points[i].alpha.known;
        *t_inf_s = m->s->points[i].alpha.value * t->t_inf_s;
        return SPOT_OK;
    }
    if (!m->points[i]->has[SPOTI_STEPS]) {
        return SPOT_OK;
    }
    /* a name that reads as a point may hold quant, prune and kv; others' names do not */
    spot_point_default(&point);
    if (spot_point_parse(m->s->points[i].name, &point, NULL) != SPOT_OK) {
        spot_point_default(&point);
    }
    point.steps = (int)m->points[i]->value[SPOTI_STEPS];
    spot_point_variant(&point, variant, sizeof(variant));
    spot_status st =
        spot_platform_point_latency(t->platform, t->model_class, &point, &latency, &inner);
    if (st == SPOT_E_NOT_FOUND && variant[0] != '\0' && i != m->s->baseline) {
        return SPOT_OK; /* the class may be there; the baseline says */
    }
    if (st != SPOT_OK) {
        (void)spot_diag_set(diag, st, "%s", inner.text);
    }
    *known = st == SPOT_OK;
    *t_inf_s = st == SPOT_OK ? latency.mean_s : 0.0;
    return st;
}

static spot_status fill_timing(maker *m, spot_diag *diag)
{
    bool whole = m->s->action_s > 0.0 && m->s->n_action > 0;
    if (m->s->n_differs) {
        return spot_diag_set(
            diag, SPOT_E_UNSUPPORTED,
            "points of '%s' execute different numbers of actions, expected one n for "
            "a prediction",
            m->s->name);
    }
    bool known[SPOT_ANALYZE_POINTS_MAX];
    double t[SPOT_ANALYZE_POINTS_MAX];
    for (int i = 0; i < m->s->n_points; i++) {
        spot_status st = latency_at(m, i, &t[i], &known[i], diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    int base = m->s->baseline;
    if (!known[base]) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: the latency of the baseline there is unknown: %s", m->f->platform,
                             m->target->platform != NULL
                                 ? "expected its refinement steps (column steps)"
                                 : "expected its alpha (column alpha or t_inf_s)");
    }
    m->from = (spot_tised_setup){.inference_s = m->s->points[base].t_inf_s.value,
                                 .action_s = m->s->action_s > 0.0 ? m->s->action_s : 1.0,
                                 .n_action = m->s->n_action > 0 ? m->s->n_action : 1};
    m->to = m->from;
    m->to.inference_s = t[base];
    for (int i = 0; i < m->s->n_points; i++) {
        spot_forecast_point *p = &m->f->points[i];
        spot_tised_setup setup = m->to;
        spot_tised_timing timing;
        const bool cadence = spoti_forecast_schedule(m, i) == SPOT_SCHEDULE_CADENCE;
        memcpy(p->name, m->s->points[i].name, sizeof(p->name));
        if (!known[i]) {
            p->reason = "its latency there is unknown";
            continue;
        }
        p->t_inf_s = spoti_known(t[i]);
        if (t[base] > 0.0) {
            p->alpha = spoti_known(t[i] / t[base]);
        }
        setup.inference_s = t[i];
        if (!cadence && (whole || spoti_forecast_overlap(m, i) == 0) &&
            spot_tised_time_point(&setup, 1.0, spoti_forecast_overlap(m, i), &timing) == SPOT_OK) {
            p->delay_s = spoti_known(timing.delay_s);
            if (whole) {
                p->t_chunk_s = spoti_known(timing.chunk_s);
            }
        }
    }
    for (int i = 0; i < m->s->n_points; i++) {
        spot_forecast_point *p = &m->f->points[i];
        if (p->t_chunk_s.known && m->f->points[base].t_chunk_s.known) {
            p->eta_chunk = spoti_known(m->f->points[base].t_chunk_s.value / p->t_chunk_s.value);
        }
    }
    return SPOT_OK;
}

/* The better law of the regime, else the other one; then in words. */
static spot_status predict(maker *m)
{
    const bool dynamic = m->f->regime == SPOT_ANALYZE_DYNAMIC;
    bool done = false;
    m->period_s = spoti_forecast_period(m);
    spot_status st = dynamic ? spoti_forecast_surface(m, &done) : spoti_forecast_event(m, &done);
    if (st == SPOT_OK && !done) {
        if (dynamic) {
            spoti_forecast_separable(m);
        } else {
            spoti_forecast_chunks(m);
        }
    }
    if (st == SPOT_OK) {
        spoti_forecast_assumed(m);
        spoti_forecast_words(m);
    }
    return st;
}

static void name_target(const spot_analyze_target *target, char name[SPOT_ANALYZE_NAME_SIZE])
{
    if (target->name == NULL && target->platform == NULL) {
        (void)spoti_format(name, SPOT_ANALYZE_NAME_SIZE, "a computer of %.4g s an inference",
                           target->t_inf_s);
    } else {
        (void)spoti_copy(name, SPOT_ANALYZE_NAME_SIZE,
                         target->name != NULL ? target->name
                                              : spot_platform_name(target->platform));
    }
}

spot_status spot_analyze_forecast(const spot_analyze_log *log, const spot_analysis *analysis, int i,
                                  const spot_analyze_target *target, spot_forecast **out,
                                  spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (log == NULL || analysis == NULL || target == NULL || i < 0 || i >= analysis->n_settings) {
        return SPOT_E_INVALID;
    }
    if (target->platform != NULL && target->model_class == NULL) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "a platform without a class of model, expected "
                             "the one whose latency is charged there");
    }
    if (target->platform == NULL && !(target->t_inf_s >= 0.0 && target->t_inf_s < LATENCY_MAX_S)) {
        return spot_diag_set(diag, SPOT_E_INVALID, "a latency of %g s, expected 0 to less than %g",
                             target->t_inf_s, LATENCY_MAX_S);
    }
    const spot_allocator *a = log->config.allocator;
    const spot_analysis_setting *s = &analysis->settings[i];
    maker *m = spoti_calloc(a, 1, sizeof(*m));
    spot_forecast *f = spoti_calloc(a, 1, sizeof(*f));
    spot_status st = SPOT_E_NOMEM;
    if (f != NULL) {
        f->allocator = a;
        f->points = spoti_calloc(a, (size_t)s->n_points, sizeof(*f->points));
    }
    if (m != NULL && f != NULL && f->points != NULL) {
        f->n_points = s->n_points;
        f->regime = s->regime;
        f->baseline = s->baseline;
        f->best = -1;
        name_target(target, f->platform);
        m->log = log;
        m->analysis = analysis;
        m->s = s;
        m->target = target;
        m->f = f;
        find_points(m);
        st = fill_timing(m, diag);
    }
    if (st == SPOT_OK) {
        st = predict(m);
    }
    spoti_free(a, m, sizeof(*m));
    if (st != SPOT_OK) {
        spot_forecast_destroy(f);
        return st;
    }
    *out = f;
    return SPOT_OK;
}
