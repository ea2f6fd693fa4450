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

static bool check_lists(const cli_integers *steps, const cli_integers *overlaps)
{
    for (int i = 0; i < steps->count; i++) {
        if (steps->values[i] < 1 || steps->values[i] > SPOT_POLICY_STEPS_MAX) {
            (void)cli_misuse("tune", "--steps: %d, expected 1..%d", steps->values[i],
                             SPOT_POLICY_STEPS_MAX);
            return false;
        }
    }
    for (int i = 0; i < overlaps->count; i++) {
        if (overlaps->values[i] < 0) {
            (void)cli_misuse("tune", "--overlap: %d, expected 0 or more", overlaps->values[i]);
            return false;
        }
    }
    int wanted = steps->count * overlaps->count * N_ALIGN + 1;
    if (wanted > SPOT_TUNE_POINTS_MAX) {
        (void)cli_misuse("tune", "up to %d points, expected at most %d", wanted,
                         SPOT_TUNE_POINTS_MAX);
        return false;
    }
    return true;
}

static int compare_points(const void *a, const void *b)
{
    const spot_point *p = (const spot_point *)a;
    const spot_point *q = (const spot_point *)b;
    if (p->steps != q->steps) {
        return p->steps < q->steps ? -1 : 1;
    }
    if (p->overlap != q->overlap) {
        return p->overlap < q->overlap ? -1 : 1;
    }
    return (p->align > q->align) - (p->align < q->align);
}

/* Adds a point that is not there yet. */
static void add_point(spot_point *points, int *n_points, spot_point point)
{
    for (int i = 0; i < *n_points; i++) {
        if (compare_points(&points[i], &point) == 0) {
            return;
        }
    }
    points[(*n_points)++] = point;
}

bool cli_make_points(const cli_integers *steps, const cli_integers *overlaps, const char *aligns,
                     int all_steps, spot_point points[SPOT_TUNE_POINTS_MAX], int *n_points,
                     int *baseline)
{
    bool wanted[N_ALIGN] = {false};
    if (!read_aligns(aligns, wanted) || !check_lists(steps, overlaps)) {
        return false;
    }
    *n_points = 0;
    add_point(points, n_points, (spot_point){.steps = all_steps, .align = SPOT_ALIGN_NONE});
    for (int i = 0; i < steps->count; i++) {
        for (int k = 0; k < overlaps->count * N_ALIGN; k++) {
            int overlap = overlaps->values[k / N_ALIGN];
            /* without overlap there is nothing to join */
            int align = overlap == 0 ? (int)SPOT_ALIGN_NONE : k % N_ALIGN;
            if (overlap == 0 || wanted[align]) {
                add_point(points, n_points,
                          (spot_point){.steps = steps->values[i],
                                       .overlap = overlap,
                                       .align = (spot_align)align});
            }
        }
    }
    qsort(points, (size_t)*n_points, sizeof(points[0]), compare_points);
    *baseline = 0;
    while (points[*baseline].steps != all_steps || points[*baseline].overlap != 0) {
        (*baseline)++;
    }
    return true;
}
