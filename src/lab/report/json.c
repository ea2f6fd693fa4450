/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON of a tuning run: what was judged, as analyze writes it, and what was run (docs/json.md). */
#include <jansson.h>

#include "core/base/file.h"
#include "lab/report/words.h"
#include "spot/report.h"

/* jansson takes NULL members as failure of the whole, so one check at the end is enough. */
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

/* How point i was run; what came of it stands in "points". */
static json_t *make_row(const spot_tune_result *r, int i)
{
    const spot_tune_row *row = &r->rows[i];
    return json_pack("{s:s, s:o, s:s, s:o, s:f, s:o}", "point", row->text, "knobs",
                     spoti_report_knobs(&row->point), "schedule", spoti_report_schedule(r, i),
                     "latency", make_latency(&row->latency), "grade_mean", row->grade_mean,
                     "invalid", make_invalid(row));
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

/* What was run. */
static json_t *make_run(const spot_tune_result *r)
{
    const spot_tune_setting *s = &r->setting;
    json_t *policy = json_pack(
        "{s:o, s:s, s:s, s:b}", "name", s->policy[0] != '\0' ? json_string(s->policy) : json_null(),
        "type", s->policy_type, "task", s->policy_task, "reproducible", (int)!s->policy_varies);
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:s, s:f, s:f, s:I, s:i, s:i, s:o, s:s, s:b, s:f, s:i, s:f, "
        "s:f, "
        "s:i, s:f, s:s, s:o, s:o}",
        "task", s->task, "policy", policy, "platform", s->platform, "charged_class",
        s->charged_class, "task_regime", spot_regime_str(s->regime), "goal", spot_goal_str(r->goal),
        "speed", s->variation.speed, "noise", s->variation.noise, "seed", (json_int_t)s->seed,
        "n_seeds", s->n_seeds, "n_judged", r->n_judged, "withheld", make_withheld(r->withheld),
        "clock", spot_clock_str(s->clock), "cadence", (int)s->cadence, "overhead_s", s->overhead_s,
        "n_execute", s->n_execute, "action_s", s->action_s, "time_limit_s", s->time_limit_s,
        "resamples", s->resamples, "effect", s->effect, "engine", s->engine, "repeats",
        spoti_report_repeats(s->repeats), "points", make_rows(r));
}

/* null, or what fresh seeds said. */
static json_t *make_confirm(const spot_tune_result *r)
{
    const spot_tune_result *c = r->confirm;
    return c == NULL ? json_null()
                     : json_pack("{s:b, s:I, s:i, s:o}", "confirmed", (int)r->confirmed, "seed",
                                 (json_int_t)c->setting.seed, "n_seeds", c->setting.n_seeds,
                                 "points", spoti_json_points(&c->analysis->settings[0]));
}

/* The result as a value that the caller gives back with json_decref; NULL if memory is short. */
static json_t *make_result(const spot_tune_result *r)
{
    json_t *document = spoti_json_document("sweetspot-tune");
    json_t *more =
        json_pack("{s:o, s:b, s:o, s:s}", "run", make_run(r), "best_beats_baseline",
                  (int)r->best_beats_baseline, "confirm", make_confirm(r), "text", r->verdict);
    if (!spoti_json_judged(document, &r->analysis->settings[0]) ||
        json_object_update(document, more) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(more);
    return document;
}

spot_status spot_report_tune_json_print(const spot_tune_result *result, FILE *out)
{
    if (result == NULL || result->analysis == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    json_t *value = make_result(result);
    return spoti_report_json(value, out);
}

spot_status spot_report_tune_json(const spot_tune_result *result, const char *path, spot_diag *diag)
{
    spoti_file file;
    if (result == NULL || result->analysis == NULL || path == NULL) {
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
