/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Training of the policy that plans: proximal policy optimisation (clipped ratio, one-step episodes).
 *
 * An action before squashing is normal around the policy's output, a = mu(s) + sigma n. With the ratio
 * r = p(a) / p_old(a) and the normalised advantage A = reward - V(s), the loss is
 * -min(r A, clip(r, 0.8, 1.2) A) + (V(s) - reward)^2 / 2; its derivative by mu is -A r n / sigma where
 * the clip does not hold.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/coinfer/coinfer.h"
#include "core/coinfer/ppo.h"

enum { BATCH = 1024, MINIBATCH = 128, EPOCHS = 4, ACTION = SPOTI_PPO_ACTION };

static const double RATE = 1e-3;
static const double CLIP = 0.2;
static const double SIGMA_FIRST = 0.6; /* of actions before squashing */
static const double LOG_SIGMA_LEAST = -3.0;
static const double PENALTY = 5.0;

typedef struct sample {
    double state[SPOTI_PPO_STATE];
    double action[ACTION];
    double log_p; /* of the action when it was drawn, up to a constant */
    double reward, advantage;
} sample;

typedef struct trainer {
    spoti_ppo_adam policy_adam, value_adam;
    spoti_ppo_net gradient;
    sample samples[BATCH];
} trainer;

void spot_coinfer_ppo_config_default(spot_coinfer_ppo_config *config)
{
    if (config != NULL) {
        *config = (spot_coinfer_ppo_config){
            .size = sizeof(*config), .iterations = 150, .budget_span = 2.0, .seed = 1};
    }
}

static double ratio_of(double x, double by)
{
    return by > 0.0 ? x / by : 0.0;
}

void spoti_ppo_state(const spot_coinfer_problem *family, const spot_coinfer_problem *problem,
                     double state[SPOTI_PPO_STATE])
{
    spoti_load named;
    spoti_load this;

    spoti_load_of(family, 1.0, &named);
    spoti_load_of(problem, 1.0, &this);
    state[0] = log(problem->max_delay_s / family->max_delay_s);
    state[1] = log(problem->max_energy_j / family->max_energy_j);
    state[2] = ratio_of(this.fixed_s, named.fixed_s);
    state[3] = ratio_of(this.fixed_j, named.fixed_j);
}

static double squash(double x, double lo, double hi)
{
    return lo + (hi - lo) / (1.0 + exp(-x));
}

static double nearest_clock(const spot_coinfer_computer *c, double hz)
{
    double best = c->clocks_hz[0];

    for (int i = 1; i < c->n_clock; i++) {
        if (fabs(c->clocks_hz[i] - hz) < fabs(best - hz)) {
            best = c->clocks_hz[i];
        }
    }
    return c->n_clock > 0 ? best : hz;
}

void spoti_ppo_squash(const spot_coinfer_problem *problem, const double action[ACTION],
                      double *bits, double clock_hz[SPOT_COINFER_STAGES_MAX])
{
    *bits = squash(action[0], 1.0, problem->full_bits + 1.0);
    for (int i = 0; i < problem->n_stage; i++) {
        const spot_coinfer_computer *c = &problem->computer[i];
        const double hi = spoti_clock_max(c);
        const double lo = fmax(1e-6 * hi, spoti_clock_min(c)); /* no clock of 0 */

        clock_hz[i] = nearest_clock(c, squash(action[1 + i], lo, hi));
    }
}

/* The largest bits of the problem up to `bits`, or the fewest. */
static int floor_bits(const spot_coinfer_problem *problem, double bits)
{
    int best = spoti_bits_at(problem, 0);

    for (int i = 1; i < spoti_bits_count(problem); i++) {
        best = spoti_bits_at(problem, i) <= bits ? spoti_bits_at(problem, i) : best;
    }
    return best;
}

