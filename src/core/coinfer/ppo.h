/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The networks of the policy that plans, and how it is asked. */
#ifndef SPOTI_COINFER_PPO_H
#define SPOTI_COINFER_PPO_H

#include "core/coinfer/plan.h"
#include "spot/coinfer_ppo.h"
#include "spot/rng.h"

enum { SPOTI_PPO_STATE = 4, SPOTI_PPO_HIDDEN = 32, SPOTI_PPO_ACTION = 3 };

/* state -> tanh (32) -> tanh (32) -> output. All members are doubles, so that it is one vector too. */
typedef struct spoti_ppo_net {
    double w_1[SPOTI_PPO_HIDDEN][SPOTI_PPO_STATE], b_1[SPOTI_PPO_HIDDEN];
    double w_2[SPOTI_PPO_HIDDEN][SPOTI_PPO_HIDDEN], b_2[SPOTI_PPO_HIDDEN];
    double w_3[SPOTI_PPO_ACTION][SPOTI_PPO_HIDDEN], b_3[SPOTI_PPO_ACTION]; /* a value uses row 0 */
    double log_sigma[SPOTI_PPO_ACTION]; /* of the noise on actions; a value has none */
} spoti_ppo_net;

enum { SPOTI_PPO_PARAMETERS = sizeof(spoti_ppo_net) / sizeof(double) };

/* What the forward pass leaves for the backward one. */
typedef struct spoti_ppo_pass {
    double state[SPOTI_PPO_STATE];
    double h_1[SPOTI_PPO_HIDDEN], h_2[SPOTI_PPO_HIDDEN];
    double out[SPOTI_PPO_ACTION];
} spoti_ppo_pass;

typedef struct spoti_ppo_adam {
    spoti_ppo_net mean, square; /* running moments */
    int64_t steps;
} spoti_ppo_adam;

struct spot_coinfer_ppo {
    const spot_allocator *allocator;
    spot_coinfer_problem problem; /* names the family */
    spot_coinfer_ppo_report report;
    spoti_ppo_net policy, value;
};

void spoti_ppo_net_init(spoti_ppo_net *net, spot_rng *rng, double out_scale);

/* pass->state is given. */
void spoti_ppo_forward(const spoti_ppo_net *net, spoti_ppo_pass *pass);

/* Adds the gradient of `d_out` (derivatives by the outputs) to `gradient`. */
void spoti_ppo_backward(const spoti_ppo_net *net, const spoti_ppo_pass *pass,
                        const double d_out[SPOTI_PPO_ACTION], spoti_ppo_net *gradient);

/* One step of Adam against `gradient`, whose norm is cut at 1 before. */
void spoti_ppo_adam_step(spoti_ppo_net *net, spoti_ppo_adam *adam, spoti_ppo_net *gradient,
                         double rate);

/* The state of a problem of the family. */
void spoti_ppo_state(const spot_coinfer_problem *family, const spot_coinfer_problem *problem,
                     double state[SPOTI_PPO_STATE]);

/* Bits (real, from below the fewest to b0) and clocks of an action before it is squashed. */
void spoti_ppo_squash(const spot_coinfer_problem *problem, const double action[SPOTI_PPO_ACTION],
                      double *bits, double clock_hz[SPOT_COINFER_STAGES_MAX]);

#endif
