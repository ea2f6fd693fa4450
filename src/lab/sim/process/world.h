/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A world that runs in a worker, behind the world's table of functions. */
#ifndef SPOTI_PROCESS_WORLD_H
#define SPOTI_PROCESS_WORLD_H

#include "lab/sim/process/scene.h"

typedef struct spoti_process_world {
    const spoti_process_scene *scene;
    spoti_worker *worker; /* NULL = the last one failed; the next reset takes another */
    int failures;         /* workers that failed one after the other */
    spoti_seen seen;      /* of now; its arrays are ours */
    float *command;       /* (action_dim) of the last act */
    int fresh;            /* ticks for which it is new: of the control period that it began */
    bool commanded;       /* there was one since the reset */
    int64_t tick;
    double total;      /* the rewards since the reset */
    bool success_said; /* the environment has said something of success in this episode */
    spot_image images[SPOT_IMAGES_MAX];
    char fault[SPOT_FAULT_SIZE]; /* "" = none */
} spoti_process_world;

spot_status spoti_process_make_world(const spoti_process_scene *scene,
                                     const spot_variation *variation, spot_world *out,
                                     spot_diag *diag);

/* The world behind the table, or NULL if it is another backend's. */
spoti_process_world *spoti_process_world_of(const spot_world *world);

/* `hash` with all that is seen now. */
uint64_t spoti_process_hash_seen(const spoti_process_world *w, uint64_t hash);

/* Gives the worker up and makes the episode invalid: returns SPOT_OK, or E_IO where too many failed in a row. */
spot_status spoti_process_fail(spoti_process_world *w, const char *why);

#endif
