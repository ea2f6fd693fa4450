/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Invalid episodes of a log: what they leave of the verdict. The rules are those of study/invalid.c: above
 * SPOT_INVALID_BEARABLE at a point nothing is claimed, else a claim must hold with them as failures too.
 */
#include "lab/judge/setting.h"
#include "spot/record.h"

static bool has_invalid(const spoti_setting *s)
{
    bool found = false;
    for (int i = 0; i < s->n && !found; i++) {
        found = s->points[i]->invalid > 0;
    }
    return found;
}

static bool too_many(const spoti_setting *s)
{
    bool found = false;
    for (int i = 0; i < s->n && !found; i++) {
        const double all = (double)(s->points[i]->n + s->points[i]->invalid);
        found = (double)s->points[i]->invalid > SPOT_INVALID_BEARABLE * all;
    }
    return found;
}

bool spoti_needs_strict(const spoti_setting *s)
{
    return has_invalid(s) && !too_many(s);
}

/* The larger of two p-values; unknown where either is. */
static void take_larger(spot_quantity *p, const spot_quantity *other)
{
    if (!other->known) {
        *p = (spot_quantity){0};
    } else if (p->known && other->value > p->value) {
        p->value = other->value;
    }
}

/* Nothing is claimed; figures stay. */
static void withhold(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    v->guard = SPOT_ANALYZE_GUARD_INVALID;
    v->best = -1;
    v->cheapest = -1;
    v->kind = SPOT_ANALYZE_KIND_NONE;
    v->trials_needed = (spot_quantity){0};
    v->p_interior = (spot_quantity){0};
    v->posterior_interior = (spot_quantity){0};
    v->static_paradox = SPOT_ANALYZE_UNTESTABLE;
    v->dynamic_paradox = SPOT_ANALYZE_UNTESTABLE;
    for (int i = 0; i < s->n; i++) {
        s->out->points[i].p_better = (spot_quantity){0};
        s->out->points[i].p_worse = (spot_quantity){0};
        s->out->points[i].p_best = (spot_quantity){0};
        s->out->points[i].p_best_alone = (spot_quantity){0};
        s->out->points[i].p_beats_baseline = (spot_quantity){0};
        s->out->points[i].p_behind = (spot_quantity){0};
        s->out->points[i].may_be_best = false;
        s->out->points[i].only_by_rare_failures = false;
    }
}

/* A claim stands if it is established both ways. */
static void take_weaker(spot_analysis_verdict *v, const spot_analysis_verdict *strict)
{
    if (strict->static_paradox < v->static_paradox ||
        strict->dynamic_paradox < v->dynamic_paradox) {
        v->static_paradox = strict->static_paradox;
        v->dynamic_paradox = strict->dynamic_paradox;
        v->paradox = strict->paradox;
        v->n_paradox = strict->n_paradox;
        v->p_paradox = strict->p_paradox;
    }
}

void spoti_guard_invalid(spoti_setting *s, const spot_analysis_setting *strict)
{
    if (!has_invalid(s)) {
        return;
    }
    spot_analysis_verdict *v = &s->out->verdict;
    if (strict == NULL || strict->verdict.best != v->best) {
        withhold(s);
        return;
    }
    take_weaker(v, &strict->verdict);
    take_larger(&v->p_interior, &strict->verdict.p_interior);
    for (int i = 0; i < s->n; i++) {
        take_larger(&s->out->points[i].p_better, &strict->points[i].p_better);
        take_larger(&s->out->points[i].p_worse, &strict->points[i].p_worse);
        take_larger(&s->out->points[i].p_best, &strict->points[i].p_best);
        take_larger(&s->out->points[i].p_best_alone, &strict->points[i].p_best_alone);
        take_larger(&s->out->points[i].p_beats_baseline, &strict->points[i].p_beats_baseline);
        take_larger(&s->out->points[i].p_behind, &strict->points[i].p_behind);
        s->out->points[i].may_be_best |= strict->points[i].may_be_best;
        s->out->points[i].only_by_rare_failures &= strict->points[i].only_by_rare_failures;
    }
    v->cheapest = spoti_find_cheapest(s);
}
