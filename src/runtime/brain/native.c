/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Our networks as a brain: its state is a session of the policy. */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/brain/brain.h"
#include "runtime/policy/arch.h"

static void describe(const void *self, spot_brain_info *info)
{
    const spot_policy_info *policy = spot_policy_describe((const spot_policy *)self);
    (void)spoti_copy(info->type, sizeof(info->type), policy->type);
    (void)spoti_copy(info->task, sizeof(info->task), policy->task);
    info->obs_dim = policy->obs_dim;
    info->action_dim = policy->action_dim;
    info->horizon = policy->horizon;
    info->default_steps = policy->default_steps;
    info->takes_noise = true;
    info->remembers = policy->history_frames > 0;
    info->knobs = "steps quant prune kv"; /* what this policy lacks of them, its session refuses */
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    spot_session *session = NULL;
    spot_session_config session_config;
    spot_diag why = {""};
    spot_session_config_default(&session_config);
    spot_session_config_point(&session_config, config->point);
    session_config.batch_max = 1;
    session_config.kernels = config->kernels;
    session_config.diag = &why;
    session_config.allocator = config->allocator;
    spot_status st = spot_session_create((const spot_policy *)self, &session_config, &session);
    *state = session;
    if (st != SPOT_OK && why.text[0] != '\0') {
        return spot_diag_set(diag, st, "%s", why.text);
    }
    return st == SPOT_OK ? st
                         : spot_diag_set(diag, st, "no session for steps=%d and kernels %s: %s",
                                         config->point->steps,
                                         config->kernels != NULL ? config->kernels : "of this CPU",
                                         spot_status_str(st));
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    (void)diag;
    return spot_session_infer((spot_session *)state, 1, input->obs, input->noise, chunk);
}

static spot_status remember(void *state, const float *obs, const float *command, spot_diag *diag)
{
    (void)diag;
    return spot_session_remember((spot_session *)state, obs, command);
}

static spot_status forget(void *state, spot_diag *diag)
{
    (void)diag;
    spot_session_forget((spot_session *)state);
    return SPOT_OK;
}

/* Remembers nothing in particular until no more fits: attention costs by the tokens, whatever they say. */
static spot_status fill_past(spot_session *session)
{
    const spot_policy_info *info = spot_policy_describe(session->policy);
    float *zeros = NULL;
    const int n = info->history_frames > info->history_commands ? info->history_frames
                                                                : info->history_commands;
    const size_t size = (size_t)info->obs_dim + (size_t)info->action_dim;
    spot_status st = SPOT_OK;
    if (n == 0) {
        return SPOT_OK;
    }
    zeros = (float *)spoti_calloc(NULL, size, sizeof(*zeros));
    st = zeros != NULL ? SPOT_OK : SPOT_E_NOMEM;
    for (int i = 0; st == SPOT_OK && i < n; i++) {
        st = spot_session_remember(session, zeros, zeros + info->obs_dim);
    }
    spoti_free(NULL, zeros, size * sizeof(*zeros));
    return st;
}

static spot_status cost(void *state, spot_inference_cost *out, spot_diag *diag)
{
    spot_session *session = (spot_session *)state;
    (void)diag;
    spot_session_forget(session);
    spot_status st = fill_past(session);
    st = st == SPOT_OK ? spot_session_cost(session, out) : st;
    spot_session_forget(session);
    return st;
}

static void end(void *state)
{
    spot_session_destroy((spot_session *)state);
}

static void close_policy(void *self)
{
    spot_policy_destroy((spot_policy *)self);
}

#define NATIVE_OPS                                                                                 \
    .describe = describe, .begin = begin, .infer = infer, .remember = remember, .forget = forget,  \
    .cost = cost, .end = end

static const spot_brain_ops borrowing = {NATIVE_OPS};
static const spot_brain_ops owning = {NATIVE_OPS, .close = close_policy};

/* The policy is only read, but `self` is not const. */
static void *as_self(const spot_policy *policy)
{
    void *self = NULL;
    memcpy(&self, &policy, sizeof(self));
    return self;
}

spot_status spot_brain_of_policy(const spot_policy *policy, spot_brain *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = (spot_brain){.ops = NULL};
    if (policy == NULL) {
        return SPOT_E_INVALID;
    }
    *out = (spot_brain){.ops = &borrowing, .self = as_self(policy)};
    return SPOT_OK;
}

spot_status spoti_brain_open_native(const char *path, const spot_brain_open_config *config,
                                    spot_brain *out, spot_diag *diag)
{
    spot_policy *policy = NULL;
    spot_status st = spot_policy_load(path, config->allocator, &policy, diag);
    if (st == SPOT_OK) {
        *out = (spot_brain){.ops = &owning, .self = policy};
    }
    return st;
}
