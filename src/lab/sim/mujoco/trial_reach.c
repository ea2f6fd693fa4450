/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A trial's inverse kinematics: home, and the corners of everything the gripper must get to. */
#include <math.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/trial.h"

enum { TEXT = 160, CORNERS_MAX = 16 };

/* Home chooses a posture near the workspace, not a pose in it. */
static const double HOME_SLACK_M = 0.10;
static const double HOME_LEAN_DEG = 15.0;

/* An object's origin may lie a little beside where the gripper's centre gets. */
static const double OBJECT_SLACK_M = 0.02;

static double degrees(double rad)
{
    return rad * (180.0 / mjPI);
}

/* How far a point is outside the workspace, m; the third coordinate only if so wanted. */
static double outside(const spoti_arm_file *arm, const double at[3], int dims)
{
    double most = 0.0;
    for (int i = 0; i < dims; i++) {
        most = fmax(most, fmax(arm->low[i] - at[i], at[i] - arm->high[i]));
    }
    return most;
}

void spoti_trial_home(spoti_trial *t, spoti_mujoco_world *w)
{
    const spoti_scene *task = t->task;
    double pose[SPOTI_POSE_DIM];
    char expected[TEXT];
    for (int i = 0; i < task->chain.n; i++) {
        w->kin->qpos[task->arm_qpos[i]] = task->home[i];
    }
    mj_kinematics(w->model, w->kin);
    spoti_arm_pose(w, w->kin, pose);
    const mjtNum *turn = w->kin->site_xmat + 9 * (size_t)task->site;
    const double lean = degrees(acos(mju_clip(-turn[8], -1.0, 1.0)));
    const bool ok = outside(&task->file->arm, pose, 3) <= HOME_SLACK_M && lean <= HOME_LEAN_DEG;
    (void)spoti_format(expected, sizeof(expected),
                       "it within %g m of the workspace, and the tool down to %g deg", HOME_SLACK_M,
                       HOME_LEAN_DEG);
    spoti_trial_add(t, "arm.home", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.section = "arm", .key = spoti_scene_home_key(task)}, expected,
                    "the tool is at x %.3f, y %.3f, z %.3f m and leans by %.1f deg; the base is at "
                    "%.3g %.3g %.3g m in the world, forward is %.3g deg there",
                    pose[0], pose[1], pose[2], lean, task->base.at[0], task->base.at[1],
                    task->base.at[2], degrees(task->base.yaw));
}

/* A box of poses: low, high of x, y, z, yaw (rad). */
typedef struct box {
    double range[SPOTI_POSE_DIM][2];
} box;

/* Tries all corners of the box. `bad` is what it is to the trial if one is out of reach. */
static void check_box(spoti_trial *t, spoti_mujoco_world *w, const char *name, const box *b,
                      spot_trial_result bad, spoti_where where)
{
    spoti_residual worst = {.m = 0.0};
    double at[SPOTI_POSE_DIM] = {0};
    double worst_size = -1.0;
    char expected[TEXT];

    for (int k = 0; k < CORNERS_MAX; k++) {
        double pose[SPOTI_POSE_DIM];
        for (int i = 0; i < SPOTI_POSE_DIM; i++) {
            pose[i] = b->range[i][(k >> i) & 1];
        }
        const spoti_residual r = spoti_arm_place(w, pose);
        const double size = fmax(r.m / SPOTI_RESIDUAL_M, r.rad / SPOTI_RESIDUAL_RAD);
        if (size > worst_size) {
            worst_size = size;
            worst = r;
            mju_copy4(at, pose);
        }
    }
    (void)spoti_format(expected, sizeof(expected), "at most %g mm and %g deg",
                       1e3 * SPOTI_RESIDUAL_M, degrees(SPOTI_RESIDUAL_RAD));
    spoti_trial_add(t, name, spoti_residual_ok(&worst) ? SPOT_TRIAL_PASS : bad, where, expected,
                    "inverse kinematics from arm.home is off by %.3f mm and %.3f deg at the worst "
                    "corner: x %.3f, y %.3f, z %.3f m, yaw %.0f deg",
                    1e3 * worst.m, degrees(worst.rad), at[0], at[1], at[2], degrees(at[3]));
}

