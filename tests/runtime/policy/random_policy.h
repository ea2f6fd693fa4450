/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Random policies for tests: written as a policy folder, and evaluated in double precision.
 *
 * The evaluation is the oracle: the formulas of train/model.py as plain loops over the tensors as
 * they stand in the file, sharing no arithmetic with the library.
 */
#ifndef RANDOM_POLICY_H
#define RANDOM_POLICY_H

#include "runtime/policy/random_tensors.h"

typedef struct random_policy random_policy;

typedef struct random_policy_sizes {
    int obs, action, horizon, channels, token_hidden, channel_hidden, blocks, time_dim;
} random_policy_sizes;

/* The sizes of a trained policy, and awkward small ones. */
extern const random_policy_sizes random_policy_full;
extern const random_policy_sizes random_policy_small;

/* Draws the weights. Fails the test if memory is short. */
random_policy *random_policy_create(const random_policy_sizes *sizes, unsigned seed);
void random_policy_destroy(random_policy *policy);

/* Creates the folder `dir` with config.json and model.safetensors (F32). */
void random_policy_write(const random_policy *policy, const char *dir);

/* chunk (horizon x action) of one sample in double precision. */
void random_policy_eval(const random_policy *policy, int steps, const float *obs,
                        const float *noise, double *chunk);

#endif
