/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The backend `planar`: Kinetix levels. */
#ifndef SPOTI_PLANAR_BACKEND_H
#define SPOTI_PLANAR_BACKEND_H

#include "lab/sim/task.h"

extern const spoti_backend spoti_planar_backend;

#endif