static void check_corners(spoti_trial *t, spoti_mujoco_world *w)
{
    const spoti_start_file *s = &t->task->file->start;
    const spoti_arm_file *arm = &t->task->file->arm;
    const box start = {{{s->x_m[0], s->x_m[1]},
                        {s->y_m[0], s->y_m[1]},
                        {s->z_m[0], s->z_m[1]},
                        {s->yaw_deg[0] * (mjPI / 180.0), s->yaw_deg[1] * (mjPI / 180.0)}}};
    const box limits = {{{arm->low[0], arm->high[0]},
                         {arm->low[1], arm->high[1]},
                         {arm->low[2], arm->high[2]},
                         {0.0, 0.0}}};
    check_box(t, w, "reach of start", &start, SPOT_TRIAL_FAIL,
              (spoti_where){.section = "start", .key = "x_m"});
    check_box(t, w, "reach of workspace", &limits, SPOT_TRIAL_WARN,
              (spoti_where){.section = "arm", .key = "high"});
}

/* What the expert works at, at the height at which it does. Something that moves may come from outside. */
static void check_object(spoti_trial *t, spoti_mujoco_world *w, int object, double z)
{
    const spoti_object_file *o = &t->task->file->objects[object];
    const spoti_arm_file *arm = &t->task->file->arm;
    const spot_trial_result bad =
        t->task->info.dims.regime == SPOT_REGIME_DYNAMIC ? SPOT_TRIAL_WARN : SPOT_TRIAL_FAIL;
    const spoti_where where = {.section = "objects", .key = "x_m"};
    const double low[3] = {o->x_m[0], o->y_m[0], z};
    const double high[3] = {o->x_m[1], o->y_m[1], z};
    const double out_m = fmax(outside(arm, low, 3), outside(arm, high, 3));
    const box at = {{{low[0], high[0]}, {low[1], high[1]}, {z, z}, {0.0, 0.0}}};

    if (out_m > OBJECT_SLACK_M) {
        char expected[TEXT];
        (void)spoti_format(expected, sizeof(expected),
                           "at most %g mm: targets are clipped to arm.low and arm.high",
                           1e3 * OBJECT_SLACK_M);
        spoti_trial_add(
            t, "reach of objects", bad, where, expected,
            "object '%.40s', at the height %.3f m of the gripper, is up to %.0f mm outside "
            "the workspace",
            o->name, z, 1e3 * out_m);
        return;
    }
    check_box(t, w, "reach of objects", &at, bad, where);
}

/* The lowest waypoint at an object: the hardest to get to. */
static void check_waypoints(spoti_trial *t, spoti_mujoco_world *w, const spoti_expert_file *e,
                            int object)
{
    const spoti_waypoint *low = NULL;
    for (unsigned i = 0; i < e->waypoints_count; i++) {
        const spoti_waypoint *p = &e->waypoints[i];
        if (p->from == SPOTI_FROM_OBJECT && p->object_index == object &&
            (low == NULL || p->at_m[2] < low->at_m[2])) {
            low = p;
        }
    }
    if (low != NULL) {
        check_object(t, w, object, t->task->file->objects[object].z_m + low->at_m[2]);
    }
}

void spoti_trial_reach(spoti_trial *t, spoti_mujoco_world *w)
{
    const spoti_task_file *f = t->task->file;
    const spoti_expert_file *e = f->expert;
    check_corners(t, w);
    if (e != NULL && e->object != NULL) {
        check_object(t, w, spoti_task_file_object(f, e->object), *e->grasp_z_m);
    }
    if (e != NULL && e->place != NULL) {
        check_object(t, w, spoti_task_file_object(f, e->place), e->release_z_m);
    }
    for (unsigned o = 0; e != NULL && o < f->objects_count; o++) {
        check_waypoints(t, w, e, (int)o);
    }
}
