/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * An episode tick by tick, for who runs several at once: spot_rollout_run is these in a row.
 *
 *     begin; while (goes_on) { decide; step; } finish
 */
#ifndef SPOTI_ROLLOUT_STEPS_H
#define SPOTI_ROLLOUT_STEPS_H

#include "spot/rollout.h"

/* The episode `seed`, its world reset. Returns what brain and world say, as the next two. */
spot_status spoti_rollout_begin(spot_rollout *r, uint64_t seed, spot_diag *diag);

/* Whether another tick is due. */
bool spoti_rollout_goes_on(const spot_rollout *r);

/* All that is due before the world's next tick: observing, inferring, acting. trajectory may be NULL. */
spot_status spoti_rollout_decide(spot_rollout *r, spot_trajectory *trajectory, spot_diag *diag);

/* One tick of the world, but for an episode that `decide` found to be over. */
spot_status spoti_rollout_step(spot_rollout *r, spot_diag *diag);

void spoti_rollout_finish(spot_rollout *r, spot_trajectory *trajectory, spot_episode *episode);

/* spot_rollout_run_many of worlds that step together (batch->together), checked before. */
spot_status spoti_rollout_run_together(const spot_rollout_batch *batch, spot_episode *episodes,
                                       spot_diag *diag);

#endif
