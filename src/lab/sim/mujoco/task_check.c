/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Ranges and references of a task file. Each bound is what the simulation can honour. */
#include "lab/sim/mujoco/task_check.h"

#include <math.h>
#include <string.h>

#include "runtime/file/yaml.h"

typedef struct checker {
    const char *path;
    spot_diag *diag;
    spot_status status; /* the first failure is kept */
} checker;

static void fail(checker *c, const char *key, const char *what)
{
    if (c->status == SPOT_OK) {
        c->status = spot_diag_set(c->diag, SPOT_E_FORMAT, "%s:%d: %s: %s", c->path,
                                  spoti_yaml_line_of(c->path, key, 1), key, what);
    }
}

static void check_number(checker *c, const char *key, double x, double lo, double hi)
{
    if (!(x >= lo && x <= hi) && c->status == SPOT_OK) {
        c->status = spot_diag_set(c->diag, SPOT_E_FORMAT, "%s:%d: %s: %g, expected %g to %g",
                                  c->path, spoti_yaml_line_of(c->path, key, 1), key, x, lo, hi);
    }
}

static void check_interval(checker *c, const char *key, const double x[2], double bound)
{
    check_number(c, key, x[0], -bound, bound);
    check_number(c, key, x[1], -bound, bound);
    if (!(x[0] <= x[1])) {
        fail(c, key, "the interval runs backwards, expected [low, high]");
    }
}

static void check_object_name(checker *c, const spoti_task_file *f, const char *key,
                              const char *name)
{
    if (name == NULL) {
        fail(c, key, "missing, expected the name of an object");
    } else if (spoti_task_file_object(f, name) < 0) {
        fail(c, key, "unknown name, expected one of the objects");
    }
}

static void check_control(checker *c, const spoti_task_file *f)
{
    check_number(c, "rate_hz", f->control.rate_hz, 0.1, 1000.0);
    check_number(c, "horizon", f->control.horizon, 1, 256);
    check_number(c, "execute", f->control.execute, 1, f->control.horizon);
    check_number(c, "time_limit_s", f->time_limit_s, 0.1, 3600.0);
}

static void check_robot(checker *c, const spoti_task_file *f)
{
    for (int i = 0; i < SPOTI_ARM_JOINTS; i++) {
        check_number(c, "home", f->arm.home[i], -7.0, 7.0);
    }
    check_number(c, "joint_speed_rad_s", f->arm.joint_speed_rad_s, 0.01, 100.0);
    check_number(c, "speed_m_s", f->arm.speed_m_s, 0.001, 100.0);
    check_number(c, "yaw_speed_rad_s", f->arm.yaw_speed_rad_s, 0.001, 100.0);
    for (int i = 0; i < 3; i++) {
        check_number(c, "low", f->arm.low[i], -10.0, f->arm.high[i]);
        check_number(c, "high", f->arm.high[i], f->arm.low[i], 10.0);
    }
    check_number(c, "open_m", f->gripper.open_m, 0.001, 1.0);
    check_number(c, "speed_m_s", f->gripper.speed_m_s, 0.001, 100.0);
    const spoti_gripper_file *g = &f->gripper;
    check_number(c, "command_open", g->command_open, -1e6, 1e6);
    check_number(c, "command_closed", g->command_closed, -1e6, 1e6);
    check_number(c, "reading_open", g->reading_open, -1e6, 1e6);
    check_number(c, "reading_closed", g->reading_closed, -1e6, 1e6);
    if (g->command_open == g->command_closed && g->command_open != 0.0) {
        fail(c, "command_open", "the same as command_closed, expected another command");
    }
    if (g->reading_open == g->reading_closed && g->reading_open != 0.0) {
        fail(c, "reading_open", "the same as reading_closed, expected another reading");
    }
    if (f->arm.forward_deg != NULL) {
        check_number(c, "forward_deg", *f->arm.forward_deg, -360.0, 360.0);
    }
    if (f->disturbance != NULL) {
        check_number(c, "disturbance", f->disturbance->speed_m_s, -10.0, 10.0);
    }
    check_interval(c, "start", f->start.x_m, 10.0);
    check_interval(c, "start", f->start.y_m, 10.0);
    check_interval(c, "start", f->start.z_m, 10.0);
    check_interval(c, "start", f->start.yaw_deg, 360.0);
}

