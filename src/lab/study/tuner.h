/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A tuning run in progress: what tune.c checked and prepared, and gather.c fills with episodes. */
#ifndef SPOTI_STUDY_TUNER_H
#define SPOTI_STUDY_TUNER_H

#include "lab/record/store.h"
#include "lab/study/study.h"

typedef struct spoti_tuner {
    const spoti_tune_source *source;
    const spot_tune_config *config;
    spot_tune_result *result; /* its law is known (spoti_judge_law) before episodes are gathered */
    uint64_t inputs;          /* hash of config->inputs */
    uint64_t *seeds;          /* (n_seeds) */
    spot_episode *episodes;   /* (n_rows x n_seeds) */
    spot_progress_fn progress;
    void *progress_ctx;
} spoti_tuner;

/* Fills the episodes of all points: read back where the config's store holds them, else run and kept.
 * Returns as spot_tune. */
spot_status spoti_gather(spoti_tuner *tuner, spot_diag *diag);

#endif
