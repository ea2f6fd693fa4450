/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a schema cannot say about a task file: ranges, and names that refer to each other. */
#ifndef SPOTI_TASK_CHECK_H
#define SPOTI_TASK_CHECK_H

#include "lab/sim/mujoco/task_file.h"

/* Returns SPOT_OK, or E_FORMAT with `path:line: key: what, expected` in diag. */
spot_status spoti_task_check(const char *path, const spoti_task_file *file, spot_diag *diag);

#endif
