/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Many points from lists of values, and their order. */
#include <string.h>

#include "runtime/point/knob.h"

/* The knobs by how fast they vary: settings of an inference first, as they are the costliest to change;
 * then the numbers and what joins chunks. */
static int slowest_first(int order[SPOT_KNOBS_MAX])
{
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < spot_knob_count(); i++) {
            const spot_knob *k = spot_knob_at(i);
            const bool setting = k->in_inference && !k->is_number;
            if (setting == (pass == 0)) {
                order[n++] = i;
            }
        }
    }
    return n;
}

static bool contains(const spot_point *points, int n, const spot_point *point)
{
    bool found = false;
    for (int i = 0; i < n && !found; i++) {
        found = spot_point_equal(&points[i], point);
    }
    return found;
}

/* The walk over all combinations. */
typedef struct walk {
    const char *const *lists;
    int order[SPOT_KNOBS_MAX];
    int n_order;
    spot_point *points;
    int capacity;
    int n;
    spot_diag *diag;
} walk;

static spot_status add(walk *w, spot_point point)
{
    for (int i = 0; i < spot_knob_count(); i++) {
        const spoti_knob *k = spoti_knob_at(i);
        if (k->needs_overlap && point.overlap == 0) {
            (void)spoti_knob_read(i, (spoti_word){k->shown.baseline, strlen(k->shown.baseline)},
                                  &point, NULL);
        }
    }
    if (contains(w->points, w->n, &point)) {
        return SPOT_OK;
    }
    if (w->n == w->capacity) {
        return spot_diag_set(w->diag, SPOT_E_RANGE, "more than %d points, expected at most so many",
                             w->capacity);
    }
    w->points[w->n++] = point;
    return SPOT_OK;
}

/* A value that came before in its list is a slip of the pen. */
static spot_status check_once(const walk *w, int knob, const char *list, const char *at,
                              size_t length)
{
    for (const char *before = list; before < at; before += strcspn(before, ",") + 1) {
        if (strcspn(before, ",") == length && strncmp(before, at, length) == 0) {
            return spot_diag_set(w->diag, SPOT_E_FORMAT, "%s: '%.*s' is given twice, expected once",
                                 spot_knob_at(knob)->name, (int)length, at);
        }
    }
    return SPOT_OK;
}

/* Gives knob order[depth] each of its values, and the faster ones theirs within. */
static spot_status descend(walk *w, int depth, spot_point point)
{
    if (depth == w->n_order) {
        return add(w, point);
    }
    const int knob = w->order[depth];
    const char *list = w->lists[knob] != NULL ? w->lists[knob] : spot_knob_at(knob)->baseline;
    if (list[0] == '\0') {
        return spot_diag_set(w->diag, SPOT_E_FORMAT, "%s: nothing given, expected a list",
                             spot_knob_at(knob)->name);
    }
    for (const char *at = list;;) {
        const size_t length = strcspn(at, ",");
        spot_status st = check_once(w, knob, list, at, length);
        st = st != SPOT_OK ? st : spoti_knob_read(knob, (spoti_word){at, length}, &point, w->diag);
        if (st == SPOT_OK) {
            st = descend(w, depth + 1, point);
        }
        if (st != SPOT_OK || at[length] == '\0') {
            return st;
        }
        at += length + 1;
    }
}

spot_status spot_point_sweep(const char *const *lists, spot_point *points, int capacity, int *n,
                             spot_diag *diag)
{
    if (lists == NULL || points == NULL || capacity < 1 || n == NULL) {
        return SPOT_E_INVALID;
    }
    walk w = {.lists = lists, .points = points, .capacity = capacity, .diag = diag};
    spot_point first;
    spot_point_default(&first);
    w.n_order = slowest_first(w.order);
    const spot_status st = descend(&w, 0, first);
    *n = w.n;
    return st;
}

/* Which of two points comes first on the line; 0 = neither. */
static int compare(const spot_point *p, const spot_point *q)
{
    for (int i = 0; i < spot_knob_count(); i++) {
        const spoti_knob *k = spoti_knob_at(i);
        const int sign = k->kind == SPOTI_KNOB_NAME ? 0 : spot_knob_compare(i, p, q);
        if (sign != 0) {
            return sign;
        }
    }
    return 0;
}

void spot_point_sort(spot_point *points, int n)
{
    for (int i = 1; i < n; i++) {
        const spot_point point = points[i];
        int at = i;
        while (at > 0 && compare(&points[at - 1], &point) > 0) {
            points[at] = points[at - 1];
            at--;
        }
        points[at] = point;
    }
}
