/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/frame.h"
#include "core/base/elementary.h"

#include <math.h>
#include <string.h>

/* A base that leans by less (0.06 degrees) stands upright: quaternions are written with few digits. */
static const double LEAN_MAX = 1e-3;

/* Below this a frame is the world's, written with rounding. */
static const double NOTHING = 1e-9;

/* The pose of a body that cannot move: along its parents, all of them fixed. */
static void static_pose(const mjModel *m, int body, mjtNum at[3], mjtNum quat[4])
{
    const mjtNum none[4] = {1.0, 0.0, 0.0, 0.0};
    mju_zero3(at);
    mju_copy4(quat, none);
    for (int b = body; b > 0; b = m->body_parentid[b]) {
        mjtNum turned[3];
        mjtNum product[4];
        mju_rotVecQuat(turned, at, m->body_quat + 4 * (size_t)b);
        mju_add3(at, turned, m->body_pos + 3 * (size_t)b);
        mju_mulQuat(product, m->body_quat + 4 * (size_t)b, quat);
        mju_copy4(quat, product);
    }
}

spot_status spoti_frame_find(const mjModel *model, int joint, double forward_deg,
                             spoti_frame *frame, spot_diag *diag)
{
    const int body = model->body_parentid[model->jnt_bodyid[joint]];
    const char *name = mj_id2name(model, mjOBJ_BODY, body);
    mjtNum quat[4];
    mjtNum turn[9];

    if (model->body_weldid[body] != 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "the first one's base, body '%s', can move, expected a fixed base",
                             name != NULL ? name : "");
    }
    static_pose(model, body, frame->at, quat);
    mju_quat2Mat(turn, quat);
    if (!(hypot(turn[2], turn[5]) <= LEAN_MAX && turn[8] > 0.0)) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "the first one's base, body '%s', leans by %.3g deg, expected it upright",
            name != NULL ? name : "", acos(turn[8]) * (180.0 / mjPI));
    }
    frame->yaw =
        remainder(spoti_atan2(turn[3], turn[0]) + forward_deg * (mjPI / 180.0), 2.0 * mjPI);
    frame->c = spoti_cos(frame->yaw);
    frame->s = spoti_sin(frame->yaw);
    frame->is_world = mju_norm3(frame->at) < NOTHING && fabs(frame->yaw) < NOTHING;
    return SPOT_OK;
}

void spoti_frame_turn_from_world(const spoti_frame *frame, const double world[3],
                                 double direction[3])
{
    const double x = world[0];
    const double y = world[1];
    direction[0] = frame->is_world ? x : frame->c * x + frame->s * y;
    direction[1] = frame->is_world ? y : frame->c * y - frame->s * x;
    direction[2] = world[2];
}

void spoti_frame_from_world(const spoti_frame *frame, const double world[3], double point[3])
{
    double away[3] = {world[0], world[1], world[2]};
    for (int i = 0; i < 3 && !frame->is_world; i++) {
        away[i] -= frame->at[i];
    }
    spoti_frame_turn_from_world(frame, away, point);
}

double spoti_frame_yaw_from_world(const spoti_frame *frame, double yaw)
{
    return frame->is_world ? yaw : remainder(yaw - frame->yaw, 2.0 * mjPI);
}

void spoti_frame_to_world(const spoti_frame *frame, const double pose[4], double world[4])
{
    const double x = pose[0];
    const double y = pose[1];
    memmove(world, pose, 4 * sizeof(*world));
    if (!frame->is_world) {
        world[0] = frame->at[0] + frame->c * x - frame->s * y;
        world[1] = frame->at[1] + frame->s * x + frame->c * y;
        world[2] += frame->at[2];
        world[3] += frame->yaw;
    }
}
