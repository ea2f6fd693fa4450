/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The best point of a sweep, and the conditions of an interior one: TISED Eq. 9-14, 16-20, 23.
 *
 *     dT/dalpha = N' T_ck + N T_inf [alpha T_inf > n' T_act]                                  (10)
 *     T(n'+1) - T(n') = (N(n'+1) - N(n')) T_ck(n'+1) - N(n') clip(alpha T_inf - n' T_act, 0, T_act)  (13)
 *
 * The conditions look at the two ends alone. They are sufficient: a sweep may have an interior optimum
 * although they fail, so the comparison of all points decides.
 */
#include "spot/tised_optimum.h"

#include <math.h>
#include <stddef.h>

#include "core/tised/internal.h"

/* What is optimised over the points of a sweep. */
typedef struct objective {
    const spot_tised_sweep *sweep;
    const double *input;                 /* (n_point) N, or Q */
    const spot_tised_response *response; /* NULL: T, else S */
    double speed;
} objective;

double spoti_tised_hidden_s(const spot_tised_setup *setup, const spot_tised_point *point)
{
    if (point->schedule == SPOT_SCHEDULE_CADENCE) {
        return setup->n_action * setup->action_s - point->overhead_s;
    }
    return point->n_overlap * setup->action_s;
}

double spoti_tised_delay_slope(const spot_tised_setup *setup, const spot_tised_point *point)
{
    double inference_s = point->alpha * setup->inference_s;
    return inference_s >= spoti_tised_hidden_s(setup, point) ? setup->inference_s : 0.0;
}

/* As spoti_tised_delay_slope from the left, for the upper end of a sweep. */
static double delay_slope_left(const spot_tised_setup *setup, const spot_tised_point *point)
{
    double inference_s = point->alpha * setup->inference_s;
    return inference_s > spoti_tised_hidden_s(setup, point) ? setup->inference_s : 0.0;
}

/* Stores a computed value if it is one. */
static spot_status give(double value, double *out)
{
    if (!isfinite(value)) {
        return SPOT_E_RANGE;
    }
    *out = value;
    return SPOT_OK;
}

/* The times of a point and a check of its chunk count. */
static spot_status time_checked(const spot_tised_setup *setup, const spot_tised_point *point,
                                double n_chunk, const void *out, spot_tised_timing *timing)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spot_tised_time(setup, point, timing);
    if (st == SPOT_OK && !(isfinite(n_chunk) && n_chunk > 0.0)) {
        st = SPOT_E_RANGE;
    }
    return st;
}

spot_status spot_tised_time_slope_alpha(const spot_tised_setup *setup,
                                        const spot_tised_point *point, double n_chunk,
                                        double dn_dalpha, double *slope)
{
    spot_tised_timing timing;
    spot_status st = time_checked(setup, point, n_chunk, slope, &timing);
    if (st != SPOT_OK) {
        return st;
    }
    return give(dn_dalpha * timing.chunk_s + n_chunk * spoti_tised_delay_slope(setup, point),
                slope);
}

spot_status spot_tised_time_step_overlap(const spot_tised_setup *setup,
                                         const spot_tised_point *point, double n_chunk,
                                         double n_chunk_next, double *step)
{
    spot_tised_timing here;
    spot_status st = time_checked(setup, point, n_chunk, step, &here);
    if (st != SPOT_OK) {
        return st;
    }
    spot_tised_point deeper = *point;
    if (point->schedule != SPOT_SCHEDULE_OVERLAP || point->n_overlap >= setup->n_action) {
        return SPOT_E_RANGE;
    }
    deeper.n_overlap++;
    spot_tised_timing next;
    st = time_checked(setup, &deeper, n_chunk_next, step, &next);
    if (st != SPOT_OK) {
        return st;
    }
    double hidden_next = fmin(here.delay_s, setup->action_s); /* clip(..., 0, T_act) */
    return give((n_chunk_next - n_chunk) * next.chunk_s - n_chunk * hidden_next, step);
}

