/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From a log to judged settings, and what the settings say together. */
#include "spot/analyze.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_tests.h"

const char *spot_analyze_regime_str(spot_analyze_regime regime)
{
    return regime == SPOT_ANALYZE_DYNAMIC  ? "dynamic"
           : regime == SPOT_ANALYZE_STATIC ? "static"
           : regime == SPOT_ANALYZE_AUTO   ? "auto"
                                           : "unknown";
}

const char *spot_analyze_decides_str(const spot_analysis_setting *setting)
{
    return setting->goal == SPOT_ANALYZE_GOAL_ENERGY ? "energy"
           : setting->regime == SPOT_ANALYZE_DYNAMIC ? "success"
                                                     : "time";
}

const char *spot_analyze_kind_str(spot_analyze_kind kind)
{
    switch (kind) {
    case SPOT_ANALYZE_KIND_INTERIOR:
        return "interior";
    case SPOT_ANALYZE_KIND_ENDPOINT:
        return "endpoint";
    case SPOT_ANALYZE_KIND_BASELINE:
        return "baseline";
    default:
        return "none";
    }
}

const char *spot_analyze_guard_str(spot_analyze_guard guard)
{
    switch (guard) {
    case SPOT_ANALYZE_GUARD_NO_BUDGET:
        return "no budget";
    case SPOT_ANALYZE_GUARD_SUCCEEDS_LESS:
        return "succeeds less";
    case SPOT_ANALYZE_GUARD_INVALID:
        return "invalid";
    case SPOT_ANALYZE_GUARD_RARE_FAILURES:
        return "rare failures";
    default:
        return "none";
    }
}

void spot_analysis_destroy(spot_analysis *analysis)
{
    if (analysis == NULL) {
        return;
    }
    const spot_allocator *a = analysis->allocator;
    for (int i = 0; analysis->settings != NULL && i < analysis->n_settings; i++) {
        spot_analysis_setting *s = &analysis->settings[i];
        spoti_free(a, s->points, (size_t)s->n_points * sizeof(*s->points));
    }
    spoti_free(a, analysis->settings, (size_t)analysis->n_settings * sizeof(*analysis->settings));
    spoti_free(a, analysis, sizeof(*analysis));
}

/* The point that the others are compared with: asked for, else the source's, else its first. */
static spot_status find_baseline(spoti_setting *s, spot_diag *diag)
{
    const char *asked = s->log->config.baseline;
    const char *name = asked != NULL ? asked : s->source->baseline;
    s->out->baseline = 0;
    for (int i = 0; i < s->n; i++) {
        if (strcmp(s->points[i]->name, name) == 0) {
            s->out->baseline = i;
            return SPOT_OK;
        }
    }
    if (name[0] == '\0') {
        return SPOT_OK;
    }
    char known[256] = "";
    for (int i = 0; i < s->n; i++) {
        spoti_say(known, sizeof(known), "%s'%s'", i > 0 ? ", " : "", s->points[i]->name);
    }
    return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                         "baseline '%.60s': no such point in '%s', expected "
                         "one of %s",
                         name, s->source->name, known);
}

/* Nobody said it: success decides where the environment moves or no times are known. */
static void find_regime(spoti_setting *s)
{
    spot_analyze_regime known =
        s->log->config.regime != SPOT_ANALYZE_AUTO ? s->log->config.regime : s->source->regime;
    s->out->regime_assumed = known == SPOT_ANALYZE_AUTO;
    if (known != SPOT_ANALYZE_AUTO) {
        s->out->regime = known;
        return;
    }
    bool moving = s->source->has_speed && s->source->speed > 0.0;
    bool timed = false;
    for (int i = 0; i < s->n; i++) {
        timed = timed || s->value[i] > 0.0;
    }
    s->out->regime = moving || !timed ? SPOT_ANALYZE_DYNAMIC : SPOT_ANALYZE_STATIC;
}

