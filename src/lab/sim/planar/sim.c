/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The memory of a simulation: one block, laid out once to be measured and once to be used. */
#include "lab/sim/planar/sim.h"

#include <stdalign.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/planar/vec.h"

/* ---- the block ---- */

/* Hands out parts of a block, or, without one, only measures. */
typedef struct layout {
    uint8_t *base;
    size_t used;
} layout;

static void *take(layout *at, size_t n, size_t size)
{
    const size_t unit = alignof(max_align_t);
    void *part = at->base != NULL ? at->base + at->used : NULL;
    at->used += (n * size + unit - 1) / unit * unit;
    return part;
}

static int batches(const spoti_level *l, spoti_family family)
{
    return (l->n_pair[family] + l->params.batch - 1) / l->params.batch;
}

static void lay_out_deal(layout *at, const spoti_level *l, spoti_family family, spoti_deal *d)
{
    d->n_batch = batches(l, family);
    d->first = take(at, (size_t)d->n_batch + 1, sizeof(*d->first));
    d->pads = take(at, (size_t)d->n_batch, sizeof(*d->pads));
    d->touches = take(at, (size_t)l->n_pair[family], sizeof(*d->touches));
}

/* Everything behind the struct itself; counts are bounded, so no product overflows. */
static void lay_out(layout *at, const spoti_level *l, spoti_sim *s)
{
    const size_t n_shape = (size_t)l->n_shape;
    int longest = 0;

    s->state = take(at, 0, 1);
    const size_t before = at->used;
    s->bodies = take(at, n_shape, sizeof(*s->bodies));
    s->pulls = take(at, (size_t)l->n_joint, sizeof(*s->pulls));
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        const size_t points = f == SPOTI_POLYGONS ? 2 : 1;
        s->contacts[f] = take(at, points * (size_t)l->n_pair[f], sizeof(*s->contacts[f]));
        longest = l->n_pair[f] > longest ? l->n_pair[f] : longest;
    }
    s->state_size = at->used - before;
    s->corners = take(at, (size_t)l->n_polygon, sizeof(*s->corners));
    s->boxes = take(at, n_shape, sizeof(*s->boxes));
    s->touching = take(at, (size_t)longest, sizeof(*s->touching));
    s->hinges = take(at, (size_t)l->n_joint, sizeof(*s->hinges));
    for (int d = 0; d < SPOTI_DEALS; d++) {
        lay_out_deal(at, l, (spoti_family)(d == 0 ? 0 : d - 1), &s->deals[d]);
    }
}

/* ---- what does not change ---- */

/* Which batches end in a padding lane: places are dealt to batches in turn, and those from n on are padding. */
static void set_padding(spoti_sim *s)
{
    const spoti_level *l = s->level;
    for (int d = 0; d < SPOTI_DEALS; d++) {
        const spoti_family family = (spoti_family)(d == 0 ? 0 : d - 1);
        const int n = l->n_pair[family];
        const int last_point = family == SPOTI_POLYGONS ? 2 * (n - 1) + (d == 1 ? 1 : 0) : n - 1;
        s->deals[d].last = n > 0 ? &s->contacts[family][last_point] : NULL;
        for (int b = 0; b < s->deals[d].n_batch; b++) {
            s->deals[d].pads[b] = b + (l->params.batch - 1) * s->deals[d].n_batch >= n;
        }
    }
}

static void set_hinges(spoti_sim *s)
{
    const spoti_level *l = s->level;
    s->n_hinge = 0;
    for (int i = 0; i < l->n_joint; i++) {
        const spoti_joint *j = &l->joints[i];
        if (j->active &&
            (l->shapes[j->a].inverse_mass != 0.0f || l->shapes[j->b].inverse_mass != 0.0f)) {
            s->hinges[s->n_hinge++] = (spoti_hinge){
                .joint = j, .a = &s->bodies[j->a], .b = &s->bodies[j->b], .pull = &s->pulls[i]};
        }
    }
}

spoti_sim *spoti_sim_create(const spoti_level *level)
{
    layout measure = {.base = NULL};
    spoti_sim probe;

    (void)take(&measure, 1, sizeof(spoti_sim));
    lay_out(&measure, level, &probe);
    spoti_sim *s = spoti_calloc(level->allocator, measure.used, 1);
    if (s == NULL) {
        return NULL;
    }
    layout assign = {.base = (uint8_t *)s};
    (void)take(&assign, 1, sizeof(*s));
    lay_out(&assign, level, s);
    s->level = level;
    s->size = measure.used;
    set_padding(s);
    set_hinges(s);
    spoti_sim_reset(s);
    for (int i = 0; i < s->n_hinge; i++) {
        spoti_joint_weigh(&level->params, &s->hinges[i]);
    }
    return s;
}

void spoti_sim_destroy(spoti_sim *sim)
{
    if (sim != NULL) {
        spoti_free(sim->level->allocator, sim, sim->size);
    }
}

/* ---- states ---- */

static void load_contacts(spoti_sim *s)
{
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        const int points = f == SPOTI_POLYGONS ? 2 : 1;
        for (int i = 0; i < s->level->n_pair[f]; i++) {
            const spoti_saved_contact *saved = &s->level->saved[f][i];
            for (int k = 0; k < points && saved->active; k++) {
                s->contacts[f][points * i + k] =
                    (spoti_contact){.active = true, .push = saved->normal, .drag = saved->tangent};
            }
        }
    }
}

void spoti_sim_reset(spoti_sim *sim)
{
    const spoti_level *l = sim->level;

    memset(sim->state, 0, sim->state_size);
    sim->event = 0;
    for (int i = 0; i < l->n_shape; i++) {
        const spoti_shape *s = &l->shapes[i];
        sim->bodies[i] = (spoti_body){.at = s->position,
                                      .velocity = s->velocity,
                                      .w = s->angular_velocity,
                                      .rotation = s->rotation,
                                      .cosine = direction_of(s->rotation).x,
                                      .sine = direction_of(s->rotation).y,
                                      .inverse_mass = s->inverse_mass,
                                      .inverse_inertia = s->inverse_inertia};
    }
    for (int i = 0; i < sim->n_hinge; i++) { /* what does not act has no impulses */
        const spoti_joint *j = sim->hinges[i].joint;
        *sim->hinges[i].pull = (spoti_pull){.impulse = j->impulse, .turn = j->turn_impulse};
    }
    load_contacts(sim);
}

void spoti_sim_copy(spoti_sim *to, const spoti_sim *from)
{
    memcpy(to->state, from->state, from->state_size);
    to->event = from->event;
}
