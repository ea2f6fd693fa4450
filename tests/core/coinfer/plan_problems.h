/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Problems that several tests plan: the worked examples, and random ones. */
#ifndef TEST_PLAN_PROBLEMS_H
#define TEST_PLAN_PROBLEMS_H

#include <math.h>

#include "spot/coinfer_plan.h"
#include "spot/rng.h"

/* A network like BLIP-2 at 3.5 s and 2 J. */
static inline spot_coinfer_problem example_1(void)
{
    spot_coinfer_problem p;

    spot_coinfer_problem_default(&p);
    p.flop[0] = 2.0e11;
    p.flop[1] = 3.0e11;
    p.max_delay_s = 3.5;
    p.max_energy_j = 2.0;
    return p;
}

/* A network like GIT at 1 s and 1 J. */
static inline spot_coinfer_problem example_2(void)
{
    spot_coinfer_problem p;

    spot_coinfer_problem_default(&p);
    p.flop[0] = 1.35e11;
    p.flop[1] = 0.9e11;
    p.full_bits = 32;
    p.max_delay_s = 1.0;
    p.max_energy_j = 1.0;
    return p;
}

static inline double drawn(spot_rng *rng, double lo, double hi)
{
    return lo * exp(spot_rng_uniform(rng, 0.0, log(hi / lo)));
}

/* Any problem of n stages: floors, idle power and hops in every other one, lists if so wanted. */
static inline spot_coinfer_problem drawn_problem(spot_rng *rng, int n_stage, bool lists)
{
    spot_coinfer_problem p = example_1();

    p.n_stage = n_stage;
    for (int i = 0; i < n_stage; i++) {
        spot_coinfer_computer *c = &p.computer[i];

        c->clock_max_hz = drawn(rng, 1e9, 1e10);
        c->clock_min_hz = spot_rng_below(rng, 2) ? drawn(rng, 0.01, 0.6) * c->clock_max_hz : 0.0;
        c->idle_w = spot_rng_below(rng, 2) ? drawn(rng, 0.01, 0.3) : 0.0;
        c->pue = drawn(rng, 1.0, 2.0);
        c->power_w_per_hz3 = drawn(rng, 1e-29, 1e-27);
        c->n_clock = lists ? 1 + (int)spot_rng_below(rng, 6) : 0;
        for (int k = 0; k < c->n_clock; k++) {
            c->clocks_hz[k] = drawn(rng, 5e8, 1e10);
        }
        p.flop[i] = drawn(rng, 2e10, 4e11);
        if (i + 1 < n_stage && spot_rng_below(rng, 2)) {
            p.hop_bits[i] = drawn(rng, 1e5, 3e7);
        }
    }
    p.full_bits = 1 + (int)spot_rng_below(rng, 32);
    p.max_delay_s = drawn(rng, 0.3, 10.0);
    p.max_energy_j = drawn(rng, 0.1, 20.0);
    return p;
}

#endif
