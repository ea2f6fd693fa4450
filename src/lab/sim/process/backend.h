/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The backend `process`: worlds that somebody's simulator runs in processes of its own. */
#ifndef SPOTI_PROCESS_BACKEND_H
#define SPOTI_PROCESS_BACKEND_H

#include "lab/sim/task.h"

extern const spoti_backend spoti_process_backend;

#endif
