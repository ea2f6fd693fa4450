/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "rollout_notes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t notes_chunk_size(const notes *n)
{
    return (size_t)n->of.horizon * (size_t)n->of.action_dim;
}

/* ---- the simulation ---- */

void notes_tick(void *ctx, const spot_world *world, int64_t tick)
{
    notes *n = ctx;
    const spoti_mujoco_world *w = n->world;
    const size_t nu = (size_t)w->model->nu;
    const size_t nv = (size_t)w->model->nv;
    const size_t i = (size_t)tick - 1;
    (void)world;
    if (tick > n->ticks_most) {
        return;
    }
    n->ticks = tick;
    n->commands[i] = (notes_command){
        .step_m = w->step_m, .step_rad = w->step_rad, .open_target_m = w->open_target_m};
    memcpy(n->commands[i].target, w->target, sizeof(w->target));
    memcpy(n->ctrl + i * nu, w->data->ctrl, nu * sizeof(double));
    memcpy(n->applied + i * nv, w->data->qfrc_applied, nv * sizeof(double));
    memcpy(n->end, w->data->qpos, (size_t)w->model->nq * sizeof(double));
    memcpy(n->end + w->model->nq, w->data->qvel, nv * sizeof(double));
}

/* ---- the brain that notes ---- */

static void describe(const void *self, spot_brain_info *info)
{
    const notes *n = self;
    *info = n->of;
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    notes *n = self;
    *state = n;
    return spot_brain_begin(&n->brain, config, &n->state, diag);
}

static spot_status note_question(notes *n, const float *obs, const float *command)
{
    const size_t i = (size_t)n->asked;
    if (n->asked >= NOTES_ASKED_MOST) {
        return SPOT_E_RANGE;
    }
    n->asked++;
    n->is_memory[i] = command != NULL;
    memcpy(n->obs + i * (size_t)n->of.obs_dim, obs, (size_t)n->of.obs_dim * sizeof(*obs));
    if (command != NULL) {
        memcpy(n->command + i * (size_t)n->of.action_dim, command,
               (size_t)n->of.action_dim * sizeof(*command));
    }
    return SPOT_OK;
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    notes *n = state;
    const size_t at = (size_t)n->asked * notes_chunk_size(n);
    spot_status st = note_question(n, input->obs, NULL);
    st = st == SPOT_OK ? spot_brain_infer(&n->brain, n->state, input, chunk, diag) : st;
    if (st == SPOT_OK) {
        memcpy(n->chunk + at, chunk, notes_chunk_size(n) * sizeof(*chunk));
    }
    if (st == SPOT_OK && input->noise != NULL) {
        memcpy(n->noise + at, input->noise, notes_chunk_size(n) * sizeof(*chunk));
    }
    return st;
}

static spot_status remember(void *state, const float *obs, const float *command, spot_diag *diag)
{
    notes *n = state;
    const spot_status st = note_question(n, obs, command);
    return st == SPOT_OK ? spot_brain_remember(&n->brain, n->state, obs, command, diag) : st;
}

static spot_status forget(void *state, spot_diag *diag)
{
    notes *n = state;
    n->asked = 0;
    n->ticks = 0;
    return spot_brain_forget(&n->brain, n->state, diag);
}

static void end(void *state)
{
    notes *n = state;
    spot_brain_end(&n->brain, n->state);
}

spot_brain notes_noting(notes *n)
{
    static const spot_brain_ops ops = {.describe = describe,
                                       .begin = begin,
                                       .infer = infer,
                                       .remember = remember,
                                       .forget = forget,
                                       .end = end};
    return (spot_brain){.ops = &ops, .self = n};
}

/* ---- the brain that answers ---- */

static spot_status answer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    notes *n = state;
    (void)input;
    (void)diag;
    if (n->answered >= n->asked || n->is_memory[n->answered]) {
        return SPOT_E_STATE;
    }
    memcpy(chunk, n->chunk + (size_t)n->answered++ * notes_chunk_size(n),
           notes_chunk_size(n) * sizeof(*chunk));
    return SPOT_OK;
}

static spot_status pass_over(void *state, const float *obs, const float *command, spot_diag *diag)
{
    notes *n = state;
    (void)obs;
    (void)command;
    (void)diag;
    n->answered++;
    return SPOT_OK;
}

static spot_status from_the_start(void *state, spot_diag *diag)
{
    notes *n = state;
    (void)diag;
    n->answered = 0;
    return SPOT_OK;
}

spot_brain notes_answering(notes *n)
{
    static const spot_brain_ops ops = {
        .describe = describe, .infer = answer, .remember = pass_over, .forget = from_the_start};
    return (spot_brain){.ops = &ops, .self = n};
}

/* ---- life ---- */

bool notes_make(notes *n, const spot_brain *brain, const spoti_mujoco_world *world)
{
    const mjModel *m = world->model;
    const spot_world_dims *d = &world->task->info.dims;
    n->brain = *brain;
    n->world = world;
    if (spot_brain_describe(brain, &n->of, NULL) != SPOT_OK) {
        return false;
    }
    n->ticks_most = (int64_t)ceil(d->time_limit_s / d->tick_s) + 1;
    const size_t ticks = (size_t)n->ticks_most;
    const size_t chunk = notes_chunk_size(n);
    n->commands = calloc(ticks, sizeof(*n->commands));
    n->ctrl = calloc(ticks * (size_t)m->nu + 1, sizeof(double));
    n->applied = calloc(ticks * (size_t)m->nv, sizeof(double));
    n->end = calloc((size_t)m->nq + (size_t)m->nv, sizeof(double));
    n->is_memory = calloc(NOTES_ASKED_MOST, sizeof(bool));
    n->obs = calloc(NOTES_ASKED_MOST * (size_t)n->of.obs_dim, sizeof(float));
    n->command = calloc(NOTES_ASKED_MOST * (size_t)n->of.action_dim, sizeof(float));
    n->chunk = calloc(NOTES_ASKED_MOST * chunk, sizeof(float));
    n->noise = calloc(NOTES_ASKED_MOST * chunk, sizeof(float));
    return n->commands != NULL && n->ctrl != NULL && n->applied != NULL && n->end != NULL &&
           n->is_memory != NULL && n->obs != NULL && n->command != NULL && n->chunk != NULL &&
           n->noise != NULL;
}

void notes_free(notes *n)
{
    free(n->commands);
    free(n->ctrl);
    free(n->applied);
    free(n->end);
    free(n->is_memory);
    free(n->obs);
    free(n->command);
    free(n->chunk);
    free(n->noise);
}
