/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The verdict on a setting, in words. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/judge/words.h"
#include "spot/stats.h"

void spoti_say(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text + used, size - used, format, args);
    va_end(args);
    /* cut off: the last character may be half there */
    if (wanted > 0 && (size_t)wanted >= size - used) {
        size_t end = strlen(text);
        while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80) {
            end--;
        }
        text[end - (end > 0)] = '\0';
    }
}

/* p-values as people print them; `<=` where more seeds or draws might have given less. */
const char *spoti_p_text(double p, bool is_floor, char text[32])
{
    const char *sign = is_floor ? "<=" : "=";
    if (p < 0.001) {
        (void)snprintf(text, 32, "p %s %.0e", sign, p);
    } else {
        (void)snprintf(text, 32, p < 0.0995 ? "p %s %.3f" : "p %s %.2f", sign, p);
    }
    return text;
}

bool spoti_is_floored(const spoti_setting *s, int i, int j)
{
    return s->out->regime == SPOT_ANALYZE_STATIC && s->n_unit > 0 && i >= 0 && j >= 0 &&
           s->p_floored[(size_t)i * (size_t)s->n + (size_t)j];
}

/* `0.76 s [..]` or `76 % [..] (38 of 50)`. */
static void say_value(spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    if (spoti_success_decides(s)) {
        SAY(s, "%.1f %%", 100.0 * o->rate.value);
        if (o->rate.has_ci) {
            SAY(s, " [%.1f, %.1f]", 100.0 * o->rate.lo, 100.0 * o->rate.hi);
        }
        if (o->has_count) {
            SAY(s, " (%d of %d)", o->successes, o->trials);
        } else if (o->graded) {
            SAY(s, " of the greatest score (%d graded trials)", o->trials);
        }
        return;
    }
    const bool energy = s->objective == SPOTI_OBJECTIVE_ENERGY;
    const spot_quantity *q = energy                                   ? &o->energy_per_success_j
                             : s->objective == SPOTI_OBJECTIVE_BUDGET ? &o->budget_time_s
                                                                      : &o->time_s;
    SAY(s, energy ? "%.4g J a success" : "%.4g s", s->value[i]);
    if (q->has_ci) {
        SAY(s, " [%.4g, %.4g]", q->lo, q->hi);
    }
}

static void say_regime(spoti_setting *s)
{
    static const char *const time[] = {
        [SPOTI_OBJECTIVE_NONE] = "no times are known",
        [SPOTI_OBJECTIVE_BUDGET] = "mean task time decides, failures charged the budget",
        [SPOTI_OBJECTIVE_TIME] = "mean task time of successes decides",
        [SPOTI_OBJECTIVE_ENERGY] = "joules of all episodes per success decide",
        [SPOTI_OBJECTIVE_LAW] = "chunk count times chunk time (timing law) decides",
    };
    bool all = true;
    for (int i = 0; i < s->n; i++) {
        all = all && s->out->points[i].has_count &&
              s->out->points[i].successes == s->out->points[i].trials;
    }
    bool charged = s->objective == SPOTI_OBJECTIVE_BUDGET && all;
    SAY(s, " %s regime%s: %s", s->out->regime == SPOT_ANALYZE_DYNAMIC ? "Dynamic" : "Static",
        s->out->regime_assumed ? " (assumed, --regime decides)" : "",
        spoti_success_decides(s) ? "success decides"
        : charged                ? "mean task time decides"
                                 : time[s->objective]);
    double budget_s = s->budget_s[0];
    for (int i = 1; i < s->n; i++) {
        budget_s = s->budget_s[i] == budget_s ? budget_s : 0.0;
    }
    if (!spoti_success_decides(s) && s->objective == SPOTI_OBJECTIVE_BUDGET && !all &&
        budget_s > 0.0) {
        SAY(s, " of %g s", budget_s);
    }
    SAY(s, ".");
}

/* `'int8' succeeds on 5 of 50 trials, 'fp32' on 50 of 50 (Fisher, one-sided p = 1e-23)`. */
static void say_counts(spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    char text[32];
    double p = 1.0;
    SAY(s, "'%s' succeeds on %d of %d trials, '%s' on %d of %d", a->name, a->successes, a->trials,
        b->name, b->successes, b->trials);
    if (spoti_p_success(s, j, i, &p)) {
        SAY(s, " (%s, one-sided %s)", spoti_success_test(s, j, i), spoti_p_text(p, false, text));
    }
}

