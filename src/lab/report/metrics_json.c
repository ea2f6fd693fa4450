/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Measured trajectories as JSON (docs/json.md). */
#include <jansson.h>

#include "lab/report/metrics_words.h"
#include "lab/report/words.h"

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *positive_or_null(double x)
{
    return x > 0.0 ? json_real(x) : json_null();
}

static json_t *make_value(spot_motion_value v)
{
    return v.why == SPOT_MOTION_WHY_DEFINED ? json_real(v.value) : json_null();
}

/* NULL members make the whole fail, so one check at the end is enough. */
static bool add(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *make_metrics(const spot_motion_metrics *metrics)
{
    json_t *all = json_object();
    bool ok = all != NULL;

    for (int i = 0; ok && i < SPOT_MOTION_N_METRIC; i++) {
        const spot_motion_metric_info *info = spot_motion_describe(i);
        const spot_motion_value v = metrics->values[i];

        ok = add(all, info->name,
                 json_pack("{s:o, s:s, s:o, s:o}", "value", make_value(v), "unit", info->unit,
                           "estimator", text_or_null(info->estimator), "undefined",
                           text_or_null(spot_motion_why_str(v.why))));
    }
    if (!ok) {
        json_decref(all);
        all = NULL;
    }
    return all;
}

static json_t *make_sources(const spot_motion_record *r)
{
    json_t *all = json_object();
    bool ok = all != NULL;

    for (int i = 0; ok && i < SPOT_MOTION_N_CHANNEL; i++) {
        ok = add(all, spot_motion_channel_str(i), text_or_null(r->sources[i]));
    }
    if (!ok) {
        json_decref(all);
        all = NULL;
    }
    return all;
}

static json_t *make_record(const spot_motion_record *r)
{
    return json_pack(
        "{s:s, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:o, s:o}", "file", r->file,
        "name", text_or_null(r->name), "samples", (json_int_t)r->metrics.n_sample, "timing",
        spot_motion_timing_str(r->timing), "rate_hz", positive_or_null(spoti_motion_rate(r)),
        "interval_s", positive_or_null(r->metrics.interval_s), "gap_least_s",
        positive_or_null(r->gap_least_s), "gap_most_s", positive_or_null(r->gap_most_s), "axes",
        (int)r->shape.n_axis, "joints", (int)r->shape.n_joint, "action_dim", (int)r->shape.n_action,
        "read_from", make_sources(r), "metrics", make_metrics(&r->metrics));
}

static json_t *make_records(const spot_motion_report *report)
{
    json_t *all = json_array();
    bool ok = all != NULL;

    for (int i = 0; ok && i < report->n_record; i++) {
        ok = json_array_append_new(all, make_record(&report->records[i])) == 0;
    }
    if (!ok) {
        json_decref(all);
        all = NULL;
    }
    return all;
}

static json_t *make_means(const spot_motion_report *report)
{
    json_t *all = json_object();
    bool ok = all != NULL;

    for (int i = 0; ok && i < SPOT_MOTION_N_METRIC; i++) {
        int n = 0;
        json_t *value = make_value(spoti_motion_mean(report, i, &n));

        ok = add(all, spot_motion_describe(i)->name,
                 json_pack("{s:o, s:i}", "value", value, "n", n));
    }
    if (!ok) {
        json_decref(all);
        all = NULL;
    }
    return all;
}

static json_t *make_list(const double *x, size_t n)
{
    json_t *all = json_array();

    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(all, json_real(x[i])) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

/* null, or the constants that copper loss is modelled with. */
static json_t *make_motor(const spot_motion_config *c)
{
    return c->n_motor == 0
               ? json_null()
               : json_pack("{s:o, s:o}", "resistance_ohm", make_list(c->resistance_ohm, c->n_motor),
                           "torque_constant_nm_a", make_list(c->torque_nm_a, c->n_motor));
}

static json_t *make_notes(void)
{
    json_t *all = json_array();

    for (int i = 0; i < SPOTI_MOTION_N_NOTE; i++) {
        if (json_array_append_new(all, json_string(spoti_motion_note(i))) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

spot_status spot_report_metrics_json(const spot_motion_report *report, FILE *out)
{
    if (report == NULL || report->n_record < 1 || report->records == NULL ||
        report->config == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    json_t *document = spoti_json_document("sweetspot-metrics");
    json_t *more = json_pack("{s:o, s:o, s:o, s:o, s:o}", "position_noise_m",
                             positive_or_null(report->config->position_noise_m), "motor",
                             make_motor(report->config), "trajectories", make_records(report),
                             "mean", make_means(report), "notes", make_notes());

    if (json_object_update(document, more) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(more);
    return spoti_report_json(document, out);
}
