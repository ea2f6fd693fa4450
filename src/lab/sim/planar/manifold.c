/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Contacts of all pairs of a step, and the order in which they will be solved.
 *
 * Dealing: a list's pairs are put in a row, those that do not touch first, each group in ascending order, and the row is
 * filled up with padding to whole batches; batch b of B gets places b, b + B, b + 2 B, ... So the r-th touching pair of A
 * goes into batch (n - A + r) mod B, and only touching pairs need to be listed.
 *
 * Padding lanes write zero impulses to the list's last pair: an accident of the original that decides trajectories.
 */
#include <string.h>

#include "lab/sim/planar/vec.h"

static const float BOX_MARGIN =
    1e-3f; /* m; rounding may not hide a contact, since contacts decide the dealing */

/* ---- what can be skipped ---- */

static void set_boxes(spoti_sim *sim)
{
    const spoti_level *l = sim->level;
    for (int i = 0; i < l->n_shape; i++) {
        const spoti_shape *s = &l->shapes[i];
        const spoti_body *b = &sim->bodies[i];
        const float r = s->radius + BOX_MARGIN;
        spoti_box box = {b->at.x - r, b->at.x + r, b->at.y - r, b->at.y + r};
        if (i < l->n_polygon) {
            box = (spoti_box){INFINITY, -INFINITY, INFINITY, -INFINITY};
        }
        for (int k = 0; k < s->n_corners; k++) {
            const spoti_vec p = body_to_world(b, s->corner[k]);
            sim->corners[i][k] = p;
            box.left = p.x - BOX_MARGIN < box.left ? p.x - BOX_MARGIN : box.left;
            box.right = p.x + BOX_MARGIN > box.right ? p.x + BOX_MARGIN : box.right;
            box.low = p.y - BOX_MARGIN < box.low ? p.y - BOX_MARGIN : box.low;
            box.high = p.y + BOX_MARGIN > box.high ? p.y + BOX_MARGIN : box.high;
        }
        sim->boxes[i] = box;
    }
}

static bool boxes_apart(const spoti_box *a, const spoti_box *b)
{
    return a->left > b->right || b->left > a->right || a->low > b->high || b->low > a->high;
}

/* ---- one pair ---- */

/* The restitution target at the contact, and the impulses that go on from the last step. */
static void finish(const spoti_sim *sim, const spoti_pair *pair, const spoti_contact *before,
                   spoti_contact *now)
{
    const spoti_body *a = &sim->bodies[pair->a];
    const spoti_body *b = &sim->bodies[pair->b];
    const spoti_vec va = body_velocity_at(a, vec_sub(now->point, a->at));
    const spoti_vec vb = body_velocity_at(b, vec_sub(now->point, b->at));
    const bool goes_on = before->active && pair->pushes;

    now->bounce = pair->restitution * vec_dot(vec_sub(vb, va), now->normal);
    now->push = goes_on ? before->push : 0.0f;
    now->drag = goes_on ? before->drag : 0.0f;
}

/* Contacts of one pair, in place of those of the last step. */
static bool update_pair(const spoti_sim *sim, spoti_family family, const spoti_pair *pair,
                        spoti_contact *contacts)
{
    spoti_contact now[2] = {{.active = false}, {.active = false}};
    const int n = family == SPOTI_POLYGONS ? 2 : 1;
    bool touches = false;

    if (!boxes_apart(&sim->boxes[pair->a], &sim->boxes[pair->b])) {
        touches = family == SPOTI_POLYGONS ? spoti_manifold_polygons(sim, pair->a, pair->b, now)
                  : family == SPOTI_CIRCLE_POLYGON
                      ? spoti_manifold_circle_polygon(sim, pair->a, pair->b, now)
                      : spoti_manifold_circles(sim, pair->a, pair->b, now);
    }
    for (int i = 0; i < n; i++) {
        if (now[i].active) {
            finish(sim, pair, &contacts[i], &now[i]);
        } else {
            now[i] = (spoti_contact){.active = false};
        }
        if (now[i].active || contacts[i].active) {
            contacts[i] = now[i];
        }
    }
    return touches;
}

/* ---- dealing ---- */

static void add_touch(spoti_sim *sim, const spoti_pair *pair, spoti_contact *contact,
                      spoti_touch *touch)
{
    const spoti_level_params *p = &sim->level->params;
    const float over = contact->depth - p->slop;
    *touch = (spoti_touch){.contact = contact,
                           .a = &sim->bodies[pair->a],
                           .b = &sim->bodies[pair->b],
                           .bias = p->collision / p->dt * (over > 0.0f ? over : 0.0f),
                           .friction = pair->friction};
}

/* Point `point` (of `per_pair`) of the touching pairs (n_touching) of a list, dealt out. */
static void deal(spoti_sim *sim, spoti_family family, int n_touching, int point, spoti_deal *out)
{
    const int per_pair = family == SPOTI_POLYGONS ? 2 : 1;
    const spoti_pair *pairs = sim->level->pairs[family];
    const int n_batch = out->n_batch;
    const int first_place = sim->level->n_pair[family] - n_touching;
    int n = 0;

    for (int batch = 0; batch < n_batch; batch++) {
        out->first[batch] = n;
        int r = (batch - first_place % n_batch + n_batch) % n_batch;
        for (; r < n_touching; r += n_batch) {
            const int i = sim->touching[r];
            spoti_contact *contact = &sim->contacts[family][per_pair * i + point];
            if (contact->active && pairs[i].pushes) {
                add_touch(sim, &pairs[i], contact, &out->touches[n++]);
            }
        }
    }
    out->first[n_batch] = n;
}

static void find_family(spoti_sim *sim, spoti_family family)
{
    const int per_pair = family == SPOTI_POLYGONS ? 2 : 1;
    int n = 0;
    for (int i = 0; i < sim->level->n_pair[family]; i++) {
        const spoti_pair *pair = &sim->level->pairs[family][i];
        if (pair->meets && update_pair(sim, family, pair, &sim->contacts[family][per_pair * i])) {
            sim->touching[n++] = i;
            if (pair->event != 0 && sim->event >= 0) {
                sim->event = pair->event; /* a failure is final, a success is not yet */
            }
        }
    }
    if (family == SPOTI_POLYGONS) {
        deal(sim, family, n, 0, &sim->deals[0]);
        deal(sim, family, n, 1, &sim->deals[1]);
    } else {
        deal(sim, family, n, 0, &sim->deals[(int)family + 1]);
    }
}

void spoti_sim_find_contacts(spoti_sim *sim)
{
    sim->event = 0;
    set_boxes(sim);
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        find_family(sim, (spoti_family)f);
    }
}