spot_status spot_tised_time_slope_overlap(const spot_tised_setup *setup,
                                          const spot_tised_point *point, double n_chunk,
                                          double dn_doverlap, double *slope)
{
    spot_tised_timing timing;
    spot_status st = time_checked(setup, point, n_chunk, slope, &timing);
    if (st != SPOT_OK) {
        return st;
    }
    if (point->schedule == SPOT_SCHEDULE_CADENCE) {
        return SPOT_E_RANGE;
    }
    double hidden = timing.delay_s > 0.0 ? setup->action_s : 0.0;
    return give(dn_doverlap * timing.chunk_s - n_chunk * hidden, slope);
}

bool spoti_tised_is_sweep(const spot_tised_sweep *sweep)
{
    if (sweep->n_point < 2) {
        return false;
    }
    bool by_alpha = sweep->knob == SPOT_TISED_KNOB_ALPHA;
    for (int i = 1; i < sweep->n_point; i++) {
        const spot_tised_point *a = &sweep->points[i - 1], *b = &sweep->points[i];
        bool increases = by_alpha ? b->alpha > a->alpha : b->n_overlap > a->n_overlap;
        bool same = by_alpha ? b->n_overlap == a->n_overlap : b->alpha == a->alpha;
        if (!increases || !same || a->schedule != b->schedule || a->overhead_s != b->overhead_s) {
            return false;
        }
    }
    return true;
}

static spot_status evaluate(const objective *o, int i, double *value)
{
    spot_tised_timing timing;
    spot_status st = spot_tised_time(o->sweep->setup, &o->sweep->points[i], &timing);
    if (st != SPOT_OK) {
        return st;
    }
    if (o->response == NULL) {
        return spot_tised_task_s(&timing, o->input[i], value);
    }
    return spot_tised_surrogate(o->response, o->input[i], o->speed, timing.delay_s, value);
}

/* Index and value of the best point, whether it beats both ends, and the differences at the ends. */
static spot_status scan(const objective *o, spot_tised_optimum *best)
{
    double sign = o->response == NULL ? 1.0 : -1.0; /* minimise sign * value */
    double first = 0.0, last = 0.0, before = 0.0;
    int n = o->sweep->n_point;
    for (int i = 0; i < n; i++) {
        double value = 0.0;
        spot_status st = evaluate(o, i, &value);
        if (st != SPOT_OK) {
            return st;
        }
        if (i == 0 || sign * value < sign * best->value) {
            best->index = i;
            best->value = value;
        }
        if (i == 0) {
            first = value;
        } else if (i == 1) {
            best->slope.first = value - first;
        }
        before = last;
        last = value;
    }
    best->slope.last = last - before;
    best->interior = sign * best->value < sign * first && sign * best->value < sign * last;
    return SPOT_OK;
}

/* f' at x[0] of the parabola through three points, or of the line if there are only two; at the last
 * point if `step` is -1 and the arrays end there. */
static double end_derivative(const spot_tised_point *x, const double *f, int n, int step)
{
    double near = (f[step] - f[0]) / (x[step].alpha - x[0].alpha);
    if (n < 3) {
        return near;
    }
    double far = (f[2 * step] - f[step]) / (x[2 * step].alpha - x[step].alpha);
    double curvature = (far - near) / (x[2 * step].alpha - x[0].alpha);
    return near + curvature * (x[0].alpha - x[step].alpha);
}

