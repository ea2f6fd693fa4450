/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Ranges and references of a task file. Each bound is what the simulation can honour. */
#include "lab/sim/mujoco/task_check.h"

#include <math.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"
#include "runtime/file/yaml.h"

enum { WORD_SIZE = 96 };

typedef struct checker {
    const char *path;
    spot_diag *diag;
    spot_status status; /* the first failure is kept */
} checker;

/* `arm.home[2]` is called home in messages. */
static void name_of(const char *where, char name[WORD_SIZE])
{
    const char *dot = strrchr(where, '.');
    const char *last = dot != NULL ? dot + 1 : where;
    (void)spoti_copy_n(name, WORD_SIZE, last, strcspn(last, "["));
}

/* `where` is the value's place in the file (spoti_yaml_line_at). */
static void fail(checker *c, const char *where, const char *what)
{
    char name[WORD_SIZE];
    if (c->status == SPOT_OK) {
        name_of(where, name);
        c->status = spot_diag_set(c->diag, SPOT_E_FORMAT, "%s:%d: %s: %s", c->path,
                                  spoti_yaml_line_at(c->path, "%s", where), name, what);
    }
}

static void check_number(checker *c, const char *where, double x, double lo, double hi)
{
    if (c->status == SPOT_OK) {
        c->status = spoti_yaml_in_range(c->path, where, x, lo, hi, c->diag);
    }
}

static void check_interval(checker *c, const char *where, const double x[2], double bound)
{
    char what[WORD_SIZE];
    check_number(c, where, x[0], -bound, bound);
    check_number(c, where, x[1], -bound, bound);
    if (!(x[0] <= x[1])) {
        (void)spoti_format(what, sizeof(what),
                           "[%g, %g], the interval runs backwards, expected [low, high]", x[0],
                           x[1]);
        fail(c, where, what);
    }
}

static void check_object_name(checker *c, const spoti_task_file *f, const char *where,
                              const char *name)
{
    char what[SPOT_DIAG_TEXT_SIZE / 2];
    char hint[SPOTI_HINT_SIZE];
    const char *known[SPOTI_OBJECTS_MAX] = {NULL};

    if (name != NULL && spoti_task_file_object(f, name) >= 0) {
        return;
    }
    for (unsigned i = 0; i < f->objects_count; i++) {
        known[i] = f->objects[i].name;
    }
    spoti_hint(hint, name, known, f->objects_count);
    (void)spoti_format(what, sizeof(what),
                       "%s%.64s%s, expected one of the objects: ", name != NULL ? "'" : "missing",
                       name != NULL ? name : "", name != NULL ? "'" : "");
    for (unsigned i = 0; i < f->objects_count; i++) {
        const size_t used = strlen(what);
        (void)spoti_format(what + used, sizeof(what) - used, "%s%s", i > 0 ? ", " : "", known[i]);
    }
    const size_t used = strlen(what);
    (void)spoti_format(what + used, sizeof(what) - used, "%s", hint);
    fail(c, where, what);
}

/* A place in entry i of a list: `objects[1].x_m`. */
static const char *entry(char where[WORD_SIZE], const char *list, unsigned i, const char *key)
{
    (void)spoti_format(where, WORD_SIZE, "%s[%u]%s%s", list, i, key[0] != '\0' ? "." : "", key);
    return where;
}

static void check_control(checker *c, const spoti_task_file *f)
{
    check_number(c, "control.rate_hz", f->control.rate_hz, 0.1, 1000.0);
    check_number(c, "control.horizon", f->control.horizon, 1, 256);
    check_number(c, "control.execute", f->control.execute, 1, f->control.horizon);
    check_number(c, "time_limit_s", f->time_limit_s, 0.1, 3600.0);
}

/* One entry a joint. */
static void check_count(checker *c, const char *where, unsigned count, unsigned joints)
{
    char what[WORD_SIZE];
    if (count != joints) {
        (void)spoti_format(what, sizeof(what),
                           "%u entries, expected %u, one for each of arm.joints", count, joints);
        fail(c, where, what);
    }
}

