/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The reset distribution: start pose of the gripper, pose of each object, then a pre-roll in which the
 * arm holds and the world moves, so that the observation's history is real at time 0.
 *
 * All draws come from (seed, SPOT_STREAM_RESET) in a fixed order: paired seeds face the same episode.
 */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/world.h"
#include "spot/rng.h"

enum {
    SOLVE_ITERATIONS = 100, /* from home to anywhere in the workspace takes about 10 */
    PLACE_TRIES = 1000,     /* for two objects that must lie apart */
};

static double radians(double degrees)
{
    return degrees * (mjPI / 180.0);
}

static double degrees(double radians_)
{
    return radians_ * (180.0 / mjPI);
}

spoti_residual spoti_arm_place(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM])
{
    const spoti_scene *t = w->task;
    for (int i = 0; i < t->chain.n; i++) {
        w->kin->qpos[t->arm_qpos[i]] = t->home[i];
    }
    spoti_arm_solve(w, pose, SOLVE_ITERATIONS, mjPI / 8.0);
    return spoti_arm_residual(w, pose);
}

static void place_gripper(spoti_mujoco_world *w, spot_rng *rng)
{
    const spoti_scene *t = w->task;
    const spoti_start_file *start = &t->file->start;

    w->reference[0] = spot_rng_uniform(rng, start->x_m[0], start->x_m[1]);
    w->reference[1] = spot_rng_uniform(rng, start->y_m[0], start->y_m[1]);
    w->reference[2] = spot_rng_uniform(rng, start->z_m[0], start->z_m[1]);
    w->reference[3] = radians(spot_rng_uniform(rng, start->yaw_deg[0], start->yaw_deg[1]));
    memcpy(w->target, w->reference, sizeof(w->target));
    w->by_joints = false;
    w->step_m = 0.0;
    w->step_rad = 0.0;
    w->open_target_m = t->file->gripper.open_m;
    w->open_reference_m = w->open_target_m;

    const spoti_residual r = spoti_arm_place(w, w->reference);
    if (!spoti_residual_ok(&r)) {
        w->refused = true;
        (void)spoti_format(
            w->fault, sizeof(w->fault),
            "the start at x %.3f, y %.3f, z %.3f m, yaw %.1f deg is out of the arm's reach from "
            "arm.home: off by %.1f mm and %.1f deg (at most %g mm and %g deg)",
            w->reference[0], w->reference[1], w->reference[2], degrees(w->reference[3]), 1e3 * r.m,
            degrees(r.rad), 1e3 * SPOTI_RESIDUAL_M, degrees(SPOTI_RESIDUAL_RAD));
    }
    for (int i = 0; i < t->chain.n; i++) {
        w->data->qpos[t->arm_qpos[i]] = w->kin->qpos[t->arm_qpos[i]];
    }
    spoti_gripper_place_open(t, w->data);
}

static void draw_pose(const spoti_object_file *o, spot_rng *rng, double pose[SPOTI_POSE_DIM])
{
    pose[0] = spot_rng_uniform(rng, o->x_m[0], o->x_m[1]);
    pose[1] = spot_rng_uniform(rng, o->y_m[0], o->y_m[1]);
    pose[2] = o->z_m;
    pose[3] = radians(spot_rng_uniform(rng, o->yaw_deg[0], o->yaw_deg[1]));
}

static void put_object(spoti_mujoco_world *w, int i, const double pose[SPOTI_POSE_DIM])
{
    const spoti_object *o = &w->task->objects[i];
    const mjtNum axis[3] = {0.0, 0.0, 1.0};
    double world[SPOTI_POSE_DIM];
    mjtNum turn[4];

    spoti_frame_to_world(&w->task->base, pose, world);
    mju_axisAngle2Quat(turn, axis, world[3]);
    mjtNum *at = o->mocap >= 0 ? w->data->mocap_pos + 3 * o->mocap : w->data->qpos + o->qpos;
    mjtNum *quat = o->mocap >= 0 ? w->data->mocap_quat + 4 * o->mocap : w->data->qpos + o->qpos + 3;
    mju_copy3(at, world);
    mju_copy4(quat, turn);
}

static void place_objects(spoti_mujoco_world *w, spot_rng *rng)
{
    const spoti_task_file *f = w->task->file;
    double poses[SPOTI_OBJECTS_MAX][SPOTI_POSE_DIM];

    for (int i = 0; i < (int)f->objects_count; i++) {
        const spoti_object_file *o = &f->objects[i];
        int other = o->apart_from != NULL ? spoti_task_file_object(f, o->apart_from) : -1;
        bool apart = false;
        for (int tries = 0; tries < PLACE_TRIES && !apart; tries++) {
            draw_pose(o, rng, poses[i]);
            apart = other < 0 || hypot(poses[i][0] - poses[other][0],
                                       poses[i][1] - poses[other][1]) >= o->apart_m;
        }
        if (!apart) {
            w->refused = true;
            (void)spoti_format(
                w->fault, sizeof(w->fault),
                "object '%.40s' finds no place %g m from '%.40s' (apart_m) in %d tries", o->name,
                o->apart_m, o->apart_from, PLACE_TRIES);
            return;
        }
        put_object(w, i, poses[i]);
    }
}

void spoti_world_reset(spoti_mujoco_world *w, uint64_t seed)
{
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, 0);

    mj_resetData(w->model, w->data);
    w->fault[0] = '\0';
    w->refused = false;
    w->seed = seed;
    w->tick = 0;
    w->held_ticks = 0;
    w->grade = 0;
    w->success = false;
    w->failed = false;

    place_gripper(w, &rng);
    place_objects(w, &rng);
    mj_step1(w->model, w->data);
    spoti_contacts_update(w);
    spoti_ring_record(w);
    while (!spoti_fault_update(w) && w->tick < w->pre_roll) {
        spoti_world_step(w);
    }
    w->held_ticks = 0;
    w->success = false;
}
