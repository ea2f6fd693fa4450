/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/stats/order.h"

#include <math.h>
#include <stdbool.h>

/* Lets x[root] sink in the heap x[0..n-1] until no child is larger. */
static void sift_down(double *x, size_t root, size_t n)
{
    double value = x[root];
    size_t child = 2 * root + 1;
    while (child < n) {
        if (child + 1 < n && x[child + 1] > x[child]) {
            child++;
        }
        if (x[child] <= value) {
            break;
        }
        x[root] = x[child];
        root = child;
        child = 2 * root + 1;
    }
    x[root] = value;
}

void spoti_sort(double *x, size_t n)
{
    /* heap sort: in place, and n log n whatever the input */
    for (size_t i = n / 2; i > 0; i--) {
        sift_down(x, i - 1, n);
    }
    for (size_t end = n; end > 1; end--) {
        double largest = x[0];
        x[0] = x[end - 1];
        x[end - 1] = largest;
        sift_down(x, 0, end - 1);
    }
}

/* Is x[a] behind x[b], ties by index? */
static bool is_behind(const double *x, int a, int b)
{
    return x[a] > x[b] || (x[a] == x[b] && a > b);
}

/* sift_down of a heap of indices. */
static void sift_index_down(const double *x, int *order, size_t root, size_t n)
{
    int index = order[root];
    size_t child = 2 * root + 1;
    while (child < n) {
        if (child + 1 < n && is_behind(x, order[child + 1], order[child])) {
            child++;
        }
        if (!is_behind(x, order[child], index)) {
            break;
        }
        order[root] = order[child];
        root = child;
        child = 2 * root + 1;
    }
    order[root] = index;
}

void spoti_rank(const double *x, int n, int *order)
{
    for (int i = 0; i < n; i++) {
        order[i] = i;
    }
    for (size_t i = (size_t)n / 2; i > 0; i--) {
        sift_index_down(x, order, i - 1, (size_t)n);
    }
    for (size_t end = (size_t)n; end > 1; end--) {
        int last = order[0];
        order[0] = order[end - 1];
        order[end - 1] = last;
        sift_index_down(x, order, 0, end - 1);
    }
}

double spoti_quantile(const double *sorted, size_t n, double p)
{
    double position = (double)(n - 1) * p;
    size_t below = (size_t)floor(position);
    if (below + 1 >= n) {
        return sorted[n - 1];
    }
    double share = position - (double)below;
    return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}
