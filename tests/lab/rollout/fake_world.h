/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A world whose every figure is known in advance, and a brain to go with it.
 *
 * The end effector moves FAKE_STEP_M along x at every tick. The task is done, with success, when the
 * last of `actions_wanted` actions has had its control period. Everything it is asked is noted.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <string.h>

#include "spot/rng.h"
#include "spot/rollout.h"

enum {
    FAKE_OBS = 3,
    FAKE_ACTION = 2,
    FAKE_ANCHOR = 1,
    FAKE_SAMPLE = 4,
    FAKE_HORIZON = 16,
    FAKE_T_ACT = 10, /* ticks */
    FAKE_LOG = 512
};

static const double FAKE_TICK_S = 0.01;
static const double FAKE_STEP_M = 0.001;

typedef struct fake_world {
    int actions_wanted; /* success after that many */
    int fail_step_at;   /* tick at which step reports E_INTERNAL; 0 = never */
    bool spoils;        /* the end is a failure */
    int break_at;       /* tick from which on the episode of fail_seed is invalid; 0 = never */
    uint64_t fail_seed; /* only for this seed */
    int n_many;         /* calls of step_many since the reset */
    uint64_t seed;
    double start; /* drawn at reset */
    int64_t tick, done_at;
    int n_actions, n_observed;
    float acted[FAKE_LOG][FAKE_ACTION];
    double anchors[FAKE_LOG];
    double acted_at[FAKE_LOG]; /* ticks */
    float noise_sum[FAKE_LOG]; /* filled by the brain: what inference i drew */
} fake_world;

static spot_status fake_reset(void *self, uint64_t seed)
{
    fake_world *w = self;
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_RESET, 0);
    w->seed = seed;
    w->start = spot_rng_uniform(&rng, -1.0, 1.0);
    w->tick = 0;
    w->done_at = -1;
    w->n_actions = 0;
    w->n_observed = 0;
    w->n_many = 0;
    return SPOT_OK;
}

static spot_status fake_observe(void *self, float *obs, double *anchor)
{
    fake_world *w = self;
    obs[0] = (float)w->tick;
    obs[1] = (float)w->start;
    obs[2] = 1.0F;
    anchor[0] = (double)w->tick;
    w->n_observed++;
    return SPOT_OK;
}

static spot_status fake_act(void *self, const float *action, const double *anchor)
{
    fake_world *w = self;
    if (w->n_actions < FAKE_LOG) {
        memcpy(w->acted[w->n_actions], action, sizeof(w->acted[0]));
        w->anchors[w->n_actions] = anchor[0];
        w->acted_at[w->n_actions] = (double)w->tick;
    }
    w->n_actions++;
    if (w->n_actions == w->actions_wanted) {
        w->done_at = w->tick + FAKE_T_ACT; /* the last one gets its full period */
    }
    return SPOT_OK;
}

static spot_status fake_step(void *self)
{
    fake_world *w = self;
    w->tick++;
    return w->fail_step_at > 0 && w->tick == w->fail_step_at && w->seed == w->fail_seed
               ? SPOT_E_INTERNAL
               : SPOT_OK;
}

static void fake_outcome(const void *self, spot_outcome *outcome)
{
    const fake_world *w = self;
    outcome->done = w->done_at >= 0 && w->tick >= w->done_at;
    outcome->success = outcome->done && !w->spoils;
    outcome->grade = outcome->done ? 2 : 1;
    outcome->grade_max = 2;
    outcome->time_s = (double)w->tick * FAKE_TICK_S;
    outcome->invalid = w->break_at > 0 && w->tick >= w->break_at && w->seed == w->fail_seed;
    outcome->fault = outcome->invalid ? "it broke off" : NULL;
    outcome->done = outcome->done || outcome->invalid;
}

static spot_status fake_step_many(void *self, int64_t most, int64_t *done)
{
    fake_world *w = self;
    spot_outcome outcome = {.done = false};
    spot_status st = SPOT_OK;
    w->n_many++;
    for (*done = 0; st == SPOT_OK && *done < most && !outcome.done; (*done)++) {
        st = fake_step(self);
        fake_outcome(self, &outcome);
    }
    return st;
}

static void fake_sample(const void *self, double *row)
{
    const fake_world *w = self;
    row[0] = (double)w->tick * FAKE_STEP_M;
    row[1] = 0.25;
    row[2] = -0.5;
    row[3] = (double)w->tick;
}

static const spot_world_ops FAKE_OPS = {
    .kind = "fake",
    .reset = fake_reset,
    .observe = fake_observe,
    .act = fake_act,
    .step = fake_step,
    .outcome = fake_outcome,
    .sample = fake_sample,
};

static const spot_world_ops FAKE_MANY_OPS = {
    .kind = "fake",
    .reset = fake_reset,
    .observe = fake_observe,
    .act = fake_act,
    .step = fake_step,
    .step_many = fake_step_many,
    .outcome = fake_outcome,
    .sample = fake_sample,
};

static spot_world make_fake(fake_world *self, int actions_wanted)
{
    memset(self, 0, sizeof(*self));
    self->actions_wanted = actions_wanted;
    return (spot_world){.ops = &FAKE_OPS,
                        .self = self,
                        .dims = {.obs_dim = FAKE_OBS,
                                 .action_dim = FAKE_ACTION,
                                 .anchor_dim = FAKE_ANCHOR,
                                 .sample_dim = FAKE_SAMPLE,
                                 .tick_s = FAKE_TICK_S,
                                 .ticks_per_action = FAKE_T_ACT,
                                 .horizon = FAKE_HORIZON,
                                 .n_execute = 8,
                                 .time_limit_s = 20.0}};
}

static void fake_describe(const void *self, spot_brain_info *info)
{
    (void)self;
    info->obs_dim = FAKE_OBS;
    info->action_dim = FAKE_ACTION;
    info->horizon = FAKE_HORIZON;
    info->default_steps = 1;
    info->takes_noise = true;
}

/* Each action carries the tick of its observation and its place in the chunk. state: fake_world or
 * NULL, to note the noise. */
static spot_status fake_infer(void *state, const spot_brain_input *input, float *chunk,
                              spot_diag *diag)
{
    fake_world *w = state;
    float sum = 0.0F;
    (void)diag;
    for (int j = 0; j < FAKE_HORIZON; j++) {
        chunk[j * FAKE_ACTION] = input->obs[0];
        chunk[j * FAKE_ACTION + 1] = (float)j;
        sum += input->noise[j * FAKE_ACTION] + input->noise[j * FAKE_ACTION + 1];
    }
    if (w != NULL && w->n_observed <= FAKE_LOG) {
        w->noise_sum[w->n_observed - 1] = sum;
    }
    return SPOT_OK;
}

static const spot_brain_ops FAKE_BRAIN_OPS = {.describe = fake_describe, .infer = fake_infer};

static inline spot_brain make_fake_brain(fake_world *notes)
{
    return (spot_brain){.ops = &FAKE_BRAIN_OPS, .self = notes};
}

#endif
