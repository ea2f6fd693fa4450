/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A task: which backend its file is for, and the calls that go through its table. */
#include "lab/sim/task.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/backend.h"
#include "lab/sim/planar/backend.h"
#include "lab/sim/process/backend.h"
#include "runtime/file/yaml.h"

/* The first is the default. */
static const spoti_backend *const BACKENDS[] = {&spoti_mujoco_backend, &spoti_process_backend,
                                                &spoti_planar_backend};
enum { N_BACKENDS = sizeof(BACKENDS) / sizeof(BACKENDS[0]), LIST_SIZE = 128 };

static const double FACTOR_MAX = 10.0; /* of a variation */

/* ---- which backend ---- */

typedef struct choice {
    char *backend; /* NULL = not said */
} choice;

static const cyaml_schema_field_t choice_fields[] = {
    CYAML_FIELD_STRING_PTR("backend", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, choice, backend, 1,
                           64),
    CYAML_FIELD_END};
static const cyaml_schema_value_t choice_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, choice, choice_fields)};

static void refuse_backend(const char *path, const char *name, spot_diag *diag)
{
    char list[LIST_SIZE] = "";
    for (int i = 0; i < N_BACKENDS; i++) {
        const size_t used = strlen(list);
        (void)spoti_format(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                           BACKENDS[i]->name);
    }
    (void)spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: backend: '%.64s', expected one of: %s", path,
                        spoti_yaml_line_at(path, "backend"), name, list);
}

/* The backend of the file, or NULL after saying that there is none of that name. What else may be wrong with the
 * file the backend finds, and says better. */
static const spoti_backend *choose_backend(const char *path, spot_diag *diag)
{
    void *data = NULL;
    const spoti_backend *found = BACKENDS[0];
    for (int i = 0; i < N_BACKENDS; i++) {
        if (BACKENDS[i]->suffix != NULL && spoti_ends_with(path, BACKENDS[i]->suffix)) {
            return BACKENDS[i];
        }
    }
    if (spoti_yaml_peek(path, &choice_schema, &data) != SPOT_OK) {
        return found;
    }
    const char *name = ((const choice *)data)->backend;
    if (name != NULL) {
        found = NULL;
        for (int i = 0; i < N_BACKENDS; i++) {
            found = strcmp(BACKENDS[i]->name, name) == 0 ? BACKENDS[i] : found;
        }
        if (found == NULL) {
            refuse_backend(path, name, diag);
        }
    }
    spoti_yaml_free(&choice_schema, data);
    return found;
}

/* ---- life ---- */

spot_status spoti_task_make(const spoti_task_ops *ops, void *self, const spot_allocator *allocator,
                            spot_task **out)
{
    spot_task *task = (spot_task *)spoti_calloc(allocator, 1, sizeof(*task));
    *out = task;
    if (task == NULL) {
        return SPOT_E_NOMEM;
    }
    *task = (spot_task){.allocator = allocator, .ops = ops, .self = self};
    return SPOT_OK;
}

spot_status spot_task_load(const char *path, const spot_allocator *allocator, spot_task **out,
                           spot_diag *diag)
{
    void *self = NULL;
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (path == NULL) {
        return SPOT_E_INVALID;
    }
    const spoti_backend *backend = choose_backend(path, diag);
    if (backend == NULL) {
        return SPOT_E_FORMAT;
    }
    spot_status st = backend->load(path, allocator, &self, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spoti_task_make(backend->ops, self, allocator, out);
    if (st != SPOT_OK) {
        backend->ops->destroy(self);
        return st;
    }
    (void)spoti_copy((*out)->path, sizeof((*out)->path), path);
    return SPOT_OK;
}

void spot_task_destroy(spot_task *task)
{
    if (task == NULL) {
        return;
    }
    if (task->ops->destroy != NULL) {
        task->ops->destroy(task->self);
    }
    spoti_free(task->allocator, task, sizeof(*task));
}

/* ---- the table ---- */

spot_engine spot_engine_built_in(void)
{
    return BACKENDS[0]->engine();
}

const spot_task_info *spot_task_describe(const spot_task *task)
{
    return task->ops->info(task->self);
}

spot_status spoti_task_identify(const spot_task *task, char text[SPOTI_TASK_IDENTITY_SIZE])
{
    text[0] = '\0';
    return task->ops->identify(task->self, text);
}

spot_status spoti_task_model_text(const spot_task *task, char **out, spot_diag *diag)
{
    *out = NULL;
    return task->ops->model_text != NULL
               ? task->ops->model_text(task->self, task->allocator, out, diag)
               : SPOT_OK;
}

void spot_task_repeats(const spot_task *task, char text[SPOT_REPEATS_SIZE])
{
    text[0] = '\0';
    if (task->ops->repeats != NULL) {
        task->ops->repeats(task->self, text);
    }
}

const spot_together *spoti_task_together(const spot_task *task)
{
    return task->ops->together != NULL ? task->ops->together(task->self) : NULL;
}

void spot_variation_default(spot_variation *variation)
{
    *variation = (spot_variation){.speed = 1.0, .noise = 1.0};
}

static bool factor_ok(double x)
{
    return x >= 0.0 && x <= FACTOR_MAX;
}

spot_status spot_task_make_world(const spot_task *task, const spot_variation *variation,
                                 spot_world *out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    memset(out, 0, sizeof(*out));
    if (task == NULL || variation == NULL) {
        return SPOT_E_INVALID;
    }
    if (!factor_ok(variation->speed) || !factor_ok(variation->noise)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s is %g, expected a factor from 0 to %g",
                             factor_ok(variation->speed) ? "noise" : "speed",
                             factor_ok(variation->speed) ? variation->noise : variation->speed,
                             FACTOR_MAX);
    }
    spot_status st = task->ops->make_world(task->self, variation, out, diag);
    if (st != SPOT_OK) {
        memset(out, 0, sizeof(*out));
        return st;
    }
    out->task = task;
    return SPOT_OK;
}

void spot_world_destroy(spot_world *world)
{
    if (world != NULL && world->ops != NULL) {
        if (world->ops->destroy != NULL) {
            world->ops->destroy(world->self);
        }
        memset(world, 0, sizeof(*world));
    }
}
