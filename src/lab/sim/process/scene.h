/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A loaded task of the backend `process`: its file, what its workers say of themselves, and the workers that are idle.
 *
 * Starting a worker may take many seconds (LIBERO), so one whose world is destroyed is kept for the next world. All
 * workers of a task must say the same hello: one that does not (packages were changed meanwhile) is refused.
 */
#ifndef SPOTI_PROCESS_SCENE_H
#define SPOTI_PROCESS_SCENE_H

#include <pthread.h>

#include "core/base/text.h"
#include "lab/sim/process/file.h"
#include "lab/sim/process/worker.h"
#include "spot/task.h"

enum {
    SPOTI_PROCESS_SAMPLE_MAX = SPOTI_EFFECTOR_DIM + 2, /* x, y, z where known, reward, return */
    SPOTI_PROCESS_STARTS = 1024,                       /* that are remembered */
    SPOTI_PROCESS_FAILURES_MAX =
        3, /* workers that fail one after the other; then it is the job that fails */
};

/* What was seen first of an episode. */
typedef struct spoti_process_start {
    bool known;
    uint64_t seed, hash;
} spoti_process_start;

typedef struct spoti_process_scene {
    const spot_allocator *allocator;
    spoti_process_file *file;
    char path[SPOTI_PATH_SIZE];       /* of the task file */
    char where[SPOTI_PATH_SIZE + 32]; /* `file:line: command`, for messages about the workers */
    char dir[SPOTI_PATH_SIZE];
    const char *argv[SPOTI_PROCESS_COMMAND_MAX + 1]; /* of file */
    spoti_worker_source source;
    spoti_hello hello;
    spoti_hold hold;
    float rest[SPOTI_WORKER_ACTION_MAX]; /* (action_dim) */
    spot_task_info info;
    pthread_mutex_t lock; /* of what follows */
    spoti_worker *idle;
    spoti_process_start starts[SPOTI_PROCESS_STARTS]; /* of seed s in place s mod their number */
    int64_t n_again;                                  /* starts of a seed that had begun before */
    int64_t n_other;           /* of these, those at which something else was seen */
    spoti_process_start first; /* start of all */
    int64_t n_seeds;           /* starts of other seeds than that one's */
    int64_t n_alike;           /* of these, those at which the same was seen */
} spoti_process_scene;

/* Loads the file and starts a first worker, to ask what the world is. Returns as spot_task_load. */
spot_status spoti_process_scene_load(const char *path, const spot_allocator *allocator,
                                     spoti_process_scene **out, spot_diag *diag);
void spoti_process_scene_destroy(spoti_process_scene *scene); /* NULL-tolerant */

/* An idle worker, or a new one; to be given back, or destroyed if it failed. Threads: any. */
spot_status spoti_process_take(const spoti_process_scene *scene, spoti_worker **out,
                               spot_diag *diag);
void spoti_process_give_back(const spoti_process_scene *scene, spoti_worker *worker);

/* Takes down what was seen first of the episode `seed`, as a hash. Threads: any. */
void spoti_process_note_start(const spoti_process_scene *scene, uint64_t seed, uint64_t hash);

/* What those starts say of whether the world repeats. Threads: any. */
void spoti_process_repeats(const spoti_process_scene *scene, char text[SPOT_REPEATS_SIZE]);

#endif
