/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The planar backend behind the table of tasks. */
#include "lab/sim/planar/backend.h"

#include <inttypes.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/sim/planar/draw.h"
#include "lab/sim/planar/planner.h"
#include "lab/sim/planar/trial.h"
#include "lab/sim/planar/world.h"

static const spot_task_info *info(const void *self)
{
    return &((const spoti_planar_scene *)self)->info;
}

/* The level's bytes, and all that the task file says of episodes. */
static spot_status identify(const void *self, char text[SPOTI_TASK_IDENTITY_SIZE])
{
    const spoti_planar_scene *s = self;
    const int numbers[] = {(int)s->solve, s->frame_skip, s->slices, s->steps};
    const double noises[] = {s->action_noise, s->start_noise_m};
    uint64_t hash = spoti_hash(s->hash, numbers, sizeof(numbers));

    hash = spoti_hash(hash, noises, sizeof(noises));
    (void)spoti_format(text, SPOTI_TASK_IDENTITY_SIZE, "level=%016" PRIx64, hash);
    return SPOT_OK;
}

static spot_status make_world(const void *self, const spot_variation *variation, spot_world *out,
                              spot_diag *diag)
{
    return spoti_planar_make_world(self, variation, out, diag);
}

static spot_status trial(const void *self, spot_trial *out, spot_diag *diag)
{
    (void)diag;
    return spoti_planar_try(self, out);
}

static spot_status load(const char *path, const spot_allocator *allocator, void **self,
                        spot_diag *diag)
{
    spoti_planar_scene *scene = NULL;
    const spot_status st = spoti_planar_scene_load(path, allocator, &scene, diag);
    *self = scene;
    return st;
}

static void destroy(void *self)
{
    spoti_planar_scene_destroy(self);
}

static const spoti_task_ops ops = {.info = info,
                                   .make_world = make_world,
                                   .identify = identify,
                                   .trial = trial,
                                   .draw = &spoti_planar_draw,
                                   .expert = &spoti_planar_expert,
                                   .destroy = destroy};

const spoti_backend spoti_planar_backend = {.name = "planar",
                                            .suffix = SPOTI_PLANAR_SUFFIX,
                                            .engine = spoti_planar_engine,
                                            .ops = &ops,
                                            .load = load};
