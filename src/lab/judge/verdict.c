/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The verdict on a setting: which point is best, whether it is an interior sweet spot, whether there is
 * a paradox. Definitions: docs/analyze.md.
 */
#include <math.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

/* The p of "i does the task better than j", 1 where a guard forbids to say so; false = no test. */
static bool p_to_claim(const spoti_setting *s, int i, int j, double *p)
{
    if (!spoti_p_better(s, i, j, p)) {
        return false;
    }
    if (!spoti_p_claim(s, i, j, SPOTI_FAILURES_UNSEEN, p)) {
        *p = 1.0;
    }
    return true;
}

/* The intersection-union test of an interior optimum on the sweep. */
static void judge_interior(spoti_setting *s)
{
    double p_first[SPOT_ANALYZE_POINTS_MAX];
    double p_last[SPOT_ANALYZE_POINTS_MAX];
    double p_arm[SPOT_ANALYZE_POINTS_MAX];
    spot_stats_interior_result r;
    int n = s->n_line;
    bool known = n >= 3;
    for (int k = 1; known && k < n - 1; k++) {
        known = p_to_claim(s, s->line[k], s->line[0], &p_first[k - 1]) &&
                p_to_claim(s, s->line[k], s->line[n - 1], &p_last[k - 1]);
    }
    if (known && spot_stats_interior(p_first, p_last, n, p_arm, &r) == SPOT_OK) {
        s->out->verdict.p_interior = spoti_known(r.p);
    }
}

static void judge_posterior(spoti_setting *s)
{
    spot_stats_count arms[SPOT_STATS_MAX_ARMS];
    double p_best[SPOT_STATS_MAX_ARMS];
    double inside = 0.0;
    if (!spoti_success_decides(s)) {
        if (s->interior_share >= 0.0) {
            s->out->verdict.posterior_interior = spoti_known(s->interior_share);
        }
        return;
    }
    bool known = s->n_line >= 3 && s->n_line <= SPOT_STATS_MAX_ARMS;
    for (int k = 0; known && k < s->n_line; k++) {
        const spot_analysis_point *o = &s->out->points[s->line[k]];
        known = o->has_count;
        arms[k] = (spot_stats_count){.successes = o->successes, .n = o->trials};
    }
    if (known && spot_stats_posterior_best(arms, s->n_line, p_best, &inside) == SPOT_OK) {
        s->out->verdict.posterior_interior = spoti_known(inside);
    }
}

/* Whether the inference of point i costs less than the baseline's, as far as is known. */
static bool may_be_cheaper(const spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[s->out->baseline];
    if (!spoti_success_decides(s)) {
        return !s->at_cadence && o->eta_chunk.known && o->eta_chunk.value > 1.0;
    }
    bool dearer = o->t_inf_s.known && b->t_inf_s.known && o->t_inf_s.value >= b->t_inf_s.value;
    bool slower = !o->delay_s.known || !b->delay_s.known || o->delay_s.value >= b->delay_s.value;
    return !(dearer && slower);
}

/* Whether a static paradox holds at i beside its p-value: both intervals lie on the slow side. */
static bool is_slower(const spoti_setting *s, int i, double p)
{
    const spot_analysis_point *o = &s->out->points[i];
    bool charged = s->objective == SPOTI_OBJECTIVE_BUDGET;
    return spoti_success_decides(s) ||
           (charged && o->eta_task.has_ci && o->eta_task.hi < 1.0 && p < 0.5 * SPOT_STATS_LEVEL);
}

static bool is_stronger(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    return spoti_success_decides(s) ? a->rate.value > b->rate.value
                                    : a->eta_task.value < b->eta_task.value;
}

static void judge_paradox(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    spot_analyze_claim *claim = spoti_success_decides(s) ? &v->dynamic_paradox : &v->static_paradox;
    double p[SPOT_ANALYZE_POINTS_MAX];
    double holm[SPOT_ANALYZE_POINTS_MAX];
    int order[SPOT_ANALYZE_POINTS_MAX];
    int who[SPOT_ANALYZE_POINTS_MAX];
    int n = 0;
    v->paradox = -1;
    if (s->objective == SPOTI_OBJECTIVE_ENERGY) {
        return; /* it is one of time and success */
    }
    for (int i = 0; i < s->n; i++) {
        const int base = s->out->baseline;
        const bool known = spoti_success_decides(s) ? p_to_claim(s, i, base, &p[n])
                                                    : p_to_claim(s, base, i, &p[n]);
        if (i != base && may_be_cheaper(s, i) && known) {
            who[n++] = i;
        }
    }
    if (n == 0 || spot_stats_holm(p, n, order, holm) != SPOT_OK) {
        return;
    }
    *claim = SPOT_ANALYZE_NOT_ESTABLISHED;
    v->paradox = who[order[0]];
    v->p_paradox = spoti_known(holm[order[0]]);
    for (int k = 0; k < n; k++) {
        int at = order[k];
        if (!(holm[at] < SPOT_STATS_LEVEL && is_slower(s, who[at], p[at]))) {
            continue;
        }
        /* shown at the point where it is strongest */
        *claim = SPOT_ANALYZE_ESTABLISHED;
        if (v->n_paradox++ == 0 || is_stronger(s, who[at], v->paradox)) {
            v->paradox = who[at];
            v->p_paradox = spoti_known(holm[at]);
        }
    }
}

/* Of those that may be the best; not one that is slower whenever it succeeds. */
int spoti_find_cheapest(const spoti_setting *s)
{
    int cheapest = s->out->verdict.best;
    for (int i = 0; i < s->n && cheapest >= 0; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        if (o->may_be_best && !o->only_by_rare_failures && spoti_is_cheaper(s, i, cheapest)) {
            cheapest = i;
        }
    }
    return cheapest;
}

spot_status spoti_judge(spoti_setting *s)
{
    spot_status st = spoti_compare_all(s);
    if (s->out->verdict.best >= 0) {
        judge_interior(s);
        judge_posterior(s);
    }
    judge_paradox(s);
    spoti_guard(s);
    s->out->verdict.cheapest = spoti_find_cheapest(s);
    if (s->out->verdict.best >= 0) {
        spoti_judge_trials(s);
    }
    return st;
}
