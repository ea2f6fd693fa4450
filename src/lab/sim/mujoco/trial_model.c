/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A trial's reading of the model and of the ranges: nothing is simulated here. */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/trial.h"

enum { TEXT = 128 };

static const double FINITE_MAX = 1e10; /* as MuJoCo's own mjMAXVAL */
static const double SAME = 1e-9;       /* relative, of gains that were written with rounding */
static const double RANGE_SLACK = 1e-9;

static const char *name_of(const mjModel *m, int type, int id)
{
    const char *name = mj_id2name(m, type, id);
    return name != NULL ? name : "(without a name)";
}

/* `name="X"`, as a model's text has it. */
static spoti_where at_name(char text[TEXT], const char *name)
{
    (void)spoti_format(text, TEXT, "name=\"%.100s\"", name);
    return (spoti_where){.text = text};
}

/* ---- numbers ---- */

/* Arrays of the model that hold `width` numbers an object. */
typedef struct numbers {
    const char *what;
    const mjtNum *values;
    int count;
    int width;
    int type; /* mjOBJ_... */
} numbers;

static bool is_bad(double x)
{
    return !(fabs(x) <= FINITE_MAX);
}

static void check_numbers(spoti_trial *t)
{
    const mjModel *m = t->task->model;
    const numbers all[] = {
        {"mass", m->body_mass, (int)m->nbody, 1, mjOBJ_BODY},
        {"inertia", m->body_inertia, (int)m->nbody, 3, mjOBJ_BODY},
        {"position", m->body_pos, (int)m->nbody, 3, mjOBJ_BODY},
        {"orientation", m->body_quat, (int)m->nbody, 4, mjOBJ_BODY},
        {"centre of mass", m->body_ipos, (int)m->nbody, 3, mjOBJ_BODY},
        {"position", m->geom_pos, (int)m->ngeom, 3, mjOBJ_GEOM},
        {"orientation", m->geom_quat, (int)m->ngeom, 4, mjOBJ_GEOM},
        {"size", m->geom_size, (int)m->ngeom, 3, mjOBJ_GEOM},
        {"friction", m->geom_friction, (int)m->ngeom, 3, mjOBJ_GEOM},
        {"position", m->site_pos, (int)m->nsite, 3, mjOBJ_SITE},
        {"axis", m->jnt_axis, (int)m->njnt, 3, mjOBJ_JOINT},
        {"range", m->jnt_range, (int)m->njnt, 2, mjOBJ_JOINT},
        {"stiffness", m->jnt_stiffness, (int)m->njnt, 1, mjOBJ_JOINT},
        {"gain", m->actuator_gainprm, (int)m->nu, mjNGAIN, mjOBJ_ACTUATOR},
        {"bias", m->actuator_biasprm, (int)m->nu, mjNBIAS, mjOBJ_ACTUATOR},
        {"gear", m->actuator_gear, (int)m->nu, 6, mjOBJ_ACTUATOR},
        {"gravity", m->opt.gravity, 1, 3, mjOBJ_UNKNOWN},
    };
    static const char *const nouns[] = {[mjOBJ_BODY] = "body",
                                        [mjOBJ_JOINT] = "joint",
                                        [mjOBJ_GEOM] = "geom",
                                        [mjOBJ_SITE] = "site",
                                        [mjOBJ_ACTUATOR] = "actuator"};
    int count = 0;
    char text[TEXT];
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const numbers *n = &all[i];
        for (int k = 0; k < n->count * n->width; k++, count++) {
            if (!is_bad(n->values[k])) {
                continue;
            }
            const bool has_name = n->type != mjOBJ_UNKNOWN;
            const char *name = has_name ? name_of(m, n->type, k / n->width) : "gravity";
            spoti_trial_add(t, "numbers", SPOT_TRIAL_FAIL, at_name(text, name),
                            "finite numbers below 1e10", "the %s of %s '%.64s' is %g", n->what,
                            has_name ? nouns[n->type] : "the model", name, n->values[k]);
            return;
        }
    }
    spoti_trial_add(t, "numbers", SPOT_TRIAL_PASS, (spoti_where){.text = NULL},
                    "finite numbers below 1e10", "%d of the model are", count);
}

