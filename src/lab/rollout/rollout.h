/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The closed loop with any source of chunks: the public calls give it a session of a policy, tests a
 * scripted function.
 */
#ifndef SPOTI_ROLLOUT_H
#define SPOTI_ROLLOUT_H

#include "spot/rollout.h"

/* Where chunks come from. */
typedef struct spoti_brain {
    int obs_dim, action_dim;
    int horizon; /* H: actions in a chunk */
    /* As spot_session_infer for a batch of one. */
    spot_status (*infer)(void *ctx, const float *obs, const float *noise, float *chunk);
    /* A brain that remembers: before each action, what is observed then and what the action commands
     * (action_dim, absolute: its anchor + it), as spot_session_remember; NULL = it does not. */
    spot_status (*remember)(void *ctx, const float *obs, const float *command);
    void (*forget)(void *ctx);  /* at the start of an episode; not NULL with remember */
    void (*destroy)(void *ctx); /* called with the rollout's end; may be NULL */
    void *ctx;
} spoti_brain;

/* Makes the brain of one thread. */
typedef spot_status (*spoti_make_brain_fn)(void *ctx, const spot_rollout_config *config,
                                           spoti_brain *out, spot_diag *diag);

/* As spot_rollout_create. On success the rollout owns the brain; on failure the caller does. */
spot_status spoti_rollout_create(const spot_rollout_config *config, spot_world *world,
                                 const spoti_brain *brain, spot_rollout **out, spot_diag *diag);

/* As spot_rollout_run_many; batch->policy is not looked at. */
spot_status spoti_rollout_run_many(const spot_rollout_batch *batch, spoti_make_brain_fn make_brain,
                                   void *make_brain_ctx, spot_episode *episodes, spot_diag *diag);

#endif
