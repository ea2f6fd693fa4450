/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* config.json of a policy folder. */
#ifndef SPOTI_POLICY_CONFIG_H
#define SPOTI_POLICY_CONFIG_H

#include "runtime/policy/sampler.h"
#include "spot/policy.h"

enum { SPOTI_BLOCKS_MAX = 64, SPOTI_OBS_GROUPS_MAX = 64, SPOTI_HISTORY_MAX = 1024 };

typedef struct spoti_policy_config {
    char type[SPOT_POLICY_NAME_SIZE];
    char task[SPOT_POLICY_NAME_SIZE];
    int obs_dim;
    int action_dim;
    int horizon;
    int n_execute;
    int default_steps;
    int channels; /* `width` of a dit */
    int blocks;
    int time_dim;
    double time_period_min;
    double time_period_max;
    spoti_prediction prediction; /* velocity but for a dit that says otherwise */
    /* flow_mixer */
    int token_hidden;
    int channel_hidden;
    /* dit */
    int heads;
    int mlp_hidden;
    int n_obs_group;
    int obs_groups[SPOTI_OBS_GROUPS_MAX]; /* sizes; they add up to obs_dim */
    int history_frames;                   /* of the optional `history`; 0 = it has none */
    int history_commands;
} spoti_policy_config;

/* Reads and checks `path`. Every key of the type is required, but for `history`, and no other is allowed.
 * Returns OK, E_IO, E_FORMAT (see diag: `file:line: what, expected`), E_UNSUPPORTED (another type or
 * format version). */
spot_status spoti_policy_config_read(const char *path, spoti_policy_config *out, spot_diag *diag);

#endif
