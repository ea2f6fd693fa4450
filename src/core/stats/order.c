/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/stats/order.h"

#include <math.h>

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
