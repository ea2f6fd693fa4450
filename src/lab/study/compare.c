/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/compare.h"

#include <math.h>

#include "spot/rng.h"
#include "spot/tune.h"

double spoti_difference_p(const double *difference, int n, uint64_t seed, int resamples)
{
    int at_most_0 = 1; /* the data count as a resample under the hypothesis */
    for (int r = 0; r < resamples; r++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            sum += difference[spot_rng_below(&rng, (uint32_t)n)];
        }
        at_most_0 += sum <= 0.0;
    }
    return (double)at_most_0 / ((double)resamples + 1.0);
}

void spoti_holm(const double *p, int n, int skip, double *adjusted)
{
    int order[SPOT_TUNE_POINTS_MAX];
    int n_test = 0;

    /* the hypotheses by rising p */
    for (int i = 0; i < n; i++) {
        adjusted[i] = 1.0;
        if (i == skip) {
            continue;
        }
        int at = n_test++;
        for (; at > 0 && p[order[at - 1]] > p[i]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }

    /* the k-th smallest faces n_test - k others; a later one is never easier than an earlier one */
    double floor_p = 0.0;
    for (int k = 0; k < n_test; k++) {
        floor_p = fmax(floor_p, fmin(1.0, p[order[k]] * (n_test - k)));
        adjusted[order[k]] = floor_p;
    }
}
