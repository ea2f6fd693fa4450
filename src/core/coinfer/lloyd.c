/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The optimal scalar quantiser of an exponential magnitude under E|X - Y|, in closed form.
 *
 * Levels are conditional medians, thresholds midpoints. With lambda = 1 and K levels this gives, for
 * i = 1 .. K,
 *
 *     m_i = ln[K (K + 1) / (K - i + 1)^2]            t_i = ln[K (K + 1) / ((K - i) (K - i + 1))]
 *
 * and distortion ln(1 + 1 / K). Both are computed as ln(1 + a / b) with a and b whole numbers, which
 * keeps all digits of the first levels, near 0. Encoding inverts t: with
 * mu = (sqrt(1 + 4 K (K + 1) exp(-x)) - 1) / 2, x lies in cell floor(K - mu) + 1.
 */
#include "core/coinfer/coinfer.h"

/* Level i = 1 .. k for lambda = 1. */
static double level_of(double k, double i)
{
    const double j = i - 1.0;
    const double left = k - j;

    return log1p((k + 2.0 * k * j - j * j) / (left * left));
}

/* Threshold i = 1 .. k - 1 for lambda = 1. */
static double threshold_of(double k, double i)
{
    return log1p((2.0 * k * i - i * i + i) / ((k - i) * (k - i + 1.0)));
}

spot_status spot_coinfer_lloyd(double lambda, int bits, double *levels, double *thresholds)
{
    size_t n = 0;

    if (levels == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(lambda) || bits < 1 || bits > SPOT_COINFER_MAX_TABLE_BITS) {
        return SPOT_E_RANGE;
    }
    n = spoti_level_count(bits);
    for (size_t i = 0; i < n; i++) {
        levels[i] = level_of((double)n, (double)(i + 1)) / lambda;
    }
    for (size_t i = 0; thresholds != NULL && i + 1 < n; i++) {
        thresholds[i] = threshold_of((double)n, (double)(i + 1)) / lambda;
    }
    return SPOT_OK;
}

spot_status spot_coinfer_lloyd_encode(double lambda, int bits, double x, size_t *index,
                                      double *level)
{
    double k = 0.0;
    double cell = 0.0;

    if (!spoti_positive(lambda) || bits < 1 || bits > SPOT_COINFER_MAX_BITS || !(x >= 0.0)) {
        return SPOT_E_RANGE;
    }
    k = (double)spoti_level_count(bits);

    const double mu = (sqrt(1.0 + 4.0 * k * (k + 1.0) * exp(-lambda * x)) - 1.0) / 2.0;

    cell = fmin(k - 1.0, fmax(0.0, floor(k - mu)));
    if (index != NULL) {
        *index = (size_t)cell;
    }
    if (level != NULL) {
        *level = level_of(k, cell + 1.0) / lambda;
    }
    return SPOT_OK;
}
