/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The verdict on a setting, in words. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/judge/setting.h"

static const double LEVEL = 0.05;

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

#define SAY(s, ...) spoti_say((s)->out->verdict.text, SPOT_ANALYZE_TEXT_SIZE, __VA_ARGS__)

static bool is_dynamic(const spoti_setting *s)
{
    return s->out->regime == SPOT_ANALYZE_DYNAMIC;
}

/* p-values as people print them; `<=` where more seeds or draws might have given less. */
static const char *p_text(double p, bool is_floor, char text[32])
{
    const char *sign = is_floor ? "<=" : "=";
    if (p < 0.001) {
        (void)snprintf(text, 32, "p %s %.0e", sign, p);
    } else {
        (void)snprintf(text, 32, p < 0.0995 ? "p %s %.3f" : "p %s %.2f", sign, p);
    }
    return text;
}

/* Whether the p of "i is faster than j" is a floor. */
static bool floored(const spoti_setting *s, int i, int j)
{
    return s->out->regime == SPOT_ANALYZE_STATIC && s->n_unit > 0 && i >= 0 && j >= 0 &&
           s->p_floored[(size_t)i * (size_t)s->n + (size_t)j];
}

/* `0.76 s [..]` or `76 % [..] (38 of 50)`. */
static void say_value(spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    if (is_dynamic(s)) {
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
    const spot_quantity *q =
        s->objective == SPOTI_OBJECTIVE_BUDGET ? &o->budget_time_s : &o->time_s;
    SAY(s, "%.4g s", s->value[i]);
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
        [SPOTI_OBJECTIVE_LAW] = "chunk count times chunk time (timing law) decides",
    };
    bool all = true;
    for (int i = 0; i < s->n; i++) {
        all = all && s->out->points[i].has_count &&
              s->out->points[i].successes == s->out->points[i].trials;
    }
    bool charged = s->objective == SPOTI_OBJECTIVE_BUDGET && all;
    SAY(s, " %s regime%s: %s", is_dynamic(s) ? "Dynamic" : "Static",
        s->out->regime_assumed ? " (assumed, --regime decides)" : "",
        is_dynamic(s) ? "success decides"
        : charged     ? "mean task time decides"
                      : time[s->objective]);
    double budget_s = s->budget_s[0];
    for (int i = 1; i < s->n; i++) {
        budget_s = s->budget_s[i] == budget_s ? budget_s : 0.0;
    }
    if (!is_dynamic(s) && s->objective == SPOTI_OBJECTIVE_BUDGET && !all && budget_s > 0.0) {
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
        SAY(s, " (%s, one-sided %s)", spoti_success_test(s, j, i), p_text(p, false, text));
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
    const spot_quantity *p = &s->out->points[v->best].p_better;
    if (!v->undoing_rate.known || !(p->known && p->value < LEVEL)) {
        return;
    }
    SAY(s,
        " A failure rate of %.2g %% (f*) would undo that lead; its trials bound the rate at %.2g "
        "%%",
        100.0 * v->undoing_rate.value, 100.0 * v->failure_bound.value);
    SAY(s, v->guard == SPOT_ANALYZE_GUARD_RARE_FAILURES
               ? ", so it is faster when it succeeds: more trials would say whether it is faster."
               : ", so rare failures do not undo it.");
}

/* The points that the data do not tell from the best. */
static void say_rivals(spoti_setting *s)
{
    const char *rivals[SPOT_ANALYZE_POINTS_MAX];
    int n = 0;
    int tested = 0;
    for (int i = 0; i < s->n; i++) {
        const spot_quantity *p = &s->out->points[i].p_best;
        tested += p->known;
        if (p->known && p->value >= LEVEL) {
            rivals[n++] = s->out->points[i].name;
        }
    }
    if (tested == 0) {
        return;
    }
    if (n == 0) {
        SAY(s, " Every other point is worse (Holm over %d, 5 %% level).", tested);
        return;
    }
    SAY(s, " Not told apart from it: ");
    for (int k = 0; k < n && k < 6; k++) {
        SAY(s, "%s'%s'", k == 0 ? "" : k == n - 1 ? " and " : ", ", rivals[k]);
    }
    if (n > 6) {
        SAY(s, " and %d more", n - 6);
    }
    SAY(s, ".");
    const int cheapest = s->out->verdict.cheapest;
    if (cheapest >= 0 && s->out->points[cheapest].t_inf_s.known) {
        SAY(s, " The cheapest of these is '%s' (%.4g ms an inference).",
            s->out->points[cheapest].name, 1e3 * s->out->points[cheapest].t_inf_s.value);
    }
}

/* Whether the data tell the best from the baseline, or a best baseline from every other point. */
static bool is_claimed(const spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    const int base = s->out->baseline;
    bool claimed = v->guard == SPOT_ANALYZE_GUARD_NONE;
    for (int i = 0; i < s->n && claimed; i++) {
        const spot_quantity *p = &s->out->points[i].p_best;
        if (i != v->best && (v->best == base || i == base)) {
            claimed = p->known && p->value < LEVEL;
        }
    }
    return claimed;
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
            v->no_success   ? "no point succeeded on any trial"
            : is_dynamic(s) ? "no successes are known"
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
        is_claimed(s) ? "is best" : "comes out first");
    say_value(s, v->best);
    if (v->best == base) {
        SAY(s, ".");
    } else {
        SAY(s, " against ");
        say_value(s, base);
        SAY(s, " at the baseline '%s'", s->out->points[base].name);
        const spot_quantity *q = &s->out->points[v->best].p_better;
        if (q->known) {
            SAY(s, " (one-sided %s, %s)", p_text(q->value, floored(s, v->best, base), p),
                is_dynamic(s) ? spoti_success_test(s, v->best, base)
                              : spoti_time_test(s, v->best, base));
        }
        SAY(s, ".");
        say_rare_failures(s);
    }
    say_rivals(s);
}

