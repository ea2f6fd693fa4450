/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The robot's controller: Cartesian target -> reference -> joint targets; or joint targets themselves.
 *
 * A target (x, y, z, yaw, tool down) is approached in a straight line within one control period if the
 * speed limit allows, later otherwise. Joint targets follow by damped least squares (Wampler 1986,
 * Nakamura and Hanafusa 1986), dq = J' (J J' + mu I)^-1 e, on the kinematics of the joint targets
 * themselves, so lag of the servo cannot make the loop unstable. The servo compensates gravity and
 * Coriolis forces, as the controller of the real robot does.
 */
#include <math.h>

#include "core/base/elementary.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/world.h"

/* Damping mu: at singular values of 0.1 and more (the whole workspace) it slows convergence by 1 %. */
static const double DAMPING = 1e-4;

/* From one control period's pose to the next: converged to the solver's own precision. */
enum { NEARBY_ITERATIONS = 20 };

/* What a policy cannot tell from the pose that was asked for: far below its errors, far above the solver's. */
const double SPOTI_RESIDUAL_M = 1e-3;
const double SPOTI_RESIDUAL_RAD = 0.5 * mjPI / 180.0;

void spoti_arm_pose(const spoti_mujoco_world *w, const mjData *data, double pose[SPOTI_POSE_DIM])
{
    const spoti_frame *base = &w->task->base;
    const mjtNum *turn = data->site_xmat + 9 * (size_t)w->task->site;
    spoti_frame_from_world(base, data->site_xpos + 3 * (size_t)w->task->site, pose);
    pose[3] = spoti_frame_yaw_from_world(base, spoti_atan2(turn[3], turn[0]));
}

/* Error twist from the site's pose in `kin` to the wanted one, both in the world: e (6) = position, rotation
 * vector. */
static void pose_error(const spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM], double e[6])
{
    const mjtNum *at = w->kin->site_xpos + 3 * w->task->site;
    const mjtNum *turn = w->kin->site_xmat + 9 * w->task->site;
    double c = spoti_cos(pose[3]);
    double s = spoti_sin(pose[3]);
    /* Columns of Rz(yaw) * diag(1, -1, -1): tool axis down. */
    const double want[3][3] = {{c, s, 0.0}, {s, -c, 0.0}, {0.0, 0.0, -1.0}};

    for (int i = 0; i < 3; i++) {
        e[i] = pose[i] - at[i];
        e[3 + i] = 0.0;
    }
    for (int k = 0; k < 3; k++) {
        mjtNum column[3] = {turn[k], turn[3 + k], turn[6 + k]};
        mjtNum cross[3];
        mju_cross(cross, column, want[k]);
        mju_addToScl3(e + 3, cross, 0.5);
    }
}

/* One step of damped least squares on the joint targets in kin->qpos. */
static void solve_step(spoti_mujoco_world *w, const double e[6], double step_max_rad)
{
    const spoti_scene *t = w->task;
    double j[SPOTI_ARM_JOINTS_MAX][6]; /* a column each */
    double a[36] = {0.0};
    double y[6];

    spoti_chain_jacobian(&t->chain, w->model, w->kin, j);
    for (int r = 0; r < 6; r++) {
        a[7 * r] = DAMPING;
    }
    for (int k = 0; k < t->chain.n; k++) {
        for (int r = 0; r < 6; r++) {
            for (int c = 0; c < 6; c++) {
                a[6 * r + c] += j[k][r] * j[k][c];
            }
        }
    }
    (void)mju_cholFactor(a, 6, mjMINVAL);
    mju_cholSolve(y, a, e, 6);
    for (int k = 0; k < t->chain.n; k++) {
        double dq = 0.0;
        for (int r = 0; r < 6; r++) {
            dq += j[k][r] * y[r];
        }
        const mjtNum *range = w->model->jnt_range + 2 * (size_t)t->arm_joint[k];
        mjtNum *q = w->kin->qpos + t->arm_qpos[k];
        *q += mju_clip(dq, -step_max_rad, step_max_rad);
        if (w->model->jnt_limited[t->arm_joint[k]]) {
            *q = mju_clip(*q, range[0], range[1]);
        }
    }
}

void spoti_arm_solve(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM], int iterations,
                     double step_max_rad)
{
    double world[SPOTI_POSE_DIM];
    spoti_frame_to_world(&w->task->base, pose, world);
    for (int i = 0; i < iterations; i++) {
        double e[6];
        spoti_chain_place(&w->task->chain, w->model, w->kin);
        pose_error(w, world, e);
        solve_step(w, e, step_max_rad);
    }
}

spoti_residual spoti_arm_residual(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM])
{
    double world[SPOTI_POSE_DIM];
    spoti_frame_to_world(&w->task->base, pose, world);
    spoti_chain_place(&w->task->chain, w->model, w->kin);
    const mjtNum *turn = w->kin->site_xmat + 9 * (size_t)w->task->site;
    const double c = spoti_cos(world[3]);
    const double s = spoti_sin(world[3]);
    /* trace of the rotation between: the twist of pose_error vanishes at half a turn too */
    const double trace = c * turn[0] + s * turn[3] + s * turn[1] - c * turn[4] - turn[8];
    return (spoti_residual){
        .m = mju_dist3(world, w->kin->site_xpos + 3 * (size_t)w->task->site),
        .rad = spoti_acos(mju_clip(0.5 * (trace - 1.0), -1.0, 1.0)),
    };
}

bool spoti_residual_ok(const spoti_residual *r)
{
    return r->m <= SPOTI_RESIDUAL_M && r->rad <= SPOTI_RESIDUAL_RAD;
}

