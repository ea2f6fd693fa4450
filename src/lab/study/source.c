/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The public call: episodes come from rollouts of a policy in worlds of a task. */
#include <stddef.h>

#include "lab/study/study.h"

typedef struct rollouts {
    const spot_task *task;
    const spot_policy *policy;
    const spot_variation *variation;
} rollouts;

/* A spot_make_world_fn. */
static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    const rollouts *r = (const rollouts *)ctx;
    return spot_task_make_world(r->task, r->variation, out, diag);
}

static spot_status run(void *ctx, const spot_rollout_batch *batch, spot_episode *episodes,
                       spot_diag *diag)
{
    spot_rollout_batch whole = *batch;
    whole.policy = ((const rollouts *)ctx)->policy;
    whole.make_world = make_world;
    whole.make_world_ctx = ctx;
    return spot_rollout_run_many(&whole, episodes, diag);
}

spot_status spot_tune(const spot_task *task, const spot_policy *policy,
                      const spot_platform *platform, const spot_tune_config *config,
                      spot_progress_fn progress, void *ctx, spot_tune_result **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (task == NULL || policy == NULL || platform == NULL || config == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_task_info *task_info = spot_task_describe(task);
    const spot_policy_info *policy_info = spot_policy_describe(policy);
    rollouts r = {.task = task, .policy = policy, .variation = &config->variation};
    spoti_tune_source source = {.task = task_info->name,
                                .charge_as = task_info->charge_as,
                                .engine = task_info->engine,
                                .dims = task_info->dims,
                                .policy_type = policy_info->type,
                                .policy_task = policy_info->task,
                                .policy_horizon = policy_info->horizon,
                                .default_steps = policy_info->default_steps,
                                .run = run,
                                .ctx = &r};
    spot_status st = spoti_identify(task, policy, source.identity, diag);
    if (st != SPOT_OK) {
        return st;
    }
    return spoti_tune(&source, platform, config, progress, ctx, out, diag);
}
