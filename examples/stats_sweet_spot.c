/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Is the best refinement step count an interior one? Successes of 50 trials at four step counts (the
 * DOM-CR benchmark at normal speed, published/dom_cr.csv); the seeds differ, so Fisher's test. */
#include <stdio.h>
#include <stdlib.h>

#include "spot/stats_power.h"
#include "spot/stats_tests.h"

enum { N_ARM = 4 };

int main(void)
{
    const int steps[N_ARM] = {1, 2, 5, 10};
    const spot_stats_count arms[N_ARM] = {{34, 50}, {38, 50}, {37, 50}, {35, 50}};
    double p_arm[N_ARM - 2];
    double p_best[N_ARM];
    double p_interior = 0.0;
    spot_stats_interior_result r;
    if (spot_stats_interior_fisher(arms, N_ARM, p_arm, &r) != SPOT_OK ||
        spot_stats_posterior_best(arms, N_ARM, p_best, &p_interior) != SPOT_OK) {
        return EXIT_FAILURE;
    }

    spot_stats_power_config wish; /* how many trials would tell this arm from the first? */
    spot_stats_power_config_default(&wish);
    wish.rate_candidate = (double)arms[r.best].successes / arms[r.best].n;
    wish.rate_baseline = (double)arms[0].successes / arms[0].n;
    spot_stats_trials need;
    if (spot_stats_trials_fisher(&wish, &need) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("sweet spot %d steps %s: p = %.2f, P(interior) = %.2f; 80 %% power needs %d trials\n",
           steps[r.best], r.p < 0.05 ? "established" : "not established", r.p, p_interior,
           need.n_trial);
    return EXIT_SUCCESS;
}
