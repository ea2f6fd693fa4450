/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of `sweetspot rollout` share. */
#ifndef SPOTI_CLI_ROLLOUT_H
#define SPOTI_CLI_ROLLOUT_H

#include "cli.h"

/* The policy's name that stands for the task's scripted expert. */
#define ROLLOUT_EXPERT  "expert"
#define ROLLOUT_PLANNER "planner" /* where the expert is one, as of Kinetix levels */

enum { ROLLOUT_SEEDS = 100 /* episodes, unless --seeds says otherwise */ };

/* The command line. */
typedef struct rollout_request {
    const char *task_name;
    const char *policy_name;
    const char *platform_name;
    const char *point_text;
    const char *charge_as;
    const char *alpha_from;
    const char *trace_path;
    const char *measure_path;
    const char *draw;
    const char *clock;
    const char *schedule;
    const char *episodes_path;
    const char *trajectory_path;
    const char *video_path;
    const char *actions_path;
    const char *states_path;
    const char *solve;
    double delay_ms; /* NaN = not given */
    spot_variation variation;
    uint64_t seed;
    int n_seeds;
    int execute;
    int threads;
    bool json;
    bool quiet;
    /* What the above became. */
    spot_rollout_config config;
    const char *class_name;
    spot_latency_trace *trace; /* NULL = none */
    spot_engine engine;        /* that ran the episodes */
    spot_episode *episodes;
} rollout_request;

/* Runs the episodes (request->n_seeds) of the brain, or of the expert if it is NULL. Where they go to a file,
 * those of a brain are kept beside it as they finish, and what is there is not run again; cli_rollout_forget
 * removes it, once the file is written. Returns the exit code, after saying what went wrong. */
int cli_rollout_run(rollout_request *request, const spot_task *task, const spot_brain *brain);
void cli_rollout_forget(const rollout_request *request);

/* rollout_actions.c: raw commands instead of a policy. Whether they are asked for; *exit_code changes where their options
 * stand without them. And the job. */
bool cli_rollout_has_actions(const rollout_request *request, int *exit_code);
int cli_rollout_actions(const rollout_request *request);

#endif
