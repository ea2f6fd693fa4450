/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A brain: whatever turns an observation into a chunk, behind a small table of functions.
 *
 * Our networks are one (spot_brain_of_policy), a function of your program is another; examples/own_policy.c
 * has one. The closed loop (rollout.h) and the tuner (tune.h) take any. A brain is shared; each thread begins
 * a state of it for one operating point, asks that for chunks, and ends it.
 *
 *     spot_brain_open("policies/ur5e-conveyor", NULL, &brain, &diag);
 *     spot_brain_config_default(&config);
 *     config.point = &point;
 *     spot_brain_begin(&brain, &config, &state, &diag);
 *     spot_brain_infer(&brain, state, &(spot_brain_input){.obs = obs, .noise = noise}, chunk, &diag);
 *     spot_brain_end(&brain, state);
 *     spot_brain_close(&brain);
 *
 * The time that an inference takes is charged by the platform (platform.h), not by the brain: a rollout does
 * not depend on how long infer takes here.
 */
#ifndef SPOT_BRAIN_H
#define SPOT_BRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/alloc.h"
#include "spot/image.h"
#include "spot/point.h"
#include "spot/policy.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_BRAIN_DIM_MAX = 1 << 16,  /* of obs_dim, action_dim, horizon and their product */
    SPOT_BRAIN_IDENTITY_SIZE = 96, /* of the text of spot_brain_identify */
};

/* What a brain is. */
typedef struct spot_brain_info {
    char type[SPOT_POLICY_NAME_SIZE]; /* kind or architecture, `flow_mixer`; "" = not said */
    char task[SPOT_POLICY_NAME_SIZE]; /* task that it was made for; "" = not said */
    int obs_dim;                      /* floats in an observation, 1..SPOT_BRAIN_DIM_MAX */
    int action_dim;                   /* floats in an action, as above */
    int horizon;                      /* H: actions in a chunk, as above */
    int default_steps; /* refinement steps of the baseline, 1..SPOT_POINT_STEPS_MAX; 1 = none */
    bool takes_noise;  /* infer reads noise; else it is NULL */
    bool remembers;    /* it is told of each action before it starts */
    bool sees;         /* infer reads the images of an observation */
    bool
        varies; /* the same input may give another chunk: a server that draws its own noise, say, so episodes
                        * cannot be repeated, and reports say so */
    const char
        *knobs; /* the knobs of an inference that it obeys (point.h), separated by blanks, such as
                        * `steps quant`; "" or NULL = none. Points that turn others are refused. Static. */
} spot_brain_info;

