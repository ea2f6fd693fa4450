/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A task of your own worlds: any simulator of your program, behind the table of world.h, and no file. Rolled out, tuned and
 * judged as the tasks that ship; the Python package runs gymnasium's environments in this way.
 *
 *     spot_own_task_config_default(&config);
 *     config.name = "my-task", config.identity = "my-task-3", config.dims = dims;
 *     config.make_world = make_world;
 *     spot_task_own(&config, &task, &diag);
 *     spot_tune(task, &brain, platform, &tune_config, NULL, NULL, &result, &diag);
 *     spot_task_destroy(task);
 */
#ifndef SPOT_TASK_OWN_H
#define SPOT_TASK_OWN_H

#include <stddef.h>

#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the task is. Texts, names and `together` are copied, so nothing but ctx outlives the call. */
typedef struct spot_own_task_config {
    size_t size;      /* of this struct, set by its default function; else E_INVALID */
    const char *name; /* needed */
    const char *
        identity; /* one word that differs where episodes could, such as a version: kept episodes are read back
                              * while it stays; needed, 1..48 bytes, no blanks */
    const char *description; /* default "" */
    const char *instruction; /* what is asked of the robot, in words; default NULL */
    const char
        *charge_as;     /* class of deployed model charged by default (platform.h); default NULL */
    const char *engine; /* the simulator; default "own" */
    const char *engine_version; /* default "0" */
    spot_world_dims dims;       /* of its worlds; obs, action, tick, limit and horizon are needed */
    const char *const *sample_names; /* (dims.sample_dim); NULL if that is 0, the default */
    /* (required) Makes a world for one thread, destroyed through its table; called from one thread at a time. Its `dims` and
     * `sample_names` are filled in from here. */
    spot_status (*make_world)(void *ctx, const spot_variation *variation, spot_world *out,
                              spot_diag *diag);
    void *ctx;                       /* of make_world; borrowed until spot_task_destroy */
    const spot_together *together;   /* how the worlds step at once; default NULL, each by itself */
    const spot_allocator *allocator; /* borrowed until spot_task_destroy; NULL = malloc */
} spot_own_task_config;

SPOT_API void spot_own_task_config_default(spot_own_task_config *config);

/* Makes the task. Ownership: on success the caller destroys *out (spot_task_destroy); on failure it is NULL.
 * Returns SPOT_OK, E_INVALID (also: what is needed is missing), E_RANGE (dimensions; see diag), E_NOMEM. */
SPOT_API spot_status spot_task_own(const spot_own_task_config *config, spot_task **out,
                                   spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