void spoti_arm_command(spoti_mujoco_world *w, const double target[SPOTI_POSE_DIM], bool open)
{
    const spoti_arm_file *arm = &w->task->file->arm;
    double dt = w->model->opt.timestep;
    double ticks = w->task->info.dims.ticks_per_action;
    double away[3];

    for (int i = 0; i < 3; i++) {
        w->target[i] = mju_clip(target[i], arm->low[i], arm->high[i]);
        away[i] = w->target[i] - w->reference[i];
    }
    w->target[3] = mju_clip(target[3], -mjPI, mjPI);
    w->step_m = fmin(mju_norm3(away) / ticks, arm->speed_m_s * dt);
    w->step_rad = fmin(fabs(w->target[3] - w->reference[3]) / ticks, arm->yaw_speed_rad_s * dt);
    w->open_target_m = open ? w->task->file->gripper.open_m : 0.0;
    w->by_joints = false;
}

/* Moves the reference by one tick towards the target. */
static void advance_reference(spoti_mujoco_world *w)
{
    double away[3];
    for (int i = 0; i < 3; i++) {
        away[i] = w->target[i] - w->reference[i];
    }
    double distance = mju_norm3(away);
    double share = distance > w->step_m ? w->step_m / distance : 1.0;
    for (int i = 0; i < 3; i++) {
        w->reference[i] += share * away[i];
    }
    w->reference[3] += mju_clip(w->target[3] - w->reference[3], -w->step_rad, w->step_rad);
}

/* Moves the commanded opening by one tick. */
static void advance_opening(spoti_mujoco_world *w)
{
    double open_step = w->task->file->gripper.speed_m_s * w->model->opt.timestep;
    w->open_reference_m += mju_clip(w->open_target_m - w->open_reference_m, -open_step, open_step);
}

/* Pose of the gripper by the joint targets in kin. */
static void pose_of_targets(spoti_mujoco_world *w, double pose[SPOTI_POSE_DIM])
{
    spoti_chain_place(&w->task->chain, w->model, w->kin);
    spoti_arm_pose(w, w->kin, pose);
}

/* Turns the joint targets by one tick. */
static void advance_joints(spoti_mujoco_world *w)
{
    const spoti_scene *t = w->task;
    for (int i = 0; i < t->chain.n; i++) {
        mjtNum *q = w->kin->qpos + t->arm_qpos[i];
        *q += mju_clip(w->joint_target[i] - *q, -w->joint_step[i], w->joint_step[i]);
    }
    pose_of_targets(w, w->reference);
}

/* Exchanges the joint targets in kin with `joints`. */
static void swap_joints(spoti_mujoco_world *w, double *joints)
{
    for (int i = 0; i < w->task->chain.n; i++) {
        mjtNum *q = w->kin->qpos + w->task->arm_qpos[i];
        const double present = *q;
        *q = joints[i];
        joints[i] = present;
    }
}

void spoti_arm_command_joints(spoti_mujoco_world *w, const double *target, bool open)
{
    const spoti_scene *t = w->task;
    const double fastest = t->file->arm.joint_speed_rad_s * w->model->opt.timestep;
    double joints[SPOTI_ARM_JOINTS_MAX] = {0.0};

    for (int i = 0; i < t->chain.n; i++) {
        const int joint = t->arm_joint[i];
        const mjtNum *range = w->model->jnt_range + 2 * (size_t)joint;
        const bool limited = w->model->jnt_limited[joint] != 0;
        w->joint_target[i] = limited ? mju_clip(target[i], range[0], range[1]) : target[i];
        const double away = fabs(w->joint_target[i] - w->kin->qpos[t->arm_qpos[i]]);
        w->joint_step[i] = fmin(away / t->info.dims.ticks_per_action, fastest);
        joints[i] = w->joint_target[i];
    }
    swap_joints(w, joints);
    pose_of_targets(w, w->target);
    swap_joints(w, joints);
    w->open_target_m = open ? t->file->gripper.open_m : 0.0;
    w->by_joints = true;
}

void spoti_arm_joints_of(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM], double *joints)
{
    const spoti_arm_file *arm = &w->task->file->arm;
    double inside[SPOTI_POSE_DIM];

    for (int i = 0; i < SPOTI_POSE_DIM; i++) {
        inside[i] =
            i < 3 ? mju_clip(pose[i], arm->low[i], arm->high[i]) : mju_clip(pose[i], -mjPI, mjPI);
    }
    for (int i = 0; i < w->task->chain.n; i++) {
        joints[i] = w->kin->qpos[w->task->arm_qpos[i]];
    }
    spoti_arm_solve(w, inside, NEARBY_ITERATIONS, mjPI / 8.0);
    swap_joints(w, joints);
}

void spoti_arm_tick(spoti_mujoco_world *w)
{
    const spoti_scene *t = w->task;
    mjData *d = w->data;

    if (w->by_joints) {
        advance_joints(w);
    } else {
        advance_reference(w);
        spoti_arm_solve(w, w->reference, 1,
                        t->file->arm.joint_speed_rad_s * w->model->opt.timestep);
    }
    advance_opening(w);
    for (int i = 0; i < t->chain.n; i++) {
        d->ctrl[t->arm_actuator[i]] = w->kin->qpos[t->arm_qpos[i]];
        d->qfrc_applied[t->arm_dof[i]] = d->qfrc_bias[t->arm_dof[i]];
    }
    spoti_gripper_command(t, d, w->open_reference_m);
    if (t->moving_actuator >= 0) {
        d->ctrl[t->moving_actuator] = t->file->disturbance->speed_m_s * w->variation.speed;
    }
}
