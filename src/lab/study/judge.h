/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From episodes to a judged result; knows nothing about how the episodes came about.
 *
 * Expects a result whose setting, goal, baseline, and rows' points, texts and latencies are filled.
 */
#ifndef SPOTI_STUDY_JUDGE_H
#define SPOTI_STUDY_JUDGE_H

#include "lab/record/fields.h"
#include "spot/rollout.h"
#include "spot/status.h"
#include "spot/tune.h"

/* n of a row: its point's, else the setting's. */
static inline int spoti_row_execute(const spot_tune_result *result, const spot_tune_row *row)
{
    return row->point.execute > 0 ? row->point.execute : result->setting.n_execute;
}

/* What a goal asks of the judge. */
static inline spot_analyze_regime spoti_regime_of(spot_goal goal)
{
    return goal == SPOT_GOAL_TIME ? SPOT_ANALYZE_STATIC : SPOT_ANALYZE_DYNAMIC;
}

/* What all episodes of row i have in common, once the timing law is known; the same as record/run_folder.c
 * reads back. Borrows texts of `result`. */
spoti_row spoti_point_row(const spot_tune_result *result, int i);

/* Fills the chunk time of each row by the timing law. tick_s and ticks_per_action are the world's. Returns SPOT_OK, E_RANGE. */
spot_status spoti_judge_law(spot_tune_result *result, double tick_s, int64_t ticks_per_action);

/* Fills everything else by what the judge (lab/judge) says of episodes (n_rows x n_seeds), row-major, seeds
 * in the same order in every row. Returns SPOT_OK, E_RANGE (a success without time or chunk), E_NOMEM. */
spot_status spoti_judge_episodes(spot_tune_result *result, const spot_episode *episodes,
                                 spot_diag *diag);

#endif
