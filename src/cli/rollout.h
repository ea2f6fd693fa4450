/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of `sweetspot rollout` share. */
#ifndef SPOTI_CLI_ROLLOUT_H
#define SPOTI_CLI_ROLLOUT_H

#include "cli.h"

/* The policy's name that stands for the task's scripted expert. */
#define ROLLOUT_EXPERT "expert"

/* The command line. */
typedef struct rollout_request {
    const char *task_name;
    const char *policy_name;
    const char *platform_name;
    const char *point_text;
    const char *charge_as;
    const char *alpha_from;
    const char *clock;
    const char *schedule;
    const char *episodes_path;
    const char *trajectory_path;
    const char *video_path;
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
    spot_engine engine; /* that ran the episodes */
    spot_episode *episodes;
} rollout_request;

/* What the episodes add up to. */
typedef struct rollout_summary {
    int valid;                         /* episodes; the figures below are over these */
    const spot_episode *first_invalid; /* NULL = none */
    int successes;
    spot_interval wilson;
    spot_estimate time;
    spot_estimate chunks;
    double grade;
    bool acted;     /* a chunk was executed, so that the next two exist */
    double delay_s; /* waiting time a chunk */
    double age_s;   /* of the observation at a chunk's first action */
} rollout_summary;

/* rollout_print.c: means, intervals and rates over the valid episodes; false if memory is short. */
bool rollout_summarise(const rollout_request *r, rollout_summary *s);

/* rollout_print.c: the summary on stdout, as text or JSON. Returns the exit code. */
int rollout_print(const rollout_request *r, const rollout_summary *s);

#endif
