/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The expert behind the table of tasks, with disturbances that show how to recover.
 *
 * A disturbance replaces what is executed, not the label; but a chunk of labels that spans one would not
 * be a trajectory that anybody could follow, so those rows are marked and training starts after them.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/elementary.h"
#include "lab/sim/mujoco/expert.h"

typedef enum burst_kind { BURST_NONE, BURST_PUSH, BURST_FREEZE } burst_kind;

/* The disturbances of one episode. */
typedef struct disturber {
    spot_rng rng;
    bool on;
    burst_kind kind;
    int left; /* control periods that the burst goes on */
    double push[SPOTI_POSE_DIM];
    bool nudged;
} disturber;

/* One episode's expert. */
typedef struct demonstrator {
    spoti_mujoco_world *world;
    spoti_expert expert;
    disturber disturber;
} demonstrator;

static void begin_burst(disturber *b)
{
    spot_rng *rng = &b->rng;
    if (b->left > 0 || spot_rng_uniform(rng, 0.0, 1.0) > 0.025) {
        return;
    }
    b->kind = spot_rng_below(rng, 2) == 0 ? BURST_PUSH : BURST_FREEZE;
    b->left = 2 + (int)spot_rng_below(rng, 5);
    for (int i = 0; i < 3; i++) {
        b->push[i] = 0.02 * spot_rng_normal(rng);
    }
    b->push[2] = fabs(b->push[2]); /* never into the table */
    b->push[3] = 0.15 * spot_rng_normal(rng);
}

/* Kicks the object, once, while the fingers are not around it and it is seen: nobody could know of a kick
 * that nobody saw. Returns true if it did. */
static bool nudge_object(disturber *b, spoti_mujoco_world *w, const spoti_expert *e)
{
    int dof = e->object >= 0 ? w->task->objects[e->object].dof : -1;
    if (b->nudged || dof < 0 || e->phase >= SPOTI_PHASE_DESCEND ||
        !spoti_object_seen(w, e->object) || spot_rng_uniform(&b->rng, 0.0, 1.0) > 0.02) {
        return false;
    }
    double angle = spot_rng_uniform(&b->rng, 0.0, 2.0 * mjPI);
    double speed = spot_rng_uniform(&b->rng, 0.2, 0.6);
    w->data->qvel[dof] += speed * spoti_cos(angle);
    w->data->qvel[dof + 1] += speed * spoti_sin(angle);
    b->nudged = true;
    return true;
}

/* What is executed instead of the expert's action. Returns true if a disturbance is at work. */
static bool disturb(disturber *b, spoti_mujoco_world *w, const spoti_expert *e, double target[])
{
    if (!b->on) {
        return false;
    }
    bool nudged = nudge_object(b, w, e);
    begin_burst(b);
    if (b->left == 0) {
        return nudged;
    }
    b->left--;
    for (int i = 0; i < SPOTI_POSE_DIM; i++) {
        target[i] = b->kind == BURST_FREEZE ? w->target[i] : target[i] + b->push[i];
    }
    return true;
}

static spot_status begin(const spot_world *world, uint64_t seed, bool disturbed, void **out)
{
    spoti_mujoco_world *w = (spoti_mujoco_world *)world->self;
    demonstrator *d = (demonstrator *)spoti_calloc(w->task->allocator, 1, sizeof(*d));
    *out = d;
    if (d == NULL) {
        return SPOT_E_NOMEM;
    }
    d->world = w;
    d->disturber = (disturber){.rng = spot_rng_at(seed, SPOT_STREAM_DISTURB, 0), .on = disturbed};
    spoti_expert_reset(&d->expert, w->task, seed, disturbed);
    return SPOT_OK;
}

/* A pose and a gripper command as an action of the task says it. */
static void put_action(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM], bool open,
                       double *action)
{
    if (w->task->file->arm.action == SPOTI_ACTION_JOINTS) {
        spoti_arm_joints_of(w, pose, action);
    } else {
        memcpy(action, pose, SPOTI_POSE_DIM * sizeof(*action));
    }
    action[spoti_scene_arm_dim(w->task)] = open ? 1.0 : -1.0;
}

static void plan(void *expert, double *target, double *command, bool *ok)
{
    demonstrator *d = (demonstrator *)expert;
    spoti_expert_action action;
    spoti_expert_act(&d->expert, d->world, &action);
    put_action(d->world, action.target, action.open, target);
    const bool at_work = disturb(&d->disturber, d->world, &d->expert, action.command);
    put_action(d->world, action.command, action.open, command);
    *ok = action.label_ok && !at_work;
}

static void execute(void *expert, const double *command)
{
    spoti_mujoco_world *w = ((demonstrator *)expert)->world;
    const bool open = command[spoti_scene_arm_dim(w->task)] > 0.0;
    if (w->task->file->arm.action == SPOTI_ACTION_JOINTS) {
        spoti_arm_command_joints(w, command, open);
    } else {
        spoti_arm_command(w, command, open);
    }
}

static void calm(void *expert)
{
    ((demonstrator *)expert)->disturber.on = false;
}

static void end(void *expert)
{
    spoti_free(((demonstrator *)expert)->world->task->allocator, expert, sizeof(demonstrator));
}

static bool is_there(const void *task)
{
    return ((const spoti_scene *)task)->file->expert != NULL;
}

const spoti_expert_ops spoti_mujoco_expert = {.is_there = is_there,
                                              .begin = begin,
                                              .plan = plan,
                                              .execute = execute,
                                              .calm = calm,
                                              .end = end};
