/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Every name of a task file becomes an index of its compiled model, or is refused with its line. */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/gripper.h"
#include "lab/sim/mujoco/home.h"
#include "lab/sim/mujoco/names.h"
#include "lab/sim/mujoco/parts.h"
#include "lab/sim/mujoco/scene.h"
#include "runtime/file/yaml.h"

enum { PLACE_SIZE = 96 };

/* Physics steps a control period: more is a mistyped time step. */
static const double TICKS_MAX = 100000.0;

/* A resolver keeps the path for messages and the first failure. */
typedef struct resolver {
    const char *path;
    const mjModel *model;
    spot_diag *diag;
    spot_status status;
} resolver;

/* `where` is the value's place in the file (spoti_yaml_line_at); its last key is named. */
static void refuse(resolver *r, const char *where, const char *what)
{
    const char *dot = strrchr(where, '.');
    const char *name = dot != NULL ? dot + 1 : where;
    if (r->status == SPOT_OK) {
        r->status = spot_diag_set(r->diag, SPOT_E_FORMAT, "%s:%d: %.*s: %s", r->path,
                                  spoti_yaml_line_at(r->path, "%s", where), (int)strcspn(name, "["),
                                  name, what);
    }
}

static int resolve(resolver *r, int type, const char *kind, const char *where, const char *name)
{
    spot_diag why = {.text = ""};
    const int id = mj_name2id(r->model, type, name);
    if (id < 0) {
        (void)spoti_no_such_name(r->model, type, kind, name, &why);
        refuse(r, where, why.text);
    }
    return id < 0 ? 0 : id;
}

/* A place in entry i of a list: `objects[1].body`. */
static const char *entry(char where[PLACE_SIZE], const char *list, unsigned i, const char *key)
{
    (void)spoti_format(where, PLACE_SIZE, "%s[%u].%s", list, i, key);
    return where;
}

/* The controller compensates gravity for all that hangs on the arm (arm.c); what a model says of the same bodies
 * (`gravcomp`, which later versions of MuJoCo know) would compensate it twice. */
static void drop_gravcomp(spoti_scene *t)
{
#if mjVERSION_HEADER >= 237
    for (int b = 0; b < t->model->nbody; b++) {
        if (spoti_body_in(t->model, b, t->model->jnt_bodyid[t->arm_joint[0]])) {
            t->model->body_gravcomp[b] = 0.0;
        }
    }
#else
    (void)t;
#endif
}

/* Half a turn: the x axis of a UR's own base points backwards. */
static const double FORWARD_DEG = 180.0;

static void resolve_base(resolver *r, spoti_scene *t)
{
    spot_diag why = {.text = ""};
    const double *turn = t->file->arm.forward_deg;
    if (r->status == SPOT_OK &&
        spoti_frame_find(r->model, t->arm_joint[0], turn != NULL ? *turn : FORWARD_DEG, &t->base,
                         &why) != SPOT_OK) {
        refuse(r, "arm.joints", why.text);
    }
}

static void resolve_home(resolver *r, spoti_scene *t)
{
    spot_diag why = {.text = ""};
    const spoti_arm_file *arm = &t->file->arm;
    if (r->status != SPOT_OK) {
        return;
    }
    if (arm->keyframe == NULL) {
        memcpy(t->home, arm->home, arm->home_count * sizeof(*t->home));
    } else if (spoti_home_find(r->model, arm->keyframe, t->arm_joint, (int)arm->joints_count,
                               t->home, &why) != SPOT_OK) {
        refuse(r, "arm.keyframe", why.text);
    }
}

static void resolve_gripper(resolver *r, spoti_scene *t)
{
    spot_diag why = {.text = ""};
    const char *key = "";
    if (r->status != SPOT_OK) {
        return;
    }
    spot_status st = spoti_gripper_resolve(t, &key, &why);
    if (st == SPOT_E_NOMEM) {
        r->status = st;
    } else if (st != SPOT_OK) {
        refuse(r, key, why.text);
    }
}

