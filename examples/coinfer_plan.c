/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Bits and clocks for a network that is split between a robot and a server, and what schemes make of it. */
#include <stdio.h>

#include "spot/coinfer_plan.h"

int main(void)
{
    spot_coinfer_problem problem;
    spot_coinfer_plan plan;
    spot_coinfer_scheme_config config;
    double bits = 0.0;

    spot_coinfer_problem_default(&problem);
    problem.flop[0] = 2e11; /* on the robot */
    problem.flop[1] = 3e11; /* on the server */
    problem.max_delay_s = 3.5;
    problem.max_energy_j = 2.0;
    if (spot_coinfer_plan_exact(&problem, &plan) != SPOT_OK ||
        spot_coinfer_bits_continuous(&problem, &bits) != SPOT_OK) {
        return 1;
    }
    printf("%d bits of %.2f, clocks %.3f and %.3f GHz: %.3f s, %.3f J; more bits: more of %s\n",
           plan.bits, bits, plan.clock_hz[0] / 1e9, plan.clock_hz[1] / 1e9, plan.delay_s,
           plan.energy_j, spot_coinfer_binds_str(plan.binds));

    spot_coinfer_scheme_config_default(&config);
    config.fixed_hz[0] = 2e9;
    config.fixed_hz[1] = 1.5e9;
    for (int s = SPOT_COINFER_EXACT_PLAN; s <= SPOT_COINFER_RANDOM; s++) {
        spot_coinfer_outcome outcome;
        if (spot_coinfer_scheme_run((spot_coinfer_scheme)s, &problem, &config, &outcome) !=
            SPOT_OK) {
            return 1;
        }
        printf("%-7s mean bits %6.3f, mean lambda D_LM %.5f\n",
               spot_coinfer_scheme_name((spot_coinfer_scheme)s),
               s == SPOT_COINFER_RANDOM ? outcome.bits_real : outcome.plan.bits,
               outcome.mean_objective);
    }
    return 0;
}
