/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The operating points that `sweetspot bench` measures. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

static const int STEPS_DEFAULT[] = {1, 2, 3, 5, 10};

enum {
    N_STEPS_DEFAULT = sizeof(STEPS_DEFAULT) / sizeof(STEPS_DEFAULT[0]),
    POINTS_MAX = SPOT_BENCH_POINTS_MAX - 1, /* one is left for the baseline */
};

static bool is_same(const spot_point *p, const spot_point *q)
{
    return p->steps == q->steps && cli_same_setting(p, q);
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

static bool add(bench_result *out, const char *option, const spot_point *point)
{
    int n = out->config.n_points;
    if (find(out, n, point) < n) {
        char text[SPOT_POINT_TEXT_SIZE];
        spot_point_format(point, text, sizeof(text));
        (void)cli_misuse("bench", "--%s: '%s' is given twice, expected once", option, text);
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
    if (point.overlap != 0 || point.align != SPOT_ALIGN_NONE) {
        (void)cli_misuse("bench",
                         "--points: '%s': overlap and align change no latency of an "
                         "inference, expected steps, quant, prune and kv",
                         copy);
        return false;
    }
    point.steps = point.steps == 0 ? all_steps : point.steps;
    return add(out, "points", &point);
}

static bool read_points(const bench_request *r, int all_steps, bench_result *out)
{
    if (r->steps.count > 0 || r->quants != NULL || r->prunes != NULL || r->kvs != NULL) {
        (void)cli_misuse("bench", "--points and lists: expected either --points or --steps, "
                                  "--quant, --prune, --kv");
        return false;
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

static bool read_steps(const bench_request *r, cli_integers *steps)
{
    *steps = r->steps;
    for (int i = 0; i < N_STEPS_DEFAULT && r->steps.count == 0; i++) {
        steps->values[steps->count++] = STEPS_DEFAULT[i];
    }
    for (int i = 0; i < steps->count; i++) {
        int value = steps->values[i];
        if (value < 1 || value > SPOT_POLICY_STEPS_MAX ||
            (i > 0 && value <= steps->values[i - 1])) {
            (void)cli_misuse("bench", "--steps: %d, expected rising numbers from 1 to %d", value,
                             SPOT_POLICY_STEPS_MAX);
            return false;
        }
    }
    return true;
}

/* Every combination of the lists, steps fastest. */
static bool combine_lists(const bench_request *r, bench_result *out)
{
    cli_integers steps;
    cli_settings settings;

    if (!read_steps(r, &steps) ||
        !cli_read_settings("bench", r->quants != NULL ? r->quants : "fp32",
                           r->prunes != NULL ? r->prunes : "none", r->kvs != NULL ? r->kvs : "base",
                           &settings)) {
        return false;
    }
    for (int i = 0; i < cli_count_settings(&settings); i++) {
        spot_point point = cli_setting(&settings, i);
        for (int k = 0; k < steps.count; k++) {
            point.steps = steps.values[k];
            if (!add(out, "steps", &point)) {
                return false;
            }
        }
    }
    return true;
}

bool bench_make_points(const bench_request *r, int all_steps, bench_result *out)
{
    spot_point first;
    int *n = &out->config.n_points;

    *n = 0;
    if (r->points != NULL ? !read_points(r, all_steps, out) : !combine_lists(r, out)) {
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
