/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The Blahut-Arimoto algorithm (Blahut 1972, Arimoto 1972) for E|X - Y| on ascending points.
 *
 * At slope s, with reproduction masses q,
 *
 *     u_i = sum over j of q_j exp(-s |x_i - x_j|)      c_j = sum over i of (p_i / u_i) exp(-s |x_i - x_j|)
 *
 * and q_j <- q_j c_j lets F = -sum p ln u fall to its minimum, the intercept R + s D of the tangent. The
 * channel q_j exp(-s |x_i - x_j|) / u_i has R = F - s D - sum q c ln c, and no channel has R + s D below
 * F - ln(max c); so the gap of a step is ln(max c) - sum q c ln c.
 *
 * The points of the source are all the codewords one needs: between two neighbours c(y) is a sum of
 * exp(s y) and exp(-s y) with weights >= 0, hence convex and largest at an end, so the Kuhn-Tucker
 * condition c <= 1 holds everywhere if it holds at the points. The kernel is exponential, so u and c take
 * two passes of n steps, not n^2. Steps are lengthened, q_j <- q_j c_j^w with w growing while F falls
 * and back to 1 when it rises, which saves two thirds of them (after Matz and Duhamel 2004); gap and
 * result are of the q at hand, whatever way led there.
 */
#include <math.h>

#include "core/coinfer/coinfer.h"
#include "core/coinfer/source.h"

static const double LENGTHEN = 1.1; /* of w, a step */
static const double LONGEST = 16.0; /* longer steps gain nothing */
static const double MOST = 50.0;    /* logarithm of what a long step multiplies by */
static const double LEAST = 1e-290; /* of q: nothing to the sums, and a way back */
static const double RESTART =
    0.1; /* share of p in q at a new slope: no codeword is lost for good */
static const double NEAR_BITS = 0.003; /* of the rate, when a slope is searched */
enum { SLOPES_MAX = 64 };

/* What one step tells, in nats. */
typedef struct state {
    double intercept; /* F */
    double loss;      /* sum of q c ln c */
    double log_max;   /* ln max c */
} state;

static void set_slope(spot_coinfer_source *s, double slope)
{
    for (size_t i = 0; i < s->info.n_point; i++) {
        s->decay[i] = i > 0 ? exp(-slope * (s->x[i] - s->x[i - 1])) : 0.0;
    }
}

/* to_i = sum over j of from_j / by_j exp(-s |x_i - x_j|); by: NULL = 1. */
static void smooth(const spot_coinfer_source *s, const double *from, const double *by, double *to)
{
    const size_t n = s->info.n_point;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        sum = sum * s->decay[i] + (by != NULL ? from[i] / by[i] : from[i]);
        to[i] = sum;
    }
    sum = 0.0; /* of what lies above */
    for (size_t i = n; i-- > 0;) {
        to[i] += sum;
        sum = (sum + (by != NULL ? from[i] / by[i] : from[i])) * s->decay[i];
    }
}

/* E|X - Y| of the channel at hand: passes as in smooth, with the distances carried along. */
static double mean_distance(const spot_coinfer_source *s)
{
    const size_t n = s->info.n_point;
    double d = 0.0;
    double sum = 0.0; /* of q exp(-s distance), on one side */
    double far = 0.0; /* of q distance exp(-s distance) */

    for (size_t i = 1; i < n; i++) {
        sum += s->q[i - 1];
        far = (far + (s->x[i] - s->x[i - 1]) * sum) * s->decay[i];
        sum *= s->decay[i];
        d += s->p[i] / s->u[i] * far;
    }
    sum = far = 0.0;
    for (size_t i = n - 1; i-- > 0;) {
        sum += s->q[i + 1];
        far = (far + (s->x[i + 1] - s->x[i]) * sum) * s->decay[i + 1];
        sum *= s->decay[i + 1];
        d += s->p[i] / s->u[i] * far;
    }
    return d;
}

/* u, c and what they tell of the q at hand. */
static state look(spot_coinfer_source *s)
{
    state now = {.log_max = -(double)INFINITY};

    smooth(s, s->q, NULL, s->u);
    smooth(s, s->p, s->u, s->c);
    for (size_t i = 0; i < s->info.n_point; i++) {
        s->log_c[i] = log(s->c[i]); /* c > 0: a point reaches itself */
        now.intercept -= s->p[i] * log(s->u[i]);
        now.loss += s->q[i] * s->c[i] * s->log_c[i];
        now.log_max = fmax(now.log_max, s->log_c[i]);
    }
    return now;
}

