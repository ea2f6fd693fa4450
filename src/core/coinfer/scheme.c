/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Schemes behind one table, and the three that need no file of their own: exact, fixed, random.
 */
#include <math.h>
#include <string.h>

#include "core/base/config.h"
#include "core/coinfer/plan.h"
#include "spot/rng.h"

static const spoti_scheme *const SCHEMES[SPOT_COINFER_SCHEMES] = {
    &spoti_scheme_exact,  &spoti_scheme_sca, &spoti_scheme_fixed,
    &spoti_scheme_random, &spoti_scheme_ppo,
};

static const spoti_scheme *find(spot_coinfer_scheme scheme)
{
    return (size_t)scheme < SPOT_COINFER_SCHEMES ? SCHEMES[scheme] : NULL;
}

const char *spot_coinfer_scheme_name(spot_coinfer_scheme scheme)
{
    const spoti_scheme *s = find(scheme);

    return s != NULL ? s->name : NULL;
}

const char *spot_coinfer_scheme_help(spot_coinfer_scheme scheme)
{
    const spoti_scheme *s = find(scheme);

    return s != NULL ? s->help : NULL;
}

void spot_coinfer_scheme_config_default(spot_coinfer_scheme_config *config)
{
    if (config != NULL) {
        *config = (spot_coinfer_scheme_config){
            .size = sizeof(*config), .draws = 10000, .tries_max = 10000000, .seed = 1};
    }
}

void spoti_outcome_of_plan(spot_coinfer_outcome *outcome)
{
    const spot_coinfer_plan *plan = &outcome->plan;

    outcome->bits_real = plan->bits;
    outcome->mean_objective = plan->objective;
    outcome->mean_delay_s = plan->delay_s;
    outcome->mean_energy_j = plan->energy_j;
    outcome->accepted = plan->feasible ? 1.0 : 0.0;
}

/* ---- exact ---- */

static spot_status run_exact(const spot_coinfer_problem *problem,
                             const spot_coinfer_scheme_config *config,
                             spot_coinfer_outcome *outcome)
{
    (void)config;
    spoti_plan_below(problem, (double)INFINITY, &outcome->plan);
    spoti_outcome_of_plan(outcome);
    return SPOT_OK;
}

const spoti_scheme spoti_scheme_exact = {
    "exact", "the best plan: clocks in closed form, bits by bisection", run_exact};

/* ---- fixed ---- */

static spot_status run_fixed(const spot_coinfer_problem *problem,
                             const spot_coinfer_scheme_config *config,
                             spot_coinfer_outcome *outcome)
{
    double hz[SPOT_COINFER_STAGES_MAX] = {0.0};

    for (int i = 0; i < problem->n_stage; i++) {
        const spot_coinfer_computer *c = &problem->computer[i];

        hz[i] = config->fixed_hz[i] == 0.0 ? spoti_clock_max(c) : config->fixed_hz[i];
        if (!(hz[i] > 0.0) || !spoti_clock_is(c, hz[i])) {
            return SPOT_E_RANGE;
        }
    }
    const int bits = spoti_bits_at_clocks(problem, hz, (double)INFINITY);

    spoti_plan_of(problem, bits > 0 ? bits : spoti_bits_at(problem, 0), hz, &outcome->plan);
    spoti_outcome_of_plan(outcome);
    return SPOT_OK;
}

const spoti_scheme spoti_scheme_fixed = {
    "fixed", "the most bits at given clocks, else at the largest ones", run_fixed};

/* ---- random ---- */

static double draw_clock(const spot_coinfer_computer *c, spot_rng *rng)
{
    if (c->n_clock > 0) {
        return c->clocks_hz[spot_rng_below(rng, (uint32_t)c->n_clock)];
    }
    /* from the top, so that a clock of 0 is not drawn */
    return c->clock_max_hz - spot_rng_uniform(rng, 0.0, c->clock_max_hz - c->clock_min_hz);
}

static spot_status run_random(const spot_coinfer_problem *problem,
                              const spot_coinfer_scheme_config *config,
                              spot_coinfer_outcome *outcome)
{
    spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_PLAN, 0);
    int64_t found = 0;
    int64_t tries = 0;
    double bits = 0.0;
    double objective = 0.0;
    double delay_s = 0.0;
    double energy_j = 0.0;

    spoti_plan_below(problem, (double)INFINITY, &outcome->plan); /* says what lacks */
    if (!outcome->plan.feasible) {
        spoti_outcome_of_plan(outcome); /* no draw ever will be */
        return SPOT_OK;
    }
    while (found < config->draws && tries < config->tries_max) {
        spot_coinfer_plan plan;
        double hz[SPOT_COINFER_STAGES_MAX] = {0.0};
        const uint32_t i = spot_rng_below(&rng, (uint32_t)spoti_bits_count(problem));

        for (int k = 0; k < problem->n_stage; k++) {
            hz[k] = draw_clock(&problem->computer[k], &rng);
        }
        spoti_plan_of(problem, spoti_bits_at(problem, (int)i), hz, &plan);
        tries++;
        if (!plan.feasible) {
            continue;
        }
        if (found == 0) {
            outcome->plan = plan;
        }
        found++;
        bits += plan.bits;
        objective += plan.objective;
        delay_s += plan.delay_s;
        energy_j += plan.energy_j;
    }
    if (found == 0) { /* given up */
        spoti_plan_below(problem, 0.0, &outcome->plan);
        spoti_outcome_of_plan(outcome);
        return SPOT_OK;
    }
    outcome->bits_real = bits / (double)found;
    outcome->mean_objective = objective / (double)found;
    outcome->mean_delay_s = delay_s / (double)found;
    outcome->mean_energy_j = energy_j / (double)found;
    outcome->accepted = (double)found / (double)tries;
    return SPOT_OK;
}

const spoti_scheme spoti_scheme_random = {
    "random", "bits and clocks drawn evenly until they are feasible; means of the draws",
    run_random};

/* ---- the call ---- */

spot_status spot_coinfer_scheme_run(spot_coinfer_scheme scheme, const spot_coinfer_problem *problem,
                                    const spot_coinfer_scheme_config *config,
                                    spot_coinfer_outcome *outcome)
{
    spot_coinfer_scheme_config standard;
    const spoti_scheme *s = find(scheme);
    spot_status st = s == NULL || outcome == NULL ? SPOT_E_INVALID : SPOT_OK;

    if (st == SPOT_OK) {
        st = spot_coinfer_problem_check(problem, NULL);
    }
    if (st == SPOT_OK && config != NULL) {
        st = SPOTI_CONFIG_CHECK(spot_coinfer_scheme_config, config, NULL);
    }
    if (st != SPOT_OK) {
        return st;
    }
    spot_coinfer_scheme_config_default(&standard);
    if (config != NULL) {
        standard = *config;
    }
    if (standard.draws < 1 || standard.tries_max < 1) {
        return SPOT_E_RANGE;
    }
    memset(outcome, 0, sizeof(*outcome));
    return s->run(problem, &standard, outcome);
}
