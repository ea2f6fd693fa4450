/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What does a lighter policy, or overlap, buy per chunk, and how many more chunks may it cost? */
#include <stdio.h>
#include <stdlib.h>

#include "spot/tised.h"

int main(void)
{
    const spot_tised_setup setup = {.inference_s = 0.12, .action_s = 0.025, .n_action = 8};
    static const struct {
        double alpha;
        int n_overlap;
    } points[] = {{1.0, 0}, {0.5, 0}, {1.0, 3}, {0.5, 2}, {0.5, 3}};

    printf("alpha  n'  chunk ms  delay ms  age ms  eta = break-even inflation\n");
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        spot_tised_timing t;
        if (spot_tised_time_point(&setup, points[i].alpha, points[i].n_overlap, &t) != SPOT_OK) {
            return EXIT_FAILURE;
        }
        printf("%5.2f %3d %9.1f %9.1f %7.1f  %.3f (at most %.3f)\n", points[i].alpha,
               points[i].n_overlap, 1e3 * t.chunk_s, 1e3 * t.delay_s, 1e3 * t.age_s, t.eta,
               t.eta_bound);
    }
    return EXIT_SUCCESS;
}
