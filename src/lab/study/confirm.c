/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The best of a tuning run on seeds that had no part in the choice.
 *
 * A best point is picked where it looks best, so its own figure flatters it. The best, the cheapest of those
 * not told apart from it, and the baseline run again on the seeds that follow; those episodes are kept apart
 * and never pooled with the first ones, and what they say is the result.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/config.h"
#include "core/base/text.h"
#include "lab/study/study.h"

enum { POINTS_MAX = 3, FIGURE_SIZE = 96 };

/* Appends to the verdict; what does not fit is cut off. */
static void say(spot_tune_result *r, const char *text)
{
    const size_t used = strlen(r->verdict);
    (void)spoti_format(r->verdict + used, sizeof(r->verdict) - used, "%s", text);
}

/* `99.2 % [97.1, 99.8]` or `5.31 s [5.22, 5.40]`. */
static void figure_of(const spot_tune_result *r, int i, char text[FIGURE_SIZE])
{
    const spot_analysis_point *p = &r->analysis->settings[0].points[i];
    const spot_quantity *q = r->goal == SPOT_GOAL_SUCCESS ? &p->rate : &p->budget_time_s;
    if (r->goal == SPOT_GOAL_SUCCESS) {
        (void)spoti_format(text, FIGURE_SIZE, "%.1f %% [%.1f, %.1f]", 100.0 * q->value,
                           100.0 * q->lo, 100.0 * (q->has_ci ? q->hi : 1.0));
    } else if (q->has_ci) {
        (void)spoti_format(text, FIGURE_SIZE, "%.2f s [%.2f, %.2f]", q->value, q->lo, q->hi);
    } else {
        (void)spoti_format(text, FIGURE_SIZE, "%.2f s", q->value);
    }
}

/* Replaces the caveat by what the fresh seeds say of the best point, `at` among theirs. */
static void say_confirmed(spot_tune_result *r, int at)
{
    static const char CAVEAT[] = " The best was picked on these very trials";
    const spot_tune_result *c = r->confirm;
    char best[FIGURE_SIZE];
    char base[FIGURE_SIZE];
    char text[512];
    char *caveat = strstr(r->verdict, CAVEAT);
    if (caveat != NULL) {
        *caveat = '\0';
    }
    figure_of(c, at, best);
    figure_of(c, c->baseline, base);
    (void)spoti_format(text, sizeof(text),
                       " %s on %d fresh seeds (%" PRIu64 "..%" PRIu64
                       "), which had no part in the choice: %s against %s at the baseline.",
                       r->confirmed ? "Confirmed" : "Not confirmed", c->setting.n_seeds,
                       c->setting.seed, c->setting.seed + (uint64_t)c->setting.n_seeds - 1, best,
                       base);
    say(r, text);
}

spot_status spot_tune_confirm(const spot_task *task, const spot_brain *brain,
                              const spot_platform *platform, const spot_tune_config *config,
                              spot_tune_result *result, spot_progress_fn progress, void *ctx,
                              spot_diag *diag)
{
    if (SPOTI_CONFIG_CHECK(spot_tune_config, config, diag) != SPOT_OK || result == NULL ||
        result->confirm != NULL) {
        return SPOT_E_INVALID;
    }
    spot_point points[POINTS_MAX];
    spot_tune_config fresh = *config;
    int at_best = 0;
    fresh.n_points = 0;
    for (int i = 0; i < result->n_rows; i++) {
        if (i == result->baseline || i == result->best || i == result->cheapest) {
            fresh.baseline = i == result->baseline ? fresh.n_points : fresh.baseline;
            at_best = i == result->best ? fresh.n_points : at_best;
            points[fresh.n_points++] = result->rows[i].point;
        }
    }
    fresh.points = points;
    fresh.seed = config->seed + (uint64_t)config->n_seeds;
    fresh.n_seeds = config->confirm_seeds;
    fresh.episodes_dir = config->confirm_dir;
    const spoti_tune_subject subject = {
        .task = task, .brain = brain, .platform = platform, .confirms = true};
    spot_status st = spoti_tune_on(&subject, &fresh, progress, ctx, &result->confirm, diag);
    if (st == SPOT_OK) {
        result->confirmed =
            result->confirm->best == at_best && result->confirm->best_beats_baseline;
        say_confirmed(result, at_best);
    }
    return st;
}
