/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A trial's simulation: some resets, then the arm is told to move and the gripper to close and to open.
 *
 * What MuJoCo complains about meanwhile is no fault of the task as such: episodes in which it does are invalid and
 * say so. It is reported as what it is, and ends the simulation.
 */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/trial.h"

enum { SEEDS = 10, STEPS_MAX = 20000, TEXT = 160 };

static const double REST_S = 0.25;
static const double REST_M = 0.05;  /* a free fall of REST_S is 0.31 m */
static const double SETTLE_S = 1.0; /* after a move at the limit of its speed */
static const double MOVE_M = 0.05;
static const double MOVE_RAD = 0.2;
static const double FOLLOW_M = 0.005; /* as near as the expert wants to be before it grasps */
static const double FOLLOW_DEG = 2.0;
static const double OPENING_SHARE = 0.15; /* of open_m, that a reading may be off */

/* The simulation; false as soon as MuJoCo has broken it off, or it would take too long. */
typedef struct run {
    spoti_trial *t;
    spot_world *world;
    spoti_mujoco_world *w;
    int steps;
    bool too_long; /* the steps are so short that not all was tried */
} run;

static bool broken(const run *r)
{
    return r->w->fault[0] != '\0';
}

/* Goes on by `seconds`, or to the limit of what a trial may take. */
static bool go_on(run *r, double seconds)
{
    const double steps = ceil(seconds / r->w->model->opt.timestep);
    if (!(r->steps + steps <= STEPS_MAX)) {
        r->too_long = true;
        return false;
    }
    r->steps += (int)steps;
    for (int i = 0; i < (int)steps && !broken(r); i++) {
        (void)spot_world_step(r->world);
    }
    return !broken(r);
}

static void check_resets(run *r)
{
    for (int seed = 0; seed < SEEDS; seed++) {
        (void)spot_world_reset(r->world, (uint64_t)seed);
        if (r->w->refused) {
            spoti_trial_add(r->t, "reset", SPOT_TRIAL_FAIL, (spoti_where){.key = "start"},
                            "a start that the arm can reach, and a place for every object",
                            "seed %d: %s", seed, r->w->fault);
            return;
        }
        if (broken(r)) {
            return;
        }
    }
    spoti_trial_add(r->t, "reset", SPOT_TRIAL_PASS, (spoti_where){.key = "start"},
                    "a start that the arm can reach, and a place for every object",
                    "seeds 0 to %d start", SEEDS - 1);
}

/* What a reset puts into the air falls, and what it puts into something jumps. */
static void check_rest(run *r)
{
    const spoti_task_file *f = r->t->task->file;
    int worst = -1;
    double most = 0.0;
    char expected[TEXT];
    (void)spot_world_reset(r->world, 0);
    if (broken(r) || !go_on(r, REST_S)) {
        return;
    }
    for (int i = 0; i < (int)f->objects_count; i++) {
        double pose[SPOTI_POSE_DIM];
        spoti_object_pose(r->w, i, pose);
        const double moved = fabs(pose[2] - f->objects[i].z_m);
        if (worst < 0 || moved > most) {
            worst = i;
            most = moved;
        }
    }
    (void)spoti_format(expected, sizeof(expected),
                       "at most %g mm (z_m is in the frame of the base)", 1e3 * REST_M);
    spoti_trial_add(r->t, "objects rest", most <= REST_M ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.section = "objects", .key = "z_m"}, expected,
                    "%g s after a reset '%.40s' is %.1f mm from its z_m", REST_S,
                    f->objects[worst].name, 1e3 * most);
}