static void resolve_robot(resolver *r, spoti_scene *t)
{
    const spoti_task_file *f = t->file;
    const int n = (int)f->arm.joints_count;

    for (int i = 0; i < n; i++) {
        int joint = resolve(r, mjOBJ_JOINT, "joint", "arm.joints", f->arm.joints[i]);
        if (r->model->njnt == 0 || r->model->jnt_type[joint] != mjJNT_HINGE) {
            refuse(r, "arm.joints", "not a hinge, expected hinge joints");
            return;
        }
        t->arm_joint[i] = joint;
        t->arm_qpos[i] = r->model->jnt_qposadr[joint];
        t->arm_dof[i] = r->model->jnt_dofadr[joint];
        t->arm_actuator[i] =
            resolve(r, mjOBJ_ACTUATOR, "actuator", "arm.actuators", f->arm.actuators[i]);
    }
    t->site = resolve(r, mjOBJ_SITE, "site", "arm.site", f->arm.site);
    if (r->status == SPOT_OK) {
        spoti_chain_find(r->model, t->arm_joint, n, t->site, &t->chain);
    }
    resolve_base(r, t);
    resolve_home(r, t);
    resolve_gripper(r, t);
    t->moving_actuator = -1;
    if (f->disturbance != NULL) {
        t->moving_actuator = resolve(r, mjOBJ_ACTUATOR, "actuator", "disturbance.actuator",
                                     f->disturbance->actuator);
    }
}

/* The body above `body` that a reset could place, NULL if there is none. */
static const char *placeable_above(const mjModel *m, int body)
{
    for (int b = m->body_parentid[body]; b > 0; b = m->body_parentid[b]) {
        const int joint = m->body_jntadr[b];
        if (m->body_mocapid[b] >= 0 || (joint >= 0 && m->jnt_type[joint] == mjJNT_FREE)) {
            return mj_id2name(m, mjOBJ_BODY, b);
        }
    }
    return NULL;
}

static void refuse_body(resolver *r, const char *where, int body)
{
    char what[SPOT_DIAG_TEXT_SIZE / 2];
    const char *above = placeable_above(r->model, body);
    (void)spoti_format(what, sizeof(what),
                       "the body cannot be placed, expected a free joint or mocap%s%.64s%s",
                       above != NULL ? ": that of '" : "", above != NULL ? above : "",
                       above != NULL ? "', on which it hangs" : "");
    refuse(r, where, what);
}

static void resolve_objects(resolver *r, spoti_scene *t)
{
    const mjModel *m = r->model;

    for (unsigned i = 0; i < t->file->objects_count; i++) {
        spoti_object *o = &t->objects[i];
        char where[PLACE_SIZE];
        o->body = resolve(r, mjOBJ_BODY, "body", entry(where, "objects", i, "body"),
                          t->file->objects[i].body);
        o->mocap = m->body_mocapid[o->body];
        o->qpos = -1;
        o->dof = -1;
        if (o->mocap >= 0) {
            continue;
        }
        int joint = m->body_jntadr[o->body];
        if (joint < 0 || m->jnt_type[joint] != mjJNT_FREE) {
            refuse_body(r, where, o->body);
            return;
        }
        o->qpos = m->jnt_qposadr[joint];
        o->dof = m->jnt_dofadr[joint];
    }
}

/* What every contact is asked: whose geoms these are. */
static void resolve_parts(resolver *r, spoti_scene *t)
{
    spot_diag why = {.text = ""};

    if (r->status != SPOT_OK) {
        return;
    }
    t->parts = spoti_calloc(t->allocator, (size_t)r->model->ngeom, sizeof(*t->parts));
    if (t->parts == NULL) {
        r->status = r->model->ngeom > 0 ? SPOT_E_NOMEM : SPOT_OK;
        return;
    }
    for (unsigned i = 0; i < t->file->objects_count; i++) {
        spoti_object *o = &t->objects[i];
        o->geoms = spoti_parts_object(r->model, o->body, i, t->parts);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (spoti_parts_pad(r->model, t->file->gripper.pads[i], i, t->parts, &why) != SPOT_OK) {
            refuse(r, "gripper.pads", why.text);
        }
    }
}

static bool is_about_touch(const spoti_condition *c)
{
    return c->type == SPOTI_CONDITION_RELEASED || c->type == SPOTI_CONDITION_TOUCHED ||
           c->type == SPOTI_CONDITION_GRASPED;
}

