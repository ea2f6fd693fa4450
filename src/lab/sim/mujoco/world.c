/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The MuJoCo backend behind the world's table of functions. */
#include "lab/sim/mujoco/world.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/mujoco/camera.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/guard.h"

double spoti_world_time_s(const spoti_mujoco_world *w)
{
    return (double)(w->tick - w->pre_roll) * w->model->opt.timestep;
}

/* Integrate, then bring positions, velocities and contacts up to date for whoever looks next. */
void spoti_world_step(spoti_mujoco_world *w)
{
    spoti_arm_tick(w);
    mj_step2(w->model, w->data);
    mj_step1(w->model, w->data);
    w->tick++;
    if (spoti_fault_update(w)) {
        return; /* what the state says now is not the task's */
    }
    spoti_contacts_update(w);
    spoti_ring_record(w);
    spoti_outcome_update(w);
}

/* A call into the simulation. */
typedef struct guarded {
    spoti_mujoco_world *world;
    uint64_t seed;
} guarded;

static void reset_guarded(void *ctx)
{
    const guarded *g = ctx;
    spoti_world_reset(g->world, g->seed);
}

static void step_guarded(void *ctx)
{
    const guarded *g = ctx;
    spoti_world_step(g->world);
}

/* Calls fn; an error that MuJoCo raises makes the episode invalid. */
static void call_guarded(spoti_mujoco_fn fn, guarded *g)
{
    spot_diag raised; /* not cleared: this is called at every tick */
    if (spoti_mujoco_guard(fn, g, &raised) != SPOT_OK) {
        spoti_fault_raised(g->world, raised.text);
    }
}

static spot_status op_reset(void *self, uint64_t seed)
{
    guarded g = {.world = self, .seed = seed};
    call_guarded(reset_guarded, &g);
    return SPOT_OK;
}

static spot_status op_observe(void *self, float *obs, double *anchor)
{
    spoti_observe(self, obs, anchor);
    return SPOT_OK;
}

static spot_status op_act(void *self, const float *action, const double *anchor)
{
    const spoti_scene *t = ((const spoti_mujoco_world *)self)->task;
    const int n = spoti_scene_arm_dim(t);
    double target[SPOTI_ARM_JOINTS_MAX];
    if (!isfinite((double)action[n])) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n; i++) {
        target[i] = anchor[i] + (double)action[i];
        if (!isfinite(target[i])) {
            return SPOT_E_RANGE;
        }
    }
    if (t->file->arm.action == SPOTI_ACTION_JOINTS) {
        spoti_arm_command_joints(self, target, action[n] > 0.0f);
    } else {
        spoti_arm_command(self, target, action[n] > 0.0f);
    }
    return SPOT_OK;
}

static spot_status op_step(void *self)
{
    guarded g = {.world = self};
    if (g.world->fault[0] != '\0') {
        return SPOT_E_STATE;
    }
    call_guarded(step_guarded, &g);
    return SPOT_OK;
}

static void op_outcome(const void *self, spot_outcome *outcome)
{
    const spoti_mujoco_world *w = self;
    double time_s = spoti_world_time_s(w);
    bool invalid = w->fault[0] != '\0';

    *outcome = (spot_outcome){
        .done =
            invalid || w->success || w->failed || time_s >= w->task->info.dims.time_limit_s - 1e-9,
        .success = w->success && !invalid,
        .invalid = invalid,
        .grade = w->grade,
        .grade_max = (int)w->task->file->grades_count,
        .time_s = time_s,
        .fault = invalid ? w->fault : NULL,
    };
}

/* What the servo puts into the joints: its actuators, and what it compensates. Both are of the tick just done, the
 * velocities of its end: with MuJoCo's semi-implicit steps their product times the tick is the work. */
static void op_effort(const void *self, double *velocity, double *torque)
{
    const spoti_mujoco_world *w = self;
    for (int i = 0; i < w->task->chain.n; i++) {
        const int dof = w->task->arm_dof[i];
        velocity[i] = w->data->qvel[dof];
        torque[i] = w->data->qfrc_actuator[dof] + w->data->qfrc_applied[dof];
    }
}

