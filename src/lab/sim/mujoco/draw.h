/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of a MuJoCo world through MuJoCo's own renderer. */
#ifndef SPOTI_MUJOCO_DRAW_H
#define SPOTI_MUJOCO_DRAW_H

#include "lab/sim/task.h"

extern const spoti_draw_ops spoti_mujoco_draw;

#endif
