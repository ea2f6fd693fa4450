/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* config.json of a policy folder. */
#ifndef SPOTI_POLICY_CONFIG_H
#define SPOTI_POLICY_CONFIG_H

#include "spot/policy.h"

typedef struct spoti_policy_config {
    char type[SPOT_POLICY_NAME_SIZE];
    char task[SPOT_POLICY_NAME_SIZE];
    int obs_dim;
    int action_dim;
    int horizon;
    int n_execute;
    int default_steps;
    int channels;
    int token_hidden;
    int channel_hidden;
    int blocks;
    int time_dim;
    double time_period_min;
    double time_period_max;
} spoti_policy_config;

/* Reads and checks `path`. Every key is required and no other is allowed.
 * Returns OK, E_IO, E_FORMAT (see diag: `file:line: what, expected`), E_UNSUPPORTED (another type or
 * format version). */
spot_status spoti_policy_config_read(const char *path, spoti_policy_config *out, spot_diag *diag);

#endif
