/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/world.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"

static double time_s(const spoti_process_world *w)
{
    return (double)w->tick * w->scene->info.dims.tick_s;
}

/* ---- what goes wrong ---- */

spot_status spoti_process_fail(spoti_process_world *w, const char *why)
{
    const char *line = why[0] != '\0' ? why : "the worker failed";
    spoti_worker_destroy(w->worker);
    w->worker = NULL;
    if (++w->failures < SPOTI_PROCESS_FAILURES_MAX) {
        (void)spoti_copy(w->fault, sizeof(w->fault), line);
        return SPOT_OK;
    }
    (void)spoti_format(w->fault, sizeof(w->fault), "%d failures in a row: %s", w->failures, line);
    return SPOT_E_IO;
}

/* The outcome of a call to the worker: lost, it makes the episode invalid; for want of memory the job fails. */
static spot_status settle(spoti_process_world *w, spot_status st, const spot_diag *why)
{
    return st == SPOT_OK || st == SPOT_E_NOMEM ? st : spoti_process_fail(w, why->text);
}

/* ---- calls ---- */

/* Sends the request that was begun, and sees. */
static spot_status see(spoti_process_world *w, spot_diag *why)
{
    const spoti_value *answer = NULL;
    spot_status st = spoti_worker_call(w->worker, &answer, why);
    return st == SPOT_OK ? spoti_seen_read(answer, &w->scene->hello, "the world answers nonsense",
                                           &w->seen, why)
                         : st;
}

uint64_t spoti_process_hash_seen(const spoti_process_world *w, uint64_t hash)
{
    const spot_world_dims *d = &w->scene->info.dims;
    hash = spoti_hash(hash, w->seen.obs, (size_t)d->obs_dim * sizeof(*w->seen.obs));
    hash = spoti_hash(hash, w->seen.state, (size_t)d->state_dim * sizeof(*w->seen.state));
    hash = spoti_hash(hash, w->seen.effector, sizeof(w->seen.effector));
    return spoti_hash(hash, &w->seen.reward, sizeof(w->seen.reward));
}

static spot_status op_reset(void *self, uint64_t seed)
{
    spoti_process_world *w = self;
    spot_diag why = {""};
    spot_status st = SPOT_OK;

    w->failures = w->fault[0] == '\0' ? 0 : w->failures;
    w->fault[0] = '\0';
    w->tick = 0;
    w->total = 0.0;
    w->fresh = 0;
    w->commanded = false;
    w->success_said = false;
    w->seen.terminated = w->seen.truncated = w->seen.success = false;
    if (w->worker == NULL) {
        st = spoti_process_take(w->scene, &w->worker, &why);
    }
    if (st == SPOT_OK) {
        spoti_worker_begin(w->worker, "reset");
        spoti_record_put_uint(&w->worker->request, "seed", seed);
        st = see(w, &why);
    }
    if (st == SPOT_OK) {
        spoti_process_note_start(w->scene, seed, spoti_process_hash_seen(w, SPOTI_HASH_START));
    }
    /* at the start nothing was done that could be a success, or the end */
    w->seen.terminated = w->seen.truncated = w->seen.success = false;
    return settle(w, st, &why);
}

static spot_status op_observe(void *self, float *obs, double *anchor)
{
    const spoti_process_world *w = self;
    (void)anchor; /* actions are in the environment's own terms */
    memcpy(obs, w->seen.obs, (size_t)w->scene->info.dims.obs_dim * sizeof(*obs));
    return SPOT_OK;
}

static spot_status op_act(void *self, const float *action, const double *anchor)
{
    spoti_process_world *w = self;
    const int n = w->scene->info.dims.action_dim;
    (void)anchor;
    for (int i = 0; i < n; i++) {
        if (!isfinite((double)action[i])) {
            return SPOT_E_RANGE;
        }
    }
    memcpy(w->command, action, (size_t)n * sizeof(*action));
    w->fresh = w->scene->info.dims.ticks_per_action;
    w->commanded = true;
    return SPOT_OK;
}

/* What the environment is given at this tick. */
static const float *action_now(const spoti_process_world *w)
{
    const bool goes_on = w->fresh > 0 || (w->commanded && w->scene->hold == SPOTI_HOLD_LAST);
    return goes_on ? w->command : w->scene->rest;
}

