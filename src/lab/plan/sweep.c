/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plans over a row of budgets, by every scheme. */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "lab/plan/plan.h"
#include "spot/coinfer_ppo.h"

void spot_plan_sweep_config_default(spot_plan_sweep_config *config)
{
    if (config != NULL) {
        memset(config, 0, sizeof(*config));
        config->size = sizeof(*config);
        for (int i = 0; i < SPOT_COINFER_SCHEMES; i++) {
            config->scheme[i] = true;
        }
    }
}

void spot_plan_sweep_free(spot_plan_sweep *sweep)
{
    if (sweep != NULL) {
        spoti_free(NULL, sweep->row,
                   (size_t)sweep->n_budget * SPOT_COINFER_SCHEMES * sizeof(*sweep->row));
        memset(sweep, 0, sizeof(*sweep));
    }
}

static spot_status check(const spot_plan_sweep_config *c, int *n_budget, spot_diag *diag)
{
    const spot_status st = SPOTI_CONFIG_CHECK(spot_plan_sweep_config, c, diag);

    if (st != SPOT_OK) {
        return st;
    }
    if (!(c->from > 0.0 && c->to >= c->from && c->step > 0.0 && isfinite(c->to) &&
          isfinite(c->step))) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "budgets from %g to %g by %g, expected from <= to and all above 0",
                             c->from, c->to, c->step);
    }
    const double n = floor((c->to - c->from) / c->step + 1e-9) + 1.0;
    if (n > SPOT_PLAN_BUDGETS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%.0f budgets, expected at most %d", n,
                             SPOT_PLAN_BUDGETS_MAX);
    }
    *n_budget = (int)n;
    return SPOT_OK;
}

static void set_budget(spot_plan_config *config, spot_plan_budget budget, double value)
{
    if (budget == SPOT_PLAN_BUDGET_DELAY) {
        config->max_delay_s = value;
    } else {
        config->max_energy_j = value;
    }
}

/* Trains for the middle of the budgets; *ppo stays NULL where it cannot be used. */
static spot_status train(const spot_plan_config *config, const spot_plan_sweep_config *sweep,
                         spot_coinfer_ppo **ppo, spot_diag *diag)
{
    spot_plan_config middle = *config;
    spot_coinfer_ppo_config training;
    spot_plan_result result;

    set_budget(&middle, sweep->budget, sqrt(sweep->from * sweep->to));
    spot_status st = spot_plan_make(&middle, SPOT_COINFER_EXACT_PLAN, NULL, &result, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spot_coinfer_ppo_config_default(&training);
    training.budget_span = fmin(100.0, fmax(training.budget_span, sqrt(sweep->to / sweep->from)));
    if (result.n_choice == 1) {
        st = spot_coinfer_ppo_train(&result.choice[0].problem, &training, ppo);
    }
    spot_plan_result_free(&result);
    return st == SPOT_E_UNSUPPORTED ? SPOT_OK : st;
}

static spot_status plan_row(const spot_plan_config *config, spot_coinfer_scheme scheme,
                            const spot_coinfer_scheme_config *scheme_config,
                            spot_plan_sweep_row *row, spot_diag *diag)
{
    spot_plan_result result;
    const spot_status st = spot_plan_make(config, scheme, scheme_config, &result, diag);

    if (st != SPOT_OK) {
        return st == SPOT_E_UNSUPPORTED ? SPOT_OK : st;
    }
    const spot_plan_choice *c = &result.choice[result.best];

    row->tried = true;
    row->feasible = c->outcome.plan.feasible;
    row->bits = scheme == SPOT_COINFER_RANDOM ? c->outcome.bits_real : c->outcome.plan.bits;
    row->objective = c->outcome.mean_objective;
    row->delay_s = c->outcome.mean_delay_s;
    row->energy_j = c->outcome.mean_energy_j;
    row->output_distortion = c->output_distortion;
    spot_plan_result_free(&result);
    return SPOT_OK;
}

spot_status spot_plan_sweep_make(const spot_plan_config *config,
                                 const spot_plan_sweep_config *sweep_config, spot_plan_sweep *sweep,
                                 spot_diag *diag)
{
    spot_coinfer_scheme_config scheme_config;
    spot_coinfer_ppo *ppo = NULL;
    int n_budget = 0;

    if (sweep == NULL || config == NULL) {
        return SPOT_E_INVALID;
    }
    memset(sweep, 0, sizeof(*sweep));
    spot_status st = check(sweep_config, &n_budget, diag);
    if (st != SPOT_OK) {
        return st;
    }
    sweep->row = (spot_plan_sweep_row *)spoti_calloc(NULL, (size_t)n_budget * SPOT_COINFER_SCHEMES,
                                                     sizeof(*sweep->row));
    if (sweep->row == NULL) {
        return SPOT_E_NOMEM;
    }
    sweep->n_budget = n_budget;
    sweep->budget = sweep_config->budget;
    spot_coinfer_scheme_config_default(&scheme_config);
    if (sweep_config->scheme_config != NULL) {
        scheme_config = *sweep_config->scheme_config;
    }
    if (sweep_config->scheme[SPOT_COINFER_PPO] && scheme_config.ppo == NULL) {
        st = train(config, sweep_config, &ppo, diag);
        scheme_config.ppo = ppo;
        sweep->ppo_episodes = ppo != NULL ? spot_coinfer_ppo_describe(ppo)->episodes : 0;
    }
    for (int i = 0; st == SPOT_OK && i < n_budget * SPOT_COINFER_SCHEMES; i++) {
        const spot_coinfer_scheme scheme = (spot_coinfer_scheme)(i % SPOT_COINFER_SCHEMES);
        const int at_budget = i / SPOT_COINFER_SCHEMES;
        spot_plan_config at = *config;

        sweep->row[i].budget = sweep_config->from + (double)at_budget * sweep_config->step;
        set_budget(&at, sweep->budget, sweep->row[i].budget);
        if (sweep_config->scheme[scheme] && (scheme != SPOT_COINFER_PPO || scheme_config.ppo)) {
            st = plan_row(&at, scheme, &scheme_config, &sweep->row[i], diag);
        }
    }
    spot_coinfer_ppo_destroy(ppo);
    if (st != SPOT_OK) {
        spot_plan_sweep_free(sweep);
    }
    return st;
}