/* The slopes of Eq. 10 or 16 at both ends of a sweep of alpha. */
static spot_status end_slopes(const objective *o, const spot_tised_slopes *derivative,
                              spot_tised_slopes *slope)
{
    const spot_tised_sweep *sweep = o->sweep;
    int last = sweep->n_point - 1;
    const spot_tised_point *points[2] = {&sweep->points[0], &sweep->points[last]};
    const double input[2] = {o->input[0], o->input[last]};
    double by_alpha[2], result[2];
    if (derivative != NULL) {
        by_alpha[0] = derivative->first;
        by_alpha[1] = derivative->last;
    } else {
        by_alpha[0] = end_derivative(points[0], o->input, sweep->n_point, 1);
        by_alpha[1] = end_derivative(points[1], o->input + last, sweep->n_point, -1);
    }
    for (int end = 0; end < 2; end++) {
        spot_status st = SPOT_OK;
        if (o->response != NULL) {
            st = spot_tised_surrogate_slope_alpha(sweep->setup, points[end], o->response, o->speed,
                                                  input[end], by_alpha[end], &result[end]);
        } else {
            spot_tised_timing timing = {0};
            st = time_checked(sweep->setup, points[end], input[end], result, &timing);
            double delay_slope = end == 0 ? spoti_tised_delay_slope(sweep->setup, points[end])
                                          : delay_slope_left(sweep->setup, points[end]);
            result[end] = by_alpha[end] * timing.chunk_s + input[end] * delay_slope;
        }
        if (st != SPOT_OK || !isfinite(result[end])) {
            return st != SPOT_OK ? st : SPOT_E_RANGE;
        }
    }
    slope->first = result[0];
    slope->last = result[1];
    return SPOT_OK;
}

static spot_tised_label label_of(const spot_tised_slopes *slope, double sign)
{
    bool first = sign * slope->first < 0.0; /* inwards: better away from the end */
    bool last = sign * slope->last > 0.0;
    if (first && last) {
        return SPOT_TISED_LABEL_INTERIOR;
    }
    if (last) {
        return SPOT_TISED_LABEL_FIRST;
    }
    return first ? SPOT_TISED_LABEL_LAST : SPOT_TISED_LABEL_ENDS;
}

static spot_status optimise(const objective *o, const spot_tised_slopes *derivative,
                            spot_tised_optimum *out)
{
    const spot_tised_sweep *sweep = o->sweep;
    if (sweep == NULL || sweep->setup == NULL || sweep->points == NULL || o->input == NULL ||
        out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_tised_is_sweep(sweep)) {
        return SPOT_E_RANGE;
    }
    spot_tised_optimum best = {0};
    spot_status st = scan(o, &best);
    if (st == SPOT_OK && sweep->knob == SPOT_TISED_KNOB_ALPHA) {
        st = end_slopes(o, derivative, &best.slope);
    }
    if (st != SPOT_OK) {
        return st;
    }
    best.label = label_of(&best.slope, o->response == NULL ? 1.0 : -1.0);
    *out = best;
    return SPOT_OK;
}

spot_status spot_tised_minimum_time(const spot_tised_sweep *sweep, const double *n_chunk,
                                    const spot_tised_slopes *derivative, spot_tised_optimum *out)
{
    const objective o = {.sweep = sweep, .input = n_chunk};
    return optimise(&o, derivative, out);
}

spot_status spot_tised_maximum_score(const spot_tised_sweep *sweep, const double *quality,
                                     double speed, const spot_tised_response *response,
                                     const spot_tised_slopes *derivative, spot_tised_optimum *out)
{
    if (response == NULL) {
        return SPOT_E_INVALID;
    }
    const objective o = {.sweep = sweep, .input = quality, .response = response, .speed = speed};
    return optimise(&o, derivative, out);
}

spot_status spot_tised_best_of(const double *x, const double *value, int n, bool greatest,
                               spot_tised_optimum *out)
{
    if (value == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (n < 2) {
        return SPOT_E_RANGE;
    }
    double sign = greatest ? -1.0 : 1.0;
    spot_tised_optimum best = {.value = value[0]};
    for (int i = 0; i < n; i++) {
        if (!isfinite(value[i]) ||
            (x != NULL && (!isfinite(x[i]) || (i > 0 && !(x[i] > x[i - 1]))))) {
            return SPOT_E_RANGE;
        }
        if (sign * value[i] < sign * best.value) {
            best.index = i;
            best.value = value[i];
        }
    }
    best.interior = sign * best.value < sign * value[0] && sign * best.value < sign * value[n - 1];
    best.slope.first = value[1] - value[0];
    best.slope.last = value[n - 1] - value[n - 2];
    if (!isfinite(best.slope.first) || !isfinite(best.slope.last)) {
        return SPOT_E_RANGE;
    }
    best.label = label_of(&best.slope, sign);
    *out = best;
    return SPOT_OK;
}