/* The loop steps in two halves, between which the controller computes; those leave RK4 out. */
static void check_integrator(spoti_trial *t)
{
    static const char *const names[] = {"Euler", "RK4", "implicit", "implicitfast"};
    const int integrator = t->task->model->opt.integrator;
    const bool known = integrator >= 0 && integrator < 4;
    spoti_trial_add(t, "integrator", integrator == mjINT_RK4 ? SPOT_TRIAL_FAIL : SPOT_TRIAL_PASS,
                    (spoti_where){.text = "integrator="},
#if mjVERSION_HEADER >= 235
                    "Euler, implicit or implicitfast"
#else
                    "Euler or implicit"
#endif
                    ,
                    "%s%s", known ? names[integrator] : "of a later MuJoCo",
                    integrator == mjINT_RK4 ? ", which a controller between the halves of a step "
                                              "rules out"
                                            : "");
}

/* ---- the arm ---- */

static void check_chain(spoti_trial *t)
{
    const spoti_scene *task = t->task;
    const mjModel *m = task->model;
    const spoti_where where = {.section = "arm", .key = "joints"};
    static const char expected[] = "each on the one before, and the site on the last";

    for (int i = 1; i < task->chain.n; i++) {
        const int before = task->arm_joint[i - 1];
        const int joint = task->arm_joint[i];
        if (joint == before || !spoti_body_in(m, m->jnt_bodyid[joint], m->jnt_bodyid[before])) {
            spoti_trial_add(t, "arm chain", SPOT_TRIAL_FAIL, where, expected,
                            "joint '%.60s' does not hang on '%.60s'",
                            name_of(m, mjOBJ_JOINT, joint), name_of(m, mjOBJ_JOINT, before));
            return;
        }
    }
    const int last = task->arm_joint[task->chain.n - 1];
    const bool ok = spoti_body_in(m, m->site_bodyid[task->site], m->jnt_bodyid[last]);
    spoti_trial_add(t, "arm chain", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.section = "arm", .key = ok ? "joints" : "site"}, expected,
                    ok ? "joints in a row; site '%.60s' moves with the last"
                       : "site '%.60s' does not move with the last joint",
                    name_of(m, mjOBJ_SITE, task->site));
}

/* Why actuator `a` is no position servo of `joint` alone; NULL if it is. */
static const char *no_servo(const mjModel *m, int a, int joint)
{
    const mjtNum *gain = m->actuator_gainprm + (size_t)mjNGAIN * (size_t)a;
    const mjtNum *bias = m->actuator_biasprm + (size_t)mjNBIAS * (size_t)a;
    const int trn = m->actuator_trntype[a];

    if ((trn != mjTRN_JOINT && trn != mjTRN_JOINTINPARENT) ||
        m->actuator_trnid[2 * (size_t)a] != joint) {
        return "acts on something else than its joint";
    }
    if (m->actuator_biastype[a] == mjBIAS_NONE || (bias[1] == 0.0 && bias[2] == 0.0)) {
        return "is a motor: its command is a torque";
    }
    if (m->actuator_biastype[a] != mjBIAS_AFFINE || m->actuator_gaintype[a] != mjGAIN_FIXED ||
        m->actuator_dyntype[a] != mjDYN_NONE) {
        return "has dynamics or gains of its own";
    }
    if (bias[1] == 0.0) {
        return "is a velocity servo";
    }
    if (!(gain[0] > 0.0) || fabs(gain[0] + bias[1]) > SAME * gain[0] || bias[0] != 0.0) {
        return "does not rest where its command says (gain is not -biasprm[1], or an offset)";
    }
    return m->actuator_gear[6 * (size_t)a] == 1.0 ? NULL : "has a gear other than 1";
}

/* Whether actuator `a` pulls at `joint`, straight or through a tendon. */
static bool acts_on(const mjModel *m, int a, int joint)
{
    const int trn = m->actuator_trntype[a];
    const int id = m->actuator_trnid[2 * (size_t)a];
    if (trn == mjTRN_JOINT || trn == mjTRN_JOINTINPARENT) {
        return id == joint;
    }
    for (int i = 0; trn == mjTRN_TENDON && i < m->tendon_num[id]; i++) {
        const int wrap = m->tendon_adr[id] + i;
        if (m->wrap_type[wrap] == mjWRAP_JOINT && m->wrap_objid[wrap] == joint) {
            return true;
        }
    }
    return false;
}

