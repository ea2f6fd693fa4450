/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* config.json of a transformer: its sampler, its observation tokens, its past. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "runtime/policy/config_read.h"

static const struct sampler_name {
    const char *sampler, *prediction;
    spoti_prediction value;
} SAMPLERS[] = {
    {"flow", "velocity", SPOTI_PREDICTION_VELOCITY},
    {"ddim", "sample", SPOTI_PREDICTION_SAMPLE},
    {"ddim", "epsilon", SPOTI_PREDICTION_EPSILON},
};

static spot_status read_sampler(const spoti_config_reader *r, spoti_policy_config *out)
{
    const char *sampler = json_string_value(json_object_get(r->root, "sampler"));
    const char *prediction = json_string_value(json_object_get(r->root, "prediction"));
    bool known = false;

    for (size_t i = 0; i < sizeof SAMPLERS / sizeof SAMPLERS[0] && sampler != NULL; i++) {
        if (strcmp(sampler, SAMPLERS[i].sampler) != 0) {
            continue;
        }
        known = true;
        if (prediction != NULL && strcmp(prediction, SAMPLERS[i].prediction) == 0) {
            out->prediction = SAMPLERS[i].value;
            return SPOT_OK;
        }
    }
    return known ? spoti_config_refuse(r, "prediction",
                                       "velocity with flow, sample or epsilon with ddim")
                 : spoti_config_refuse(r, "sampler", "flow or ddim");
}

static spot_status read_obs_groups(const spoti_config_reader *r, spoti_policy_config *out)
{
    const json_t *groups = json_object_get(r->root, "obs_groups");
    const size_t n = json_array_size(groups);
    long long sum = 0;

    if (n > SPOTI_OBS_GROUPS_MAX) {
        return spoti_config_refuse(r, "obs_groups", "at most 64 sizes");
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *size = json_array_get(groups, i);

        if (!json_is_integer(size) || json_integer_value(size) < 1 ||
            json_integer_value(size) > SPOTI_CONFIG_OBS_MAX) {
            return spoti_config_refuse(r, "obs_groups", "sizes that are whole numbers from 1 on");
        }
        out->obs_groups[i] = (int)json_integer_value(size);
        sum += out->obs_groups[i];
    }
    out->n_obs_group = (int)n;
    if (sum != out->obs_dim) {
        return spoti_config_refuse(r, "obs_groups", "sizes that add up to observation.state");
    }
    return SPOT_OK;
}

/* Reads {"frames": F, "commands": M}, which may be missing. */
static spot_status read_history(const spoti_config_reader *r, spoti_policy_config *out)
{
    const json_t *history = json_object_get(r->root, "history");
    const char *const keys[] = {"frames", "commands"};
    int *const sizes[] = {&out->history_frames, &out->history_commands};

    if (history == NULL) {
        return SPOT_OK;
    }
    if (json_object_size(history) != 2) { /* 0 for what is no object */
        return spoti_config_refuse(r, "history", "{\"frames\": 1..1024, \"commands\": 1..1024}");
    }
    for (int i = 0; i < 2; i++) {
        const json_t *size = json_object_get(history, keys[i]);

        if (size == NULL) {
            return spoti_config_refuse(r, "history",
                                       "{\"frames\": 1..1024, \"commands\": 1..1024}");
        }
        if (!json_is_integer(size) || json_integer_value(size) < 1 ||
            json_integer_value(size) > SPOTI_HISTORY_MAX) {
            return spoti_config_refuse_value(r, keys[i], size, "a whole number 1..1024");
        }
        *sizes[i] = (int)json_integer_value(size);
    }
    return SPOT_OK;
}

spot_status spoti_config_read_dit(const spoti_config_reader *r, spoti_policy_config *out)
{
    spot_status st = read_obs_groups(r, out);

    if (st == SPOT_OK) {
        st = read_sampler(r, out);
    }
    if (st == SPOT_OK) {
        st = read_history(r, out);
    }
    if (st == SPOT_OK && out->channels % out->heads != 0) {
        char expected[48];
        (void)snprintf(expected, sizeof(expected), "a divisor of width, %d", out->channels);
        st = spoti_config_refuse(r, "heads", expected);
    }
    return st;
}
