/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Planar tasks, which are Kinetix levels: raw commands replayed, every physics step written down.
 *
 *     spot_planar_actions_load("actions.csv", &actions, &n, &diag);
 *     spot_planar_replay_default(&replay);
 *     replay.actions = actions;
 *     replay.n_actions = n;
 *     replay.states_path = "states.csv";
 *     spot_planar_replay_run(task, &replay, &result, &diag);
 *     spot_planar_actions_free(actions, n);
 *
 * Tasks themselves: task.h; docs/kinetix.md.
 */
#ifndef SPOT_PLANAR_H
#define SPOT_PLANAR_H

#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_PLANAR_CHANNELS = 6 /* of an action: motor0..motor3, thruster0, thruster1 */ };

/* Which substep of a control step says that a level is solved. */
typedef enum spot_planar_solve {
    SPOT_PLANAR_SOLVE_TASK = 0,  /* as the task says */
    SPOT_PLANAR_SOLVE_FIRST = 1, /* the first with an event: all published packages */
    SPOT_PLANAR_SOLVE_LAST = 2,  /* the last one, though any event ends the episode */
} spot_planar_solve;

/* Called after every tick of a replay; spot_video_tick is one. */
typedef void (*spot_planar_tick_fn)(void *ctx, const spot_world *world, int64_t tick);

typedef struct spot_planar_replay {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    const float
        *actions;  /* (n_actions x SPOT_PLANAR_CHANNELS) raw, one row a control step; borrowed */
    int n_actions; /* 1 to the task's control steps */
    double noise;  /* factor on the task's action noise, 0..10; default 0 */
    uint64_t seed; /* of that noise; default 0 */
    spot_planar_solve solve; /* default SPOT_PLANAR_SOLVE_TASK */
    const char
        *states_path; /* CSV to write, a row a body and physics step; NULL = none, the default */
    spot_planar_tick_fn tick_fn; /* NULL = none, the default */
    void *tick_ctx;
} spot_planar_replay;

/* How a replay ended. */
typedef enum spot_planar_end {
    SPOT_PLANAR_END_ACTIONS = 0, /* the commands were used up */
    SPOT_PLANAR_END_SOLVED = 1,
    SPOT_PLANAR_END_FAILED = 2, /* an event that does not count as success */
    SPOT_PLANAR_END_TIME = 3,   /* the limit of control steps */
    SPOT_PLANAR_END_BROKEN = 4, /* the physics gave no numbers */
} spot_planar_end;

typedef struct spot_planar_result {
    spot_planar_end end;
    int steps;      /* control steps done */
    int substeps;   /* physics steps done */
    int event;      /* the first: +1 green touched blue, -1 green touched red, 0 none */
    int event_step; /* its physics step, from 0; -1 without one */
    double time_s;
} spot_planar_result;

/* `solved`, `failed`, ... Static. */
SPOT_API const char *spot_planar_end_str(spot_planar_end end);

/* Reads a CSV file with the columns motor0,motor1,motor2,motor3,thruster0,thruster1 in this order and one row a control
 * step. Ownership: on success *out (*n x SPOT_PLANAR_CHANNELS) is the caller's, for spot_planar_actions_free.
 * Returns SPOT_OK, E_INVALID, E_IO, E_FORMAT (diag: `file:line: what, expected`), E_NOMEM. */
SPOT_API spot_status spot_planar_actions_load(const char *path, float **out, int *n,
                                              spot_diag *diag);
SPOT_API void spot_planar_actions_free(float *actions, int n);

SPOT_API void spot_planar_replay_default(spot_planar_replay *replay);

/* Runs one episode of `task` under the commands and stops at its end, or when they are used up.
 * Columns of the CSV: substep (from 0), body, active, x, y (m), rotation (rad), vx, vy (m/s), w (rad/s), all after the
 * step; contacts (points that touch the body in the step), reward (+1, -1 or 0, of the step).
 * Returns SPOT_OK (however it ended), E_INVALID, E_RANGE (see diag), E_UNSUPPORTED (a task of another backend), E_IO,
 * E_NOMEM. Threads: the task is only read. */
SPOT_API spot_status spot_planar_replay_run(const spot_task *task, const spot_planar_replay *replay,
                                            spot_planar_result *result, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
