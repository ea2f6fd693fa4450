/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Loading of flow-mixer weights.
 *
 * `visit_net` is the one list of the tensors. It runs three times: to check the file against the
 * configuration (so that no size is believed that the file does not back with data), to place the
 * arrays in memory (twice, see nn/arena.h), and to fill them.
 */
#include "runtime/policy/flow_mixer.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/nn/kernels.h"

typedef enum visit_mode { VISIT_CHECK, VISIT_PLACE, VISIT_FILL } visit_mode;

/* What a tensor must hold besides finite numbers. */
typedef enum value_rule { VALUE_ANY, VALUE_POSITIVE } value_rule;

typedef struct visitor {
    visit_mode mode;
    const spoti_safetensors *file;
    const char *path;
    spot_diag *diag;
    spot_status status; /* the first failure; later visits do nothing */
    /* CHECK */
    size_t n_found;
    size_t largest; /* elements */
    /* PLACE */
    spoti_arena *arena;
    /* FILL */
    float *scratch; /* (largest) */
} visitor;

static void refuse(visitor *v, const char *name, const char *what)
{
    v->status = spot_diag_set(v->diag, SPOT_E_FORMAT, "%s: tensor '%s': %s", v->path, name, what);
}

/* Checks presence and shape (rows x columns, or (columns) if rows is 0). */
static const spoti_tensor *find(visitor *v, const char *name, size_t rows, size_t columns)
{
    const spoti_tensor *t = spoti_safetensors_find(v->file, name);
    const size_t n_dim = rows > 0 ? 2 : 1;

    if (t == NULL) {
        refuse(v, name, "missing, expected by config.json");
        return NULL;
    }
    if (t->n_dim != n_dim || t->shape[n_dim - 1] != columns || (rows > 0 && t->shape[0] != rows)) {
        v->status = spot_diag_set(v->diag, SPOT_E_FORMAT,
                                  "%s: tensor '%s': shape does not fit config.json, expected "
                                  "%zu x %zu",
                                  v->path, name, rows > 0 ? rows : 1, columns);
        return NULL;
    }
    return t;
}

/* Does the work that CHECK and FILL share for one tensor. In FILL its values end up in scratch. */
static bool take_values(visitor *v, const char *name, size_t rows, size_t columns, value_rule rule)
{
    const spoti_tensor *t = find(v, name, rows, columns);

    if (t == NULL) {
        return false;
    }
    if (v->mode == VISIT_CHECK) {
        v->n_found++;
        v->largest = t->n_element > v->largest ? t->n_element : v->largest;
        return true;
    }
    spoti_tensor_to_f32(t, v->scratch);
    for (size_t i = 0; i < t->n_element; i++) {
        if (!isfinite(v->scratch[i]) || (rule == VALUE_POSITIVE && !(v->scratch[i] > 0.0F))) {
            refuse(v, name,
                   rule == VALUE_POSITIVE ? "expected finite values above 0"
                                          : "expected finite values");
            return false;
        }
    }
    return true;
}

/* A tensor that is kept as it is: rows x columns, or (columns) if rows is 0. */
static void visit_plain(visitor *v, const char *name, size_t rows, size_t columns, value_rule rule,
                        float **data)
{
    const size_t n = (rows > 0 ? rows : 1) * columns;

    if (v->status != SPOT_OK) {
        return;
    }
    if (v->mode == VISIT_PLACE) {
        *data = spoti_arena_take(v->arena, 1, n);
    } else if (take_values(v, name, rows, columns, rule) && v->mode == VISIT_FILL) {
        memcpy(*data, v->scratch, n * sizeof **data);
    }
}

/* A weight (n x (first->k + second->k)), packed as one layer or as two that share the inputs. */
static void visit_matrix(visitor *v, const char *name, spoti_mixer_linear *first,
                         spoti_mixer_linear *second)
{
    const size_t n = first->n;
    const size_t k = first->k + (second != NULL ? second->k : 0);

    if (v->status != SPOT_OK) {
        return;
    }
    if (v->mode == VISIT_PLACE) {
        first->packed = spoti_arena_take(v->arena, spoti_padded(n), first->k);
        if (second != NULL) {
            second->packed = spoti_arena_take(v->arena, spoti_padded(n), second->k);
        }
    } else if (take_values(v, name, n, k, VALUE_ANY) && v->mode == VISIT_FILL) {
        spoti_pack(v->scratch, k, n, first->k, first->packed);
        if (second != NULL) {
            spoti_pack(v->scratch + first->k, k, n, second->k, second->packed);
        }
    }
}

/* The layer `name`.weight (n x k) and, if it has one, `name`.bias (n). */
static void visit_linear(visitor *v, const char *name, bool has_bias, size_t n, size_t k,
                         spoti_mixer_linear *layer)
{
    char full[SPOTI_TENSOR_NAME_SIZE];

    layer->n = n;
    layer->k = k;
    (void)spoti_format(full, sizeof full, "%s.weight", name);
    visit_matrix(v, full, layer, NULL);
    if (has_bias) {
        (void)spoti_format(full, sizeof full, "%s.bias", name);
        visit_plain(v, full, 0, n, VALUE_ANY, &layer->bias);
    }
}

