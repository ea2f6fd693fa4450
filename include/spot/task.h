/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A task: what the robot shall do, in a YAML file. Adding one needs no C.
 *
 * `spot_task` is the loaded file with its compiled model, immutable and shared by threads; each thread
 * makes its own worlds from it. A backend stands behind it, a simulator: the file's `backend` says which; `mujoco`,
 * the default, has a robot and a scene in MJCF beside the file.
 *
 *     spot_task *task = NULL;
 *     spot_world world;
 *     spot_task_load("tasks/ur5e-conveyor/task.yaml", NULL, &task, &diag);
 *     spot_task_make_world(task, &(spot_variation){.speed = 1.5, .noise = 1.0}, &world, &diag);
 *     ...
 *     spot_world_destroy(&world);
 *     spot_task_destroy(task);
 */
#ifndef SPOT_TASK_H
#define SPOT_TASK_H

#include "spot/alloc.h"
#include "spot/status.h"
#include "spot/world.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_task spot_task; /* immutable after load */

/* The simulator that runs a task: results of two versions of it are not the same results. */
typedef struct spot_engine {
    const char *name;    /* `MuJoCo` */
    const char *version; /* `2.2.2`, of the library that runs */
} spot_engine;

/* The engine of the default backend. Static strings. Threads: immutable. */
SPOT_API spot_engine spot_engine_built_in(void);

/* What a task is. Read-only view, valid as long as the task. */
typedef struct spot_task_info {
    const char *name;
    const char *description;
    const char *instruction; /* what is asked of the robot, in words; NULL = nothing is said */
    const char *charge_as;   /* class of deployed model charged by default (platform.h) */
    const char *model;       /* file of its scene, beside the task file; NULL = none */
    double moving_speed_m_s; /* of the disturbance at speed 1; 0 if nothing moves by itself */
    spot_engine engine;
    spot_world_dims dims;
    const char *const *sample_names; /* (dims.sample_dim) columns of a world's sample */
    const char *
        seeds; /* all that seeds differ by, in words, where a reset randomises nothing and all of it is
                          multiplied by variation.noise; NULL = how episodes start, or it is not known */
} spot_task_info;

/* How an episode differs from the task file. */
typedef struct spot_variation {
    double speed; /* factor on the speed of what moves, 0..10; default 1 */
    double noise; /* factor on the sensor noise, 0..10; default 1 */
} spot_variation;

SPOT_API void spot_variation_default(spot_variation *variation);

/* Loads the task file `path` and compiles its model.
 * Ownership: on success the caller owns *out. `allocator` is borrowed until destroy; NULL = malloc.
 * Returns SPOT_OK, E_INVALID, E_IO, E_FORMAT (diag: file:line: what, expected; also of an unknown backend),
 * E_UNSUPPORTED (another version of the engine runs than this was built with), E_NOMEM.
 * The backend `mujoco` replaces MuJoCo's process-wide warning handler by one that stays silent. */
SPOT_API spot_status spot_task_load(const char *path, const spot_allocator *allocator,
                                    spot_task **out, spot_diag *diag);
SPOT_API void spot_task_destroy(spot_task *task);
SPOT_API const spot_task_info *spot_task_describe(const spot_task *task);

enum { SPOT_REPEATS_SIZE = 320 };

/* How it is known that a seed gives the same episode again, in words: "" where the simulator is one of ours, whose
 * episodes are functions of the seed. Worlds of others are watched: whenever one begins with a seed that a world of the task
 * had begun with, what is seen first is compared. So this says more the more was run. It also says if all seeds began
 * alike, for then they may be no trials of their own. Threads: any. */
SPOT_API void spot_task_repeats(const spot_task *task, char text[SPOT_REPEATS_SIZE]);

/* Makes a world of the task, which is borrowed until spot_world_destroy.
 * Of the backend `mujoco` a world's sample is: columns 0-2 gripper x, y, z (m), 3 yaw (rad), 4 opening (m), then
 * the joint angles (rad), as many joint speeds (rad/s) and joint torques (N m), then x, y, z, yaw an object; its anchor
 * is the gripper pose (x, y, z in m, yaw in rad, 0); an action is a target relative to it (dx, dy, dz, dyaw) and the
 * gripper command (> 0 open, else close). Where the task's actions are joints, these are in the pose's place: the anchor
 * is the joint angles (rad) and 0, an action their targets relative to it, and the gripper command.
 * Returns SPOT_OK, E_INVALID, E_RANGE (variation), E_NOMEM. */
SPOT_API spot_status spot_task_make_world(const spot_task *task, const spot_variation *variation,
                                          spot_world *out, spot_diag *diag);

/* Frees what spot_task_make_world made; NULL-tolerant, also for a zeroed world. */
SPOT_API void spot_world_destroy(spot_world *world);

#ifdef __cplusplus
}
#endif

#endif
