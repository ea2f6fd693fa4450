/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The weights of a transformer policy (train/model_dit.py), and its workspace in a session.
 *
 * Symbols: A action size, D observation size, T = H action tokens, C width, G1 = 1 + G observation
 * tokens (the whole observation, then its G groups of features); with history F, M most frames and
 * commands of the past that are read (dit_history.h).
 *
 * The linear layers of the blocks are *sites*: an array by kind, which published mixed-precision
 * tiers address as kind@third of the network. All their arithmetic goes through one function,
 * spoti_dit_apply, which leaves those in fewer bits to dit_quant.h.
 */
#ifndef SPOTI_POLICY_DIT_H
#define SPOTI_POLICY_DIT_H

#include "runtime/policy/config.h"
#include "runtime/policy/dit_history.h"
#include "runtime/policy/dit_quant.h"
#include "runtime/policy/layers.h"
#include "runtime/policy/modulation.h"
#include "runtime/policy/sites.h"

typedef struct spoti_dit_block {
    spoti_layer sites[SPOTI_SITE_COUNT]; /* by spoti_site; no biases */
    spoti_layer adaln;                   /* time_dim -> (scale, shift, gate) of sa, ca, mlp */
    float *history_bias; /* (heads x (F + M)) on scores, by age; NULL without history */
} spoti_dit_block;

typedef struct spoti_dit {
    spoti_layer obs_fc1[1 + SPOTI_OBS_GROUPS_MAX]; /* of each observation token, biases included */
    spoti_layer obs_fc2;
    spoti_layer frame_fc1, frame_fc2, command_fc1, command_fc2; /* only with history */
    spoti_layer in_x;
    float *obs_bias; /* (G1 x C), what the biases of obs_fc1 point to */
    float *position; /* (T x C) */
    spoti_dit_block blocks[SPOTI_BLOCKS_MAX];
} spoti_dit;

/* Keys and values of one block, computed from the observations once a call. Tokens of the past follow
 * those of the present; then the group is 1. */
typedef struct spoti_dit_memory {
    float *keys;   /* (group x C x ld_obs_keys), transposed: a column is a token */
    float *values; /* (group tokens x ld), and a row more, see attention.h */
    float *bias; /* (heads x ld_obs_keys) on the scores, 0 for the present; NULL without history */
} spoti_dit_memory;

/* In arrays of R rows each sample of the group has T consecutive ones. */
typedef struct spoti_dit_work {
    size_t n_obs_token; /* G1 */
    size_t ld_obs_keys; /* G1 and the past that is read, padded */
    size_t ld_keys;     /* T padded */
    spoti_modulation modulation[SPOTI_BLOCKS_MAX];
    spoti_dit_memory memory[SPOTI_BLOCKS_MAX];
    float *ones, *zeros; /* (C) */
    float *obs_e;        /* (group G1 x ld) */
    float *obs_token;    /* (group G1 x ld) */
    float *q;            /* (R x ld) */
    float *k;            /* (max(R, group G1) x ld) */
    float *v;            /* (R x ld), and a row more */
    float *keys;         /* (C x ld_keys) of one sample */
    float *scores;       /* (T x max(T, G1 and the past)) of one head */
    float *mixed;        /* (R x ld) what attention hands to its output layer */
    float *hidden;       /* (R x mlp_hidden) */
    spoti_dit_quant quant;
    spoti_dit_history history;
} spoti_dit_work;

struct spoti_arch;

/* What the policy type `dit` does, see arch.h. */
const struct spoti_arch *spoti_dit_arch(void);

/* Tokens that one or several sites read. */
typedef struct spoti_dit_input {
    size_t m;
    const float *x; /* (m x k), rows ldx apart */
    size_t ldx;
    const spoti_modulation_row *modulation; /* LayerNorm and this first; NULL = x as it is */
} spoti_dit_input;

/* What becomes of one site's result. */
typedef struct spoti_dit_output {
    spoti_site site;
    spoti_epilogue epilogue;
    const float *gate; /* only for RESIDUAL */
    float *c;          /* (m x n), rows ldc apart */
    size_t ldc;
} spoti_dit_output;

/* Computes n_out sites of block `block` that read the same tokens. */
void spoti_dit_apply(const spot_session *s, size_t block, const spoti_dit_input *in,
                     const spoti_dit_output *out, size_t n_out);

/* The parts of the architecture's table that compute, in dit_infer.c. */
void spoti_dit_observe(const spot_session *s, size_t n);
void spoti_dit_forward(const spot_session *s, size_t n, size_t step);

#endif
