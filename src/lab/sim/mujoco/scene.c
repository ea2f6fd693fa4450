/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Loading a task: compile the model, have every name of the task file resolved in it, describe it. */
#include "lab/sim/mujoco/scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/compile.h"
#include "lab/sim/mujoco/mjcf.h"
#include "runtime/file/yaml.h"

int spoti_scene_arm_dim(const spoti_scene *task)
{
    return task->file->arm.action == SPOTI_ACTION_JOINTS ? task->chain.n : SPOTI_POSE_DIM;
}

const char *spoti_scene_home_key(const spoti_scene *task)
{
    return task->file->arm.keyframe != NULL ? "keyframe" : "home";
}

static int observation_dim(const spoti_task_file *f)
{
    const int width[] = {
        [SPOTI_TERM_GRIPPER_POSITION] = 3,
        [SPOTI_TERM_GRIPPER_YAW] = 2,
        [SPOTI_TERM_GRIPPER_OPENING] = 1,
        [SPOTI_TERM_JOINT_POSITION] = (int)f->arm.joints_count,
        [SPOTI_TERM_RELATIVE_POSITION] = 3,
        [SPOTI_TERM_RELATIVE_YAW] = 2,
        [SPOTI_TERM_SEEN] = 1,
        [SPOTI_TERM_POSITION] = 3,
        [SPOTI_TERM_YAW] = 2,
    };
    int dim = 0;
    for (unsigned i = 0; i < f->observation.terms_count; i++) {
        const spoti_term *term = &f->observation.terms[i];
        dim += width[term->type] * (term->object != NULL ? f->observation.history : 1);
    }
    return dim;
}

static void describe(spoti_scene *t, const mjModel *m)
{
    const spoti_task_file *f = t->file;

    t->info = (spot_task_info){
        .name = f->name,
        .description = f->description,
        .instruction = f->instruction,
        .charge_as = f->charge_as,
        .moving_speed_m_s = f->disturbance != NULL ? f->disturbance->speed_m_s : 0.0,
        .engine = {.name = "MuJoCo", .version = mj_versionString()},
        .model = f->model,
        .sample_names = t->sample_names,
        .dims =
            {
                .obs_dim = observation_dim(f),
                .action_dim = spoti_scene_arm_dim(t) + 1,
                .anchor_dim = spoti_scene_arm_dim(t) + 1,
                .sample_dim =
                    SPOTI_SAMPLE_TOOL + 3 * t->chain.n + SPOTI_POSE_DIM * (int)f->objects_count,
                .n_joint = t->chain.n,
                .joint_at = SPOTI_SAMPLE_TOOL,
                .state_dim = (int)(1 + m->nq + m->nv),
                .tick_s = m->opt.timestep,
                .ticks_per_action = (int)lround(1.0 / (f->control.rate_hz * m->opt.timestep)),
                .horizon = f->control.horizon,
                .n_execute = f->control.execute,
                .time_limit_s = f->time_limit_s,
                .regime = f->regime,
            },
    };
}

static void name_samples(spoti_scene *t)
{
    static const char *const pose[] = {"x", "y", "z", "yaw"};
    static const char *const robot[] = {"gripper_x", "gripper_y", "gripper_z", "gripper_yaw",
                                        "gripper_opening"};
    int at = 0;

    for (int i = 0; i < SPOTI_SAMPLE_TOOL; i++) {
        (void)spoti_format(t->sample_text[at++], SPOTI_SAMPLE_NAME_SIZE, "%s", robot[i]);
    }
    for (int kind = 0; kind < 3; kind++) {
        static const char *const prefix[] = {"q", "qd", "torque"};
        for (int i = 0; i < t->chain.n; i++) {
            (void)spoti_format(t->sample_text[at++], SPOTI_SAMPLE_NAME_SIZE, "%s%d", prefix[kind],
                               i + 1);
        }
    }
    for (unsigned o = 0; o < t->file->objects_count; o++) {
        for (int i = 0; i < SPOTI_POSE_DIM; i++) {
            (void)spoti_format(t->sample_text[at++], SPOTI_SAMPLE_NAME_SIZE, "%.20s_%s",
                               t->file->objects[o].name, pose[i]);
        }
    }
    for (int i = 0; i < at; i++) {
        t->sample_names[i] = t->sample_text[i];
    }
}

/* Structures of another version would be read wrongly, without a word. */
static spot_status check_engine(spot_diag *diag)
{
    return mj_version() == mjVERSION_HEADER
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                               "MuJoCo %s is what runs, expected version number %d, which this was "
                               "built with",
                               mj_versionString(), mjVERSION_HEADER);
}

static spot_status compile_model(const char *path, spoti_scene *t, spot_diag *diag)
{
    char folder[SPOTI_PATH_SIZE];
    char model_path[SPOTI_PATH_SIZE];

    if (!spoti_path_dir(folder, sizeof(folder), path) ||
        !spoti_path_join(model_path, sizeof(model_path), folder, t->file->model)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s: the path is too long, expected below %d bytes", path,
                             SPOTI_PATH_SIZE);
    }
    /* MuJoCo would say of a missing file only that parsing failed. */
    spot_diag inner = {""};
    if (spoti_mjcf_check(model_path, &inner) != SPOT_OK) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: model: %s", path,
                             spoti_yaml_line_at(path, "model"), inner.text);
    }
    (void)spoti_copy(t->model_path, sizeof(t->model_path), model_path);
    return spoti_compile(model_path, &SPOTI_COMPILE_LIMITS, &t->model, &t->warning, diag);
}

spot_status spoti_scene_load(const char *path, const spot_allocator *allocator, spoti_scene **out,
                             spot_diag *diag)
{
    *out = NULL;
    spot_status st = check_engine(diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_scene *t = spoti_calloc(allocator, 1, sizeof(*t));
    if (t == NULL) {
        return SPOT_E_NOMEM;
    }
    t->allocator = allocator;
    (void)spoti_copy(t->path, sizeof(t->path), path);
    st = spoti_task_file_load(path, &t->file, diag);
    if (st == SPOT_OK) {
        st = compile_model(path, t, diag);
    }
    if (st == SPOT_OK) {
        st = t->model != NULL ? spoti_scene_resolve(path, t, diag) : SPOT_E_INTERNAL;
    }
    if (st == SPOT_OK) {
        describe(t, t->model);
        name_samples(t);
    }
    if (st != SPOT_OK) {
        spoti_scene_destroy(t);
        return st;
    }
    *out = t;
    return SPOT_OK;
}

void spoti_scene_destroy(spoti_scene *task)
{
    if (task == NULL) {
        return;
    }
    if (task->model != NULL) {
        spoti_free(task->allocator, task->parts, (size_t)task->model->ngeom * sizeof(*task->parts));
        spoti_free(task->allocator, task->open_qpos,
                   (size_t)task->model->nq * sizeof(*task->open_qpos));
        mj_deleteModel(task->model);
    }
    spoti_task_file_free(task->file);
    spoti_free(task->allocator, task, sizeof(*task));
}
