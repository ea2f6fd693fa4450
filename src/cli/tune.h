/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The command line of `sweetspot tune`, apart from what is done about it. */
#ifndef SPOT_CLI_TUNE_H
#define SPOT_CLI_TUNE_H

#include "cli.h"

/* The command line, and what becomes of it. */
typedef struct tune_request {
    const char *task_name;
    const char *policy_name;
    const char *platform_name;
    cli_lists lists;
    const char *charge_as;
    const char *alpha_from;
    const char *trace_path;
    const char *measure_path;
    const char *draw;
    const char *clock;
    const char *schedule;
    const char *goal;
    const char *out;
    const char *store; /* SQLite file; NULL = folders below `out` */
    double speed;
    double noise;
    uint64_t seed;
    int n_seeds;
    int confirm; /* fresh seeds for the winner */
    int threads;
    bool fresh;
    double effect;
    const char *show;
    bool metrics; /* of motion too */
    bool wide;
    bool json;
    bool quiet;
    /* What the above became. */
    spot_point points[SPOT_TUNE_POINTS_MAX];
    spot_tune_config config;
    cli_inputs inputs;
    spot_tune_folder *folder; /* NULL until it is open */
} tune_request;

/* Reads the command line into a zeroed request. False: say nothing more and leave with *exit_code. */
bool cli_tune_read(tune_request *request, int argc, char **argv, int *exit_code);

#endif
