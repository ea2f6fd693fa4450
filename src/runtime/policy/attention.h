/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Attention of one sample: y_i = sum_j softmax_j(q_i k_j / sqrt(d) + b_j) v_j for each head, d =
 * C/heads, with a bias b that may be absent.
 *
 * Head h has columns h d .. h d + d - 1 of q, v and y, and the same rows of the transposed keys. The
 * softmax subtracts the row's largest score first, so that no exponential exceeds 1.
 */
#ifndef SPOTI_POLICY_ATTENTION_H
#define SPOTI_POLICY_ATTENTION_H

#include "runtime/nn/kernels.h"

typedef struct spoti_attention {
    size_t m;          /* queries */
    size_t n;          /* keys, at least 1 */
    size_t heads;      /* divides C */
    size_t c;          /* C */
    const float *q;    /* (m x C), rows ld apart */
    const float *keys; /* (C x n), rows ld_keys apart; ld_keys is padded (spoti_padded) */
    size_t ld_keys;
    const float *v; /* (n x C), rows ld apart; a whole row must follow the last one, since kernels
                       read whole panels from the start of a head on */
    float *y;       /* (m x C), rows ld apart */
    size_t ld;
    const float *bias; /* (heads x n), rows ld_bias apart; NULL = 0 */
    size_t ld_bias;
    float *scores; /* (m x n) scratch */
} spoti_attention;

void spoti_attention_compute(const spoti_attention *a, const spoti_kernels *kernels);

/* keys (c x n, rows ld_keys apart) = transposed k (n x c, rows ld apart). */
void spoti_attention_keys(const float *k, size_t ld, size_t n, size_t c, float *keys,
                          size_t ld_keys);

#endif
