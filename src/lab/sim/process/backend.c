/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The process backend behind the table of tasks. */
#include "lab/sim/process/backend.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/sim/process/draw.h"
#include "lab/sim/process/trial.h"
#include "lab/sim/process/world.h"

static spot_engine engine(void)
{
    return (spot_engine){.name = "process", .version = "1"}; /* the task says which simulator */
}

static const spot_task_info *info(const void *self)
{
    return &((const spoti_process_scene *)self)->info;
}

/* All that a worker says of itself, versions and assets included, and what we make of it. */
static spot_status identify(const void *self, char text[SPOTI_TASK_IDENTITY_SIZE])
{
    const spoti_process_scene *s = self;
    const spot_world_dims *d = &s->info.dims;
    uint64_t hash = s->hello.hash;

    for (unsigned i = 0; i < s->file->command_count; i++) {
        hash = spoti_hash(hash, s->argv[i], strlen(s->argv[i]) + 1);
    }
    hash = spoti_hash(hash, s->rest, (size_t)d->action_dim * sizeof(s->rest[0]));
    hash = spoti_hash(hash, &s->hold, sizeof(s->hold));
    hash = spoti_hash(hash, &s->file->rule, sizeof(s->file->rule));
    hash = spoti_hash(hash, &s->file->least, sizeof(s->file->least));
    hash = spoti_hash(hash, &d->tick_s, sizeof(d->tick_s));
    hash = spoti_hash(hash, &d->ticks_per_action, sizeof(d->ticks_per_action));
    hash = spoti_hash(hash, &d->time_limit_s, sizeof(d->time_limit_s));
    (void)spoti_format(text, SPOTI_TASK_IDENTITY_SIZE, "world=%016" PRIx64, hash);
    return SPOT_OK;
}

static spot_status make_world(const void *self, const spot_variation *variation, spot_world *out,
                              spot_diag *diag)
{
    return spoti_process_make_world(self, variation, out, diag);
}

static spot_status trial(const void *self, spot_trial *out, spot_diag *diag)
{
    return spoti_process_try(self, out, diag);
}

static void repeats(const void *self, char text[SPOT_REPEATS_SIZE])
{
    spoti_process_repeats(self, text);
}

static spot_status load(const char *path, const spot_allocator *allocator, void **self,
                        spot_diag *diag)
{
    spoti_process_scene *scene = NULL;
    spot_status st = spoti_process_scene_load(path, allocator, &scene, diag);
    *self = scene;
    return st;
}

static void destroy(void *self)
{
    spoti_process_scene_destroy(self);
}

static const spoti_task_ops ops = {.info = info,
                                   .make_world = make_world,
                                   .identify = identify,
                                   .trial = trial,
                                   .trial_is_slow = true,
                                   .repeats = repeats,
                                   .draw = &spoti_process_draw,
                                   .destroy = destroy};

const spoti_backend spoti_process_backend = {
    .name = "process", .engine = engine, .ops = &ops, .load = load};