/* The least seconds a success, where every point that has successes and failures tells them. */
static void say_per_success(spoti_setting *s)
{
    int first = -1;
    for (int i = 0; i < s->n; i++) {
        const spot_quantity *q = &s->out->points[i].time_to_success_s;
        if (!q->known && s->out->points[i].successes > 0) {
            return;
        }
        if (q->known && (first < 0 || q->value < s->out->points[first].time_to_success_s.value)) {
            first = i;
        }
    }
    if (first >= 0) {
        SAY(s, " By all time spent for a success '%s' leads, with %.4g s.",
            s->out->points[first].name, s->out->points[first].time_to_success_s.value);
    }
}

/* Which episodes the simulator broke off, and what follows. */
static void say_invalid(spoti_setting *s)
{
    int said = 0;
    if (s->out->verdict.guard == SPOT_ANALYZE_GUARD_INVALID) {
        SAY(s, "No verdict: %s.",
            spoti_needs_strict(s)
                ? "what the valid episodes say does not hold with the others as failures"
                : "more than 2 % of a point's episodes are unknown");
    }
    for (int i = 0; i < s->n; i++) {
        const spoti_log_point *p = s->points[i];
        if (p->invalid > 0) {
            SAY(s, "%s'%s' %lld of %lld", said++ == 0 ? " Invalid episodes: " : ", ", p->name,
                (long long)p->invalid, (long long)(p->n + p->invalid));
        }
    }
    if (said > 0) {
        SAY(s, "; their seeds are left out of the comparisons.");
    }
}

/* A leader in time who is not called best, and why. */
static void say_guarded(spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    const int other = v->guard_against;
    SAY(s, "No winner by time: ");
    if (v->guard == SPOT_ANALYZE_GUARD_NO_BUDGET) {
        SAY(s, "there are failures, and nothing says what one costs (--budget S, the time at which "
               "one gives up). ");
    }
    say_counts(s, v->leader, other);
    SAY(s, "; when it succeeds, '%s' needs ", s->out->points[v->leader].name);
    say_value(s, v->leader);
    SAY(s, " and '%s' ", s->out->points[other].name);
    say_value(s, other);
    SAY(s, "%s.",
        v->guard == SPOT_ANALYZE_GUARD_SUCCEEDS_LESS
            ? ": it is faster when it succeeds, but succeeds less"
            : "");
    say_per_success(s);
}

/* What failures too rare to be seen would do to the claim. */
static void say_rare_failures(spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    if (!v->undoing_rate.known || !(s->p_lead_seen < SPOT_STATS_LEVEL)) {
        return;
    }
    SAY(s,
        " A failure rate of %.2g %% (f*) would undo that lead; its trials bound the rate at %.2g "
        "%%",
        100.0 * v->undoing_rate.value, 100.0 * v->failure_bound.value);
    if (v->guard == SPOT_ANALYZE_GUARD_RARE_FAILURES &&
        v->failure_bound.value <= v->undoing_rate.value) {
        SAY(s, ", not low enough for a claim among %d points", s->n - 1);
    }
    SAY(s, v->guard == SPOT_ANALYZE_GUARD_RARE_FAILURES
               ? ", so it is faster when it succeeds: more trials would say whether it is faster."
               : ", so rare failures do not undo it.");
}

static int count(const spoti_setting *s, bool (*chosen)(const spoti_setting *s, int i))
{
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        n += chosen(s, i);
    }
    return n;
}

/* Which points `chosen` picks, by name. */
static void say_names(spoti_setting *s, bool (*chosen)(const spoti_setting *s, int i))
{
    enum { NAMES_MAX = 6 };
    const int n = count(s, chosen);
    int k = 0;
    for (int i = 0; i < s->n && k < NAMES_MAX; i++) {
        if (chosen(s, i)) {
            SAY(s, "%s'%s'", k == 0 ? "" : k == n - 1 ? " and " : ", ", s->out->points[i].name);
            k++;
        }
    }
    if (n > k) {
        SAY(s, " and %d more", n - k);
    }
}

static bool is_rival(const spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    return i != s->out->verdict.best && o->may_be_best && !o->only_by_rare_failures;
}

static bool is_rare_rival(const spoti_setting *s, int i)
{
    return i != s->out->verdict.best && s->out->points[i].only_by_rare_failures;
}

static bool is_behind(const spoti_setting *s, int i)
{
    const spot_quantity *p = &s->out->points[i].p_behind;
    return p->known && p->value < SPOT_STATS_LEVEL;
}

static bool is_tested(const spoti_setting *s, int i)
{
    return i != s->out->verdict.best && s->out->points[i].p_best.known;
}

