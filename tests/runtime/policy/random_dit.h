/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Random transformer policies for tests, with the formulas of train/model_dit.py as the oracle. */
#ifndef RANDOM_DIT_H
#define RANDOM_DIT_H

#include "runtime/policy/random_tensors.h"

typedef struct random_dit random_dit;

enum { RANDOM_DIT_GROUPS_MAX = 8 };

typedef struct random_dit_sizes {
    int obs, action, horizon, width, heads, mlp_hidden, blocks, time_dim;
    int groups[RANDOM_DIT_GROUPS_MAX]; /* ends with 0 */
    const char *sampler, *prediction;
    int frames, commands; /* most past tokens; 0 = no history */
} random_dit_sizes;

/* The sizes of a trained policy, awkward small ones, and small ones that groups of 64 inputs divide;
 * all with flow steps. */
extern const random_dit_sizes random_dit_even;
extern const random_dit_sizes random_dit_full;
extern const random_dit_sizes random_dit_small;

/* Draws the weights. Fails the test if memory is short. */
random_dit *random_dit_create(const random_dit_sizes *sizes, unsigned seed);
void random_dit_destroy(random_dit *policy);

/* Creates the folder `dir` with config.json and model.safetensors (F32). */
void random_dit_write(const random_dit *policy, const char *dir);

/* From now on evaluates the layer `site` (sa.q ...) of block `block` in 32, 16, 8 or 4 bits, by the
 * definition at the top of nn/linear.h, with groups of 64 inputs at 4 bits. */
void random_dit_set_bits(random_dit *policy, int block, const char *site, int bits);

/* The weights, for who changes them under the oracle. Borrowed. */
random_tensors *random_dit_tensors(random_dit *policy);

/* With history: notes a past frame (obs) and command (action), forgets all, and reads from now on at
 * most so many of either (at first all that are kept). Evaluation starts from the numbers themselves,
 * so nothing is cached here. */
void random_dit_remember(random_dit *policy, const float *obs, const float *command);
void random_dit_forget(random_dit *policy);
void random_dit_set_window(random_dit *policy, int frames, int commands);

/* chunk (horizon x action) of one sample in double precision. */
void random_dit_eval(const random_dit *policy, int steps, const float *obs, const float *noise,
                     double *chunk);

#endif
