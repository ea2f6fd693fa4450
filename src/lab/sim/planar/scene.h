/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A planar task: a level and how its episodes are run. Immutable after loading. */
#ifndef SPOTI_PLANAR_SCENE_H
#define SPOTI_PLANAR_SCENE_H

#include "core/base/text.h"
#include "lab/sim/planar/file.h"
#include "lab/sim/planar/level.h"
#include "spot/task.h"

#define SPOTI_PLANAR_SUFFIX ".json" /* of a level, which is a task by itself */

typedef struct spoti_planar_scene {
    const spot_allocator *allocator;
    char path[SPOTI_PATH_SIZE];       /* of the file that was loaded */
    char level_path[SPOTI_PATH_SIZE]; /* of the level; the same for a level that is its own task */
    char name[128];                   /* of the level */
    spoti_planar_file *file;          /* NULL = a level that is its own task */
    spoti_level *level;
    spoti_solve_rule solve;
    int frame_skip;      /* physics steps a control step */
    int slices;          /* ticks a physics step */
    int steps;           /* control steps of an episode */
    double action_noise; /* standard deviation */
    double start_noise_m;
    uint64_t hash; /* of the level file */
    int effector; /* body whose path is told as the end effector's: the first green one, else the first movable */
    int n_name;
    char (*names)[24];         /* (n_name) of the sample's columns, */
    const char **sample_names; /* (n_name) ... */
    spot_task_info info;
} spoti_planar_scene;

/* The physics, whose version is raised with every change after which a level steps otherwise. Static strings. */
spot_engine spoti_planar_engine(void);

/* Loads a task file, or a level (`FILE.json`) as its own task. Returns as spot_task_load. */
spot_status spoti_planar_scene_load(const char *path, const spot_allocator *allocator,
                                    spoti_planar_scene **out, spot_diag *diag);
void spoti_planar_scene_destroy(spoti_planar_scene *scene);

#endif
