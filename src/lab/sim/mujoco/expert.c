/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/expert.h"
#include "core/base/elementary.h"
#include "lab/sim/mujoco/waypoints.h"

#include <math.h>
#include <string.h>

/* The servo follows its reference with a lag of velocity gain / stiffness of the arm's joints; whoever tracks
 * a moving object must lead it by as much. */
static const double SERVO_LAG_S = 0.04;

/* Standard deviation, each axis, of the error about a hidden object, and the error from which on it cannot be
 * made up for beside the object: with it the fingers would come down on the cube's edge. */
static const double ASTRAY_M = 0.010;
static const double ASTRAY_MOST_M = 0.015;

/* How near counts as there. Well inside the 20 mm between cube and finger. */
static const double NEAR_VIA_M = 0.03;
static const double NEAR_HOVER_M = 0.008;
static const double NEAR_HEIGHT_M = 0.005;
static const double NEAR_YAW_RAD = 0.06;

/* So far beyond seen_beyond_m that a disturbance of the arm does not hide the object again. */
static const double SEEN_MARGIN_M = 0.02;
static const double RISE_M = 0.1; /* a goal above that no control period reaches */

enum {
    CLOSE_PERIODS = 5, /* until the fingers have met the object and force has built up */
    OPEN_PERIODS = 3,
    LOOK_PERIODS_MIN = 2,
    LOOK_PERIODS_MAX = 5,
};

static double quarter_turns(double x)
{
    return x * (mjPI / 2.0);
}

/* From near the object cannot be seen. */
static bool is_hidden_near(const spoti_expert *e)
{
    return e->task->file->objects[e->object].seen_beyond_m > 0.0;
}

/* Draws the choices of an attempt. The order of the draws is part of reproducibility. */
static void draw_style(spoti_expert *e)
{
    spot_rng *rng = &e->rng;
    spoti_style *s = &e->style;
    bool moving = e->task->moving_actuator >= 0;
    double side = spot_rng_below(rng, 2) == 0 ? -1.0 : 1.0;

    double reach = spot_rng_uniform(rng, 0.06, 0.11);
    double slant = spot_rng_uniform(rng, -0.03, 0.03);
    s->side_m[0] = slant;
    s->side_m[1] = side * reach;
    s->yaw_turn = spot_rng_below(rng, 2) == 0 ? 0.0 : 1.0;
    s->hover_m = spot_rng_uniform(rng, 0.06, 0.10);
    s->speed_m_s = spot_rng_uniform(rng, 0.18, 0.30);
    s->slow_m_s = spot_rng_uniform(rng, 0.10, 0.16);
    s->carry_m = (spot_rng_below(rng, 2) == 0 ? -1.0 : 1.0) * spot_rng_uniform(rng, 0.04, 0.08);
    s->pause = spot_rng_uniform(rng, 0.0, 1.0) < 0.3 ? (int)spot_rng_below(rng, 4) : 0;

    bool miss = spot_rng_uniform(rng, 0.0, 1.0) < 0.30;
    double angle = spot_rng_uniform(rng, 0.0, 2.0 * mjPI);
    double size = spot_rng_uniform(rng, 0.030, 0.055);
    s->miss_m[0] = s->miss_m[1] = s->miss_z_m = 0.0;
    if (e->mistakes && miss && e->misses < 1) {
        s->miss_m[0] = size * spoti_cos(angle);
        s->miss_m[1] = size * spoti_sin(angle);
        s->miss_z_m = 0.035; /* above the cube's top, so that it is not crushed */
        if (moving) {
            s->pause = 0;
        }
        e->misses++;
    }
    if (is_hidden_near(e)) {
        s->look = LOOK_PERIODS_MIN +
                  (int)spot_rng_below(rng, (uint64_t)(LOOK_PERIODS_MAX - LOOK_PERIODS_MIN + 1));
        bool errs = e->mistakes && s->miss_z_m <= 0.0;
        for (int i = 0; i < 2; i++) {
            double error = ASTRAY_M * spot_rng_normal(rng);
            s->astray_m[i] = errs ? error : 0.0;
        }
    }
}

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
    e->phase = is_hidden_near(e) ? SPOTI_PHASE_LOOK : SPOTI_PHASE_VIA;
    e->after_look = SPOTI_PHASE_VIA;
    draw_style(e);
}