static double reward_of(const spot_coinfer_problem *problem, const double action[ACTION])
{
    double hz[SPOT_COINFER_STAGES_MAX] = {0.0};
    double bits = 0.0;
    double upper = 0.0;
    spot_coinfer_plan plan;

    spoti_ppo_squash(problem, action, &bits, hz);
    spoti_plan_of(problem, floor_bits(problem, bits), hz, &plan);
    (void)spot_coinfer_distortion(SPOT_COINFER_VERDU, 1.0, plan.bits, &upper);
    return -upper - PENALTY * fmax(0.0, plan.delay_s / problem->max_delay_s - 1.0) -
           PENALTY * fmax(0.0, plan.energy_j / problem->max_energy_j - 1.0);
}

/* A problem of the family. */
static void draw_problem(const spot_coinfer_problem *family, double span, spot_rng *rng,
                         spot_coinfer_problem *problem)
{
    const double width = log(span);

    *problem = *family;
    problem->max_delay_s *= exp(spot_rng_uniform(rng, -width, width));
    problem->max_energy_j *= exp(spot_rng_uniform(rng, -width, width));

    const double sent = exp(spot_rng_uniform(rng, -width, width));

    for (int i = 0; i + 1 < problem->n_stage; i++) {
        problem->hop_bits[i] *= sent;
    }
}

static double log_p_of(const spoti_ppo_net *policy, const double mean[ACTION],
                       const double action[ACTION])
{
    double sum = 0.0;

    for (int i = 0; i < ACTION; i++) {
        const double n = (action[i] - mean[i]) / exp(policy->log_sigma[i]);

        sum -= n * n / 2.0 + policy->log_sigma[i];
    }
    return sum;
}

/* Tries the policy on a batch of problems; returns the mean reward. */
static double collect(const spot_coinfer_ppo *ppo, double span, spot_rng *rng, trainer *t)
{
    double reward = 0.0;
    double mean = 0.0;
    double square = 0.0;

    for (int i = 0; i < BATCH; i++) {
        sample *s = &t->samples[i];
        spot_coinfer_problem problem;
        spoti_ppo_pass pass;

        draw_problem(&ppo->problem, span, rng, &problem);
        spoti_ppo_state(&ppo->problem, &problem, s->state);
        memcpy(pass.state, s->state, sizeof(pass.state));
        spoti_ppo_forward(&ppo->policy, &pass);
        for (int k = 0; k < ACTION; k++) {
            s->action[k] = pass.out[k] + exp(ppo->policy.log_sigma[k]) * spot_rng_normal(rng);
        }
        s->log_p = log_p_of(&ppo->policy, pass.out, s->action);
        s->reward = reward_of(&problem, s->action);
        spoti_ppo_forward(&ppo->value, &pass);
        s->advantage = s->reward - pass.out[0];
        reward += s->reward / BATCH;
        mean += s->advantage / BATCH;
        square += s->advantage * s->advantage / BATCH;
    }
    const double sd = sqrt(fmax(0.0, square - mean * mean)) + 1e-8;

    for (int i = 0; i < BATCH; i++) {
        t->samples[i].advantage = (t->samples[i].advantage - mean) / sd;
    }
    return reward;
}

static void update_policy(spot_coinfer_ppo *ppo, const sample *samples, trainer *t)
{
    memset(&t->gradient, 0, sizeof(t->gradient));
    for (int i = 0; i < MINIBATCH; i++) {
        const sample *s = &samples[i];
        spoti_ppo_pass pass;
        double d_out[ACTION];

        memcpy(pass.state, s->state, sizeof(pass.state));
        spoti_ppo_forward(&ppo->policy, &pass);

        const double r = exp(log_p_of(&ppo->policy, pass.out, s->action) - s->log_p);

        if (s->advantage > 0.0 ? r > 1.0 + CLIP : r < 1.0 - CLIP) {
            continue; /* beyond the clip nothing is to be gained */
        }
        for (int k = 0; k < ACTION; k++) {
            const double sigma = exp(ppo->policy.log_sigma[k]);
            const double n = (s->action[k] - pass.out[k]) / sigma;

            d_out[k] = -s->advantage * r * n / sigma / MINIBATCH;
            t->gradient.log_sigma[k] -= s->advantage * r * (n * n - 1.0) / MINIBATCH;
        }
        spoti_ppo_backward(&ppo->policy, &pass, d_out, &t->gradient);
    }
    spoti_ppo_adam_step(&ppo->policy, &t->policy_adam, &t->gradient, RATE);
    for (int k = 0; k < ACTION; k++) {
        ppo->policy.log_sigma[k] = fmin(0.0, fmax(LOG_SIGMA_LEAST, ppo->policy.log_sigma[k]));
    }
}

