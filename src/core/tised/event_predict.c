/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Success, mean over successes and budget time of episodes that the event-time law carries over.
 *
 * With mapped times T'_i and the limit L: k' = #{success, T'_i <= L}, rate k' / n, mean over those, and budget time
 * (sum of those + (n - k') L) / n. Times: percentile bootstrap over the episodes, delta found anew, every T' times
 * exp(tau z) with one z a point. Rate: half-widths of Wilson's interval and of what exp(+- z_95 tau) does to k'.
 */
#include <math.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/stats/order.h"
#include "core/tised/event.h"
#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/stats_paired.h"

/* How near the limit a failure has to end to have been ended by it: a control period or so. */
static const double AT_LIMIT_S = 0.2;

typedef struct totals {
    double n;
    double k;
    double sum_s; /* of successes */
    double cut;   /* successes that come too late */
} totals;

/* What lies where in the caller's workspace. */
typedef struct workspace {
    spoti_edges edges;
    double *weight; /* (episodes) */
    double *time;   /* (n_point x n_resample) */
    double *budget; /* (n_point x n_resample) */
    double *n_time; /* (n_point) */
} workspace;

static const int RESAMPLE_MIN = 20;
static const int RESAMPLE_MAX = 1 << 20;

void spot_tised_event_config_default(spot_tised_event_config *config)
{
    *config = (spot_tised_event_config){.size = sizeof(*config),
                                        .discrepancy = SPOT_TISED_EVENT_DISCREPANCY,
                                        .confidence = SPOT_STATS_CONFIDENCE,
                                        .n_resample = 999,
                                        .seed = 1};
}

static size_t count_episodes(const spot_tised_event_log *log)
{
    size_t n = 0;
    for (int i = 0; i < log->n_point; i++) {
        n += (size_t)(log->points[i].n > 0 ? log->points[i].n : 0);
    }
    return n;
}

size_t spot_tised_event_work_size(const spot_tised_event_log *log, int n_resample)
{
    size_t episodes = 0;
    size_t resamples = 0;
    size_t total = 0;
    if (log == NULL || log->points == NULL || log->n_point < 1 || n_resample < RESAMPLE_MIN ||
        n_resample > RESAMPLE_MAX) {
        return 0;
    }
    const size_t each = 1 + SPOTI_EDGES_MAX * sizeof(spoti_edge) / sizeof(double);
    const bool ok = spoti_size_mul(count_episodes(log), each, &episodes) &&
                    spoti_size_mul((size_t)log->n_point, 2 * (size_t)n_resample + 1, &resamples) &&
                    spoti_size_add(episodes, resamples, &total);
    return ok ? total : 0;
}

static workspace divide(const spot_tised_event_log *log, int n_resample, double *work)
{
    const size_t episodes = count_episodes(log);
    const size_t resamples = (size_t)log->n_point * (size_t)n_resample;
    workspace w = {.edges = {.edges = (spoti_edge *)work}};
    w.weight = work + SPOTI_EDGES_MAX * sizeof(spoti_edge) / sizeof(double) * episodes;
    w.time = w.weight + episodes;
    w.budget = w.time + resamples;
    w.n_time = w.budget + resamples;
    return w;
}

/* Sums over a point's episodes, each counted `weight` times (NULL = once), times longer by `factor`. */
static totals add_up(const spot_tised_event_point *p, double limit_s, double delta_s, double factor,
                     const double *weight)
{
    totals t = {0};
    for (int k = 0; k < p->n; k++) {
        const double w = weight != NULL ? weight[k] : 1.0;
        t.n += w;
        if (!p->success[k] || w == 0.0) {
            continue;
        }
        const double time_s = factor * spoti_tised_mapped(p, delta_s, p->time_s[k]);
        if (limit_s > 0.0 && time_s > limit_s) {
            t.cut += w;
        } else {
            t.k += w;
            t.sum_s += w * time_s;
        }
    }
    return t;
}

static double budget_of(const totals *t, double limit_s)
{
    return (t->sum_s + (t->n - t->k) * limit_s) / t->n;
}

/* Whether budget time is defined: nothing fails, or a failure's cost is known. */
static bool has_budget(const totals *t, double limit_s)
{
    return limit_s > 0.0 || t->k == t->n;
}

static void draw_weights(const spot_tised_event_log *log, spot_rng *rng, double *weight)
{
    for (int i = 0; i < log->n_point; i++) {
        const int n = log->points[i].n;
        for (int k = 0; k < n; k++) {
            weight[k] = 0.0;
        }
        for (int k = 0; k < n; k++) {
            weight[spot_rng_below(rng, (uint32_t)n)] += 1.0;
        }
        weight += n;
    }
}

static void resample(const spot_tised_event_log *log, const spot_tised_event_config *config,
                     double delta_s, workspace *w, int r)
{
    spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
    draw_weights(log, &rng, w->weight);
    const spot_tised_event_delta d = spoti_tised_best_delta(&w->edges, w->weight);
    const double *weight = w->weight;
    for (int i = 0; i < log->n_point; i++) {
        const spot_tised_event_point *p = &log->points[i];
        const double factor = exp(config->discrepancy * spot_rng_normal(&rng));
        const totals t = add_up(p, log->limit_s, d.known ? d.delta_s : delta_s, factor, weight);
        const size_t row = (size_t)i * (size_t)config->n_resample;
        if (t.k > 0.0) {
            w->time[row + (size_t)w->n_time[i]] = t.sum_s / t.k;
            w->n_time[i] += 1.0;
        }
        w->budget[row + (size_t)r] = budget_of(&t, log->limit_s);
        weight += p->n;
    }
}

static void set_band(spot_tised_estimate *e, double *draws, double n, double confidence)
{
    spoti_sort(draws, (size_t)n);
    e->has_band = true;
    e->lo = fmin(e->value, spoti_quantile(draws, (size_t)n, 0.5 - 0.5 * confidence));
    e->hi = fmax(e->value, spoti_quantile(draws, (size_t)n, 0.5 + 0.5 * confidence));
}

/* Rates at a time longer and shorter by z tau give the part that the law's own error adds to Wilson's. */
static spot_status set_rate(const spot_tised_event_point *p, double limit_s,
                            const spot_tised_event_config *config, double delta_s, const totals *t,
                            spot_tised_estimate *e)
{
    double z = 0.0;
    spot_interval wilson;
    spot_status st = spot_stats_normal_quantile(0.5 + 0.5 * config->confidence, &z);
    if (st == SPOT_OK) {
        st = spot_stats_wilson((int)t->k, (int)t->n, config->confidence, &wilson);
    }
    if (st != SPOT_OK) {
        return st;
    }
    const totals late = add_up(p, limit_s, delta_s, exp(z * config->discrepancy), NULL);
    const totals soon = add_up(p, limit_s, delta_s, exp(-z * config->discrepancy), NULL);
    e->known = true;
    e->has_band = true;
    e->value = t->k / t->n;
    e->lo = fmax(0.0, e->value - hypot(e->value - wilson.lo, (t->k - late.k) / t->n));
    e->hi = fmin(1.0, e->value + hypot(wilson.hi - e->value, (soon.k - t->k) / t->n));
    return SPOT_OK;
}

/* Failures at the limit that would come to the same executed time before it: bands reach to where they succeed. */
static spot_status open_bands(const spot_tised_event_point *p, double limit_s,
                              const spot_tised_event_config *config, double delta_s,
                              const totals *t, spot_tised_event_prediction *out)
{
    if (!(limit_s > 0.0) || p->from.schedule == SPOT_SCHEDULE_CADENCE) {
        return SPOT_OK;
    }
    const double mapped_s = spoti_tised_mapped(p, delta_s, limit_s);
    for (int k = 0; k < p->n && mapped_s < limit_s; k++) {
        out->n_open += !p->success[k] && p->time_s[k] >= limit_s - AT_LIMIT_S;
    }
    if (out->n_open == 0) {
        return SPOT_OK;
    }
    spot_interval wilson;
    spot_status st =
        spot_stats_wilson((int)t->k + out->n_open, (int)t->n, config->confidence, &wilson);
    if (st == SPOT_OK) {
        out->rate.hi = fmax(out->rate.hi, wilson.hi);
        out->time_s.hi =
            fmax(out->time_s.hi, (t->sum_s + out->n_open * limit_s) / (t->k + out->n_open));
        out->budget_s.lo -= out->n_open * (limit_s - mapped_s) / t->n;
    }
    return st;
}

static spot_status predict_point(const spot_tised_event_log *log,
                                 const spot_tised_event_config *config, double delta_s,
                                 workspace *w, int i, spot_tised_event_prediction *out)
{
    const spot_tised_event_point *p = &log->points[i];
    *out = (spot_tised_event_prediction){.law = spot_tised_event_check(&p->from, &p->to)};
    if (out->law != SPOT_TISED_EVENT_HOLDS) {
        return SPOT_OK;
    }
    const totals t = add_up(p, log->limit_s, delta_s, 1.0, NULL);
    const size_t row = (size_t)i * (size_t)config->n_resample;
    out->n_cut = (int)t.cut;
    out->time_s.known = t.k > 0.0;
    if (out->time_s.known) {
        out->time_s.value = t.sum_s / t.k;
        out->time_s.lo = out->time_s.hi = out->time_s.value;
        if (t.k >= SPOT_STATS_MIN_SUCCESSES_T) {
            set_band(&out->time_s, w->time + row, w->n_time[i], config->confidence);
        }
    }
    out->budget_s.known = has_budget(&t, log->limit_s);
    if (out->budget_s.known) {
        out->budget_s.value = budget_of(&t, log->limit_s);
        out->budget_s.lo = out->budget_s.hi = out->budget_s.value;
        if (t.n >= SPOT_STATS_MIN_SUCCESSES_T) {
            set_band(&out->budget_s, w->budget + row, config->n_resample, config->confidence);
        }
    }
    spot_status st = set_rate(p, log->limit_s, config, delta_s, &t, &out->rate);
    return st == SPOT_OK ? open_bands(p, log->limit_s, config, delta_s, &t, out) : st;
}

spot_status spot_tised_event_predict(const spot_tised_event_log *log,
                                     const spot_tised_event_config *config, double delta_s,
                                     double *work, spot_tised_event_prediction *out)
{
    if (log == NULL || work == NULL || out == NULL ||
        SPOTI_CONFIG_CHECK(spot_tised_event_config, config, NULL) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    if (!spoti_tised_is_event_log(log) ||
        spot_tised_event_work_size(log, config->n_resample) == 0 ||
        !(isfinite(delta_s) && delta_s >= 0.0) ||
        !(isfinite(config->discrepancy) && config->discrepancy >= 0.0) ||
        !(config->confidence > 0.0 && config->confidence < 1.0)) {
        return SPOT_E_RANGE;
    }
    workspace w = divide(log, config->n_resample, work);
    spoti_tised_find_edges(log, &w.edges);
    for (int i = 0; i < log->n_point; i++) {
        w.n_time[i] = 0.0;
    }
    for (int r = 0; r < config->n_resample; r++) {
        resample(log, config, delta_s, &w, r);
    }
    for (int i = 0; i < log->n_point; i++) {
        spot_status st = predict_point(log, config, delta_s, &w, i, &out[i]);
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}
