/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* JSON of a bench: stable keys, SI units, null where nothing was measured. */
#include <jansson.h>
#include <string.h>

#include "lab/report/bench_words.h"
#include "lab/report/words.h"
#include "runtime/point/numeric.h"

static json_t *pack_cost(const spot_bench_row *r)
{
    const spot_inference_cost *c = &r->cost;
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "macs", r->macs, "macs_fp32",
                     c->macs_fp32, "macs_bf16", c->macs_bf16, "macs_int8", c->macs_int8,
                     "weight_bytes", c->weight_bytes, "weight_read_bytes", c->weight_read_bytes,
                     "kv_read_bytes", c->kv_read_bytes, "read_bytes", r->read_bytes,
                     "intensity_macs_per_byte", r->intensity);
}

/* null where there is no probe */
static json_t *pack_roof(const spot_bench_row *r)
{
    if (r->bound == SPOT_BENCH_UNKNOWN) {
        return json_null();
    }
    return json_pack("{s:f, s:f, s:f, s:f, s:s}", "peak_macs_per_s", r->peak_macs_s,
                     "bandwidth_bytes_per_s", r->bandwidth, "macs_per_s", r->roof_macs_s, "share",
                     r->roof_frac, "bound", spoti_bench_bound(r->bound));
}

/* null without load */
static json_t *pack_load(const spot_bench_row *r, int threads)
{
    if (threads <= 1) {
        return json_null();
    }
    return json_pack("{s:i, s:f, s:f, s:f}", "threads", threads, "chunks_per_s", r->loaded_chunks_s,
                     "median_s", r->loaded.median_s, "p95_s", r->loaded.p95_s);
}

static json_t *pack_row(const spot_bench_row *r, int threads)
{
    char text[SPOT_POINT_TEXT_SIZE];
    char variant[SPOT_POINT_TEXT_SIZE];
    spot_point_variant(&r->point, variant, sizeof(variant));
    json_t *row = json_pack(
        "{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:[f, f], s:f, s:f, s:i}", "point",
        spoti_bench_point(&r->point, text), "variant", variant, "steps", r->point.steps, "median_s",
        r->alone.median_s, "p95_s", r->alone.p95_s, "mean_s", r->alone.mean_s, "spread_s",
        r->alone.sd_s, "alpha", r->alpha, "alpha_95", r->alpha_ci.lo, r->alpha_ci.hi, "macs_per_s",
        r->macs_s, "processor_share", r->processor_frac, "outliers", r->n_outliers);
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *k = spot_knob_at(i);
        if (k->in_inference && !k->is_number) {
            char value[SPOT_KNOB_VALUE_SIZE];
            spot_knob_value(i, &r->point, value);
            (void)json_object_set_new(row, k->name, json_string(value));
        }
    }
    spoti_numeric numeric = {0};
    const bool is_numeric = spoti_numeric_is(r->point.quant) &&
                            spoti_numeric_parse(r->point.quant, &numeric, NULL) == SPOT_OK;
    (void)json_object_set_new(row, "numeric_bits",
                              is_numeric ? json_integer(numeric.bits) : json_null());
    (void)json_object_set_new(row, "cost", pack_cost(r));
    (void)json_object_set_new(row, "roof", pack_roof(r));
    (void)json_object_set_new(row, "load", pack_load(r, threads));
    return row;
}

/* null for a machine without one */
static json_t *pack_probe(const spot_bench_machine *m)
{
    if (!(m->fp32_macs_s > 0.0)) {
        return json_null();
    }
    return json_pack("{s:s, s:f, s:f, s:f}", "instructions", m->probe, "fp32_macs_per_s",
                     m->fp32_macs_s, "bf16_macs_per_s", m->bf16_macs_s, "int8_macs_per_s",
                     m->int8_macs_s);
}

spot_status spot_report_bench_json(const spot_bench_report *report, FILE *out)
{
    if (report == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_bench_config *c = report->config;
    char baseline[SPOT_POINT_TEXT_SIZE];
    json_t *rows = json_array();
    for (int i = 0; i < c->n_points; i++) {
        (void)json_array_append_new(rows, pack_row(&report->rows[i], c->threads));
    }
    json_t *value = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:o}", "policy", report->policy, "machine",
        report->processor, "kernels", report->machine->kernels, "origin", "measured", "clock",
        report->processor_clock ? "processor" : "wall", "calls", c->calls * c->rounds, "rounds",
        c->rounds, "baseline", spoti_bench_point(&c->points[c->baseline], baseline), "probe",
        pack_probe(report->machine), "rows", rows);
    return spoti_report_json(value, out);
}
