/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What makes two runs the same: the compiled model, the policy by what it answers, the kernels.
 *
 * A policy is known here only through its session, so it is asked: all weights and the kernels take
 * part in the answer to one fixed observation, and a change of either changes its bytes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/scene.h"
#include "lab/study/study.h"
#include "spot/rng.h"

static spot_status hash_model(const mjModel *model, uint64_t *hash)
{
    int size = mj_sizeModel(model);
    if (size <= 0) {
        return SPOT_E_INTERNAL;
    }
    void *buffer = spoti_calloc(NULL, (size_t)size, 1);
    if (buffer == NULL) {
        return SPOT_E_NOMEM;
    }
    mj_saveModel(model, NULL, buffer, size);
    *hash = spoti_hash(*hash, buffer, (size_t)size);
    spoti_free(NULL, buffer, (size_t)size);
    return SPOT_OK;
}

/* Asks the policy about one observation. */
static spot_status hash_answer(const spot_policy_info *info, spot_session *session, uint64_t *hash)
{
    size_t n_obs = (size_t)info->obs_dim;
    size_t n_chunk = (size_t)info->horizon * (size_t)info->action_dim;
    float *buffer = (float *)spoti_calloc(NULL, n_obs + 2 * n_chunk, sizeof(*buffer));
    if (buffer == NULL) {
        return SPOT_E_NOMEM;
    }
    float *noise = buffer + n_obs;
    float *chunk = noise + n_chunk;
    spot_rng rng = spot_rng_at(0, SPOT_STREAM_POLICY, 0);
    spot_rng_fill_normal(&rng, buffer, (int)(n_obs + n_chunk));
    spot_status st = spot_session_infer(session, 1, buffer, noise, chunk);
    *hash = spoti_hash(*hash, chunk, n_chunk * sizeof(*chunk));
    spoti_free(NULL, buffer, (n_obs + 2 * n_chunk) * sizeof(*buffer));
    return st;
}

spot_status spoti_identify(const spot_task *task, const spot_policy *policy,
                           char identity[SPOTI_IDENTITY_SIZE], spot_diag *diag)
{
    uint64_t model = SPOTI_HASH_START;
    uint64_t answer = SPOTI_HASH_START;
    spot_session *session = NULL;
    spot_session_config config;
    spot_status st = hash_model(task->model, &model);
    if (st != SPOT_OK) {
        return st;
    }
    spot_session_config_default(&config);
    st = spot_session_create(policy, &config, &session);
    if (st == SPOT_OK) {
        st = hash_answer(spot_policy_describe(policy), session, &answer);
    }
    if (st == SPOT_OK) {
        (void)spoti_format(identity, SPOTI_IDENTITY_SIZE,
                           "model=%016" PRIx64 " policy=%016" PRIx64 " kernels=%s", model, answer,
                           spot_session_kernels(session));
    } else {
        (void)spot_diag_set(diag, st, "the policy does not answer: %s", spot_status_str(st));
    }
    spot_session_destroy(session);
    return st;
}
