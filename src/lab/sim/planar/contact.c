/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The contact solver: sequential impulses between batches, simultaneous ones within a batch.
 *
 * Normal: j = (-v_n + bias - bounce) / k_n, accumulated >= 0, where bias = 0.2/dt max(0, depth - slop) and
 * k_n = 1/m_a + 1/m_b + (|r_a|^2 - (r_a n)^2)/I_a + (|r_b|^2 - (r_b n)^2)/I_b. Then friction along t = (n_y, -n_x) from
 * the velocities that include j, accumulated within +- friction x the new normal impulse. Arms r are taken to where the
 * bodies are now, since joints move them between iterations; point and normal stay.
 */
#include "lab/sim/planar/vec.h"

/* What a contact changes of the two velocities. */
typedef struct change {
    spoti_vec va, vb;
    float wa, wb;
} change;

/* The inverse of the mass that the contact feels along `n`. */
static float inverse_mass_along(const spoti_touch *t, spoti_vec ra, spoti_vec rb, spoti_vec n)
{
    const float an = vec_dot(ra, n);
    const float bn = vec_dot(rb, n);
    return t->a->inverse_mass + t->b->inverse_mass +
           t->a->inverse_inertia * (vec_dot(ra, ra) - an * an) +
           t->b->inverse_inertia * (vec_dot(rb, rb) - bn * bn);
}

/* The change that the impulse makes: minus at a, plus at b. */
static change change_of(const spoti_touch *t, spoti_vec ra, spoti_vec rb, spoti_vec impulse)
{
    return (change){.va = vec_scale(-t->a->inverse_mass, impulse),
                    .wa = -t->a->inverse_inertia * vec_cross(ra, impulse),
                    .vb = vec_scale(t->b->inverse_mass, impulse),
                    .wb = t->b->inverse_inertia * vec_cross(rb, impulse)};
}

static void apply_a(const spoti_touch *t, const change *c)
{
    t->a->velocity = vec_add(t->a->velocity, c->va);
    t->a->w += c->wa;
}

static void apply_b(const spoti_touch *t, const change *c)
{
    t->b->velocity = vec_add(t->b->velocity, c->vb);
    t->b->w += c->wb;
}

/* Solves one contact from the velocities as they are; keeps its impulses, says what they change. */
static change solve_one(const spoti_touch *t)
{
    spoti_contact *c = t->contact;
    const spoti_vec ra = vec_sub(c->point, t->a->at);
    const spoti_vec rb = vec_sub(c->point, t->b->at);
    const spoti_vec n = c->normal;
    const spoti_vec tangent = {n.y, -n.x};
    const spoti_vec v = vec_sub(body_velocity_at(t->b, rb), body_velocity_at(t->a, ra));

    /* along the normal */
    const float k_n = inverse_mass_along(t, ra, rb, n);
    const float wanted = c->push + (-vec_dot(v, n) + t->bias - c->bounce) / nonzero(k_n);
    const float push = wanted > 0.0f ? wanted : 0.0f;
    change sum = change_of(t, ra, rb, vec_scale(push - c->push, n));
    c->push = push;

    /* friction, of the velocities after that */
    const spoti_vec va = {t->a->velocity.x + sum.va.x - (t->a->w + sum.wa) * ra.y,
                          t->a->velocity.y + sum.va.y + (t->a->w + sum.wa) * ra.x};
    const spoti_vec vb = {t->b->velocity.x + sum.vb.x - (t->b->w + sum.wb) * rb.y,
                          t->b->velocity.y + sum.vb.y + (t->b->w + sum.wb) * rb.x};
    const float k_t = inverse_mass_along(t, ra, rb, tangent);
    const float most = t->friction * push;
    const float drag =
        clip(c->drag - vec_dot(vec_sub(vb, va), tangent) / nonzero(k_t), -most, most);
    const change more = change_of(t, ra, rb, vec_scale(drag - c->drag, tangent));
    c->drag = drag;
    sum.va = vec_add(sum.va, more.va);
    sum.vb = vec_add(sum.vb, more.vb);
    sum.wa += more.wa;
    sum.wb += more.wb;
    return sum;
}

void spoti_contact_warm_start(spoti_deal *deal)
{
    for (int i = 0; i < deal->first[deal->n_batch]; i++) {
        const spoti_touch *t = &deal->touches[i];
        const spoti_contact *c = t->contact;
        const spoti_vec tangent = {c->normal.y, -c->normal.x};
        const spoti_vec impulse =
            vec_add(vec_scale(c->push, c->normal), vec_scale(c->drag, tangent));
        const change ch =
            change_of(t, vec_sub(c->point, t->a->at), vec_sub(c->point, t->b->at), impulse);
        apply_a(t, &ch);
        apply_b(t, &ch);
    }
}

/* What every padding lane of a batch does, after the others. */
static void pad(const spoti_deal *deal, int batch)
{
    if (deal->pads[batch] && deal->last != NULL) {
        deal->last->push = 0.0f;
        deal->last->drag = 0.0f;
    }
}

void spoti_contact_solve(spoti_deal *deal)
{
    change changes[SPOTI_PLANAR_BATCH_MAX];

    for (int batch = 0; batch < deal->n_batch; batch++) {
        const spoti_touch *touches = &deal->touches[deal->first[batch]];
        const int n = deal->first[batch + 1] - deal->first[batch];
        for (int i = 0; i < n; i++) {
            changes[i] = solve_one(&touches[i]);
        }
        for (int i = 0; i < n; i++) {
            apply_a(&touches[i], &changes[i]);
        }
        for (int i = 0; i < n; i++) {
            apply_b(&touches[i], &changes[i]);
        }
        pad(deal, batch);
    }
}
