/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The operating points that `sweetspot tune` compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { N_ALIGN = 2 };

static bool read_aligns(const char *text, bool aligns[N_ALIGN])
{
    static const char *const words[N_ALIGN] = {"none", "skip"}; /* by spot_align */
    while (*text != '\0') {
        char word[16] = "";
        size_t length = strcspn(text, ",");
        (void)snprintf(word, sizeof(word), "%.*s", (int)length, text);
        int choice = cli_choose("tune", "align", word, words, N_ALIGN);
        if (choice < 0) {
            return false;
        }
        aligns[choice] = true;
        text += length + (text[length] == ',' ? 1 : 0);
    }
    if (!aligns[0] && !aligns[1]) {
        (void)cli_misuse("tune", "--align: nothing given, expected none, skip or none,skip");
        return false;
    }
    return true;
}

static bool check_lists(const cli_sweep *sweep, int n_settings)
{
    for (int i = 0; i < sweep->steps.count; i++) {
        int steps = sweep->steps.values[i];
        if (steps < 1 || steps > SPOT_POLICY_STEPS_MAX) {
            (void)cli_misuse("tune", "--steps: %d, expected 1..%d", steps, SPOT_POLICY_STEPS_MAX);
            return false;
        }
    }
    for (int i = 0; i < sweep->overlaps.count; i++) {
        if (sweep->overlaps.values[i] < 0) {
            (void)cli_misuse("tune", "--overlap: %d, expected 0 or more",
                             sweep->overlaps.values[i]);
            return false;
        }
    }
    long long wanted =
        (long long)sweep->steps.count * sweep->overlaps.count * n_settings * N_ALIGN + 1;
    if (wanted > SPOT_TUNE_POINTS_MAX) {
        (void)cli_misuse("tune", "up to %lld points, expected at most %d", wanted,
                         SPOT_TUNE_POINTS_MAX);
        return false;
    }
    return true;
}

/* Order of the line: steps, overlap, way of joining; points of equal rank stay in the order given. */
static int compare_points(const spot_point *p, const spot_point *q)
{
    if (p->steps != q->steps) {
        return p->steps < q->steps ? -1 : 1;
    }
    if (p->overlap != q->overlap) {
        return p->overlap < q->overlap ? -1 : 1;
    }
    return (p->align > q->align) - (p->align < q->align);
}

static bool equal_points(const spot_point *p, const spot_point *q)
{
    return compare_points(p, q) == 0 && cli_same_setting(p, q);
}

/* Puts a point that is not there yet where it belongs. */
static void add_point(spot_point *points, int *n_points, const spot_point *point)
{
    int at = *n_points;
    for (int i = 0; i < *n_points; i++) {
        if (equal_points(&points[i], point)) {
            return;
        }
    }
    while (at > 0 && compare_points(&points[at - 1], point) > 0) {
        points[at] = points[at - 1];
        at--;
    }
    points[at] = *point;
    (*n_points)++;
}

/* Adds the points of one setting of what is not steps or overlap. */
static void add_setting(const cli_sweep *sweep, const bool aligns[N_ALIGN],
                        const spot_point *setting, spot_point *points, int *n_points)
{
    for (int i = 0; i < sweep->steps.count; i++) {
        for (int k = 0; k < sweep->overlaps.count * N_ALIGN; k++) {
            int overlap = sweep->overlaps.values[k / N_ALIGN];
            /* without overlap there is nothing to join */
            int align = overlap == 0 ? (int)SPOT_ALIGN_NONE : k % N_ALIGN;
            spot_point point = *setting;
            point.steps = sweep->steps.values[i];
            point.overlap = overlap;
            point.align = (spot_align)align;
            if (overlap == 0 || aligns[align]) {
                add_point(points, n_points, &point);
            }
        }
    }
}

bool cli_make_points(const cli_sweep *sweep, int all_steps, spot_point points[SPOT_TUNE_POINTS_MAX],
                     int *n_points, int *baseline)
{
    bool aligns[N_ALIGN] = {false};
    cli_settings settings;
    spot_point first;

    if (!cli_read_settings("tune", sweep->quants, sweep->prunes, sweep->kvs, &settings) ||
        !read_aligns(sweep->aligns, aligns) || !check_lists(sweep, cli_count_settings(&settings))) {
        return false;
    }
    spot_point_default(&first);
    first.steps = all_steps;
    *n_points = 0;
    add_point(points, n_points, &first);
    for (int i = 0; i < cli_count_settings(&settings); i++) {
        const spot_point setting = cli_setting(&settings, i);
        add_setting(sweep, aligns, &setting, points, n_points);
    }
    *baseline = 0;
    while (!equal_points(&points[*baseline], &first)) {
        (*baseline)++;
    }
    return true;
}
