/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The weights of a flow-matching MLP-Mixer (train/model.py), and the policy that owns them.
 *
 * Symbols: A action size, D observation size, T = H tokens, C channels. Linear weights are packed
 * for the kernels (spoti_pack); the token MLPs stand on the left of their products and stay as they
 * are, since the channels of an activation are contiguous.
 */
#ifndef SPOTI_POLICY_FLOW_MIXER_H
#define SPOTI_POLICY_FLOW_MIXER_H

#include "runtime/nn/arena.h"
#include "runtime/nn/safetensors.h"
#include "runtime/policy/config.h"

enum { SPOTI_BLOCKS_MAX = 64 };

/* A packed linear layer y = W x + b with n outputs and k inputs. */
typedef struct spoti_mixer_linear {
    size_t n, k;
    float *packed;
    float *bias; /* NULL = none */
} spoti_mixer_linear;

typedef struct spoti_mixer_block {
    float *token_w1;                  /* (token_hidden x T) */
    float *token_w2;                  /* (T x token_hidden) */
    spoti_mixer_linear fc1, fc2;      /* channel MLP */
    spoti_mixer_linear adaln_token;   /* time_dim -> scale, shift, gate */
    spoti_mixer_linear adaln_channel; /* likewise */
} spoti_mixer_block;

typedef struct spoti_flow_mixer {
    spoti_mixer_linear in_x;   /* the share of in_proj that reads x_t, without bias */
    spoti_mixer_linear in_obs; /* the share that reads the observation, with bias */
    spoti_mixer_linear time_fc1, time_fc2;
    spoti_mixer_linear final_adaln, out_proj;
    spoti_mixer_block blocks[SPOTI_BLOCKS_MAX];
    float *obs_mean, *obs_std;       /* (D) */
    float *action_mean, *action_std; /* (H x A) */
} spoti_flow_mixer;

struct spot_policy {
    const spot_allocator *allocator;
    spoti_policy_config config;
    spot_policy_info info;
    spoti_flow_mixer net;
    spoti_arena arena; /* all weights */
};

/* Fills policy->net from `file`, named `path` in messages; policy->config must be set.
 * Returns OK, E_FORMAT (a tensor is missing, unknown, misshapen or not finite; see diag), E_NOMEM.
 * What was allocated on failure lies in policy->arena. */
spot_status spoti_flow_mixer_load(spot_policy *policy, const spoti_safetensors *file,
                                  const char *path, spot_diag *diag);

#endif
