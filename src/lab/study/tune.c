/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The tuner: check everything first, run the points one after the other on the same seeds, judge.
 *
 * What a store holds of it is read back instead of run (gather.c), so a killed run goes on where it stopped
 * and a second run is instant.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/study/judge.h"
#include "lab/study/tuner.h"

void spot_tune_config_default(spot_tune_config *config)
{
    if (config == NULL) {
        return;
    }
    memset(config, 0, sizeof(*config));
    config->size = sizeof(*config);
    config->n_seeds = 100;
    config->threads = 1;
    config->clock = SPOT_CLOCK_EXACT;
    config->goal = SPOT_GOAL_AUTO;
    config->resamples = SPOT_STATS_N_RESAMPLE;
    spot_variation_default(&config->variation);
}

const char *spot_goal_str(spot_goal goal)
{
    switch (goal) {
    case SPOT_GOAL_AUTO:
        return "auto";
    case SPOT_GOAL_TIME:
        return "time";
    case SPOT_GOAL_SUCCESS:
        return "success";
    default:
        return "unknown";
    }
}

void spot_tune_result_destroy(spot_tune_result *result)
{
    if (result != NULL) {
        spot_tune_result_destroy(result->confirm);
        spot_analysis_destroy(result->analysis);
        spoti_free(NULL, result->rows, (size_t)result->n_rows * sizeof(*result->rows));
        spoti_free(NULL, result, sizeof(*result));
    }
}

/* ---- checks ---- */

static spot_status check_config(const spot_tune_config *c, spot_diag *diag)
{
    if (c->points == NULL || (c->n_inputs > 0 && c->inputs == NULL)) {
        return SPOT_E_INVALID;
    }
    if (c->n_points < 1 || c->n_points > SPOT_TUNE_POINTS_MAX || c->baseline < 0 ||
        c->baseline >= c->n_points) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%d points with baseline %d, expected 1..%d points and one of them",
                             c->n_points, c->baseline, SPOT_TUNE_POINTS_MAX);
    }
    if (c->n_seeds < 1 || c->n_seeds > SPOTI_STORE_SEEDS_MAX || c->threads < 1 || c->n_inputs < 0 ||
        c->n_inputs > SPOT_TUNE_INPUTS_MAX || c->seed > UINT64_MAX - (uint64_t)c->n_seeds) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%d seeds on %d threads, expected 1..%d on 1 or more", c->n_seeds,
                             c->threads, SPOTI_STORE_SEEDS_MAX);
    }
    if (!(c->effect >= 0.0 && c->effect < 1.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "an effect of %g, expected 0 to less than 1",
                             c->effect);
    }
    if (spot_stats_paired_work_size(c->resamples) == 0) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d resamples, expected 1..%d", c->resamples,
                             SPOT_STATS_MAX_RESAMPLE);
    }
    if (c->goal < SPOT_GOAL_AUTO || c->goal > SPOT_GOAL_SUCCESS) {
        return SPOT_E_INVALID;
    }
    return SPOT_OK;
}

static spot_status check_point(const spoti_tuner *t, const spot_tune_row *row, spot_diag *diag)
{
    const spot_point *p = &row->point;
    int n = spoti_row_execute(t->result, row);
    int horizon = t->source->policy_horizon;
    if (p->steps < 1 || p->steps > SPOT_POLICY_STEPS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "steps=%d, expected 1..%d", p->steps,
                             SPOT_POLICY_STEPS_MAX);
    }
    if (n < 1 || n > horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "execute=%d, expected 1..%d: the actions of a chunk", n, horizon);
    }
    if (p->overlap < 0 || p->overlap > n) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap=%d, expected 0..%d: no more than the actions of a chunk that "
                             "are executed",
                             p->overlap, n);
    }
    if (p->align == SPOT_ALIGN_SKIP && p->overlap + n > horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap=%d align=skip with %d executed actions needs %d predicted "
                             "ones, the policy predicts %d",
                             p->overlap, n, p->overlap + n, horizon);
    }
    if (t->config->cadence && p->overlap > 0) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap=%d with schedule cadence, expected overlap=0", p->overlap);
    }
    return SPOT_OK;
}

/* ---- preparation ---- */

static void fill_setting(const spoti_tuner *t, const spot_platform *platform)
{
    const spoti_tune_source *source = t->source;
    const spot_tune_config *c = t->config;
    spot_tune_setting *s = &t->result->setting;
    const char *charged = c->trace != NULL       ? "trace"
                          : c->charge_as != NULL ? c->charge_as
                                                 : source->charge_as;
    (void)spoti_copy(s->task, sizeof(s->task), source->task);
    (void)spoti_copy(s->policy, sizeof(s->policy), c->policy_name != NULL ? c->policy_name : "");
    (void)spoti_copy(s->policy_type, sizeof(s->policy_type), source->policy_type);
    (void)spoti_copy(s->policy_task, sizeof(s->policy_task), source->policy_task);
    s->policy_varies = source->policy_varies;
    (void)spoti_copy(s->platform, sizeof(s->platform),
                     c->trace != NULL ? spot_latency_trace_name(c->trace)
                                      : spot_platform_name(platform));
    (void)spoti_copy(s->charged_class, sizeof(s->charged_class), charged);
    (void)spoti_format(s->engine, sizeof(s->engine), "%s %s", source->engine.name,
                       source->engine.version);
    s->regime = source->dims.regime;
    s->variation = c->variation;
    s->seed = c->seed;
    s->n_seeds = c->n_seeds;
    s->clock = c->clock;
    s->cadence = c->cadence;
    s->overhead_s = c->overhead_s;
    s->n_execute = c->n_execute > 0 ? c->n_execute : source->dims.n_execute;
    s->action_s = source->dims.tick_s * source->dims.ticks_per_action;
    s->time_limit_s = source->dims.time_limit_s;
    s->resamples = c->resamples;
    s->effect = c->effect;
}

