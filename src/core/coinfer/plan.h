/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of the planner share. */
#ifndef SPOTI_COINFER_PLAN_H
#define SPOTI_COINFER_PLAN_H

#include <stdbool.h>

#include "spot/coinfer_plan.h"

/* Relative excess of a budget that is rounding. */
#define SPOTI_PLAN_SLACK 1e-12

static inline bool spoti_within(double x, double budget)
{
    return x <= budget * (1.0 + SPOTI_PLAN_SLACK);
}

/* A problem at given bits: cycles and what they cost. */
typedef struct spoti_load {
    int n;
    double cycles[SPOT_COINFER_STAGES_MAX];
    double weight[SPOT_COINFER_STAGES_MAX]; /* pue psi, J / (cycle Hz^2) */
    double scale[SPOT_COINFER_STAGES_MAX];  /* (2 weight)^(1/3) */
    double fixed_s, fixed_j;                /* of the hops */
    double idle_w;                          /* of all computers, with pue */
} spoti_load;

/* The clocks of one choice, and what they give. */
typedef struct spoti_clocks {
    double hz[SPOT_COINFER_STAGES_MAX];
    double delay_s, energy_j;
} spoti_clocks;

/* bits: real, > 0. The problem must have passed its check, as in all that follows. */
void spoti_load_of(const spot_coinfer_problem *problem, double bits, spoti_load *load);

/* The smallest and largest clock of a computer. */
double spoti_clock_min(const spot_coinfer_computer *computer);
double spoti_clock_max(const spot_coinfer_computer *computer);

/* Whether the computer has this clock, to a rounding. */
bool spoti_clock_is(const spot_coinfer_computer *computer, double hz);

/* The clocks of the least energy in `budget_s` (infinity: in any time), whatever that energy is. False
 * if none are fast enough. */
bool spoti_clocks_least_energy(const spot_coinfer_problem *problem, const spoti_load *load,
                               double budget_s, spoti_clocks *best);

/* The clocks of the least delay for `budget_j` (infinity: for any energy), whatever that delay is.
 * False if none need so little. */
bool spoti_clocks_least_delay(const spot_coinfer_problem *problem, const spoti_load *load,
                              double budget_j, spoti_clocks *best);

/* The bits of the problem: their number, and the i-th. */
int spoti_bits_count(const spot_coinfer_problem *problem);
int spoti_bits_at(const spot_coinfer_problem *problem, int i);

/* The plan of these bits and clocks in full; `feasible` by the budgets. */
void spoti_plan_of(const spot_coinfer_problem *problem, int bits, const double *clock_hz,
                   spot_coinfer_plan *plan);

/* The best plan with at most `bits_max` bits. */
void spoti_plan_below(const spot_coinfer_problem *problem, double bits_max,
                      spot_coinfer_plan *plan);

/* The most bits, at most `bits_max`, that these clocks allow; 0 = none. */
int spoti_bits_at_clocks(const spot_coinfer_problem *problem, const double *clock_hz,
                         double bits_max);

/* One scheme: what it is called, what it does, how it plans a problem that was checked. */
typedef struct spoti_scheme {
    const char *name, *help;
    spot_status (*run)(const spot_coinfer_problem *problem,
                       const spot_coinfer_scheme_config *config, spot_coinfer_outcome *outcome);
} spoti_scheme;

/* Fills the means of an outcome that is its one plan. */
void spoti_outcome_of_plan(spot_coinfer_outcome *outcome);

extern const spoti_scheme spoti_scheme_exact, spoti_scheme_sca, spoti_scheme_fixed,
    spoti_scheme_random, spoti_scheme_ppo;

#endif
