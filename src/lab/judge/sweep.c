/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Which point comes out first, and the sweep through it: the row of points along a knob that has at least
 * three of them, latency (alpha, else refinement steps) at equal overlap, else overlap at equal latency,
 * else the order of the source.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/judge/setting.h"

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

bool spoti_worth(const spoti_setting *s, int i, double *value)
{
    if (spoti_success_decides(s)) {
        *value = s->out->points[i].rate.value;
        return s->out->points[i].rate.known;
    }
    *value = -s->value[i];
    return s->value[i] > 0.0;
}

/* Inference of i costs less than that of j; with equal latency less overlap is the simpler thing. */
bool spoti_is_cheaper(const spoti_setting *s, int i, int j)
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
    (void)spoti_worth(s, i, &x);
    (void)spoti_worth(s, j, &y);
    const spot_quantity *a = &s->out->points[i].budget_time_s;
    const spot_quantity *b = &s->out->points[j].budget_time_s;
    if (x == y && spoti_success_decides(s) && a->known && b->known) {
        x = -a->value;
        y = -b->value;
    }
    return x != y ? x > y : spoti_is_cheaper(s, i, j);
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
    v->best = spoti_worth(s, base, &value) ? base : -1;
    for (int i = 0; i < s->n; i++) {
        if (i != base && spoti_worth(s, i, &value) &&
            (v->best < 0 || is_preferred(s, i, v->best))) {
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