static void say_trials(spoti_setting *s, int i, int j, bool first)
{
    double trials = 0.0;
    SAY(s, "%s'%s' from '%s' ", first ? " To tell " : ", ", s->out->points[i].name,
        s->out->points[j].name);
    if (spoti_trials(s, i, j, s->n_line - 2, 2, &trials)) {
        SAY(s, "takes %.0f trials a point", trials);
    } else {
        SAY(s, "no number of trials can be given");
    }
}

static void say_kind(spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    char p[32];
    if (v->best < 0 || s->n_line < 2) {
        return;
    }
    const char *first = s->out->points[s->line[0]].name;
    const char *last = s->out->points[s->line[s->n_line - 1]].name;
    if (s->n_line == 2) {
        SAY(s, " With two points ('%s', '%s') there is no interior.", first, last);
        return;
    }
    bool found = v->p_interior.known && v->p_interior.value < LEVEL;
    static const char *const where[] = {
        [SPOT_ANALYZE_KIND_NONE] = "stands alone",
        [SPOT_ANALYZE_KIND_INTERIOR] = "lies inside the sweep",
        [SPOT_ANALYZE_KIND_ENDPOINT] = "is an end of the sweep",
        [SPOT_ANALYZE_KIND_BASELINE] = "is the baseline, in the sweep",
    };
    SAY(s, " It %s '%s' ... '%s'; an interior sweet spot is %s", where[v->kind], first, last,
        found ? "established" : "not established");
    if (v->p_interior.known) {
        SAY(s, " (intersection-union %s", p_text(v->p_interior.value, false, p));
        if (v->posterior_interior.known) {
            SAY(s, ", posterior %.2f", v->posterior_interior.value);
        }
        SAY(s, ").");
    } else {
        SAY(s, ": no test is possible.");
    }
    if (!found && v->kind == SPOT_ANALYZE_KIND_INTERIOR && v->p_interior.known) {
        say_trials(s, v->best, s->line[0], true);
        say_trials(s, v->best, s->line[s->n_line - 1], false);
        SAY(s, " (power 0.8 for both at 5 %%).");
    }
}

