/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* All that the rest of the library knows of MuJoCo. */
#ifndef SPOTI_MUJOCO_BACKEND_H
#define SPOTI_MUJOCO_BACKEND_H

#include "lab/sim/task.h"

extern const spoti_backend spoti_mujoco_backend;

#endif
