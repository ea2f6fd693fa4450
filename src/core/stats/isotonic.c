/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Isotonic regression by pooling adjacent violators, and interpolation of the fit.
 *
 * Walk along the points with a stack of blocks, each with its weighted mean; a new point whose mean
 * breaks the order is pooled with the block before it, as long as needed. Every point is pooled at
 * most once, so the time is linear. A decreasing fit is an increasing one of -y.
 */
#include "spot/stats_fit.h"

#include <math.h>
#include <stdbool.h>

/* Workspace: weight and end of each block, n doubles each; a double holds every index exactly. */
enum { WORK_PER_POINT = 2 };

size_t spot_stats_isotonic_work_size(int n)
{
    return n < 1 || n > SPOT_STATS_MAX_FIT ? 0 : (size_t)n * WORK_PER_POINT;
}

static bool is_weight(double w)
{
    return w > 0.0 && isfinite(w);
}

spot_status spot_stats_isotonic(const double *y, const double *weight, int n,
                                spot_stats_direction direction, double *work, double *fit)
{
    if (y == NULL || work == NULL || fit == NULL) {
        return SPOT_E_INVALID;
    }
    if (spot_stats_isotonic_work_size(n) == 0 ||
        (direction != SPOT_STATS_INCREASING && direction != SPOT_STATS_DECREASING)) {
        return SPOT_E_RANGE;
    }
    double sign = direction == SPOT_STATS_INCREASING ? 1.0 : -1.0;
    double *mean = fit; /* of block b; b never overtakes the point that is read */
    double *block_weight = work;
    double *block_end = work + n;
    int n_block = 0;
    for (int i = 0; i < n; i++) {
        double m = sign * y[i];
        double w = weight == NULL ? 1.0 : weight[i];
        if (!isfinite(m) || !is_weight(w)) {
            return SPOT_E_RANGE;
        }
        while (n_block > 0 && mean[n_block - 1] >= m) {
            n_block--;
            double sum = block_weight[n_block] + w;
            m += (mean[n_block] - m) * (block_weight[n_block] / sum);
            w = sum;
            if (!isfinite(m) || !isfinite(w)) {
                return SPOT_E_RANGE;
            }
        }
        mean[n_block] = m;
        block_weight[n_block] = w;
        block_end[n_block] = i + 1;
        n_block++;
    }
    /* blocks back to points, from the last: a block's mean lies before its points */
    int end = n;
    for (int b = n_block - 1; b >= 0; b--) {
        int begin = b > 0 ? (int)block_end[b - 1] : 0;
        double value = sign * mean[b];
        for (int i = begin; i < end; i++) {
            fit[i] = value;
        }
        end = begin;
    }
    return SPOT_OK;
}

spot_status spot_stats_interpolate(const double *x, const double *y, int n, double at,
                                   double *value)
{
    if (x == NULL || y == NULL || value == NULL) {
        return SPOT_E_INVALID;
    }
    if (n < 1 || n > SPOT_STATS_MAX_FIT || !(at >= x[0] && at <= x[n - 1])) {
        return SPOT_E_RANGE;
    }
    /* x[lo] <= at, and at < x[hi] or hi is the last */
    int lo = 0;
    int hi = n - 1;
    while (hi - lo > 1) {
        int middle = lo + (hi - lo) / 2;
        if (x[middle] <= at) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    if (!isfinite(x[lo]) || !isfinite(x[hi]) || !isfinite(y[lo]) || !isfinite(y[hi]) ||
        (lo < hi && !(x[lo] < x[hi] && x[lo] <= at && at <= x[hi]))) {
        return SPOT_E_RANGE;
    }
    double share = lo == hi ? 0.0 : (at - x[lo]) / (x[hi] - x[lo]);
    double between = (1.0 - share) * y[lo] + share * y[hi];
    /* rounding must not leave the segment, or the fit would not be monotone */
    *value = fmin(fmax(between, fmin(y[lo], y[hi])), fmax(y[lo], y[hi]));
    return SPOT_OK;
}
