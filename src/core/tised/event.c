/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The event-time law for one episode, and delta (spot/tised_event.h).
 *
 * A success at T forbids the deltas that put T - delta into a wait: below I, or between I + C + j (C + w) and
 * I + (j + 1)(C + w). Over [0, the shortest cycle), beyond which the pattern repeats, these are at most three
 * intervals an episode; a sweep over their ends finds where fewest overlap.
 */
#include "spot/tised_event.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/tised/event.h"

/* Times closer than this are the same: far below a physics step, far above rounding. */
static const double SAME_S = 1e-9;

/* delta is taken as found if all values of fewest misfits lie within this share of C. */
static const double NARROW = 0.5;

static bool is_valid_cycle(const spot_tised_cycle *c)
{
    const bool overlap = c->schedule == SPOT_SCHEDULE_OVERLAP;
    const bool cadence = c->schedule == SPOT_SCHEDULE_CADENCE;
    return (overlap || cadence || c->schedule == SPOT_SCHEDULE_SYNC) && isfinite(c->inference_s) &&
           c->inference_s >= 0.0 && isfinite(c->action_s) && c->action_s > 0.0 &&
           c->n_action >= 1 && c->n_overlap >= 0 && c->n_overlap <= (overlap ? c->n_action : 0) &&
           isfinite(c->overhead_s) && c->overhead_s >= 0.0 && (cadence || c->overhead_s == 0.0);
}

static double chunk_s(const spot_tised_cycle *c)
{
    return c->n_action * c->action_s;
}

double spoti_tised_wait_s(const spot_tised_cycle *c)
{
    return fmax(0.0, c->inference_s - c->n_overlap * c->action_s);
}

spot_tised_event_law spot_tised_event_check(const spot_tised_cycle *from,
                                            const spot_tised_cycle *to)
{
    if (from == NULL || to == NULL || !is_valid_cycle(from) || !is_valid_cycle(to) ||
        from->schedule != to->schedule || from->action_s != to->action_s ||
        from->n_action != to->n_action || from->n_overlap != to->n_overlap ||
        from->overhead_s != to->overhead_s) {
        return SPOT_TISED_EVENT_OTHER_CYCLE;
    }
    if (from->schedule != SPOT_SCHEDULE_CADENCE) {
        return SPOT_TISED_EVENT_HOLDS;
    }
    const double slowest_s = fmax(from->inference_s, to->inference_s);
    if (slowest_s + from->overhead_s > chunk_s(from) + SAME_S) {
        return SPOT_TISED_EVENT_LATE;
    }
    const int horizon = from->n_action + 1; /* all that can be stale within a cycle */
    const bool same = spot_tised_stale_actions(from->inference_s, from->action_s, horizon) ==
                      spot_tised_stale_actions(to->inference_s, to->action_s, horizon);
    return same ? SPOT_TISED_EVENT_HOLDS : SPOT_TISED_EVENT_STALE;
}

void spoti_tised_place(const spot_tised_cycle *cycle, double delta_s, double time_s,
                       spot_tised_event *out)
{
    const double since_s = time_s - delta_s - cycle->inference_s;
    const double c_s = chunk_s(cycle);
    const double cycle_s = c_s + spoti_tised_wait_s(cycle);
    *out = (spot_tised_event){.in_wait = since_s < -SAME_S};
    if (since_s > 0.0) {
        const double whole = floor(since_s / cycle_s);
        const double rest_s = since_s - whole * cycle_s;
        out->executed_s = whole * c_s + fmin(fmax(rest_s, 0.0), c_s);
        out->n_chunk = whole + (rest_s > SAME_S ? 1.0 : 0.0);
        out->in_wait = rest_s > c_s + SAME_S && rest_s < cycle_s - SAME_S;
    }
}

double spoti_tised_event_time(const spot_tised_cycle *cycle, double delta_s,
                              const spot_tised_event *event)
{
    return cycle->inference_s + event->executed_s +
           fmax(0.0, event->n_chunk - 1.0) * spoti_tised_wait_s(cycle) + delta_s;
}

double spoti_tised_mapped(const spot_tised_event_point *p, double delta_s, double time_s)
{
    spot_tised_event event;
    if (p->from.schedule == SPOT_SCHEDULE_CADENCE) {
        return time_s;
    }
    spoti_tised_place(&p->from, delta_s, time_s, &event);
    return spoti_tised_event_time(&p->to, delta_s, &event);
}

static bool is_time(double time_s)
{
    return isfinite(time_s) && time_s >= 0.0;
}

spot_status spot_tised_event_place(const spot_tised_cycle *cycle, double delta_s, double time_s,
                                   spot_tised_event *out)
{
    if (cycle == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_valid_cycle(cycle) || !is_time(delta_s) || !is_time(time_s)) {
        return SPOT_E_RANGE;
    }
    if (cycle->schedule == SPOT_SCHEDULE_CADENCE) {
        return SPOT_E_UNSUPPORTED;
    }
    spoti_tised_place(cycle, delta_s, time_s, out);
    return SPOT_OK;
}

spot_status spot_tised_event_map(const spot_tised_cycle *from, const spot_tised_cycle *to,
                                 double delta_s, double time_s, double *mapped_s)
{
    if (from == NULL || to == NULL || mapped_s == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_valid_cycle(from) || !is_valid_cycle(to) || !is_time(delta_s) || !is_time(time_s)) {
        return SPOT_E_RANGE;
    }
    if (spot_tised_event_check(from, to) != SPOT_TISED_EVENT_HOLDS) {
        return SPOT_E_UNSUPPORTED;
    }
    const spot_tised_event_point point = {.from = *from, .to = *to};
    *mapped_s = spoti_tised_mapped(&point, delta_s, time_s);
    return SPOT_OK;
}

