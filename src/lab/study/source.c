/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The public call: episodes come from rollouts of a brain in worlds of a task. */
#include <stddef.h>

#include "core/base/config.h"
#include "lab/sim/task.h"
#include "lab/study/study.h"

typedef struct rollouts {
    const spot_task *task;
    const spot_brain *brain;
    const spot_variation *variation;
    spot_brain_info info; /* of the brain: the source points into it */
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
    whole.brain = ((const rollouts *)ctx)->brain;
    whole.make_world = make_world;
    whole.make_world_ctx = ctx;
    whole.together = spoti_task_together(((const rollouts *)ctx)->task);
    return spot_rollout_run_many(&whole, episodes, diag);
}

static spot_status cost(void *ctx, const spot_point *point, spot_inference_cost *out, bool *known,
                        spot_diag *diag)
{
    const spot_brain *brain = ((const rollouts *)ctx)->brain;
    spot_brain_config config;
    void *state = NULL;
    spot_brain_config_default(&config);
    config.point = point;
    *known = false;
    if (brain->ops->cost == NULL) {
        return SPOT_OK;
    }
    spot_status st = spot_brain_begin(brain, &config, &state, diag);
    if (st == SPOT_OK) {
        st = spot_brain_cost(brain, state, out, diag);
        spot_brain_end(brain, state);
    }
    *known = st == SPOT_OK;
    return st;
}

/* Where the episodes of `subject` come from; the source borrows *r, which borrows the subject. */
static spot_status make_source(const spoti_tune_subject *subject, const spot_tune_config *config,
                               rollouts *r, spoti_tune_source *source, spot_diag *diag)
{
    const spot_task *task = subject->task;
    const spot_brain *brain = subject->brain;
    if (task == NULL || brain == NULL ||
        SPOTI_CONFIG_CHECK(spot_tune_config, config, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    if ((subject->platform == NULL) != (config->trace != NULL)) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "latencies from a platform or from a trace: expected one of them");
    }
    const spot_task_info *task_info = spot_task_describe(task);
    *r = (rollouts){.task = task, .brain = brain, .variation = &config->variation};
    const spot_brain_info *info = &r->info;
    spot_status st = spot_brain_describe(brain, &r->info, diag);
    if (st != SPOT_OK) {
        return st;
    }
    *source = (spoti_tune_source){.task = task_info->name,
                                  .charge_as = task_info->charge_as,
                                  .engine = task_info->engine,
                                  .dims = task_info->dims,
                                  .policy_type = info->type,
                                  .policy_task = info->task,
                                  .policy_varies = info->varies,
                                  .policy_horizon = info->horizon,
                                  .default_steps = info->default_steps,
                                  .confirms = subject->confirms,
                                  .run = run,
                                  .cost = cost,
                                  .ctx = r};
    return spoti_identify(task, brain, source->identity, diag);
}

spot_status spoti_tune_on(const spoti_tune_subject *subject, const spot_tune_config *config,
                          spot_progress_fn progress, void *ctx, spot_tune_result **out,
                          spot_diag *diag)
{
    rollouts r;
    spoti_tune_source source;
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    spot_status st = make_source(subject, config, &r, &source, diag);
    st = st == SPOT_OK ? spoti_tune(&source, subject->platform, config, progress, ctx, out, diag)
                       : st;
    if (st == SPOT_OK) {
        spot_task_repeats(subject->task, (*out)->setting.repeats);
    }
    return st;
}

spot_status spot_tune(const spot_task *task, const spot_brain *brain, const spot_platform *platform,
                      const spot_tune_config *config, spot_progress_fn progress, void *ctx,
                      spot_tune_result **out, spot_diag *diag)
{
    const spoti_tune_subject subject = {.task = task, .brain = brain, .platform = platform};
    return spoti_tune_on(&subject, config, progress, ctx, out, diag);
}

spot_status spot_tune_folder_open(const spot_task *task, const spot_brain *brain,
                                  const spot_platform *platform, const spot_tune_config *config,
                                  const char *dir, spot_tune_folder **out, spot_diag *diag)
{
    const spoti_tune_subject subject = {.task = task, .brain = brain, .platform = platform};
    rollouts r;
    spoti_tune_source source;
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    const spot_status st = make_source(&subject, config, &r, &source, diag);
    return st == SPOT_OK ? spoti_folder_open(&source, platform, config, dir, out, diag) : st;
}
