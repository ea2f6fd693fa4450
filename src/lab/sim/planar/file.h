/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The task file of a planar world (`backend: planar`), as libcyaml fills it, checked. docs/kinetix.md lists the keys. */
#ifndef SPOTI_PLANAR_FILE_H
#define SPOTI_PLANAR_FILE_H

#include "spot/status.h"

/* Which substeps of a control step say that the task is solved. */
typedef enum spoti_solve_rule {
    SPOTI_SOLVE_FIRST = 0, /* the first with an event, as in all published packages */
    SPOTI_SOLVE_LAST = 1,  /* the last one alone, though any event ends the episode */
} spoti_solve_rule;

typedef struct spoti_planar_control {
    int horizon; /* H; 0 = not said */
    int execute; /* n; 0 = not said */
} spoti_planar_control;

typedef struct spoti_planar_file {
    char *name;
    char *description; /* NULL = not said, as the texts below */
    char *instruction;
    char *backend;
    char *level; /* file, beside this one */
    char *charge_as;
    spoti_planar_control *control; /* NULL = not said */
    spoti_solve_rule solve;
    int frame_skip;       /* 0 = the level's */
    int slices;           /* of a physics step, for commands that come within it; 0 = not said */
    double *time_limit_s; /* NULL = not said */
    double *action_noise; /* standard deviation in each channel; NULL = not said */
    double
        start_noise_m; /* what is movable starts off by up to this, either way; 0 = as the level says */
} spoti_planar_file;

/* Loads and checks. On success *out is to be freed with spoti_planar_file_free. Returns SPOT_OK, E_IO, E_FORMAT (diag:
 * `file:line: what, expected`), E_NOMEM. */
spot_status spoti_planar_file_load(const char *path, spoti_planar_file **out, spot_diag *diag);
void spoti_planar_file_free(spoti_planar_file *file);

#endif
