/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What holds for every brain: a table that can be called, a point whose knobs it has, and an identity.
 *
 * A brain may be known through its answers alone, so it is asked: everything that decides a chunk takes part
 * in the answer to one fixed observation, and a change of it changes the bytes.
 */
#include "runtime/brain/brain.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "spot/rng.h"

static bool is_dim(int x)
{
    return x >= 1 && x <= SPOT_BRAIN_DIM_MAX;
}

static bool is_whole(const spot_brain *brain)
{
    return brain != NULL && brain->ops != NULL && brain->ops->describe != NULL &&
           brain->ops->infer != NULL && (brain->ops->begin == NULL || brain->ops->end != NULL);
}

spot_status spot_brain_describe(const spot_brain *brain, spot_brain_info *info, spot_diag *diag)
{
    if (info == NULL || !is_whole(brain)) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "the brain's table lacks describe, infer or end");
    }
    memset(info, 0, sizeof(*info));
    brain->ops->describe(brain->self, info);
    if (!is_dim(info->obs_dim) || !is_dim(info->action_dim) || !is_dim(info->horizon) ||
        (int64_t)info->action_dim * info->horizon > SPOT_BRAIN_DIM_MAX) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "the brain takes %d observations and gives %d actions of %d, expected "
                             "1..%d each and of action numbers in all",
                             info->obs_dim, info->horizon, info->action_dim, SPOT_BRAIN_DIM_MAX);
    }
    if (info->default_steps < 1 || info->default_steps > SPOT_POINT_STEPS_MAX) {
        return spot_diag_set(diag, SPOT_E_INVALID, "the brain has %d steps, expected 1..%d",
                             info->default_steps, SPOT_POINT_STEPS_MAX);
    }
    if (info->remembers && brain->ops->remember == NULL) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "the brain remembers, but its table lacks remember");
    }
    return SPOT_OK;
}

bool spot_brain_turns(const spot_brain_info *info, const char *knob)
{
    const char *words = info->knobs;
    const size_t length = strlen(knob);
    for (const char *at = words != NULL ? strstr(words, knob) : NULL; at != NULL;
         at = strstr(at + length, knob)) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* A knob that a brain does not have would be turned without any effect, and be judged as if it had one. */
static spot_status check_knobs(const spot_brain_info *info, const spot_point *point,
                               spot_diag *diag)
{
    spot_point plain = *point;
    plain.steps =
        plain.steps == info->default_steps ? 0 : plain.steps; /* the default, by its number */
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *knob = spot_knob_at(i);
        if (knob->in_inference && !spot_knob_is_baseline(i, &plain) &&
            !spot_brain_turns(info, knob->name)) {
            char value[SPOT_KNOB_VALUE_SIZE];
            spot_knob_value(i, point, value);
            return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                                 "%s: %s, expected %s: this brain has no such knob", knob->name,
                                 value, knob->baseline);
        }
    }
    return SPOT_OK;
}

void spot_brain_config_default(spot_brain_config *config)
{
    if (config != NULL) {
        *config = (spot_brain_config){.size = sizeof(*config)};
    }
}

spot_status spot_brain_begin(const spot_brain *brain, const spot_brain_config *config, void **state,
                             spot_diag *diag)
{
    spot_brain_info info = {.type = ""};
    if (state == NULL) {
        return SPOT_E_INVALID;
    }
    *state = NULL;
    if (SPOTI_CONFIG_CHECK(spot_brain_config, config, diag) != SPOT_OK || config->point == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spot_brain_describe(brain, &info, diag);
    if (st == SPOT_OK) {
        st = check_knobs(&info, config->point, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (brain->ops->begin == NULL) {
        *state = brain->self;
        return SPOT_OK;
    }
    st = brain->ops->begin(brain->self, config, state, diag);
    if (st != SPOT_OK) {
        *state = NULL;
    }
    return st;
}

void spot_brain_end(const spot_brain *brain, void *state)
{
    if (brain->ops->begin != NULL) {
        brain->ops->end(state);
    }
}

spot_status spot_brain_cost(const spot_brain *brain, void *state, spot_inference_cost *cost,
                            spot_diag *diag)
{
    if (!is_whole(brain) || cost == NULL) {
        return SPOT_E_INVALID;
    }
    *cost = (spot_inference_cost){0};
    return brain->ops->cost != NULL
               ? brain->ops->cost(state, cost, diag)
               : spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                               "the brain does not say what an inference costs");
}

/* Continues *hash with the chunk that `state` infers from one fixed observation and noise. */
static spot_status answer_of(const spot_brain *brain, void *state, uint64_t *hash, spot_diag *diag)
{
    spot_brain_info info = {.type = ""};
    spot_status st = spot_brain_describe(brain, &info, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const size_t n_obs = (size_t)info.obs_dim;
    const size_t n_chunk = (size_t)info.horizon * (size_t)info.action_dim;
    float *buffer = (float *)spoti_calloc(NULL, n_obs + 2 * n_chunk, sizeof(*buffer));
    if (buffer == NULL) {
        return SPOT_E_NOMEM;
    }
    float *noise = buffer + n_obs;
    float *chunk = noise + n_chunk;
    spot_rng rng = spot_rng_at(0, SPOT_STREAM_POLICY, 0);
    spot_rng_fill_normal(&rng, buffer, (int)(n_obs + n_chunk));
    st = spot_brain_infer(
        brain, state, &(spot_brain_input){.obs = buffer, .noise = info.takes_noise ? noise : NULL},
        chunk, diag);
    *hash = spoti_hash(*hash, chunk, n_chunk * sizeof(*chunk));
    spoti_free(NULL, buffer, (n_obs + 2 * n_chunk) * sizeof(*buffer));
    return st;
}

spot_status spot_brain_identify(const spot_brain *brain, char text[SPOT_BRAIN_IDENTITY_SIZE],
                                spot_diag *diag)
{
    text[0] = '\0';
    if (is_whole(brain) && brain->ops->identify != NULL) {
        return brain->ops->identify(brain->self, text, diag);
    }
    spot_point point;
    void *state = NULL;
    uint64_t answer = SPOTI_HASH_START;
    spot_point_default(&point);
    spot_status st = spot_brain_begin(
        brain, &(spot_brain_config){.size = sizeof(spot_brain_config), .point = &point}, &state,
        diag);
    if (st == SPOT_OK) {
        st = spot_brain_forget(brain, state, diag);
        st = st == SPOT_OK ? answer_of(brain, state, &answer, diag) : st;
        spot_brain_end(brain, state);
    }
    if (st == SPOT_OK) {
        (void)spoti_format(text, SPOT_BRAIN_IDENTITY_SIZE, "policy=%016" PRIx64, answer);
    }
    return st;
}

void spot_brain_close(spot_brain *brain)
{
    if (brain != NULL && brain->ops != NULL) {
        if (brain->ops->close != NULL) {
            brain->ops->close(brain->self);
        }
        memset(brain, 0, sizeof(*brain));
    }
}
