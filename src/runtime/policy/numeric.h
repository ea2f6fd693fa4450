/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A policy whose weights are rounded to few bits, for `quant=num:B[:RULE]`: made when a session is created.
 *
 * Rounded are the linear layers that can be pruned (prune.h), each by itself: lambda = 1 / mean |w| of its
 * weights, the levels of RULE at that lambda, each magnitude to the nearest level, the sign kept. Weights that are
 * exactly 0 were pruned: they stay 0 and do not count in lambda. All else, and the arithmetic, stays fp32.
 */
#ifndef SPOTI_POLICY_NUMERIC_H
#define SPOTI_POLICY_NUMERIC_H

#include "runtime/point/numeric.h"
#include "spot/policy.h"

/* Rounds w (n), finite, as a layer. */
void spoti_numeric_round(float *w, size_t n, const spoti_numeric *how);

/* How many layers spoti_rounded_create rounds, and the weights of layer i of them. */
size_t spoti_rounded_count(const spot_policy *policy);
size_t spoti_rounded_weights(const spot_policy *policy, size_t i);

/* Copies the weights of layer i into w (spoti_rounded_weights), in no order that matters. */
void spoti_rounded_read(const spot_policy *policy, size_t i, float *w);

/* Writes its name: `blocks.2.mlp.l1`. */
void spoti_rounded_name(const spot_policy *policy, size_t i, char *text, size_t size);

/* All layers. */
#define SPOTI_ROUND_ALL ((size_t)-1)

/* Makes *out, `policy` with layer `only` rounded, or all. It has the layers concerned to itself and borrows all
 * else from `policy`, which must outlive it. Ownership: the caller frees *out with spoti_rounded_destroy.
 * Returns OK, E_NOMEM. */
spot_status spoti_rounded_create(const spot_policy *policy, const spoti_numeric *how, size_t only,
                                 const spot_allocator *allocator, spot_policy **out);
void spoti_rounded_destroy(spot_policy *rounded);

#endif
