/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The verdict: what the data support, in words that a reader can repeat without harm. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/study/judge.h"

enum { NAMED_MAX = 5 };

/* Appends to a text of SPOT_TUNE_TEXT_SIZE; what does not fit is cut off. */
static void say(char *text, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

static void say(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + used, SPOT_TUNE_TEXT_SIZE - used, format, args);
    va_end(args);
}

/* `success 93.2 % [89.4, 95.7]` or `failure-budget time 12.31 s [11.80, 12.84]`. */
static void say_figure(char *text, spot_goal goal, const spot_tune_row *row)
{
    if (goal == SPOT_GOAL_SUCCESS) {
        say(text, "success %.1f %% [%.1f, %.1f]", 100.0 * row->success_rate, 100.0 * row->wilson.lo,
            100.0 * row->wilson.hi);
        return;
    }
    say(text, "mean time %.2f s", row->budget_time.value);
    if (row->budget_time.support == SPOT_STATS_SUFFICIENT) {
        say(text, " [%.2f, %.2f]", row->budget_time.ci.lo, row->budget_time.ci.hi);
    }
}

static void say_p(char *text, double p, int n_test)
{
    say(text, p < 0.0005 ? "paired p < 0.0005" : "paired p = %.2g", p);
    if (n_test > 1) {
        say(text, ", Holm over %d", n_test);
    }
}

static int count_among_best(const spot_tune_result *r)
{
    int n = 0;
    for (int i = 0; i < r->n_rows; i++) {
        n += r->rows[i].among_best;
    }
    return n;
}

/* Names the points among the best other than the best, up to NAMED_MAX. */
static void say_rivals_names(char *text, const spot_tune_result *r)
{
    int n = 0;
    int total = count_among_best(r) - 1;
    for (int i = 0; i < r->n_rows && n < NAMED_MAX; i++) {
        if (i == r->best || !r->rows[i].among_best) {
            continue;
        }
        bool last = n > 0 && n + 1 == total;
        say(text, "%s'%s'%s",
            n == 0 ? ""
            : last ? " and "
                   : ", ",
            r->rows[i].text, i == r->baseline ? " (the baseline)" : "");
        n++;
    }
    if (total > NAMED_MAX) {
        say(text, " and %d more", total - NAMED_MAX);
    }
}

/* The best point and how it stands to the baseline. */
static void say_best(spot_tune_result *r)
{
    const spot_tune_row *best = &r->rows[r->best];
    const spot_tune_row *base = &r->rows[r->baseline];
    char *text = r->verdict;

    if (r->best == r->baseline) {
        say(text, "The baseline '%s' %s: ", best->text,
            r->best_is_unique ? "is best" : "comes out first");
        say_figure(text, r->goal, best);
        say(text, ". ");
        return;
    }
    say(text, "'%s' %s: ", best->text, r->best_beats_baseline ? "is best" : "comes out first");
    say_figure(text, r->goal, best);
    say(text, " against ");
    say_figure(text, r->goal, base);
    say(text, " at the baseline '%s' (", base->text);
    say_p(text, base->p_holm, r->n_rows - 1);
    say(text, "). ");
}

/* The others. */
static void say_rivals(spot_tune_result *r)
{
    int n_best = count_among_best(r);
    int n_seeds = r->n_judged;
    char *text = r->verdict;

    if (r->n_rows == 1) {
        return;
    }
    if (n_best == r->n_rows) {
        say(text, "No point can be told apart from the best with %d seeds; ", n_seeds);
    } else if (n_best == 1) {
        say(text, "Every other point is worse (5 %% level). ");
        return;
    } else {
        say_rivals_names(text, r);
        say(text, " cannot be told apart from it with %d seeds; ", n_seeds);
    }
    const spot_tune_row *cheapest = &r->rows[r->cheapest];
    say(text, "the cheapest among the best is '%s' (%.4g ms an inference). ", cheapest->text,
        1e3 * cheapest->latency.mean_s);
}

/* Why nothing is claimed, and what would help. */
static void say_withheld(spot_tune_result *r)
{
    const spot_tune_row *worst = &r->rows[0];
    for (int i = 1; i < r->n_rows; i++) {
        worst = r->rows[i].invalid > worst->invalid ? &r->rows[i] : worst;
    }
    say(r->verdict, "No verdict: the simulator broke off %d of %d episodes of '%s' (%s). ",
        worst->invalid, r->setting.n_seeds, worst->text, worst->fault);
    say(r->verdict, "%s",
        r->withheld == SPOT_TUNE_WITHHELD_MANY
            ? "More than 2 % of a point's episodes are unknown: mend the model and run it again."
            : "What the other seeds say does not hold if these episodes are failures: mend the "
              "model "
              "and run it again.");
}

void spoti_judge_verdict(spot_tune_result *result)
{
    int successes = 0;
    result->verdict[0] = '\0';
    if (result->withheld != SPOT_TUNE_WITHHELD_NOT) {
        say_withheld(result);
        return;
    }
    for (int i = 0; i < result->n_rows; i++) {
        successes += result->rows[i].successes;
    }
    if (successes == 0) {
        say(result->verdict,
            "No point succeeded on any of %d seeds: nothing can be said about which is best.",
            result->n_judged);
        return;
    }
    if (result->n_rows == 1) {
        say(result->verdict, "One point alone, nothing to compare: '%s', ", result->rows[0].text);
        say_figure(result->verdict, result->goal, &result->rows[0]);
        say(result->verdict, ".");
        return;
    }
    say_best(result);
    say_rivals(result);
    if (result->goal == SPOT_GOAL_TIME) {
        say(result->verdict, "In mean time a failure counts the limit of %g s. ",
            result->setting.time_limit_s);
    }
    say(result->verdict, "The best was picked on these seeds, so its own figure flatters it; other "
                         "seeds would confirm it.");
}
