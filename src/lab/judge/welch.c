/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Times of aggregated rows, of which only means and standard deviations are known: Welch's test and intervals
 * on the logarithm of a mean or of a ratio of two.
 *
 * Where failures are charged a budget L, n trials of which k succeeded in T with the deviation sd have the mean
 *     m = (k T + (n - k) L) / n  and the sum of squares  (k - 1) sd^2 + k (T - m)^2 + (n - k) (L - m)^2.
 */
#include <math.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"

/* Relative variance of point i's mean time, and its degrees of freedom. */
static bool spread_of(const spoti_setting *s, int i, spoti_field sd, const spot_quantity *mean,
                      double *variance, double *dof)
{
    const spoti_log_point *p = s->points[i];
    if (!p->has[sd] || p->rows != 1 || !mean->known || !p->is_counted || p->k < 2) {
        return false;
    }
    double relative = p->value[sd] / mean->value;
    *variance = relative * relative / (double)p->k;
    *dof = (double)(p->k - 1);
    return true;
}

/* The same of the mean in which failures are charged the budget. */
static bool budget_spread(const spoti_setting *s, int i, double *variance, double *dof)
{
    const spoti_log_point *p = s->points[i];
    const spot_quantity *time = &s->out->points[i].time_s;
    const double n = (double)p->n;
    const double k = (double)p->k;
    const double m = s->out->points[i].budget_time_s.value;
    if (p->k == p->n) {
        return spread_of(s, i, SPOTI_TIME_SD, time, variance, dof);
    }
    if (p->rows != 1 || !p->is_counted || p->n < 2 || !(m > 0.0) || !time->known ||
        (p->k > 1 && !p->has[SPOTI_TIME_SD])) {
        return false;
    }
    const double sd = p->k > 1 ? p->value[SPOTI_TIME_SD] : 0.0;
    const double own = time->value - m;
    const double failed = s->budget_s[i] - m;
    const double squares = fmax(0.0, k - 1.0) * sd * sd + k * own * own + (n - k) * failed * failed;
    *variance = squares / ((n - 1.0) * n * m * m);
    *dof = n - 1.0;
    return true;
}

/* P(T > t) of Student's t; T^2 has the F distribution of 1 and dof degrees. */
static bool t_upper(double t, double dof, double *p)
{
    spot_stats_tails tails;
    if (spot_stats_f_tails(t * t, 1.0, dof, &tails) != SPOT_OK) {
        return false;
    }
    *p = t >= 0.0 ? 0.5 * tails.upper : 1.0 - 0.5 * tails.upper;
    return true;
}

/* t with P(|T| <= t) = confidence: t^2 / (t^2 + dof) is beta (1/2, dof/2). */
static bool t_quantile(double confidence, double dof, double *t)
{
    double x = 0.0;
    if (spot_stats_beta_quantile(confidence, 0.5, 0.5 * dof, &x) != SPOT_OK || x >= 1.0) {
        return false;
    }
    *t = sqrt(dof * x / (1.0 - x));
    return true;
}

/* Welch and Satterthwaite: both variances of a logarithm as one, and its degrees of freedom. */
static bool combine(const double v[2], const double d[2], double *variance, double *dof)
{
    *variance = v[0] + v[1];
    if (!(*variance > 0.0)) {
        return false; /* no spread at all: nothing to test against */
    }
    *dof = *variance * *variance / (v[0] * v[0] / d[0] + v[1] * v[1] / d[1]);
    return true;
}

/* On the logarithm of a ratio of means over successes. */
static bool welch(const spoti_setting *s, int i, int j, spoti_field sd, const spot_quantity *mi,
                  const spot_quantity *mj, double *variance, double *dof)
{
    double v[2];
    double d[2];
    return spread_of(s, i, sd, mi, &v[0], &d[0]) && spread_of(s, j, sd, mj, &v[1], &d[1]) &&
           combine(v, d, variance, dof);
}

/* ... of means with failures charged. */
static bool welch_budget(const spoti_setting *s, int i, int j, double *variance, double *dof)
{
    double v[2];
    double d[2];
    return budget_spread(s, i, &v[0], &d[0]) && budget_spread(s, j, &v[1], &d[1]) &&
           combine(v, d, variance, dof);
}

bool spoti_p_welch(const spoti_setting *s, int i, int j, double *p)
{
    const spot_quantity *a = &s->out->points[i].time_s;
    const spot_quantity *b = &s->out->points[j].time_s;
    const bool same = a->value == s->value[i] && b->value == s->value[j];
    const bool charged = !same && s->objective == SPOTI_OBJECTIVE_BUDGET;
    double variance = 0.0;
    double dof = 0.0;
    const bool found = charged ? welch_budget(s, i, j, &variance, &dof)
                               : same && welch(s, i, j, SPOTI_TIME_SD, a, b, &variance, &dof);
    return found && t_upper(log(s->value[j] / s->value[i]) / sqrt(variance), dof, p);
}

static void set_interval(spot_quantity *q, double lo, double hi)
{
    q->has_ci = true;
    q->lo = lo;
    q->hi = hi;
}

static void mean_interval(const spoti_setting *s, int i, spoti_field sd, spot_quantity *q)
{
    double variance = 0.0;
    double dof = 0.0;
    double t = 0.0;
    if (spread_of(s, i, sd, q, &variance, &dof) && t_quantile(SPOT_STATS_CONFIDENCE, dof, &t)) {
        double half = t * q->value * sqrt(variance);
        set_interval(q, q->value - half, q->value + half);
    }
}

static void budget_interval(const spoti_setting *s, int i, spot_quantity *q)
{
    double variance = 0.0;
    double dof = 0.0;
    double t = 0.0;
    if (q->known && budget_spread(s, i, &variance, &dof) &&
        t_quantile(SPOT_STATS_CONFIDENCE, dof, &t)) {
        const double half = t * q->value * sqrt(variance);
        set_interval(q, q->value - half, q->value + half);
    }
}

static void ratio_interval(const spoti_setting *s, int i, int j, spoti_field sd,
                           const spot_quantity *a, const spot_quantity *b, spot_quantity *q)
{
    double variance = 0.0;
    double dof = 0.0;
    double t = 0.0;
    if (q->known && welch(s, i, j, sd, a, b, &variance, &dof) &&
        t_quantile(SPOT_STATS_CONFIDENCE, dof, &t)) {
        double factor = exp(t * sqrt(variance));
        set_interval(q, q->value / factor, q->value * factor);
    }
}

void spoti_welch_points(spoti_setting *s)
{
    int base = s->out->baseline;
    spot_analysis_point *b = &s->out->points[base];
    for (int i = 0; s->n_unit == 0 && i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        mean_interval(s, i, SPOTI_TIME_SD, &o->time_s);
        mean_interval(s, i, SPOTI_CHUNKS_SD, &o->chunks);
        budget_interval(s, i, &o->budget_time_s);
        if (i != base && o->time_s.known && b->time_s.known) {
            ratio_interval(s, i, base, SPOTI_TIME_SD, &o->time_s, &b->time_s, &o->eta_task);
        }
        if (i != base) {
            ratio_interval(s, i, base, SPOTI_CHUNKS_SD, &o->chunks, &b->chunks, &o->inflation);
        }
    }
}
