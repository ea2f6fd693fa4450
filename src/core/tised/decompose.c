/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From measured chunks and times to the factors of a task-level speed-up: TISED Eq. 4 and 5.
 *
 *     T0 / T = eta_chunk / (N / N0) * residual,     residual = (T0 / N0 T_ck0) / (T / N T_ck)
 *
 * Measured times have priority over the product N T_ck: the two differ whenever chunks and their
 * durations are correlated, and whenever the robot does not follow the schedule that was assumed.
 */
#include "spot/tised.h"

#include <math.h>

static bool is_positive(double x)
{
    return isfinite(x) && x > 0.0;
}

spot_status spot_tised_task_s(const spot_tised_timing *timing, double n_chunk, double *task_s)
{
    if (timing == NULL || task_s == NULL) {
        return SPOT_E_INVALID;
    }
    double product_s = n_chunk * timing->chunk_s;
    if (!is_positive(n_chunk) || !is_positive(timing->chunk_s) || !is_positive(product_s)) {
        return SPOT_E_RANGE;
    }
    *task_s = product_s;
    return SPOT_OK;
}

static bool is_valid(const spot_tised_measured *m)
{
    return is_positive(m->timing.chunk_s) && is_positive(m->timing.eta) &&
           (!m->has_chunks || is_positive(m->n_chunk)) && (!m->has_time || is_positive(m->task_s));
}

/* Every quotient of two huge or tiny numbers; what is missing is 0 and passes. */
static bool is_representable(const spot_tised_decomposition *d)
{
    return isfinite(d->inflation) && isfinite(d->cycle_s) && isfinite(d->law_error) &&
           isfinite(d->eta_task) && isfinite(d->eta_chunk_measured) && isfinite(d->residual);
}

spot_status spot_tised_decompose(const spot_tised_measured *point,
                                 const spot_tised_measured *baseline, spot_tised_decomposition *out)
{
    if (point == NULL || baseline == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_valid(point) || !is_valid(baseline)) {
        return SPOT_E_RANGE;
    }
    /* of the two points given, not of the setup's baseline: they may be under other schedules */
    double eta_chunk = baseline->timing.chunk_s / point->timing.chunk_s;
    spot_tised_decomposition d = {.eta_chunk = eta_chunk, .break_even = eta_chunk};

    d.has_inflation = point->has_chunks && baseline->has_chunks;
    if (d.has_inflation) {
        d.inflation = point->n_chunk / baseline->n_chunk;
    }
    d.has_cycle = point->has_chunks && point->has_time;
    if (d.has_cycle) {
        d.cycle_s = point->task_s / point->n_chunk;
        d.law_error = d.cycle_s / point->timing.chunk_s - 1.0;
    }

    /* the end-to-end factor: measured where both times are, else by the law */
    d.is_measured = point->has_time && baseline->has_time;
    d.has_task = d.is_measured || d.has_inflation;
    if (d.is_measured) {
        d.eta_task = baseline->task_s / point->task_s;
    } else if (d.has_inflation) {
        d.eta_task = eta_chunk / d.inflation;
    }
    d.pays_off = d.has_task && d.eta_task > 1.0;

    d.has_measured_chunk = d.is_measured && d.has_inflation;
    if (d.has_measured_chunk) {
        d.eta_chunk_measured = d.eta_task * d.inflation;
        d.residual = d.eta_chunk_measured / eta_chunk;
    }
    if (!is_positive(eta_chunk) || !is_representable(&d)) {
        return SPOT_E_RANGE;
    }
    *out = d;
    return SPOT_OK;
}
