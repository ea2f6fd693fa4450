/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Compiling an MJCF model, which somebody else wrote, without trusting it.
 *
 * MuJoCo's compiler is C++: short of memory it throws, through us; a model of many bodies keeps it busy for hours.
 * So a child process compiles the model and takes one step, with limits of memory and time, and says how it went.
 * Only then is the model compiled here. Where the system gives no child, it is compiled here alone.
 */
#ifndef SPOTI_COMPILE_H
#define SPOTI_COMPILE_H

#include <mujoco/mujoco.h>

#include "spot/status.h"

typedef struct spoti_compile_limits {
    int memory_mib; /* beyond what the process has; not in builds with sanitizers, which need it all */
    int cpu_s;
} spoti_compile_limits;

/* What a task's model may need: far above that of any robot in its scene (a second, 100 MiB). */
extern const spoti_compile_limits SPOTI_COMPILE_LIMITS;

/* Compiles the model `path`. On success the caller owns *out (mj_deleteModel), and `warning` has the first thing
 * that MuJoCo remarked, "" if nothing. Returns SPOT_OK, E_FORMAT (diag: file:line: what, expected). */
spot_status spoti_compile(const char *path, const spoti_compile_limits *limits, mjModel **out,
                          spot_diag *warning, spot_diag *diag);

#endif
