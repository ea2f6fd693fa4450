/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From the episodes of a tuning run to a record, and from the judge's verdict to the result.
 *
 * Nothing is decided here: what was simulated a moment ago is judged by the same rules as a log that
 * somebody brings along (lab/judge), so `tune` and `analyze` on the folder that it wrote say the same.
 */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/record/log.h"
#include "lab/record/store.h"
#include "lab/study/judge.h"
#include "spot/analyze.h"
#include "spot/stats.h"

spoti_row spoti_point_row(const spot_tune_result *r, int i)
{
    const spot_tune_setting *s = &r->setting;
    const spot_tune_row *point = &r->rows[i];
    spoti_row row = {.file = point->text};
    spoti_row_set_text(&row, SPOTI_POINT, point->text);
    spoti_row_set_text(&row, SPOTI_PLATFORM, s->platform);
    spoti_row_set_text(&row, SPOTI_SCHEDULE,
                       spot_schedule_str(spot_schedule_of(s->cadence, point->point.overlap)));
    spoti_row_set_number(&row, SPOTI_T_INF, point->latency.mean_s);
    spoti_row_set_number(&row, SPOTI_T_CHUNK, point->chunk_time_s);
    spoti_row_set_number(&row, SPOTI_T_ACT, s->action_s);
    spoti_row_set_number(&row, SPOTI_CHUNK, spoti_row_execute(r, point));
    spoti_row_set_number(&row, SPOTI_BUDGET, s->time_limit_s);
    if (point->has_cost) {
        const spot_inference_cost *c = &point->cost;
        spoti_row_set_number(&row, SPOTI_PARAMS, c->params);
        spoti_row_set_number(&row, SPOTI_MACS, c->macs_fp32 + c->macs_bf16 + c->macs_int8);
        spoti_row_set_number(&row, SPOTI_WEIGHT_BYTES, c->weight_bytes);
    }
    if (s->cadence) {
        spoti_row_set_number(&row, SPOTI_OVERHEAD, s->overhead_s);
    }
    if (s->variation.speed != 1.0) {
        spoti_row_set_number(&row, SPOTI_SPEED, s->variation.speed);
    }
    return row;
}

static spot_status make_log(const spot_tune_result *r, const spot_episode *episodes,
                            spot_analyze_log **log, spot_diag *diag)
{
    const int n = r->setting.n_seeds;
    spot_analyze_config config;
    spot_analyze_config_default(&config);
    config.resamples = r->setting.resamples;
    config.effect = r->setting.effect;
    config.baseline = r->rows[r->baseline].text;
    config.regime = spoti_regime_of(r->goal);
    spot_status st = spot_analyze_log_create(&config, log);
    for (int i = 0; st == SPOT_OK && i < r->n_rows; i++) {
        const spoti_row point = spoti_point_row(r, i);
        for (int k = 0; st == SPOT_OK && k < n; k++) {
            char seed[SPOTI_SEED_TEXT_SIZE];
            spoti_row row;
            spoti_episode_row(&point, &episodes[(size_t)i * (size_t)n + (size_t)k], k + 1, seed,
                              &row);
            st = spoti_log_add(*log, &row, diag);
        }
    }
    return st;
}

/* What the episodes say beside the verdict: grades, and what was invalid first. */
static void read_episodes(spot_tune_result *r, int i, const spot_episode *e)
{
    spot_tune_row *row = &r->rows[i];
    double grade = 0.0;
    int valid = 0;
    row->invalid = 0;
    row->fault[0] = '\0';
    for (int k = 0; k < r->setting.n_seeds; k++) {
        if (e[k].invalid && row->invalid++ == 0) {
            row->invalid_seed = e[k].seed;
            memcpy(row->fault, e[k].fault, sizeof(row->fault));
        }
        grade += e[k].invalid ? 0.0 : e[k].grade;
        valid += !e[k].invalid;
    }
    row->grade_mean = valid > 0 ? grade / valid : 0.0;
}

static spot_tune_withheld withheld_by(const spot_tune_result *r, spot_analyze_guard guard)
{
    bool many = r->n_judged == 0;
    for (int i = 0; i < r->n_rows && !many; i++) {
        many = r->rows[i].invalid > SPOT_INVALID_BEARABLE * r->setting.n_seeds;
    }
    return guard == SPOT_ANALYZE_GUARD_SUCCEEDS_LESS ? SPOT_TUNE_WITHHELD_SUCCEEDS_LESS
           : guard != SPOT_ANALYZE_GUARD_INVALID     ? SPOT_TUNE_WITHHELD_NOT
           : many                                    ? SPOT_TUNE_WITHHELD_MANY
                                                     : SPOT_TUNE_WITHHELD_DEPENDS;
}

static void fill_result(spot_tune_result *r, const spot_analysis_setting *s)
{
    const spot_analysis_verdict *v = &s->verdict;
    r->best = v->best >= 0 ? v->best : v->leader >= 0 ? v->leader : r->baseline;
    r->withheld = withheld_by(r, v->guard);
    r->cheapest = v->cheapest >= 0 ? v->cheapest : r->best;
    r->best_is_unique = v->best >= 0;
    for (int i = 0; i < r->n_rows; i++) {
        r->best_is_unique = r->best_is_unique && (i == v->best || !s->points[i].may_be_best);
    }
    r->best_beats_baseline = v->beats_baseline;
    (void)spoti_copy(r->verdict, sizeof(r->verdict), v->text);
}

static int count_judged(const spot_tune_result *r, const spot_episode *episodes)
{
    const size_t n = (size_t)r->setting.n_seeds;
    int judged = 0;
    for (size_t k = 0; k < n; k++) {
        bool valid = true;
        for (size_t i = 0; i < (size_t)r->n_rows && valid; i++) {
            valid = !episodes[i * n + k].invalid;
        }
        judged += valid;
    }
    return judged;
}

spot_status spoti_judge_episodes(spot_tune_result *result, const spot_episode *episodes,
                                 spot_diag *diag)
{
    spot_analyze_log *log = NULL;
    spot_analysis *analysis = NULL;
    result->n_judged = count_judged(result, episodes);
    for (int i = 0; i < result->n_rows; i++) {
        read_episodes(result, i, episodes + (size_t)i * (size_t)result->setting.n_seeds);
    }
    spot_status st = make_log(result, episodes, &log, diag);
    if (st == SPOT_OK) {
        st = spot_analyze(log, &analysis, diag);
    }
    if (st == SPOT_OK) {
        fill_result(result, &analysis->settings[0]);
    }
    result->analysis = analysis;
    spot_analyze_log_destroy(log);
    return st;
}
