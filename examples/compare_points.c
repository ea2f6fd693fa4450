/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Is one operating point faster than another? Episodes of both on the same 40 seeds, made up here;
 * yours come from a rollout or from a robot's log. */
#include <stdio.h>
#include <stdlib.h>

#include "spot/rng.h"
#include "spot/stats.h"

enum { N_SEED = 40 };

int main(void)
{
    spot_stats_run candidate[N_SEED];
    spot_stats_run baseline[N_SEED];
    for (int i = 0; i < N_SEED; i++) {
        spot_rng rng = spot_rng_at((uint64_t)i, SPOT_STREAM_RESET, 0);
        double distance_s = spot_rng_uniform(&rng, 8.0, 16.0); /* the seed's difficulty, shared */
        baseline[i] = (spot_stats_run){true, distance_s + spot_rng_uniform(&rng, 0, 1), 12};
        candidate[i] = (spot_stats_run){i % 8 != 0, 0.8 * distance_s + 1.0, 14};
    }

    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    double *work = malloc(spot_stats_paired_work_size(config.n_resample) * sizeof(*work));
    spot_stats_paired_result r;
    if (work == NULL ||
        spot_stats_paired(&config, candidate, baseline, N_SEED, work, &r) != SPOT_OK) {
        free(work);
        return EXIT_FAILURE;
    }
    free(work);

    spot_interval rate;
    spot_stats_mcnemar_result success;
    if (spot_stats_wilson(r.successes_candidate, N_SEED, 0.95, &rate) != SPOT_OK ||
        spot_stats_mcnemar(r.candidate_only, r.baseline_only, &success) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("candidate succeeds on %d of %d seeds [%.2f, %.2f], baseline on %d; McNemar p = %.3f\n",
           r.successes_candidate, N_SEED, rate.lo, rate.hi, r.successes_baseline,
           success.p_two_sided);
    bool is_faster = r.time_ratio.support == SPOT_STATS_SUFFICIENT && r.time_ratio.ci.hi < 1.0;
    printf("candidate %s: time ratio %.3f [%.3f, %.3f]\n",
           is_faster ? "is faster" : "is not shown to be faster", r.time_ratio.value,
           r.time_ratio.ci.lo, r.time_ratio.ci.hi);
    return EXIT_SUCCESS;
}
