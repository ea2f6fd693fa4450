/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Bootstrap-t intervals of the logarithm of a mean, and of a ratio of two means (Efron 1979; Hall
 * 1988).
 *
 * Seed i, or block of seeds, has weight w (1 in the data, how often it was drawn in a resample). For
 * one point with s successes in it, the sum x of their values and the mean m = sum w x / sum w s, it
 * moves ln m by w u_i with
 *     u = (x - m s) / (m sum w s),
 * and for the ratio by the difference of the two points' u, which keeps what the shared seed does
 * to both. se^2 = sum w u^2 (the usual n / (n - 1) is the same factor for data and resamples, and
 * cancels). Times near 0 seconds or far tails move ln m less than m, so the interval is nearer to
 * its confidence.
 *
 * A difference of means d = m_1 - m_2 moves by w v_i with v = (x - m s) / sum w s of each point, and the interval is
 * d - t se.
 */
#include "core/stats/bootstrap_t.h"

#include <math.h>
#include <stddef.h>

#include "core/base/config.h"
#include "core/stats/bootstrap.h"
#include "core/stats/order.h"
#include "spot/rng.h"
#include "spot/stats_paired.h"

/* The percentile interval stands in where this share of one tail's resamples has no t: a quantile
 * is then still taken well inside those that have one. */
static const double LEFT_OUT = 0.25;

/* A standard error this small against 1 (of a logarithm) or against the two means (of a difference) is rounding, not
 * spread. */
static const double NO_SPREAD = 1e-12;

/* Values within these bounds can be added and divided without overflow. */
static const double SMALLEST = 1e-150;
static const double LARGEST = 1e150;

/* Two columns, of seeds or of units; for a mean, the baseline is NULL. */
typedef struct problem {
    const spot_stats_value *side[2]; /* (n_seed) */
    const spoti_t_unit *unit[2];     /* (n_seed) in place of `side` */
    int n_side;
    int n_seed;
    bool is_common;
    bool is_difference; /* of the means, not of their logarithms */
} problem;

/* ln of the mean or ratio, or the difference, and its standard error. */
typedef struct logarithm {
    double value;
    double se;
    double scale; /* against which the error would be rounding */
    bool is_defined;
} logarithm;

void spot_stats_t_config_default(spot_stats_paired_config *config)
{
    spot_stats_paired_config_default(config);
    config->min_successes = SPOT_STATS_MIN_SUCCESSES_T;
}

/* What seed or unit i of a side contributes. */
static spoti_t_unit unit_of(const problem *p, int side, int i)
{
    if (p->unit[side] != NULL) {
        return p->unit[side][i];
    }
    const spot_stats_value *other = p->side[1 - side];
    bool is_left_out = p->is_common && other != NULL && !other[i].success;
    const spot_stats_value *v = &p->side[side][i];
    return v->success && !is_left_out ? (spoti_t_unit){.n = 1.0, .sum = v->x} : (spoti_t_unit){0};
}

/* weight: (n_seed), NULL for the data. */
static double weight_of(const double *weight, int i)
{
    return weight == NULL ? 1.0 : weight[i];
}

static logarithm evaluate(const problem *p, const double *weight)
{
    double successes[2] = {0};
    double mean[2] = {0};
    for (int k = 0; k < p->n_side; k++) {
        for (int i = 0; i < p->n_seed; i++) {
            const double w = weight_of(weight, i);
            if (w == 0.0) {
                continue; /* adds nothing, like a third of a resample */
            }
            const spoti_t_unit u = unit_of(p, k, i);
            successes[k] += w * u.n;
            mean[k] += w * u.sum;
        }
        if (successes[k] <= 0.0) {
            return (logarithm){0};
        }
        mean[k] /= successes[k];
    }
    double variance = 0.0;
    for (int i = 0; i < p->n_seed; i++) {
        double u = 0.0;
        if (weight_of(weight, i) == 0.0) {
            continue;
        }
        for (int k = 0; k < p->n_side; k++) {
            const spoti_t_unit v = unit_of(p, k, i);
            const double move =
                (p->is_difference ? v.sum - mean[k] * v.n : v.sum / mean[k] - v.n) / successes[k];
            u += k == 0 ? move : -move;
        }
        variance += weight_of(weight, i) * u * u;
    }
    if (p->is_difference) {
        return (logarithm){.value = mean[0] - mean[1],
                           .se = sqrt(variance),
                           .scale = fabs(mean[0]) + fabs(mean[1]),
                           .is_defined = true};
    }
    return (logarithm){.value = log(mean[0]) - (p->n_side == 2 ? log(mean[1]) : 0.0),
                       .se = sqrt(variance),
                       .scale = 1.0,
                       .is_defined = true};
}

static void draw_weights(uint64_t seed, int index, int n_seed, double *weight)
{
    for (int i = 0; i < n_seed; i++) {
        weight[i] = 0.0;
    }
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)index);
    for (int i = 0; i < n_seed; i++) {
        weight[spot_rng_below(&rng, (uint32_t)n_seed)] += 1.0;
    }
}

/* Fills values with t of the resamples that have one, or with ln itself; returns how many. */
static int resample(const spot_stats_paired_config *config, const problem *p, const logarithm *data,
                    bool is_percentile, double *weight, double *values)
{
    int n = 0;
    for (int r = 0; r < config->n_resample; r++) {
        draw_weights(config->seed, r, p->n_seed, weight);
        logarithm l = evaluate(p, weight);
        if (l.is_defined && is_percentile) {
            values[n++] = l.value;
        } else if (l.is_defined && l.se > NO_SPREAD * l.scale) {
            values[n++] = (l.value - data->value) / l.se;
        }
    }
    spoti_sort(values, (size_t)n);
    return n;
}

