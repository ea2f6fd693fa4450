/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a simulator computes here: a few ticks of a task, hashed.
 *
 * Episodes depend on how the engine was built and on which variant of the C library's functions it calls on this CPU.
 * No version number says that; the first ticks of an episode do.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "lab/sim/task.h"

enum { PROBE_STEPS = 4 /* control periods */ };

/* The world at hand, and those that it steps together with, which rest. */
typedef struct probed {
    spot_world world;
    const spot_together *together; /* NULL = it goes by itself */
    bool *active;                  /* (together->n) this one alone */
} probed;

static spot_status reset(probed *p, spot_diag *diag)
{
    const uint64_t seed = 0;
    const spot_together *t = p->together;
    const spot_status st = t != NULL ? t->reset(t->ctx, &seed, 1, diag) : SPOT_OK;
    return st == SPOT_OK ? spot_world_reset(&p->world, seed) : st;
}

static spot_status step(probed *p, spot_diag *diag)
{
    const spot_together *t = p->together;
    const spot_status st = t != NULL ? t->step(t->ctx, p->active, t->n, diag) : SPOT_OK;
    return st == SPOT_OK ? spot_world_step(&p->world) : st;
}

/* One number that everything seen and sampled since the reset has a part in. */
static spot_status run(probed *p, float *obs, float *action, double *sample, uint64_t *hash,
                       spot_diag *diag)
{
    spot_world *world = &p->world;
    const spot_world_dims *d = &world->dims;
    double anchor[SPOT_ANCHOR_DIM_MAX] = {0.0};
    spot_status st = reset(p, diag);

    for (int i = 0; st == SPOT_OK && i < PROBE_STEPS; i++) {
        st = spot_world_observe(world, obs, anchor);
        *hash = spoti_hash(*hash, obs, (size_t)d->obs_dim * sizeof(*obs));
        st = st == SPOT_OK ? spot_world_act(world, action, anchor) : st;
        for (int k = 0; st == SPOT_OK && k < d->ticks_per_action; k++) {
            spot_outcome outcome = {.done = false};

            spot_world_outcome(world, &outcome);
            if (outcome.done || outcome.invalid) {
                return SPOT_OK;
            }
            st = step(p, diag);
        }
        world->ops->sample(world->self, sample);
        *hash = spoti_hash(*hash, sample, (size_t)d->sample_dim * sizeof(*sample));
    }
    return st;
}

spot_status spoti_task_probe(const spot_task *task, uint64_t *hash, spot_diag *diag)
{
    spot_variation variation;
    probed p = {.together = spoti_task_together(task)};
    spot_world *world = &p.world;
    const size_t n_active = p.together != NULL ? (size_t)p.together->n : 1;

    *hash = SPOTI_HASH_START;
    spot_variation_default(&variation);
    spot_status st = spot_task_make_world(task, &variation, world, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const size_t n_obs = (size_t)world->dims.obs_dim;
    const size_t n_action = (size_t)world->dims.action_dim;
    const size_t n_sample = (size_t)world->dims.sample_dim + 1;
    float *obs = spoti_calloc(NULL, n_obs + n_action, sizeof(*obs));
    double *sample = spoti_calloc(NULL, n_sample, sizeof(*sample));
    p.active = spoti_calloc(NULL, n_active, sizeof(*p.active));
    st = SPOT_E_NOMEM;
    if (obs != NULL && sample != NULL && p.active != NULL) {
        p.active[0] = true;
        st = run(&p, obs, obs + n_obs, sample, hash, diag);
    }
    spoti_free(NULL, p.active, n_active * sizeof(*p.active));
    spoti_free(NULL, obs, (n_obs + n_action) * sizeof(*obs));
    spoti_free(NULL, sample, n_sample * sizeof(*sample));
    spot_world_destroy(world);
    return st;
}
