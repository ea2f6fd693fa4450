/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A bench as a platform profile, which rollouts then charge as class `self`. */
#include <string.h>

#include "core/base/text.h"
#include "runtime/point/numeric.h"
#include "spot/platform.h"
#include "spot/report_bench.h"
#include "spot/show.h"

/* A row of the profile and the text that it points to. */
typedef struct profile_row {
    spot_platform_row row;
    char variant[SPOT_POINT_TEXT_SIZE];
} profile_row;

/* Whether `a` comes before `b`: by variant in the order of `rows`, then by steps. */
static bool comes_before(const profile_row *a, const profile_row *b, const profile_row *rows, int n)
{
    if (strcmp(a->variant, b->variant) == 0) {
        return a->row.steps < b->row.steps;
    }
    for (int i = 0; i < n; i++) {
        if (strcmp(rows[i].variant, a->variant) == 0) {
            return true;
        }
        if (strcmp(rows[i].variant, b->variant) == 0) {
            return false;
        }
    }
    return false;
}

/* Puts a row where it belongs, unless its variant and steps are there. */
static void insert(profile_row *rows, int *n, const profile_row *row)
{
    int at = *n;
    for (int i = 0; i < *n; i++) {
        if (strcmp(rows[i].variant, row->variant) == 0 && rows[i].row.steps == row->row.steps) {
            return;
        }
    }
    while (at > 0 && comes_before(row, &rows[at - 1], rows, *n)) {
        rows[at] = rows[at - 1];
        at--;
    }
    rows[at] = *row;
    (*n)++;
}

/* Points that are pruned without a change of time, or rounded and computed in fp32, share a variant with their
 * likes. */
static bool is_stand_in(const spot_point *point)
{
    return point->prune[0] != '\0' || spoti_numeric_is(point->quant);
}

/* The rows of the profile. Of those that share a variant the one that is neither pruned nor rounded stands for
 * all. */
static int make_rows(const spot_bench_report *report, profile_row *rows)
{
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < report->config->n_points; i++) {
            const spot_bench_row *r = &report->rows[i];
            if (is_stand_in(&r->point) != (pass == 1)) {
                continue;
            }
            profile_row row = {.row = {.steps = r->point.steps,
                                       .mean_s = r->alone.mean_s,
                                       .p95_s = r->alone.p95_s,
                                       .spread_s = r->alone.sd_s,
                                       .median_s = r->alone.median_s,
                                       .alpha = r->alpha}};
            spot_point_variant(&r->point, row.variant, sizeof(row.variant));
            insert(rows, &n, &row);
        }
    }
    return n;
}

spot_status spot_report_bench_profile(const spot_bench_report *report, const char *name,
                                      const char *day, const char *path, spot_diag *diag)
{
    profile_row rows[SPOT_BENCH_POINTS_MAX];
    spot_platform_row plain[SPOT_BENCH_POINTS_MAX];
    char source[SPOT_PLATFORM_SOURCE_SIZE];
    char policy[64 + 1]; /* its folder may be called anything, a profile's texts may not */
    char processor[SPOT_PLATFORM_SOURCE_SIZE];

    if (report == NULL || name == NULL || day == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    const int n = make_rows(report, rows);
    for (int i = 0; i < n; i++) {
        plain[i] = rows[i].row;
        plain[i].variant = rows[i].variant;
    }
    (void)spot_show(policy, sizeof(policy), report->policy);
    (void)spot_show(processor, sizeof(processor), report->processor);
    (void)spoti_format(source, sizeof(source),
                       "sweetspot bench, policy %s, %s kernels, one thread, %d calls%s, %s", policy,
                       report->machine->kernels, report->config->calls * report->config->rounds,
                       report->processor_clock ? " in processor time" : "", day);
    const spot_platform_self self = {
        .name = name, .description = processor, .source = source, .rows = plain, .n_rows = n};
    return spot_platform_write_self(path, &self, diag);
}
