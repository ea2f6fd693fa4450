/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What is behind a public spot_task: a table of functions and an object, made by a backend.
 *
 * A backend is a simulator with its kind of task file. It lives in a folder of its own and is entered in the list
 * of task.c; whoever runs, tries, draws or demonstrates a task goes through the table.
 */
#ifndef SPOTI_SIM_TASK_H
#define SPOTI_SIM_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/text.h"
#include "spot/render.h"
#include "spot/task.h"
#include "spot/trial.h"

enum { SPOTI_TASK_IDENTITY_SIZE = 64 };

/* Pictures of a world; a renderer belongs to one thread. As the calls of render.h, which checks width and height. */
typedef struct spoti_draw_ops {
    spot_status (*create)(const spot_world *world, const spot_render_config *config, void **out,
                          spot_diag *diag);
    spot_status (*draw)(void *renderer, const spot_world *world, uint8_t *rgb);
    const char *(*source)(const void *renderer); /* of its OpenGL; static */
    void (*destroy)(void *renderer);
} spoti_draw_ops;

/* The scripted expert of one episode, asked once a control period, in worlds with anchor_dim = action_dim and a
 * `state`; targets and commands are absolute
 * (action_dim), not relative to an anchor. */
typedef struct spoti_expert_ops {
    bool (*is_there)(const void *task); /* (optional) whether this task has one; NULL = all have */
    /* Before the world is reset with `seed`. `disturbed`: pushes, freezes, moved objects and deliberate misses. */
    spot_status (*begin)(const spot_world *world, uint64_t seed, bool disturbed, void **out);
    /* What is to be learnt here, what is executed, and whether to imitate it. May disturb the world. */
    void (*plan)(void *expert, double *target, double *command, bool *ok);
    void (*execute)(void *expert, const double *command);
    void (*calm)(void *expert); /* no more disturbances */
    void (*end)(void *expert);
} spoti_expert_ops;

typedef struct spoti_task_ops {
    const spot_task_info *(*info)(const void *self); /* (required) valid as long as the task */
    /* (required) A world; `variation` has been checked. */
    spot_status (*make_world)(const void *self, const spot_variation *variation, spot_world *out,
                              spot_diag *diag);
    /* (required) One line without blanks that differs where episodes could, `model=HASH`. */
    spot_status (*identify)(const void *self, char text[SPOTI_TASK_IDENTITY_SIZE]);
    /* (optional) The model as one text, whatever files it was made of; the caller's, freed by spoti_strfree. Returns
     * SPOT_OK, E_UNSUPPORTED, E_IO, E_NOMEM. NULL = its models are no text. */
    spot_status (*model_text)(const void *self, const spot_allocator *allocator, char **out,
                              spot_diag *diag);
    /* (optional) Fills a zeroed trial. Returns SPOT_OK whatever it found, E_NOMEM. NULL = nothing to check. */
    spot_status (*trial)(const void *self, spot_trial *trial, spot_diag *diag);
    bool trial_is_slow; /* nothing waits for one: it is made where it is asked for */
    /* (optional) As spot_task_repeats. NULL = episodes are functions of the seed. */
    void (*repeats)(const void *self, char text[SPOT_REPEATS_SIZE]);
    /* (optional) How its worlds step together; valid as long as the task. NULL = each goes by itself. */
    const spot_together *(*together)(const void *self);
    const spoti_draw_ops *draw;     /* (optional) NULL = cannot be drawn */
    const spoti_expert_ops *expert; /* (optional) NULL = there is none */
    void (*destroy)(void *self);    /* (optional) */
} spoti_task_ops;

struct spot_task {
    char path[SPOTI_PATH_SIZE]; /* of the file that it was loaded from; "" = none */
    const spot_allocator *allocator;
    const spoti_task_ops *ops;
    void *self;
};

/* A simulator. */
typedef struct spoti_backend {
    const char *name;   /* as task files call it */
    const char *suffix; /* of files that are tasks of it by themselves; NULL = there are none */
    spot_engine (*engine)(void);
    const spoti_task_ops *ops;
    /* Loads the task file `path`; *self is the table's. Returns as spot_task_load. */
    spot_status (*load)(const char *path, const spot_allocator *allocator, void **self,
                        spot_diag *diag);
} spoti_backend;

/* Makes a task of a table and an object, which it destroys; on failure the caller does.
 * Returns SPOT_OK, E_NOMEM. */
spot_status spoti_task_make(const spoti_task_ops *ops, void *self, const spot_allocator *allocator,
                            spot_task **out);

/* As the table's `identify`. */
spot_status spoti_task_identify(const spot_task *task, char text[SPOTI_TASK_IDENTITY_SIZE]);

/* As the table's `model_text`; *out NULL where there is none. */
spot_status spoti_task_model_text(const spot_task *task, char **out, spot_diag *diag);

/* As the table's `together`. */
const spot_together *spoti_task_together(const spot_task *task);

/* *hash of a few ticks of the task's episode 0: differs, but for chance, where the engine's build or the variant of the C
 * library's functions that it calls computes otherwise. Returns SPOT_OK, E_NOMEM, or what the world says. */
spot_status spoti_task_probe(const spot_task *task, uint64_t *hash, spot_diag *diag);

#endif
