/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The dynamic surrogate S = Phi(Q, xi), xi = v tau: TISED Eq. 7, 15, 16 and 18.
 *
 * A table is interpolated bilinearly: within a cell Phi is linear along each axis between corner values
 * that are ordered, so it stays monotone in both arguments. Nothing is extrapolated.
 */
#include "core/tised/internal.h"

#include <math.h>
#include <stdbool.h>

/* Cube root of the double's epsilon: balances truncation (step^2) and rounding (eps / step). */
static const double RELATIVE_STEP = 6e-6;

static bool is_increasing(const double *x, int n)
{
    for (int i = 0; i < n; i++) {
        if (!isfinite(x[i]) || (i > 0 && !(x[i] > x[i - 1]))) {
            return false;
        }
    }
    return true;
}

spot_status spot_tised_table_check(const spot_tised_table *table)
{
    if (table == NULL || table->quality == NULL || table->exposure == NULL ||
        table->value == NULL) {
        return SPOT_E_INVALID;
    }
    int n_column = table->n_exposure;
    if (table->n_quality < 2 || n_column < 2 || !is_increasing(table->quality, table->n_quality) ||
        !is_increasing(table->exposure, n_column)) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < table->n_quality; i++) {
        const double *row = table->value + (ptrdiff_t)i * n_column;
        for (int j = 0; j < n_column; j++) {
            if (!isfinite(row[j]) || (i > 0 && row[j] < row[j - n_column]) ||
                (j > 0 && row[j] > row[j - 1])) {
                return SPOT_E_RANGE;
            }
        }
    }
    return SPOT_OK;
}

/* The cell i with x[i] <= at <= x[i + 1] and the fraction within it. */
static bool locate(const double *x, int n, double at, int *cell, double *fraction)
{
    if (!(at >= x[0] && at <= x[n - 1])) {
        return false;
    }
    int lo = 0, hi = n - 1;
    while (hi - lo > 1) {
        int middle = lo + (hi - lo) / 2;
        if (x[middle] <= at) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    *cell = lo;
    *fraction = (at - x[lo]) / (x[lo + 1] - x[lo]);
    return true;
}

static bool read_table(const spot_tised_table *table, double quality, double exposure, double *out)
{
    int row = 0, column = 0;
    double u = 0.0, w = 0.0;
    if (!locate(table->quality, table->n_quality, quality, &row, &u) ||
        !locate(table->exposure, table->n_exposure, exposure, &column, &w)) {
        return false;
    }
    const double *lo = table->value + (ptrdiff_t)row * table->n_exposure + column;
    const double *hi = lo + table->n_exposure;
    *out = (1.0 - u) * ((1.0 - w) * lo[0] + w * lo[1]) + u * ((1.0 - w) * hi[0] + w * hi[1]);
    return true;
}

spot_status spoti_tised_phi(const spot_tised_response *response, double quality, double exposure,
                            double *out)
{
    if (response == NULL || (response->call == NULL) == (response->table == NULL)) {
        return SPOT_E_INVALID;
    }
    double value = 0.0;
    if (response->table != NULL) {
        if (!read_table(response->table, quality, exposure, &value)) {
            return SPOT_E_RANGE;
        }
    } else {
        value = response->call(response->context, quality, exposure);
    }
    if (!isfinite(value)) {
        return SPOT_E_RANGE;
    }
    *out = value;
    return SPOT_OK;
}

spot_status spot_tised_surrogate(const spot_tised_response *response, double quality, double speed,
                                 double delay_s, double *score)
{
    if (response == NULL || score == NULL) {
        return SPOT_E_INVALID;
    }
    double exposure = spot_tised_exposure(speed, delay_s);
    if (!isfinite(quality) || !(speed >= 0.0) || !(delay_s >= 0.0) || !isfinite(exposure)) {
        return SPOT_E_RANGE;
    }
    return spoti_tised_phi(response, quality, exposure, score);
}

/* d Phi / d(one argument) by the widest difference of one step either way that Phi allows. */
static spot_status phi_slope(const spot_tised_response *response, double quality, double exposure,
                             bool along_quality, double *slope)
{
    double at = along_quality ? quality : exposure;
    double step = RELATIVE_STEP * fmax(1.0, fabs(at));
    double x[2] = {at - step, at + step};
    double value[2];
    for (int side = 0; side < 2; side++) {
        if (!along_quality) {
            x[side] = fmax(x[side], 0.0); /* exposures are not negative */
        }
        spot_status st = spoti_tised_phi(response, along_quality ? x[side] : quality,
                                         along_quality ? exposure : x[side], &value[side]);
        if (st == SPOT_E_RANGE) { /* over the rim */
            x[side] = at;
            st = spoti_tised_phi(response, quality, exposure, &value[side]);
        }
        if (st != SPOT_OK) {
            return st;
        }
    }
    double difference = (value[1] - value[0]) / (x[1] - x[0]);
    if (!isfinite(difference)) {
        return SPOT_E_RANGE;
    }
    *slope = difference;
    return SPOT_OK;
}

spot_status spot_tised_surrogate_slope_alpha(const spot_tised_setup *setup,
                                             const spot_tised_point *point,
                                             const spot_tised_response *response, double speed,
                                             double quality, double dq_dalpha, double *slope)
{
    if (response == NULL || slope == NULL) {
        return SPOT_E_INVALID;
    }
    spot_tised_timing timing;
    spot_status st = spot_tised_time(setup, point, &timing);
    double score = 0.0; /* checks the arguments */
    if (st == SPOT_OK) {
        st = spot_tised_surrogate(response, quality, speed, timing.delay_s, &score);
    }
    double exposure = speed * timing.delay_s;
    double by_quality = 0.0, by_exposure = 0.0;
    if (st == SPOT_OK) {
        st = phi_slope(response, quality, exposure, true, &by_quality);
    }
    if (st == SPOT_OK) {
        st = phi_slope(response, quality, exposure, false, &by_exposure);
    }
    if (st != SPOT_OK) {
        return st;
    }
    double sum =
        by_quality * dq_dalpha + by_exposure * speed * spoti_tised_delay_slope(setup, point);
    if (!isfinite(sum)) {
        return SPOT_E_RANGE;
    }
    *slope = sum;
    return SPOT_OK;
}
