/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reports of many episodes at one operating point: what they add up to, as text and as JSON.
 *
 *     const spot_rollout_report report = {.task = "ur5e-conveyor", .policy = "ur5e-conveyor",
 *                                         .config = &config, .episodes = episodes, .n_episodes = 100};
 *     spot_report_rollout_summary(&report, &summary);
 *     spot_report_rollout_text(&report, &summary, stdout);
 */
#ifndef SPOT_REPORT_ROLLOUT_H
#define SPOT_REPORT_ROLLOUT_H

#include <stdbool.h>
#include <stdio.h>

#include "spot/rollout.h"
#include "spot/stats.h"
#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was run and what came out; everything is borrowed. */
typedef struct spot_rollout_report {
    const char *task;
    const char *policy;
    bool expert;                       /* the task's scripted one: no operating point, no chunks */
    bool policy_varies;                /* as spot_brain_info.varies */
    const char *charged_class;         /* whose latency was spent; `none` */
    const spot_rollout_config *config; /* point with its steps, clock, schedule, latency */
    int n_execute;                     /* actions executed of a chunk */
    spot_variation variation;
    spot_engine engine;           /* that ran the episodes */
    const char *repeats;          /* as spot_task_repeats says; NULL or "" = an engine of ours */
    const spot_episode *episodes; /* (n_episodes), of seeds in a row */
    int n_episodes;               /* >= 1 */
} spot_rollout_report;

/* What the episodes add up to. */
typedef struct spot_rollout_summary {
    int valid;                         /* episodes; the figures below are over these */
    const spot_episode *first_invalid; /* NULL = none */
    int successes;
    spot_interval wilson; /* of the success rate; only if any is valid, as the next two */
    spot_estimate time;   /* s, of successful episodes */
    spot_estimate chunks; /* N, of successful episodes */
    double grade;         /* mean */
    bool acted;           /* a chunk was executed, so that the next two exist */
    double delay_s;       /* action delay: waiting an inference, as tune and analyze have it */
    double age_s;         /* of the observation at a chunk's first action */
    spot_motion_value
        motion[SPOT_MOTION_N_METRIC];   /* means over the successes that have a metric */
    int n_motion[SPOT_MOTION_N_METRIC]; /* how many these are */
} spot_rollout_summary;

/* Means, intervals and rates over the valid episodes. Returns SPOT_OK, E_INVALID (NULL), E_NOMEM, or as
 * spot_stats_paired. */
SPOT_API spot_status spot_report_rollout_summary(const spot_rollout_report *report,
                                                 spot_rollout_summary *summary);

/* Prints a paragraph of figures; without a valid episode what was run and why it broke off. Returns SPOT_OK,
 * E_INVALID (NULL), E_IO. */
SPOT_API spot_status spot_report_rollout_text(const spot_rollout_report *report,
                                              const spot_rollout_summary *summary, FILE *out);

/* Prints JSON (docs/json.md). Returns as above and E_NOMEM (also: a name is no UTF-8). */
SPOT_API spot_status spot_report_rollout_json(const spot_rollout_report *report,
                                              const spot_rollout_summary *summary, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
