/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A planar world: one thread's simulation of a task.
 *
 * A physics step has `slices` ticks, and happens at the end of its last one, under the commands that were held during
 * it, weighted by how long: so a command that arrives within a step mixes with the one before, and the step itself is
 * never divided. Noise is added to all six raw channels once a control step, counted from the reset; then channels are
 * bound to motors and thrusters and clipped. Between steps the observation is that of the last one.
 */
#ifndef SPOTI_PLANAR_WORLD_H
#define SPOTI_PLANAR_WORLD_H

#include "lab/sim/planar/episode.h"
#include "lab/sim/planar/scene.h"

typedef struct spoti_planar_world {
    const spoti_planar_scene *scene;
    spoti_planar_episode episode;
    int64_t tick;                       /* since the reset */
    float held[SPOTI_PLANAR_CHANNELS];  /* the command, raw */
    float mixed[SPOTI_PLANAR_CHANNELS]; /* of this physics step so far, weighted */
    int mixed_slices;                   /* ticks that `mixed` is of */
} spoti_planar_world;

/* A world, as spot_task_make_world of a variation that has been checked. */
spot_status spoti_planar_make_world(const spoti_planar_scene *scene,
                                    const spot_variation *variation, spot_world *out,
                                    spot_diag *diag);

/* The planar world behind `world`, or NULL if there is another behind it. */
spoti_planar_world *spoti_planar_world_of(const spot_world *world);

/* Holds raw channels from now on. Returns SPOT_OK, E_RANGE (a number is none). */
spot_status spoti_planar_command(spoti_planar_world *world,
                                 const double channels[SPOTI_PLANAR_CHANNELS]);

#endif
