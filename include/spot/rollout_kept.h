/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Rollouts that may be stopped: episodes are kept in a file as they finish, and the next call goes on with them.
 *
 *     spot_rollout_keeping keeping;
 *     spot_rollout_keeping_default(&keeping);
 *     keeping.path = "episodes.csv.part";
 *     spot_rollout_run_kept(task, &variation, &batch, &keeping, episodes, &diag);
 */
#ifndef SPOT_ROLLOUT_KEPT_H
#define SPOT_ROLLOUT_KEPT_H

#include "spot/rollout.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_rollout_keeping {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    const char
        *path; /* the file; it stays there, for its owner to remove when he has the episodes */
    const char *platform;      /* what the latency is of, by name; default "none" */
    const char *charged_class; /* likewise; default "none" */
    const char *const
        *inputs;  /* (n_inputs) files that decide the episodes, as in spot_tune_config */
    int n_inputs; /* 0..SPOT_ROLLOUT_INPUTS_MAX; default 0 */
} spot_rollout_keeping;

enum { SPOT_ROLLOUT_INPUTS_MAX = 16 };

SPOT_API void spot_rollout_keeping_default(spot_rollout_keeping *keeping);

/* As spot_rollout_run_many for worlds of `task` at `variation` (make_world is not used, nor is keep) and seeds in
 * a row. What the file holds of the same setting is read instead of run, progress counts it as done; but for the
 * first success, as why a metric of motion is not defined is not kept. Returns as spot_rollout_run_many, and
 * E_INVALID (the file is of another setting; diag says what differs), E_FORMAT (it is none, damaged, or of another
 * version), E_STATE (another process writes to it), E_IO. */
SPOT_API spot_status spot_rollout_run_kept(const spot_task *task, const spot_variation *variation,
                                           const spot_rollout_batch *batch,
                                           const spot_rollout_keeping *keeping,
                                           spot_episode *episodes, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
