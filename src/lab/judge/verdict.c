/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The verdict on a setting: which point is best, whether it is an interior sweet spot, whether there is
 * a paradox, and how many trials would settle what is open. Definitions: docs/analyze.md.
 *
 * The sweep is the row of points through the best one along a knob that has at least three of them:
 * latency (alpha, else refinement steps) at equal overlap, else overlap at equal latency, else the
 * order of the source.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

static const double LEVEL = 0.05;

/* Where a point stands on the knobs that are numbers. */
typedef struct place {
    double x; /* latency */
    double o; /* overlap */
    double n; /* actions executed */
    int index;
} place;

/* The axes of a place. */
enum { ALONG_X, ALONG_O, ALONG_N, N_AXIS };

static double on_axis(const place *p, int axis)
{
    return axis == ALONG_X ? p->x : axis == ALONG_O ? p->o : p->n;
}

static int compare_axis(const place *p, const place *q, int axis)
{
    const double a = on_axis(p, axis);
    const double b = on_axis(q, axis);
    return a != b ? (a > b) - (a < b) : (p->index > q->index) - (p->index < q->index);
}

static int compare_x(const void *a, const void *b)
{
    return compare_axis(a, b, ALONG_X);
}

static int compare_o(const void *a, const void *b)
{
    return compare_axis(a, b, ALONG_O);
}

static int compare_n(const void *a, const void *b)
{
    return compare_axis(a, b, ALONG_N);
}

/* Whether chunks are joined alike, as our own names say it; without overlap there is nothing to join. */
static bool same_align(const spoti_setting *s, int i, int j)
{
    const spoti_log_point *a = s->points[i];
    const spoti_log_point *b = s->points[j];
    const bool joins = a->is_ours && b->is_ours && a->point.overlap > 0 && b->point.overlap > 0;
    return !joins || a->point.align == b->point.align;
}

/* The places of all points; false if latencies are not known for all, so that x is their order. */
static bool find_places(const spoti_setting *s, place *places)
{
    bool alpha = true;
    bool steps = true;
    for (int i = 0; i < s->n; i++) {
        alpha = alpha && s->out->points[i].alpha.known;
        steps = steps && s->points[i]->has[SPOTI_STEPS];
    }
    for (int i = 0; i < s->n; i++) {
        places[i] =
            (place){.index = i,
                    .x = alpha   ? s->out->points[i].alpha.value
                         : steps ? s->points[i]->value[SPOTI_STEPS]
                                 : i,
                    .o = s->out->points[i].overlap.known ? s->out->points[i].overlap.value : 0.0,
                    .n = s->out->points[i].n_action};
    }
    return alpha || steps;
}

/* The points in line with `best` along one axis, in order; 0 if two share a place. */
static int in_line(const spoti_setting *s, const place *places, int best, int axis, place *line)
{
    static int (*const compare[N_AXIS])(const void *, const void *) = {compare_x, compare_o,
                                                                       compare_n};
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        bool level = same_align(s, i, best);
        for (int k = 0; k < N_AXIS; k++) {
            level = level && (k == axis || on_axis(&places[i], k) == on_axis(&places[best], k));
        }
        if (level) {
            line[n++] = places[i];
        }
    }
    qsort(line, (size_t)n, sizeof(*line), compare[axis]);
    for (int k = 1; k < n; k++) {
        if (on_axis(&line[k], axis) == on_axis(&line[k - 1], axis)) {
            return 0;
        }
    }
    return n;
}

/* Along latency where three points or more lie so, else along the axis with the most. */
static void find_line(spoti_setting *s, int best)
{
    place places[SPOT_ANALYZE_POINTS_MAX];
    place line[SPOT_ANALYZE_POINTS_MAX];
    place other[SPOT_ANALYZE_POINTS_MAX];
    (void)find_places(s, places);
    int n = in_line(s, places, best, ALONG_X, line);
    for (int axis = ALONG_O; axis < N_AXIS && n < 3; axis++) {
        const int n_other = in_line(s, places, best, axis, other);
        if (n_other > n) {
            memcpy(line, other, (size_t)n_other * sizeof(*line));
            n = n_other;
        }
    }
    if (n == 0) { /* two points at one place: their order is all there is */
        n = s->n;
        memcpy(line, places, (size_t)n * sizeof(*line));
    }
    s->n_line = n;
    for (int k = 0; k < n; k++) {
        s->line[k] = line[k].index;
    }
}

