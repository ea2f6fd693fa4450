/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plans every choice and picks the best of them. */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/plan/plan.h"
#include "spot/coinfer_ppo.h"

void spot_plan_config_default(spot_plan_config *config)
{
    if (config != NULL) {
        memset(config, 0, sizeof(*config));
        config->size = sizeof(*config);
    }
}

void spot_plan_result_free(spot_plan_result *result)
{
    if (result != NULL) {
        spoti_free(NULL, result->choice, SPOT_PLAN_CHOICES_MAX * sizeof(*result->choice));
        memset(result, 0, sizeof(*result));
    }
}

/* Runs the scheme on one choice; a policy that plans is trained for it if there is none. */
static spot_status plan_choice(spot_coinfer_scheme scheme, const spot_coinfer_scheme_config *config,
                               spot_plan_choice *c)
{
    spot_coinfer_scheme_config own;
    spot_coinfer_ppo *ppo = NULL;
    spot_status st = SPOT_OK;

    spot_coinfer_scheme_config_default(&own);
    if (config != NULL) {
        own = *config;
    }
    if (scheme == SPOT_COINFER_PPO && own.ppo == NULL) {
        st = spot_coinfer_ppo_train(&c->problem, NULL, &ppo);
        own.ppo = ppo;
    }
    if (st == SPOT_OK) {
        st = spot_coinfer_scheme_run(scheme, &c->problem, &own, &c->outcome);
    }
    spot_coinfer_ppo_destroy(ppo);
    c->tried = st == SPOT_OK;
    if (st == SPOT_OK) {
        st = spot_coinfer_bits_continuous(&c->problem, &c->bits_continuous);
    }
    return st == SPOT_E_UNSUPPORTED ? SPOT_OK : st;
}

/* H n D + F, or 0. */
static double output_of(const spot_plan_config *config, const spot_plan_result *result,
                        const spot_plan_choice *c)
{
    const spot_plan_split *s = &config->model->split[c->i_split];
    const double features = c->i_feature >= 0 ? s->feature[c->i_feature].distortion : 0.0;
    const double weights = s->agent_flop > 0.0 ? s->output_per_parameter * s->agent_parameters *
                                                     c->outcome.mean_objective
                                               : 0.0;

    return result->calibrated ? weights + features : 0.0;
}

/* Whether a is the better choice. */
static bool is_better(const spot_plan_config *config, bool calibrated, const spot_plan_choice *a,
                      const spot_plan_choice *b)
{
    const spot_coinfer_plan *p = &a->outcome.plan;
    const spot_coinfer_plan *q = &b->outcome.plan;

    if (a->tried != b->tried || p->feasible != q->feasible) {
        return a->tried != b->tried ? a->tried : p->feasible;
    }
    if (!p->feasible) {
        return p->least_energy_j < q->least_energy_j;
    }
    const double loss_a = calibrated ? a->output_distortion : a->outcome.mean_objective;
    const double loss_b = calibrated ? b->output_distortion : b->outcome.mean_objective;

    if (loss_a != loss_b) {
        return loss_a < loss_b;
    }
    return config->prefer == SPOT_COINFER_PREFER_DELAY ? p->delay_s < q->delay_s
                                                       : p->energy_j < q->energy_j;
}

void spoti_plan_pick(const spot_plan_config *config, spot_plan_result *result)
{
    result->best = 0;
    for (int i = 0; i < result->n_choice; i++) {
        spot_plan_choice *c = &result->choice[i];

        c->output_distortion = output_of(config, result, c);
        if (i > 0 && is_better(config, result->calibrated, c, &result->choice[result->best])) {
            result->best = i;
        }
    }
}

spot_status spot_plan_make(const spot_plan_config *config, spot_coinfer_scheme scheme,
                           const spot_coinfer_scheme_config *scheme_config,
                           spot_plan_result *result, spot_diag *diag)
{
    if (result == NULL) {
        return SPOT_E_INVALID;
    }
    memset(result, 0, sizeof(*result));
    result->choice =
        (spot_plan_choice *)spoti_calloc(NULL, SPOT_PLAN_CHOICES_MAX, sizeof(*result->choice));
    if (result->choice == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spoti_plan_choices(config, result, diag);
    for (int i = 0; st == SPOT_OK && i < result->n_choice; i++) {
        st = plan_choice(scheme, scheme_config, &result->choice[i]);
        if (st == SPOT_E_RANGE) {
            (void)spot_diag_set(diag, st,
                                "a clock that the computer does not have, or draws below 1, "
                                "expected clocks of its own and 1 draw or more");
        }
    }
    if (st == SPOT_OK) {
        spoti_plan_pick(config, result);
        if (!result->choice[result->best].tried) {
            st = spot_diag_set(diag, SPOT_E_UNSUPPORTED, "%s plans for two computers only",
                               spot_coinfer_scheme_name(scheme));
        }
    }
    if (st != SPOT_OK) {
        spot_plan_result_free(result);
    }
    return st;
}
