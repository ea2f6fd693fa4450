/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The public calls: the closed loop with a session of a policy as its source of chunks. */
#include <string.h>

#include "lab/rollout/rollout.h"
#include "spot/policy.h"

static spot_status infer(void *ctx, const float *obs, const float *noise, float *chunk)
{
    return spot_session_infer((spot_session *)ctx, 1, obs, noise, chunk);
}

static spot_status remember(void *ctx, const float *obs, const float *command)
{
    return spot_session_remember((spot_session *)ctx, obs, command);
}

static void forget(void *ctx)
{
    spot_session_forget((spot_session *)ctx);
}

static void destroy(void *ctx)
{
    spot_session_destroy((spot_session *)ctx);
}

/* A spoti_make_brain_fn; ctx is the policy. */
static spot_status make_brain(void *ctx, const spot_rollout_config *config, spoti_brain *out,
                              spot_diag *diag)
{
    const spot_policy *policy = (const spot_policy *)ctx;
    const spot_policy_info *info = spot_policy_describe(policy);
    spot_session_config session_config;
    spot_session *session = NULL;
    spot_session_config_default(&session_config);
    spot_session_config_point(&session_config, &config->point);
    session_config.batch_max = 1;
    session_config.kernels = config->kernels;
    session_config.diag = diag;
    session_config.allocator = config->allocator;
    spot_status st = spot_session_create(policy, &session_config, &session);
    if (st != SPOT_OK && diag != NULL && diag->text[0] != '\0') {
        return st; /* the precision was refused, and why is said */
    }
    if (st != SPOT_OK) {
        return spot_diag_set(
            diag, st, "no session for steps=%d and kernels %s: %s", config->point.steps,
            config->kernels != NULL ? config->kernels : "of this CPU", spot_status_str(st));
    }
    *out = (spoti_brain){.obs_dim = info->obs_dim,
                         .action_dim = info->action_dim,
                         .horizon = info->horizon,
                         .infer = infer,
                         .remember = info->history_frames > 0 ? remember : NULL,
                         .forget = info->history_frames > 0 ? forget : NULL,
                         .destroy = destroy,
                         .ctx = session};
    return SPOT_OK;
}

/* make_brain only reads the policy, but a ctx is not const. */
static void *as_ctx(const spot_policy *policy)
{
    void *ctx = NULL;
    memcpy(&ctx, &policy, sizeof(ctx));
    return ctx;
}

spot_status spot_rollout_create(const spot_rollout_config *config, spot_world *world,
                                const spot_policy *policy, spot_rollout **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (config == NULL || world == NULL || policy == NULL) {
        return SPOT_E_INVALID;
    }
    spoti_brain brain;
    spot_status st = make_brain(as_ctx(policy), config, &brain, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spoti_rollout_create(config, world, &brain, out, diag);
    if (st != SPOT_OK) {
        destroy(brain.ctx);
    }
    return st;
}

spot_status spot_rollout_run_many(const spot_rollout_batch *batch, spot_episode *episodes,
                                  spot_diag *diag)
{
    if (batch == NULL || batch->policy == NULL) {
        return SPOT_E_INVALID;
    }
    return spoti_rollout_run_many(batch, make_brain, as_ctx(batch->policy), episodes, diag);
}