/* The angles, or the keyframe that has them. */
static void check_home(checker *c, const spoti_arm_file *arm)
{
    if (arm->home == NULL) {
        if (arm->keyframe == NULL) {
            fail(c, "arm.home", "missing, expected joint angles, or `keyframe`, which names them");
        }
        return;
    }
    if (arm->keyframe != NULL) {
        fail(c, "arm.keyframe", "besides home, expected one of them");
    }
    check_count(c, "arm.home", arm->home_count, arm->joints_count);
    for (unsigned i = 0; i < arm->home_count; i++) {
        check_number(c, "arm.home", arm->home[i], -SPOTI_HOME_MAX_RAD, SPOTI_HOME_MAX_RAD);
    }
}

static void check_arm(checker *c, const spoti_arm_file *arm)
{
    check_count(c, "arm.actuators", arm->actuators_count, arm->joints_count);
    check_home(c, arm);
    check_number(c, "arm.joint_speed_rad_s", arm->joint_speed_rad_s, 0.01, 100.0);
    check_number(c, "arm.speed_m_s", arm->speed_m_s, 0.001, 100.0);
    check_number(c, "arm.yaw_speed_rad_s", arm->yaw_speed_rad_s, 0.001, 100.0);
    for (int i = 0; i < 3; i++) {
        check_number(c, "arm.low", arm->low[i], -10.0, arm->high[i]);
        check_number(c, "arm.high", arm->high[i], arm->low[i], 10.0);
    }
    if (arm->forward_deg != NULL) {
        check_number(c, "arm.forward_deg", *arm->forward_deg, -360.0, 360.0);
    }
}

static void check_gripper(checker *c, const spoti_gripper_file *g)
{
    check_number(c, "gripper.open_m", g->open_m, 0.001, 1.0);
    check_number(c, "gripper.speed_m_s", g->speed_m_s, 0.001, 100.0);
    check_number(c, "gripper.command_open", g->command_open, -1e6, 1e6);
    check_number(c, "gripper.command_closed", g->command_closed, -1e6, 1e6);
    check_number(c, "gripper.reading_open", g->reading_open, -1e6, 1e6);
    check_number(c, "gripper.reading_closed", g->reading_closed, -1e6, 1e6);
    if (g->command_open == g->command_closed && g->command_open != 0.0) {
        fail(c, "gripper.command_open", "the same as command_closed, expected another command");
    }
    if (g->reading_open == g->reading_closed && g->reading_open != 0.0) {
        fail(c, "gripper.reading_open", "the same as reading_closed, expected another reading");
    }
    for (unsigned i = 0; i < g->also_count; i++) {
        const spoti_also_file *also = &g->also[i];
        char at[WORD_SIZE];
        check_number(c, entry(at, "gripper.also", i, "command_open"), also->command_open, -1e6,
                     1e6);
        check_number(c, entry(at, "gripper.also", i, "command_closed"), also->command_closed, -1e6,
                     1e6);
        if (also->command_open == also->command_closed) {
            fail(c, entry(at, "gripper.also", i, "command_open"),
                 "the same as command_closed, expected another command");
        }
    }
}

static void check_start(checker *c, const spoti_task_file *f)
{
    if (f->disturbance != NULL) {
        check_number(c, "disturbance.speed_m_s", f->disturbance->speed_m_s, -10.0, 10.0);
    }
    check_interval(c, "start.x_m", f->start.x_m, 10.0);
    check_interval(c, "start.y_m", f->start.y_m, 10.0);
    check_interval(c, "start.z_m", f->start.z_m, 10.0);
    check_interval(c, "start.yaw_deg", f->start.yaw_deg, 360.0);
}