/* Where the site should be and where it is: the present pose against the target. */
static void check_follow(run *r)
{
    const spoti_scene *task = r->t->task;
    const spoti_arm_file *arm = &task->file->arm;
    double target[SPOTI_POSE_DIM];
    double at[SPOTI_POSE_DIM];
    char expected[TEXT];

    (void)spot_world_reset(r->world, 0);
    for (int i = 0; i < 3; i++) { /* to the middle of the workspace, where there is room */
        const double middle = 0.5 * (arm->low[i] + arm->high[i]);
        target[i] = r->w->reference[i] + mju_clip(middle - r->w->reference[i], -MOVE_M, MOVE_M);
    }
    target[3] = r->w->reference[3] + (r->w->reference[3] > 0.0 ? -MOVE_RAD : MOVE_RAD);
    const double way_m = mju_dist3(target, r->w->reference);
    spoti_arm_command(r->w, target, true);
    const double needed_s =
        SETTLE_S + 2.0 * MOVE_M / arm->speed_m_s + MOVE_RAD / arm->yaw_speed_rad_s;
    if (broken(r) || !go_on(r, needed_s)) {
        return;
    }
    spoti_arm_pose(r->w, r->w->data, at);
    const double lean =
        acos(mju_clip(-r->w->data->site_xmat[9 * (size_t)task->site + 8], -1.0, 1.0));
    const double off_m = mju_dist3(at, target);
    const double off_deg =
        (180.0 / mjPI) * fmax(lean, fabs(remainder(at[3] - target[3], 2.0 * mjPI)));
    (void)spoti_format(expected, sizeof(expected), "at most %g mm and %g deg", 1e3 * FOLLOW_M,
                       FOLLOW_DEG);
    const bool ok = fmax(off_m / FOLLOW_M, off_deg / FOLLOW_DEG) <= 1.0;
    spoti_trial_add(
        r->t, "arm follows", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
        (spoti_where){.section = "arm", .key = "actuators"}, expected,
        "%.1f s after it was sent %.0f mm and %.0f deg away it is %.2f mm and %.2f deg from there",
        needed_s, 1e3 * way_m, MOVE_RAD * 180.0 / mjPI, 1e3 * off_m, off_deg);
}

/* Closes and opens in the air. */
static void check_gripper(run *r)
{
    const spoti_scene *task = r->t->task;
    const double open_m = task->file->gripper.open_m;
    const double needed_s = SETTLE_S + open_m / task->file->gripper.speed_m_s;
    double read_m[3];
    double target[SPOTI_POSE_DIM];
    char expected[TEXT];

    read_m[0] = spoti_gripper_opening(task, r->w->data);
    mju_copy4(target, r->w->reference);
    for (int i = 1; i < 3; i++) {
        spoti_arm_command(r->w, target, i == 2);
        if (broken(r) || !go_on(r, needed_s)) {
            return;
        }
        read_m[i] = spoti_gripper_opening(task, r->w->data);
    }
    const double slack = OPENING_SHARE * open_m;
    const bool ok = fabs(read_m[0] - open_m) <= slack && fabs(read_m[1]) <= slack &&
                    fabs(read_m[2] - open_m) <= slack;
    (void)spoti_format(expected, sizeof(expected), "%g, 0 and %g mm, each to %.3g mm", 1e3 * open_m,
                       1e3 * open_m, 1e3 * slack);
    spoti_trial_add(
        r->t, "gripper follows", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
        (spoti_where){.section = "gripper", .key = "opening"}, expected,
        "the opening reads %.1f mm at the start, %.1f mm after 'close', %.1f mm after 'open'",
        1e3 * read_m[0], 1e3 * read_m[1], 1e3 * read_m[2]);
}

/* The belt at its speed, at the end of all that. */
static void check_moving(run *r)
{
    const spoti_scene *task = r->t->task;
    if (task->moving_actuator < 0 || broken(r)) {
        return;
    }
    const double want = task->file->disturbance->speed_m_s;
    const double got = r->w->data->actuator_velocity[task->moving_actuator];
    char expected[TEXT];
    (void)spoti_format(expected, sizeof(expected), "%g m/s to 10 %%", want);
    spoti_trial_add(r->t, "disturbance moves",
                    fabs(got - want) <= 0.1 * fabs(want) ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.section = "disturbance", .key = "speed_m_s"}, expected,
                    "its actuator moves at %.4f m/s", got);
}

static void report_simulator(run *r)
{
    const bool fine = !broken(r);
    spot_trial_check *c = spoti_trial_add(
        r->t, "simulator", fine ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
        (spoti_where){.text = strstr(r->w->fault, "<size>") != NULL ? "<size" : NULL},
        "no complaint of MuJoCo; episodes with one are invalid", "%.200s",
        fine ? "no complaint in the resets and what followed" : r->w->fault);
    if (c != NULL) {
        c->refuses = false;
    }
    if (r->too_long) {
        spoti_trial_add(r->t, "time of the trial", SPOT_TRIAL_WARN,
                        (spoti_where){.text = "timestep="}, "all of it",
                        "not all was tried: that needs more than %d steps of %g s", STEPS_MAX,
                        r->w->model->opt.timestep);
    }
}

void spoti_trial_run(spoti_trial *t, spot_world *world)
{
    run r = {.t = t, .world = world, .w = world->self};
    check_resets(&r);
    if (r.w->refused) {
        return;
    }
    if (!broken(&r)) {
        check_rest(&r);
    }
    if (!broken(&r)) {
        check_follow(&r);
    }
    if (!broken(&r)) {
        check_gripper(&r);
        check_moving(&r);
    }
    report_simulator(&r);
}
