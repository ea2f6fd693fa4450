/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A policy that plans: proximal policy optimisation, as the paper's learned baseline, for comparison.
 *
 * One family of problems has the same computers and work; its budgets and what is sent differ. An
 * episode is one step: the state is (T0, E0, T_hop, E_hop), each by its value in the problem that the
 * family is named by, the action squashed to bits and clocks, the reward
 *
 *     -lambda D_U(floor(b)) - 5 max(0, T / T0 - 1) - 5 max(0, E / E0 - 1)
 *
 * Training is deterministic. It pays once a family; `spot_coinfer_scheme_run` then plans in a few
 * microseconds. That it plans worse than the exact plan is the point of the comparison.
 *
 *     spot_coinfer_ppo_config_default(&config);
 *     spot_coinfer_ppo_train(&problem, &config, &ppo);
 *     scheme.ppo = ppo;
 *     spot_coinfer_scheme_run(SPOT_COINFER_PPO, &problem, &scheme, &outcome);
 *     spot_coinfer_ppo_destroy(ppo);
 */
#ifndef SPOT_COINFER_PPO_H
#define SPOT_COINFER_PPO_H

#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/coinfer_plan.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_coinfer_ppo_config {
    size_t size;    /* of this struct, set by its default function */
    int iterations; /* 1..100000; default 150 */
    double
        budget_span; /* 1..100: T0, E0 and what is sent are drawn, evenly in their logarithm, from
                         * 1 / span to span times the problem's; default 2 */
    uint64_t seed;   /* default 1 */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_coinfer_ppo_config;

/* What training cost and did. */
typedef struct spot_coinfer_ppo_report {
    int64_t episodes;                 /* problems that were tried */
    int64_t updates;                  /* steps of the optimiser */
    int64_t parameters;               /* of both networks */
    double reward_first, reward_last; /* means of the first and the last iteration */
} spot_coinfer_ppo_report;

SPOT_API void spot_coinfer_ppo_config_default(spot_coinfer_ppo_config *config);

/* Trains for the family of `problem`; `config` NULL = the default. Ownership: on success the caller owns
 * *out and frees it with spot_coinfer_ppo_destroy; on failure *out is NULL.
 * Returns SPOT_OK, E_INVALID, E_RANGE (a field), E_UNSUPPORTED (three stages), E_NOMEM. */
SPOT_API spot_status spot_coinfer_ppo_train(const spot_coinfer_problem *problem,
                                            const spot_coinfer_ppo_config *config,
                                            spot_coinfer_ppo **out);
SPOT_API void spot_coinfer_ppo_destroy(spot_coinfer_ppo *ppo); /* NULL is fine */

/* What training cost. Valid as long as `ppo`. Threads: immutable. */
SPOT_API const spot_coinfer_ppo_report *spot_coinfer_ppo_describe(const spot_coinfer_ppo *ppo);

#ifdef __cplusplus
}
#endif

#endif
