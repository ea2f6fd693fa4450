/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a level must do to be a task: have something to reach, something to drive, and numbers after a second. */
#ifndef SPOTI_PLANAR_TRIAL_H
#define SPOTI_PLANAR_TRIAL_H

#include "lab/sim/planar/scene.h"
#include "spot/trial.h"

/* Fills a zeroed trial. Returns SPOT_OK, E_NOMEM. */
spot_status spoti_planar_try(const spoti_planar_scene *scene, spot_trial *trial);

#endif
