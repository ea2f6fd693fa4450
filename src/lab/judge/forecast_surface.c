/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where the task goes on and cheaper points were delayed too: the delay-tolerance surface (spot/tised_surface.h). */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"
#include "spot/tised_surface.h"

typedef spoti_forecast_maker maker;

enum { POINTS = SPOT_TISED_SURFACE_POINTS_MAX, CELLS = SPOT_TISED_SURFACE_CELLS_MAX };

typedef struct surface_data {
    int index[POINTS]; /* of the setting's point */
    double distance[POINTS];
    int n_point;
    spot_tised_cell cells[CELLS];
    int n_cell;
    spot_tised_surface_query queries[POINTS];
    int asked[POINTS]; /* among the points here */
    int n_query;
    spot_tised_surface_prediction out[POINTS];
    double *work;
    size_t n_work;
} surface_data;

static const char NEEDS_STEPS[] =
    "its distance from the baseline is known by refinement steps alone, without overlap";
static const char NEEDS_ZERO[] = "needs trials of it without delay";
static const char NEEDS_CROSS[] =
    "at least two cheaper points under delay are needed, every point without delay, and the "
    "baseline under delays";
static const char NOT_TOLD[] = "the cells do not tell its parameters apart: longer delays of "
                               "cheaper points are needed, or the baseline under more of them";

/* Whether a point differs from the baseline in steps alone; f = ln(s0 / s). */
static bool distance_of(const maker *m, int i, double *distance)
{
    const spoti_log_point *base = m->points[m->s->baseline];
    const spoti_log_point *p = m->points[i];
    if (!p->has[SPOTI_STEPS] || !base->has[SPOTI_STEPS] || !(p->value[SPOTI_STEPS] > 0.0) ||
        !(base->value[SPOTI_STEPS] > 0.0) || spoti_forecast_overlap(m, i) > 0 ||
        spoti_forecast_schedule(m, i) == SPOT_SCHEDULE_CADENCE) {
        return false;
    }
    if (p->is_ours) { /* quant, prune, kv: a name that is ours says them */
        char own[SPOT_POINT_TEXT_SIZE];
        char of_base[SPOT_POINT_TEXT_SIZE];
        spot_point_variant(&p->point, own, sizeof(own));
        spot_point_variant(&base->point, of_base, sizeof(of_base));
        if (strcmp(own, of_base) != 0) {
            return false;
        }
    }
    *distance = log(base->value[SPOTI_STEPS] / p->value[SPOTI_STEPS]);
    return true;
}

static void find_members(maker *m, surface_data *d)
{
    for (int i = 0; i < m->s->n_points && d->n_point < POINTS; i++) {
        if (distance_of(m, i, &d->distance[d->n_point])) {
            d->index[d->n_point++] = i;
        } else {
            m->f->points[i].reason = NEEDS_STEPS;
        }
    }
}

/* Every point of every setting of this speed that was delayed by a known time. */
static void find_cells(const maker *m, surface_data *d)
{
    for (int i = 0; i < m->analysis->n_settings; i++) {
        const spot_analysis_setting *s = &m->analysis->settings[i];
        if (!spoti_forecast_same_speed(m, i)) {
            continue;
        }
        for (int j = 0; j < d->n_point && d->n_cell < CELLS; j++) {
            const int k = spoti_forecast_find(s, m->s->points[d->index[j]].name);
            if (k >= 0 && spoti_forecast_is_cell(&s->points[k])) {
                d->cells[d->n_cell++] =
                    (spot_tised_cell){.point = j,
                                      .delay_s = spoti_forecast_delay(m, &s->points[k]),
                                      .successes = s->points[k].successes,
                                      .trials = s->points[k].trials};
            }
        }
    }
}

/* The delays on the target: whole periods where the simulator had them. */
static void find_queries(maker *m, surface_data *d)
{
    for (int j = 0; j < d->n_point; j++) {
        spot_forecast_point *p = &m->f->points[d->index[j]];
        if (!p->t_inf_s.known) {
            continue;
        }
        const double delay_s =
            m->period_s > 0.0
                ? (double)spot_tised_delay_steps(p->t_inf_s.value, m->period_s) * m->period_s
                : p->t_inf_s.value;
        p->delay_s = spoti_known(delay_s);
        d->asked[d->n_query] = j;
        d->queries[d->n_query++] = (spot_tised_surface_query){j, delay_s};
    }
}

static void take(const maker *m, const surface_data *d, const spot_tised_surface_result *fit)
{
    for (int k = 0; k < d->n_query; k++) {
        spot_forecast_point *p = &m->f->points[d->index[d->asked[k]]];
        const spot_tised_estimate *e = &d->out[k].rate;
        if (!e->known) {
            p->reason = NEEDS_ZERO;
            continue;
        }
        p->rate = (spot_quantity){
            .known = true, .has_ci = e->has_band, .value = e->value, .lo = e->lo, .hi = e->hi};
        p->extrapolated = d->out[k].extrapolated;
        if (p->alpha.known && p->alpha.value > 0.0) {
            p->limit_t_inf_s = spoti_known(fit->delay_max_s / p->alpha.value);
        }
    }
}

static spot_status ask(maker *m, surface_data *d, bool *done)
{
    const spot_tised_tolerance_log log = {d->distance, d->n_point, d->cells, d->n_cell};
    spot_tised_surface_result fit;
    spot_tised_surface_config config;
    spot_tised_surface_config_default(&config);
    spot_status st = d->n_cell > 0 ? spot_tised_surface_fit(&log, &fit) : SPOT_E_UNSUPPORTED;
    if (st != SPOT_OK || d->n_query == 0) {
        int cross = 0;
        for (int c = 0; c < d->n_cell; c++) {
            cross += d->cells[c].delay_s > 0.0 && d->distance[d->cells[c].point] != 0.0;
        }
        m->f->law_reason = cross < SPOT_TISED_SURFACE_CROSS_MIN ? NEEDS_CROSS : NOT_TOLD;
        return SPOT_OK;
    }
    d->n_work = spot_tised_surface_work_size(d->n_query, config.n_resample);
    d->work = spoti_calloc(m->log->config.allocator, d->n_work, sizeof(*d->work));
    if (d->work == NULL) {
        return SPOT_E_NOMEM;
    }
    st = spot_tised_surface_predict(&log, &fit, &config, d->queries, d->n_query, d->work, d->out);
    if (st == SPOT_OK) {
        *done = true;
        m->f->law = SPOT_FORECAST_SURFACE;
        m->f->discrepancy = config.discrepancy;
        m->f->n_cell = fit.n_cell;
        m->f->n_cross = fit.n_cross;
        m->f->separable_p = spoti_known(fit.separable_p);
        take(m, d, &fit);
    }
    return st;
}

spot_status spoti_forecast_surface(maker *m, bool *done)
{
    const spot_allocator *a = m->log->config.allocator;
    surface_data *d = spoti_calloc(a, 1, sizeof(*d));
    if (d == NULL) {
        return SPOT_E_NOMEM;
    }
    find_members(m, d);
    find_cells(m, d);
    find_queries(m, d);
    spot_status st = ask(m, d, done);
    for (int i = 0; !*done && i < m->s->n_points; i++) {
        m->f->points[i].reason =
            m->f->points[i].reason == NEEDS_STEPS ? NULL : m->f->points[i].reason;
    }
    spoti_free(a, d->work, d->n_work * sizeof(*d->work));
    spoti_free(a, d, sizeof(*d));
    return st;
}
