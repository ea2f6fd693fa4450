/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A tuning run in progress: what tune.c checked and prepared, setting.c puts into words, gather.c fills with
 * episodes. */
#ifndef SPOTI_STUDY_TUNER_H
#define SPOTI_STUDY_TUNER_H

#include "lab/record/store.h"
#include "lab/study/setting.h"
#include "lab/study/study.h"

typedef struct spoti_tuner {
    const spoti_tune_source *source;
    const spot_tune_config *config;
    spot_tune_result *result; /* its law is known (spoti_judge_law) before episodes are gathered */
    char inputs[SPOTI_INPUTS_SIZE]; /* ` NAME=HASH` of each of config->inputs */
    uint64_t *seeds;                /* (n_seeds) */
    spot_episode *episodes;         /* (n_rows x n_seeds) */
    spot_progress_fn progress;
    void *progress_ctx;
} spoti_tuner;

/* Checks tuner->config and fills result, inputs, seeds, room for episodes, from tuner->source and `platform`.
 * Whatever it returns, spoti_tuner_free frees them, the result too unless it was taken out. Returns as spot_tune. */
spot_status spoti_tuner_prepare(spoti_tuner *tuner, const spot_platform *platform, spot_diag *diag);
void spoti_tuner_free(spoti_tuner *tuner);

static inline spot_schedule spoti_schedule_of(const spoti_tuner *tuner, const spot_tune_row *row)
{
    return spot_schedule_of(tuner->config->cadence, row->point.overlap);
}

/* The key of a run folder: what decides the episodes of all points (lab/study/setting.h). Returns SPOT_OK, E_RANGE. */
spot_status spoti_describe_run(const spoti_tuner *tuner, char text[SPOTI_SIGNATURE_SIZE],
                               spot_diag *diag);

/* That of each point (n_rows), and what its episodes have in common. Returns SPOT_OK, E_RANGE, E_IO (a plan). */
spot_status spoti_describe_points(const spoti_tuner *tuner, spoti_store_point *points,
                                  spot_diag *diag);

/* Fills the episodes of all points: read back where the config's store holds them, else run and kept.
 * Returns as spot_tune. */
spot_status spoti_gather(spoti_tuner *tuner, spot_diag *diag);

#endif
