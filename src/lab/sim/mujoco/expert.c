/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/mujoco/phases.h"
#include "lab/sim/mujoco/waypoints.h"

#include <math.h>
#include <string.h>

/* The servo follows its reference with a lag of velocity gain / stiffness of the arm's joints; whoever tracks
 * a moving object must lead it by as much. */
static const double SERVO_LAG_S = 0.04;

static const double QUARTER_TURN_RAD = mjPI / 2.0;

/* A goal above that no control period reaches. */
static const double RISE_M = 0.1;

void spoti_expert_reset(spoti_expert *e, const spoti_scene *task, uint64_t seed, bool mistakes)
{
    memset(e, 0, sizeof(*e));
    e->task = task;
    e->rng = spot_rng_at(seed, SPOT_STREAM_EXPERT, 0);
    e->mistakes = mistakes;
    const spoti_expert_file *x = task->file->expert;
    e->object = x->object != NULL ? spoti_task_file_object(task->file, x->object) : -1;
    e->place = x->place != NULL ? spoti_task_file_object(task->file, x->place) : -1;
    if (x->how == SPOTI_EXPERT_WAYPOINTS) {
        spoti_waypoints_begin(e);
        return;
    }
    spoti_phases_begin(e);
}

/* The yaw to grasp with: the object's, or a quarter turn away, whichever keeps within +-90 degrees of
 * the robot's neutral yaw; which of the two is the style's choice. */
static double grasp_yaw(const spoti_expert *e, double object_yaw)
{
    double yaw = remainder(object_yaw, QUARTER_TURN_RAD); /* -45..45 degrees */
    if (e->style.yaw_turn != 0.0) {
        yaw += yaw > 0.0 ? -QUARTER_TURN_RAD : QUARTER_TURN_RAD;
    }
    return yaw;
}

/* Where the object will be when a target given now has been reached, plus the servo's lag. */
static void predict(spoti_expert *e, const spoti_mujoco_world *w, double pose[SPOTI_POSE_DIM])
{
    double lead = e->task->info.dims.ticks_per_action * w->model->opt.timestep + SERVO_LAG_S;

    if (!spoti_object_seen(w, e->object)) {
        memcpy(pose, e->last_seen, sizeof(e->last_seen));
        return;
    }
    double velocity[3];
    const bool moves = spoti_expert_object_velocity(e, w, velocity);
    spoti_object_pose(w, e->object, pose);
    for (int i = 0; i < 2 && moves; i++) {
        pose[i] += lead * velocity[i];
    }
    memcpy(e->last_seen, pose, sizeof(e->last_seen));
}

/* A target at most speed * T_act from where the reference is, towards goal. */
static void step_towards(const spoti_mujoco_world *w, const double goal[3], double yaw,
                         double speed, double object_speed, double target[SPOTI_POSE_DIM])
{
    double period = w->task->info.dims.ticks_per_action * w->model->opt.timestep;
    double away[3];
    for (int i = 0; i < 3; i++) {
        away[i] = goal[i] - w->reference[i];
    }
    double distance = mju_norm3(away);
    double reach = (speed + object_speed) * period;
    double share = distance > reach ? reach / distance : 1.0;
    for (int i = 0; i < 3; i++) {
        target[i] = w->reference[i] + share * away[i];
    }
    target[3] = w->reference[3] + mju_clip(yaw - w->reference[3], -0.18, 0.18);
}

