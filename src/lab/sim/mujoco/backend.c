/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The MuJoCo backend behind the table of tasks. */
#include "lab/sim/mujoco/backend.h"

#include <inttypes.h>
#include <limits.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/sim/mujoco/draw.h"
#include "lab/sim/mujoco/expert.h"
#include "lab/sim/mujoco/model_text.h"
#include "lab/sim/mujoco/scene.h"
#include "lab/sim/mujoco/trial.h"
#include "lab/sim/mujoco/world.h"

static spot_engine engine(void)
{
    return (spot_engine){.name = "MuJoCo", .version = mj_versionString()};
}

static const spot_task_info *info(const void *self)
{
    return &((const spoti_scene *)self)->info;
}

/* The compiled model, whatever files it was made of. */
static spot_status identify(const void *self, char text[SPOTI_TASK_IDENTITY_SIZE])
{
    const mjModel *model = ((const spoti_scene *)self)->model;
    const int64_t size = mj_sizeModel(model);
    if (size <= 0 || size > INT_MAX) { /* what MuJoCo 2 can say; compile.c allows no larger one */
        return SPOT_E_INTERNAL;
    }
    void *buffer = spoti_calloc(NULL, (size_t)size, 1);
    if (buffer == NULL) {
        return SPOT_E_NOMEM;
    }
    mj_saveModel(model, NULL, buffer, (int)size);
    (void)spoti_format(text, SPOTI_TASK_IDENTITY_SIZE, "model=%016" PRIx64,
                       spoti_hash(SPOTI_HASH_START, buffer, (size_t)size));
    spoti_free(NULL, buffer, (size_t)size);
    return SPOT_OK;
}

static spot_status model_text(const void *self, const spot_allocator *allocator, char **out,
                              spot_diag *diag)
{
    return spoti_model_text((const spoti_scene *)self, allocator, out, diag);
}

static spot_status make_world(const void *self, const spot_variation *variation, spot_world *out,
                              spot_diag *diag)
{
    return spoti_mujoco_make_world((const spoti_scene *)self, variation, out, diag);
}

static spot_status trial(const void *self, spot_trial *out, spot_diag *diag)
{
    return spoti_mujoco_try((const spoti_scene *)self, out, diag);
}

static spot_status load(const char *path, const spot_allocator *allocator, void **self,
                        spot_diag *diag)
{
    spoti_scene *scene = NULL;
    spot_status st = spoti_scene_load(path, allocator, &scene, diag);
    *self = scene;
    return st;
}

static void destroy(void *self)
{
    spoti_scene_destroy((spoti_scene *)self);
}

static const spoti_task_ops ops = {.info = info,
                                   .make_world = make_world,
                                   .identify = identify,
                                   .model_text = model_text,
                                   .trial = trial,
                                   .draw = &spoti_mujoco_draw,
                                   .expert = &spoti_mujoco_expert,
                                   .destroy = destroy};

const spoti_backend spoti_mujoco_backend = {
    .name = "mujoco", .engine = engine, .ops = &ops, .load = load};
