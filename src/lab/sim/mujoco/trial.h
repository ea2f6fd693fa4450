/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the parts of a trial share. */
#ifndef SPOTI_MUJOCO_TRIAL_H
#define SPOTI_MUJOCO_TRIAL_H

#include "lab/sim/mujoco/world.h"
#include "spot/trial.h"

typedef struct spoti_trial {
    const spoti_scene *task;
    spot_trial *out;
    bool refused;
    bool no_memory;
} spoti_trial;

/* Where a finding belongs: the line of `key`, at or after that of `section` (NULL = the top), in the task file; or
 * the first line of the model that holds `text` (NULL = the model as such). */
typedef struct spoti_where {
    const char *section;
    const char *key; /* NULL = in the model */
    const char *text;
} spoti_where;

/* Adds a check; `expected` is ended by the caller, `measured` printed here. Returns it, or NULL without room. */
spot_trial_check *spoti_trial_add(spoti_trial *t, const char *name, spot_trial_result result,
                                  spoti_where where, const char *expected, const char *measured,
                                  ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 6, 7)))
#endif
    ;

/* The trial of a task, as the table's. */
spot_status spoti_mujoco_try(const spoti_scene *task, spot_trial *trial, spot_diag *diag);

/* trial_model.c: what can be read off the model, and off ranges alone. */
void spoti_trial_model(spoti_trial *t);

/* trial_step.c: whether the time step is short enough for the stiffest actuator. */
void spoti_trial_step(spoti_trial *t);

/* trial_reach.c: where home is, and inverse kinematics from it to the corners of ranges. */
void spoti_trial_home(spoti_trial *t, spoti_mujoco_world *w);
void spoti_trial_reach(spoti_trial *t, spoti_mujoco_world *w);

/* trial_run.c: resets, and a few simulated seconds. */
void spoti_trial_run(spoti_trial *t, spot_world *world);

#endif
