/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* An episode of a planar task, physics step by physics step: noise, events, when it ends and how. */
#ifndef SPOTI_PLANAR_EPISODE_H
#define SPOTI_PLANAR_EPISODE_H

#include "lab/sim/planar/scene.h"
#include "lab/sim/planar/sim.h"

typedef enum spoti_planar_end {
    SPOTI_PLANAR_GOES_ON = 0,
    SPOTI_PLANAR_SOLVED = 1,
    SPOTI_PLANAR_FAILED =
        2, /* an event that is no success, or that was none any more when the control step ended */
    SPOTI_PLANAR_TIME_UP = 3,
    SPOTI_PLANAR_BROKEN = 4, /* a number of the state is none */
} spoti_planar_end;

typedef struct spoti_planar_episode {
    const spoti_planar_scene *scene;
    spoti_sim *sim;
    double noise; /* factor on the scene's action noise */
    uint64_t seed;
    int64_t substep;                  /* physics steps done */
    int first_event;                  /* of this control step */
    float off[SPOTI_PLANAR_CHANNELS]; /* noise of this control step */
    spoti_planar_end end;
    int64_t end_substep; /* after which it ended */
} spoti_planar_episode;

/* Returns SPOT_OK, E_NOMEM. */
spot_status spoti_planar_episode_make(const spoti_planar_scene *scene, double noise,
                                      spoti_planar_episode *out);
void spoti_planar_episode_free(spoti_planar_episode *episode);

void spoti_planar_episode_reset(spoti_planar_episode *episode, uint64_t seed);

/* One physics step under raw channels. It may go on after its end, which stays what it was. */
void spoti_planar_episode_step(spoti_planar_episode *episode,
                               const float channels[SPOTI_PLANAR_CHANNELS]);

#endif
