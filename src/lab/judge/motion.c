/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What computation saves, and what it costs in motion.
 *
 * A mean over a point's own successes compares other episodes where it and the baseline fail on different seeds, so
 * a metric is compared over the seeds on which both succeed: by the ratio of means, with the interval that the ratios of
 * times have (intervals.c), or by their difference where a metric has either sign.
 */
#include "lab/judge/setting.h"
#include "spot/stats.h"

/* Intervals by bootstrap-t; there are dozens of metrics, so each has fewer resamples than a time: an end is then within
 * 4 % (one standard deviation) of half the interval's length of where all resamples would put it. */
enum { RESAMPLES_MOST = 1000 };

static const char NOT_RECORDED[] = "not recorded";
static const char GIVEN_UP[] = "given up: more than 2^20 episodes";
static const char NO_OWN[] = "no success has it";
static const char NO_COMMON[] = "no seed on which both succeed and have it";
static const char TOO_FEW[] = "fewer than 20 seeds on which both succeed and have it: no interval";
static const char NO_RATIO[] = "0 or less on a seed: no ratio";

bool spot_analyze_is_ratio(int metric)
{
    return metric != SPOT_MOTION_SPARC && metric != SPOT_MOTION_LDLJ &&
           metric != SPOT_MOTION_ENERGY_NET_J;
}

/* The metric of an episode; NULL = it has none. */
static const double *metric_of(const spoti_setting *s, const spoti_episode *e, int metric)
{
    const int at = (int)spoti_metric_field(metric) - (int)SPOTI_METRIC_0;
    const spoti_motion *motion = &s->log->motion[e->index];
    return e->success && motion->has[at] ? &motion->value[at] : NULL;
}

static void measure_mean(const spoti_setting *s, int i, int metric, spot_analysis_metric *out)
{
    spoti_mean mean = {.weight = 0.0};
    for (int64_t k = 0; k < s->n_sorted; k++) {
        const double *x = s->sorted[k].point == i ? metric_of(s, &s->sorted[k], metric) : NULL;
        if (x != NULL) {
            spoti_mean_add(&mean, 1.0, *x);
            out->n++;
        }
    }
    if (out->n > 0) {
        out->mean = spoti_known(spoti_mean_value(&mean));
    }
}

/* Adds what the episodes of a seed say of point i and the baseline, if they say it of both. */
static bool add_seed(const spoti_setting *s, int i, int metric, const spoti_episode *group,
                     int64_t size, int64_t unit)
{
    const double *mine = NULL;
    const double *base = NULL;
    for (int64_t k = 0; k < size; k++) {
        const double *x = metric_of(s, &group[k], metric);
        mine = group[k].point == i ? x : mine;
        base = group[k].point == s->out->baseline ? x : base;
    }
    if (mine == NULL || base == NULL) {
        return false;
    }
    s->column[0][unit].n += 1.0;
    s->column[0][unit].sum += *mine;
    s->column[1][unit].n += 1.0;
    s->column[1][unit].sum += *base;
    return true;
}

/* Fills the two columns; returns the number of seeds. */
static int fill_columns(const spoti_setting *s, int i, int metric)
{
    int n = 0;
    int64_t seed = 0;
    for (int u = 0; u < s->n_unit; u++) {
        s->column[0][u] = (spoti_t_unit){0};
        s->column[1][u] = (spoti_t_unit){0};
    }
    for (int64_t first = 0; first < s->n_sorted; seed++) {
        int64_t size = 1;
        while (first + size < s->n_sorted && s->sorted[first + size].key == s->sorted[first].key) {
            size++;
        }
        const int64_t unit = s->keys != NULL ? seed : spoti_block_of(s->sorted[first].key);
        if (!spoti_is_left_out(s, s->sorted + first, size)) {
            n += add_seed(s, i, metric, s->sorted + first, size, unit);
        }
        first += size;
    }
    return n;
}

/* Point i, which is not the baseline, against it. */
static void compare(const spoti_setting *s, int i, int metric, spot_analysis_metric *out)
{
    const bool is_ratio = spot_analyze_is_ratio(metric);
    spot_stats_paired_config config;
    spot_stats_t_result r;
    spot_stats_t_config_default(&config);
    config.n_resample =
        s->log->config.resamples < RESAMPLES_MOST ? s->log->config.resamples : RESAMPLES_MOST;
    config.seed = s->log->config.seed;
    out->n_common = fill_columns(s, i, metric);
    if (out->n_common == 0) {
        out->reason = NO_COMMON;
        return;
    }
    const spot_status st = is_ratio ? spoti_bootstrap_t(&config, s->column[0], s->column[1],
                                                        s->n_unit, s->draws, s->work, &r)
                                    : spoti_difference_t(&config, s->column[0], s->column[1],
                                                         s->n_unit, s->draws, s->work, &r);
    if (st != SPOT_OK) {
        out->reason = NO_RATIO;
        return;
    }
    spot_quantity *q = is_ratio ? &out->ratio : &out->difference;
    *q = spoti_known(r.estimate.value);
    q->has_ci = r.estimate.support == SPOT_STATS_SUFFICIENT;
    q->lo = q->has_ci ? r.estimate.ci.lo : 0.0;
    q->hi = q->has_ci ? r.estimate.ci.hi : 0.0;
    out->reason = q->has_ci ? NULL : TOO_FEW;
}

static void judge_metric(const spoti_setting *s, int i, int metric)
{
    spot_analysis_metric *out = &s->out->points[i].motion[metric];
    if (s->log->motion == NULL || s->sorted == NULL) {
        out->reason = s->log->gave_up_motion ? GIVEN_UP : NOT_RECORDED;
        return;
    }
    measure_mean(s, i, metric, out);
    if (out->n == 0) {
        out->reason = NO_OWN;
    } else if (i != s->out->baseline) {
        compare(s, i, metric, out);
    } else { /* against itself */
        out->n_common = out->n;
        *(spot_analyze_is_ratio(metric) ? &out->ratio : &out->difference) =
            spoti_known(spot_analyze_is_ratio(metric) ? 1.0 : 0.0);
    }
}

static spot_quantity constant_of(const spoti_log_point *p, spoti_field field)
{
    return p->has[field] ? spoti_known(p->value[field]) : (spot_quantity){0};
}

void spoti_judge_motion(spoti_setting *s)
{
    for (int i = 0; i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        o->params = constant_of(s->points[i], SPOTI_PARAMS);
        o->macs = constant_of(s->points[i], SPOTI_MACS);
        o->weight_bytes = constant_of(s->points[i], SPOTI_WEIGHT_BYTES);
        if (o->n_action > 0 && o->t_chunk_s.known && o->t_chunk_s.value > 0.0) {
            o->actions_per_s = spoti_known((double)o->n_action / o->t_chunk_s.value);
        }
        for (int m = SPOT_MOTION_COMPLETION_TIME_S + 1; m < SPOT_MOTION_N_METRIC; m++) {
            judge_metric(s, i, m);
        }
    }
}