static void step(spot_coinfer_source *s, double length)
{
    double total = 0.0;

    for (size_t i = 0; i < s->info.n_point; i++) {
        s->q[i] *= length > 1.0 ? exp(fmin(length * s->log_c[i], MOST)) : s->c[i];
        s->q[i] = fmax(s->q[i], LEAST);
        total += s->q[i];
    }
    for (size_t i = 0; i < s->info.n_point; i++) {
        s->q[i] /= total;
    }
}

/* Runs to the gap from the q at hand. */
static state solve(spot_coinfer_source *s, double slope, int *iterations)
{
    const double gap = s->config.gap_bits * log(2.0);
    double length = 1.0;
    state now = {0};

    set_slope(s, slope);
    now = look(s);
    for (int i = 0; i < s->config.iterations_max && now.log_max - now.loss > gap; i++) {
        const double before = now.intercept;

        step(s, length);
        now = look(s);
        length = now.intercept < before ? fmin(length * LENGTHEN, LONGEST) : 1.0;
        (*iterations)++;
    }
    return now;
}

/* Begins from p (share 1), or from where the last slope ended but for a share of p. */
static void restart(spot_coinfer_source *s, double share)
{
    for (size_t i = 0; i < s->info.n_point; i++) {
        s->q[i] = share * s->p[i] + (share < 1.0 ? (1.0 - share) * s->q[i] : 0.0);
    }
}

/* The point on the tangent of `slope` at `rate` nats. */
static void read_off(const spot_coinfer_source *s, const state *now, double slope, double rate,
                     spot_coinfer_source_point *point)
{
    point->rate_bits = rate / log(2.0);
    point->distortion = fmax(0.0, (now->intercept - now->loss - rate) / slope);
    point->distortion_lower = fmax(0.0, (now->intercept - now->log_max - rate) / slope);
    point->gap_bits = fmax(0.0, now->log_max - now->loss) / log(2.0);
    point->slope = slope;
    point->converged = point->gap_bits <= s->config.gap_bits;
}

spot_status spot_coinfer_source_at_slope(spot_coinfer_source *source, double slope,
                                         spot_coinfer_source_point *point)
{
    if (source == NULL || point == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(slope) || !isfinite(slope * source->x[source->info.n_point - 1])) {
        return SPOT_E_RANGE;
    }
    *point = (spot_coinfer_source_point){0};
    restart(source, 1.0);
    const state now = solve(source, slope, &point->iterations);
    const double d = mean_distance(source);

    read_off(source, &now, slope, fmax(0.0, now.intercept - now.loss - slope * d), point);
    return SPOT_OK;
}

/* Searches the slope whose rate is near `rate` nats: about one octave a bit, so a Newton step of that
 * guess, kept within what is known. */
static void search(spot_coinfer_source *s, double rate, spot_coinfer_source_point *point)
{
    double lo = -(double)INFINITY; /* logarithms of slopes too small, too large */
    double hi = (double)INFINITY;
    double at = rate + log(2.0 * s->info.lambda);
    double reach = 1.0; /* of a step; doubled as long as steps lead the same way */
    double before = 0.0;

    for (int i = 0; i < SLOPES_MAX; i++) {
        const double slope = exp(at);

        restart(s, i > 0 ? RESTART : 1.0);
        const state now = solve(s, slope, &point->iterations);
        const double off = rate - (now.intercept - now.loss - slope * mean_distance(s));

        read_off(s, &now, slope, rate, point);
        if (fabs(off) <= NEAR_BITS * log(2.0)) {
            return;
        }
        if (off > 0.0) {
            lo = at;
        } else {
            hi = at;
        }
        reach = off * before > 0.0 ? 2.0 * reach : 1.0;
        before = off;
        at += reach * off;
        if (!(at > lo && at < hi)) { /* also where a discrete source bends: halve what is left */
            at = 0.5 * (lo + hi);
        }
        if (!(at > lo && at < hi)) {
            return; /* a straight piece of R(D): its tangent is the curve */
        }
    }
}

spot_status spot_coinfer_source_at_bits(spot_coinfer_source *source, double bits,
                                        spot_coinfer_source_point *point)
{
    if (source == NULL || point == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(bits >= 1.0 && bits <= SPOT_COINFER_MAX_BITS + 1.0)) {
        return SPOT_E_RANGE;
    }
    *point = (spot_coinfer_source_point){.converged = true};
    if (bits - 1.0 >= source->info.entropy_bits) {
        point->rate_bits = source->info.entropy_bits;
        point->slope = (double)INFINITY;
        return SPOT_OK;
    }
    if (bits <= 1.0) {
        point->distortion = point->distortion_lower = source->info.distortion_zero;
        return SPOT_OK;
    }
    search(source, (bits - 1.0) * log(2.0), point);
    return SPOT_OK;
}
