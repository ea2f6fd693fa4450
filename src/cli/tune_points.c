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

static bool check_lists(const cli_sweep *sweep, int n_quants)
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
    int wanted = sweep->steps.count * sweep->overlaps.count * n_quants * N_ALIGN + 1;
    if (wanted > SPOT_TUNE_POINTS_MAX) {
        (void)cli_misuse("tune", "up to %d points, expected at most %d", wanted,
                         SPOT_TUNE_POINTS_MAX);
        return false;
    }
    return true;
}

int cli_read_quants(const char *verb, const char *text,
                    char quants[CLI_LIST_MAX][SPOT_POINT_QUANT_SIZE])
{
    int n = 0;
    while (*text != '\0') {
        char pair[SPOT_POINT_QUANT_SIZE + 16];
        spot_point point;
        spot_diag diag = {""};
        size_t length = strcspn(text, ",");
        int used = snprintf(pair, sizeof(pair), "quant=%.*s", (int)length, text);
        spot_point_default(&point);
        if (n == CLI_LIST_MAX || used < 0 || (size_t)used >= sizeof(pair) ||
            spot_point_parse(pair, &point, &diag) != SPOT_OK) {
            (void)cli_misuse(verb, "--quant: %s",
                             diag.text[0] != '\0' ? diag.text : "too long, expected short names");
            return 0;
        }
        memcpy(quants[n++], point.quant, sizeof(point.quant));
        text += length + (text[length] == ',' ? 1 : 0);
    }
    if (n == 0) {
        (void)cli_misuse(verb, "--quant: nothing given, expected e.g. fp32,w8a8,w4a4");
    }
    return n;
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

/* Puts a point that is not there yet where it belongs. */
static void add_point(spot_point *points, int *n_points, spot_point point)
{
    int at = *n_points;
    for (int i = 0; i < *n_points; i++) {
        if (compare_points(&points[i], &point) == 0 && strcmp(points[i].quant, point.quant) == 0) {
            return;
        }
    }
    while (at > 0 && compare_points(&points[at - 1], &point) > 0) {
        points[at] = points[at - 1];
        at--;
    }
    points[at] = point;
    (*n_points)++;
}

/* Adds the points of one precision. */
static void add_quant(const cli_sweep *sweep, const bool aligns[N_ALIGN],
                      const char quant[SPOT_POINT_QUANT_SIZE], spot_point *points, int *n_points)
{
    for (int i = 0; i < sweep->steps.count; i++) {
        for (int k = 0; k < sweep->overlaps.count * N_ALIGN; k++) {
            int overlap = sweep->overlaps.values[k / N_ALIGN];
            /* without overlap there is nothing to join */
            int align = overlap == 0 ? (int)SPOT_ALIGN_NONE : k % N_ALIGN;
            spot_point point = {
                .steps = sweep->steps.values[i], .overlap = overlap, .align = (spot_align)align};
            memcpy(point.quant, quant, sizeof(point.quant));
            if (overlap == 0 || aligns[align]) {
                add_point(points, n_points, point);
            }
        }
    }
}

bool cli_make_points(const cli_sweep *sweep, int all_steps, spot_point points[SPOT_TUNE_POINTS_MAX],
                     int *n_points, int *baseline)
{
    bool aligns[N_ALIGN] = {false};
    char quants[CLI_LIST_MAX][SPOT_POINT_QUANT_SIZE];
    int n_quants = cli_read_quants("tune", sweep->quants, quants);

    if (n_quants == 0 || !read_aligns(sweep->aligns, aligns) || !check_lists(sweep, n_quants)) {
        return false;
    }
    *n_points = 0;
    add_point(points, n_points, (spot_point){.steps = all_steps, .align = SPOT_ALIGN_NONE});
    for (int q = 0; q < n_quants; q++) {
        add_quant(sweep, aligns, quants[q], points, n_points);
    }
    *baseline = 0;
    while (points[*baseline].steps != all_steps || points[*baseline].overlap != 0 ||
           points[*baseline].quant[0] != '\0') {
        (*baseline)++;
    }
    return true;
}
