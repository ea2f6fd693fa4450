/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Order statistics that allocate nothing (the C library's qsort may). */
#ifndef SPOTI_STATS_ORDER_H
#define SPOTI_STATS_ORDER_H

#include <stddef.h>

/* Sorts x (n) in rising order; x holds no NaN. */
void spoti_sort(double *x, size_t n);

/* Fills order (n) with the indices of x (n) from the smallest to the largest, ties by index; x holds
 * no NaN. */
void spoti_rank(const double *x, int n, int *order);

/* The p-quantile of sorted (n >= 1), 0 <= p <= 1, linear between order statistics: position
 * (n - 1) p, as numpy's default. */
double spoti_quantile(const double *sorted, size_t n, double p);

#endif
