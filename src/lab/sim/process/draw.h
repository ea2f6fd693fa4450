/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of a world, drawn by its worker. */
#ifndef SPOTI_PROCESS_DRAW_H
#define SPOTI_PROCESS_DRAW_H

#include "lab/sim/task.h"

extern const spoti_draw_ops spoti_process_draw;

#endif