static void enter(spoti_expert *e, spoti_phase phase)
{
    e->phase = phase;
    e->waited = 0;
}

static void try_again(spoti_expert *e)
{
    draw_style(e);
    e->after_look = SPOTI_PHASE_HOVER;
    enter(e, is_hidden_near(e) ? SPOTI_PHASE_LOOK : SPOTI_PHASE_HOVER);
}

static bool presses(const spoti_expert *e)
{
    return e->task->file->expert->how == SPOTI_EXPERT_PRESS;
}

/* Whether a row shows a grasp that is meant to miss, or that the label cannot put right any more. */
static bool is_mistake(const spoti_expert *e)
{
    bool far = hypot(e->style.astray_m[0], e->style.astray_m[1]) > ASTRAY_MOST_M;
    return (e->style.miss_z_m > 0.0 && e->phase >= SPOTI_PHASE_HOVER &&
            e->phase <= SPOTI_PHASE_CLOSE) ||
           (far && e->phase >= SPOTI_PHASE_DESCEND && e->phase <= SPOTI_PHASE_CLOSE);
}

/* The yaw to grasp with: the object's, or a quarter turn away, whichever keeps within +-90 degrees of
 * the robot's neutral yaw; which of the two is the style's choice. */
static double grasp_yaw(const spoti_expert *e, double object_yaw)
{
    double yaw = remainder(object_yaw, quarter_turns(1.0)); /* -45..45 degrees */
    if (e->style.yaw_turn != 0.0) {
        yaw += yaw > 0.0 ? -quarter_turns(1.0) : quarter_turns(1.0);
    }
    return yaw;
}