static bool is_dynamic(const spoti_setting *s)
{
    return s->out->regime == SPOT_ANALYZE_DYNAMIC;
}

/* What decides, the more the better; false = unknown. */
static bool worth(const spoti_setting *s, int i, double *value)
{
    if (is_dynamic(s)) {
        *value = s->out->points[i].rate.value;
        return s->out->points[i].rate.known;
    }
    *value = -s->value[i];
    return s->value[i] > 0.0;
}

/* Inference of i costs less than that of j; with equal latency less overlap is the simpler thing. */
static bool is_cheaper(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    if (!a->t_inf_s.known || !b->t_inf_s.known) {
        return false;
    }
    return a->t_inf_s.value != b->t_inf_s.value ? a->t_inf_s.value < b->t_inf_s.value
                                                : a->overlap.value < b->overlap.value;
}

/* Whether i does the task better than j; of equals by success the faster one, then the cheaper one. */
static bool is_preferred(const spoti_setting *s, int i, int j)
{
    double x = 0.0;
    double y = 0.0;
    (void)worth(s, i, &x);
    (void)worth(s, j, &y);
    const spot_quantity *a = &s->out->points[i].budget_time_s;
    const spot_quantity *b = &s->out->points[j].budget_time_s;
    if (x == y && is_dynamic(s) && a->known && b->known) {
        x = -a->value;
        y = -b->value;
    }
    return x != y ? x > y : is_cheaper(s, i, j);
}

void spoti_find_best(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    int base = s->out->baseline;
    double value = 0.0;
    v->no_success = true;
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        v->no_success = v->no_success && o->has_count && o->successes == 0;
    }
    if (v->no_success) {
        v->best = -1;
        return;
    }
    v->best = worth(s, base, &value) ? base : -1;
    for (int i = 0; i < s->n; i++) {
        if (i != base && worth(s, i, &value) && (v->best < 0 || is_preferred(s, i, v->best))) {
            v->best = i;
        }
    }
    if (v->best < 0) {
        return;
    }
    find_line(s, v->best);
    int at = 0;
    while (at < s->n_line && s->line[at] != v->best) {
        at++;
    }
    bool inside = at > 0 && at < s->n_line - 1;
    v->kind = v->best == base ? SPOT_ANALYZE_KIND_BASELINE
              : inside        ? SPOT_ANALYZE_KIND_INTERIOR
              : s->n_line > 1 ? SPOT_ANALYZE_KIND_ENDPOINT
                              : SPOT_ANALYZE_KIND_NONE;
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
        known = spoti_p_better(s, s->line[k], s->line[0], &p_first[k - 1]) &&
                spoti_p_better(s, s->line[k], s->line[n - 1], &p_last[k - 1]);
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
    if (!is_dynamic(s)) {
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

static void judge_pairs(spoti_setting *s)
{
    int base = s->out->baseline;
    int best = s->out->verdict.best;
    double p[SPOT_ANALYZE_POINTS_MAX];
    double holm[SPOT_ANALYZE_POINTS_MAX];
    int order[SPOT_ANALYZE_POINTS_MAX];
    int who[SPOT_ANALYZE_POINTS_MAX];
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        double value = 0.0;
        /* a p-value that would speak for a point which may not win is not shown */
        if (i != base && spoti_p_better(s, i, base, &value) &&
            (is_dynamic(s) || spoti_guard_pair(s, i, base) == SPOT_ANALYZE_GUARD_NONE)) {
            o->p_better = spoti_known(value);
        }
        if (i != base && spoti_p_better(s, base, i, &value)) {
            o->p_worse = spoti_known(value);
        }
        if (i != best && best >= 0 && spoti_p_better(s, best, i, &value)) {
            who[n] = i;
            p[n++] = value;
        }
    }
    if (n > 0 && spot_stats_holm(p, n, order, holm) == SPOT_OK) {
        for (int k = 0; k < n; k++) {
            s->out->points[who[k]].p_best = spoti_known(holm[k]);
            s->out->points[who[k]].p_best_alone = spoti_known(p[k]);
        }
    }
}

