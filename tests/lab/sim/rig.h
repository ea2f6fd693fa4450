/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A shipped task and one world of it, for the tests of the simulation. */
#ifndef SPOT_TEST_RIG_H
#define SPOT_TEST_RIG_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/sim/mujoco/world.h"
#include "lab/sim/task.h"
#include "spot/task.h"
#include "support/spot_test.h"

#define PICK_PLACE SPOT_SOURCE_DIR "/tasks/ur5e-pick-place/task.yaml"
#define WRIST_PICK SPOT_SOURCE_DIR "/tasks/ur5e-wrist-pick/task.yaml"
#define PRESS      SPOT_SOURCE_DIR "/tasks/press-button/task.yaml"
#define PANDA      SPOT_SOURCE_DIR "/tasks/panda-lift/task.yaml"
#define CONVEYOR   SPOT_SOURCE_DIR "/tasks/ur5e-conveyor/task.yaml"

enum { RIG_STATE_MAX = 128, RIG_OBS_MAX = 64 };

typedef struct rig {
    spot_task *task;
    spoti_scene *scene; /* what is behind `task` */
    spot_world world;
    spoti_mujoco_world *w; /* what is behind `world` */
} rig;

static inline void rig_open(rig *r, const char *path, double speed, double noise)
{
    spot_diag diag = {.text = ""};
    const spot_variation variation = {.speed = speed, .noise = noise};

    memset(r, 0, sizeof(*r));
    if (spot_task_load(path, NULL, &r->task, &diag) != SPOT_OK ||
        spot_task_make_world(r->task, &variation, &r->world, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    r->scene = r->task->self;
    r->w = r->world.self;
    assert_true(r->world.dims.state_dim <= RIG_STATE_MAX);
    assert_true(r->world.dims.obs_dim <= RIG_OBS_MAX);
}

static inline void rig_close(rig *r)
{
    spot_world_destroy(&r->world);
    spot_task_destroy(r->task);
}

static inline void rig_reset(rig *r, uint64_t seed)
{
    assert_int_equal(r->world.ops->reset(r->world.self, seed), SPOT_OK);
}

static inline void rig_step(rig *r, int ticks)
{
    for (int i = 0; i < ticks; i++) {
        assert_int_equal(r->world.ops->step(r->world.self), SPOT_OK);
    }
}

static inline spot_outcome rig_outcome(const rig *r)
{
    spot_outcome outcome;
    r->world.ops->outcome(r->world.self, &outcome);
    return outcome;
}

/* Pose of the body `name` straight from MuJoCo. */
static inline const mjtNum *rig_body(const rig *r, const char *name)
{
    int id = mj_name2id(r->w->model, mjOBJ_BODY, name);
    assert_true(id >= 0);
    return r->w->data->xpos + 3 * id;
}

/* Address of the generalised position of the free joint `name`. */
static inline mjtNum *rig_free_joint(const rig *r, const char *name)
{
    int id = mj_name2id(r->w->model, mjOBJ_JOINT, name);
    assert_true(id >= 0);
    return r->w->data->qpos + r->w->model->jnt_qposadr[id];
}

static inline mjtNum *rig_free_speed(const rig *r, const char *name)
{
    int id = mj_name2id(r->w->model, mjOBJ_JOINT, name);
    assert_true(id >= 0);
    return r->w->data->qvel + r->w->model->jnt_dofadr[id];
}

/* Commands the gripper by its action interface: an absolute target, as seen from the origin. */
static inline spot_status rig_act(rig *r, double x, double y, double z, double yaw, bool open)
{
    const double anchor[5] = {x, y, z, yaw, 0.0};
    const float action[5] = {0.0f, 0.0f, 0.0f, 0.0f, open ? 1.0f : -1.0f};
    return r->world.ops->act(r->world.self, action, anchor);
}

/* x (n) are independent draws of mean 0 and standard deviation sigma, as far as n of them can tell, to
 * `sigmas` deviations: the variance is chi-square, whose relative width is 1/sqrt(2n). */
static inline void rig_assert_spread(const double *x, int n, double sigma, double sigmas)
{
    double sum = 0.0;
    double sum2 = 0.0;
    double lag = 0.0;
    for (int i = 0; i < n; i++) {
        sum += x[i];
        sum2 += x[i] * x[i];
        lag += i > 0 ? x[i] * x[i - 1] : 0.0;
    }
    assert_close(sqrt(sum2 / n), sigma, 0.0, sigmas / sqrt(2.0 * n));
    assert_close(sum / n, 0.0, sigmas * sigma / sqrt((double)n), 0.0);
    assert_close(lag / sum2, 0.0, sigmas / sqrt((double)n), 0.0);
}

#endif