static spot_status fill_row(const spoti_tuner *t, const spot_platform *platform, int i,
                            spot_diag *diag)
{
    spot_tune_row *row = &t->result->rows[i];
    row->point = t->config->points[i];
    if (row->point.steps == 0) {
        row->point.steps = t->source->default_steps;
    }
    if (row->point.overlap == 0) {
        row->point.align = SPOT_ALIGN_NONE; /* nothing to skip */
    }
    if (row->point.execute == t->result->setting.n_execute) {
        row->point.execute = 0; /* the task's, by its number */
    }
    spot_point_format(&row->point, row->text, sizeof(row->text));
    spot_status st = check_point(t, row, diag);
    if (st != SPOT_OK) {
        return st;
    }
    for (int k = 0; k < i; k++) {
        if (strcmp(t->result->rows[k].text, row->text) == 0) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "'%s' is there twice, expected each point once", row->text);
        }
    }
    st = t->config->trace != NULL
             ? spot_latency_trace_point(t->config->trace, &row->point, t->source->default_steps,
                                        &row->latency, diag)
             : spot_platform_point_latency(platform, t->result->setting.charged_class, &row->point,
                                           &row->latency, diag);
    return st == SPOT_OK && t->source->cost != NULL
               ? t->source->cost(t->source->ctx, &row->point, &row->cost, &row->has_cost, diag)
               : st;
}

static spot_status make_room(spoti_tuner *t)
{
    const spot_tune_config *c = t->config;
    const size_t n_rows = (size_t)c->n_points;
    const size_t n_seeds = (size_t)c->n_seeds;
    size_t n_episodes = 0;
    t->result = (spot_tune_result *)spoti_calloc(NULL, 1, sizeof(*t->result));
    if (t->result == NULL || !spoti_size_mul(n_rows, n_seeds, &n_episodes)) {
        return SPOT_E_NOMEM;
    }
    t->result->n_rows = c->n_points;
    t->result->baseline = c->baseline;
    t->result->rows = (spot_tune_row *)spoti_calloc(NULL, n_rows, sizeof(*t->result->rows));
    t->seeds = (uint64_t *)spoti_alloc(NULL, n_seeds, sizeof(*t->seeds));
    t->episodes = (spot_episode *)spoti_calloc(NULL, n_episodes, sizeof(*t->episodes));
    if (t->result->rows == NULL || t->seeds == NULL || t->episodes == NULL) {
        return SPOT_E_NOMEM;
    }
    for (int i = 0; i < c->n_seeds; i++) {
        t->seeds[i] = c->seed + (uint64_t)i;
    }
    return SPOT_OK;
}

spot_status spoti_tuner_prepare(spoti_tuner *t, const spot_platform *platform, spot_diag *diag)
{
    const spot_tune_config *c = t->config;
    spot_status st = check_config(c, diag);
    st = st == SPOT_OK ? make_room(t) : st;
    if (st != SPOT_OK) {
        return st;
    }
    fill_setting(t, platform);
    const spot_tune_setting *s = &t->result->setting;
    if (s->n_execute < 1 || s->n_execute > t->source->policy_horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d actions executed a chunk, expected 1..%d",
                             s->n_execute, t->source->policy_horizon);
    }
    t->result->goal = c->goal != SPOT_GOAL_AUTO          ? c->goal
                      : s->regime == SPOT_REGIME_DYNAMIC ? SPOT_GOAL_SUCCESS
                                                         : SPOT_GOAL_TIME;
    for (int i = 0; st == SPOT_OK && i < c->n_points; i++) {
        st = fill_row(t, platform, i, diag);
    }
    return st == SPOT_OK ? spoti_describe_inputs(c->inputs, c->n_inputs, t->inputs, diag) : st;
}

void spoti_tuner_free(spoti_tuner *t)
{
    const size_t n_seeds = (size_t)t->config->n_seeds;
    spoti_free(NULL, t->seeds, n_seeds * sizeof(*t->seeds));
    spoti_free(NULL, t->episodes, n_seeds * (size_t)t->config->n_points * sizeof(*t->episodes));
    spot_tune_result_destroy(t->result);
}

spot_status spoti_tune(const spoti_tune_source *source, const spot_platform *platform,
                       const spot_tune_config *config, spot_progress_fn progress, void *ctx,
                       spot_tune_result **out, spot_diag *diag)
{
    spoti_tuner t = {.source = source, .config = config, .progress = progress, .progress_ctx = ctx};
    *out = NULL;
    spot_status st = spoti_tuner_prepare(&t, platform, diag);
    if (st == SPOT_OK) {
        st = spoti_judge_law(t.result, source->dims.tick_s, source->dims.ticks_per_action);
    }
    if (st == SPOT_OK) {
        st = spoti_gather(&t, diag);
    }
    if (st == SPOT_OK) {
        st = spoti_judge_episodes(t.result, t.episodes, diag);
    }
    for (int i = 0; st == SPOT_OK && i < t.result->n_rows; i++) {
        t.result->rows[i].latency.shape = NULL; /* the result may outlive the trace */
    }
    if (st == SPOT_OK) {
        *out = t.result;
        t.result = NULL;
    }
    spoti_tuner_free(&t);
    return st;
}
