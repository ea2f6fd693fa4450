/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where the task waits and every episode is known: event times (spot/tised_event.h). */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"
#include "spot/tised_event.h"

typedef spoti_forecast_maker maker;

/* Episodes by point, and what the law is asked. */
typedef struct event_data {
    spot_tised_event_point points[SPOT_ANALYZE_POINTS_MAX];
    int index[SPOT_ANALYZE_POINTS_MAX]; /* of the setting's point */
    int n_point;
    double *time_s; /* (n) point by point */
    bool *success;
    size_t n;
    double *work;
    size_t n_work;
    spot_tised_event_prediction out[SPOT_ANALYZE_POINTS_MAX];
} event_data;

static const char SEVERAL_TASKS[] = "one task at a time: each has its own delta";
static const char NO_EPISODES[] = "single episodes with times are needed, of at most 2^20";
static const char NO_TIMING[] = "needs t_inf_s, t_act_s and chunk_actions";

/* Whether the law can be asked about point i; its reason otherwise. */
static bool is_usable(const maker *m, int i)
{
    const spoti_log_point *p = m->points[i];
    spot_forecast_point *f = &m->f->points[i];
    if (!m->s->points[i].t_inf_s.known || !(m->s->action_s > 0.0) || m->s->n_action < 1) {
        f->reason = f->reason != NULL ? f->reason : NO_TIMING;
    } else if (!p->has_episodes || p->n < 1 || (double)p->k > p->time.weight) {
        f->reason = f->reason != NULL ? f->reason : NO_EPISODES;
    }
    return f->reason == NULL && f->t_inf_s.known;
}

/* The latency that the waits show: where the source knows its chunk time (whole ticks, jitter averaged), from that. */
static double latency_of(const maker *m, int i)
{
    const spoti_log_point *p = m->points[i];
    const bool sync = spoti_forecast_schedule(m, i) == SPOT_SCHEDULE_SYNC;
    return sync && p->has[SPOTI_T_CHUNK]
               ? fmax(0.0, p->value[SPOTI_T_CHUNK] - m->s->n_action * m->s->action_s)
               : m->s->points[i].t_inf_s.value;
}

static void add_point(const maker *m, event_data *d, int i)
{
    const spoti_log_point *p = m->points[i];
    spot_tised_event_point *e = &d->points[d->n_point];
    const spot_schedule schedule = spoti_forecast_schedule(m, i);
    const bool cadence = schedule == SPOT_SCHEDULE_CADENCE;
    e->from = (spot_tised_cycle){
        .schedule = schedule,
        .inference_s = latency_of(m, i),
        .action_s = m->s->action_s,
        .n_action = m->s->n_action,
        .n_overlap = schedule == SPOT_SCHEDULE_OVERLAP ? spoti_forecast_overlap(m, i) : 0,
        .overhead_s = cadence && p->has[SPOTI_OVERHEAD] ? p->value[SPOTI_OVERHEAD] : 0.0};
    e->to = e->from;
    e->to.inference_s = m->f->points[i].t_inf_s.value;
    e->n = (int)p->n;
    d->index[d->n_point++] = i;
    d->n += (size_t)p->n;
}

/* The time limit of all points; 0 = none is known. */
static double find_limit(const maker *m, const event_data *d)
{
    double limit_s = -1.0;
    for (int k = 0; k < d->n_point; k++) {
        const spoti_log_point *p = m->points[d->index[k]];
        const double own_s =
            p->has[SPOTI_BUDGET] ? p->value[SPOTI_BUDGET] : m->log->config.budget_s;
        limit_s = limit_s < 0.0 || limit_s == own_s ? own_s : 0.0;
    }
    return fmax(0.0, limit_s);
}

/* Sorts the log's episodes into the points' arrays. */
static void fill_episodes(const maker *m, event_data *d, double limit_s)
{
    size_t at = 0;
    for (int k = 0; k < d->n_point; k++) {
        spot_tised_event_point *e = &d->points[k];
        const uint16_t point = (uint16_t)(m->points[d->index[k]] - m->log->points);
        size_t n = 0;
        e->time_s = d->time_s + at;
        e->success = d->success + at;
        for (int64_t j = 0; j < m->log->n_episodes && n < (size_t)e->n; j++) {
            const spoti_episode *episode = &m->log->episodes[j];
            if (episode->point == point && !episode->invalid) {
                /* a failure whose end was not written lasted as long as it could */
                const bool unsaid = !episode->success && !(episode->time_s > 0.0);
                d->time_s[at + n] = unsaid ? limit_s : episode->time_s;
                d->success[at + n] = episode->success;
                n++;
            }
        }
        at += (size_t)e->n;
        e->n = (int)n;
    }
}

static spot_quantity quantity(const spot_tised_estimate *e)
{
    return (spot_quantity){.known = e->known,
                           .has_ci = e->known && e->has_band,
                           .value = e->known ? e->value : 0.0,
                           .lo = e->known ? e->lo : 0.0,
                           .hi = e->known ? e->hi : 0.0};
}

static const char *reason_of(spot_tised_event_law law)
{
    switch (law) {
    case SPOT_TISED_EVENT_STALE:
        return "at a fixed cadence: another number of actions would be stale there, and dropped";
    case SPOT_TISED_EVENT_LATE:
        return "at a fixed cadence: an inference does not fit into the cycle";
    case SPOT_TISED_EVENT_OTHER_CYCLE:
        return "the cycle would be another one there";
    default:
        return NULL;
    }
}

