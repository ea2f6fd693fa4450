/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/mujoco/phases.h"

#include <math.h>
#include <string.h>

#include "core/base/elementary.h"

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

enum {
    CLOSE_PERIODS = 5, /* until the fingers have met the object and force has built up */
    OPEN_PERIODS = 3,
    LOOK_PERIODS_MIN = 2,
    LOOK_PERIODS_MAX = 5,
};

/* From near the object cannot be seen. */
static bool is_hidden_near(const spoti_expert *e)
{
    return e->task->file->objects[e->object].seen_beyond_m > 0.0;
}

/* How long it looks at what it will not see from near, and how much it errs about it. */
static void draw_look(spoti_expert *e)
{
    spot_rng *rng = &e->rng;
    spoti_style *s = &e->style;
    const bool errs = e->mistakes && s->miss_z_m <= 0.0;
    s->look = LOOK_PERIODS_MIN +
              (int)spot_rng_below(rng, (uint64_t)(LOOK_PERIODS_MAX - LOOK_PERIODS_MIN + 1));
    for (int i = 0; i < 2; i++) {
        const double error = ASTRAY_M * spot_rng_normal(rng);
        s->astray_m[i] = errs ? error : 0.0;
    }
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
        draw_look(e);
    }
}

void spoti_phases_begin(spoti_expert *e)
{
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

bool spoti_expert_presses(const spoti_expert *e)
{
    return e->task->file->expert->how == SPOTI_EXPERT_PRESS;
}

bool spoti_phases_mistake(const spoti_expert *e)
{
    bool far = hypot(e->style.astray_m[0], e->style.astray_m[1]) > ASTRAY_MOST_M;
    return (e->style.miss_z_m > 0.0 && e->phase >= SPOTI_PHASE_HOVER &&
            e->phase <= SPOTI_PHASE_CLOSE) ||
           (far && e->phase >= SPOTI_PHASE_DESCEND && e->phase <= SPOTI_PHASE_CLOSE);
}

bool spoti_expert_object_velocity(const spoti_expert *e, const spoti_mujoco_world *w,
                                  double velocity[3])
{
    const int dof = e->task->objects[e->object].dof;
    const bool known = dof >= 0 && spoti_object_seen(w, e->object);
    mju_zero3(velocity);
    if (known) {
        spoti_frame_turn_from_world(&e->task->base, w->data->qvel + dof, velocity);
    }
    return known;
}

static bool holds_object(const spoti_expert *e, const spoti_mujoco_world *w)
{
    return w->touch[e->object] == 3u;
}

bool spoti_expert_sees(const spoti_expert *e, const spoti_mujoco_world *w)
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
    bool done = spoti_expert_presses(e) ? w->success : holds_object(e, w);
    if (done) {
        enter(e, SPOTI_PHASE_LIFT);
    } else {
        try_again(e);
    }
}

void spoti_phases_advance(spoti_expert *e, const spoti_mujoco_world *w, const double place[],
                          const double goal[3], double yaw)
{
    double at[SPOTI_POSE_DIM];
    spoti_arm_pose(w, w->data, at);

    if (e->phase == SPOTI_PHASE_LOOK) {
        if (spoti_expert_sees(e, w) && ++e->waited > e->style.look) {
            enter(e, e->after_look);
        }
    } else if (e->phase <= SPOTI_PHASE_DESCEND) {
        /* The goal is where the object will be a control period from now: so must the reference. */
        double ahead[SPOTI_POSE_DIM];
        memcpy(ahead, w->reference, sizeof(ahead));
        double velocity[3];
        const bool moves = spoti_expert_object_velocity(e, w, velocity);
        double period = e->task->info.dims.ticks_per_action * w->model->opt.timestep;
        for (int i = 0; i < 2 && moves; i++) {
            ahead[i] += period * velocity[i];
        }
        advance_approach(e, ahead, goal, yaw);
    } else if (e->phase == SPOTI_PHASE_CLOSE) {
        if (e->waited++ >= CLOSE_PERIODS) {
            advance_grasp(e, w);
        }
    } else if (!spoti_expert_presses(e) && e->phase < SPOTI_PHASE_OPEN && !holds_object(e, w)) {
        try_again(e); /* dropped it */
    } else {
        advance_transport(e, w, at, place, goal);
    }
}
