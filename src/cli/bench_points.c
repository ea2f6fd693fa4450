/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The operating points that `sweetspot bench` measures. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum { POINTS_MAX = SPOT_BENCH_POINTS_MAX - 1 /* one is left for the baseline */ };

static bool is_same(const spot_point *p, const spot_point *q)
{
    return p->steps == q->steps && spot_point_same_setting(p, q);
}

/* The place of a point among the first n, or n. */
static int find(const bench_result *out, int n, const spot_point *point)
{
    int i = 0;
    while (i < n && !is_same(&out->points[i], point)) {
        i++;
    }
    return i;
}

static bool add(bench_result *out, const spot_point *point)
{
    int n = out->config.n_points;
    if (find(out, n, point) < n) {
        char text[SPOT_POINT_TEXT_SIZE];
        spot_point_format(point, text, sizeof(text));
        (void)cli_misuse("bench", "--points: '%s' is given twice, expected once", text);
        return false;
    }
    if (n == POINTS_MAX) {
        (void)cli_misuse("bench", "more than %d points, expected fewer", POINTS_MAX);
        return false;
    }
    out->points[out->config.n_points++] = *point;
    return true;
}

/* Reads one point of --points, not terminated. */
static bool read_point(const char *text, size_t length, int all_steps, bench_result *out)
{
    char copy[SPOT_POINT_TEXT_SIZE];
    spot_point point;
    spot_diag diag = {""};

    spot_point_default(&point);
    if (length >= sizeof(copy)) {
        (void)cli_misuse("bench", "--points: '%.40s...' is too long, expected at most %zu bytes",
                         text, sizeof(copy) - 1);
        return false;
    }
    (void)snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
    if (copy[strspn(copy, " \t\r\n")] == '\0') {
        (void)cli_misuse("bench", "--points: a point is empty, expected e.g. \"steps=5 quant=w8a8; "
                                  "steps=10\"");
        return false;
    }
    if (spot_point_parse(copy, &point, &diag) != SPOT_OK) {
        (void)cli_misuse("bench", "--points: %s", diag.text);
        return false;
    }
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *k = spot_knob_at(i);
        if (!k->in_inference && !spot_knob_is_baseline(i, &point)) {
            (void)cli_misuse("bench",
                             "--points: '%s': %s changes no latency of an inference, expected "
                             "knobs that do",
                             copy, k->name);
            return false;
        }
    }
    point.steps = point.steps == 0 ? all_steps : point.steps;
    return add(out, &point);
}

static bool read_points(const bench_request *r, int all_steps, bench_result *out)
{
    for (int i = 0; i < spot_knob_count(); i++) {
        if (r->lists.text[i] != NULL) {
            (void)cli_misuse("bench", "--points and --%s: expected points or lists, not both",
                             spot_knob_at(i)->name);
            return false;
        }
    }
    for (const char *text = r->points;;) {
        size_t length = strcspn(text, ";");
        if (!read_point(text, length, all_steps, out)) {
            return false;
        }
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

bool bench_make_points(const bench_request *r, int all_steps, bench_result *out)
{
    spot_point first;
    int *n = &out->config.n_points;

    *n = 0;
    if (r->points != NULL ? !read_points(r, all_steps, out)
                          : !cli_sweep("bench", &r->lists, all_steps, out->points, POINTS_MAX, n)) {
        return false;
    }
    spot_point_default(&first);
    for (int i = 0; i < *n; i++) {
        first.steps = out->points[i].steps > first.steps ? out->points[i].steps : first.steps;
    }
    out->config.baseline = find(out, *n, &first);
    if (out->config.baseline == *n) {
        memmove(&out->points[1], &out->points[0], (size_t)*n * sizeof(out->points[0]));
        out->points[0] = first;
        out->config.baseline = 0;
        (*n)++;
    }
    out->config.points = out->points;
    return true;
}
