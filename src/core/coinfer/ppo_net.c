/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A network of two hidden layers, its gradient, and Adam. */
#include <math.h>
#include <string.h>

#include "core/coinfer/ppo.h"

enum { HIDDEN = SPOTI_PPO_HIDDEN, STATE = SPOTI_PPO_STATE, ACTION = SPOTI_PPO_ACTION };

void spoti_ppo_net_init(spoti_ppo_net *net, spot_rng *rng, double out_scale)
{
    memset(net, 0, sizeof(*net));
    for (int i = 0; i < HIDDEN; i++) {
        for (int j = 0; j < STATE; j++) {
            net->w_1[i][j] = spot_rng_normal(rng) / sqrt(STATE);
        }
        for (int j = 0; j < HIDDEN; j++) {
            net->w_2[i][j] = spot_rng_normal(rng) / sqrt(HIDDEN);
        }
    }
    for (int i = 0; i < ACTION; i++) {
        for (int j = 0; j < HIDDEN; j++) {
            net->w_3[i][j] = out_scale * spot_rng_normal(rng) / sqrt(HIDDEN);
        }
    }
}

void spoti_ppo_forward(const spoti_ppo_net *net, spoti_ppo_pass *pass)
{
    for (int i = 0; i < HIDDEN; i++) {
        double sum = net->b_1[i];

        for (int j = 0; j < STATE; j++) {
            sum += net->w_1[i][j] * pass->state[j];
        }
        pass->h_1[i] = tanh(sum);
    }
    for (int i = 0; i < HIDDEN; i++) {
        double sum = net->b_2[i];

        for (int j = 0; j < HIDDEN; j++) {
            sum += net->w_2[i][j] * pass->h_1[j];
        }
        pass->h_2[i] = tanh(sum);
    }
    for (int i = 0; i < ACTION; i++) {
        double sum = net->b_3[i];

        for (int j = 0; j < HIDDEN; j++) {
            sum += net->w_3[i][j] * pass->h_2[j];
        }
        pass->out[i] = sum;
    }
}

void spoti_ppo_backward(const spoti_ppo_net *net, const spoti_ppo_pass *pass,
                        const double d_out[ACTION], spoti_ppo_net *gradient)
{
    double d_2[HIDDEN] = {0.0};
    double d_1[HIDDEN] = {0.0};

    for (int i = 0; i < ACTION; i++) {
        gradient->b_3[i] += d_out[i];
        for (int j = 0; j < HIDDEN; j++) {
            gradient->w_3[i][j] += d_out[i] * pass->h_2[j];
            d_2[j] += d_out[i] * net->w_3[i][j];
        }
    }
    for (int i = 0; i < HIDDEN; i++) {
        const double d = d_2[i] * (1.0 - pass->h_2[i] * pass->h_2[i]);

        gradient->b_2[i] += d;
        for (int j = 0; j < HIDDEN; j++) {
            gradient->w_2[i][j] += d * pass->h_1[j];
            d_1[j] += d * net->w_2[i][j];
        }
    }
    for (int i = 0; i < HIDDEN; i++) {
        const double d = d_1[i] * (1.0 - pass->h_1[i] * pass->h_1[i]);

        gradient->b_1[i] += d;
        for (int j = 0; j < STATE; j++) {
            gradient->w_1[i][j] += d * pass->state[j];
        }
    }
}

void spoti_ppo_adam_step(spoti_ppo_net *net, spoti_ppo_adam *adam, spoti_ppo_net *gradient,
                         double rate)
{
    const double decay_1 = 0.9;
    const double decay_2 = 0.999;
    const double tiny = 1e-8;
    double *w = (double *)net;
    double *g = (double *)gradient;
    double *m = (double *)&adam->mean;
    double *v = (double *)&adam->square;
    double norm = 0.0;

    for (int i = 0; i < SPOTI_PPO_PARAMETERS; i++) {
        norm += g[i] * g[i];
    }
    const double cut = norm > 1.0 ? 1.0 / sqrt(norm) : 1.0;

    adam->steps++;
    const double unbias_1 = 1.0 - pow(decay_1, (double)adam->steps);
    const double unbias_2 = 1.0 - pow(decay_2, (double)adam->steps);

    for (int i = 0; i < SPOTI_PPO_PARAMETERS; i++) {
        const double d = cut * g[i];

        m[i] = decay_1 * m[i] + (1.0 - decay_1) * d;
        v[i] = decay_2 * v[i] + (1.0 - decay_2) * d * d;
        w[i] -= rate * (m[i] / unbias_1) / (sqrt(v[i] / unbias_2) + tiny);
    }
}