/* What one thread's state is for. All borrowed until spot_brain_end, `point` during begin. */
typedef struct spot_brain_config {
    size_t size;             /* of this struct, set by its default function; else E_INVALID */
    const spot_point *point; /* its `steps` may be 0: the default */
    const char *kernels;     /* as in spot_session_config; NULL = best of this CPU */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_brain_config;

/* What an inference reads: an observation, a record of what was sensed at one moment. More may come behind; a
 * brain reads what it knows. All borrowed during infer. */
typedef struct spot_brain_input {
    const float *obs; /* (obs_dim) `observation.state` */
    const float
        *noise; /* (horizon x action_dim) standard normal, a function of seed and inference alone;
                         * NULL without takes_noise */
    const spot_image *images; /* (n_images) NULL without `sees` */
    int n_images;
    const char *instruction; /* what is asked of the robot, in words; NULL = nothing is */
    const double *
        anchor; /* (n_anchor) what the task adds to an action's first entries, as it was at the observation:
                           * an action of a chunk is relative to it (world.h). NULL where n_anchor is 0 */
    int n_anchor;
} spot_brain_input;

/* What a brain does. Calls that may fail say why in `diag`, which may be NULL, in one line. A failure of infer,
 * remember or forget ends the job, but for E_IO of infer or remember: then the answer was lost on its way, which says
 * nothing of the task, and the episode is invalid; the next one begins with forget. */
typedef struct spot_brain_ops {
    /* (required) Fills *info, which is zeroed before. Always says the same. */
    void (*describe)(const void *self, spot_brain_info *info);
    /* (optional) Writes one line that differs where chunks could: which weights, which server.
     * NULL = the answer to an observation of random numbers stands for it, so a brain that refuses such needs
     * this. */
    spot_status (*identify)(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag);
    /* (optional) Makes the state of one thread; called from one thread at a time. Returns E_UNSUPPORTED or
     * E_RANGE where the point cannot be had. NULL = the state is `self`, used by all threads at once. */
    spot_status (*begin)(void *self, const spot_brain_config *config, void **state,
                         spot_diag *diag);
    /* (required) chunk (horizon x action_dim) from the input; allocates nothing. The same input and past give
     * the same chunk, or episodes cannot be repeated. */
    spot_status (*infer)(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag);
    /* (required with `remembers`) An action starts: obs (obs_dim) is what is seen then, command (action_dim) what it
     * commands in absolute terms, its anchor + it. */
    spot_status (*remember)(void *state, const float *obs, const float *command, spot_diag *diag);
    /* (optional) What an inference of this state costs, with as much of a past as it can read; whatever it was told
     * is forgotten. NULL = not known. */
    spot_status (*cost)(void *state, spot_inference_cost *cost, spot_diag *diag);
    /* (optional) An episode starts: forgets what it was told. */
    spot_status (*forget)(void *state, spot_diag *diag);
    void (*end)(void *state);  /* (required with begin) */
    void (*close)(void *self); /* (optional) after all states have ended */
} spot_brain_ops;

/* A brain is a table and an object. */
typedef struct spot_brain {
    const spot_brain_ops *ops;
    void *self;
} spot_brain;

/* The brain of a network; `policy` is borrowed until the brain is closed. Begins sessions (policy.h).
 * Returns SPOT_OK, E_INVALID. */
SPOT_API spot_status spot_brain_of_policy(const spot_policy *policy, spot_brain *out);

/* What a brain may be told of the task that it is opened for; a brain that knows better does not ask. The texts
 * are borrowed during open. */
typedef struct spot_brain_open_config {
    size_t size;             /* of this struct, set by its default function; else E_INVALID */
    int obs_dim;             /* of the task; 0 = not known, the default */
    int action_dim;          /* as above */
    const char *instruction; /* as in spot_brain_input; default NULL */
    const spot_allocator *allocator; /* borrowed until the brain is closed; NULL = malloc */
} spot_brain_open_config;

SPOT_API void spot_brain_open_config_default(spot_brain_open_config *config);

/* Whether `text` begins with a scheme that spot_brain_open knows, `onnx:` say, and so is no folder's name. NULL is not. */
SPOT_API bool spot_brain_is_address(const char *text);

/* Opens the brain at `address`: `none`, which asks for zeros; the folder of a policy (policy.h), which the brain then owns; or `onnx:FOLDER`, an ONNX file
 * with its policy.yaml, run by ONNX Runtime (docs/bring-your-own-policy.md), which is loaded here; or a policy server
 * (`ws://HOST[:PORT][/PATH]`), or a file that says how one is asked (`remote:FILE.yaml`), which is connected to and
 * asked once. `config` may be NULL.
 * Ownership: on success the caller closes *out; on failure it is zeroed. Returns as spot_policy_load, and for an
 * address E_UNSUPPORTED (what nothing here can fill, a library that is too old), E_NOT_FOUND (a host), E_RANGE. */
SPOT_API spot_status spot_brain_open(const char *address, const spot_brain_open_config *config,
                                     spot_brain *out, spot_diag *diag);

/* Describes the brain. Returns SPOT_OK, E_INVALID (a table without what is required, impossible dimensions;
 * see diag). */
SPOT_API spot_status spot_brain_describe(const spot_brain *brain, spot_brain_info *info,
                                         spot_diag *diag);

/* Whether the brain obeys the knob of this name, one of an inference. */
SPOT_API bool spot_brain_turns(const spot_brain_info *info, const char *knob);

SPOT_API void spot_brain_config_default(spot_brain_config *config);

/* Begins a state. Ownership: on success to be ended with spot_brain_end before the brain is closed; on failure
 * *state is NULL. Returns as spot_brain_describe, E_UNSUPPORTED (a knob that the brain does not have), or what
 * the brain says. */
SPOT_API spot_status spot_brain_begin(const spot_brain *brain, const spot_brain_config *config,
                                      void **state, spot_diag *diag);
SPOT_API void spot_brain_end(const spot_brain *brain, void *state);

/* The calls of a state, through the table. Threads: externally locked per state. */
static inline spot_status spot_brain_infer(const spot_brain *brain, void *state,
                                           const spot_brain_input *input, float *chunk,
                                           spot_diag *diag)
{
    return brain->ops->infer(state, input, chunk, diag);
}

static inline spot_status spot_brain_remember(const spot_brain *brain, void *state,
                                              const float *obs, const float *command,
                                              spot_diag *diag)
{
    return brain->ops->remember(state, obs, command, diag);
}

static inline spot_status spot_brain_forget(const spot_brain *brain, void *state, spot_diag *diag)
{
    return brain->ops->forget != NULL ? brain->ops->forget(state, diag) : SPOT_OK;
}

/* What an inference of `state` costs, as the table's `cost`. Returns SPOT_OK, E_INVALID, E_UNSUPPORTED (the brain does not know), or what it
 * says. Threads: externally locked per state. */
SPOT_API spot_status spot_brain_cost(const spot_brain *brain, void *state,
                                     spot_inference_cost *cost, spot_diag *diag);

/* One line that differs where chunks could: what the brain says, or `policy=HASH` of its answer to one fixed
 * observation at its default point. Returns SPOT_OK, E_NOMEM, or what the brain says. */
SPOT_API spot_status spot_brain_identify(const spot_brain *brain,
                                         char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag);

/* Closes and zeroes; NULL-tolerant, also for a zeroed brain. */
SPOT_API void spot_brain_close(spot_brain *brain);

#ifdef __cplusplus
}
#endif

#endif