static void say_untestable(spoti_setting *s)
{
    int base = s->out->baseline;
    SAY(s, " %s paradox: cannot be tested", is_dynamic(s) ? "Dynamic" : "Static");
    if (s->n == 1) {
        SAY(s, ", there is one point only.");
        return;
    }
    bool eta = false;
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        eta = eta || (i != base && o->eta_chunk.known);
        if (!is_dynamic(s) && o->eta_chunk.known && o->eta_chunk.value > 1.0 && o->eta_task.known &&
            o->eta_task.value < 1.0) {
            double z = log(o->eta_task.value);
            SAY(s,
                "; the figures suggest one at '%s' (chunks %.3f times as fast, task %.2f times as "
                "long), which takes about %.0f trials a point to establish if single times "
                "vary by 25 %%",
                o->name, o->eta_chunk.value, 1.0 / o->eta_task.value,
                ceil(2.0 * 0.25 * 0.25 * 2.4864749 * 2.4864749 / (z * z)));
            SAY(s, ".");
            return;
        }
    }
    SAY(s, is_dynamic(s) ? ": no point with cheaper inference has counts beside the baseline's."
           : eta         ? ": no point with faster chunks has times beside the baseline's."
                 : ": chunk times are unknown (they need t_inf_s, t_act_s and chunk_actions).");
}

static void say_paradox(spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    spot_analyze_claim claim = is_dynamic(s) ? v->dynamic_paradox : v->static_paradox;
    char p[32];
    double trials = 0.0;
    if (claim == SPOT_ANALYZE_UNTESTABLE) {
        say_untestable(s);
        return;
    }
    const spot_analysis_point *o = &s->out->points[v->paradox];
    SAY(s, " %s paradox: %sestablished", is_dynamic(s) ? "Dynamic" : "Static",
        claim == SPOT_ANALYZE_ESTABLISHED ? "" : "not ");
    if (claim == SPOT_ANALYZE_ESTABLISHED && is_dynamic(s)) {
        SAY(s, " at '%s', which infers less and succeeds more often", o->name);
    } else if (claim == SPOT_ANALYZE_ESTABLISHED) {
        SAY(s, " at '%s': chunks %.3f times as fast, task speed-up %.3f [%.3f, %.3f]", o->name,
            o->eta_chunk.value, o->eta_task.value, o->eta_task.lo, o->eta_task.hi);
    } else {
        SAY(s, "; nearest to it comes '%s'", o->name);
    }
    SAY(s, " (Holm-adjusted %s)",
        p_text(v->p_paradox.value, floored(s, s->out->baseline, v->paradox), p));
    if (v->n_paradox > 1) {
        SAY(s, " and at %d more", v->n_paradox - 1);
    }
    int i = is_dynamic(s) ? v->paradox : s->out->baseline;
    int j = is_dynamic(s) ? s->out->baseline : v->paradox;
    if (claim == SPOT_ANALYZE_NOT_ESTABLISHED && v->p_paradox.value >= LEVEL &&
        spoti_trials(s, i, j, s->n - 1, 1, &trials)) {
        SAY(s, "; a difference as large as this one takes %.0f trials a point", trials);
    }
    SAY(s, ".");
    if (!is_dynamic(s) && claim == SPOT_ANALYZE_NOT_ESTABLISHED &&
        s->objective != SPOTI_OBJECTIVE_BUDGET && v->p_paradox.value < LEVEL) {
        SAY(s, " (There are failures and no budget to charge them: --budget.)");
    }
}

/* What inflation against the chunk speed-up says of a point. */
enum {
    BREAK_PAYS = 0,
    BREAK_PAYS_GUARDED,
    BREAK_LOSES,
    BREAK_OPEN,
    BREAK_PAYS_UNTESTED,
    BREAK_LOSES_UNTESTED,
    N_BREAK
};

