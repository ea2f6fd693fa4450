/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A trial of a task: whether its robot, gripper and objects do what the task file takes for granted.
 *
 * Loading a task looks names up. A trial looks at behaviour: the arm's actuators are position servos of its joints,
 * the gripper opens and closes on command, starts can be reached, objects stay where a reset puts them, the time step
 * is short enough. Each check says what was measured and what is expected. It takes a fraction of a second, or,
 * of a world in a process, as long as starting it and three resets.
 *
 *     spot_trial trial;
 *     st = spot_task_try(task, &trial, &diag);
 *     for (int i = 0; i < trial.count; i++) { puts(trial.checks[i].name); ... }
 */
#ifndef SPOT_TRIAL_H
#define SPOT_TRIAL_H

#include <stdbool.h>

#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_TRIAL_CHECKS_MAX = 32, SPOT_TRIAL_TEXT_SIZE = 256 };

typedef enum spot_trial_result {
    SPOT_TRIAL_PASS = 0,
    SPOT_TRIAL_WARN = 1, /* worth a look; nothing is refused for it */
    SPOT_TRIAL_FAIL = 2,
} spot_trial_result;

typedef struct spot_trial_check {
    const char *name; /* a few words; static */
    spot_trial_result result;
    bool refuses; /* a failure of this kind makes a task unusable; of another kind it makes
                                          * episodes invalid, which say so themselves */
    char where[SPOT_TRIAL_TEXT_SIZE];    /* `file:line` or `file` that it is about */
    char measured[SPOT_TRIAL_TEXT_SIZE]; /* what was found, with units */
    char expected[SPOT_TRIAL_TEXT_SIZE]; /* the bound */
} spot_trial_check;

typedef struct spot_trial {
    int count;
    spot_trial_check
        checks[SPOT_TRIAL_CHECKS_MAX]; /* (count) in the order in which they were made */
} spot_trial;

/* `PASS`, `WARN` or `FAIL`; static. */
SPOT_API const char *spot_trial_result_str(spot_trial_result result);

/* Tries the task at its standard speed and noise. `trial` is filled in any case but E_INVALID and E_NOMEM.
 * Returns SPOT_OK; E_FORMAT if a check that refuses has failed (diag: the first such, `file:line: what, expected`);
 * E_INVALID, E_NOMEM. Threads: the task is only read. */
SPOT_API spot_status spot_task_try(const spot_task *task, spot_trial *trial, spot_diag *diag);

/* What has to hold before a task is run: a trial, where it takes a fraction of a second. A world in a process is not tried:
 * that takes a second worker and three resets, and episodes that break off say why themselves.
 * Returns as spot_task_try. */
SPOT_API spot_status spot_task_admit(const spot_task *task, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
