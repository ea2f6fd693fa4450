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
#include <stdint.h>
#include <string.h>

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
    bool is_difference;  /* of the means, not of their logarithms */
    const double *draws; /* of all resamples, NULL = they are made anew */
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

/* Resamples are evaluated so many at a time, side by side: each sum runs over the units in their order, as it would
 * alone. */
enum { N_LANE = 4 };

typedef struct lanes {
    double at[N_LANE];
} lanes;

/* How often unit i was drawn, lane by lane: 16-bit counts that share the room of a double. More than 65535 of n draws
 * among n units have a chance below 1 / 65536!. */
typedef struct drawn {
    uint16_t at[N_LANE];
} drawn;

_Static_assert(sizeof(drawn) == sizeof(double), "the weights of a group fit into n_unit doubles");

/* draws: of the group, (n_seed); NULL for the data, each seed once. */
static lanes weights_at(const double *draws, int i)
{
    drawn c = {{1, 1, 1, 1}};
    lanes w;
    if (draws != NULL) {
        memcpy(&c, &draws[i], sizeof(c));
    }
    for (int l = 0; l < N_LANE; l++) {
        w.at[l] = (double)c.at[l];
    }
    return w;
}

/* Sums of w n and of w x of side k. */
static void add_up(const problem *p, int k, const double *draws, lanes *successes, lanes *sum)
{
    for (int i = 0; i < p->n_seed; i++) {
        const lanes w = weights_at(draws, i);
        const spoti_t_unit u = unit_of(p, k, i);
        for (int l = 0; l < N_LANE; l++) {
            successes->at[l] += w.at[l] * u.n;
            sum->at[l] += w.at[l] * u.sum;
        }
    }
}

/* How unit u of a side moves the logarithm of its mean, or the mean. */
static void move_of(const problem *p, spoti_t_unit u, const double *successes, const double *mean,
                    double *move)
{
    if (p->is_difference) {
        for (int l = 0; l < N_LANE; l++) {
            move[l] = (u.sum - mean[l] * u.n) / successes[l];
        }
        return;
    }
    for (int l = 0; l < N_LANE; l++) {
        move[l] = (u.sum / mean[l] - u.n) / successes[l];
    }
}

static lanes variance_of(const problem *p, const double *draws, const lanes successes[2],
                         const lanes mean[2])
{
    lanes variance = {{0}};
    for (int i = 0; i < p->n_seed; i++) {
        const lanes w = weights_at(draws, i);
        lanes u;
        lanes other = {{0}};
        move_of(p, unit_of(p, 0, i), successes[0].at, mean[0].at, u.at);
        if (p->n_side == 2) {
            move_of(p, unit_of(p, 1, i), successes[1].at, mean[1].at, other.at);
        }
        for (int l = 0; l < N_LANE; l++) { /* finite, so what was not drawn adds 0 */
            const double move = u.at[l] - other.at[l];
            variance.at[l] += w.at[l] * move * move;
        }
    }
    return variance;
}

static void evaluate(const problem *p, const double *draws, logarithm out[N_LANE])
{
    lanes successes[2] = {{{0}}, {{0}}};
    lanes mean[2] = {{{0}}, {{0}}};
    for (int k = 0; k < p->n_side; k++) {
        add_up(p, k, draws, &successes[k], &mean[k]);
        for (int l = 0; l < N_LANE; l++) {
            mean[k].at[l] /= successes[k].at[l];
        }
    }
    const lanes variance = variance_of(p, draws, successes, mean);
    for (int l = 0; l < N_LANE; l++) {
        const bool two = p->n_side == 2;
        const double a = mean[0].at[l];
        const double b = mean[1].at[l];
        if (!(successes[0].at[l] > 0.0 && (!two || successes[1].at[l] > 0.0))) {
            out[l] = (logarithm){0};
            continue;
        }
        out[l] = (logarithm){.value = p->is_difference ? a - b : log(a) - (two ? log(b) : 0.0),
                             .se = sqrt(variance.at[l]),
                             .scale = p->is_difference ? fabs(a) + fabs(b) : 1.0,
                             .is_defined = true};
    }
}

/* The draws of resamples first .. first + N_LANE - 1 into draws (n_unit). */
static void draw_group(uint64_t seed, int first, int n_unit, double *draws)
{
    memset(draws, 0, (size_t)n_unit * sizeof(*draws));
    for (int l = 0; l < N_LANE; l++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)first + (uint64_t)l);
        for (int i = 0; i < n_unit; i++) {
            drawn c;
            double *at = &draws[spot_rng_below(&rng, (uint32_t)n_unit)];
            memcpy(&c, at, sizeof(c));
            c.at[l]++;
            memcpy(at, &c, sizeof(c));
        }
    }
}

size_t spoti_draws_size(int n_resample, int n_unit)
{
    return ((size_t)n_resample + N_LANE - 1) / N_LANE * (size_t)n_unit;
}

void spoti_draws_fill(uint64_t seed, int n_resample, int n_unit, double *draws)
{
    for (int r = 0; r < n_resample; r += N_LANE) {
        draw_group(seed, r, n_unit, draws + (size_t)(r / N_LANE) * (size_t)n_unit);
    }
}

/* Fills values with t of the resamples that have one, or with ln itself; returns how many. */
static int resample(const spot_stats_paired_config *config, const problem *p, const logarithm *data,
                    bool is_percentile, double *weight, double *values)
{
    int n = 0;
    for (int r = 0; r < config->n_resample; r += N_LANE) {
        logarithm group[N_LANE];
        const double *draws = weight;
        if (p->draws != NULL) {
            draws = p->draws + (size_t)(r / N_LANE) * (size_t)p->n_seed;
        } else {
            draw_group(config->seed, r, p->n_seed, weight);
        }
        evaluate(p, draws, group);
        for (int l = 0; l < N_LANE && r + l < config->n_resample; l++) {
            if (group[l].is_defined && is_percentile) {
                values[n++] = group[l].value;
            } else if (group[l].is_defined && group[l].se > NO_SPREAD * group[l].scale) {
                values[n++] = (group[l].value - data->value) / group[l].se;
            }
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
    logarithm group[N_LANE];
    evaluate(p, NULL, group);
    const logarithm data = group[0];
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
                              const spoti_t_unit *baseline, int n_unit, const double *draws,
                              double *work, spot_stats_t_result *out)
{
    const problem p = {.unit = {candidate, baseline},
                       .n_side = baseline != NULL ? 2 : 1,
                       .n_seed = n_unit,
                       .draws = draws};
    return estimate(config, &p, work, out);
}

spot_status spoti_difference_t(const spot_stats_paired_config *config,
                               const spoti_t_unit *candidate, const spoti_t_unit *baseline,
                               int n_unit, const double *draws, double *work,
                               spot_stats_t_result *out)
{
    const problem p = {.unit = {candidate, baseline},
                       .n_side = 2,
                       .n_seed = n_unit,
                       .is_difference = true,
                       .draws = draws};
    return estimate(config, &p, work, out);
}
