/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Policy folders: load, describe, destroy. */
#include "spot/policy.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/policy/flow_mixer.h"

static void describe(spot_policy *policy)
{
    const spoti_policy_config *c = &policy->config;
    spot_policy_info *info = &policy->info;

    memcpy(info->type, c->type, sizeof info->type);
    memcpy(info->task, c->task, sizeof info->task);
    info->obs_dim = c->obs_dim;
    info->action_dim = c->action_dim;
    info->horizon = c->horizon;
    info->n_execute = c->n_execute;
    info->default_steps = c->default_steps;
}

static spot_status load_weights(spot_policy *policy, const char *path, spot_diag *diag)
{
    spoti_safetensors file;
    spot_status st = spoti_safetensors_read(path, policy->allocator, &file, diag);

    if (st != SPOT_OK) {
        return st;
    }
    st = spoti_flow_mixer_load(policy, &file, path, diag);
    spoti_safetensors_close(&file);
    return st;
}

spot_status spot_policy_load(const char *dir, const spot_allocator *allocator, spot_policy **out,
                             spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    spot_policy *policy = NULL;
    spot_status st = SPOT_OK;

    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (dir == NULL) {
        return SPOT_E_INVALID;
    }
    policy = spoti_calloc(allocator, 1, sizeof *policy);
    if (policy == NULL) {
        return SPOT_E_NOMEM;
    }
    policy->allocator = allocator; /* first: destroy needs it */

    if (!spoti_path_join(path, sizeof path, dir, "config.json")) {
        st = spot_diag_set(diag, SPOT_E_IO, "%.100s...: path too long", dir);
        goto fail;
    }
    st = spoti_policy_config_read(path, &policy->config, diag);
    if (st != SPOT_OK) {
        goto fail;
    }
    describe(policy);

    if (!spoti_path_join(path, sizeof path, dir, "model.safetensors")) {
        st = spot_diag_set(diag, SPOT_E_IO, "%.100s...: path too long", dir);
        goto fail;
    }
    st = load_weights(policy, path, diag);
    if (st != SPOT_OK) {
        goto fail;
    }
    *out = policy;
    return SPOT_OK;

fail:
    spot_policy_destroy(policy);
    return st;
}

void spot_policy_destroy(spot_policy *policy)
{
    if (policy == NULL) {
        return;
    }
    spoti_arena_free(&policy->arena, policy->allocator);
    spoti_free(policy->allocator, policy, sizeof *policy);
}

const spot_policy_info *spot_policy_describe(const spot_policy *policy)
{
    return policy != NULL ? &policy->info : NULL;
}
