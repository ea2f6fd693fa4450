/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A task's model as one MJCF text, includes resolved: what its compiler made of it, as MuJoCo writes it down. */
#ifndef SPOTI_MODEL_TEXT_H
#define SPOTI_MODEL_TEXT_H

#include "lab/sim/mujoco/scene.h"

/* As the table's `model_text`. Meshes and textures stay files, by the names that the model gives them. */
spot_status spoti_model_text(const spoti_scene *scene, const spot_allocator *allocator, char **out,
                             spot_diag *diag);

#endif
