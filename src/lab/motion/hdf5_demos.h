/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* An HDF5 file of demonstrations: what is in it, and reading one; both in the child of guard.h. */
#ifndef SPOTI_LAB_MOTION_HDF5_DEMOS_H
#define SPOTI_LAB_MOTION_HDF5_DEMOS_H

#include "lab/motion/file.h"

enum { SPOTI_DEMOS_MAX = 100000, SPOTI_WHERE_SIZE = 320 };

typedef char spoti_demo_name[SPOT_MOTION_NAME_SIZE];

typedef struct spoti_demos {
    spoti_demo_name *names; /* (room) */
    size_t room, count;
    double rate_hz;
    spot_motion_timing timing;
} spoti_demos;

/* Lists the demonstrations, demo_2 before demo_10, and finds the rate. The caller gives names back in either case. */
spot_status spoti_demos_list(const spot_motion_file *file, spoti_demos *demos, spot_diag *diag);

/* Reads the one of this name; `plan` says how the cells of `out` lie. */
spot_status spoti_demos_load(const spot_motion_file *file, const char *name,
                             spot_motion_trajectory *out, spoti_motion_plan *plan, spot_diag *diag);

#endif
