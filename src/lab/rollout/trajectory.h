/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Writing down an episode, for who runs one: a rollout, or an expert (rollout.c). */
#ifndef SPOTI_ROLLOUT_TRAJECTORY_H
#define SPOTI_ROLLOUT_TRAJECTORY_H

#include "spot/rollout.h"

/* Whether a trajectory has the columns and the room for an episode of such a world. */
bool spoti_trajectory_fits(const spot_trajectory *trajectory, const spot_world_dims *dims);

/* Adds the row of `tick`; command: NULL = none yet. */
void spoti_trajectory_add(spot_trajectory *trajectory, const spot_world_dims *dims, int64_t tick,
                          const double *sample, const double *command);

#endif
