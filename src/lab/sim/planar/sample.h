/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What is written down of a planar world: samples of a trajectory, full states. */
#ifndef SPOTI_PLANAR_SAMPLE_H
#define SPOTI_PLANAR_SAMPLE_H

#include "lab/sim/planar/scene.h"
#include "lab/sim/planar/sim.h"

/* Names and counts the columns of the scene's samples: x, y, z (0) of the effector; the green-blue distance; then x, y
 * and turn of every active body that is no wall. Returns SPOT_OK, E_NOMEM. */
spot_status spoti_planar_name_columns(spoti_planar_scene *scene);
void spoti_planar_sample(const spoti_planar_scene *scene, const spoti_sim *sim, double *row);

/* A state: the time, then x, y, rotation, vx, vy, w of every body. */
int spoti_planar_state_dim(const spoti_level *level);
void spoti_planar_state(const spoti_sim *sim, double time_s, double *row);

#endif
