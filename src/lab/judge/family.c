/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * All points at once. The winner was picked on the very seeds that judge it, so tests against it call some of
 * ten equal points worse in every fourth study. What can be said without fresh seeds:
 *   which points may be the best: those that no rival beats at 5 % divided by the number of rivals;
 *   which points beat the baseline: Holm over all of them, the one that came out first included;
 *   which points are worse than the first: max-T over all pairs, points shuffled within each seed.
 * Each claim of time also pays for failures too rare to be seen (guard.c). Source: spot/stats_many.h.
 */
#include <math.h>

#include "core/base/alloc.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_many.h"
#include "spot/stats_tests.h"

/* Whether point i leads j by the figures: only then can it beat it. */
static bool leads(const spoti_setting *s, int i, int j)
{
    double x = 0.0;
    double y = 0.0;
    return spoti_worth(s, i, &x) && spoti_worth(s, j, &y) && x > y;
}

bool spoti_p_claim(const spoti_setting *s, int i, int j, spoti_failures failures, double *p)
{
    if (!spoti_p_better(s, i, j, p)) {
        return false;
    }
    if (!spoti_success_decides(s)) {
        if (spoti_guard_pair(s, i, j) != SPOT_ANALYZE_GUARD_NONE) {
            return false;
        }
        *p = failures == SPOTI_FAILURES_UNSEEN ? fmax(*p, spoti_p_rare(s, i, j)) : *p;
    }
    return true;
}

/* Tests of times by random signs are dear, and the least p is nearly always that of the rival with the
 * strongest lead; with only so many asked it can but come out larger. */
enum { RIVALS_MAX = 4 };

/* Puts rival j in its place among the strongest so far; returns how many there are. */
static int place_rival(int *rival, double *strength, int n, int j, double lead)
{
    int at = n;
    while (at > 0 && strength[at - 1] < lead) {
        at--;
    }
    for (int k = n < RIVALS_MAX ? n : RIVALS_MAX - 1; k > at; k--) {
        rival[k] = rival[k - 1];
        strength[k] = strength[k - 1];
    }
    if (at < RIVALS_MAX) {
        rival[at] = j;
        strength[at] = lead;
    }
    return n < RIVALS_MAX ? n + 1 : n;
}

/* The p of "point k is the best": its strongest rival's, times the number of rivals. */
static spot_quantity p_of_best(const spoti_setting *s, int k, spoti_failures failures)
{
    int rival[RIVALS_MAX];
    double strength[RIVALS_MAX];
    double least = 1.0;
    double p = 1.0;
    int n = 0;
    for (int j = 0; j < s->n; j++) {
        if (j == k || !leads(s, j, k)) {
            continue;
        }
        if (!spoti_success_decides(s) && spoti_flips_signs(s, j, k)) {
            n = place_rival(rival, strength, n, j, spoti_strength(s, j, k));
        } else if (spoti_p_claim(s, j, k, failures, &p)) {
            least = fmin(least, p);
        }
    }
    for (int r = 0; r < n; r++) {
        if (spoti_p_claim(s, rival[r], k, failures, &p)) {
            least = fmin(least, p);
        }
    }
    return spoti_known(fmin(1.0, (s->n - 1) * least));
}

/* Whether any test compares point k with another. */
static bool is_tested(const spoti_setting *s, int k)
{
    bool tested = false;
    for (int j = 0; j < s->n && !tested; j++) {
        double p = 1.0;
        tested = j != k && spoti_p_better(s, j, k, &p);
    }
    return tested;
}

static void find_set(spoti_setting *s)
{
    for (int k = 0; k < s->n; k++) {
        spot_analysis_point *o = &s->out->points[k];
        if (!is_tested(s, k)) {
            continue;
        }
        o->p_best = p_of_best(s, k, SPOTI_FAILURES_UNSEEN);
        const spot_quantity seen = p_of_best(s, k, SPOTI_FAILURES_SEEN);
        o->may_be_best = o->p_best.value > SPOT_STATS_LEVEL;
        o->only_by_rare_failures = o->may_be_best && seen.value <= SPOT_STATS_LEVEL;
    }
}

/* Each point against the baseline by Holm over all of them, in `adjusted` (n); 1 where nothing is claimed. */
static void adjust(const spoti_setting *s, spoti_failures failures, double *adjusted)
{
    double p[SPOT_ANALYZE_POINTS_MAX];
    double holm[SPOT_ANALYZE_POINTS_MAX];
    int order[SPOT_ANALYZE_POINTS_MAX];
    int who[SPOT_ANALYZE_POINTS_MAX];
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        adjusted[i] = 1.0;
        if (i != s->out->baseline && spoti_p_claim(s, i, s->out->baseline, failures, &p[n])) {
            who[n++] = i;
        }
    }
    if (n > 0 && spot_stats_holm(p, n, order, holm) == SPOT_OK) {
        for (int k = 0; k < n; k++) {
            adjusted[who[k]] = holm[k];
        }
    }
}