static void set_interval(const spot_stats_paired_config *config, const problem *p,
                         const logarithm *data, double *work, spot_stats_t_result *out)
{
    double *values = work;
    double *weight = work + config->n_resample;
    out->estimate.ci = (spot_interval){out->estimate.value, out->estimate.value};
    if (!(data->se > NO_SPREAD * data->scale)) {
        return; /* all the same: the data know of no spread */
    }
    int n = resample(config, p, data, false, weight, values);
    out->n_left_out = config->n_resample - n;
    double tail = 0.5 * (1.0 - config->confidence);
    out->is_percentile = out->n_left_out > LEFT_OUT * tail * config->n_resample;
    if (out->is_percentile) {
        n = resample(config, p, data, true, weight, values); /* at least one: most have a success */
    }
    if (n == 0) {
        return;
    }
    spot_interval q = spoti_percentile_interval(values, (size_t)n, config->confidence);
    if (!out->is_percentile) {
        q = (spot_interval){data->value - q.hi * data->se, data->value - q.lo * data->se};
    }
    out->estimate.ci = p->is_difference ? q : (spot_interval){exp(q.lo), exp(q.hi)};
}

static bool is_value(const problem *p, double x)
{
    return p->is_difference ? fabs(x) <= LARGEST : x >= SMALLEST && x <= LARGEST;
}

static spot_status check(const spot_stats_paired_config *config, const problem *p)
{
    if (spot_stats_bootstrap_work_size(config->n_resample, p->n_seed) == 0 ||
        config->min_successes < 1 || !(config->confidence > 0.0 && config->confidence < 1.0)) {
        return SPOT_E_RANGE;
    }
    for (int k = 0; k < p->n_side; k++) {
        for (int i = 0; i < p->n_seed; i++) {
            const spoti_t_unit *u = p->unit[k] != NULL ? &p->unit[k][i] : NULL;
            const spot_stats_value *v = u == NULL ? &p->side[k][i] : NULL;
            const bool counts = u != NULL ? u->n != 0.0 : v->success;
            if ((u != NULL && !(u->n >= 0.0 && u->n <= SPOT_STATS_MAX_TRIALS)) ||
                (counts && !is_value(p, u != NULL ? u->sum : v->x))) {
                return SPOT_E_RANGE;
            }
        }
    }
    return SPOT_OK;
}

static int count_used(const problem *p)
{
    double n[2] = {0};
    for (int k = 0; k < p->n_side; k++) {
        for (int i = 0; i < p->n_seed; i++) {
            n[k] += unit_of(p, k, i).n;
        }
    }
    return (int)(p->n_side == 2 && n[1] < n[0] ? n[1] : n[0]);
}

static spot_status estimate(const spot_stats_paired_config *config, const problem *p, double *work,
                            spot_stats_t_result *out)
{
    spot_status st = check(config, p);
    if (st != SPOT_OK) {
        return st;
    }
    *out = (spot_stats_t_result){.successes = count_used(p)};
    logarithm data = evaluate(p, NULL);
    if (!data.is_defined) {
        return SPOT_OK;
    }
    bool is_enough = out->successes >= config->min_successes;
    out->estimate.value = p->is_difference ? data.value : exp(data.value);
    out->estimate.support = is_enough ? SPOT_STATS_SUFFICIENT : SPOT_STATS_INSUFFICIENT;
    set_interval(config, p, &data, work, out);
    return SPOT_OK;
}

spot_status spot_stats_mean_t(const spot_stats_paired_config *config,
                              const spot_stats_value *column, int n_seed, double *work,
                              spot_stats_t_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_paired_config, config, NULL) != SPOT_OK || column == NULL ||
        work == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    const problem p = {.side = {column, NULL}, .n_side = 1, .n_seed = n_seed};
    return estimate(config, &p, work, out);
}

spot_status spot_stats_ratio_t(const spot_stats_paired_config *config,
                               const spot_stats_value *candidate, const spot_stats_value *baseline,
                               int n_seed, spot_stats_ratio_kind kind, double *work,
                               spot_stats_t_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_paired_config, config, NULL) != SPOT_OK ||
        candidate == NULL || baseline == NULL || work == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (kind != SPOT_STATS_RATIO_OWN && kind != SPOT_STATS_RATIO_COMMON) {
        return SPOT_E_RANGE;
    }
    const problem p = {.side = {candidate, baseline},
                       .n_side = 2,
                       .n_seed = n_seed,
                       .is_common = kind == SPOT_STATS_RATIO_COMMON};
    return estimate(config, &p, work, out);
}

spot_status spoti_bootstrap_t(const spot_stats_paired_config *config, const spoti_t_unit *candidate,
                              const spoti_t_unit *baseline, int n_unit, double *work,
                              spot_stats_t_result *out)
{
    const problem p = {
        .unit = {candidate, baseline}, .n_side = baseline != NULL ? 2 : 1, .n_seed = n_unit};
    return estimate(config, &p, work, out);
}

spot_status spoti_difference_t(const spot_stats_paired_config *config,
                               const spoti_t_unit *candidate, const spoti_t_unit *baseline,
                               int n_unit, double *work, spot_stats_t_result *out)
{
    const problem p = {
        .unit = {candidate, baseline}, .n_side = 2, .n_seed = n_unit, .is_difference = true};
    return estimate(config, &p, work, out);
}
