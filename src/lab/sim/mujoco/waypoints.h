/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The expert that follows waypoints of the task file: any task without C.
 *
 * A waypoint is a pose relative to an object as it stands now, to the gripper's pose when the waypoint began, or to the
 * base. It is done when the reference is near enough and its wait is over. Of waypoints that belong to a way, those of one
 * way alone are followed; which one is drawn for each attempt, so demonstrations show them all. After the last one without
 * success it waits and begins anew.
 */
#ifndef SPOTI_MUJOCO_WAYPOINTS_H
#define SPOTI_MUJOCO_WAYPOINTS_H

#include "lab/sim/mujoco/expert.h"

/* Begins the first attempt. */
void spoti_waypoints_begin(spoti_expert *expert);

/* What to do now, once a control period. */
void spoti_waypoints_act(spoti_expert *expert, const spoti_mujoco_world *world,
                         spoti_expert_action *action);

#endif
