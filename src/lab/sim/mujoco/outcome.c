/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Contacts of the finger pads, and the predicates of success, failure and grades. */
#include <math.h>

#include "lab/sim/mujoco/world.h"

enum { ALL_PADS = 3 };

/* Notes that the pads of one geom touch the objects of the other. */
static void note_touch(spoti_mujoco_world *w, spoti_part finger, spoti_part thing)
{
    for (unsigned o = 0; finger.pads != 0 && o < w->task->file->objects_count; o++) {
        w->touch[o] |= (thing.objects >> o) & 1u ? finger.pads : 0u;
    }
}

void spoti_contacts_update(spoti_mujoco_world *w)
{
    const spoti_part *parts = w->task->parts;
    for (unsigned o = 0; o < w->task->file->objects_count; o++) {
        w->touch[o] = 0;
    }
    for (int i = 0; i < w->data->ncon; i++) {
        const mjContact *c = &w->data->contact[i];
        if (c->geom1 < 0 || c->geom2 < 0) {
            continue; /* of something soft, in later versions of MuJoCo */
        }
        note_touch(w, parts[c->geom1], parts[c->geom2]);
        note_touch(w, parts[c->geom2], parts[c->geom1]);
    }
}

static bool is_inside(const spoti_mujoco_world *w, const spoti_condition *c)
{
    /* all in the world: z is up in the base's frame too */
    const mjtNum *object = w->data->xpos + 3 * (size_t)w->task->objects[c->object_index].body;
    const mjtNum *region = w->data->xpos + 3 * (size_t)w->task->objects[c->region_index].body;
    const mjtNum *turn = w->data->xmat + 9 * w->task->objects[c->region_index].body;
    double away[3] = {object[0] - region[0], object[1] - region[1], object[2] - region[2]};
    for (int k = 0; k < 2; k++) {
        double along = away[0] * turn[k] + away[1] * turn[3 + k] + away[2] * turn[6 + k];
        if (!(fabs(along) <= c->half_m[k])) {
            return false;
        }
    }
    return away[2] >= 0.0 && away[2] <= c->half_m[2];
}

static double object_speed(const spoti_mujoco_world *w, int object)
{
    int dof = w->task->objects[object].dof;
    return dof < 0 ? 0.0 : mju_norm3(w->data->qvel + dof);
}

/* Without the yaw, which takes as long as all else here. */
static void object_position(const spoti_mujoco_world *w, int object, double at[3])
{
    const size_t body = (size_t)w->task->objects[object].body;
    spoti_frame_from_world(&w->task->base, w->data->xpos + 3 * body, at);
}

bool spoti_condition_holds(const spoti_mujoco_world *w, const spoti_condition *c)
{
    int object = c->object_index;
    double at[3];

    switch (c->type) {
    case SPOTI_CONDITION_INSIDE:
        return is_inside(w, c);
    case SPOTI_CONDITION_RELEASED:
        return w->touch[object] == 0;
    case SPOTI_CONDITION_AT_REST:
        return object_speed(w, object) <= c->speed_m_s;
    case SPOTI_CONDITION_TOUCHED:
        return w->touch[object] != 0;
    case SPOTI_CONDITION_GRASPED:
        return w->touch[object] == ALL_PADS;
    case SPOTI_CONDITION_BELOW:
        object_position(w, object, at);
        return at[2] < c->z_m;
    case SPOTI_CONDITION_PRESSED:
        return w->data->qpos[c->joint_qpos] <= c->at_m;
    case SPOTI_CONDITION_BEYOND:
        object_position(w, object, at);
        return at[c->axis] > c->at_m;
    }
    return false;
}

void spoti_outcome_update(spoti_mujoco_world *w)
{
    const spoti_task_file *f = w->task->file;
    bool all = true;

    for (unsigned i = 0; i < f->success.conditions_count && all; i++) {
        all = spoti_condition_holds(w, &f->success.conditions[i]);
    }
    w->held_ticks = all ? w->held_ticks + 1 : 0;
    if (all && (double)w->held_ticks * w->model->opt.timestep >= f->success.hold_s - 1e-9) {
        w->success = true;
    }
    for (unsigned i = 0; i < f->failure_count && !w->success; i++) {
        w->failed = w->failed || spoti_condition_holds(w, &f->failure[i]);
    }
    for (int i = (int)f->grades_count; i > w->grade; i--) {
        if (spoti_condition_holds(w, &f->grades[i - 1])) {
            w->grade = i;
        }
    }
}
