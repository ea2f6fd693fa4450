/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Distortion over bits and its inverse, for exponential magnitudes.
 *
 * Lower: h(X) = log(e / lambda) and the Laplace density has the largest entropy under E|.| <= D, so
 * R >= log(1 / (2 lambda D)). Exact: the Kuhn-Tucker conditions hold for a reproduction with an atom
 * at D and an exponential tail, which gives R = -log(2 (1 - exp(-lambda D))). R = b - 1 throughout.
 * Small terms go through log1p and expm1, as 2^-b falls below one rounding of 1 from b = 53.
 */
#include <math.h>

#include "core/coinfer/coinfer.h"

spot_status spot_coinfer_distortion(spot_coinfer_curve curve, double lambda, double bits,
                                    double *distortion)
{
    double d = 0.0; /* times lambda */

    if (distortion == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(lambda) || !(isfinite(bits) && bits >= 1.0)) {
        return SPOT_E_RANGE;
    }
    switch (curve) {
    case SPOT_COINFER_LOWER:
        d = exp2(-bits);
        break;
    case SPOT_COINFER_EXACT:
        d = -log1p(-exp2(-bits));
        break;
    case SPOT_COINFER_LLOYD:
        d = log1p(exp2(1.0 - bits));
        break;
    case SPOT_COINFER_VERDU:
        d = exp2(1.0 - bits);
        break;
    case SPOT_COINFER_ADDITIVE:
        d = bits > 1.0 ? 1.0 / expm1((bits - 1.0) * log(2.0)) : (double)INFINITY;
        break;
    default:
        return SPOT_E_INVALID;
    }
    *distortion = d / lambda;
    return SPOT_OK;
}

spot_status spot_coinfer_rate(double lambda, double distortion, double *exact, double *shannon)
{
    if (!spoti_positive(lambda) || !spoti_positive(distortion)) {
        return SPOT_E_RANGE;
    }
    if (exact != NULL) {
        *exact = fmax(0.0, -log2(-2.0 * expm1(-lambda * distortion)));
    }
    if (shannon != NULL) {
        *shannon = fmax(0.0, -log2(2.0 * lambda * distortion));
    }
    return SPOT_OK;
}

spot_status spot_coinfer_fit(const float *w, size_t n, double *lambda)
{
    double sum = 0.0;

    if (w == NULL || lambda == NULL) {
        return SPOT_E_INVALID;
    }
    for (size_t i = 0; i < n; i++) {
        sum += fabs((double)w[i]);
    }
    /* NaN and infinity of one weight show in the sum: floats cannot overflow a double */
    if (!spoti_positive(sum)) {
        return SPOT_E_RANGE;
    }
    *lambda = (double)n / sum;
    return SPOT_OK;
}
