/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A plan by the trained policy: its clocks, and its bits lowered until they are feasible at them. */
#include <math.h>
#include <string.h>

#include "core/coinfer/ppo.h"

static bool same_computer(const spot_coinfer_computer *a, const spot_coinfer_computer *b)
{
    return spoti_clock_min(a) == spoti_clock_min(b) && spoti_clock_max(a) == spoti_clock_max(b) &&
           a->n_clock == b->n_clock && a->flop_per_cycle == b->flop_per_cycle &&
           a->power_w_per_hz3 == b->power_w_per_hz3 && a->idle_w == b->idle_w && a->pue == b->pue;
}

static bool same_family(const spot_coinfer_problem *a, const spot_coinfer_problem *b)
{
    bool same = a->n_stage == b->n_stage && a->full_bits == b->full_bits;

    for (int i = 0; same && i < a->n_stage; i++) {
        same = a->flop[i] == b->flop[i] && same_computer(&a->computer[i], &b->computer[i]);
    }
    return same;
}

static spot_status run_ppo(const spot_coinfer_problem *problem,
                           const spot_coinfer_scheme_config *config, spot_coinfer_outcome *outcome)
{
    double hz[SPOT_COINFER_STAGES_MAX] = {0.0};
    double bits = 0.0;
    spoti_ppo_pass pass;

    if (config->ppo == NULL || !same_family(&config->ppo->problem, problem)) {
        return SPOT_E_INVALID;
    }
    spoti_ppo_state(&config->ppo->problem, problem, pass.state);
    spoti_ppo_forward(&config->ppo->policy, &pass);
    spoti_ppo_squash(problem, pass.out, &bits, hz);

    const int feasible = spoti_bits_at_clocks(problem, hz, bits);

    spoti_plan_of(problem, feasible > 0 ? feasible : spoti_bits_at(problem, 0), hz, &outcome->plan);
    spoti_outcome_of_plan(outcome);
    outcome->bits_real = bits;
    return SPOT_OK;
}

const spoti_scheme spoti_scheme_ppo = {
    "ppo", "a policy trained once for the computers and the work; its bits lowered until feasible",
    run_ppo};
