/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Running the expert, with disturbances that show it how to recover.
 *
 * A disturbance replaces what is executed, not the label; but a chunk of labels that spans one would not
 * be a trajectory that anybody could follow, so those rows are marked and training starts after them.
 */
#include "lab/demo/record.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

enum {
    TAIL_PERIODS = 6, /* rows after success, so that a chunk may end in rest */
};

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

spot_status spoti_demo_init(spoti_demo *demo, const spot_task *task)
{
    const spot_task_info *info = spot_task_describe(task);
    const spot_world_dims *d = &info->dims;
    double period = d->tick_s * d->ticks_per_action;

    memset(demo, 0, sizeof(*demo));
    demo->allocator = task->allocator;
    demo->dims = *d;
    demo->capacity = (int)ceil(d->time_limit_s / period) + TAIL_PERIODS + 2;
    size_t rows = (size_t)demo->capacity;
    demo->state = spoti_calloc(demo->allocator, rows * (size_t)d->obs_dim, sizeof(float));
    demo->anchor = spoti_calloc(demo->allocator, rows * (size_t)d->action_dim, sizeof(double));
    demo->target = spoti_calloc(demo->allocator, rows * (size_t)d->action_dim, sizeof(double));
    demo->command = spoti_calloc(demo->allocator, rows * (size_t)d->action_dim, sizeof(double));
    demo->sample = spoti_calloc(demo->allocator, rows * (size_t)d->sample_dim, sizeof(double));
    demo->sim = spoti_calloc(demo->allocator, rows * (size_t)d->state_dim, sizeof(double));
    demo->ok = spoti_calloc(demo->allocator, rows, 1);
    if (demo->state == NULL || demo->anchor == NULL || demo->target == NULL ||
        demo->command == NULL || demo->sample == NULL || demo->sim == NULL || demo->ok == NULL) {
        spoti_demo_fini(demo);
        return SPOT_E_NOMEM;
    }
    return SPOT_OK;
}

void spoti_demo_fini(spoti_demo *demo)
{
    size_t rows = (size_t)demo->capacity;
    const spot_world_dims *d = &demo->dims;

    spoti_free(demo->allocator, demo->state, rows * (size_t)d->obs_dim * sizeof(float));
    spoti_free(demo->allocator, demo->anchor, rows * (size_t)d->action_dim * sizeof(double));
    spoti_free(demo->allocator, demo->target, rows * (size_t)d->action_dim * sizeof(double));
    spoti_free(demo->allocator, demo->command, rows * (size_t)d->action_dim * sizeof(double));
    spoti_free(demo->allocator, demo->sample, rows * (size_t)d->sample_dim * sizeof(double));
    spoti_free(demo->allocator, demo->sim, rows * (size_t)d->state_dim * sizeof(double));
    spoti_free(demo->allocator, demo->ok, rows);
    memset(demo, 0, sizeof(*demo));
}

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
    int dof = w->task->objects[e->object].dof;
    if (b->nudged || dof < 0 || e->phase >= SPOTI_PHASE_DESCEND ||
        !spoti_object_seen(w, e->object) || spot_rng_uniform(&b->rng, 0.0, 1.0) > 0.02) {
        return false;
    }
    double angle = spot_rng_uniform(&b->rng, 0.0, 2.0 * mjPI);
    double speed = spot_rng_uniform(&b->rng, 0.2, 0.6);
    w->data->qvel[dof] += speed * cos(angle);
    w->data->qvel[dof + 1] += speed * sin(angle);
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

/* `command` is what is executed, pose alone. */
static void record_row(spoti_demo *demo, spot_world *world, const spoti_expert_action *a,
                       const double command[SPOTI_POSE_DIM], bool ok)
{
    const spot_world_dims *d = &demo->dims;
    size_t row = (size_t)demo->count++;

    (void)spot_world_observe(world, demo->state + row * (size_t)d->obs_dim,
                             demo->anchor + row * (size_t)d->action_dim);
    world->ops->sample(world->self, demo->sample + row * (size_t)d->sample_dim);
    world->ops->state(world->self, demo->sim + row * (size_t)d->state_dim);
    double *target = demo->target + row * (size_t)d->action_dim;
    memcpy(target, a->target, sizeof(a->target));
    target[SPOTI_POSE_DIM] = a->open ? 1.0 : -1.0;
    double *executed = demo->command + row * (size_t)d->action_dim;
    memcpy(executed, command, SPOTI_POSE_DIM * sizeof(*executed));
    executed[SPOTI_POSE_DIM] = target[SPOTI_POSE_DIM];
    demo->ok[row] = ok ? 1 : 0;
}

static void finish_episode(spoti_demo *demo, const spot_outcome *o)
{
    const spot_world_dims *d = &demo->dims;
    spot_episode *episode = &demo->episode;

    *episode = (spot_episode){.seed = demo->seed,
                              .success = o->success,
                              .grade = o->grade,
                              .grade_max = o->grade_max,
                              .time_s = o->time_s,
                              .actions = demo->count,
                              .invalid = o->invalid};
    if (o->invalid) {
        (void)spoti_copy(episode->fault, sizeof(episode->fault), o->fault);
    }
    for (int i = 1; i < demo->count; i++) {
        const double *p = demo->sample + (size_t)i * (size_t)d->sample_dim;
        const double *q = p - d->sample_dim;
        episode->path_m += sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
                                (p[2] - q[2]) * (p[2] - q[2]));
    }
}

spot_status spoti_demo_run(spoti_demo *demo, const spot_task *task, spot_world *world,
                           uint64_t seed, bool disturbed)
{
    spoti_mujoco_world *w = world->self;
    spoti_expert expert;
    spot_outcome outcome;
    disturber d = {.rng = spot_rng_at(seed, SPOT_STREAM_DISTURB, 0), .on = disturbed};
    int tail = 0;

    demo->count = 0;
    demo->seed = seed;
    spoti_expert_reset(&expert, task, seed, disturbed);
    spot_status st = spot_world_reset(world, seed);
    spot_world_outcome(world, &outcome);
    while (st == SPOT_OK && !outcome.invalid && demo->count < demo->capacity &&
           tail < TAIL_PERIODS) {
        spoti_expert_action action;
        spoti_expert_act(&expert, w, &action);
        double command[SPOTI_POSE_DIM];
        memcpy(command, action.command, sizeof(command));
        bool at_work = disturb(&d, w, &expert, command);
        record_row(demo, world, &action, command, action.label_ok && !at_work);
        spoti_arm_command(w, command, action.open);
        spot_outcome now = {.invalid = false};
        for (int i = 0; i < demo->dims.ticks_per_action && st == SPOT_OK && !now.invalid; i++) {
            st = spot_world_step(world);
            spot_world_outcome(world, &now);
        }
        if (!outcome.done || now.invalid) { /* a demonstration with a broken tail is none */
            outcome = now;
        }
        if (outcome.done) {
            tail = outcome.success ? tail + 1 : TAIL_PERIODS;
            d.on = false;
        }
    }
    demo->success = outcome.success;
    finish_episode(demo, &outcome);
    return st;
}
