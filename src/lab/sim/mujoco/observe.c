/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Sensors: what a policy sees.
 *
 * The gripper's own pose is exact (encoders); object poses carry Gaussian noise as from a camera, drawn
 * anew for each tick and object and a pure function of (seed, tick, object), so that the same frame
 * looks the same from every later observation. Relative terms of past frames are relative to the
 * present gripper: their differences are the object's own motion.
 *
 * An object nearer to the gripper than its seen_beyond_m is not seen, and its terms are 0. The true distance
 * at the frame's own tick decides: what a past frame showed does not depend on where the gripper is now.
 */
#include <math.h>
#include <string.h>

#include "core/base/elementary.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/world.h"
#include "spot/rng.h"

enum { RNG_OBJECTS = 64 }; /* substreams a tick; >= SPOTI_OBJECTS_MAX */

/* Yaw of a box, modulo 90 degrees, from whichever of its axes lies flattest. */
static double box_yaw(const mjtNum turn[9])
{
    int flat = 0;
    for (int k = 1; k < 3; k++) {
        if (fabs(turn[6 + k]) < fabs(turn[6 + flat])) {
            flat = k;
        }
    }
    return spoti_atan2(turn[3 + flat], turn[flat]);
}

/* The pose, in the base's frame, of what stands like this in the world. */
static void box_pose(const spoti_mujoco_world *w, const mjtNum at[3], const mjtNum turn[9],
                     double pose[SPOTI_POSE_DIM])
{
    const spoti_frame *base = &w->task->base;
    spoti_frame_from_world(base, at, pose);
    pose[3] = spoti_frame_yaw_from_world(base, box_yaw(turn));
}

void spoti_object_pose(const spoti_mujoco_world *w, int object, double pose[SPOTI_POSE_DIM])
{
    const size_t body = (size_t)w->task->objects[object].body;
    box_pose(w, w->data->xpos + 3 * body, w->data->xmat + 9 * body, pose);
}

static spoti_sight *sight_at(const spoti_mujoco_world *w, int object, int64_t tick)
{
    return w->ring + (size_t)(tick % w->ring_rows) * w->task->file->objects_count + object;
}

/* Only what MuJoCo has: few ticks are ever looked at, and what is to be seen is computed then. */
void spoti_ring_record(spoti_mujoco_world *w)
{
    const mjtNum *gripper = w->data->site_xpos + 3 * (size_t)w->task->site;
    for (int i = 0; i < (int)w->task->file->objects_count; i++) {
        const size_t body = (size_t)w->task->objects[i].body;
        spoti_sight *sight = sight_at(w, i, w->tick);
        memcpy(sight->at, w->data->xpos + 3 * body, sizeof(sight->at));
        memcpy(sight->turn, w->data->xmat + 9 * body, sizeof(sight->turn));
        memcpy(sight->gripper, gripper, sizeof(sight->gripper));
    }
}

static bool seen_at(const spoti_mujoco_world *w, int object, int64_t tick)
{
    const spoti_sight *sight = sight_at(w, object, tick);
    double at[3];
    double gripper[3];
    spoti_frame_from_world(&w->task->base, sight->at, at);
    spoti_frame_from_world(&w->task->base, sight->gripper, gripper);
    return mju_dist3(at, gripper) >= w->task->file->objects[object].seen_beyond_m;
}

bool spoti_object_seen(const spoti_mujoco_world *w, int object)
{
    return seen_at(w, object, w->tick);
}

/* The pose of `object` as the camera gave it at `tick`. */
static void sensed_pose(const spoti_mujoco_world *w, int object, int64_t tick,
                        double pose[SPOTI_POSE_DIM])
{
    const spoti_object_file *o = &w->task->file->objects[object];
    const spoti_sight *sight = sight_at(w, object, tick);
    spot_rng rng =
        spot_rng_at(w->seed, SPOT_STREAM_SENSOR, (uint64_t)tick * RNG_OBJECTS + (uint64_t)object);

    box_pose(w, sight->at, sight->turn, pose);
    for (int i = 0; i < 3; i++) {
        pose[i] += w->variation.noise * o->noise_m * spot_rng_normal(&rng);
    }
    pose[3] += w->variation.noise * o->noise_deg * (mjPI / 180.0) * spot_rng_normal(&rng);
}

/* Writes an object term's value of one frame and returns the number of floats. */
static int put_object(const spoti_mujoco_world *w, const spoti_term *term, int64_t tick,
                      const double gripper[SPOTI_POSE_DIM], float *out)
{
    bool relative =
        term->type == SPOTI_TERM_RELATIVE_POSITION || term->type == SPOTI_TERM_RELATIVE_YAW;
    bool seen = seen_at(w, term->object_index, tick);
    double pose[SPOTI_POSE_DIM];

    sensed_pose(w, term->object_index, tick, pose);
    for (int i = 0; i < SPOTI_POSE_DIM && relative; i++) {
        pose[i] -= gripper[i];
    }
    switch (term->type) {
    case SPOTI_TERM_SEEN:
        out[0] = seen ? 1.0f : 0.0f;
        return 1;
    case SPOTI_TERM_POSITION:
    case SPOTI_TERM_RELATIVE_POSITION:
        for (int i = 0; i < 3; i++) {
            out[i] = seen ? (float)pose[i] : 0.0f;
        }
        return 3;
    default:
        out[0] = seen ? (float)spoti_sin(4.0 * pose[3]) : 0.0f;
        out[1] = seen ? (float)spoti_cos(4.0 * pose[3]) : 0.0f;
        return 2;
    }
}

static int put_gripper(const spoti_mujoco_world *w, const spoti_term *term,
                       const double gripper[SPOTI_POSE_DIM], float *out)
{
    switch (term->type) {
    case SPOTI_TERM_GRIPPER_POSITION:
        for (int i = 0; i < 3; i++) {
            out[i] = (float)gripper[i];
        }
        return 3;
    case SPOTI_TERM_GRIPPER_YAW:
        out[0] = (float)spoti_sin(gripper[3]);
        out[1] = (float)spoti_cos(gripper[3]);
        return 2;
    case SPOTI_TERM_JOINT_POSITION:
        for (int i = 0; i < w->task->chain.n; i++) {
            out[i] = (float)w->data->qpos[w->task->arm_qpos[i]];
        }
        return w->task->chain.n;
    default:
        out[0] = (float)spoti_gripper_opening(w->task, w->data);
        return 1;
    }
}

void spoti_observe(const spoti_mujoco_world *w, float *obs, double *anchor)
{
    const spoti_observation_file *file = &w->task->file->observation;
    double gripper[SPOTI_POSE_DIM];

    spoti_arm_pose(w, w->data, gripper);
    for (unsigned i = 0; i < file->terms_count; i++) {
        const spoti_term *term = &file->terms[i];
        if (term->object == NULL) {
            obs += put_gripper(w, term, gripper, obs);
            continue;
        }
        for (int frame = 0; frame < file->history; frame++) {
            int64_t tick = w->tick - (int64_t)frame * w->task->info.dims.ticks_per_action;
            obs += put_object(w, term, tick, gripper, obs);
        }
    }
    const int n = spoti_scene_arm_dim(w->task);
    for (int i = 0; i < n; i++) {
        const bool joints = w->task->file->arm.action == SPOTI_ACTION_JOINTS;
        anchor[i] = joints ? w->data->qpos[w->task->arm_qpos[i]] : gripper[i];
    }
    anchor[n] = 0.0;
}
