/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What timed calls say. */
#include "lab/bench/times.h"

#include <math.h>
#include <stdlib.h>

static const double PERCENTILE = 0.95;

static int compare(const void *a, const void *b)
{
    const spoti_timed *x = a;
    const spoti_timed *y = b;

    if (x->s != y->s) {
        return x->s < y->s ? -1 : 1;
    }
    return (x->round > y->round) - (x->round < y->round);
}

void spoti_times_sort(const double *seconds, int rounds, int calls, spoti_timed *sorted)
{
    const int n = rounds * calls;

    for (int i = 0; i < n; i++) {
        sorted[i] = (spoti_timed){.s = seconds[i], .round = i / calls};
    }
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
}

spot_bench_latency spoti_times_describe(const spoti_timed *sorted, int n)
{
    double mean = 0.0;
    double squares = 0.0;

    for (int i = 0; i < n; i++) {
        mean += sorted[i].s / n;
    }
    for (int i = 0; i < n; i++) {
        squares += (sorted[i].s - mean) * (sorted[i].s - mean);
    }
    return (spot_bench_latency){.mean_s = mean,
                                .sd_s = n > 1 ? sqrt(squares / (n - 1)) : 0.0,
                                .median_s = 0.5 * (sorted[(n - 1) / 2].s + sorted[n / 2].s),
                                .p95_s = sorted[(int)floor(PERCENTILE * (n - 1))].s};
}

/* Median of calls that count as often as their round's weight says; `total` is the sum of weights. */
static double weighted_median(const spoti_timed *sorted, int n, const double *weight, double total)
{
    const double lower = floor((total - 1.0) / 2.0); /* positions of the middle two, from 0 */
    const double upper = floor(total / 2.0);
    double before = 0.0;
    double first = 0.0;
    bool has_first = false;

    for (int i = 0; i < n; i++) {
        before += weight[sorted[i].round];
        if (!has_first && before > lower) {
            first = sorted[i].s;
            has_first = true;
        }
        if (before > upper) {
            return 0.5 * (first + sorted[i].s);
        }
    }
    return 0.0; /* no weight at all */
}

typedef struct pair {
    const spoti_timed *candidate, *baseline;
    int calls;
} pair;

/* A spot_stats_statistic. */
static bool ratio_of_medians(const double *weight, int rounds, const void *data, double *value)
{
    const pair *p = data;
    double total = 0.0;

    for (int i = 0; i < rounds; i++) {
        total += weight[i] * p->calls;
    }

    const double under = weighted_median(p->baseline, rounds * p->calls, weight, total);

    if (!(under > 0.0)) {
        return false;
    }
    *value = weighted_median(p->candidate, rounds * p->calls, weight, total) / under;
    return true;
}

spot_status spoti_times_alpha(const spoti_timed *candidate, const spoti_timed *baseline, int rounds,
                              int calls, double *work, double *alpha, spot_interval *ci)
{
    const pair p = {candidate, baseline, calls};
    spot_stats_paired_config config;
    spot_stats_bootstrap_result result;

    spot_stats_paired_config_default(&config);
    config.n_resample = SPOTI_TIMES_RESAMPLES;

    const spot_status st =
        spot_stats_bootstrap(&config, rounds, ratio_of_medians, &p, 1.0, work, &result);

    if (st == SPOT_OK) {
        *alpha = result.value;
        *ci = result.percentile;
    }
    return st;
}