/* Predicates and sensors are looked at every tick: their names become indices once, here. */
static void resolve_conditions(resolver *r, const spoti_scene *t, const char *list,
                               spoti_condition *conditions, unsigned count)
{
    const spoti_task_file *f = t->file;
    for (unsigned i = 0; i < count; i++) {
        spoti_condition *c = &conditions[i];
        char where[PLACE_SIZE];
        c->object_index = spoti_task_file_object(f, c->object);
        c->region_index = c->region != NULL ? spoti_task_file_object(f, c->region) : -1;
        if (is_about_touch(c) && t->objects[c->object_index].geoms == 0) {
            refuse(r, entry(where, list, i, "object"),
                   "the object's body has no geoms, expected some that a pad can touch");
        }
        if (c->joint == NULL) {
            continue;
        }
        int joint = resolve(r, mjOBJ_JOINT, "joint", entry(where, list, i, "joint"), c->joint);
        if (r->status == SPOT_OK && r->model->jnt_type[joint] != mjJNT_SLIDE) {
            refuse(r, where, "the joint does not slide, expected a slide joint");
        }
        if (r->status == SPOT_OK && !spoti_body_in(r->model, r->model->jnt_bodyid[joint],
                                                   t->objects[c->object_index].body)) {
            refuse(r, where, "the joint is not of this object, expected one in its body's subtree");
        }
        c->joint_qpos = r->status == SPOT_OK ? r->model->jnt_qposadr[joint] : 0;
    }
}

static void resolve_terms(const spoti_task_file *f)
{
    for (unsigned i = 0; i < f->observation.terms_count; i++) {
        spoti_term *term = &f->observation.terms[i];
        term->object_index = term->object != NULL ? spoti_task_file_object(f, term->object) : -1;
    }
}

/* A camera larger than the buffer that the model asks for could never be drawn. */
static void resolve_cameras(resolver *r, spoti_scene *t)
{
    char where[PLACE_SIZE];
    char what[PLACE_SIZE];
    for (unsigned i = 0; i < t->file->cameras_count; i++) {
        const spoti_camera_file *c = &t->file->cameras[i];
        const char *key = c->camera != NULL ? "camera" : "name";
        const mjVisual *visual = &r->model->vis;
        const bool wide = c->width > visual->global.offwidth;
        t->camera[i] = resolve(r, mjOBJ_CAMERA, "camera", entry(where, "cameras", i, key),
                               c->camera != NULL ? c->camera : c->name);
        if (wide || c->height > visual->global.offheight) {
            (void)spoti_format(what, sizeof(what), "%d, expected at most the model's %s of %d",
                               wide ? c->width : c->height, wide ? "offwidth" : "offheight",
                               wide ? visual->global.offwidth : visual->global.offheight);
            refuse(r, entry(where, "cameras", i, wide ? "width" : "height"), what);
        }
    }
}

static void check_timing(resolver *r, const spoti_scene *t)
{
    double ticks = 1.0 / (t->file->control.rate_hz * r->model->opt.timestep);
    if (!(ticks >= 1.0 - 1e-9 && ticks <= TICKS_MAX && fabs(ticks - round(ticks)) <= 1e-6)) {
        refuse(r, "control.rate_hz",
               "the control period is no multiple of the model's time step, expected one");
    }
}

spot_status spoti_scene_resolve(const char *path, spoti_scene *t, spot_diag *diag)
{
    resolver r = {.path = path, .model = t->model, .diag = diag, .status = SPOT_OK};
    const spoti_task_file *f = t->file;

    resolve_robot(&r, t);
    resolve_objects(&r, t);
    resolve_parts(&r, t);
    resolve_terms(f);
    resolve_cameras(&r, t);
    resolve_conditions(&r, t, "success.conditions", f->success.conditions,
                       f->success.conditions_count);
    resolve_conditions(&r, t, "failure", f->failure, f->failure_count);
    resolve_conditions(&r, t, "grades", f->grades, f->grades_count);
    check_timing(&r, t);
    if (r.status == SPOT_OK) {
        drop_gravcomp(t);
    }
    return r.status;
}