static spot_status begin_setting(spoti_setting *s, const spot_analyze_log *log, int i,
                                 spot_analysis_setting *out)
{
    memset(s, 0, sizeof(*s));
    s->log = log;
    s->source = &log->settings[i];
    s->out = out;
    for (int k = 0; k < log->n_points; k++) {
        if (log->points[k].setting == i) {
            s->points[s->n++] = &log->points[k];
        }
    }
    const spot_analyze_config *c = &log->config;
    memcpy(out->name, s->source->name, sizeof(out->name));
    out->goal = c->goal;
    out->action_s = s->source->action_s > 0.0 ? s->source->action_s : c->action_s;
    for (int t = 0; t < log->n_tasks; t++) {
        bool here = false;
        for (int k = 0; k < s->n; k++) {
            here = here || s->points[k]->cells[t].n > 0;
        }
        out->n_tasks += here;
    }
    out->points = spoti_calloc(c->allocator, (size_t)s->n, sizeof(*out->points));
    out->n_points = out->points != NULL ? s->n : 0;
    return out->points != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

static spot_status judge_setting(spoti_setting *s, spot_diag *diag)
{
    spot_status st = find_baseline(s, diag);
    if (st == SPOT_OK) {
        st = spoti_measure(s, diag);
    }
    if (st == SPOT_OK) {
        st = spoti_units_build(s, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    find_regime(s);
    spoti_interval_points(s);
    spoti_welch_points(s);
    spoti_find_best(s);
    spoti_resample_pairs(s);
    return spoti_judge(s);
}

/* The same setting with invalid episodes as failures: what it says of the best must agree. */
static spot_status judge_strictly(spoti_setting *s, int i, spot_diag *diag)
{
    const spot_allocator *a = s->log->config.allocator;
    spot_analysis_setting out = {.n_points = 0};
    spoti_setting *strict = spoti_calloc(a, 1, sizeof(*strict));
    if (strict == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = begin_setting(strict, s->log, i, &out);
    if (st == SPOT_OK) {
        strict->strict = true;
        st = judge_setting(strict, diag);
    }
    if (st == SPOT_OK) {
        spoti_guard_invalid(s, &out);
    }
    spoti_units_free(strict);
    spoti_free(a, out.points, (size_t)out.n_points * sizeof(*out.points));
    spoti_free(a, strict, sizeof(*strict));
    return st;
}

static spot_status analyze_setting(spoti_setting *s, int i, spot_diag *diag)
{
    spot_status st = judge_setting(s, diag);
    if (st == SPOT_OK && spoti_needs_strict(s)) {
        st = judge_strictly(s, i, diag);
    } else if (st == SPOT_OK) {
        spoti_guard_invalid(s, NULL);
    }
    spoti_claim_baseline(s);
    spoti_words(s);
    return st;
}

/* Settings together ---------------------------------------------------------------------------- */

static int find_name(const spoti_setting *s, const char *name)
{
    for (int i = 0; i < s->n; i++) {
        if (strcmp(s->points[i]->name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Whether some task shows both halves by itself. */
static bool task_reverses(const spoti_setting *a, const spoti_setting *b, const int at[4])
{
    for (int t = 0; t < a->log->n_tasks; t++) {
        double p = 1.0;
        double q = 1.0;
        if (spoti_p_success_task(a, t, at[1], at[0], &p) &&
            spoti_p_success_task(b, t, at[2], at[3], &q) && fmax(p, q) < SPOT_STATS_LEVEL) {
            return true;
        }
    }
    return false;
}

/* A point that loses against the baseline in setting a and wins in b. */
static void say_reversal(spot_analysis *out, const spoti_setting *a, const spoti_setting *b)
{
    const char *base = a->points[a->out->baseline]->name;
    if (strcmp(base, b->points[b->out->baseline]->name) != 0) {
        return;
    }
    for (int i = 0; i < a->n; i++) {
        int j = find_name(b, a->points[i]->name);
        const spot_quantity *p = &a->out->points[i].p_worse;
        const spot_quantity *q = j >= 0 ? &b->out->points[j].p_better : NULL;
        if (q == NULL || !p->known || !q->known ||
            (a->n - 1) * fmax(p->value, q->value) >= SPOT_STATS_LEVEL) {
            continue;
        }
        spoti_say(
            out->text, sizeof(out->text),
            "%s'%s' against the baseline '%s' turns round: it is worse in '%s' (one-sided p = "
            "%.2g) and better in '%s' (p = %.2g)",
            out->text[0] != '\0' ? " " : "", a->points[i]->name, base, a->source->name, p->value,
            b->source->name, q->value);
        int at[4] = {i, a->out->baseline, j, b->out->baseline};
        if (a->out->n_tasks > 1 && b->out->n_tasks > 1) {
            spoti_say(out->text, sizeof(out->text), ", pooled over %d tasks; %s", a->out->n_tasks,
                      task_reverses(a, b, at) ? "at least one task shows both halves by itself"
                                              : "no single task shows both halves at 5 %");
        }
        spoti_say(out->text, sizeof(out->text), ".");
    }
}

/* The point of a that a claim of "it depends on the setting" is about: the leader in a or in b, whichever is
 * not the baseline and ran in both. -1 = none. */
static int find_candidate(const spoti_setting *a, const spoti_setting *b)
{
    const int mine = a->out->verdict.leader;
    if (mine >= 0 && mine != a->out->baseline && find_name(b, a->points[mine]->name) >= 0) {
        return mine;
    }
    const int other = b->out->verdict.leader;
    return other >= 0 && other != b->out->baseline ? find_name(a, b->points[other]->name) : -1;
}

static spot_stats_count counts_of(const spoti_setting *s, int i)
{
    return (spot_stats_count){.successes = s->out->points[i].successes,
                              .n = s->out->points[i].trials};
}

static spot_stats_score score_of(const spoti_setting *s, int i)
{
    return (spot_stats_score){.sum = s->points[i]->value[SPOTI_SCORE],
                              .n = s->out->points[i].trials};
}

/* The one-sided p that i of a (j of b) gains more over the baseline in a, and its name. False = no test. */
static bool test_interaction(const spoti_setting *a, int i, const spoti_setting *b, int j,
                             const char **name, spot_stats_test_result *test)
{
    const int at[2] = {a->out->baseline, b->out->baseline};
    const spot_analysis_point *p[4] = {&a->out->points[i], &a->out->points[at[0]],
                                       &b->out->points[j], &b->out->points[at[1]]};
    bool counted = true;
    bool graded = true;
    for (int k = 0; k < 4; k++) {
        counted = counted && p[k]->has_count;
        graded = graded && p[k]->graded;
    }
    if (graded) {
        const spot_stats_score_pair first = {score_of(a, i), score_of(a, at[0])};
        const spot_stats_score_pair second = {score_of(b, j), score_of(b, at[1])};
        spot_stats_graded_result r;
        const double most = a->points[i]->value[SPOTI_SCORE_MAX];
        bool ok = spot_stats_interaction_graded(&first, &second, most, &r) == SPOT_OK;
        *name = "scores with the largest variance";
        *test = r.test;
        return ok;
    }
    const spot_stats_stratum first = {counts_of(a, i), counts_of(a, at[0])};
    const spot_stats_stratum second = {counts_of(b, j), counts_of(b, at[1])};
    spot_stats_interaction_result r;
    bool ok = counted && spot_stats_interaction_counts(&first, &second, &r) == SPOT_OK;
    *name = "exact test of one odds ratio";
    *test = r.test;
    return ok;
}

/* "It depends on the computer" is one claim about a difference of differences, not two separate tests. */
static void say_interaction(spot_analysis *out, const spoti_setting *a, const spoti_setting *b)
{
    const int i = find_candidate(a, b);
    const int j = i >= 0 ? find_name(b, a->points[i]->name) : -1;
    const char *name = "";
    spot_stats_test_result test;
    if (!spoti_success_decides(a) || j < 0 || j == b->out->baseline || i == a->out->baseline ||
        strcmp(a->points[a->out->baseline]->name, b->points[b->out->baseline]->name) != 0 ||
        !test_interaction(a, i, b, j, &name, &test)) {
        return;
    }
    const bool first = test.p_candidate_better <= test.p_baseline_better;
    /* the direction is the data's, so both count */
    const double p = fmin(1.0, 2.0 * (first ? test.p_candidate_better : test.p_baseline_better));
    spoti_say(out->text, sizeof(out->text),
              "%sWhether '%s' gains more over '%s' in '%s' than in '%s' is one question: %s "
              "(interaction, %s, two-sided p = %.2g).",
              out->text[0] != '\0' ? " " : "", a->points[i]->name,
              a->points[a->out->baseline]->name, first ? a->source->name : b->source->name,
              first ? b->source->name : a->source->name,
              p < SPOT_STATS_LEVEL ? "it does" : "that is not established", name, p);
}

static void say_together(spot_analysis *out, const spoti_setting *work)
{
    for (int a = 0; a < out->n_settings; a++) {
        for (int b = 0; b < out->n_settings; b++) {
            if (a != b && work[a].out->regime == work[b].out->regime) {
                say_reversal(out, &work[a], &work[b]);
            }
            if (a < b && work[a].out->regime == work[b].out->regime) {
                say_interaction(out, &work[a], &work[b]);
            }
        }
    }
}

spot_status spot_analyze(const spot_analyze_log *log, spot_analysis **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (log == NULL) {
        return SPOT_E_INVALID;
    }
    if (log->n_points == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "the log is empty, expected at least one row");
    }
    const spot_allocator *a = log->config.allocator;
    size_t n = (size_t)log->n_settings;
    spot_status st = SPOT_E_NOMEM;
    spoti_setting *work = spoti_calloc(a, n, sizeof(*work));
    spot_analysis *result = spoti_calloc(a, 1, sizeof(*result));
    if (result != NULL) {
        result->allocator = a;
        result->settings = spoti_calloc(a, n, sizeof(*result->settings));
    }
    if (work == NULL || result == NULL || result->settings == NULL) {
        goto cleanup;
    }
    result->n_settings = log->n_settings;
    st = SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < log->n_settings; i++) {
        st = begin_setting(&work[i], log, i, &result->settings[i]);
        if (st == SPOT_OK) {
            st = analyze_setting(&work[i], i, diag);
        }
    }
    if (st == SPOT_OK) {
        say_together(result, work);
    }
    for (int i = 0; i < log->n_settings; i++) {
        if (work[i].log != NULL) {
            spoti_units_free(&work[i]);
        }
    }

cleanup:
    spoti_free(a, work, n * sizeof(*work));
    if (st != SPOT_OK) {
        spot_analysis_destroy(result);
        return st;
    }
    *out = result;
    return SPOT_OK;
}
