/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A world: a small table of functions behind which a simulator, or later a robot, stands.
 *
 * Time goes on in equal ticks (physics steps). The caller decides when to observe and when to act;
 * without a new action the world holds the last target and goes on. Actions are relative to what the
 * observation saw: `observe` also returns an anchor (e.g. the gripper pose then), and `act` takes the
 * anchor of the observation that the action was computed from.
 *
 *     spot_world_reset(world, seed);
 *     spot_world_observe(world, obs, anchor);
 *     spot_world_act(world, action, anchor);
 *     spot_world_step(world);
 *     spot_world_outcome(world, &outcome);
 */
#ifndef SPOT_WORLD_H
#define SPOT_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/image.h"
#include "spot/status.h"
#include "spot/tised.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_ANCHOR_DIM_MAX = 16,
    SPOT_FAULT_SIZE = 256, /* of the line that says why an episode is invalid */
};

typedef struct spot_world_dims {
    int obs_dim;    /* floats in an observation */
    int action_dim; /* floats in an action */
    int anchor_dim; /* doubles in an anchor, <= SPOT_ANCHOR_DIM_MAX */
    int sample_dim; /* doubles in a trajectory sample; where >= 3, the first are the end effector's x, y, z, m */
    int n_joint; /* joints of the arm in a sample: their positions (rad) from column joint_at on, behind
                           * them their velocities (rad/s); 0 = the sample has none */
    int joint_at;
    int state_dim;        /* doubles in a full simulator state */
    double tick_s;        /* physics step, s */
    int ticks_per_action; /* control period / physics step */
    int horizon;          /* H of the task's policies */
    int n_execute;        /* n by default */
    double time_limit_s;  /* an episode that has not ended by then failed */
    spot_regime regime;
} spot_world_dims;

typedef struct spot_outcome {
    bool done;    /* the episode is over (success, failure, time-out or invalid) */
    bool success; /* the task's success predicate held; never with `invalid` */
    bool
        invalid; /* the simulator broke off: nothing is known of the task, neither success nor failure */
    int grade; /* 0..grade_max partial credit */
    int grade_max;
    double time_s; /* since reset */
    const char
        *fault; /* why it is invalid, in one line, the world's until its next reset; else NULL */
} spot_outcome;

typedef struct spot_world_ops {
    const char *kind; /* `mujoco`, `planar`, ... */
    void (*destroy)(void *self);
    spot_status (*reset)(void *self, uint64_t seed);                           /* (required) */
    spot_status (*observe)(void *self, float *obs, double *anchor);            /* (required) */
    spot_status (*act)(void *self, const float *action, const double *anchor); /* (required) */
    spot_status (*step)(void *self); /* (required) one tick */
    /* (optional) What up to `most` >= 1 calls of step do, and fewer where one of them ends the episode: *done is how many,
     * at least 1. For worlds to which each call is a message; used where nobody looks in between. NULL = one by one. */
    spot_status (*step_many)(void *self, int64_t most, int64_t *done);
    void (*outcome)(const void *self, spot_outcome *outcome); /* (required) */
    void (*sample)(const void *self, double *row);            /* (required) sample_dim */
    /* (optional) What the joints did in the last tick: their velocities (n_joint), rad/s, at its end, and the
     * torques (n_joint) that the servo put into them during it, N m, gravity compensation included, contacts and
     * friction not. NULL = no torques are known. */
    void (*effort)(const void *self, double *velocity, double *torque);
    void (*state)(const void *self, double *row); /* (optional) state_dim */
    /* (optional) What the cameras see now: (*count) images, at most SPOT_IMAGES_MAX, the world's until its next
     * call. NULL = it has none. */
    spot_status (*look)(void *self, const spot_image **images, int *count);
    /* (optional) Why the last call failed, in one line, the world's until its next; "" = nothing is known. */
    const char *(*why)(const void *self);
} spot_world_ops;

/* A world is a table, an object and its dimensions; made by a backend's constructor (task.h). */
typedef struct spot_world {
    const spot_world_ops *ops;
    void *self;
    spot_world_dims dims;
    const char *const *sample_names; /* (sample_dim) static or owned by self */
    const struct spot_task *task;    /* that made it (task.h); NULL = nobody says */
    const char
        *instruction; /* what is asked of the robot, in words, owned by self; NULL = nothing */
} spot_world;

enum { SPOT_TOGETHER_MAX = 4096 };

/* Worlds that are reset and stepped at once, such as the environments of a vectorised simulator; all its calls come from
 * one thread. World i is the i-th that was made. */
typedef struct spot_together {
    int n; /* worlds, 1..SPOT_TOGETHER_MAX */
    /* (required) World i begins the episode seeds[i], i < m <= n, the others rest; called before the `reset` of each. */
    spot_status (*reset)(void *ctx, const uint64_t *seeds, int m, spot_diag *diag);
    /* (required) One tick of the worlds that are active (n): all have been given their actions; called before the `step` of
     * each of these. */
    spot_status (*step)(void *ctx, const bool *active, int n, spot_diag *diag);
    void *ctx;
} spot_together;

/* The calls of a world, through its table. reset: seed -> the episode's start; observe: obs (obs_dim) and
 * anchor (anchor_dim) of now; act: the action (action_dim) and the anchor of the observation that it was
 * computed from; step: one tick. Return what the backend says; E_STATE: step after an invalid end. */
static inline spot_status spot_world_reset(spot_world *world, uint64_t seed)
{
    return world->ops->reset(world->self, seed);
}

static inline spot_status spot_world_observe(spot_world *world, float *obs, double *anchor)
{
    return world->ops->observe(world->self, obs, anchor);
}

static inline spot_status spot_world_act(spot_world *world, const float *action,
                                         const double *anchor)
{
    return world->ops->act(world->self, action, anchor);
}

static inline spot_status spot_world_step(spot_world *world)
{
    return world->ops->step(world->self);
}

static inline void spot_world_outcome(const spot_world *world, spot_outcome *outcome)
{
    world->ops->outcome(world->self, outcome);
}

#ifdef __cplusplus
}
#endif

#endif
