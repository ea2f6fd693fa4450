/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From noise to a chunk with a network that takes one step of it, in K steps.
 *
 * flow: dx/dt = v from t0 (noise) to t1 by Euler: t = t0 + (t1 - t0) k / K, x <- x + v (t1 - t0) / K.
 *
 * ddim (Song et al., 2021, eq. 12 with eta = 0) over T levels of training, a = product of 1 - beta up to level t:
 * t = (K - 1 - k) floor(T / K), the level after it is t - floor(T / K), a = 1 below 0 (the "leading" spacing of the
 * library `diffusers`, final level 1). With the network's output o at x:
 *   epsilon: e = o,                         x0 = (x - sqrt(1 - a) e) / sqrt(a)
 *   sample:  x0 = o,                        e = (x - sqrt(a) x0) / sqrt(1 - a)
 *   v:       x0 = sqrt(a) x - sqrt(1 - a) o, e = sqrt(a) o + sqrt(1 - a) x
 * x0 is cut to +-clip, and x <- sqrt(b) x0 + sqrt(1 - b) e with b of the level after it.
 * betas: linear from beta_start to beta_end; cosine: min(1 - c((t + 1) / T) / c(t / T), 0.999) with
 * c(s) = cos^2((s + 0.008) / 1.008 pi / 2) (Nichol and Dhariwal, 2021).
 */
#ifndef SPOTI_BRAIN_ONNX_REFINE_H
#define SPOTI_BRAIN_ONNX_REFINE_H

#include <stddef.h>

#include "runtime/brain/onnx_file.h"

typedef struct spoti_ort_refinement {
    spoti_ort_rule rule;
    double t0, t1; /* of flow */
    spoti_ort_predicts predicts;
    spoti_ort_schedule schedule;
    int train_steps;
    double beta_start, beta_end;
    double clip; /* 0 = none */
} spoti_ort_refinement;

/* One step: what the network is told, and what its output does. */
typedef struct spoti_ort_step {
    double time;  /* flow: t; ddim: the level */
    double dt;    /* flow */
    double now;   /* ddim: a */
    double after; /* ddim: b */
} spoti_ort_step;

spoti_ort_refinement spoti_ort_refinement_of(const spoti_ort_loop_file *file);

/* steps (n_steps, 1..SPOT_POINT_STEPS_MAX) of a refinement. Returns SPOT_OK, E_RANGE (more than the training has). */
spot_status spoti_ort_steps(const spoti_ort_refinement *r, int n_steps, spoti_ort_step *steps,
                            spot_diag *diag);

/* The next x from x and the network's output. */
double spoti_ort_next(const spoti_ort_refinement *r, const spoti_ort_step *step, double x,
                      double output);

#endif
