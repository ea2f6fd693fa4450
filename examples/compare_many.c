/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Which of five operating points is best, and is it better than the baseline? Task times of all on
 * the same 40 seeds, made up here; a failure counts as the time limit. */
#include <stdio.h>
#include <stdlib.h>

#include "spot/rng.h"
#include "spot/stats_many.h"
#include "spot/stats_power.h"

enum { N_SEED = 40, N_POINT = 5, BASELINE = 0, BEST = 2 };

/* Mean time of each point against the seed's difficulty. */
static const double PACE[N_POINT] = {1.0, 0.8, 0.78, 0.97, 1.2};

int main(void)
{
    double outcome[N_SEED * N_POINT];
    for (int s = 0; s < N_SEED; s++) {
        spot_rng rng = spot_rng_at((uint64_t)s, SPOT_STREAM_RESET, 0);
        double distance_s = spot_rng_uniform(&rng, 8.0, 16.0);
        for (int k = 0; k < N_POINT; k++) {
            outcome[s * N_POINT + k] = PACE[k] * distance_s + spot_rng_uniform(&rng, 0.0, 3.0);
        }
    }

    /* which may be the best, and which beat the baseline? */
    spot_stats_sign_flip_config config;
    spot_stats_sign_flip_config_default(&config);
    double work[N_SEED];
    double p_worse[N_POINT * N_POINT];
    double p_best[N_POINT];
    bool is_in[N_POINT];
    int order[N_POINT];
    double adjusted[N_POINT];
    if (spot_stats_sign_flip_pairs(&config, outcome, N_SEED, N_POINT, work, p_worse) != SPOT_OK ||
        spot_stats_best_set(p_worse, N_POINT, 0.05, p_best, is_in) != SPOT_OK ||
        spot_stats_against_baseline(p_worse, N_POINT, BASELINE, order, adjusted) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("with 95 %% the best is among:");
    for (int k = 0; k < N_POINT; k++) {
        if (is_in[k]) {
            printf(" %d", k);
        }
    }
    /* the smallest p of four tests of 9,999 draws each, corrected: 4 / 10000 */
    printf("; baseline worse than %d: p <= %.4f, than 3: p = %.4f\n", BEST, adjusted[BEST],
           adjusted[3]);

    /* how many seeds would tell point 3 from the baseline? */
    double difference[N_SEED];
    for (int s = 0; s < N_SEED; s++) {
        difference[s] = outcome[s * N_POINT + 3] - outcome[s * N_POINT + BASELINE];
    }
    spot_stats_pilot_config pilot;
    spot_stats_pilot_config_default(&pilot);
    double *room = malloc(spot_stats_pilot_work_size(N_SEED, pilot.n_resample) * sizeof(double));
    spot_stats_pilot_result need;
    bool is_done = room != NULL &&
                   spot_stats_trials_sign_flip(&pilot, difference, N_SEED, room, &need) == SPOT_OK;
    free(room);
    if (!is_done) {
        return EXIT_FAILURE;
    }
    if (need.is_found) {
        printf("point 3 against the baseline needs %d seeds, from %d to ", need.n_seed, need.low);
        printf(need.has_high ? "%d\n" : "any number\n", need.high);
    }
    return EXIT_SUCCESS;
}