static void check_objects(checker *c, const spoti_task_file *f)
{
    for (unsigned i = 0; i < f->objects_count; i++) {
        const spoti_object_file *o = &f->objects[i];
        if (spoti_task_file_object(f, o->name) != (int)i) {
            fail(c, "objects", "two objects share a name, expected different names");
        }
        check_interval(c, "x_m", o->x_m, 10.0);
        check_interval(c, "y_m", o->y_m, 10.0);
        check_number(c, "z_m", o->z_m, -10.0, 10.0);
        check_interval(c, "yaw_deg", o->yaw_deg, 360.0);
        check_number(c, "noise_m", o->noise_m, 0.0, 1.0);
        check_number(c, "noise_deg", o->noise_deg, 0.0, 180.0);
        check_number(c, "seen_beyond_m", o->seen_beyond_m, 0.0, 10.0);
        if (o->apart_from != NULL) {
            int other = spoti_task_file_object(f, o->apart_from);
            if (other < 0 || other >= (int)i) {
                fail(c, "apart_from", "unknown or later object, expected one listed before");
            }
            check_number(c, "apart_m", o->apart_m, 0.0, 10.0);
        }
    }
}

static void check_terms(checker *c, const spoti_task_file *f)
{
    check_number(c, "history", f->observation.history, 1, SPOTI_HISTORY_MAX);
    for (unsigned i = 0; i < f->observation.terms_count; i++) {
        const spoti_term *t = &f->observation.terms[i];
        if (t->type >= SPOTI_TERM_RELATIVE_POSITION) {
            check_object_name(c, f, "terms", t->object);
        } else if (t->object != NULL) {
            fail(c, "terms", "a gripper term names an object, expected none");
        }
    }
}

static void check_conditions(checker *c, const spoti_task_file *f, const char *key,
                             const spoti_condition *conditions, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const spoti_condition *k = &conditions[i];
        check_object_name(c, f, key, k->object);
        if (k->type == SPOTI_CONDITION_INSIDE) {
            check_object_name(c, f, key, k->region);
            for (int j = 0; j < 3; j++) {
                check_number(c, "half_m", k->half_m[j], 1e-6, 10.0);
            }
        }
        if (k->type == SPOTI_CONDITION_AT_REST) {
            check_number(c, key, k->speed_m_s, 1e-6, 100.0);
        }
        if ((k->type == SPOTI_CONDITION_PRESSED) != (k->joint != NULL)) {
            fail(c, key, "pressed and a joint belong together, expected both or none");
        }
        check_number(c, key, k->z_m, -10.0, 10.0);
        check_number(c, key, k->at_m, -10.0, 10.0);
    }
}

spot_status spoti_task_check(const char *path, const spoti_task_file *f, spot_diag *diag)
{
    checker c = {.path = path, .diag = diag, .status = SPOT_OK};

    check_control(&c, f);
    check_robot(&c, f);
    check_objects(&c, f);
    check_terms(&c, f);
    check_number(&c, "hold_s", f->success.hold_s, 0.0, f->time_limit_s);
    check_conditions(&c, f, "success", f->success.conditions, f->success.conditions_count);
    check_conditions(&c, f, "failure", f->failure, f->failure_count);
    check_conditions(&c, f, "grades", f->grades, f->grades_count);
    check_object_name(&c, f, "expert", f->expert.object);
    if (f->expert.how == SPOTI_EXPERT_PRESS && f->expert.place != NULL) {
        fail(&c, "how", "an expert cannot press and place, expected one of them");
    }
    if (f->expert.place != NULL) {
        check_object_name(&c, f, "expert", f->expert.place);
    }
    check_number(&c, "grasp_z_m", f->expert.grasp_z_m, -10.0, 10.0);
    check_number(&c, "release_z_m", f->expert.release_z_m, -10.0, 10.0);
    check_number(&c, "lift_z_m", f->expert.lift_z_m, -10.0, 10.0);
    return c.status;
}
