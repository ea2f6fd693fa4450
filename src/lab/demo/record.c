/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Running the expert of a task, one row a control period. */
#include "lab/demo/record.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/rollout/motion.h"

enum {
    N_XYZ = 3,        /* sample columns of the end effector: x, y, z */
    TAIL_PERIODS = 6, /* rows after success, so that a chunk may end in rest */
};

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
    size_t seen = rows + 1;
    demo->state = spoti_calloc(demo->allocator, seen * (size_t)d->obs_dim, sizeof(float));
    demo->anchor = spoti_calloc(demo->allocator, seen * (size_t)d->action_dim, sizeof(double));
    demo->sample = spoti_calloc(demo->allocator, seen * (size_t)d->sample_dim, sizeof(double));
    demo->target = spoti_calloc(demo->allocator, rows * (size_t)d->action_dim, sizeof(double));
    demo->command = spoti_calloc(demo->allocator, rows * (size_t)d->action_dim, sizeof(double));
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
    size_t seen = rows + 1;
    const spot_world_dims *d = &demo->dims;

    spoti_free(demo->allocator, demo->state, seen * (size_t)d->obs_dim * sizeof(float));
    spoti_free(demo->allocator, demo->anchor, seen * (size_t)d->action_dim * sizeof(double));
    spoti_free(demo->allocator, demo->sample, seen * (size_t)d->sample_dim * sizeof(double));
    spoti_free(demo->allocator, demo->target, rows * (size_t)d->action_dim * sizeof(double));
    spoti_free(demo->allocator, demo->command, rows * (size_t)d->action_dim * sizeof(double));
    spoti_free(demo->allocator, demo->sim, rows * (size_t)d->state_dim * sizeof(double));
    spoti_free(demo->allocator, demo->ok, rows);
    memset(demo, 0, sizeof(*demo));
}

/* What is seen now, as row demo->count. */
static void record_sight(spoti_demo *demo, spot_world *world)
{
    const spot_world_dims *d = &demo->dims;
    const size_t row = (size_t)demo->count;

    (void)spot_world_observe(world, demo->state + row * (size_t)d->obs_dim,
                             demo->anchor + row * (size_t)d->action_dim);
    world->ops->sample(world->self, demo->sample + row * (size_t)d->sample_dim);
}

/* What is seen now, and what the expert makes of it. */
static void record_row(spoti_demo *demo, spot_world *world, const spoti_expert_ops *ops,
                       void *expert)
{
    const spot_world_dims *d = &demo->dims;
    const size_t row = (size_t)demo->count;
    const size_t at = row * (size_t)d->action_dim;
    bool ok = false;

    ops->plan(expert, demo->target + at, demo->command + at, &ok);
    record_sight(demo, world);
    world->ops->state(world->self, demo->sim + row * (size_t)d->state_dim);
    demo->ok[row] = ok ? 1 : 0;
    demo->count++;
    ops->execute(expert, demo->command + at);
}

static void finish_episode(spoti_demo *demo, const spot_outcome *o, const spoti_recorder *recorder)
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
    spoti_recorder_finish(recorder, o->time_s, &episode->motion);
    if (o->invalid) {
        spoti_motion_unknown(&episode->motion, SPOT_MOTION_WHY_NOT_RECORDED);
        (void)spoti_copy(episode->fault, sizeof(episode->fault), o->fault);
    }
    for (int i = 1; d->sample_dim >= N_XYZ && i < demo->count; i++) {
        const double *p = demo->sample + (size_t)i * (size_t)d->sample_dim;
        const double *q = p - d->sample_dim;
        episode->path_m += sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
                                (p[2] - q[2]) * (p[2] - q[2]));
    }
}

/* The motion of the row just recorded; what comes behind the end is not the episode's. */
static void record_motion(const spoti_demo *demo, spoti_recorder *recorder)
{
    const size_t row = (size_t)demo->count - 1;
    spoti_recorder_state(recorder, demo->sample + row * (size_t)demo->dims.sample_dim);
    spoti_recorder_command(recorder, demo->command + row * (size_t)demo->dims.action_dim);
}

/* The episode with an expert that has been begun. */
static spot_status run(spoti_demo *demo, const spoti_expert_ops *ops, void *expert,
                       spot_world *world, spoti_recorder *recorder)
{
    spot_outcome outcome;
    int tail = 0;
    spot_status st = spot_world_reset(world, demo->seed);
    spot_world_outcome(world, &outcome);
    while (st == SPOT_OK && !outcome.invalid && demo->count < demo->capacity &&
           tail < TAIL_PERIODS) {
        record_row(demo, world, ops, expert);
        if (!outcome.done) {
            record_motion(demo, recorder);
        }
        spot_outcome now = {.invalid = false};
        for (int i = 0; i < demo->dims.ticks_per_action && st == SPOT_OK && !now.invalid; i++) {
            st = spot_world_step(world);
            if (!outcome.done) {
                spoti_recorder_tick(recorder, world);
            }
            spot_world_outcome(world, &now);
        }
        if (!outcome.done || now.invalid) { /* a demonstration with a broken tail is none */
            outcome = now;
        }
        if (outcome.done) {
            tail = outcome.success ? tail + 1 : TAIL_PERIODS;
            ops->calm(expert);
        }
    }
    demo->success = outcome.success;
    if (st == SPOT_OK && outcome.success) {
        record_sight(demo, world);
    }
    finish_episode(demo, &outcome, recorder);
    return st;
}

spot_status spoti_demo_run(spoti_demo *demo, const spot_task *task, spot_world *world,
                           uint64_t seed, bool disturbed)
{
    const spoti_expert_ops *ops = task->ops->expert;
    spoti_recorder recorder;
    void *expert = NULL;
    demo->count = 0;
    demo->seed = seed;
    spot_status st = spoti_recorder_make(&recorder, world, demo->capacity, demo->allocator);
    spoti_recorder_begin(&recorder);
    st = st == SPOT_OK ? ops->begin(world, seed, disturbed, &expert) : st;
    if (st == SPOT_OK) {
        st = run(demo, ops, expert, world, &recorder);
        ops->end(expert);
    }
    spoti_recorder_free(&recorder);
    return st;
}

spot_status spoti_demo_check(const spot_task *task, spot_diag *diag)
{
    const spoti_expert_ops *ops = task->ops->expert;
    return ops != NULL && (ops->is_there == NULL || ops->is_there(task->self))
               ? SPOT_OK
               : spot_diag_set(
                     diag, SPOT_E_UNSUPPORTED,
                     "the task '%s' has no expert, expected one that shows how it is done",
                     spot_task_describe(task)->name);
}
