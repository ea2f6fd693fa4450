/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Measured on this computer, which point is best here, and on one four times slower? */
#include <stdio.h>
#include <stdlib.h>

#include "spot/tised_shift.h"

int main(void)
{
    enum { N = 5 };
    /* flow steps 1, 2, 4, 7, 10 of the policy: latency ratio, chunks of 30 successes, their spread */
    const double alpha[N] = {0.19, 0.28, 0.46, 0.73, 1.0};
    const double n_chunk[N] = {29.0, 19.5, 17.6, 16.4, 16.2};
    const int n_success[N] = {30, 30, 30, 30, 30};
    const spot_tised_setup here = {.inference_s = 0.2, .action_s = 0.1, .n_action = 8};
    spot_tised_target there = {.setup = here, .confidence = 0.95};
    there.setup.inference_s = 0.8;

    spot_tised_point points[N] = {{0}};
    for (int i = 0; i < N; i++) {
        points[i].alpha = alpha[i];
    }
    spot_tised_counts counts = {.n_chunk = n_chunk, .n_success = n_success, .cv = 0.2};
    counts.sweep = (spot_tised_sweep){&here, points, N, SPOT_TISED_KNOB_ALPHA};

    double work[4 * N], fitted[N]; /* spot_tised_fit_work_size(N) */
    spot_tised_fit fit;
    spot_tised_prediction p[N];
    spot_tised_shift shift;
    if (spot_tised_fit_work_size(N) > 4 * N ||
        spot_tised_fit_chunks(&counts, work, fitted, &fit) != SPOT_OK ||
        spot_tised_predict_time(&fit, &there, p, &shift) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("here alpha %.2f is best, there %.2f: %.1f s [%.1f, %.1f]; keeping it costs %.1f %%\n",
           alpha[shift.best_old], alpha[shift.best_new], p[shift.best_new].value,
           p[shift.best_new].lo, p[shift.best_new].hi, 100.0 * shift.loss);
    return EXIT_SUCCESS;
}
