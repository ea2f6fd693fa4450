/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Quantisers given by their levels: companders, powers of two, or any others.
 *
 * For lambda = 1 a cell that reaches u below and v above its level m adds
 *
 *     integral of |x - m| exp(-x) = exp(-m) (g(u) + g(-v)),   g(u) = 1 + (u - 1) exp(u),
 *
 * where g(-infinity) = 1. g(u) ~ u^2 / 2 loses all digits near 0, so there it is summed as the
 * series u^n (n - 1) / n!, n >= 2.
 */
#include "core/coinfer/coinfer.h"

static double g(double u)
{
    const double small = 0.5; /* below, 20 terms leave less than a rounding */
    const int n_term = 20;
    double power = u;
    double sum = 0.0;

    if (u == -(double)INFINITY) {
        return 1.0;
    }
    if (fabs(u) > small) {
        return 1.0 + (u - 1.0) * exp(u);
    }
    for (int n = 2; n <= n_term; n++) {
        power *= u / n; /* u^n / n! */
        sum += power * (n - 1);
    }
    return sum;
}

double spoti_cell_distortion(double below, double above)
{
    return g(below) + g(-above);
}

static bool levels_are_sorted(const double *levels, size_t n_level)
{
    for (size_t i = 0; i < n_level; i++) {
        if (!isfinite(levels[i]) || levels[i] < (i > 0 ? levels[i - 1] : 0.0)) {
            return false;
        }
    }
    return n_level > 0;
}

spot_status spot_coinfer_levels_distortion(double lambda, const double *levels, size_t n_level,
                                           double *distortion)
{
    double sum = 0.0;

    if (levels == NULL || distortion == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(lambda) || !levels_are_sorted(levels, n_level)) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < n_level; i++) {
        const double m = lambda * levels[i];
        const double below = i > 0 ? lambda * (levels[i] - levels[i - 1]) / 2.0 : m;
        const double above =
            i + 1 < n_level ? lambda * (levels[i + 1] - levels[i]) / 2.0 : (double)INFINITY;

        /* exp(-m) g(below) with below near m may be exp(-m) times exp(m): keep them together */
        sum += below > 1.0 ? exp(-m) + (below - 1.0) * exp(below - m) + exp(-m) * g(-above)
                           : exp(-m) * spoti_cell_distortion(below, above);
    }
    *distortion = sum / lambda;
    return SPOT_OK;
}

/* Distance of x from the nearest level. */
static double distance(const double *levels, size_t n_level, double x)
{
    size_t lo = 0; /* levels before lo are below x, those from hi on are not */
    size_t hi = n_level;

    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;

        if (levels[middle] < x) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    if (lo == 0) {
        return levels[0] - x;
    }
    return lo == n_level ? x - levels[lo - 1] : fmin(x - levels[lo - 1], levels[lo] - x);
}

spot_status spot_coinfer_levels_error(const float *w, size_t n, const double *levels,
                                      size_t n_level, double *error)
{
    double sum = 0.0;

    if (w == NULL || levels == NULL || error == NULL) {
        return SPOT_E_INVALID;
    }
    if (n == 0 || !levels_are_sorted(levels, n_level)) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(w[i])) {
            return SPOT_E_RANGE;
        }
        sum += distance(levels, n_level, fabs((double)w[i]));
    }
    *error = sum / (double)n;
    return SPOT_OK;
}

spot_status spot_coinfer_compander(double lambda, int bits, double *levels)
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
        levels[i] = -2.0 * log1p(-((double)i + 0.5) / (double)n) / lambda;
    }
    return SPOT_OK;
}

spot_status spot_coinfer_power_of_two(double top, int bits, double *levels)
{
    size_t n = 0;

    if (levels == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(top) || bits < 1 || bits > SPOT_COINFER_MAX_TABLE_BITS) {
        return SPOT_E_RANGE;
    }
    n = spoti_level_count(bits);
    for (size_t i = 0; i < n; i++) {
        levels[n - 1 - i] = ldexp(top, -(int)i);
    }
    return SPOT_OK;
}
