/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Policy folders: load, describe, destroy. */
#include "spot/policy.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/policy/arch.h"

enum { CONFIG, WEIGHTS };
static const char *const FILES[SPOT_POLICY_FILES] = {
    [CONFIG] = "config.json", [WEIGHTS] = "model.safetensors"};

const spoti_arch *spoti_arch_find(const char *type)
{
    const spoti_arch *const archs[] = {spoti_flow_mixer_arch(), spoti_dit_arch()};

    for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++) {
        if (strcmp(archs[i]->type, type) == 0) {
            return archs[i];
        }
    }
    return NULL;
}

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
    info->history_frames = c->history_frames;
    info->history_commands = c->history_commands;
}

/* All tensors: those of every architecture and its own. */
static void visit_policy(spoti_visitor *v, void *object)
{
    spot_policy *policy = object;
    const size_t a = (size_t)policy->config.action_dim;
    const size_t d = (size_t)policy->config.obs_dim;
    const size_t c = (size_t)policy->config.channels;
    const size_t h = (size_t)policy->config.horizon;
    const size_t time = (size_t)policy->config.time_dim;

    policy->arch->visit(v, policy);
    spoti_visit_linear(v, "time_fc1", true, time, time, &policy->time.fc1);
    spoti_visit_linear(v, "time_fc2", true, time, time, &policy->time.fc2);
    spoti_visit_linear(v, "final_adaln", true, 2 * c, time, &policy->final_adaln);
    spoti_visit_linear(v, "out_proj", true, a, c, &policy->out_proj);
    spoti_visit_plain(v, "normalize.obs.mean", 0, d, SPOTI_VALUE_ANY, &policy->obs_mean);
    spoti_visit_plain(v, "normalize.obs.std", 0, d, SPOTI_VALUE_POSITIVE, &policy->obs_std);
    spoti_visit_plain(v, "unnormalize.action.mean", h, a, SPOTI_VALUE_ANY, &policy->action_mean);
    spoti_visit_plain(v, "unnormalize.action.std", h, a, SPOTI_VALUE_POSITIVE, &policy->action_std);
    if (policy->config.history_commands > 0) {
        spoti_visit_plain(v, "normalize.command.mean", 0, a, SPOTI_VALUE_ANY,
                          &policy->command_mean);
        spoti_visit_plain(v, "normalize.command.std", 0, a, SPOTI_VALUE_POSITIVE,
                          &policy->command_std);
    }
}

static spot_status load_weights(spot_policy *policy, const char *path, spot_diag *diag)
{
    const spoti_policy_config *c = &policy->config;
    int64_t n_element = 0;
    spoti_safetensors file;
    spot_status st = spoti_safetensors_read(path, policy->allocator, &file, diag);

    if (st != SPOT_OK) {
        return st;
    }
    policy->time.period_min = c->time_period_min;
    policy->time.period_max = c->time_period_max;
    st = spoti_weights_load(&file, path, visit_policy, policy, policy->allocator, &policy->arena,
                            diag);
    for (size_t i = 0; i < file.n_tensor && st == SPOT_OK; i++) {
        n_element += (int64_t)file.tensors[i].n_element;
    }
    /* Normalisation is no weight. */
    policy->info.n_params = n_element -
                            2 * ((int64_t)c->obs_dim + (int64_t)c->horizon * c->action_dim) -
                            (c->history_commands > 0 ? 2 * (int64_t)c->action_dim : 0);
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

    if (!spoti_path_join(path, sizeof path, dir, FILES[CONFIG])) {
        st = spoti_refuse_path(SPOT_E_IO, dir, diag);
        goto fail;
    }
    st = spoti_policy_config_read(path, &policy->config, diag);
    if (st != SPOT_OK) {
        goto fail;
    }
    policy->arch = spoti_arch_find(policy->config.type); /* config.c knows no other types */
    describe(policy);

    if (!spoti_path_join(path, sizeof path, dir, FILES[WEIGHTS])) {
        st = spoti_refuse_path(SPOT_E_IO, dir, diag);
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

const char *spot_policy_file(int i)
{
    return i >= 0 && i < SPOT_POLICY_FILES ? FILES[i] : NULL;
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
