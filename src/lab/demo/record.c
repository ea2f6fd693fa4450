/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Running the expert of a task, one row a control period. */
#include "lab/demo/record.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/rollout/motion.h"
#include "lab/rollout/trajectory.h"

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
static spot_status record_row(spoti_demo *demo, spot_world *world, const spoti_expert_ops *ops,
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
    return demo->images != NULL
               ? spoti_demo_images_take(demo->images, demo->first_image + (int64_t)row, world,
                                        &demo->trouble)
               : SPOT_OK;
}

static void finish_episode(spoti_demo *demo, const spot_outcome *o, const spoti_recorder *recorder)
{
    spot_episode *episode = &demo->episode;

    *episode = (spot_episode){.seed = demo->seed,
                              .success = o->success,
                              .grade = o->grade,
                              .grade_max = o->grade_max,
                              .time_s = o->time_s,
                              .path_m = demo->path_m,
                              .actions = demo->actions,
                              .invalid = o->invalid};
    spoti_recorder_finish(recorder, o->time_s, &episode->motion);
    if (o->invalid) {
        spoti_motion_unknown(&episode->motion, SPOT_MOTION_WHY_NOT_RECORDED);
        (void)spoti_copy(episode->fault, sizeof(episode->fault), o->fault);
    }
}

/* The way of the end effector to where it is in `sample`. */
static void go_to(spoti_demo *demo, const double *sample)
{
    if (demo->dims.sample_dim < N_XYZ) {
        return;
    }
    const double way[N_XYZ] = {sample[0] - demo->last[0], sample[1] - demo->last[1],
                               sample[2] - demo->last[2]};
    demo->path_m +=
        demo->actions > 0 ? sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2]) : 0.0;
    memcpy(demo->last, sample, sizeof(demo->last));
}

/* A row of what is watched, if anybody does. */
static void note_row(const spoti_demo *demo, int64_t tick, const double *sample,
                     const double *command)
{
    if (demo->trajectory != NULL) {
        spoti_trajectory_add(demo->trajectory, &demo->dims, tick, sample, command);
    }
}

/* The motion of the row just recorded, of `tick`; what comes behind the end is not the episode's. */
static void record_motion(spoti_demo *demo, spoti_recorder *recorder, int64_t tick)
{
    const size_t row = (size_t)demo->count - 1;
    const double *sample = demo->sample + row * (size_t)demo->dims.sample_dim;
    const double *command = demo->command + row * (size_t)demo->dims.action_dim;
    go_to(demo, sample);
    demo->actions++;
    spoti_recorder_state(recorder, sample);
    spoti_recorder_command(recorder, command);
    note_row(demo, tick, sample, command);
}

/* A tick of the world. How the episode ended stays, unless the rest behind it breaks off: then it shows nothing. */
static spot_status step(spoti_demo *demo, spot_world *world, spoti_recorder *recorder, int64_t tick,
                        spot_outcome *outcome)
{
    const bool was_done = outcome->done;
    spot_outcome now;
    const spot_status st = spot_world_step(world);
    spot_world_outcome(world, &now);
    if (!was_done || now.invalid) {
        *outcome = now;
    }
    if (was_done) {
        return st;
    }
    spoti_recorder_tick(recorder, world);
    if (demo->tick_fn != NULL) {
        demo->tick_fn(demo->tick_ctx, world, tick);
    }
    if (now.done) {
        double *end = demo->sample + (size_t)demo->count * (size_t)demo->dims.sample_dim;
        world->ops->sample(world->self, end); /* the next row writes it again */
        go_to(demo, end);
        if (tick % demo->dims.ticks_per_action == 0) {
            spoti_recorder_state(recorder, end);
            note_row(demo, tick, end, NULL);
        }
    }
    return st;
}

/* The episode with an expert that has been begun. */
static spot_status run(spoti_demo *demo, const spoti_expert_ops *ops, void *expert,
                       spot_world *world, spoti_recorder *recorder)
{
    const int64_t per_row = demo->dims.ticks_per_action;
    spot_outcome outcome;
    int tail = 0;
    spot_status st = spot_world_reset(world, demo->seed);
    spot_world_outcome(world, &outcome);
    while (st == SPOT_OK && !outcome.invalid && demo->count < demo->capacity &&
           tail < TAIL_PERIODS) {
        const int64_t begin = demo->count * per_row;
        st = record_row(demo, world, ops, expert);
        if (!outcome.done) {
            record_motion(demo, recorder, begin);
        }
        for (int i = 0; i < per_row && st == SPOT_OK && !outcome.invalid; i++) {
            st = step(demo, world, recorder, begin + i + 1, &outcome);
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
    demo->actions = 0;
    demo->path_m = 0.0;
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
