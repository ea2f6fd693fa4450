/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * One constant between what is predicted of an output's error and what is measured.
 *
 * Linear: H = sum p m / sum p^2. Log: ln H = mean of ln(m / p). The exponent is the slope of ln m over ln p,
 * free of H: it says whether a constant is the right shape at all.
 */
#include "core/coinfer/coinfer.h"
#include "spot/coinfer_bits.h"

/* Sums over the pairs, logarithms taken from the first pair's so that equal numbers leave exactly 0. */
typedef struct sums {
    double pm, pp;                 /* linear */
    double ratio;                  /* of ln(m / p) */
    double m, log_m, log_p;        /* means, later */
    double mm, log_mm, log_pp, mp; /* squares about the means; of logarithms, mp mixed */
} sums;

static sums add_up(const double *p, const double *m, size_t n)
{
    sums s = {0};

    for (size_t i = 0; i < n; i++) {
        s.pm += p[i] * m[i];
        s.pp += p[i] * p[i];
        s.ratio += log(m[i]) - log(p[i]);
        s.m += (m[i] - m[0]) / (double)n;
        s.log_m += log(m[i] / m[0]) / (double)n;
        s.log_p += log(p[i] / p[0]) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double off_m = m[i] - m[0] - s.m;
        const double off_log_m = log(m[i] / m[0]) - s.log_m;
        const double off_log_p = log(p[i] / p[0]) - s.log_p;

        s.mm += off_m * off_m;
        s.log_mm += off_log_m * off_log_m;
        s.log_pp += off_log_p * off_log_p;
        s.mp += off_log_m * off_log_p;
    }
    return s;
}

spot_status spot_coinfer_calibrate(const double *predicted, const double *measured, size_t n,
                                   spot_coinfer_fit_rule rule, double *residual,
                                   spot_coinfer_calibration *fit)
{
    double left = 0.0; /* sum of squares of the residuals */

    if (predicted == NULL || measured == NULL || fit == NULL ||
        (rule != SPOT_COINFER_FIT_LINEAR && rule != SPOT_COINFER_FIT_LOG)) {
        return SPOT_E_INVALID;
    }
    for (size_t i = 0; i < n; i++) {
        if (!spoti_positive(predicted[i]) || !spoti_positive(measured[i])) {
            return SPOT_E_RANGE;
        }
    }

    const sums s = add_up(predicted, measured, n);
    const bool by_log = rule == SPOT_COINFER_FIT_LOG;
    spot_coinfer_calibration found = {
        .n = n,
        .max_ratio = 1.0,
        .constant = by_log ? exp(s.ratio / (double)n) : s.pm / s.pp,
        .exponent = s.log_pp > 0.0 && s.log_mm > 0.0 ? s.mp / s.log_pp : NAN,
    };

    if (n == 0 || !spoti_positive(found.constant)) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < n; i++) {
        const double fitted = found.constant * predicted[i];
        const double off = by_log ? log(measured[i] / fitted) : measured[i] - fitted;

        left += off * off;
        found.max_ratio = fmax(found.max_ratio, fmax(measured[i] / fitted, fitted / measured[i]));
        if (residual != NULL) {
            residual[i] = off;
        }
    }

    const double total = by_log ? s.log_mm : s.mm;

    found.r2 = total > 0.0 ? 1.0 - left / total : NAN;
    *fit = found;
    return SPOT_OK;
}
