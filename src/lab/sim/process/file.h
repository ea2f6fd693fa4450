/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The task file of a world that runs in a process of its own (`backend: process`), as libcyaml fills it, checked.
 * docs/bring-your-own-world.md lists the keys.
 */
#ifndef SPOTI_PROCESS_FILE_H
#define SPOTI_PROCESS_FILE_H

#include "lab/sim/process/message.h"
#include "spot/status.h"
#include "spot/tised.h"

enum { SPOTI_PROCESS_COMMAND_MAX = 32 };

typedef struct spoti_process_control {
    double rate_hz;
    int horizon; /* 0 = not said */
    int execute; /* 0 = not said: 1 */
} spoti_process_control;

/* When an episode is a success. */
typedef enum spoti_success_rule {
    SPOTI_SUCCESS_INFO, /* as soon as `is_success` or `success` of the environment's info is true */
    SPOTI_SUCCESS_RETURN, /* the rewards of the whole episode sum up to at least `least` */
    SPOTI_SUCCESS_TERMINATED, /* the environment has ended the episode: for those that end at the goal */
    SPOTI_SUCCESS_SURVIVED, /* the time limit was reached, or the environment's own */
} spoti_success_rule;

typedef struct spoti_process_file {
    char *name;
    char *description; /* NULL = not said, as all texts below */
    char *instruction;
    char *backend;
    char **command;
    unsigned command_count;
    spot_regime *regime; /* NULL = dynamic: the world goes on while the policy thinks */
    spoti_process_control control;
    double time_limit_s;
    double *timeout_s; /* NULL = SPOTI_PROCESS_TIMEOUT_S */
    char *charge_as;
    spoti_hold *hold; /* NULL = last */
    double *rest;     /* NULL = what the world says */
    unsigned rest_count;
    char *success;
    spoti_success_rule rule; /* of `success` */
    double least;
} spoti_process_file;

#define SPOTI_PROCESS_TIMEOUT_S 60.0

/* Loads and checks. On success *out is to be freed with spoti_process_file_free. Return SPOT_OK, E_IO, E_FORMAT (diag:
 * `file:line: what, expected`), E_NOMEM. */
spot_status spoti_process_file_load(const char *path, spoti_process_file **out, spot_diag *diag);

/* The same for text in memory; for fuzzing and tests. */
spot_status spoti_process_file_parse(const char *name, const void *text, size_t size,
                                     spoti_process_file **out, spot_diag *diag);

void spoti_process_file_free(spoti_process_file *file);

#endif
