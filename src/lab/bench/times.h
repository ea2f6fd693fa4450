/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What timed calls say: their distribution, and one point's against another's. */
#ifndef SPOTI_BENCH_TIMES_H
#define SPOTI_BENCH_TIMES_H

#include "spot/bench.h"

/* A call and the round that it belongs to. */
typedef struct spoti_timed {
    double s;
    int round;
} spoti_timed;

/* Marks the calls of `rounds` rounds of `calls` each, and sorts them by time. */
void spoti_times_sort(const double *seconds, int rounds, int calls, spoti_timed *sorted);

/* Of n >= 1 sorted calls. The median of an even number is the mean of the middle two; the percentile
 * is the call at floor (0.95 (n - 1)). */
spot_bench_latency spoti_times_describe(const spoti_timed *sorted, int n);

/* Resamples of an interval; the workspace of spoti_times_alpha is what spot_stats_bootstrap asks for. */
enum { SPOTI_TIMES_RESAMPLES = 2000 };

/* Median of the candidate over that of the baseline, (rounds x calls) sorted calls each, and its
 * percentile interval: whole rounds are drawn, both points' together, so what slowed a round down
 * slows both. Returns SPOT_OK, or E_RANGE where a median of the baseline is 0. */
spot_status spoti_times_alpha(const spoti_timed *candidate, const spoti_timed *baseline, int rounds,
                              int calls, double *work, double *alpha, spot_interval *ci);

#endif
