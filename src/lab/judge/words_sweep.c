/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The sweep, the paradox and the law of times, in words. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "lab/judge/words.h"
#include "spot/stats.h"

/* `412 (155 to 3687) trials a point`; a pilot like this one may come from no difference at all. */
static void say_number(spoti_setting *s, const spot_quantity *trials)
{
    SAY(s, "%.0f", trials->value);
    if (trials->has_ci && isfinite(trials->hi)) {
        SAY(s, " (%.0f to %.0f)", trials->lo, trials->hi);
    } else if (trials->has_ci) {
        SAY(s, " (%.0f or more)", trials->lo);
    }
    SAY(s, " trials a point");
}

static void say_trials(spoti_setting *s, int i, int j, bool first)
{
    spot_quantity trials;
    SAY(s, "%s'%s' from '%s' ", first ? " To tell " : ", ", s->out->points[i].name,
        s->out->points[j].name);
    if (spoti_trials(s, i, j, s->n_line - 2, 2, &trials)) {
        SAY(s, "takes ");
        say_number(s, &trials);
    } else {
        SAY(s, "no number of trials can be given");
    }
}

void spoti_say_kind(spoti_setting *s)
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
    bool found = v->p_interior.known && v->p_interior.value < SPOT_STATS_LEVEL;
    static const char *const where[] = {
        [SPOT_ANALYZE_KIND_NONE] = "stands alone",
        [SPOT_ANALYZE_KIND_INTERIOR] = "lies inside the sweep",
        [SPOT_ANALYZE_KIND_ENDPOINT] = "is an end of the sweep",
        [SPOT_ANALYZE_KIND_BASELINE] = "is the baseline, in the sweep",
    };
    SAY(s, " It %s '%s' ... '%s'; an interior sweet spot is %s", where[v->kind], first, last,
        found ? "established" : "not established");
    if (v->p_interior.known) {
        SAY(s, " (intersection-union %s", spoti_p_text(v->p_interior.value, false, p));
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
    SAY(s, " %s paradox: cannot be tested", spoti_success_decides(s) ? "Dynamic" : "Static");
    if (s->n == 1) {
        SAY(s, ", there is one point only.");
        return;
    }
    if (s->at_cadence) {
        SAY(s, ": at a fixed cadence no point has faster chunks.");
        return;
    }
    bool eta = false;
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        eta = eta || (i != base && o->eta_chunk.known);
        if (!spoti_success_decides(s) && o->eta_chunk.known && o->eta_chunk.value > 1.0 &&
            o->eta_task.known && o->eta_task.value < 1.0) {
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
    SAY(s, spoti_success_decides(s)
               ? ": no point with cheaper inference has counts beside the baseline's."
           : eta ? ": no point with faster chunks has times beside the baseline's."
                 : ": chunk times are unknown (they need t_inf_s, t_act_s and chunk_actions).");
}

void spoti_say_paradox(spoti_setting *s)
{
    const spot_analysis_verdict *v = &s->out->verdict;
    spot_analyze_claim claim = spoti_success_decides(s) ? v->dynamic_paradox : v->static_paradox;
    char p[32];
    spot_quantity trials;
    if (claim == SPOT_ANALYZE_UNTESTABLE) {
        say_untestable(s);
        return;
    }
    const spot_analysis_point *o = &s->out->points[v->paradox];
    SAY(s, " %s paradox: %sestablished", spoti_success_decides(s) ? "Dynamic" : "Static",
        claim == SPOT_ANALYZE_ESTABLISHED ? "" : "not ");
    if (claim == SPOT_ANALYZE_ESTABLISHED && spoti_success_decides(s)) {
        const spot_analysis_point *b = &s->out->points[s->out->baseline];
        const bool as_dear =
            o->t_inf_s.known && b->t_inf_s.known && o->t_inf_s.value >= b->t_inf_s.value;
        SAY(s, " at '%s', which %s and succeeds more often", o->name,
            as_dear ? "is delayed less" : "infers less");
    } else if (claim == SPOT_ANALYZE_ESTABLISHED) {
        SAY(s, " at '%s': chunks %.3f times as fast, task speed-up %.3f [%.3f, %.3f]", o->name,
            o->eta_chunk.value, o->eta_task.value, o->eta_task.lo, o->eta_task.hi);
    } else {
        SAY(s, "; nearest to it comes '%s'", o->name);
    }
    SAY(s, " (Holm-adjusted %s)",
        spoti_p_text(v->p_paradox.value, spoti_is_floored(s, s->out->baseline, v->paradox), p));
    if (v->n_paradox > 1) {
        SAY(s, " and at %d more", v->n_paradox - 1);
    }
    int i = spoti_success_decides(s) ? v->paradox : s->out->baseline;
    int j = spoti_success_decides(s) ? s->out->baseline : v->paradox;
    if (claim == SPOT_ANALYZE_NOT_ESTABLISHED && v->p_paradox.value >= SPOT_STATS_LEVEL &&
        spoti_trials(s, i, j, s->n - 1, 1, &trials)) {
        SAY(s, "; %s takes ",
            s->log->config.effect > 0.0 ? "the effect asked for"
                                        : "a difference as large as this one");
        say_number(s, &trials);
    }
    SAY(s, ".");
    if (!spoti_success_decides(s) && claim == SPOT_ANALYZE_NOT_ESTABLISHED &&
        s->objective != SPOTI_OBJECTIVE_BUDGET && v->p_paradox.value < SPOT_STATS_LEVEL) {
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

void spoti_say_break_even(spoti_setting *s)
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

/* Times that a constant cycle explains far better than one with the latency in it. */
void spoti_say_law(spoti_setting *s)
{
    spoti_cadence c;
    if (spoti_find_cadence(s, &c)) {
        SAY(s,
            " The times do not follow the timing law (off by up to %.0f %%): a cycle of "
            "constant %.3f s fits them (error %.2f s) far better than latency plus %.3f s "
            "(error %.2f s), so the robot seems to run at a fixed cadence, where a faster "
            "inference does not make chunks faster; eta is the ratio of the measured cycles.",
            100.0 * c.worst, c.cycle_s, c.error_s, c.rest_s, c.sync_error_s);
    }
}

/* Two figures this near are one, added up in another order. */
static const double ROUNDING = 1e-12;

static const spot_quantity *quantity_at(const spoti_setting *s, int i, size_t at)
{
    return (const spot_quantity *)(const void *)((const char *)&s->out->points[i] + at);
}

/* Columns that rank the points otherwise than the verdict does. */
void spoti_say_columns(spoti_setting *s)
{
    static const struct {
        const char *name;
        size_t at;
        double sign; /* 1: the less the better */
    } columns[] = {
        {"success", offsetof(spot_analysis_point, rate), -1.0},
        {"T of successes", offsetof(spot_analysis_point, time_s), 1.0},
        {"s/success", offsetof(spot_analysis_point, time_to_success_s), 1.0},
        {"J/success", offsetof(spot_analysis_point, energy_per_success_j), 1.0},
    };
    const int best = s->out->verdict.best;
    int said = 0;
    for (size_t k = 0; best >= 0 && k < sizeof(columns) / sizeof(columns[0]); k++) {
        int first = best;
        for (int i = 0; i < s->n; i++) {
            const spot_quantity *q = quantity_at(s, i, columns[k].at);
            const spot_quantity *least = quantity_at(s, first, columns[k].at);
            const double lead = columns[k].sign * (least->value - q->value);
            if (q->known && least->known && lead > ROUNDING * fabs(q->value)) {
                first = i;
            }
        }
        if (first != best) {
            SAY(s, "%s%s '%s'", said++ == 0 ? " By other columns another point leads: " : ", ",
                columns[k].name, s->out->points[first].name);
        }
    }
    if (said > 0) {
        SAY(s, ".");
    }
}
