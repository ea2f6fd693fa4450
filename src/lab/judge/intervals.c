/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Intervals of every point's times and chunk counts, and of their ratios to the baseline: bootstrap-t on the
 * logarithm over the units (core/stats/bootstrap_t.c), which covers 91 to 94 % where times have the tail of
 * retries and a percentile interval 85 to 93 % (SCIENCE: docs/analyze.md).
 *
 * A ratio of means over each point's own successes compares other episodes where the two fail on different
 * seeds; beside it stands the ratio over the seeds on which both succeed.
 */
#include "core/stats/bootstrap_t.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"

typedef enum figure { FIGURE_TIME, FIGURE_CHUNKS, FIGURE_BUDGET, FIGURE_ENERGY } figure;

/* What unit u of point i adds to a figure. */
static spoti_t_unit own_unit(const spoti_setting *s, figure f, int i, int u)
{
    const spoti_unit *unit = &s->units[(size_t)i * (size_t)s->n_unit + (size_t)u];
    switch (f) {
    case FIGURE_BUDGET:
        return (spoti_t_unit){.n = unit->n,
                              .sum = unit->time + (unit->n - unit->k) * s->budget_s[i]};
    case FIGURE_ENERGY: /* a failure has joules and no success */
        return (spoti_t_unit){.n = unit->k, .sum = unit->energy};
    case FIGURE_TIME:
        return (spoti_t_unit){.n = unit->k, .sum = unit->time};
    default:
        return (spoti_t_unit){.n = unit->k, .sum = unit->chunks};
    }
}

/* ... over the seeds on which i and the baseline succeed; `base`: of the baseline on these. */
static spoti_t_unit common_unit(const spoti_setting *s, figure f, int i, bool base, int u)
{
    const spoti_common *c = &s->common[(size_t)i * (size_t)s->n_unit + (size_t)u];
    const double time = base ? c->base_time : c->time;
    const double chunks = base ? c->base_chunks : c->chunks;
    return (spoti_t_unit){.n = c->k, .sum = f == FIGURE_TIME ? time : chunks};
}

static spot_stats_paired_config config_of(const spoti_setting *s)
{
    spot_stats_paired_config config;
    spot_stats_t_config_default(&config);
    config.n_resample = s->log->config.resamples;
    config.seed = s->log->config.seed;
    return config;
}

static void take_interval(const spot_stats_t_result *r, double factor, spot_quantity *q)
{
    if (r->estimate.support == SPOT_STATS_SUFFICIENT) {
        q->has_ci = true;
        q->lo = factor * r->estimate.ci.lo;
        q->hi = factor * r->estimate.ci.hi;
    }
}

static void mean_interval(spoti_setting *s, figure f, int i, spot_quantity *q)
{
    const spot_stats_paired_config config = config_of(s);
    spot_stats_t_result r;
    for (int u = 0; u < s->n_unit; u++) {
        s->column[0][u] = own_unit(s, f, i, u);
    }
    if (q->known && spoti_bootstrap_t(&config, s->column[0], NULL, s->n_unit, s->draws, s->work,
                                      &r) == SPOT_OK) {
        take_interval(&r, 1.0, q);
    }
}

/* Of the figure at i over the one at the baseline, times `factor`; its inverse where `inverse` is set. */
static void ratio_interval(spoti_setting *s, figure f, int i, bool inverse, double factor,
                           spot_quantity *q)
{
    const spot_stats_paired_config config = config_of(s);
    const int base = s->out->baseline;
    spot_stats_t_result r;
    for (int u = 0; u < s->n_unit; u++) {
        s->column[inverse][u] = own_unit(s, f, i, u);
        s->column[!inverse][u] = own_unit(s, f, base, u);
    }
    if (q->known && spoti_bootstrap_t(&config, s->column[0], s->column[1], s->n_unit, s->draws,
                                      s->work, &r) == SPOT_OK) {
        take_interval(&r, factor, q);
    }
}

/* The same on common successes, its value included. */
static void common_ratio(spoti_setting *s, figure f, int i, bool inverse, double factor,
                         spot_quantity *q)
{
    const spot_stats_paired_config config = config_of(s);
    spot_stats_t_result r;
    for (int u = 0; u < s->n_unit; u++) {
        s->column[inverse][u] = common_unit(s, f, i, false, u);
        s->column[!inverse][u] = common_unit(s, f, i, true, u);
    }
    if (spoti_bootstrap_t(&config, s->column[0], s->column[1], s->n_unit, s->draws, s->work, &r) ==
            SPOT_OK &&
        r.estimate.support != SPOT_STATS_NONE) {
        *q = spoti_known(factor * r.estimate.value);
        take_interval(&r, factor, q);
    }
}

void spoti_interval_points(spoti_setting *s)
{
    const spot_analysis_point *b = &s->out->points[s->out->baseline];
    for (int i = 0; s->n_unit > 0 && i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        const double actions = spoti_actions_ratio(s, i);
        if (o->successes < SPOT_STATS_MIN_SUCCESSES_T && o->reason == NULL) {
            o->reason = "fewer than 20 successes: no intervals of times";
        }
        mean_interval(s, FIGURE_TIME, i, &o->time_s);
        mean_interval(s, FIGURE_CHUNKS, i, &o->chunks);
        mean_interval(s, FIGURE_ENERGY, i, &o->energy_per_success_j);
        if (o->successes >= SPOT_STATS_MIN_SUCCESSES_T) { /* a mean of budgets has no spread */
            mean_interval(s, FIGURE_BUDGET, i, &o->budget_time_s);
        }
        if (i == s->out->baseline) { /* against itself */
            o->inflation_common = o->inflation;
            o->eta_task_common = o->eta_task;
            continue;
        }
        ratio_interval(s, FIGURE_CHUNKS, i, false, actions, &o->inflation);
        if (o->time_s.known && b->time_s.known) {
            ratio_interval(s, FIGURE_TIME, i, true, 1.0, &o->eta_task);
            common_ratio(s, FIGURE_TIME, i, true, 1.0, &o->eta_task_common);
        }
        if (o->inflation.known) {
            common_ratio(s, FIGURE_CHUNKS, i, false, actions, &o->inflation_common);
        }
    }
}
