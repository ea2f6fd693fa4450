/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Three points on four seeds, small enough to be judged by hand. Limit 20 s, T_act 0.1 s, n = 8.
 *
 *              seed 0   seed 1   seed 2   seed 3     successes  mean time  mean N  budget time
 *   baseline   10 s/10  12 s/12   8 s/8   fail       3          10         10      (30 + 20)/4 = 12.5
 *   light       5 s/6   fail      7 s/8   9 s/10     3           7          8      (21 + 20)/4 = 10.25
 *   lighter    fail     fail      6 s/9   fail       1           6          9      (6 + 60)/4 = 16.5
 */
#ifndef FEW_EPISODES_H
#define FEW_EPISODES_H

#include <stdio.h>
#include <string.h>

#include "spot/tune.h"

enum { FEW_ROWS = 3, FEW_SEEDS = 4 };

/* A success has time > 0 here, a failure 0; waiting is 0.5 s a chunk in all, age 0.3 s. */
static const double FEW_TIME[FEW_ROWS][FEW_SEEDS] = {{10, 12, 8, 0}, {5, 0, 7, 9}, {0, 0, 6, 0}};
static const int64_t FEW_CHUNKS[FEW_ROWS][FEW_SEEDS] = {
    {10, 12, 8, 20}, {6, 16, 8, 10}, {20, 20, 9, 1}};

static inline void few_fill(spot_episode *episodes)
{
    memset(episodes, 0, sizeof(*episodes) * FEW_ROWS * FEW_SEEDS);
    for (int i = 0; i < FEW_ROWS; i++) {
        for (int k = 0; k < FEW_SEEDS; k++) {
            bool success = FEW_TIME[i][k] > 0.0;
            episodes[i * FEW_SEEDS + k] =
                (spot_episode){.seed = (uint64_t)k,
                               .success = success,
                               .grade = success ? 2 : k % 2,
                               .grade_max = 2,
                               .time_s = success ? FEW_TIME[i][k] : 13.0, /* failed early */
                               .chunks = FEW_CHUNKS[i][k],
                               .inferences = FEW_CHUNKS[i][k] + 1, /* one is never executed */
                               .wait_s = 0.5 * (double)FEW_CHUNKS[i][k] + k, /* + 6 s in all */
                               .age_first_s = 0.25 + 0.125 * k};
        }
    }
}

/* To be told of a judged result that lies on a stack: what it owns goes with the next one, or with the program. */
static inline void few_keep(const spot_tune_result *result)
{
    static spot_analysis *kept;
    spot_analysis_destroy(kept);
    kept = result->analysis;
}

/* What came of row i. */
static inline const spot_analysis_point *few_point(const spot_tune_result *result, int i)
{
    return &result->analysis->settings[0].points[i];
}

/* rows (FEW_ROWS) lies with the caller. */
static inline void few_result(spot_tune_result *result, spot_tune_row *rows, spot_goal goal)
{
    static const int steps[FEW_ROWS] = {10, 5, 1};
    static const double latency_s[FEW_ROWS] = {0.30, 0.15, 0.06};
    memset(result, 0, sizeof(*result));
    memset(rows, 0, sizeof(*rows) * FEW_ROWS);
    result->rows = rows;
    result->n_rows = FEW_ROWS;
    result->baseline = 0;
    result->goal = goal;
    result->setting = (spot_tune_setting){.task = "a_task",
                                          .policy_type = "flow_mixer",
                                          .policy_task = "a_task",
                                          .platform = "a-board",
                                          .charged_class = "a-class",
                                          .regime = goal == SPOT_GOAL_TIME ? SPOT_REGIME_STATIC
                                                                           : SPOT_REGIME_DYNAMIC,
                                          .variation = {.speed = 1.0, .noise = 1.0},
                                          .n_seeds = FEW_SEEDS,
                                          .n_execute = 8,
                                          .action_s = 0.1,
                                          .time_limit_s = 20.0,
                                          .resamples = 2000};
    for (int i = 0; i < FEW_ROWS; i++) {
        rows[i].point = (spot_point){.steps = steps[i]};
        rows[i].latency = (spot_latency){
            .mean_s = latency_s[i], .origin = SPOT_ORIGIN_PUBLISHED, .source = "a paper"};
        (void)snprintf(rows[i].text, sizeof(rows[i].text), "steps=%d overlap=0", steps[i]);
    }
}

#endif
