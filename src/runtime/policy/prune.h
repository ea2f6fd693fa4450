/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Magnitude pruning: a policy with some of its weights left out, made when a session is created.
 *
 * What can be pruned are the linear layers of the blocks, and none of their biases or of what makes
 * tokens, modulation and actions:
 *
 *     dit         the sites sa.q sa.k sa.v sa.out ca.q ca.k ca.v ca.out mlp.l1 mlp.l2
 *     flow_mixer  token_mlp.fc1 token_mlp.fc2 channel_mlp.fc1 channel_mlp.fc2
 *
 * Kinds, each applied to every such layer by itself, W being (n outputs x k inputs) in row-major order:
 *
 *     F      fraction: the round(F n k) weights of the smallest magnitude become 0.
 *     2:4    of each four consecutive inputs of an output the two smallest weights become 0; of t < 4
 *            inputs at the end, floor(t / 2).
 *     mlp:F  of each MLP W2 gelu(W1 x) the round(F H) of its H hidden units with the smallest
 *            |row of W1|_2 |column of W2|_2 go, and with them these rows and columns; no other layer
 *            changes. The number left is rounded up to a multiple of 16 above 0, so that the kernels
 *            keep whole registers of them.
 *
 * Of equals the ones of lower index go first. Magnitude pruning is that of Han, Pool, Tran, Dally,
 * "Learning both weights and connections for efficient neural networks" (2015), without retraining;
 * 2:4 is the pattern of Mishra et al., "Accelerating sparse deep neural networks" (2021).
 *
 * The dense kernels multiply by zeros as by anything else: only mlp:F takes less time. Layers are
 * pruned first and packed in fewer bits then; groups of 64 inputs (4 bits) must divide the units left.
 */
#ifndef SPOTI_POLICY_PRUNE_H
#define SPOTI_POLICY_PRUNE_H

#include "runtime/policy/layers.h"
#include "runtime/policy/sites.h"
#include "spot/policy.h"

typedef enum spoti_prune_kind {
    SPOTI_PRUNE_NONE = 0,
    SPOTI_PRUNE_WEIGHTS, /* F */
    SPOTI_PRUNE_TWO_FOUR,
    SPOTI_PRUNE_UNITS, /* mlp:F */
} spoti_prune_kind;

typedef struct spoti_prune {
    spoti_prune_kind kind;
    double fraction; /* of WEIGHTS and UNITS */
} spoti_prune;

/* Reads `none`, a fraction above 0 up to 0.95, `2:4`, or `mlp:` and a fraction above 0 up to 0.9.
 * Returns OK, E_FORMAT (see diag). */
spot_status spoti_prune_parse(const char *text, spoti_prune *out, spot_diag *diag);

/* One weight matrix of a policy. */
typedef struct spoti_prunable {
    const char *name; /* within its block, static */
    float **values;   /* packed where there is a layer, else (n x k) */
    size_t n, k;
    spoti_layer *layer; /* may be NULL; its sizes become smaller with mlp:F */
    int *hidden; /* W1 of an MLP, which its W2 follows: where the policy keeps H; else NULL */
} spoti_prunable;

enum { SPOTI_PRUNABLES_MAX = SPOTI_SITE_COUNT };

/* What of one block can be pruned. */
typedef struct spoti_prunables {
    spoti_prunable weights[SPOTI_PRUNABLES_MAX];
    size_t n;
} spoti_prunables;

/* Copies the weights into w (n x k). */
void spoti_prunable_load(const spoti_prunable *p, float *w);

/* Takes memory for w (n x k) from the arena, copies w there and lets the policy have it. w: NULL while the arena
 * measures. */
void spoti_prunable_store(const spoti_prunable *p, spoti_arena *arena, const float *w, size_t n,
                          size_t k);

/* Makes *out, `policy` pruned as `text` says; NULL if that is `none`. It has the layers concerned to
 * itself and borrows all else from `policy`, which must outlive it.
 * Ownership: the caller frees *out with spoti_pruned_destroy.
 * Returns OK, E_FORMAT, E_RANGE (mlp:F would leave all units in), E_NOMEM. */
spot_status spoti_pruned_create(const spot_policy *policy, const char *text,
                                const spot_allocator *allocator, spot_policy **out,
                                spot_diag *diag);
void spoti_pruned_destroy(spot_policy *pruned);

/* The arithmetic of each kind, on matrices in row-major order. */

/* w (count) */
void spoti_prune_weights(float *w, size_t count, double fraction);

/* w (n x k) */
void spoti_prune_two_four(float *w, size_t n, size_t k);

/* Hidden units that `fraction` leaves of `hidden`. */
size_t spoti_prune_units_left(size_t hidden, double fraction);

/* Leaves the best `left` units, in their order: w1 (hidden x k) becomes (left x k), w2 (n x hidden)
 * becomes (n x left), both from where they started on; score (hidden) is scratch. */
void spoti_prune_units(float *w1, size_t k, float *w2, size_t n, size_t hidden, size_t left,
                       double *score);

#endif
