/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From episodes to a verdict; knows nothing about how the episodes came about.
 *
 * Expects a result whose setting, goal, baseline, and rows' points, texts and latencies are filled.
 */
#ifndef SPOTI_STUDY_JUDGE_H
#define SPOTI_STUDY_JUDGE_H

#include "spot/rollout.h"
#include "spot/status.h"
#include "spot/tune.h"

/* Fills what the timing law says about each row: alpha, chunk time, eta. tick_s and ticks_per_action
 * are the world's. Returns SPOT_OK, E_RANGE. */
spot_status spoti_judge_law(spot_tune_result *result, double tick_s, int64_t ticks_per_action);

/* Fills everything else but the verdict from episodes (n_rows x n_seeds), row-major, seeds in the same
 * order in every row. Returns SPOT_OK, E_RANGE (a success without time or chunk), E_NOMEM. */
spot_status spoti_judge_episodes(spot_tune_result *result, const spot_episode *episodes,
                                 spot_diag *diag);

/* Of spoti_judge_episodes, for episodes none of which is invalid, or with those as failures: fills all
 * but the counts of invalid ones. */
spot_status spoti_judge_seeds(spot_tune_result *result, const spot_episode *episodes, int n_seeds,
                              spot_diag *diag);

/* From the rows' among_best: whether the best is alone, beats the baseline, and the cheapest of them. */
void spoti_judge_summarise(spot_tune_result *result);

/* Puts the outcome of the tests into words. */
void spoti_judge_verdict(spot_tune_result *result);

#endif
