/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/stats/outlier.h"

#include <math.h>
#include <string.h>

#include "core/stats/order.h"

enum { FEWEST = 5, RARE = 100, COLD = 10 };

/* Makes the median distance of normal variates their standard deviation. */
static const double ROBUST = 1.4826;
static const double FAR_SD = 10.0;
static const double FAR_RATIO = 2.0;

/* A mean that is off by less is not worth a word. */
static const double MATERIAL = 1.05;

/* Above which a latency is far. work: (n). */
static double far_limit(const double *x, int n, double *work, double *median)
{
    memcpy(work, x, (size_t)n * sizeof(*x));
    spoti_sort(work, (size_t)n);
    *median = spoti_quantile(work, (size_t)n, 0.5);
    for (int i = 0; i < n; i++) {
        work[i] = fabs(x[i] - *median);
    }
    spoti_sort(work, (size_t)n);
    const double sd = ROBUST * spoti_quantile(work, (size_t)n, 0.5);
    return fmax(FAR_RATIO * *median, *median + FAR_SD * sd);
}

/* Mean and standard deviation of those that are not far. */
static void describe_rest(const double *x, int n, double limit, spoti_outliers *out)
{
    double sum = 0.0;
    double squares = 0.0;
    int kept = 0;
    for (int i = 0; i < n; i++) {
        sum += x[i] <= limit ? x[i] : 0.0;
        kept += x[i] <= limit;
    }
    out->mean_of_rest = sum / kept; /* half of all are at most the median */
    for (int i = 0; i < n; i++) {
        const double d = x[i] - out->mean_of_rest;
        squares += x[i] <= limit ? d * d : 0.0;
    }
    out->sd_of_rest = kept > 1 ? sqrt(squares / (kept - 1)) : 0.0;
}

void spoti_outliers_find(const double *x, int n, double *work, spoti_outliers *out)
{
    *out = (spoti_outliers){.n_far = 0};
    if (n < 1) {
        return;
    }
    const double limit = far_limit(x, n, work, &out->median);
    int n_far = 0;
    int n_first = 0; /* far ones without another before them */
    for (int i = 0; i < n; i++) {
        out->mean += x[i] / n;
        out->largest = fmax(out->largest, x[i]);
        n_first += x[i] > limit && n_far == i;
        n_far += x[i] > limit;
    }
    describe_rest(x, n, limit, out);
    out->is_cold_start = n_far > 0 && n_first == n_far;
    const bool is_rare =
        n_far == 1 || n_far <= n / RARE || (out->is_cold_start && n_far <= n / COLD);
    if (n >= FEWEST && n_far > 0 && is_rare && out->mean > MATERIAL * out->mean_of_rest) {
        out->n_far = n_far;
    }
}

bool spoti_outliers_in_figures(double mean, double median, double p95)
{
    return median > 0.0 && p95 >= median && mean > p95 && mean > MATERIAL * median;
}
