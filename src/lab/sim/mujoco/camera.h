/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The cameras of a task file: the images of an observation.
 *
 * They are drawn when somebody looks, which is once an observation of a brain that sees. OpenGL is opened at the first look
 * of a world: whoever does without images needs none.
 */
#ifndef SPOTI_MUJOCO_CAMERA_H
#define SPOTI_MUJOCO_CAMERA_H

#include "lab/sim/mujoco/world.h"

/* As spot_world_ops.look, for a world whose task has cameras; why it failed is in w->trouble. */
spot_status spoti_cameras_look(spoti_mujoco_world *w, const spot_image **images, int *count);

/* Frees what looking took. */
void spoti_cameras_end(spoti_mujoco_world *w);

#endif
