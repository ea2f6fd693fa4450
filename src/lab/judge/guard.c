/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * No winner among survivors.
 *
 * A mean over successes compares other episodes at each point: one that fails on whatever is hard looks
 * fast. So times decide only where each failure is charged a budget (or none failed), and the one that
 * leads does not succeed significantly less. And a claim of time rests on failures that were not seen:
 * f*, the rate of them that would undo it, is held against the most that the trials allow.
 */
#include <math.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"

static bool has_failures(const spot_analysis_point *o)
{
    return o->has_count && o->successes < o->trials;
}

bool spoti_succeeds_less(const spoti_setting *s, int i, int j, double *p)
{
    return i != j && spoti_p_success(s, j, i, p) && *p < SPOT_STATS_LEVEL;
}

spot_analyze_guard spoti_guard_pair(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    double p = 1.0;
    if (s->objective == SPOTI_OBJECTIVE_ENERGY) { /* of all episodes: failures have paid theirs */
        return SPOT_ANALYZE_GUARD_NONE;
    }
    /* whoever succeeds no less and is faster then leads at any price of a failure above those times */
    const bool any_price = a->has_count && b->has_count && a->rate.value >= b->rate.value;
    if (s->objective != SPOTI_OBJECTIVE_BUDGET && (has_failures(a) || has_failures(b)) &&
        !any_price) {
        return SPOT_ANALYZE_GUARD_NO_BUDGET;
    }
    return spoti_succeeds_less(s, i, j, &p) ? SPOT_ANALYZE_GUARD_SUCCEEDS_LESS
                                            : SPOT_ANALYZE_GUARD_NONE;
}

bool spoti_undoing_rate(const spoti_setting *s, int i, int j, double *rate)
{
    const spot_analysis_point *o = &s->out->points[i];
    return s->objective == SPOTI_OBJECTIVE_BUDGET && s->budget_s[i] > 0.0 && o->has_count &&
           o->time_s.known &&
           spot_stats_undoing_rate(o->time_s.value, s->value[j], s->budget_s[i], rate) == SPOT_OK;
}

double spoti_p_rare(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *o = &s->out->points[i];
    const int failures = o->trials - o->successes;
    double rate = 0.0;
    spot_stats_tails tails;
    if (!spoti_undoing_rate(s, i, j, &rate)) {
        return 0.0;
    }
    /* P(at most so many failures of n at that rate) = P(beta (failures + 1, n - failures) > rate) */
    return o->successes > 0 &&
                   spot_stats_beta_tails(rate, failures + 1.0, o->successes, &tails) == SPOT_OK
               ? tails.upper
               : 1.0;
}

/* What failures too rare to be seen would do to "the leader is faster than the baseline". */
static void weigh_rare_failures(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    const int base = s->out->baseline;
    const spot_analysis_point *o = &s->out->points[v->best];
    double f_star = 0.0;
    double bound = 0.0;
    if (v->best == base || !spoti_undoing_rate(s, v->best, base, &f_star) ||
        spot_stats_failure_bound(o->trials - o->successes, o->trials, SPOT_STATS_CONFIDENCE,
                                 &bound) != SPOT_OK) {
        return;
    }
    v->undoing_rate = spoti_known(f_star);
    v->failure_bound = spoti_known(bound);
    /* or it is ruled out for one claim, but not for as many as there are points */
    const spot_quantity *claim = &o->p_beats_baseline;
    const bool short_of_it =
        s->p_lead_seen < SPOT_STATS_LEVEL && claim->known && claim->value >= SPOT_STATS_LEVEL;
    if (bound > f_star || short_of_it) {
        v->guard = SPOT_ANALYZE_GUARD_RARE_FAILURES;
    }
}

void spoti_claim_baseline(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    const spot_quantity *p = v->best >= 0 ? &s->out->points[v->best].p_beats_baseline : NULL;
    v->beats_baseline =
        p != NULL && v->guard == SPOT_ANALYZE_GUARD_NONE && p->known && p->value < SPOT_STATS_LEVEL;
}

void spoti_guard(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    v->guard = SPOT_ANALYZE_GUARD_NONE;
    v->leader = v->best;
    if (spoti_success_decides(s) || v->best < 0) {
        return;
    }
    /* whoever leads must bear comparison with every point: a slower one that succeeds more may win */
    for (int i = 0; i < s->n && v->guard == SPOT_ANALYZE_GUARD_NONE; i++) {
        if (i != v->best) {
            v->guard = spoti_guard_pair(s, v->best, i);
            v->guard_against = i;
        }
    }
    if (v->guard != SPOT_ANALYZE_GUARD_NONE) {
        v->best = -1;
        v->kind = SPOT_ANALYZE_KIND_NONE;
        return;
    }
    weigh_rare_failures(s);
}