bool spoti_tised_is_event_log(const spot_tised_event_log *log)
{
    if (log->points == NULL || log->n_point < 1 || !is_time(log->limit_s)) {
        return false;
    }
    for (int i = 0; i < log->n_point; i++) {
        const spot_tised_event_point *p = &log->points[i];
        if (p->time_s == NULL || p->success == NULL || p->n < 1 || !is_valid_cycle(&p->from) ||
            !is_valid_cycle(&p->to)) {
            return false;
        }
        for (int k = 0; k < p->n; k++) {
            if (!is_time(p->time_s[k])) {
                return false;
            }
        }
    }
    return true;
}

/* Whether waits of this point can tell delta. */
static bool tells(const spot_tised_event_point *p)
{
    return p->from.schedule != SPOT_SCHEDULE_CADENCE && spoti_tised_wait_s(&p->from) > SAME_S;
}

static int compare_edges(const void *a, const void *b)
{
    const spoti_edge *p = a;
    const spoti_edge *q = b;
    if (p->at_s != q->at_s) {
        return p->at_s < q->at_s ? -1 : 1;
    }
    return (p->episode > q->episode) - (p->episode < q->episode);
}

static void forbid(spoti_edges *e, double lo_s, double hi_s, double episode)
{
    lo_s = fmax(lo_s, 0.0);
    hi_s = fmin(hi_s, e->end_s);
    if (lo_s < hi_s) {
        e->edges[e->n++] = (spoti_edge){lo_s, episode};
        e->edges[e->n++] = (spoti_edge){hi_s, -episode};
    }
}

static void forbid_waits(spoti_edges *e, const spot_tised_cycle *c, double time_s, double episode)
{
    const double after_s = time_s - c->inference_s; /* delta above it: in the first wait */
    const double c_s = chunk_s(c);
    const double cycle_s = c_s + spoti_tised_wait_s(c);
    forbid(e, after_s, e->end_s, episode);
    /* of the later waits only those that reach into [0, end), at most two */
    const double first = fmax(0.0, floor((after_s - e->end_s) / cycle_s) - 1.0);
    for (int k = 0; k < 4; k++) {
        const double before_s = after_s - (first + k) * cycle_s;
        forbid(e, before_s - cycle_s, before_s - c_s, episode);
    }
}

void spoti_tised_find_edges(const spot_tised_event_log *log, spoti_edges *e)
{
    e->n = 0;
    e->n_success = 0;
    e->end_s = INFINITY;
    e->chunk_s = 0.0;
    for (int i = 0; i < log->n_point; i++) {
        const spot_tised_event_point *p = &log->points[i];
        if (tells(p)) {
            e->end_s = fmin(e->end_s, chunk_s(&p->from) + spoti_tised_wait_s(&p->from));
            e->chunk_s = chunk_s(&p->from);
        }
    }
    double episode = 0.0; /* from 1 on, so that it has a sign */
    for (int i = 0; i < log->n_point; i++) {
        const spot_tised_event_point *p = &log->points[i];
        for (int k = 0; k < p->n; k++) {
            episode += 1.0;
            if (tells(p) && p->success[k]) {
                forbid_waits(e, &p->from, p->time_s[k], episode);
                e->n_success++;
            }
        }
    }
    qsort(e->edges, (size_t)e->n, sizeof(*e->edges), compare_edges);
}

/* A stretch of deltas with one number of misfits. */
static void weigh(double lo_s, double hi_s, double misfits, double *fewest, double *longest_s,
                  spot_tised_event_delta *d)
{
    if (hi_s <= lo_s || misfits > *fewest) {
        return;
    }
    if (misfits < *fewest) {
        *fewest = misfits;
        *longest_s = 0.0;
        d->lo_s = lo_s;
    }
    d->hi_s = hi_s;
    if (hi_s - lo_s > *longest_s) {
        *longest_s = hi_s - lo_s;
        d->delta_s = 0.5 * (lo_s + hi_s);
    }
}

spot_tised_event_delta spoti_tised_best_delta(const spoti_edges *e, const double *weight)
{
    spot_tised_event_delta d = {.n_success = e->n_success};
    double fewest = INFINITY;
    double longest_s = 0.0;
    double misfits = 0.0;
    double from_s = 0.0;
    for (int k = 0; k < e->n; k++) {
        const double signed_episode = e->edges[k].episode;
        const double w = weight != NULL ? weight[(int)fabs(signed_episode) - 1] : 1.0;
        if (w > 0.0) {
            weigh(from_s, e->edges[k].at_s, misfits, &fewest, &longest_s, &d);
            from_s = fmax(from_s, e->edges[k].at_s);
            misfits += signed_episode > 0.0 ? w : -w;
        }
    }
    if (e->n > 0) {
        weigh(from_s, e->end_s, misfits, &fewest, &longest_s, &d);
        d.n_misfit = (int)(fewest + 0.5);
        d.known = d.hi_s - d.lo_s <= NARROW * e->chunk_s;
    }
    return d;
}

spot_status spot_tised_event_delta_fit(const spot_tised_event_log *log, double *work,
                                       spot_tised_event_delta *out)
{
    if (log == NULL || work == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_tised_is_event_log(log)) {
        return SPOT_E_RANGE;
    }
    spoti_edges e = {.edges = (spoti_edge *)work};
    spoti_tised_find_edges(log, &e);
    *out = spoti_tised_best_delta(&e, NULL);
    return SPOT_OK;
}
