/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What depends on time alone: the time embedding, and with it adaLN's scale, shift and gate of every
 * layer at every refinement step. Computed once, when a session is created.
 */
#ifndef SPOTI_POLICY_MODULATION_H
#define SPOTI_POLICY_MODULATION_H

#include "runtime/nn/arena.h"
#include "runtime/policy/layers.h"

/* Modulation at all steps: (steps x width), each row n_part parts of C channels. In train/ a part is
 * scale, shift, gate in turn; here 1 + scale stands for scale. */
typedef struct spoti_modulation {
    float *values;
    size_t width;
    size_t channels;
} spoti_modulation;

/* One layer's modulation at one step; gate is valid only where the layer has one. */
typedef struct spoti_modulation_row {
    const float *gain, *shift, *gate; /* (C) */
} spoti_modulation_row;

/* Takes the array from the arena; n_part x channels values a step. */
void spoti_modulation_place(spoti_modulation *mod, spoti_arena *arena, size_t steps, size_t n_part,
                            size_t channels);

/* The three parts from part 3 * index on, at `step`. */
spoti_modulation_row spoti_modulation_at(const spoti_modulation *mod, size_t step, size_t index);

/* Computes mod from embedded times (steps x layer->k). */
void spoti_modulation_compute(const spoti_modulation *mod, const spoti_kernels *kernels,
                              const spoti_layer *layer, size_t steps, const float *time);

/* The two layers of the time embedding, and the features they start from. */
typedef struct spoti_time_embedding {
    spoti_layer fc1, fc2; /* time_dim -> time_dim */
    double period_min, period_max;
} spoti_time_embedding;

/* time[k] (steps x time_dim) holds the embedding of times[k], SiLU applied; scratch is as large. */
void spoti_time_embed(const spoti_time_embedding *embedding, const spoti_kernels *kernels,
                      const double *times, size_t steps, float *scratch, float *time);

#endif
