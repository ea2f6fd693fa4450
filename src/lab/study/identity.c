/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What makes two runs the same: the compiled model, and what the brain says it is. */
#include <inttypes.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/scene.h"
#include "lab/study/study.h"

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

spot_status spoti_identify(const spot_task *task, const spot_brain *brain,
                           char identity[SPOTI_IDENTITY_SIZE], spot_diag *diag)
{
    uint64_t model = SPOTI_HASH_START;
    char text[SPOT_BRAIN_IDENTITY_SIZE];
    spot_diag why = {""};
    spot_status st = hash_model(task->model, &model);
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_brain_identify(brain, text, &why);
    if (st != SPOT_OK) {
        return spot_diag_set(diag, st, "the policy does not answer: %s",
                             why.text[0] != '\0' ? why.text : spot_status_str(st));
    }
    (void)spoti_format(identity, SPOTI_IDENTITY_SIZE, "model=%016" PRIx64 " %s", model, text);
    return SPOT_OK;
}