/* Whether the inference of point i costs less than the baseline's, as far as is known. */
static bool may_be_cheaper(const spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[s->out->baseline];
    if (!is_dynamic(s)) {
        return o->eta_chunk.known && o->eta_chunk.value > 1.0;
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
    return is_dynamic(s) ||
           (charged && o->eta_task.has_ci && o->eta_task.hi < 1.0 && p < 0.5 * LEVEL);
}

static bool is_stronger(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    return is_dynamic(s) ? a->rate.value > b->rate.value : a->eta_task.value < b->eta_task.value;
}

static void judge_paradox(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    spot_analyze_claim *claim = is_dynamic(s) ? &v->dynamic_paradox : &v->static_paradox;
    double p[SPOT_ANALYZE_POINTS_MAX];
    double holm[SPOT_ANALYZE_POINTS_MAX];
    int order[SPOT_ANALYZE_POINTS_MAX];
    int who[SPOT_ANALYZE_POINTS_MAX];
    int n = 0;
    v->paradox = -1;
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        const spot_quantity *q = is_dynamic(s) ? &o->p_better : &o->p_worse;
        if (i != s->out->baseline && may_be_cheaper(s, i) && q->known) {
            who[n] = i;
            p[n++] = q->value;
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
        if (!(holm[at] < LEVEL && is_slower(s, who[at], p[at]))) {
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

/* Trials for what is not established: an interior best against both ends, another best against the
 * baseline, a best baseline against the point that comes nearest to it. */
static void judge_trials(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    double most = 0.0;
    double trials = 0.0;
    if (v->kind == SPOT_ANALYZE_KIND_INTERIOR) {
        if (v->p_interior.known && v->p_interior.value < LEVEL) {
            return;
        }
        for (int k = 0; k < 2; k++) {
            if (!spoti_trials(s, v->best, s->line[k == 0 ? 0 : s->n_line - 1], s->n_line - 2, 2,
                              &trials)) {
                return;
            }
            most = fmax(most, trials);
        }
        v->trials_needed = spoti_known(most);
        return;
    }
    if (v->best != s->out->baseline) {
        const spot_quantity *p = &s->out->points[v->best].p_better;
        if (!(p->known && p->value < LEVEL) &&
            spoti_trials(s, v->best, s->out->baseline, s->n - 1, 1, &trials)) {
            v->trials_needed = spoti_known(trials);
        }
        return;
    }
    for (int i = 0; i < s->n; i++) {
        const spot_quantity *p = &s->out->points[i].p_best;
        if (p->known && p->value >= LEVEL && spoti_trials(s, v->best, i, s->n - 1, 1, &trials)) {
            most = fmax(most, trials);
        }
    }
    if (most > 0.0) {
        v->trials_needed = spoti_known(most);
    }
}

/* Of the best and of those that are not told apart from it. */
int spoti_find_cheapest(const spoti_setting *s)
{
    int cheapest = s->out->verdict.best;
    for (int i = 0; i < s->n && cheapest >= 0; i++) {
        const spot_quantity *p = &s->out->points[i].p_best;
        if (p->known && p->value >= LEVEL && is_cheaper(s, i, cheapest)) {
            cheapest = i;
        }
    }
    return cheapest;
}

spot_status spoti_judge(spoti_setting *s)
{
    judge_pairs(s);
    if (s->out->verdict.best >= 0) {
        judge_interior(s);
        judge_posterior(s);
    }
    judge_paradox(s);
    spoti_guard(s);
    s->out->verdict.cheapest = spoti_find_cheapest(s);
    if (s->out->verdict.best >= 0) {
        judge_trials(s);
    }
    return SPOT_OK;
}