/* Of `most` steps those that one request can ask for: the action stays the same, and the worker can repeat it. */
static int steps_at_once(const spoti_process_world *w, int64_t most)
{
    const bool ends = w->fresh > 0 && w->scene->hold != SPOTI_HOLD_LAST;
    const int64_t n = ends && w->fresh < most ? w->fresh : most;
    const int64_t bounded = n < SPOTI_WORKER_STEPS_MAX ? n : SPOTI_WORKER_STEPS_MAX;
    return w->scene->hello.repeats ? (int)bounded : 1;
}

/* Sends the step that was begun, k times in one: its rewards (*n). */
static spot_status see_steps(spoti_process_world *w, int k, double *rewards, int *n, spot_diag *why)
{
    const spoti_value *answer = NULL;
    const char *where = "the world answers nonsense";
    spot_status st = spoti_worker_call(w->worker, &answer, why);
    st = st == SPOT_OK ? spoti_seen_read(answer, &w->scene->hello, where, &w->seen, why) : st;
    if (k == 1) {
        rewards[0] = w->seen.reward;
        *n = 1;
        return st;
    }
    return st == SPOT_OK ? spoti_rewards_read(answer, k, where, rewards, n, why) : st;
}

static spot_status op_step_many(void *self, int64_t most, int64_t *done)
{
    spoti_process_world *w = self;
    const size_t shape[1] = {(size_t)w->scene->info.dims.action_dim};
    const int k = steps_at_once(w, most);
    double rewards[SPOTI_WORKER_STEPS_MAX];
    spot_diag why = {""};
    int n = 0;

    *done = 1;
    if (w->fault[0] != '\0') {
        return SPOT_E_STATE;
    }
    spoti_worker_begin(w->worker, "step");
    spoti_record_put_array(&w->worker->request, "action", SPOTI_NP_F4, 1, shape, action_now(w));
    if (k > 1) {
        spoti_record_put_int(&w->worker->request, "k", k);
        w->worker->allowed_s *= k;
    }
    const spot_status st = see_steps(w, k, rewards, &n, &why);
    if (st != SPOT_OK) {
        return settle(w, st, &why);
    }
    w->fresh -= w->fresh > n ? n : w->fresh;
    w->tick += n;
    for (int i = 0; i < n; i++) { /* one by one: their sum depends on the order */
        w->total += rewards[i];
    }
    w->success_said = w->success_said || w->seen.says_success;
    *done = n;
    return SPOT_OK;
}

static spot_status op_step(void *self)
{
    int64_t done = 0;
    return op_step_many(self, 1, &done);
}

/* ---- what became of it ---- */

static bool succeeded(const spoti_process_world *w, bool at_end)
{
    const spoti_process_file *f = w->scene->file;
    switch (f->rule) {
    case SPOTI_SUCCESS_INFO:
        return w->seen.success;
    case SPOTI_SUCCESS_RETURN:
        return at_end && w->total >= f->least;
    case SPOTI_SUCCESS_TERMINATED:
        return w->seen.terminated;
    case SPOTI_SUCCESS_SURVIVED:
        return at_end && !w->seen.terminated;
    }
    return false;
}

static void op_outcome(const void *self, spot_outcome *outcome)
{
    const spoti_process_world *w = self;
    const double limit_s = w->scene->info.dims.time_limit_s;
    const bool at_end =
        w->seen.terminated || w->seen.truncated || time_s(w) >= limit_s - 1e-9 * limit_s;
    const bool success = succeeded(w, at_end);
    /* an environment that never says whether it was solved was not seen to fail */
    const bool unknown = at_end && w->scene->file->rule == SPOTI_SUCCESS_INFO && !w->success_said;
    const bool invalid = w->fault[0] != '\0' || unknown;

    *outcome = (spot_outcome){
        .done = invalid || success || at_end,
        .success = success && !invalid,
        .invalid = invalid,
        .time_s = time_s(w),
        .fault = w->fault[0] != '\0' ? w->fault
                 : unknown ? "the environment's info has neither is_success nor success, expected "
                             "one of them, or 'success:' in the task file"
                           : NULL,
    };
}

