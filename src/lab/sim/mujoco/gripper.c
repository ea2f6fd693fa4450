/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/gripper.h"

#include <math.h>

#include "core/base/alloc.h"
#include "lab/sim/mujoco/guard.h"
#include "lab/sim/mujoco/names.h"

/* How long a gripper may take to open, simulated once when the task is loaded. */
static const double SETTLE_S = 3.0;

bool spoti_gripper_moves(const spoti_scene *task, int dof)
{
    const mjModel *m = task->model;
    const int last = task->arm_joint[task->chain.n - 1];
    const int joint = m->dof_jntid[dof];
    return joint != last && spoti_body_in(m, m->jnt_bodyid[joint], m->jnt_bodyid[last]);
}

static bool is_mapped(const spoti_gripper_file *g)
{
    return g->command_open != g->command_closed || g->reading_open != g->reading_closed ||
           g->also_count > 0;
}

/* The value at `opening_m` of what is `closed` at 0 and `open` at open_m; the opening itself without both. */
static double map(const spoti_gripper_file *g, double open, double closed, double opening_m)
{
    return open == closed ? opening_m : closed + (open - closed) * (opening_m / g->open_m);
}

double spoti_gripper_opening(const spoti_scene *task, const mjData *data)
{
    const spoti_gripper_file *g = &task->file->gripper;
    const double reading = task->opening_tendon >= 0 ? data->ten_length[task->opening_tendon]
                                                     : data->qpos[task->opening_qpos];
    return g->reading_open == g->reading_closed
               ? reading
               : g->open_m * (reading - g->reading_closed) / (g->reading_open - g->reading_closed);
}

void spoti_gripper_command(const spoti_scene *task, mjData *data, double opening_m)
{
    const spoti_gripper_file *g = &task->file->gripper;
    data->ctrl[task->gripper_actuator] = map(g, g->command_open, g->command_closed, opening_m);
    for (unsigned i = 0; i < g->also_count; i++) {
        const spoti_also_file *also = &g->also[i];
        data->ctrl[task->also_actuator[i]] =
            map(g, also->command_open, also->command_closed, opening_m);
    }
}

/* A tendon that is the sum of its joints, each of which takes an equal share of the opening. */
static bool is_plain(const spoti_scene *task)
{
    const mjModel *m = task->model;
    if (task->opening_tendon < 0 || is_mapped(&task->file->gripper)) {
        return false;
    }
    const int first = m->tendon_adr[task->opening_tendon];
    for (int i = first; i < first + m->tendon_num[task->opening_tendon]; i++) {
        if (m->wrap_type[i] != mjWRAP_JOINT || m->wrap_prm[i] != 1.0) {
            return false;
        }
    }
    return true;
}

void spoti_gripper_place_open(const spoti_scene *task, mjData *data)
{
    const mjModel *m = task->model;
    for (int i = 0; i < m->nv && task->open_qpos != NULL; i++) {
        if (spoti_gripper_moves(task, i)) {
            const int at = m->jnt_qposadr[m->dof_jntid[i]];
            data->qpos[at] = task->open_qpos[at];
        }
    }
    if (task->open_qpos != NULL) {
        return;
    }
    const int first = m->tendon_adr[task->opening_tendon];
    const int count = m->tendon_num[task->opening_tendon];
    for (int i = first; i < first + count; i++) {
        data->qpos[m->jnt_qposadr[m->wrap_objid[i]]] = task->file->gripper.open_m / count;
    }
}

/* Opens the gripper by its actuator, with all else held where it is: the arm at home, the objects away. */
static void settle(void *ctx)
{
    spoti_scene *t = ctx;
    const mjModel *m = t->model;
    mjData *d = mj_makeData(m);
    mjData *held = mj_makeData(m);
    const int steps = (int)fmin(SETTLE_S / m->opt.timestep, 1e5);

    for (int i = 0; i < t->chain.n; i++) {
        held->qpos[t->arm_qpos[i]] = t->home[i];
    }
    mju_copy(d->qpos, held->qpos, (int)m->nq);
    for (int step = 0; step < steps; step++) {
        spoti_gripper_command(t, d, t->file->gripper.open_m);
        mj_step(m, d);
        for (int i = 0; i < m->nv; i++) {
            const int joint = m->dof_jntid[i];
            const bool is_quat =
                m->jnt_type[joint] == mjJNT_FREE || m->jnt_type[joint] == mjJNT_BALL;
            const int at = m->jnt_qposadr[joint];
            if (!spoti_gripper_moves(t, i)) {
                mju_copy(d->qpos + at, held->qpos + at,
                         m->jnt_type[joint] == mjJNT_FREE ? 7
                         : is_quat                        ? 4
                                                          : 1);
                d->qvel[i] = 0.0;
            }
        }
    }
    mju_copy(t->open_qpos, d->qpos, (int)m->nq);
    mj_deleteData(held);
    mj_deleteData(d);
}

spot_status spoti_gripper_resolve(spoti_scene *task, const char **key, spot_diag *diag)
{
    const spoti_gripper_file *g = &task->file->gripper;
    const mjModel *m = task->model;

    *key = "gripper.actuator";
    task->gripper_actuator = mj_name2id(m, mjOBJ_ACTUATOR, g->actuator);
    if (task->gripper_actuator < 0) {
        return spoti_no_such_name(m, mjOBJ_ACTUATOR, "actuator", g->actuator, diag);
    }
    for (unsigned i = 0; i < g->also_count; i++) {
        *key = "gripper.also";
        task->also_actuator[i] = mj_name2id(m, mjOBJ_ACTUATOR, g->also[i].actuator);
        if (task->also_actuator[i] < 0) {
            return spoti_no_such_name(m, mjOBJ_ACTUATOR, "actuator", g->also[i].actuator, diag);
        }
    }
    *key = "gripper.opening";
    task->opening_tendon = mj_name2id(m, mjOBJ_TENDON, g->opening);
    const int joint = task->opening_tendon < 0 ? mj_name2id(m, mjOBJ_JOINT, g->opening) : -1;
    if (joint >= 0 && m->jnt_type[joint] != mjJNT_SLIDE && m->jnt_type[joint] != mjJNT_HINGE) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "'%s' is no slide or hinge joint, expected one",
                             g->opening);
    }
    if (task->opening_tendon < 0 && joint < 0) {
        return spoti_no_such_name(m, m->ntendon > 0 ? mjOBJ_TENDON : mjOBJ_JOINT, "tendon or joint",
                                  g->opening, diag);
    }
    task->opening_qpos = joint >= 0 ? m->jnt_qposadr[joint] : -1;
    if (is_plain(task)) {
        return SPOT_OK;
    }
    task->open_qpos = spoti_calloc(task->allocator, (size_t)m->nq, sizeof(*task->open_qpos));
    if (task->open_qpos == NULL) {
        return SPOT_E_NOMEM;
    }
    return spoti_mujoco_guard(settle, task, diag);
}
