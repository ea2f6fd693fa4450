/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A trial: its parts in order. */
#include "lab/sim/mujoco/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/guard.h"
#include "lab/sim/mujoco/mjcf.h"
#include "runtime/file/yaml.h"

static void put_where(const spoti_scene *task, spoti_where where, char *out, size_t size)
{
    char place[SPOTI_PATH_SIZE + 16];
    if (where.key != NULL) {
        int from = where.section != NULL ? spoti_yaml_line_of(task->path, where.section, 1) : 1;
        (void)spoti_format(place, sizeof(place), "%s:%d", task->path,
                           spoti_yaml_line_of(task->path, where.key, from));
    } else if (where.text != NULL) {
        spoti_mjcf_find(task->model_path, where.text, place, sizeof(place));
    } else {
        (void)spoti_copy(place, sizeof(place), task->model_path);
    }
    (void)spoti_copy(out, size, place);
}

spot_trial_check *spoti_trial_add(spoti_trial *t, const char *name, spot_trial_result result,
                                  spoti_where where, const char *expected, const char *measured,
                                  ...)
{
    if (t->out->count >= SPOT_TRIAL_CHECKS_MAX) {
        return NULL;
    }
    spot_trial_check *c = &t->out->checks[t->out->count++];
    va_list args;
    *c = (spot_trial_check){.name = name, .result = result, .refuses = true};
    if (result != SPOT_TRIAL_PASS) {
        put_where(t->task, where, c->where, sizeof(c->where));
    }
    (void)spoti_copy(c->expected, sizeof(c->expected), expected);
    va_start(args, measured);
    (void)vsnprintf(c->measured, sizeof(c->measured), measured, args);
    va_end(args);
    t->refused = t->refused || result == SPOT_TRIAL_FAIL;
    return c;
}

/* What MuJoCo remarked when it compiled the model. */
static void show_remark(spoti_trial *t)
{
    const char *remark = t->task->warning.text;
    const bool is_quiet = remark[0] == '\0';
    /* where one is written it takes what would stand there without it: not the model that was meant */
    const bool is_nan = strstr(remark, "'NaN'") != NULL;
    spoti_trial_add(t, "model",
                    is_quiet ? SPOT_TRIAL_PASS
                    : is_nan ? SPOT_TRIAL_FAIL
                             : SPOT_TRIAL_WARN,
                    (spoti_where){.text = is_nan ? "\"nan" : NULL},
                    "no remark of MuJoCo's compiler", "%.200s%s", remark,
                    is_quiet ? "compiled without a remark" : "");
}

/* A trial and its world, for a guarded call. */
typedef struct guarded {
    spoti_trial *trial;
    spot_world *world;
} guarded;

static void step_guarded(void *ctx)
{
    const guarded *g = ctx;
    spoti_trial_home(g->trial, g->world->self);
    spoti_trial_step(g->trial);
}

static void reach_guarded(void *ctx)
{
    const guarded *g = ctx;
    spoti_trial_reach(g->trial, g->world->self);
}

spot_status spoti_mujoco_try(const spoti_scene *task, spot_trial *trial, spot_diag *diag)
{
    spot_world world;
    spot_variation variation;
    spoti_trial t = {.task = task, .out = trial};
    guarded g = {.trial = &t, .world = &world};

    show_remark(&t);
    spoti_trial_model(&t);
    if (t.refused) {
        return SPOT_OK; /* what follows would be about the same thing */
    }
    spot_variation_default(&variation);
    spot_status st = spoti_mujoco_make_world(task, &variation, &world, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spoti_mujoco_guard(step_guarded, &g, diag);
    st = st == SPOT_OK && t.no_memory ? SPOT_E_NOMEM : st;
    if (st == SPOT_OK) {
        spoti_trial_run(&t, &world);
        st = spoti_mujoco_guard(reach_guarded, &g, diag);
    }
    spot_world_destroy(&world);
    return st;
}
