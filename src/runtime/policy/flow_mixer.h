/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The weights of a flow-matching MLP-Mixer (train/model.py), and its workspace in a session.
 *
 * Symbols: A action size, D observation size, T = H tokens, C channels. Linear weights are packed
 * for the kernels (spoti_pack); the token MLPs stand on the left of their products and stay as they
 * are, since the channels of an activation are contiguous.
 */
#ifndef SPOTI_POLICY_FLOW_MIXER_H
#define SPOTI_POLICY_FLOW_MIXER_H

#include "runtime/policy/config.h"
#include "runtime/policy/layers.h"
#include "runtime/policy/modulation.h"

typedef struct spoti_mixer_block {
    float *token_w1;           /* (token_hidden x T) */
    float *token_w2;           /* (T x token_hidden) */
    spoti_layer fc1, fc2;      /* channel MLP */
    spoti_layer adaln_token;   /* time_dim -> scale, shift, gate */
    spoti_layer adaln_channel; /* likewise */
} spoti_mixer_block;

typedef struct spoti_flow_mixer {
    spoti_layer in[2]; /* in_proj: what reads x_t (no bias), what reads the observation (bias) */
    spoti_layer out_proj;
    spoti_mixer_block blocks[SPOTI_BLOCKS_MAX];
} spoti_flow_mixer;

/* In arrays of R rows each sample of the group has T consecutive ones. */
typedef struct spoti_flow_mixer_work {
    spoti_modulation token[SPOTI_BLOCKS_MAX], channel[SPOTI_BLOCKS_MAX];
    float *obs_in;         /* (group x C) the observation's share of in_proj */
    float *token_hidden;   /* (token_hidden x ld) of one sample */
    float *channel_hidden; /* (R x channel_hidden) */
} spoti_flow_mixer_work;

struct spoti_arch;

/* What the policy type `flow_mixer` does, see arch.h. */
const struct spoti_arch *spoti_flow_mixer_arch(void);

#endif
