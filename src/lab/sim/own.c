/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A task whose worlds the caller makes. */
#include "spot/task_own.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "lab/sim/task.h"

enum { IDENTITY_MAX = 48, DIM_MAX = 1 << 16 };

typedef struct own {
    spot_own_task_config config;
    spot_task_info info;
    spot_together together;
    char *texts[7]; /* that info points into, in the order of copy_texts; NULL = not said */
    char **names;   /* (sample_dim) */
} own;

/* ---- the table ---- */

static const spot_task_info *info(const void *self)
{
    return &((const own *)self)->info;
}

static spot_status make_world(const void *self, const spot_variation *variation, spot_world *out,
                              spot_diag *diag)
{
    const own *o = self;
    const spot_status st = o->config.make_world(o->config.ctx, variation, out, diag);
    if (st == SPOT_OK) {
        out->dims = o->info.dims;
        out->sample_names = o->info.sample_names;
        out->instruction = o->info.instruction;
    }
    return st;
}

static spot_status identify(const void *self, char text[SPOTI_TASK_IDENTITY_SIZE])
{
    (void)spoti_format(text, SPOTI_TASK_IDENTITY_SIZE, "own=%s", ((const own *)self)->texts[1]);
    return SPOT_OK;
}

static const spot_together *together(const void *self)
{
    const own *o = self;
    return o->config.together != NULL ? &o->together : NULL;
}

static void repeats(const void *self, char text[SPOT_REPEATS_SIZE])
{
    (void)self;
    (void)spoti_copy(text, SPOT_REPEATS_SIZE, "not known: the worlds are the program's own");
}

static void destroy(void *self)
{
    own *o = self;
    const spot_allocator *allocator = o->config.allocator;
    const size_t n = (size_t)o->info.dims.sample_dim;
    for (size_t i = 0; i < sizeof(o->texts) / sizeof(o->texts[0]); i++) {
        spoti_strfree(allocator, o->texts[i]);
    }
    for (size_t i = 0; o->names != NULL && i < n; i++) {
        spoti_strfree(allocator, o->names[i]);
    }
    spoti_free(allocator, o->names, n * sizeof(*o->names));
    spoti_free(allocator, o, sizeof(*o));
}

static const spoti_task_ops OPS = {.info = info,
                                   .make_world = make_world,
                                   .identify = identify,
                                   .together = together,
                                   .repeats = repeats,
                                   .destroy = destroy};

/* ---- making ---- */

void spot_own_task_config_default(spot_own_task_config *config)
{
    if (config != NULL) {
        *config = (spot_own_task_config){.size = sizeof(*config),
                                         .description = "",
                                         .charge_as = "self",
                                         .engine = "own",
                                         .engine_version = "0"};
    }
}

static spot_status check(const spot_own_task_config *c, spot_diag *diag)
{
    const spot_world_dims *d = &c->dims;
    if (c->name == NULL || c->identity == NULL || c->description == NULL || c->charge_as == NULL ||
        c->engine == NULL || c->engine_version == NULL || c->make_world == NULL ||
        c->name[0] == '\0') {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "a task without name, identity or make_world, expected all three");
    }
    const size_t length = strlen(c->identity);
    if (length < 1 || length > IDENTITY_MAX || strpbrk(c->identity, " =\t\n") != NULL) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "identity '%.64s', expected one word of 1..%d bytes", c->identity,
                             IDENTITY_MAX);
    }
    if (d->obs_dim < 1 || d->obs_dim > DIM_MAX || d->action_dim < 1 || d->action_dim > DIM_MAX ||
        d->anchor_dim < 0 || d->anchor_dim > SPOT_ANCHOR_DIM_MAX || d->sample_dim < 0 ||
        d->sample_dim > DIM_MAX || d->state_dim < 0 ||
        (d->sample_dim > 0 && c->sample_names == NULL)) {
        return spot_diag_set(
            diag, SPOT_E_RANGE,
            "dimensions of %d observations, %d actions, an anchor of %d, a sample of "
            "%d, expected 1..%d of the first two, anchors of 0..%d, names of samples",
            d->obs_dim, d->action_dim, d->anchor_dim, d->sample_dim, DIM_MAX, SPOT_ANCHOR_DIM_MAX);
    }
    if (!(d->tick_s > 0.0) || !isfinite(d->tick_s) || !(d->time_limit_s >= d->tick_s) ||
        !isfinite(d->time_limit_s) || d->ticks_per_action < 1 || d->horizon < 1 ||
        d->n_execute < 1 || d->n_execute > d->horizon) {
        return spot_diag_set(
            diag, SPOT_E_RANGE,
            "a tick of %g s, %d an action, a limit of %g s, %d of %d actions executed, "
            "expected positive numbers, the limit a tick at least, 1..horizon executed",
            d->tick_s, d->ticks_per_action, d->time_limit_s, d->n_execute, d->horizon);
    }
    return SPOT_OK;
}

static bool copy_texts(own *o)
{
    const spot_own_task_config *c = &o->config;
    const char *const from[] = {c->name,      c->identity, c->description,   c->instruction,
                                c->charge_as, c->engine,   c->engine_version};
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        o->texts[i] = from[i] != NULL ? spoti_strdup(c->allocator, from[i]) : NULL;
        if (from[i] != NULL && o->texts[i] == NULL) {
            return false;
        }
    }
    const size_t n = (size_t)c->dims.sample_dim;
    o->names = n > 0 ? (char **)spoti_calloc(c->allocator, n, sizeof(*o->names)) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (o->names == NULL ||
            (o->names[i] = spoti_strdup(c->allocator, c->sample_names[i])) == NULL) {
            return false;
        }
    }
    return true;
}

spot_status spot_task_own(const spot_own_task_config *config, spot_task **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (SPOTI_CONFIG_CHECK(spot_own_task_config, config, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    spot_status st = check(config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    own *o = spoti_calloc(config->allocator, 1, sizeof(*o));
    if (o == NULL) {
        return SPOT_E_NOMEM;
    }
    o->config = *config;
    o->info.dims = config->dims; /* destroy needs it */
    st = copy_texts(o) ? SPOT_OK : SPOT_E_NOMEM;
    if (config->together != NULL) {
        o->together = *config->together;
    }
    o->info = (spot_task_info){.name = o->texts[0],
                               .description = o->texts[2],
                               .instruction = o->texts[3],
                               .charge_as = o->texts[4],
                               .engine = {.name = o->texts[5], .version = o->texts[6]},
                               .dims = config->dims,
                               .sample_names = (const char *const *)o->names};
    st = st == SPOT_OK ? spoti_task_make(&OPS, o, config->allocator, out) : st;
    if (st != SPOT_OK) {
        destroy(o);
    }
    return st;
}