/* The set that holds the best with 95 % confidence, and who is worse for certain. */
static void say_set(spoti_setting *s)
{
    const int tested = count(s, is_tested);
    const int rivals = count(s, is_rival);
    const int rare = count(s, is_rare_rival);
    const int behind = count(s, is_behind);
    if (tested == 0) {
        return;
    }
    if (rivals > 0) {
        SAY(s, " Not told apart from it: ");
        say_names(s, is_rival);
        SAY(s, "; the best is one of these %d with 95 %% confidence.", rivals + 1);
    }
    if (rare > 0) {
        SAY(s, " Slower when %s, unless failures too rare to be seen decide: ",
            rare == 1 ? "it succeeds" : "they succeed");
        say_names(s, is_rare_rival);
        SAY(s, ".");
    }
    if (rivals + rare == 0 && behind < s->n - 1) {
        SAY(s, " No other point may be the best (95 %% confidence).");
    }
    if (rivals + rare == 0 && behind == s->n - 1) {
        SAY(s, " Every other point is worse (all pairs at once, 5 %% level).");
    } else if (behind > 0) {
        SAY(s, " Worse than it (all pairs at once, 5 %% level): ");
        say_names(s, is_behind);
        SAY(s, ".");
    }
    const int cheapest = s->out->verdict.cheapest;
    if (rivals > 0 && cheapest >= 0 && s->out->points[cheapest].t_inf_s.known) {
        SAY(s, " The cheapest of these is '%s' (%.4g ms an inference).",
            s->out->points[cheapest].name, 1e3 * s->out->points[cheapest].t_inf_s.value);
    }
}

/* How sure the data are of the point that comes out first. */
static const char *standing_of(const spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    const bool guarded = v->guard != SPOT_ANALYZE_GUARD_NONE;
    const bool alone = count(s, is_rival) + count(s, is_rare_rival) == 0;
    if (!guarded && alone && count(s, is_behind) == s->n - 1) {
        return "is best";
    }
    return v->beats_baseline ? "comes out first and is better than the baseline"
                             : "comes out first";
}

/* The sentence that a hurried reader takes away. */
static void say_best(spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    int base = s->out->baseline;
    char p[32];
    if (v->best < 0 && v->leader >= 0) {
        say_guarded(s);
        return;
    }
    if (v->best < 0) {
        SAY(s, "Nothing decides between the points: %s.",
            v->no_success              ? "no point succeeded on any trial"
            : spoti_success_decides(s) ? "no successes are known"
                                       : "no times are known");
        return;
    }
    if (s->n == 1) {
        SAY(s, "One point alone, nothing to compare: '%s', ", s->out->points[v->best].name);
        say_value(s, v->best);
        SAY(s, ".");
        return;
    }
    SAY(s, "%s'%s' %s: ", v->best == base ? "The baseline " : "", s->out->points[v->best].name,
        standing_of(s));
    say_value(s, v->best);
    if (v->best == base) {
        SAY(s, ".");
    } else {
        SAY(s, " against ");
        say_value(s, base);
        SAY(s, " at the baseline '%s'", s->out->points[base].name);
        const spot_quantity *q = &s->out->points[v->best].p_better;
        if (q->known) {
            SAY(s, " (one-sided %s, %s",
                spoti_p_text(q->value, spoti_is_floored(s, v->best, base), p),
                spoti_success_decides(s) ? spoti_success_test(s, v->best, base)
                                         : spoti_time_test(s, v->best, base));
        }
        if (q->known && s->n > 2) {
            SAY(s, "; corrected for %d points %s", s->n - 1,
                spoti_p_text(s->out->points[v->best].p_beats_baseline.value, false, p));
        }
        SAY(s, "%s.", q->known ? ")" : "");
        say_rare_failures(s);
    }
    say_set(s);
}

void spoti_words(spoti_setting *s)
{
    const bool withheld = s->out->verdict.guard == SPOT_ANALYZE_GUARD_INVALID;
    if (!withheld) {
        say_best(s);
    }
    say_invalid(s);
    say_regime(s);
    if (!withheld) {
        spoti_say_kind(s);
        if (s->objective != SPOTI_OBJECTIVE_ENERGY) {
            spoti_say_paradox(s);
            spoti_say_break_even(s);
        }
    }
    spoti_say_law(s);
    spoti_say_columns(s);
    if (s->out->verdict.best >= 0 && s->n > 1) {
        SAY(s, " The best was picked on these very trials, so its own figure flatters it; others "
               "would "
               "confirm it.");
    }
    if (s->source->note[0] != '\0') {
        SAY(s, " %s", s->source->note);
    }
    /* whatever came first, a text does not begin with a blank */
    char *text = s->out->verdict.text;
    memmove(text, text + strspn(text, " "), strlen(text + strspn(text, " ")) + 1);
}
