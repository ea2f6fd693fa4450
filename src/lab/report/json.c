/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON of a tuning run: stable keys, SI units, null where a figure is undefined. */
#include <jansson.h>

#include "core/base/file.h"
#include "lab/report/words.h"
#include "spot/report.h"
#include "spot/version.h"

/* jansson takes NULL members as failure of the whole, so one check at the end is enough. */
static json_t *make_estimate(const spot_estimate *e)
{
    if (e->support == SPOT_STATS_NONE) {
        return json_null();
    }
    const bool interval = e->support == SPOT_STATS_SUFFICIENT;
    return json_pack("{s:f, s:o, s:o, s:s}", "value", e->value, "lo",
                     interval ? json_real(e->ci.lo) : json_null(), "hi",
                     interval ? json_real(e->ci.hi) : json_null(), "support",
                     spoti_report_support(e->support));
}

static json_t *make_latency(const spot_latency *latency)
{
    return json_pack("{s:f, s:f, s:s, s:s}", "mean_s", latency->mean_s, "spread_s",
                     latency->spread_s, "origin", spot_origin_str(latency->origin), "source",
                     latency->source);
}

/* null, or how many episodes the simulator broke off, and why it did the first. */
static json_t *make_invalid(const spot_tune_row *row)
{
    return row->invalid == 0 ? json_null()
                             : json_pack("{s:i, s:I, s:s}", "episodes", row->invalid, "seed",
                                         (json_int_t)row->invalid_seed, "fault", row->fault);
}

static json_t *make_withheld(spot_tune_withheld why)
{
    static const char *const words[] = {
        [SPOT_TUNE_WITHHELD_NOT] = NULL,
        [SPOT_TUNE_WITHHELD_MANY] = "too many invalid episodes",
        [SPOT_TUNE_WITHHELD_DEPENDS] = "depends on invalid episodes",
        [SPOT_TUNE_WITHHELD_SUCCEEDS_LESS] = "the fastest succeeds less",
    };
    return words[why] == NULL ? json_null() : json_string(words[why]);
}

static json_t *make_row(const spot_tune_result *r, int i)
{
    const spot_tune_row *row = &r->rows[i];
    json_t *success = json_pack("{s:i, s:i, s:f, s:f, s:f}", "successes", row->successes,
                                "episodes", row->episodes, "rate", row->success_rate, "wilson_lo",
                                row->wilson.lo, "wilson_hi", row->wilson.hi);
    return json_pack(
        "{s:s, s:o, s:s, s:b, s:b, s:b, s:o, s:f, s:f, s:f, s:o, s:f, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:o}",
        "text", row->text, "point", spoti_report_knobs(&row->point), "schedule",
        spoti_report_schedule(r, i), "is_baseline", i == r->baseline, "is_best", i == r->best,
        "among_best", (int)row->among_best, "latency", make_latency(&row->latency), "alpha",
        row->alpha, "chunk_time_s", row->chunk_time_s, "eta_chunk", row->eta_chunk, "success",
        success, "grade_mean", row->grade_mean, "chunks", make_estimate(&row->chunks), "inflation",
        make_estimate(&row->inflation), "inflation_common", make_estimate(&row->inflation_common),
        "time_s", make_estimate(&row->time), "eta_task", make_estimate(&row->eta_task),
        "eta_task_common", make_estimate(&row->eta_task_common), "budget_time_s",
        make_estimate(&row->budget_time), "delay_s", row->delay_s, "age_s", row->age_s, "p_best",
        row->p_best, "p_set", row->p_set, "p_behind", row->p_behind, "invalid", make_invalid(row));
}

static json_t *make_setting(const spot_tune_setting *s)
{
    json_t *policy = json_pack("{s:o, s:s, s:s}", "name",
                               s->policy[0] != '\0' ? json_string(s->policy) : json_null(), "type",
                               s->policy_type, "task", s->policy_task);
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:f, s:f, s:I, s:i, s:s, s:b, s:f, s:i, s:f, s:f, s:i, s:s}",
        "task", s->task, "policy", policy, "platform", s->platform, "charged_class",
        s->charged_class, "regime", s->regime == SPOT_REGIME_DYNAMIC ? "dynamic" : "static",
        "speed", s->variation.speed, "noise", s->variation.noise, "seed", (json_int_t)s->seed,
        "n_seeds", s->n_seeds, "clock", s->clock == SPOT_CLOCK_PAPER ? "paper" : "exact", "cadence",
        (int)s->cadence, "overhead_s", s->overhead_s, "n_execute", s->n_execute, "action_s",
        s->action_s, "time_limit_s", s->time_limit_s, "resamples", s->resamples, "engine",
        s->engine);
}

static json_t *make_rows(const spot_tune_result *r)
{
    json_t *rows = json_array();
    for (int i = 0; rows != NULL && i < r->n_rows; i++) {
        if (json_array_append_new(rows, make_row(r, i)) != 0) {
            json_decref(rows);
            rows = NULL;
        }
    }
    return rows;
}

/* null, or what fresh seeds said. */
static json_t *make_confirm(const spot_tune_result *r)
{
    const spot_tune_result *c = r->confirm;
    return c == NULL ? json_null()
                     : json_pack("{s:b, s:I, s:i, s:o}", "confirmed", (int)r->confirmed, "seed",
                                 (json_int_t)c->setting.seed, "n_seeds", c->setting.n_seeds,
                                 "points", make_rows(c));
}

/* The result as a value that the caller gives back with json_decref; NULL if memory is short. */
static json_t *make_result(const spot_tune_result *r)
{
    return json_pack("{s:s, s:i, s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:o, s:s, s:o, s:o}",
                     "kind", "sweetspot-tune", "format", 1, "version", SPOT_VERSION_STRING,
                     "setting", make_setting(&r->setting), "goal", spot_goal_str(r->goal),
                     "baseline", r->rows[r->baseline].text, "best", r->rows[r->best].text,
                     "cheapest_among_best", r->rows[r->cheapest].text, "best_beats_baseline",
                     (int)r->best_beats_baseline, "best_is_unique", (int)r->best_is_unique,
                     "n_judged", r->n_judged, "withheld", make_withheld(r->withheld), "verdict",
                     r->verdict, "confirm", make_confirm(r), "points", make_rows(r));
}

spot_status spot_report_tune_json_print(const spot_tune_result *result, FILE *out)
{
    if (result == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    json_t *value = make_result(result);
    return spoti_report_json(value, out);
}

spot_status spot_report_tune_json(const spot_tune_result *result, const char *path, spot_diag *diag)
{
    spoti_file file;
    if (result == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_report_tune_json_print(result, file.stream);
    if (st == SPOT_E_NOMEM) {
        spoti_file_abort(&file);
        return st;
    }
    return spoti_file_commit(&file, diag); /* reports what the stream met */
}