static void check_object(checker *c, const spoti_task_file *f, unsigned i)
{
    static const char list[] = "objects";
    const spoti_object_file *o = &f->objects[i];
    char at[WORD_SIZE];

    if (spoti_task_file_object(f, o->name) != (int)i) {
        fail(c, entry(at, list, i, "name"), "two objects share a name, expected different names");
    }
    check_interval(c, entry(at, list, i, "x_m"), o->x_m, 10.0);
    check_interval(c, entry(at, list, i, "y_m"), o->y_m, 10.0);
    check_number(c, entry(at, list, i, "z_m"), o->z_m, -10.0, 10.0);
    check_interval(c, entry(at, list, i, "yaw_deg"), o->yaw_deg, 360.0);
    check_number(c, entry(at, list, i, "noise_m"), o->noise_m, 0.0, 1.0);
    check_number(c, entry(at, list, i, "noise_deg"), o->noise_deg, 0.0, 180.0);
    check_number(c, entry(at, list, i, "seen_beyond_m"), o->seen_beyond_m, 0.0, 10.0);
    if (o->apart_from != NULL) {
        const int other = spoti_task_file_object(f, o->apart_from);
        if (other < 0 || other >= (int)i) {
            fail(c, entry(at, list, i, "apart_from"),
                 "unknown or later object, expected one listed before");
        }
        check_number(c, entry(at, list, i, "apart_m"), o->apart_m, 0.0, 10.0);
    }
}

static void check_terms(checker *c, const spoti_task_file *f)
{
    char at[WORD_SIZE];

    check_number(c, "observation.history", f->observation.history, 1, SPOTI_HISTORY_MAX);
    for (unsigned i = 0; i < f->observation.terms_count; i++) {
        const spoti_term *t = &f->observation.terms[i];
        (void)entry(at, "observation.terms", i, "object");
        if (t->type >= SPOTI_TERM_RELATIVE_POSITION) {
            check_object_name(c, f, at, t->object);
        } else if (t->object != NULL) {
            fail(c, at, "a gripper term names an object, expected none");
        }
    }
}

static void check_conditions(checker *c, const spoti_task_file *f, const char *list,
                             const spoti_condition *conditions, unsigned count)
{
    char at[WORD_SIZE];

    for (unsigned i = 0; i < count; i++) {
        const spoti_condition *k = &conditions[i];
        check_object_name(c, f, entry(at, list, i, "object"), k->object);
        if (k->type == SPOTI_CONDITION_INSIDE) {
            check_object_name(c, f, entry(at, list, i, "region"), k->region);
            for (int j = 0; j < 3; j++) {
                check_number(c, entry(at, list, i, "half_m"), k->half_m[j], 1e-6, 10.0);
            }
        }
        if (k->type == SPOTI_CONDITION_AT_REST) {
            check_number(c, entry(at, list, i, "speed_m_s"), k->speed_m_s, 1e-6, 100.0);
        }
        if ((k->type == SPOTI_CONDITION_PRESSED) != (k->joint != NULL)) {
            fail(c, entry(at, list, i, "joint"),
                 "pressed and a joint belong together, expected both or none");
        }
        check_number(c, entry(at, list, i, "z_m"), k->z_m, -10.0, 10.0);
        check_number(c, entry(at, list, i, "at_m"), k->at_m, -10.0, 10.0);
    }
}

enum { CAMERA_SIDE_MAX = 1024 /* pixels; a larger one would be no policy's */ };

/* The name becomes part of a key. */
static bool is_key(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return name[strspn(name, allowed)] == '\0';
}

static void check_cameras(checker *c, const spoti_task_file *f)
{
    static const char list[] = "cameras";
    char at[WORD_SIZE];

    for (unsigned i = 0; i < f->cameras_count; i++) {
        const spoti_camera_file *k = &f->cameras[i];
        (void)entry(at, list, i, "name");
        if (!is_key(k->name)) {
            fail(c, at, "part of observation.images.NAME, expected letters, digits, _ and - alone");
        }
        for (unsigned other = 0; other < i; other++) {
            if (strcmp(f->cameras[other].name, k->name) == 0) {
                fail(c, at, "two cameras share a name, expected different names");
            }
        }
        check_number(c, entry(at, list, i, "width"), k->width, 1.0, CAMERA_SIDE_MAX);
        check_number(c, entry(at, list, i, "height"), k->height, 1.0, CAMERA_SIDE_MAX);
    }
}

/* A height that grasp and press cannot do without. */
static void check_height(checker *c, const char *where, const double *z_m)
{
    if (z_m == NULL) {
        fail(c, where, "missing, expected a height for an expert that grasps or presses");
    } else {
        check_number(c, where, *z_m, -10.0, 10.0);
    }
}