/* Where to go in the present phase, given the predicted object and the place. */
static void choose_goal(spoti_expert *e, const spoti_mujoco_world *w, const double object[],
                        const double place[], double goal[3])
{
    const spoti_expert_file *x = e->task->file->expert;
    const spoti_style *s = &e->style;
    double grasp_z = *x->grasp_z_m;

    goal[0] = object[0] + s->miss_m[0];
    goal[1] = object[1] + s->miss_m[1];
    switch (e->phase) {
    case SPOTI_PHASE_LOOK:
        memcpy(goal, w->reference, 3 * sizeof(*goal));
        goal[2] += spoti_expert_sees(e, w) ? 0.0 : RISE_M;
        return;
    case SPOTI_PHASE_VIA:
        goal[0] = object[0] + s->side_m[0];
        goal[1] = object[1] + s->side_m[1];
        goal[2] = grasp_z + s->hover_m + 0.02;
        return;
    case SPOTI_PHASE_HOVER:
        goal[2] = grasp_z + s->hover_m;
        return;
    case SPOTI_PHASE_DESCEND:
    case SPOTI_PHASE_CLOSE:
        goal[2] = grasp_z + s->miss_z_m;
        return;
    case SPOTI_PHASE_LIFT:
        goal[0] = w->reference[0];
        goal[1] = w->reference[1];
        goal[2] = *x->lift_z_m;
        return;
    case SPOTI_PHASE_CARRY:
        goal[0] = place[0];
        goal[1] = place[1];
        goal[2] = *x->lift_z_m;
        if (!e->carried_side) {
            goal[0] = e->carry_via_m[0];
            goal[1] = e->carry_via_m[1];
        }
        return;
    case SPOTI_PHASE_LOWER:
    case SPOTI_PHASE_OPEN:
        goal[0] = place[0];
        goal[1] = place[1];
        goal[2] = x->release_z_m;
        return;
    case SPOTI_PHASE_RETREAT:
        goal[0] = w->reference[0];
        goal[1] = w->reference[1];
        goal[2] = *x->lift_z_m + 0.04;
        return;
    }
}

static double phase_speed(const spoti_expert *e)
{
    bool slow = e->phase == SPOTI_PHASE_DESCEND || e->phase == SPOTI_PHASE_CLOSE ||
                e->phase == SPOTI_PHASE_LOWER || e->phase == SPOTI_PHASE_OPEN;
    return slow ? e->style.slow_m_s : e->style.speed_m_s;
}

void spoti_expert_act(spoti_expert *e, const spoti_mujoco_world *w, spoti_expert_action *action)
{
    double object[SPOTI_POSE_DIM];
    double place[SPOTI_POSE_DIM] = {0};
    double goal[3];

    if (e->task->file->expert->how == SPOTI_EXPERT_WAYPOINTS) {
        spoti_waypoints_act(e, w, action);
        return;
    }
    predict(e, w, object);
    object[0] += e->style.astray_m[0];
    object[1] += e->style.astray_m[1];
    if (e->place >= 0) {
        spoti_object_pose(w, e->place, place);
    }
    double yaw = grasp_yaw(e, object[3]);
    choose_goal(e, w, object, place, goal);
    spoti_phases_advance(e, w, place, goal, yaw);
    choose_goal(e, w, object, place, goal);
    bool holding = e->phase >= SPOTI_PHASE_LIFT;
    double velocity[3];
    double object_speed = 0.0;
    if (spoti_expert_object_velocity(e, w, velocity) && !holding) {
        object_speed = mju_norm3(velocity);
        object_speed = fmin(object_speed, 0.3); /* a kicked object is not chased at its speed */
    }
    bool turns = !holding && e->phase != SPOTI_PHASE_LOOK;
    step_towards(w, goal, turns ? grasp_yaw(e, object[3]) : w->reference[3], phase_speed(e),
                 object_speed, action->command);
    memcpy(action->target, action->command, sizeof(action->target));
    for (int i = 0; i < 2 && e->phase >= SPOTI_PHASE_VIA && e->phase <= SPOTI_PHASE_CLOSE; i++) {
        action->target[i] -= e->style.astray_m[i];
    }
    bool open = e->phase < SPOTI_PHASE_CLOSE || e->phase >= SPOTI_PHASE_OPEN;
    action->open = open && !spoti_expert_presses(e);
    action->label_ok = !spoti_phases_mistake(e);
}