static void update_value(spot_coinfer_ppo *ppo, const sample *samples, trainer *t)
{
    memset(&t->gradient, 0, sizeof(t->gradient));
    for (int i = 0; i < MINIBATCH; i++) {
        spoti_ppo_pass pass;
        double d_out[ACTION] = {0.0};

        memcpy(pass.state, samples[i].state, sizeof(pass.state));
        spoti_ppo_forward(&ppo->value, &pass);
        d_out[0] = (pass.out[0] - samples[i].reward) / MINIBATCH;
        spoti_ppo_backward(&ppo->value, &pass, d_out, &t->gradient);
    }
    spoti_ppo_adam_step(&ppo->value, &t->value_adam, &t->gradient, RATE);
}

static void train(spot_coinfer_ppo *ppo, const spot_coinfer_ppo_config *config, trainer *t)
{
    spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_PLAN, 1);

    spoti_ppo_net_init(&ppo->policy, &rng, 0.01);
    spoti_ppo_net_init(&ppo->value, &rng, 1.0);
    for (int k = 0; k < ACTION; k++) {
        ppo->policy.log_sigma[k] = log(SIGMA_FIRST);
    }
    for (int i = 0; i < config->iterations; i++) {
        const double reward = collect(ppo, config->budget_span, &rng, t);

        ppo->report.reward_first = i == 0 ? reward : ppo->report.reward_first;
        ppo->report.reward_last = reward;
        ppo->report.episodes += BATCH;
        for (int k = 0; k < EPOCHS * (BATCH / MINIBATCH); k++) {
            /* samples are independent draws already: minibatches need no shuffle */
            const sample *part = &t->samples[(k % (BATCH / MINIBATCH)) * MINIBATCH];

            update_policy(ppo, part, t);
            update_value(ppo, part, t);
            ppo->report.updates++;
        }
    }
    ppo->report.parameters = 2 * (int64_t)SPOTI_PPO_PARAMETERS;
}

spot_status spot_coinfer_ppo_train(const spot_coinfer_problem *problem,
                                   const spot_coinfer_ppo_config *config, spot_coinfer_ppo **out)
{
    spot_coinfer_ppo_config standard;
    spot_status st = SPOT_OK;

    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    spot_coinfer_ppo_config_default(&standard);
    if (config != NULL) {
        st = SPOTI_CONFIG_CHECK(spot_coinfer_ppo_config, config, NULL);
        standard = *config;
    }
    if (st == SPOT_OK) {
        st = spot_coinfer_problem_check(problem, NULL);
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (standard.iterations < 1 || standard.iterations > 100000 ||
        !(standard.budget_span >= 1.0 && standard.budget_span <= 100.0)) {
        return SPOT_E_RANGE;
    }
    if (problem->n_stage > 2) {
        return SPOT_E_UNSUPPORTED;
    }
    spot_coinfer_ppo *ppo = (spot_coinfer_ppo *)spoti_calloc(standard.allocator, 1, sizeof(*ppo));
    trainer *t = (trainer *)spoti_calloc(standard.allocator, 1, sizeof(*t));

    if (ppo != NULL && t != NULL) {
        ppo->allocator = standard.allocator;
        ppo->problem = *problem;
        train(ppo, &standard, t);
        *out = ppo;
        ppo = NULL;
    } else {
        st = SPOT_E_NOMEM;
    }
    spoti_free(standard.allocator, t, sizeof(*t));
    spoti_free(standard.allocator, ppo, sizeof(*ppo));
    return st;
}

void spot_coinfer_ppo_destroy(spot_coinfer_ppo *ppo)
{
    if (ppo != NULL) {
        spoti_free(ppo->allocator, ppo, sizeof(*ppo));
    }
}

const spot_coinfer_ppo_report *spot_coinfer_ppo_describe(const spot_coinfer_ppo *ppo)
{
    return ppo != NULL ? &ppo->report : NULL;
}
