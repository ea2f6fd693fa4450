/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pictures of a planar world, in the colours of Kinetix. */
#ifndef SPOTI_PLANAR_DRAW_H
#define SPOTI_PLANAR_DRAW_H

#include "lab/sim/task.h"

extern const spoti_draw_ops spoti_planar_draw;

#endif