static void op_sample(const void *self, double *row)
{
    const spoti_mujoco_world *w = self;
    const spoti_scene *t = w->task;

    spoti_arm_pose(w, w->data, row);
    row += SPOTI_POSE_DIM;
    *row++ = spoti_gripper_opening(t, w->data);
    for (int i = 0; i < t->chain.n; i++) {
        row[i] = w->data->qpos[t->arm_qpos[i]];
    }
    op_effort(self, row + t->chain.n, row + 2 * (ptrdiff_t)t->chain.n);
    row += 3 * (ptrdiff_t)t->chain.n;
    for (int i = 0; i < (int)t->file->objects_count; i++) {
        spoti_object_pose(w, i, row + (size_t)SPOTI_POSE_DIM * (size_t)i);
    }
}

static void op_state(const void *self, double *row)
{
    const spoti_mujoco_world *w = self;
    row[0] = spoti_world_time_s(w);
    mju_copy(row + 1, w->data->qpos, (int)w->model->nq);
    mju_copy(row + 1 + w->model->nq, w->data->qvel, (int)w->model->nv);
}

static size_t ring_bytes(const spoti_mujoco_world *w)
{
    return sizeof(*w->ring) * (size_t)w->ring_rows * w->task->file->objects_count;
}

static void op_destroy(void *self)
{
    spoti_mujoco_world *w = self;
    const spot_allocator *allocator = w->task->allocator;

    spoti_cameras_end(w);
    mj_deleteData(w->data);
    mj_deleteData(w->kin);
    spoti_free(allocator, w->ring, ring_bytes(w));
    spoti_free(allocator, w, sizeof(*w));
}

static spot_status op_look(void *self, const spot_image **images, int *count)
{
    return spoti_cameras_look(self, images, count);
}

static const char *op_why(const void *self)
{
    return ((const spoti_mujoco_world *)self)->trouble.text;
}

#define COMMON_OPS                                                                                 \
    .kind = "mujoco", .destroy = op_destroy, .reset = op_reset, .observe = op_observe,             \
    .act = op_act, .step = op_step, .outcome = op_outcome, .sample = op_sample,                    \
    .effort = op_effort, .state = op_state

static const spot_world_ops ops = {COMMON_OPS};
static const spot_world_ops ops_seeing = {COMMON_OPS, .look = op_look, .why = op_why};

const spoti_mujoco_world *spoti_mujoco_world_of(const spot_world *world)
{
    return world->ops == &ops || world->ops == &ops_seeing ? (const spoti_mujoco_world *)world->self
                                                           : NULL;
}

/* MuJoCo's own memory of a world. */
static void make_data(void *ctx)
{
    spoti_mujoco_world *w = ctx;
    w->data = mj_makeData(w->model);
    w->kin = mj_makeData(w->model);
    if (w->kin != NULL) {
        mj_kinematics(w->model, w->kin); /* of what never moves there */
    }
}

spot_status spoti_mujoco_make_world(const spoti_scene *task, const spot_variation *variation,
                                    spot_world *out, spot_diag *diag)
{
    spoti_mujoco_world *w = spoti_calloc(task->allocator, 1, sizeof(*w));
    if (w == NULL) {
        return SPOT_E_NOMEM;
    }
    const spot_world_dims *dims = &task->info.dims;
    w->task = task;
    w->model = task->model;
    w->variation = *variation;
    w->pre_roll = (int64_t)(task->file->observation.history - 1) * dims->ticks_per_action;
    w->ring_rows = w->pre_roll + 1;
    spot_status st = spoti_mujoco_guard(make_data, w, diag);
    w->ring = spoti_calloc(task->allocator, 1, ring_bytes(w));
    if (st != SPOT_OK || w->data == NULL || w->kin == NULL || w->ring == NULL) {
        op_destroy(w);
        return SPOT_E_NOMEM;
    }
    *out = (spot_world){.ops = task->file->cameras_count > 0 ? &ops_seeing : &ops,
                        .self = w,
                        .dims = *dims,
                        .sample_names = task->sample_names,
                        .instruction = task->info.instruction};
    return SPOT_OK;
}