static void check_arm_actuators(spoti_trial *t)
{
    const spoti_scene *task = t->task;
    const mjModel *m = task->model;
    static const char expected[] =
        "position servos (gain = -biasprm[1] > 0), one a joint and no other";
    double least = HUGE_VAL;
    double most = 0.0;
    char text[TEXT];

    for (int i = 0; i < task->chain.n; i++) {
        const int a = task->arm_actuator[i];
        const char *why = no_servo(m, a, task->arm_joint[i]);
        if (why != NULL) {
            spoti_trial_add(t, "arm actuators", SPOT_TRIAL_FAIL,
                            (spoti_where){.section = "arm", .key = "actuators"}, expected,
                            "actuator '%.60s' of joint '%.60s' %s", name_of(m, mjOBJ_ACTUATOR, a),
                            name_of(m, mjOBJ_JOINT, task->arm_joint[i]), why);
            return;
        }
        for (int other = 0; other < m->nu; other++) {
            if (other != a && acts_on(m, other, task->arm_joint[i])) {
                const char *name = name_of(m, mjOBJ_ACTUATOR, other);
                spoti_trial_add(t, "arm actuators", SPOT_TRIAL_FAIL, at_name(text, name), expected,
                                "actuator '%.60s' acts on joint '%.60s' too", name,
                                name_of(m, mjOBJ_JOINT, task->arm_joint[i]));
                return;
            }
        }
        least = fmin(least, m->actuator_gainprm[(size_t)mjNGAIN * (size_t)a]);
        most = fmax(most, m->actuator_gainprm[(size_t)mjNGAIN * (size_t)a]);
    }
    spoti_trial_add(t, "arm actuators", SPOT_TRIAL_PASS, (spoti_where){.text = NULL}, expected,
                    "%d position servos of %g to %g N m/rad", task->chain.n, least, most);
}

/* A command that the control range cuts off is another command. */
static void check_command(spoti_trial *t, const char *name, int actuator, double low, double high,
                          spoti_where where)
{
    const mjModel *m = t->task->model;
    const mjtNum *range = m->actuator_ctrlrange + 2 * (size_t)actuator;
    const bool ok =
        !m->actuator_ctrllimited[actuator] ||
        (range[0] <= fmin(low, high) + RANGE_SLACK && range[1] >= fmax(low, high) - RANGE_SLACK);
    char expected[TEXT];
    (void)spoti_format(expected, sizeof(expected), "commands within ctrlrange %.4g to %.4g",
                       range[0], range[1]);
    spoti_trial_add(t, name, ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL, where,
                    m->actuator_ctrllimited[actuator] ? expected : "commands without a limit",
                    "actuator '%.60s' is sent %.4g to %.4g", name_of(m, mjOBJ_ACTUATOR, actuator),
                    low, high);
}

static void check_gripper_commands(spoti_trial *t)
{
    const spoti_gripper_file *g = &t->task->file->gripper;
    const bool mapped = g->command_open != g->command_closed;
    const spoti_where where = {.section = "gripper", .key = mapped ? "command_closed" : "actuator"};
    check_command(t, "gripper command", t->task->gripper_actuator, mapped ? g->command_closed : 0.0,
                  mapped ? g->command_open : g->open_m, where);
    for (unsigned i = 0; i < g->also_count; i++) {
        check_command(t, "gripper command", t->task->also_actuator[i], g->also[i].command_closed,
                      g->also[i].command_open, (spoti_where){.section = "gripper", .key = "also"});
    }
}

static void check_home_commands(spoti_trial *t)
{
    const mjModel *m = t->task->model;
    for (int i = 0; i < t->task->chain.n && !t->refused; i++) {
        const int a = t->task->arm_actuator[i];
        const double q = t->task->home[i];
        const mjtNum *range = m->actuator_ctrlrange + 2 * (size_t)a;
        if (m->actuator_ctrllimited[a] && (q < range[0] || q > range[1])) {
            check_command(t, "arm.home", a, q, q,
                          (spoti_where){.section = "arm", .key = spoti_scene_home_key(t->task)});
        }
    }
}

