/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The choices of a plan: each split, each width of what is sent, each server that may do the rest.
 *
 * A split with a server's part alone tries every server; one with a cloud's part too, every two of them in the
 * order given: what comes first is nearer to the agent.
 */
#include <string.h>

#include "core/base/config.h"
#include "core/base/text.h"
#include "lab/plan/plan.h"

static spot_coinfer_link link_to(const spot_plan_config *config, int server)
{
    const spot_coinfer_link none = {.bandwidth_bit_s = 1.0};

    return config->n_link > 0 ? config->links[server]->link : none;
}

/* What is the same in all problems. */
static spot_status start_problem(const spot_plan_config *config, spot_coinfer_problem *p,
                                 spot_diag *diag)
{
    spot_coinfer_problem_default(p);
    p->full_bits = config->model->full_bits;
    p->max_delay_s = config->max_delay_s;
    p->max_energy_j = config->max_energy_j;
    p->objective = config->objective;
    p->prefer = config->prefer;
    p->n_bits = config->n_bits;
    memcpy(p->bits, config->bits, sizeof(p->bits));
    return spot_platform_computer(config->agent, config->modes, &p->computer[0], diag);
}

/* Fills stage `i` and the hop to it. */
static spot_status add_stage(const spot_plan_config *config, int server, double flop,
                             double hop_bits, spot_coinfer_problem *p, spot_diag *diag)
{
    const int i = p->n_stage++;

    p->flop[i] = flop;
    p->hop_bits[i - 1] = config->n_link > 0 ? hop_bits : 0.0;
    p->link[i - 1] = link_to(config, server);
    return spot_platform_computer(config->servers[server], NULL, &p->computer[i], diag);
}

static spot_status add_choice(const spot_plan_config *config, const spot_plan_choice *which,
                              spot_plan_result *result, spot_diag *diag)
{
    const spot_plan_split *split = &config->model->split[which->i_split];
    const double sent =
        which->i_feature >= 0 ? split->feature[which->i_feature].uplink_bits : split->uplink_bits;
    if (result->n_choice == SPOT_PLAN_CHOICES_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "more than %d choices of split, width and server, expected fewer",
                             SPOT_PLAN_CHOICES_MAX);
    }
    spot_plan_choice *c = &result->choice[result->n_choice++];

    *c = *which;
    spot_status st = start_problem(config, &c->problem, diag);
    c->problem.n_stage = 1;
    c->problem.flop[0] = split->agent_flop;
    c->problem.lambda = split->lambda;
    if (st == SPOT_OK && which->server[0] >= 0) {
        st = add_stage(config, which->server[0], split->server_flop, sent, &c->problem, diag);
    }
    if (st == SPOT_OK && which->server[1] >= 0) {
        st = add_stage(config, which->server[1], split->cloud_flop, split->backhaul_bits,
                       &c->problem, diag);
    }
    return st == SPOT_OK ? spot_coinfer_problem_check(&c->problem, diag) : st;
}

static spot_status add_servers(const spot_plan_config *config, spot_plan_choice *which,
                               spot_plan_result *result, spot_diag *diag)
{
    const spot_plan_split *split = &config->model->split[which->i_split];
    const int parts = split->cloud_flop > 0.0 ? 2 : split->server_flop > 0.0 ? 1 : 0;
    spot_status st = SPOT_OK;

    which->server[0] = which->server[1] = -1;
    if (parts > config->n_server) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "split %s has %d parts beside the agent's, but there are %d servers: "
                             "expected at least as many",
                             split->name, parts, config->n_server);
    }
    if (parts == 0) {
        return add_choice(config, which, result, diag);
    }
    for (int i = 0; st == SPOT_OK && i < config->n_server; i++) {
        which->server[0] = i;
        which->server[1] = -1;
        if (parts == 1) {
            st = add_choice(config, which, result, diag);
        }
        for (int k = i + 1; st == SPOT_OK && parts == 2 && k < config->n_server; k++) {
            which->server[1] = k;
            st = add_choice(config, which, result, diag);
        }
    }
    return st;
}

static spot_status check(const spot_plan_config *config, spot_diag *diag)
{
    spot_status st = SPOTI_CONFIG_CHECK(spot_plan_config, config, diag);

    if (st != SPOT_OK || config->model == NULL || config->agent == NULL) {
        return st != SPOT_OK
                   ? st
                   : spot_diag_set(diag, SPOT_E_INVALID, "no model or no agent, expected both");
    }
    if (config->n_server < 0 || config->n_server > SPOT_PLAN_SERVERS_MAX ||
        (config->n_link != 0 && config->n_link != config->n_server)) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "%d servers and %d links, expected at most %d servers, and no link or "
                             "one for each",
                             config->n_server, config->n_link, SPOT_PLAN_SERVERS_MAX);
    }
    return SPOT_OK;
}

/* Whether every split that is tried says what its output loses. */
static bool is_calibrated(const spot_plan_model *model, const char *split)
{
    for (int i = 0; i < model->n_split; i++) {
        const spot_plan_split *s = &model->split[i];

        if ((split == NULL || strcmp(split, s->name) == 0) && s->agent_flop > 0.0 &&
            s->output_per_parameter <= 0.0) {
            return false;
        }
    }
    return model->n_split > 0;
}

static spot_status no_such_split(const spot_plan_config *config, spot_diag *diag)
{
    const spot_plan_model *model = config->model;
    char list[SPOT_DIAG_TEXT_SIZE / 2] = "";

    for (int i = 0; i < model->n_split; i++) {
        const size_t used = strlen(list);
        (void)spoti_format(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                           model->split[i].name);
    }
    return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                         "model %s has no split '%.64s', expected one of: %s", model->name,
                         config->split != NULL ? config->split : "", list);
}

spot_status spoti_plan_choices(const spot_plan_config *config, spot_plan_result *result,
                               spot_diag *diag)
{
    spot_status st = check(config, diag);
    int n_split = 0;

    if (st != SPOT_OK) {
        return st;
    }
    const spot_plan_model *model = config->model;

    result->calibrated = is_calibrated(model, config->split);
    for (int i = 0; st == SPOT_OK && i < model->n_split; i++) {
        const spot_plan_split *split = &model->split[i];
        spot_plan_choice which = {.i_split = i, .i_feature = -1};

        if (config->split != NULL && strcmp(config->split, split->name) != 0) {
            continue;
        }
        n_split++;
        for (int k = split->n_feature > 0 ? 0 : -1; st == SPOT_OK && k < split->n_feature; k++) {
            which.i_feature = k;
            st = add_servers(config, &which, result, diag);
        }
    }
    if (st == SPOT_OK && n_split == 0) {
        return no_such_split(config, diag);
    }
    if (st == SPOT_OK && !result->calibrated && (n_split > 1 || model->split[0].n_feature > 1)) {
        return spot_diag_set(
            diag, SPOT_E_INVALID,
            "model %s has more than one split or feature width but no calibration "
            "(output_per_parameter), so they cannot be compared: expected it, or one split named",
            model->name);
    }
    return st;
}
