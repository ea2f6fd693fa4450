/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The bootstrap over units: BCa intervals of every point against the baseline, and how often one point
 * beats another. Resample r draws the same units for every point, so all comparisons are paired. The
 * p-values count the data as one more resample, as everywhere (core/stats/bootstrap.c).
 */
#include <math.h>

#include "core/stats/bootstrap.h"
#include "core/stats/order.h"
#include "lab/judge/setting.h"
#include "spot/rng.h"
#include "spot/stats.h"

enum {
    UNITS_CAP = 1024, /* above any n_unit that units.c makes */
    ITEM_TIME = 0,
    ITEM_CHUNKS,
    ITEM_BUDGET,
    ITEM_INFLATION,
    ITEM_ETA_TASK,
};

/* Sums over a resample. */
typedef struct sums {
    spoti_unit point;
    spoti_unit base;
} sums;

static void draw(const spoti_setting *s, int r, double weight[UNITS_CAP])
{
    spot_rng rng = spot_rng_at(s->log->config.seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
    for (int i = 0; i < s->n_unit; i++) {
        weight[i] = 0.0;
    }
    for (int i = 0; i < s->n_unit; i++) {
        weight[spot_rng_below(&rng, (uint32_t)s->n_unit)] += 1.0;
    }
}

static spoti_unit weigh(const spoti_setting *s, int i, const double *weight)
{
    const spoti_unit *u = s->units + (size_t)i * (size_t)s->n_unit;
    spoti_unit total = {0};
    for (int k = 0; k < s->n_unit; k++) {
        total.n += weight[k] * u[k].n;
        total.k += weight[k] * u[k].k;
        total.time += weight[k] * u[k].time;
        total.chunks += weight[k] * u[k].chunks;
    }
    return total;
}

static spoti_unit without(const spoti_setting *s, int i, const spoti_unit *total, int unit)
{
    const spoti_unit *u = s->units + (size_t)i * (size_t)s->n_unit + unit;
    return (spoti_unit){.n = total->n - u->n,
                        .k = total->k - u->k,
                        .time = total->time - u->time,
                        .chunks = total->chunks - u->chunks};
}

/* Failure-budget time; negative if it is undefined. */
static double budget_time(const spoti_unit *u, double budget_s)
{
    double failures = u->n - u->k;
    if (!(u->n > 0.0) || (failures > 0.0 && !(budget_s > 0.0))) {
        return -1.0;
    }
    return (u->time + failures * budget_s) / u->n;
}

/* One figure of point i; false if it is undefined on these sums. */
static bool evaluate(const spoti_setting *s, int i, int item, const sums *t, double *value)
{
    const spoti_unit *p = &t->point;
    const spoti_unit *b = &t->base;
    double own = budget_time(p, s->budget_s[i]);
    switch (item) {
    case ITEM_TIME:
        *value = p->time / p->k;
        return p->k > 0.0;
    case ITEM_CHUNKS:
        *value = p->chunks / p->k;
        return p->k > 0.0;
    case ITEM_BUDGET:
        *value = own;
        return own > 0.0;
    case ITEM_INFLATION:
        *value = spoti_actions_ratio(s, i) * (p->chunks / p->k) / (b->chunks / b->k);
        return p->k > 0.0 && b->k > 0.0;
    default:
        *value = (b->time / b->k) / (p->time / p->k);
        return p->k > 0.0 && b->k > 0.0;
    }
}

static void jackknife(const spoti_setting *s, int i, int item, const sums *all,
                      spoti_jackknife *out)
{
    *out = (spoti_jackknife){0};
    for (int pass = 0; pass < SPOTI_N_JACKKNIFE_PASS; pass++) {
        for (int u = 0; u < s->n_unit; u++) {
            sums t = {.point = without(s, i, &all->point, u),
                      .base = without(s, s->out->baseline, &all->base, u)};
            double value = 0.0;
            bool defined = evaluate(s, i, item, &t, &value);
            spoti_jackknife_add(out, pass, defined && isfinite(value), value);
        }
    }
}

/* The interval of one figure of point i. */
static void interval(spoti_setting *s, int i, int item, spot_quantity *q)
{
    double weight[UNITS_CAP];
    for (int u = 0; u < s->n_unit; u++) {
        weight[u] = 1.0;
    }
    sums all = {.point = weigh(s, i, weight), .base = weigh(s, s->out->baseline, weight)};
    double value = 0.0;
    if (!evaluate(s, i, item, &all, &value) || !isfinite(value)) {
        return;
    }
    spoti_jackknife leave_out;
    jackknife(s, i, item, &all, &leave_out);
    size_t n = 0;
    for (int r = 0; r < s->log->config.resamples; r++) {
        draw(s, r, weight);
        sums t = {.point = weigh(s, i, weight), .base = weigh(s, s->out->baseline, weight)};
        double v = 0.0;
        if (evaluate(s, i, item, &t, &v) && isfinite(v)) {
            s->work[n++] = v;
        }
    }
    if (n == 0) {
        return;
    }
    spoti_sort(s->work, n);
    spot_interval ci = spoti_bca_interval(s->work, n, value, &leave_out, SPOT_STATS_CONFIDENCE);
    q->has_ci = true;
    q->lo = ci.lo;
    q->hi = ci.hi;
}

void spoti_resample_points(spoti_setting *s)
{
    const spot_analysis_point *b = &s->out->points[s->out->baseline];
    for (int i = 0; s->n_unit > 0 && i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        bool enough = o->successes >= SPOT_STATS_MIN_SUCCESSES;
        bool both = enough && b->successes >= SPOT_STATS_MIN_SUCCESSES && i != s->out->baseline;
        if (!enough && o->reason == NULL) {
            o->reason = "fewer than 10 successes: no intervals of times";
        }
        if (o->time_s.known && enough) {
            interval(s, i, ITEM_TIME, &o->time_s);
        }
        if (o->chunks.known && enough) {
            interval(s, i, ITEM_CHUNKS, &o->chunks);
        }
        if (o->budget_time_s.known && enough) {
            interval(s, i, ITEM_BUDGET, &o->budget_time_s);
        }
        if (o->inflation.known && both) {
            interval(s, i, ITEM_INFLATION, &o->inflation);
        }
        if (o->time_s.known && b->time_s.known && both) {
            interval(s, i, ITEM_ETA_TASK, &o->eta_task);
        }
    }
}

/* The deciding time of point i on a resample; negative if undefined. */
static double objective(const spoti_setting *s, int i, const spoti_unit *u)
{
    if (s->value[i] <= 0.0 || !(u->k > 0.0 || s->objective == SPOTI_OBJECTIVE_BUDGET)) {
        return -1.0;
    }
    switch (s->objective) {
    case SPOTI_OBJECTIVE_BUDGET:
        return budget_time(u, s->budget_s[i]);
    case SPOTI_OBJECTIVE_TIME:
        return u->time / u->k;
    case SPOTI_OBJECTIVE_LAW:
        return u->chunks / u->k * s->timing[i].chunk_s;
    default:
        return -1.0;
    }
}

/* Whether the least time of the sweep lies inside it. */
static bool is_interior(const spoti_setting *s, const double *time)
{
    int best = -1;
    for (int k = 0; k < s->n_line; k++) {
        double t = time[s->line[k]];
        if (t > 0.0 && (best < 0 || t < time[s->line[best]])) {
            best = k;
        }
    }
    return best > 0 && best < s->n_line - 1;
}

/* From the number of resamples on which it was so. Few units that agree prove nothing. */
static double p_of(const spoti_setting *s, double count)
{
    return fmax(spoti_bootstrap_p((size_t)count, s->log->config.resamples),
                spot_stats_paired_floor(s->n_unit));
}

void spoti_resample_pairs(spoti_setting *s)
{
    double weight[UNITS_CAP];
    double time[SPOT_ANALYZE_POINTS_MAX];
    double rate[SPOT_ANALYZE_POINTS_MAX];
    int resamples = s->log->config.resamples;
    int interior = 0;
    s->interior_share = -1.0;
    if (s->n_unit == 0) {
        return;
    }
    for (int r = 0; r < resamples; r++) {
        draw(s, r, weight);
        for (int i = 0; i < s->n; i++) {
            spoti_unit u = weigh(s, i, weight);
            time[i] = objective(s, i, &u);
            rate[i] = u.n > 0.0 ? u.k / u.n : -1.0;
        }
        for (int i = 0; i < s->n; i++) {
            for (int j = 0; j < s->n; j++) {
                size_t at = (size_t)i * (size_t)s->n + (size_t)j;
                s->p_faster[at] += time[i] > 0.0 && time[j] > 0.0 && time[i] < time[j];
                s->p_succeeds[at] += rate[i] >= 0.0 && rate[j] >= 0.0 && rate[i] > rate[j];
            }
        }
        interior += is_interior(s, time);
    }
    for (int i = 0; i < s->n; i++) {
        for (int j = 0; j < s->n; j++) {
            size_t at = (size_t)i * (size_t)s->n + (size_t)j;
            bool timed = s->value[i] > 0.0 && s->value[j] > 0.0 && i != j;
            s->p_faster[at] = timed ? p_of(s, s->p_faster[at]) : 2.0;
            s->p_succeeds[at] = i != j ? p_of(s, s->p_succeeds[at]) : 2.0;
        }
    }
    spoti_flip_later(s);
    if (s->n_line >= 3) {
        s->interior_share = (double)interior / resamples;
    }
}
