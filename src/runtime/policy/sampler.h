/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From noise to actions in K steps: each is x <- p x + q output(x, t), with t, p, q known beforehand.
 *
 * flow: dx/dt = v from t = 0 (noise) to 1 by Euler steps; t = k/K, p = 1, q = 1/K.
 *
 * ddim (Song et al., 2021, eq. 12 with eta = 0): x_s = sqrt(a(s)) x_0 + sqrt(1 - a(s)) e with the
 * cosine schedule (Nichol and Dhariwal, 2021) a(s) = max(cos2((s + o)/(1 + o) pi/2) /
 * cos2(o/(1 + o) pi/2), 1e-3), o = 0.008; t = s = 1 - k/K. With a at this level and b at the next
 *   network predicts x_0:  p = sqrt((1 - b)/(1 - a)),  q = sqrt(b) - p sqrt(a)
 *   network predicts e:    p = sqrt(b/a),              q = sqrt(1 - b) - p sqrt(1 - a)
 * The last level is s = 0 with a = 1: there the first becomes x = x_0. The floor of 1e-3 keeps the
 * second finite at s = 1, where it amplifies errors 32 times.
 */
#ifndef SPOTI_POLICY_SAMPLER_H
#define SPOTI_POLICY_SAMPLER_H

typedef enum spoti_prediction {
    SPOTI_PREDICTION_VELOCITY = 0, /* sampler flow */
    SPOTI_PREDICTION_SAMPLE,       /* sampler ddim: the action */
    SPOTI_PREDICTION_EPSILON,      /* sampler ddim: the noise */
} spoti_prediction;

typedef struct spoti_sampler_step {
    double time; /* what the network is given */
    double p, q;
} spoti_sampler_step;

/* Step k = 0 .. steps - 1. */
spoti_sampler_step spoti_sampler_at(spoti_prediction prediction, int k, int steps);

#endif
