/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Tuning with any source of episodes: the public call gives it a task and a brain, tests a function.
 */
#ifndef SPOTI_STUDY_STUDY_H
#define SPOTI_STUDY_STUDY_H

#include "spot/tune.h"
#include "spot/tune_folder.h"

enum {
    SPOTI_IDENTITY_SIZE = 224,
    SPOTI_EPISODES_NUMBER = 2, /* see identity.c */
};

/* Where episodes come from. */
typedef struct spoti_tune_source {
    const char *task;
    const char *charge_as; /* class charged by default */
    spot_engine engine;
    spot_world_dims dims;
    const char *policy_type;
    const char *policy_task;
    bool policy_varies; /* as spot_brain_info.varies */
    int policy_horizon; /* H */
    int default_steps;
    char identity[SPOTI_IDENTITY_SIZE]; /* one line; differs where episodes could differ */
    bool
        confirms; /* its episodes had no part in a choice, and are kept apart from those that had */
    /* Runs one point as spot_rollout_run_many does; brain and worlds of `batch` are left open. */
    spot_status (*run)(void *ctx, const spot_rollout_batch *batch, spot_episode *episodes,
                       spot_diag *diag);
    /* (optional) What an inference at `point` costs; *known: it is said. */
    spot_status (*cost)(void *ctx, const spot_point *point, spot_inference_cost *cost, bool *known,
                        spot_diag *diag);
    void *ctx;
} spoti_tune_source;

/* As spot_tune. */
spot_status spoti_tune(const spoti_tune_source *source, const spot_platform *platform,
                       const spot_tune_config *config, spot_progress_fn progress, void *ctx,
                       spot_tune_result **out, spot_diag *diag);

/* What is run where. */
typedef struct spoti_tune_subject {
    const spot_task *task;
    const spot_brain *brain;
    const spot_platform *platform;
    bool confirms; /* as in the source */
} spoti_tune_subject;

/* spot_tune, which knows subjects that do not confirm. */
spot_status spoti_tune_on(const spoti_tune_subject *subject, const spot_tune_config *config,
                          spot_progress_fn progress, void *ctx, spot_tune_result **out,
                          spot_diag *diag);

/* spot_tune_folder_open with any source of episodes. */
spot_status spoti_folder_open(const spoti_tune_source *source, const spot_platform *platform,
                              const spot_tune_config *config, const char *dir,
                              spot_tune_folder **out, spot_diag *diag);

/* Describes what a task and a brain are, for `identity`: what the task's table and what
 * spot_brain_identify says. Returns SPOT_OK, E_NOMEM, or what the brain reported. */
spot_status spoti_identify(const spot_task *task, const spot_brain *brain,
                           char identity[SPOTI_IDENTITY_SIZE], spot_diag *diag);

#endif
