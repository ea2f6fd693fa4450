/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How deep should inference overlap with execution, on a static task and on a moving one? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "spot/tised_optimum.h"

/* Measured beforehand: success falls as the world moves while the robot waits. */
static double response(void *context, double quality, double exposure)
{
    (void)context;
    return quality * exp(-exposure);
}

int main(void)
{
    enum { N = 5 };
    const spot_tised_setup setup = {.inference_s = 8.0, .action_s = 1.0, .n_action = 8};
    const double n_chunk[N] = {10.0, 10.2, 10.6, 11.3, 12.4},
                 quality[N] = {1, 0.99, 0.97, 0.8, 0.6};
    spot_tised_point points[N];
    for (int i = 0; i < N; i++) {
        points[i] = (spot_tised_point){1.0, i, SPOT_SCHEDULE_OVERLAP, 0.0};
    }
    const spot_tised_sweep sweep = {&setup, points, N, SPOT_TISED_KNOB_OVERLAP};
    const spot_tised_response phi = {.call = response};
    spot_tised_optimum time, score;
    if (spot_tised_minimum_time(&sweep, n_chunk, NULL, &time) != SPOT_OK ||
        spot_tised_maximum_score(&sweep, quality, 0.03, &phi, NULL, &score) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("overlap %d is best: %.1f s, %s; success %.2f at overlap %d\n", time.index, time.value,
           time.interior ? "interior" : "at an end", score.value, score.index);
    return EXIT_SUCCESS;
}
