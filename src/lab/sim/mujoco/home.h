/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The posture called home, where a model names it.
 *
 * A keyframe of MJCF gives every coordinate of the whole model, so that of a robot's own file is refused, or filled up,
 * in a scene with more in it. A tuple of joints, each with its angle, survives: scripts/mjcf-attach makes such of a
 * robot's keyframes.
 */
#ifndef SPOTI_MUJOCO_HOME_H
#define SPOTI_MUJOCO_HOME_H

#include <mujoco/mujoco.h>

#include "spot/status.h"

/* The angles (n), rad, of the hinge joints `joint` (n) in the keyframe `name` of the model, or in its custom tuple of
 * that name. Returns SPOT_OK, E_FORMAT (diag: what, expected): there is none, or there are both, or it leaves a joint
 * out or says it twice, or an angle is beyond what a task file may say. */
spot_status spoti_home_find(const mjModel *model, const char *name, const int *joint, int n,
                            double *angle, spot_diag *diag);

#endif
