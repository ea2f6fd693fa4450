/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What is said of a name that a model does not have. */
#ifndef SPOTI_NAMES_H
#define SPOTI_NAMES_H

#include <mujoco/mujoco.h>

#include "spot/status.h"

/* Fills `diag` with `the model has no KIND called 'NAME', expected one of: ...`, those of `type` (mjOBJ_BODY, _JOINT,
 * _GEOM, _SITE, _CAMERA, _TENDON, _ACTUATOR, or _KEY, with the tuples too: home.h). Returns SPOT_E_FORMAT. */
spot_status spoti_no_such_name(const mjModel *model, int type, const char *kind, const char *name,
                               spot_diag *diag);

#endif
