/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/waypoints.h"

#include <math.h>
#include <string.h>

#include "core/base/elementary.h"

/* How near counts as there where a waypoint does not say: inside what the trial's `arm follows` asks for. */
static const double NEAR_M = 0.008;
static const double NEAR_YAW_RAD = 0.06;

/* Speed where a waypoint does not say: that of the slower half of the grasping expert's moves. */
static const double SPEED_M_S = 0.2;

/* Without success this long after the last waypoint it is tried anew. */
static const double PATIENCE_S = 1.0;

static const spoti_expert_file *file_of(const spoti_expert *e)
{
    return e->task->file->expert;
}

static double period_s(const spoti_expert *e)
{
    return e->task->info.dims.ticks_per_action * e->task->model->opt.timestep;
}

/* The number of the k-th different name among the ways; -1 = there are not so many. */
static int way_at(const spoti_expert_file *x, int k)
{
    for (unsigned i = 0; i < x->waypoints_count; i++) {
        bool is_new = x->waypoints[i].way != NULL;
        for (unsigned j = 0; j < i && is_new; j++) {
            is_new = x->waypoints[j].way == NULL ||
                     strcmp(x->waypoints[j].way, x->waypoints[i].way) != 0;
        }
        if (is_new && k-- == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Whether waypoint i is on the way that was drawn. */
static bool is_on_way(const spoti_expert *e, unsigned i)
{
    const spoti_waypoint *p = file_of(e)->waypoints;
    return p[i].way == NULL || strcmp(p[i].way, p[e->way].way) == 0;
}

/* The next waypoint on the way, from i on. */
static void enter(spoti_expert *e, unsigned i)
{
    const spoti_expert_file *x = file_of(e);
    while (i < x->waypoints_count && !is_on_way(e, i)) {
        i++;
    }
    e->waypoint = i;
    e->waited = 0;
    e->has_begun = false;
}

static void begin_attempt(spoti_expert *e)
{
    int ways = 0;
    while (way_at(file_of(e), ways) >= 0) {
        ways++;
    }
    e->way = ways > 0 ? way_at(file_of(e), (int)spot_rng_below(&e->rng, (uint32_t)ways)) : -1;
    e->open = true;
    enter(e, 0);
}

void spoti_waypoints_begin(spoti_expert *e)
{
    begin_attempt(e);
}

/* The pose that a waypoint is relative to. */
static void find_origin(const spoti_expert *e, const spoti_mujoco_world *w, const spoti_waypoint *p,
                        double origin[SPOTI_POSE_DIM])
{
    memset(origin, 0, SPOTI_POSE_DIM * sizeof(*origin));
    if (p->from == SPOTI_FROM_GRIPPER) {
        memcpy(origin, e->began, sizeof(e->began));
    } else if (p->from == SPOTI_FROM_OBJECT) {
        spoti_object_pose(w, p->object_index, origin);
        origin[3] =
            remainder(origin[3], mjPI / 2.0); /* a box looks the same after a quarter turn */
    }
}

static void find_goal(const spoti_expert *e, const spoti_mujoco_world *w, const spoti_waypoint *p,
                      double goal[SPOTI_POSE_DIM])
{
    double origin[SPOTI_POSE_DIM];
    find_origin(e, w, p, origin);
    const double c = spoti_cos(origin[3]);
    const double s = spoti_sin(origin[3]);
    goal[0] = origin[0] + c * p->at_m[0] - s * p->at_m[1];
    goal[1] = origin[1] + s * p->at_m[0] + c * p->at_m[1];
    goal[2] = origin[2] + p->at_m[2];
    goal[3] = origin[3] + p->yaw_deg * (mjPI / 180.0);
}

/* A target at most a period's way from the reference, towards the goal. */
static void step_towards(const spoti_expert *e, const spoti_mujoco_world *w, const double goal[],
                         double speed_m_s, double target[SPOTI_POSE_DIM])
{
    const double reach = speed_m_s * period_s(e);
    const double turn = e->task->file->arm.yaw_speed_rad_s * period_s(e);
    const double distance = mju_dist3(goal, w->reference);
    const double share = distance > reach ? reach / distance : 1.0;
    for (int i = 0; i < 3; i++) {
        target[i] = w->reference[i] + share * (goal[i] - w->reference[i]);
    }
    target[3] = w->reference[3] + mju_clip(goal[3] - w->reference[3], -turn, turn);
}

static bool is_there(const spoti_mujoco_world *w, const spoti_waypoint *p, const double goal[])
{
    const double near_m = p->near_m > 0.0 ? p->near_m : NEAR_M;
    return mju_dist3(goal, w->reference) < near_m && fabs(goal[3] - w->reference[3]) < NEAR_YAW_RAD;
}

/* After the last waypoint: stays, and begins anew if that was not enough. */
static void stay(spoti_expert *e, const spoti_mujoco_world *w, double target[SPOTI_POSE_DIM])
{
    memcpy(target, w->reference, SPOTI_POSE_DIM * sizeof(*target));
    if (e->waited++ * period_s(e) > PATIENCE_S && !w->success) {
        begin_attempt(e);
    }
}

void spoti_waypoints_act(spoti_expert *e, const spoti_mujoco_world *w, spoti_expert_action *action)
{
    const spoti_expert_file *x = file_of(e);
    double goal[SPOTI_POSE_DIM];

    while (e->waypoint < x->waypoints_count) {
        const spoti_waypoint *p = &x->waypoints[e->waypoint];
        if (!e->has_begun) {
            memcpy(e->began, w->reference, sizeof(e->began));
            e->has_begun = true;
        }
        find_goal(e, w, p, goal);
        const bool there = is_there(w, p, goal);
        if (there && e->waited * period_s(e) >= p->wait_s) {
            enter(e, e->waypoint + 1);
            continue;
        }
        e->waited += there;
        e->open =
            p->gripper != SPOTI_GRIPPER_CLOSE && (e->open || p->gripper == SPOTI_GRIPPER_OPEN);
        step_towards(e, w, goal, p->speed_m_s > 0.0 ? p->speed_m_s : SPEED_M_S, action->target);
        break;
    }
    if (e->waypoint == x->waypoints_count) {
        stay(e, w, action->target);
    }
    /* what moves by itself may be kicked until the gripper has closed once */
    e->phase = e->open ? SPOTI_PHASE_HOVER : SPOTI_PHASE_LIFT;
    memcpy(action->command, action->target, sizeof(action->command));
    action->open = e->open;
    action->label_ok = true;
}