static int break_even_of(const spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    const spot_quantity *q = &o->inflation;
    if (i == s->out->baseline || !o->eta_chunk.known || !q->known) {
        return -1;
    }
    /* chunks of successes alone: who fails instead pays otherwise */
    if ((q->has_ci ? q->hi : q->value) < o->eta_chunk.value &&
        spoti_guard_pair(s, i, s->out->baseline) != SPOT_ANALYZE_GUARD_NONE) {
        return BREAK_PAYS_GUARDED;
    }
    if (!q->has_ci) {
        return q->value < o->eta_chunk.value ? BREAK_PAYS_UNTESTED : BREAK_LOSES_UNTESTED;
    }
    return q->hi < o->eta_chunk.value   ? BREAK_PAYS
           : q->lo > o->eta_chunk.value ? BREAK_LOSES
                                        : BREAK_OPEN;
}

static void say_one_break_even(spoti_setting *s, int i)
{
    enum { FIGURES_MAX = 6 }; /* with more points they stay in the table */
    const spot_analysis_point *o = &s->out->points[i];
    SAY(s, "'%s'", o->name);
    if (s->n > FIGURES_MAX) {
        return;
    }
    SAY(s, " (%.3f", o->inflation.value);
    if (o->inflation.has_ci) {
        SAY(s, " [%.3f, %.3f]", o->inflation.lo, o->inflation.hi);
    }
    SAY(s, " against %.3f)", o->eta_chunk.value);
}

static void say_break_even(spoti_setting *s)
{
    static const char *const words[N_BREAK] = {
        "pays off", "pays off only when it succeeds", "loses",
        "open",     "pays off by the figures alone",  "loses by the figures alone"};
    int said = 0;
    for (int c = 0; c < N_BREAK; c++) {
        int n = 0;
        for (int i = 0; i < s->n; i++) {
            if (break_even_of(s, i) != c) {
                continue;
            }
            if (n++ > 0) {
                SAY(s, ", ");
            } else {
                SAY(s, "%s%s: ", said++ == 0 ? " Chunk inflation against its break-even: " : "; ",
                    words[c]);
            }
            say_one_break_even(s, i);
        }
    }
    if (said > 0) {
        SAY(s, s->out->n_differs ? " (an executed action: n differs)." : ".");
    }
}

/* Least squares of T on N (x + c) with x the latency or 0: root mean square error; c in *c. */
static double fit_cycle(const spoti_setting *s, bool latency, double *c)
{
    double top = 0.0;
    double bottom = 0.0;
    double error = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < s->n; i++) {
            const spot_analysis_point *o = &s->out->points[i];
            double x = latency ? o->t_inf_s.value : 0.0;
            double rest = o->time_s.value - o->chunks.value * x;
            if (pass == 0) {
                top += rest * o->chunks.value;
                bottom += o->chunks.value * o->chunks.value;
            } else {
                double e = rest - o->chunks.value * *c;
                error += e * e;
            }
        }
        if (pass == 0) {
            *c = top / bottom;
        }
    }
    return sqrt(error / s->n);
}

/* Times that a constant cycle explains far better than one with the latency in it. */
static void say_law(spoti_setting *s)
{
    double c = 0.0;
    double e = 0.0;
    double worst = 0.0;
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        if (!o->t_chunk_s.known || !o->cycle_s.known ||
            (o->overlap.known && o->overlap.value > 0.0)) {
            return;
        }
        worst = fmax(worst, fabs(o->cycle_s.value / o->t_chunk_s.value - 1.0));
    }
    if (s->n < 3) {
        return;
    }
    double sync = fit_cycle(s, true, &e);
    double cadence = fit_cycle(s, false, &c);
    if (worst > 0.02 && cadence < 0.5 * sync) {
        SAY(s,
            " The times do not follow the timing law (off by up to %.0f %%): a cycle of "
            "constant %.3f s fits them (error %.2f s) far better than latency plus %.3f s "
            "(error %.2f s), so the robot seems to run at a fixed cadence, where a faster "
            "inference does not make chunks faster.",
            100.0 * worst, c, cadence, e, sync);
    }
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
        say_kind(s);
        say_paradox(s);
        say_break_even(s);
    }
    say_law(s);
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
