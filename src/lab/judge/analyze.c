/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From a log to judged settings. */
#include "spot/analyze.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/judge/setting.h"
#include "spot/tised.h"

const char *spot_analyze_regime_str(spot_analyze_regime regime)
{
    return regime == SPOT_ANALYZE_DYNAMIC  ? spot_regime_str(SPOT_REGIME_DYNAMIC)
           : regime == SPOT_ANALYZE_STATIC ? spot_regime_str(SPOT_REGIME_STATIC)
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
    if (st == SPOT_OK) {
        spoti_judge_motion(s);
    }
    spoti_words(s);
    return st;
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
        spoti_say_together(result, work);
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