static void compare_with_baseline(spoti_setting *s)
{
    const int base = s->out->baseline;
    const int best = s->out->verdict.best;
    double seen[SPOT_ANALYZE_POINTS_MAX];
    double unseen[SPOT_ANALYZE_POINTS_MAX];
    adjust(s, SPOTI_FAILURES_SEEN, seen);
    adjust(s, SPOTI_FAILURES_UNSEEN, unseen);
    s->p_lead_seen = best >= 0 ? seen[best] : 1.0;
    for (int i = 0; i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        double value = 0.0;
        /* a p-value that would speak for a point which may not win is not shown */
        if (i != base && spoti_p_claim(s, i, base, SPOTI_FAILURES_SEEN, &value)) {
            o->p_better = spoti_known(value);
            o->p_beats_baseline = spoti_known(unseen[i]);
        }
        if (i != base && spoti_p_better(s, base, i, &value)) {
            o->p_worse = spoti_known(value);
        }
    }
}

/* Worse than the first --------------------------------------------------------------------------- */

/* Whether all points ran the same episodes, so that outcomes may be shuffled within a unit. */
static bool can_shuffle(const spoti_setting *s)
{
    bool can = s->n_unit > 0 && s->n <= SPOT_STATS_MAX_POINTS && spoti_has_costs(s);
    for (int u = 0; can && u < s->n_unit; u++) {
        for (int i = 1; can && i < s->n; i++) {
            can = s->units[(size_t)i * (size_t)s->n_unit + (size_t)u].n == s->units[u].n;
        }
    }
    return can;
}

/* Failures, budget times or net joules: less is better. (n_unit x n). */
static void fill_outcomes(const spoti_setting *s, double *outcome)
{
    const double price = spoti_price(s, -1, -1);
    for (int u = 0; u < s->n_unit; u++) {
        for (int i = 0; i < s->n; i++) {
            outcome[(size_t)u * (size_t)s->n + (size_t)i] =
                spoti_cost(s, spoti_unit_at(s, i, u), i, price);
        }
    }
}

/* All pairs of many points on many seeds take long: then fewer orders, but enough for a p of .001. */
static int draws_of_shuffle(const spoti_setting *s)
{
    const double work = 0.5 * s->n_unit * s->n * s->n; /* a draw's */
    const double most = fmax(999.0, 2e9 / work);
    return spoti_draws(s) < most ? spoti_draws(s) : (int)most;
}

/* p (n x n) of "the row is worse than the column" over all pairs. Returns SPOT_OK, E_NOMEM. */
static spot_status shuffle(const spoti_setting *s, double *p)
{
    const spot_allocator *a = s->log->config.allocator;
    const size_t n_outcome = (size_t)s->n_unit * (size_t)s->n;
    const size_t n_work = spot_stats_max_t_work_size(s->n);
    double *outcome = spoti_alloc(a, n_outcome, sizeof(*outcome));
    double *work = spoti_alloc(a, n_work, sizeof(*work));
    spot_stats_max_t_config config;
    spot_stats_max_t_result r;
    spot_status st = SPOT_E_NOMEM;
    if (outcome != NULL && work != NULL) {
        spot_stats_max_t_config_default(&config);
        config.n_draw = draws_of_shuffle(s);
        config.seed = s->log->config.seed;
        fill_outcomes(s, outcome);
        st = spot_stats_max_t(&config, outcome, s->n_unit, s->n, work, p, &r);
    }
    spoti_free(a, outcome, n_outcome * sizeof(*outcome));
    spoti_free(a, work, n_work * sizeof(*work));
    return st;
}

static spot_status find_worse(spoti_setting *s)
{
    const spot_allocator *a = s->log->config.allocator;
    const int first = s->out->verdict.best;
    const size_t n = (size_t)s->n;
    const bool shuffled = can_shuffle(s);
    double *p = spoti_alloc(a, n * n, sizeof(*p));
    spot_status st = p == NULL ? SPOT_E_NOMEM : shuffled ? shuffle(s, p) : SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < s->n; i++) {
        double value = 1.0;
        if (i == first || !spoti_p_claim(s, first, i, SPOTI_FAILURES_SEEN, &value)) {
            continue;
        }
        spot_analysis_point *o = &s->out->points[i];
        (void)spoti_p_better(s, first, i, &value);
        o->p_best_alone = spoti_known(value);
        /* without shuffling every ordered pair is paid for */
        value = shuffled ? p[(size_t)i * n + (size_t)first] : (double)(n * (n - 1)) * value;
        value = spoti_success_decides(s) ? value : fmax(value, s->n * spoti_p_rare(s, first, i));
        o->p_behind = spoti_known(fmin(1.0, value));
    }
    spoti_free(a, p, n * n * sizeof(*p));
    return st;
}

spot_status spoti_compare_all(spoti_setting *s)
{
    compare_with_baseline(s);
    if (s->out->verdict.best < 0 || s->n < 2) {
        return SPOT_OK;
    }
    find_set(s);
    return find_worse(s);
}
