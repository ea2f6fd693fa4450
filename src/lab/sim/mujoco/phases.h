/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The phases of the expert that grasps or presses: when one is over and which comes next, and the choices of each
 * attempt. Where to go in a phase says expert.c.
 */
#ifndef SPOTI_MUJOCO_PHASES_H
#define SPOTI_MUJOCO_PHASES_H

#include "lab/sim/mujoco/expert.h"

/* Begins the first attempt. */
void spoti_phases_begin(spoti_expert *expert);

/* Moves on to the next phase where the present one is done: its goal (3, m) and yaw, rad, are those of now; `place` is
 * where to put the object. */
void spoti_phases_advance(spoti_expert *expert, const spoti_mujoco_world *world,
                          const double place[], const double goal[3], double yaw);

/* Whether a row shows a grasp that is meant to miss, or that the label cannot put right any more. */
bool spoti_phases_mistake(const spoti_expert *expert);

/* Whether it presses, with closed fingers. */
bool spoti_expert_presses(const spoti_expert *expert);

/* Whether the object is seen, and not just so. */
bool spoti_expert_sees(const spoti_expert *expert, const spoti_mujoco_world *world);

/* The object's velocity (3), m/s, as far as it can be known; else false, and 0. */
bool spoti_expert_object_velocity(const spoti_expert *expert, const spoti_mujoco_world *world,
                                  double velocity[3]);

#endif