static void op_sample(const void *self, double *row)
{
    const spoti_process_world *w = self;
    if (w->scene->hello.has_effector) {
        memcpy(row, w->seen.effector, sizeof(w->seen.effector));
        row += SPOTI_EFFECTOR_DIM;
    }
    row[0] = w->seen.reward;
    row[1] = w->total;
}

static void op_state(const void *self, double *row)
{
    const spoti_process_world *w = self;
    memcpy(row, w->seen.state, (size_t)w->scene->info.dims.state_dim * sizeof(*row));
}

static spot_status op_look(void *self, const spot_image **images, int *count)
{
    spoti_process_world *w = self;
    const spoti_value *answer = NULL;
    spot_diag why = {""};

    *images = w->images;
    *count = 0;
    if (w->worker == NULL) {
        return SPOT_E_STATE;
    }
    spoti_worker_begin(w->worker, "look");
    spot_status st = spoti_worker_call(w->worker, &answer, &why);
    st = st == SPOT_OK ? spoti_images_read(answer, &w->scene->hello, "the world answers nonsense",
                                           w->images, &why)
                       : st;
    if (st == SPOT_OK) {
        *count = w->scene->hello.n_image;
        return SPOT_OK;
    }
    /* whoever asked needs the images: the episode ends here, and the job where too many failed */
    st = settle(w, st, &why);
    return st == SPOT_OK ? SPOT_E_STATE : st;
}

static const char *op_why(const void *self)
{
    return ((const spoti_process_world *)self)->fault;
}

/* ---- life ---- */

static void op_destroy(void *self)
{
    spoti_process_world *w = self;
    const spot_world_dims *d = &w->scene->info.dims;
    const spot_allocator *allocator = w->scene->allocator;

    spoti_process_give_back(w->scene, w->worker);
    spoti_free(allocator, w->seen.obs, (size_t)d->obs_dim * sizeof(float));
    spoti_free(allocator, w->seen.state, ((size_t)d->state_dim + 1) * sizeof(double));
    spoti_free(allocator, w->command, (size_t)d->action_dim * sizeof(float));
    spoti_free(allocator, w, sizeof(*w));
}

#define COMMON_OPS                                                                                 \
    .kind = "process", .destroy = op_destroy, .reset = op_reset, .observe = op_observe,            \
    .act = op_act, .step = op_step, .step_many = op_step_many, .outcome = op_outcome,              \
    .sample = op_sample, .state = op_state, .why = op_why

static const spot_world_ops ops = {COMMON_OPS};
static const spot_world_ops ops_seeing = {COMMON_OPS, .look = op_look};

spoti_process_world *spoti_process_world_of(const spot_world *world)
{
    return world->ops == &ops || world->ops == &ops_seeing ? world->self : NULL;
}

spot_status spoti_process_make_world(const spoti_process_scene *scene,
                                     const spot_variation *variation, spot_world *out,
                                     spot_diag *diag)
{
    const spot_world_dims *d = &scene->info.dims;

    if (variation->speed != 1.0 || variation->noise != 1.0) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s is %g, expected 1: worlds of backend 'process' have no such knob; "
                             "put it into the command",
                             variation->speed != 1.0 ? "speed" : "noise",
                             variation->speed != 1.0 ? variation->speed : variation->noise);
    }
    spoti_process_world *w = spoti_calloc(scene->allocator, 1, sizeof(*w));
    if (w == NULL) {
        return SPOT_E_NOMEM;
    }
    w->scene = scene;
    w->seen.obs = spoti_calloc(scene->allocator, (size_t)d->obs_dim, sizeof(float));
    w->seen.state = spoti_calloc(scene->allocator, (size_t)d->state_dim + 1, sizeof(double));
    w->command = spoti_calloc(scene->allocator, (size_t)d->action_dim, sizeof(float));
    spot_status st = w->seen.obs == NULL || w->seen.state == NULL || w->command == NULL
                         ? SPOT_E_NOMEM
                         : spoti_process_take(scene, &w->worker, diag);
    if (st != SPOT_OK) {
        op_destroy(w);
        return st;
    }
    *out = (spot_world){.ops = scene->hello.n_image > 0 ? &ops_seeing : &ops,
                        .self = w,
                        .dims = *d,
                        .sample_names = scene->info.sample_names,
                        .instruction = scene->info.instruction};
    return SPOT_OK;
}