/* The object's velocity (3), as far as it can be known; else false, and 0. */
static bool object_velocity(const spoti_expert *e, const spoti_mujoco_world *w, double velocity[3])
{
    const int dof = e->task->objects[e->object].dof;
    const bool known = dof >= 0 && spoti_object_seen(w, e->object);
    mju_zero3(velocity);
    if (known) {
        spoti_frame_turn_from_world(&e->task->base, w->data->qvel + dof, velocity);
    }
    return known;
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
    const bool moves = object_velocity(e, w, velocity);
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

static bool holds_object(const spoti_expert *e, const spoti_mujoco_world *w)
{
    return w->touch[e->object] == 3u;
}

/* Sees the object, and not just so. */
static bool sees_object(const spoti_expert *e, const spoti_mujoco_world *w)
{
    double at[SPOTI_POSE_DIM];
    double object[SPOTI_POSE_DIM];
    spoti_arm_pose(w, w->data, at);
    spoti_object_pose(w, e->object, object);
    double near_m = e->task->file->objects[e->object].seen_beyond_m + SEEN_MARGIN_M;
    return mju_dist3(at, object) > near_m;
}

static double flat_distance(const double a[], const double b[])
{
    return hypot(a[0] - b[0], a[1] - b[1]);
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
        goal[2] += sees_object(e, w) ? 0.0 : RISE_M;
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

static void advance_approach(spoti_expert *e, const double at[], const double goal[3], double yaw)
{
    double off = flat_distance(at, goal);
    switch (e->phase) {
    case SPOTI_PHASE_VIA:
        if (off < NEAR_VIA_M) {
            enter(e, SPOTI_PHASE_HOVER);
        }
        return;
    case SPOTI_PHASE_HOVER:
        if (off < NEAR_HOVER_M && fabs(at[3] - yaw) < NEAR_YAW_RAD &&
            fabs(at[2] - goal[2]) < 4.0 * NEAR_HEIGHT_M && e->waited++ >= e->style.pause) {
            enter(e, SPOTI_PHASE_DESCEND);
        }
        return;
    default:
        if (fabs(at[2] - goal[2]) < NEAR_HEIGHT_M) {
            enter(e, SPOTI_PHASE_CLOSE);
        } else if (off > 3.0 * NEAR_HOVER_M) {
            enter(e, SPOTI_PHASE_HOVER); /* pushed away, or the object moved */
        }
        return;
    }
}

/* The path to the place bows to one side: its middle is moved by carry_m along x. */
static void begin_carry(spoti_expert *e, const double at[], const double place[])
{
    e->carry_via_m[0] = 0.5 * (at[0] + place[0]) + e->style.carry_m;
    e->carry_via_m[1] = 0.5 * (at[1] + place[1]);
    e->carried_side = false;
    enter(e, SPOTI_PHASE_CARRY);
}

static void advance_transport(spoti_expert *e, const spoti_mujoco_world *w, const double at[],
                              const double place[], const double goal[3])
{
    bool there = flat_distance(at, goal) < 0.015;
    switch (e->phase) {
    case SPOTI_PHASE_LIFT:
        if (e->place >= 0 && fabs(at[2] - goal[2]) < 0.02) {
            begin_carry(e, at, place);
        }
        return;
    case SPOTI_PHASE_CARRY:
        if (!e->carried_side) {
            e->carried_side = flat_distance(at, goal) < 0.04 || e->waited++ > 6;
        } else if (there) {
            enter(e, SPOTI_PHASE_LOWER);
        }
        return;
    case SPOTI_PHASE_LOWER:
        if (there && fabs(at[2] - goal[2]) < NEAR_HEIGHT_M) {
            enter(e, SPOTI_PHASE_OPEN);
        }
        return;
    default:
        if (e->phase == SPOTI_PHASE_OPEN && e->waited++ >= OPEN_PERIODS) {
            enter(e, SPOTI_PHASE_RETREAT);
        } else if (e->phase == SPOTI_PHASE_RETREAT && e->waited++ > 10 && !w->success) {
            try_again(e);
        }
        return;
    }
}

/* After closing, or pressing: did it work? */
static void advance_grasp(spoti_expert *e, const spoti_mujoco_world *w)
{
    bool done = presses(e) ? w->success : holds_object(e, w);
    if (done) {
        enter(e, SPOTI_PHASE_LIFT);
    } else {
        try_again(e);
    }
}

/* Moves on to the next phase where the present one is done. */
static void advance(spoti_expert *e, const spoti_mujoco_world *w, const double place[],
                    const double goal[3], double yaw)
{
    double at[SPOTI_POSE_DIM];
    spoti_arm_pose(w, w->data, at);

    if (e->phase == SPOTI_PHASE_LOOK) {
        if (sees_object(e, w) && ++e->waited > e->style.look) {
            enter(e, e->after_look);
        }
    } else if (e->phase <= SPOTI_PHASE_DESCEND) {
        /* The goal is where the object will be a control period from now: so must the reference. */
        double ahead[SPOTI_POSE_DIM];
        memcpy(ahead, w->reference, sizeof(ahead));
        double velocity[3];
        const bool moves = object_velocity(e, w, velocity);
        double period = e->task->info.dims.ticks_per_action * w->model->opt.timestep;
        for (int i = 0; i < 2 && moves; i++) {
            ahead[i] += period * velocity[i];
        }
        advance_approach(e, ahead, goal, yaw);
    } else if (e->phase == SPOTI_PHASE_CLOSE) {
        if (e->waited++ >= CLOSE_PERIODS) {
            advance_grasp(e, w);
        }
    } else if (!presses(e) && e->phase < SPOTI_PHASE_OPEN && !holds_object(e, w)) {
        try_again(e); /* dropped it */
    } else {
        advance_transport(e, w, at, place, goal);
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
    advance(e, w, place, goal, yaw);
    choose_goal(e, w, object, place, goal);
    bool holding = e->phase >= SPOTI_PHASE_LIFT;
    double velocity[3];
    double object_speed = 0.0;
    if (object_velocity(e, w, velocity) && !holding) {
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
    action->open = open && !presses(e);
    action->label_ok = !is_mistake(e);
}