static void visit_block(visitor *v, const spoti_policy_config *config, int index,
                        spoti_mixer_block *block)
{
    const size_t c = (size_t)config->channels;
    const size_t t = (size_t)config->horizon;
    const size_t token = (size_t)config->token_hidden;
    const size_t hidden = (size_t)config->channel_hidden;
    const size_t time = (size_t)config->time_dim;
    char name[SPOTI_TENSOR_NAME_SIZE];

    (void)spoti_format(name, sizeof name, "blocks.%d.token_mlp.fc1.weight", index);
    visit_plain(v, name, token, t, VALUE_ANY, &block->token_w1);
    (void)spoti_format(name, sizeof name, "blocks.%d.token_mlp.fc2.weight", index);
    visit_plain(v, name, t, token, VALUE_ANY, &block->token_w2);
    (void)spoti_format(name, sizeof name, "blocks.%d.channel_mlp.fc1", index);
    visit_linear(v, name, false, hidden, c, &block->fc1);
    (void)spoti_format(name, sizeof name, "blocks.%d.channel_mlp.fc2", index);
    visit_linear(v, name, false, c, hidden, &block->fc2);
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln_token", index);
    visit_linear(v, name, true, 3 * c, time, &block->adaln_token);
    (void)spoti_format(name, sizeof name, "blocks.%d.adaln_channel", index);
    visit_linear(v, name, true, 3 * c, time, &block->adaln_channel);
}

/* The one list of all tensors of a flow mixer. */
static void visit_net(visitor *v, const spoti_policy_config *config, spoti_flow_mixer *net)
{
    const size_t a = (size_t)config->action_dim;
    const size_t d = (size_t)config->obs_dim;
    const size_t c = (size_t)config->channels;
    const size_t h = (size_t)config->horizon;
    const size_t time = (size_t)config->time_dim;

    net->in_x.n = net->in_obs.n = c;
    net->in_x.k = a;
    net->in_obs.k = d;
    visit_matrix(v, "in_proj.weight", &net->in_x, &net->in_obs);
    visit_plain(v, "in_proj.bias", 0, c, VALUE_ANY, &net->in_obs.bias);
    visit_linear(v, "time_fc1", true, time, time, &net->time_fc1);
    visit_linear(v, "time_fc2", true, time, time, &net->time_fc2);
    for (int i = 0; i < config->blocks; i++) {
        visit_block(v, config, i, &net->blocks[i]);
    }
    visit_linear(v, "final_adaln", true, 2 * c, time, &net->final_adaln);
    visit_linear(v, "out_proj", true, a, c, &net->out_proj);
    visit_plain(v, "normalize.obs.mean", 0, d, VALUE_ANY, &net->obs_mean);
    visit_plain(v, "normalize.obs.std", 0, d, VALUE_POSITIVE, &net->obs_std);
    visit_plain(v, "unnormalize.action.mean", h, a, VALUE_ANY, &net->action_mean);
    visit_plain(v, "unnormalize.action.std", h, a, VALUE_POSITIVE, &net->action_std);
}

/* Refuses a file with tensors that the architecture does not have. */
static spot_status check_file(visitor *v, spot_policy *policy)
{
    size_t n_element = 0;

    v->mode = VISIT_CHECK;
    visit_net(v, &policy->config, &policy->net);
    if (v->status != SPOT_OK) {
        return v->status;
    }
    if (v->n_found != v->file->n_tensor) {
        return spot_diag_set(v->diag, SPOT_E_FORMAT,
                             "%s: %zu tensors, expected the %zu that config.json asks for", v->path,
                             v->file->n_tensor, v->n_found);
    }
    for (size_t i = 0; i < v->file->n_tensor; i++) {
        n_element += v->file->tensors[i].n_element;
    }
    /* Normalisation is no weight. */
    policy->info.n_params = (int64_t)n_element - 2 * (int64_t)policy->config.obs_dim -
                            2 * (int64_t)policy->config.horizon * policy->config.action_dim;
    return SPOT_OK;
}

spot_status spoti_flow_mixer_load(spot_policy *policy, const spoti_safetensors *file,
                                  const char *path, spot_diag *diag)
{
    visitor v = {.file = file, .path = path, .diag = diag, .arena = &policy->arena};
    spot_status st = check_file(&v, policy);

    if (st != SPOT_OK) {
        return st;
    }

    /* Measure, then assign. */
    v.mode = VISIT_PLACE;
    visit_net(&v, &policy->config, &policy->net);
    if (!spoti_arena_alloc(&policy->arena, policy->allocator)) {
        return SPOT_E_NOMEM;
    }
    visit_net(&v, &policy->config, &policy->net);

    v.mode = VISIT_FILL;
    v.scratch = spoti_alloc(policy->allocator, v.largest, sizeof *v.scratch);
    if (v.scratch == NULL) {
        return SPOT_E_NOMEM;
    }
    visit_net(&v, &policy->config, &policy->net);
    spoti_free(policy->allocator, v.scratch, v.largest * sizeof *v.scratch);
    return v.status;
}