/* ---- what moves by itself, and ranges ---- */

static void check_disturbance(spoti_trial *t)
{
    const mjModel *m = t->task->model;
    const int a = t->task->moving_actuator;
    if (a < 0) {
        return;
    }
    const mjtNum *gain = m->actuator_gainprm + (size_t)mjNGAIN * (size_t)a;
    const mjtNum *bias = m->actuator_biasprm + (size_t)mjNBIAS * (size_t)a;
    const bool ok = m->actuator_biastype[a] == mjBIAS_AFFINE && gain[0] > 0.0 && bias[1] == 0.0 &&
                    fabs(gain[0] + bias[2]) <= SAME * gain[0];
    spoti_trial_add(t, "disturbance", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.section = "disturbance", .key = "actuator"},
                    "a velocity servo (gain = -biasprm[2] > 0)",
                    "actuator '%.60s' has gain %g, biasprm %g %g %g", name_of(m, mjOBJ_ACTUATOR, a),
                    gain[0], bias[0], bias[1], bias[2]);
}

/* A start outside the workspace would be moved into it without a word. */
static void check_start(spoti_trial *t)
{
    const spoti_task_file *f = t->task->file;
    const double *ranges[] = {f->start.x_m, f->start.y_m, f->start.z_m};
    static const char *const keys[] = {"x_m", "y_m", "z_m"};
    char expected[TEXT];

    for (int i = 0; i < 3; i++) {
        if (ranges[i][0] < f->arm.low[i] - RANGE_SLACK ||
            ranges[i][1] > f->arm.high[i] + RANGE_SLACK) {
            (void)spoti_format(expected, sizeof(expected),
                               "it within arm.low and arm.high, %g to %g m", f->arm.low[i],
                               f->arm.high[i]);
            spoti_trial_add(t, "start", SPOT_TRIAL_FAIL,
                            (spoti_where){.section = "start", .key = keys[i]}, expected,
                            "%s is %g to %g m", keys[i], ranges[i][0], ranges[i][1]);
            return;
        }
    }
    const double *yaw = f->start.yaw_deg;
    const bool ok = yaw[0] >= -180.0 && yaw[1] <= 180.0;
    spoti_trial_add(t, "start", ok ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                    (spoti_where){.section = "start", .key = "yaw_deg"},
                    "a pose within arm.low and arm.high, yaw within +-180 deg",
                    "x %g to %g, y %g to %g, z %g to %g m, yaw %g to %g deg", ranges[0][0],
                    ranges[0][1], ranges[1][0], ranges[1][1], ranges[2][0], ranges[2][1], yaw[0],
                    yaw[1]);
}

/* The largest distance that the ranges of two objects allow. */
static double farthest(const spoti_object_file *a, const spoti_object_file *b)
{
    return hypot(fmax(fabs(a->x_m[1] - b->x_m[0]), fabs(b->x_m[1] - a->x_m[0])),
                 fmax(fabs(a->y_m[1] - b->y_m[0]), fabs(b->y_m[1] - a->y_m[0])));
}

static void check_apart(spoti_trial *t)
{
    const spoti_task_file *f = t->task->file;
    for (unsigned i = 0; i < f->objects_count; i++) {
        const spoti_object_file *o = &f->objects[i];
        if (o->apart_from == NULL) {
            continue;
        }
        const spoti_object_file *other = &f->objects[spoti_task_file_object(f, o->apart_from)];
        const double most = farthest(o, other);
        char expected[TEXT];
        (void)spoti_format(expected, sizeof(expected),
                           "apart_m below the %.3f m that their ranges allow", most);
        spoti_trial_add(t, "objects apart", o->apart_m < most ? SPOT_TRIAL_PASS : SPOT_TRIAL_FAIL,
                        (spoti_where){.section = "objects", .key = "apart_m"}, expected,
                        "object '%.40s' is put %g m from '%.40s' (apart_m)", o->name, o->apart_m,
                        o->apart_from);
    }
}

void spoti_trial_model(spoti_trial *t)
{
    check_numbers(t);
    check_integrator(t);
    check_chain(t);
    check_arm_actuators(t);
    check_home_commands(t);
    check_gripper_commands(t);
    check_disturbance(t);
    check_start(t);
    check_apart(t);
}
