/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Times of aggregated rows, of which only means and standard deviations are known: Welch's test and intervals
 * on the logarithm of a mean or of a ratio of two.
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

/* Welch and Satterthwaite on the logarithm of a ratio: variance and degrees of freedom. */
static bool welch(const spoti_setting *s, int i, int j, spoti_field sd, const spot_quantity *mi,
                  const spot_quantity *mj, double *variance, double *dof)
{
    double v[2];
    double d[2];
    if (!spread_of(s, i, sd, mi, &v[0], &d[0]) || !spread_of(s, j, sd, mj, &v[1], &d[1])) {
        return false;
    }
    *variance = v[0] + v[1];
    if (!(*variance > 0.0)) {
        return false; /* no spread at all: nothing to test against */
    }
    *dof = *variance * *variance / (v[0] * v[0] / d[0] + v[1] * v[1] / d[1]);
    return true;
}

bool spoti_p_welch(const spoti_setting *s, int i, int j, double *p)
{
    const spot_quantity *a = &s->out->points[i].time_s;
    const spot_quantity *b = &s->out->points[j].time_s;
    bool same = a->value == s->value[i] && b->value == s->value[j];
    double variance = 0.0;
    double dof = 0.0;
    return same && welch(s, i, j, SPOTI_TIME_SD, a, b, &variance, &dof) &&
           t_upper(log(b->value / a->value) / sqrt(variance), dof, p);
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
        if (i != base && o->time_s.known && b->time_s.known) {
            ratio_interval(s, i, base, SPOTI_TIME_SD, &o->time_s, &b->time_s, &o->eta_task);
        }
        if (i != base) {
            ratio_interval(s, i, base, SPOTI_CHUNKS_SD, &o->chunks, &b->chunks, &o->inflation);
        }
    }
}
