/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Latencies whose mean is not that of the machine at work: a cold start, or one call that something else held up.
 *
 * A latency is far if it is above twice the median and above the median by ten robust standard deviations (1.4826 times
 * the median distance from it). Far ones that come back are how the machine works, and stay in the mean. They are
 * outliers if there is one alone, or at most one in a hundred, or all stand at the beginning and are at most a tenth; and
 * if the mean is more than a twentieth above that of the others. Then the median stands for all.
 */
#ifndef SPOTI_STATS_OUTLIER_H
#define SPOTI_STATS_OUTLIER_H

#include <stdbool.h>

typedef struct spoti_outliers {
    int n_far;           /* outliers; 0 = none, and mean is to be used */
    bool is_cold_start;  /* they are the first ones */
    double mean, median; /* of all */
    double largest;
    double mean_of_rest, sd_of_rest;
} spoti_outliers;

/* Looks at x (n) in the order of measurement; below five there are no outliers. work: (n). */
void spoti_outliers_find(const double *x, int n, double *work, spoti_outliers *out);

/* The same where only figures of the calls are known: the mean is above the 95th percentile, so that fewer than one in
 * twenty carry it there, and as far above the median. p95, median: 0 = unknown. */
bool spoti_outliers_in_figures(double mean, double median, double p95);

#endif
