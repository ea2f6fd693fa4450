/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The episodes of `sweetspot rollout`, and where they are kept until their file is written. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollout.h"

/* `FILE.part`. False where no plain file is asked for. */
static bool name_kept(const rollout_request *r, char path[CLI_PATH_SIZE])
{
    struct stat info;
    if (r->episodes_path == NULL ||
        (stat(r->episodes_path, &info) == 0 && !S_ISREG(info.st_mode))) {
        return false;
    }
    const int length = snprintf(path, CLI_PATH_SIZE, "%s.part", r->episodes_path);
    return length > 0 && length < CLI_PATH_SIZE;
}

void cli_rollout_forget(const rollout_request *r)
{
    char path[CLI_PATH_SIZE];
    if (name_kept(r, path)) {
        (void)unlink(path);
    }
}

static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    const void *const *pair = ctx;
    return spot_task_make_world(pair[0], pair[1], out, diag);
}

static spot_status run_brain(rollout_request *r, const spot_task *task, const spot_brain *brain,
                             cli_progress *progress, spot_diag *diag)
{
    const void *pair[2] = {task, &r->variation};
    char path[CLI_PATH_SIZE];
    cli_inputs inputs;
    uint64_t *seeds = calloc((size_t)r->n_seeds, sizeof(*seeds));
    if (seeds == NULL) {
        return SPOT_E_NOMEM;
    }
    for (int i = 0; i < r->n_seeds; i++) {
        seeds[i] = r->seed + (uint64_t)i;
    }
    const spot_rollout_batch batch = {.config = r->config,
                                      .brain = brain,
                                      .make_world = make_world,
                                      .make_world_ctx = pair,
                                      .seeds = seeds,
                                      .n_seeds = r->n_seeds,
                                      .threads = cli_threads(r->threads),
                                      .progress = cli_progress_update,
                                      .progress_ctx = progress};
    spot_status st = SPOT_OK;
    if (!name_kept(r, path)) {
        st = spot_rollout_run_many(&batch, r->episodes, diag);
    } else if (!cli_find_inputs(r->task_name, r->policy_name, &inputs)) {
        st = SPOT_E_NOT_FOUND;
    } else {
        spot_rollout_keeping keeping;
        spot_rollout_keeping_default(&keeping);
        keeping.path = path;
        keeping.platform = r->platform_name != NULL ? r->platform_name : keeping.platform;
        keeping.charged_class = r->class_name;
        keeping.inputs = inputs.list;
        keeping.n_inputs = inputs.n;
        st = spot_rollout_run_kept(task, &r->variation, &batch, &keeping, r->episodes, diag);
    }
    free(seeds);
    return st;
}

static spot_status run_expert(rollout_request *r, const spot_task *task, cli_progress *progress,
                              spot_diag *diag)
{
    const spot_demo_evaluation evaluation = {.variation = r->variation,
                                             .seed = r->seed,
                                             .episodes = r->n_seeds,
                                             .threads = cli_threads(r->threads),
                                             .progress = cli_progress_update,
                                             .progress_ctx = progress};
    return spot_demo_evaluate(task, &evaluation, r->episodes, diag);
}

int cli_rollout_run(rollout_request *r, const spot_task *task, const spot_brain *brain)
{
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    cli_progress progress = cli_progress_begin("episodes", r->quiet);
    cli_stop_watch();
    const spot_status st = brain == NULL ? run_expert(r, task, &progress, &diag)
                                         : run_brain(r, task, brain, &progress, &diag);
    cli_progress_end(&progress);
    cli_stop_unwatch();
    return st == SPOT_OK ? CLI_OK
                         : cli_end("rollout", &progress,
                                   brain != NULL && name_kept(r, path) ? path : NULL, st, &diag);
}