/* Under overlap the observation is older on a slower computer; under sync a static world waits. */
static void flag_ages(const maker *m, const event_data *d)
{
    double age_max_s = 0.0;
    for (int k = 0; k < d->n_point; k++) {
        const spot_tised_cycle *c = &d->points[k].from;
        age_max_s = fmax(age_max_s, fmax(c->inference_s, c->n_overlap * c->action_s));
    }
    for (int k = 0; k < d->n_point; k++) {
        spot_forecast_point *p = &m->f->points[d->index[k]];
        const spot_tised_cycle *c = &d->points[k].to;
        if (c->schedule == SPOT_SCHEDULE_OVERLAP && p->rate.known && p->alpha.value > 0.0) {
            p->extrapolated = fmax(c->inference_s, c->n_overlap * c->action_s) > age_max_s;
            p->limit_t_inf_s = spoti_known(age_max_s / p->alpha.value);
        }
    }
}

static void take(const maker *m, const event_data *d)
{
    for (int k = 0; k < d->n_point; k++) {
        spot_forecast_point *p = &m->f->points[d->index[k]];
        p->rate = quantity(&d->out[k].rate);
        p->time_s = quantity(&d->out[k].time_s);
        p->budget_s = quantity(&d->out[k].budget_s);
        p->n_cut = d->out[k].n_cut;
        p->n_open = d->out[k].n_open;
        p->reason = reason_of(d->out[k].law);
    }
    flag_ages(m, d);
}

/* Whether every point runs at a fixed cadence: then there are no waits, and nothing to find delta by. */
static bool all_at_cadence(const event_data *d)
{
    for (int k = 0; k < d->n_point; k++) {
        if (d->points[k].from.schedule != SPOT_SCHEDULE_CADENCE) {
            return false;
        }
    }
    return true;
}

/* Why delta, or the law with it, is not to be used; NULL = it is. */
static const char *doubt(const spot_tised_event_delta *delta)
{
    if (!delta->known) {
        return "the waits are too short, or the successes too few, to tell how long before success "
               "its action ends";
    }
    return delta->n_misfit > SPOT_TISED_EVENT_MISFIT_MAX * delta->n_success
               ? "more than a tenth of the successes fall into a wait: the log is not of this "
                 "schedule"
               : NULL;
}

/* Resamples: fewer of a long log, whose bands are the law's own error anyway. */
static int count_resamples(int wanted, size_t n_episode)
{
    static const double EPISODES_MAX = 2e7; /* of all resamples together: seconds */
    static const double LEAST = 99.0;
    return (int)fmin(wanted, fmax(LEAST, EPISODES_MAX / (double)n_episode));
}

static spot_status apply(maker *m, event_data *d, bool *done)
{
    spot_tised_event_config config;
    spot_tised_event_delta delta = {0};
    spot_tised_event_config_default(&config);
    config.n_resample = count_resamples(config.n_resample, d->n);
    const spot_tised_event_log log = {d->points, d->n_point, find_limit(m, d)};
    d->n_work = spot_tised_event_work_size(&log, config.n_resample);
    d->work =
        d->n_work > 0 ? spoti_calloc(m->log->config.allocator, d->n_work, sizeof(*d->work)) : NULL;
    if (d->work == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spot_tised_event_delta_fit(&log, d->work, &delta);
    m->f->law_reason = st != SPOT_OK ? NO_TIMING : all_at_cadence(d) ? NULL : doubt(&delta);
    if (m->f->law_reason != NULL) {
        return SPOT_OK;
    }
    st = spot_tised_event_predict(&log, &config, delta.delta_s, d->work, d->out);
    if (st == SPOT_OK) {
        *done = true;
        m->f->law = SPOT_FORECAST_EVENT;
        m->f->discrepancy = config.discrepancy;
        m->f->limit_s = (spot_quantity){.known = log.limit_s > 0.0, .value = log.limit_s};
        m->f->delta_s = (spot_quantity){.known = delta.known,
                                        .has_ci = delta.known,
                                        .value = delta.delta_s,
                                        .lo = delta.lo_s,
                                        .hi = delta.hi_s};
        m->f->n_misfit = delta.n_misfit;
        m->f->n_success = delta.n_success;
        take(m, d);
    }
    return st;
}

spot_status spoti_forecast_event(maker *m, bool *done)
{
    const spot_allocator *a = m->log->config.allocator;
    const char *reasons[SPOT_ANALYZE_POINTS_MAX]; /* those of the timing, kept for the other law */
    if (m->s->n_tasks > 1 || m->log->is_folded) {
        m->f->law_reason = m->s->n_tasks > 1 ? SEVERAL_TASKS : NO_EPISODES;
        return SPOT_OK;
    }
    event_data *d = spoti_calloc(a, 1, sizeof(*d));
    spot_status st = d != NULL ? SPOT_OK : SPOT_E_NOMEM;
    for (int i = 0; d != NULL && i < m->s->n_points; i++) {
        reasons[i] = m->f->points[i].reason;
        if (is_usable(m, i)) {
            add_point(m, d, i);
        }
    }
    if (d != NULL && d->n_point == 0) {
        m->f->law_reason = NO_EPISODES;
    } else if (d != NULL) {
        d->time_s = spoti_calloc(a, d->n, sizeof(*d->time_s));
        d->success = spoti_calloc(a, d->n, sizeof(*d->success));
        st = d->time_s != NULL && d->success != NULL ? SPOT_OK : SPOT_E_NOMEM;
        if (st == SPOT_OK) {
            fill_episodes(m, d, find_limit(m, d));
            st = apply(m, d, done);
        }
        spoti_free(a, d->time_s, d->n * sizeof(*d->time_s));
        spoti_free(a, d->success, d->n * sizeof(*d->success));
        spoti_free(a, d->work, d->n_work * sizeof(*d->work));
    }
    for (int i = 0; d != NULL && !*done && i < m->s->n_points; i++) {
        m->f->points[i].reason = reasons[i];
    }
    spoti_free(a, d, sizeof(*d));
    return st;
}
