/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The bootstrap over units: how often one point beats another. Resample r draws the same units for every
 * point, so all comparisons are paired. The p-values count the data as one more resample, as everywhere
 * (core/stats/bootstrap.c).
 */
#include <math.h>

#include "core/stats/bootstrap.h"
#include "lab/judge/setting.h"
#include "spot/rng.h"
#include "spot/stats.h"

enum { UNITS_CAP = 1024 }; /* above any n_unit that units.c makes */

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
        total.energy += weight[k] * u[k].energy;
    }
    return total;
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
    case SPOTI_OBJECTIVE_ENERGY:
        return u->energy / u->k;
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
