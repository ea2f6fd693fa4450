/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Any gripper as one number: its opening, from 0 to the task's open_m.
 *
 * A gripper has a command (say 0 open to 255 closed) and a reading (the length of a tendon or the position of a
 * joint); the task file says what both are when it is open and when it is closed, and between these they are
 * straight lines. Without that both are the opening itself.
 */
#ifndef SPOTI_GRIPPER_H
#define SPOTI_GRIPPER_H

#include "lab/sim/mujoco/world.h"

/* Looks up actuator and reading by name and finds where the fingers are when open, for resets. Returns SPOT_OK,
 * E_FORMAT with what is wrong in diag, and the key that it is about in *key, or E_NOMEM. */
spot_status spoti_gripper_resolve(spoti_scene *task, const char **key, spot_diag *diag);

/* The opening now, m. */
double spoti_gripper_opening(const spoti_scene *task, const mjData *data);

/* Commands an opening, m. */
void spoti_gripper_command(const spoti_scene *task, mjData *data, double opening_m);

/* Opens the fingers at once. */
void spoti_gripper_place_open(const spoti_scene *task, mjData *data);

/* Whether the degree of freedom `dof` moves something that hangs on the arm's last joint: a finger. */
bool spoti_gripper_moves(const spoti_scene *task, int dof);

#endif