/* What `to` names; an object of that name comes first. */
static void check_waypoint_origin(checker *c, const spoti_task_file *f, const char *where,
                                  spoti_waypoint *p)
{
    p->object_index = p->to != NULL ? spoti_task_file_object(f, p->to) : -1;
    if (p->object_index >= 0) {
        p->from = SPOTI_FROM_OBJECT;
    } else if (p->to == NULL || strcmp(p->to, "base") == 0) {
        p->from = SPOTI_FROM_BASE;
    } else if (strcmp(p->to, "gripper") == 0) {
        p->from = SPOTI_FROM_GRIPPER;
    } else {
        check_object_name(c, f, where, p->to);
    }
}

static void check_waypoints(checker *c, const spoti_task_file *f, const spoti_expert_file *e)
{
    static const char list[] = "expert.waypoints";
    char at[WORD_SIZE];

    if (e->object != NULL || e->place != NULL || e->grasp_z_m != NULL || e->lift_z_m != NULL) {
        fail(c, "expert.how",
             "waypoints name their own objects and heights, expected neither "
             "object nor place, grasp_z_m, lift_z_m");
    }
    if (e->waypoints_count == 0) {
        fail(c, "expert.how", "waypoints without any, expected a list `waypoints`");
    }
    for (unsigned i = 0; i < e->waypoints_count; i++) {
        spoti_waypoint *p = &e->waypoints[i];
        check_waypoint_origin(c, f, entry(at, list, i, "to"), p);
        for (int k = 0; k < 3; k++) {
            check_number(c, entry(at, list, i, "at_m"), p->at_m[k], -10.0, 10.0);
        }
        check_number(c, entry(at, list, i, "yaw_deg"), p->yaw_deg, -360.0, 360.0);
        check_number(c, entry(at, list, i, "speed_m_s"), p->speed_m_s, 0.0, 10.0);
        check_number(c, entry(at, list, i, "near_m"), p->near_m, 0.0, 1.0);
        check_number(c, entry(at, list, i, "wait_s"), p->wait_s, 0.0, 60.0);
    }
}

static void check_grasp(checker *c, const spoti_task_file *f, const spoti_expert_file *e)
{
    check_object_name(c, f, "expert.object", e->object);
    if (e->how == SPOTI_EXPERT_PRESS && e->place != NULL) {
        fail(c, "expert.how", "an expert cannot press and place, expected one of them");
    }
    if (e->place != NULL) {
        check_object_name(c, f, "expert.place", e->place);
    }
    check_height(c, "expert.grasp_z_m", e->grasp_z_m);
    check_number(c, "expert.release_z_m", e->release_z_m, -10.0, 10.0);
    check_height(c, "expert.lift_z_m", e->lift_z_m);
    if (e->waypoints_count > 0) {
        fail(c, "expert.waypoints",
             "of an expert that does not follow them, expected how: "
             "waypoints");
    }
}

static void check_expert(checker *c, const spoti_task_file *f)
{
    if (f->expert != NULL && f->expert->how == SPOTI_EXPERT_WAYPOINTS) {
        check_waypoints(c, f, f->expert);
    } else if (f->expert != NULL) {
        check_grasp(c, f, f->expert);
    }
}

spot_status spoti_task_check(const char *path, const spoti_task_file *f, spot_diag *diag)
{
    checker c = {.path = path, .diag = diag, .status = SPOT_OK};

    check_control(&c, f);
    check_arm(&c, &f->arm);
    check_gripper(&c, &f->gripper);
    check_start(&c, f);
    for (unsigned i = 0; i < f->objects_count; i++) {
        check_object(&c, f, i);
    }
    check_terms(&c, f);
    check_cameras(&c, f);
    check_number(&c, "success.hold_s", f->success.hold_s, 0.0, f->time_limit_s);
    check_conditions(&c, f, "success.conditions", f->success.conditions,
                     f->success.conditions_count);
    check_conditions(&c, f, "failure", f->failure, f->failure_count);
    check_conditions(&c, f, "grades", f->grades, f->grades_count);
    check_expert(&c, f);
    return c.status;
}
