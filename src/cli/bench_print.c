/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What `sweetspot bench` says: a table, JSON, and a platform profile. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench.h"

/* By spot_bench_bound. */
static const char *const BOUNDS[] = {"unknown", "arithmetic", "reading"};
enum { BOUND_WIDTH = 10 }; /* the longest */

/* The point's text without the keys that do not matter here. */
static const char *show_point(const spot_point *point, char text[SPOT_POINT_TEXT_SIZE])
{
    static const char OVERLAP[] = " overlap=0";
    spot_point_format(point, text, SPOT_POINT_TEXT_SIZE);
    char *at = strstr(text, OVERLAP);
    if (at != NULL) {
        memmove(at, at + sizeof(OVERLAP) - 1, strlen(at + sizeof(OVERLAP) - 1) + 1);
    }
    return text;
}

/* ---- JSON ---- */

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
                     r->roof_frac, "bound", BOUNDS[r->bound]);
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
    json_t *row =
        json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:[f, f], s:f, s:f}", "point",
                  show_point(&r->point, text), "variant", variant, "steps", r->point.steps,
                  "median_s", r->alone.median_s, "p95_s", r->alone.p95_s, "mean_s", r->alone.mean_s,
                  "spread_s", r->alone.sd_s, "alpha", r->alpha, "alpha_95", r->alpha_ci.lo,
                  r->alpha_ci.hi, "macs_per_s", r->macs_s, "processor_share", r->processor_frac);
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *k = spot_knob_at(i);
        if (k->in_inference && !k->is_number) {
            char value[SPOT_KNOB_VALUE_SIZE];
            spot_knob_value(i, &r->point, value);
            (void)json_object_set_new(row, k->name, json_string(value));
        }
    }
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

static int print_json(const bench_request *r, const bench_result *result)
{
    const spot_bench_config *c = &result->config;
    char baseline[SPOT_POINT_TEXT_SIZE];
    json_t *rows = json_array();

    for (int i = 0; i < c->n_points; i++) {
        (void)json_array_append_new(rows, pack_row(&result->rows[i], c->threads));
    }
    return cli_print_json(json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:o}", "policy", r->policy_name, "machine",
        result->processor, "kernels", result->machine.kernels, "origin", "measured", "clock",
        r->processor_clock ? "processor" : "wall", "calls", c->calls * c->rounds, "rounds",
        c->rounds, "baseline", show_point(&result->points[c->baseline], baseline), "probe",
        pack_probe(&result->machine), "rows", rows));
}

/* ---- the table ---- */

static int point_width(const bench_result *result)
{
    char text[SPOT_POINT_TEXT_SIZE];
    size_t width = strlen("point");
    for (int i = 0; i < result->config.n_points; i++) {
        size_t length = strlen(show_point(&result->points[i], text));
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_row(const bench_result *result, const spot_bench_row *r, int width)
{
    char text[SPOT_POINT_TEXT_SIZE];
    spot_print(stdout, "%-*s %6.3f [%5.3f, %5.3f] %9.3f %9.3f %9.3f %8.3f %8.2f %8.1f %6.1f %7.1f",
               width, show_point(&r->point, text), r->alpha, r->alpha_ci.lo, r->alpha_ci.hi,
               1e3 * r->alone.median_s, 1e3 * r->alone.p95_s, 1e3 * r->alone.mean_s,
               1e3 * r->alone.sd_s, 1e-6 * r->read_bytes, 1e-6 * r->macs, r->intensity,
               1e-9 * r->macs_s);
    if (r->bound != SPOT_BENCH_UNKNOWN) {
        spot_print(stdout, " %5.0f %%  %s", 1e2 * r->roof_frac, BOUNDS[r->bound]);
    } else {
        spot_print(stdout, " %7s  %s", "-", BOUNDS[r->bound]);
    }
    if (result->config.threads > 1) {
        const int length = (int)strlen(BOUNDS[r->bound]);
        spot_print(stdout, "%*s %9.1f %9.3f", BOUND_WIDTH - length, "", r->loaded_chunks_s,
                   1e3 * r->loaded.median_s);
    }
    spot_print(stdout, "\n");
}

/* How fast the probe was; once for each size of weights. */
static void print_probe(const bench_result *result)
{
    const spot_bench_machine *m = &result->machine;
    if (!(m->fp32_macs_s > 0.0)) {
        spot_print(stdout, "\nno probe for this processor: its roof is unknown\n");
        return;
    }
    spot_print(stdout, "\nprobe (%s, one thread): fp32 %.0f, bf16 %.0f, int8 %.0f Gmac/s; reads",
               m->probe, 1e-9 * m->fp32_macs_s, 1e-9 * m->bf16_macs_s, 1e-9 * m->int8_macs_s);
    const char *before = " ";
    for (int i = 0; i < result->config.n_points; i++) {
        const spot_bench_row *r = &result->rows[i];
        bool again = false;
        for (int k = 0; k < i; k++) {
            again = again || result->rows[k].cost.weight_bytes == r->cost.weight_bytes;
        }
        if (!again) {
            spot_print(stdout, "%s%.1f MB at %.1f GB/s", before, 1e-6 * r->cost.weight_bytes,
                       1e-9 * r->bandwidth);
            before = ", ";
        }
    }
    spot_print(stdout, "\n");
}

static void print_table(const bench_request *r, const bench_result *result)
{
    const spot_bench_config *c = &result->config;
    const int width = point_width(result);
    char baseline[SPOT_POINT_TEXT_SIZE];
    char notes[1024];

    spot_print(stdout,
               "%s on %s, %s kernels, batch 1, %d rounds of %d calls a point (measured%s)\n\n",
               r->policy_name, result->processor, result->machine.kernels, c->rounds, c->calls,
               r->processor_clock ? ", processor time" : "");
    spot_print(stdout, "%-*s %6s %14s %9s %9s %9s %8s %8s %8s %6s %7s %7s  %s", width, "point",
               "alpha", "[95 %]", "median ms", "p95 ms", "mean ms", "sd ms", "MB", "Mmac", "mac/B",
               "Gmac/s", "of roof", "bound by");
    if (c->threads > 1) {
        spot_print(stdout, "   %9s %9s", "chunks/s", "median ms");
    }
    spot_print(stdout, "\n");
    for (int i = 0; i < c->n_points; i++) {
        print_row(result, &result->rows[i], width);
    }
    print_probe(result);
    (void)snprintf(
        notes, sizeof(notes),
        "One thread: an inference does not use more. alpha is the median over that of '%s', its "
        "interval from resampled rounds. MB: weights, keys and values read in an inference, "
        "activations left out. The roof is the lower of the peak of this arithmetic and of mac/B "
        "times the speed of reading as many bytes as the weights take.",
        show_point(&result->points[c->baseline], baseline));
    cli_print_wrapped(notes);
    if (c->threads > 1) {
        (void)snprintf(
            notes, sizeof(notes),
            "The last two columns: %d sessions at once, each on a thread of its own; all "
            "their chunks a second, and the median latency of one.",
            c->threads);
        cli_print_wrapped(notes);
    }
}

/* Says so on stderr if other programs had the processor for a while. */
static void warn_of_others(const bench_result *result)
{
    const double enough = 0.97; /* a timer interrupt takes less than that away */
    double least = 1.0;
    for (int i = 0; i < result->config.n_points; i++) {
        const double share = result->rows[i].processor_frac;
        least = share < least ? share : least;
    }
    if (least < enough) {
        spot_print(
            stderr,
            "warning: at some point the bench had the processor for %.0f %% of the time "
            "only; other programs\ninterrupt long calls rather than short ones, so "
            "latencies and alpha are off: repeat on an idle machine or with --clock processor\n",
            1e2 * least);
    }
}

int bench_print(const bench_request *r, const bench_result *result)
{
    if (!r->processor_clock) {
        warn_of_others(result);
    }
    if (r->json) {
        return print_json(r, result);
    }
    print_table(r, result);
    return CLI_OK;
}

/* ---- the profile ---- */

/* A row of the profile and the text that it points to. */
typedef struct profile_row {
    spot_platform_row row;
    char variant[SPOT_POINT_TEXT_SIZE];
} profile_row;

/* Whether `a` comes before `b`: by variant in the order of `rows`, then by steps. */
static bool comes_before(const profile_row *a, const profile_row *b, const profile_row *rows, int n)
{
    if (strcmp(a->variant, b->variant) == 0) {
        return a->row.steps < b->row.steps;
    }
    for (int i = 0; i < n; i++) {
        if (strcmp(rows[i].variant, a->variant) == 0) {
            return true;
        }
        if (strcmp(rows[i].variant, b->variant) == 0) {
            return false;
        }
    }
    return false;
}

/* Puts a row where it belongs, unless its variant and steps are there. */
static void insert(profile_row *rows, int *n, const profile_row *row)
{
    int at = *n;
    for (int i = 0; i < *n; i++) {
        if (strcmp(rows[i].variant, row->variant) == 0 && rows[i].row.steps == row->row.steps) {
            return;
        }
    }
    while (at > 0 && comes_before(row, &rows[at - 1], rows, *n)) {
        rows[at] = rows[at - 1];
        at--;
    }
    rows[at] = *row;
    (*n)++;
}

/* The rows of the profile. Points that are pruned without a change of time share a variant with their
 * likes; the one that is not pruned at all stands for them. */
static int make_rows(const bench_result *result, profile_row *rows)
{
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < result->config.n_points; i++) {
            const spot_bench_row *r = &result->rows[i];
            if ((r->point.prune[0] != '\0') != (pass == 1)) {
                continue;
            }
            profile_row row = {.row = {.steps = r->point.steps,
                                       .mean_s = r->alone.mean_s,
                                       .p95_s = r->alone.p95_s,
                                       .spread_s = r->alone.sd_s,
                                       .median_s = r->alone.median_s,
                                       .alpha = r->alpha}};
            spot_point_variant(&r->point, row.variant, sizeof(row.variant));
            insert(rows, &n, &row);
        }
    }
    return n;
}

int bench_write_profile(const bench_request *r, const bench_result *result)
{
    profile_row rows[SPOT_BENCH_POINTS_MAX];
    spot_platform_row plain[SPOT_BENCH_POINTS_MAX];
    char source[SPOT_PLATFORM_SOURCE_SIZE];
    char day[16] = "unknown day";
    time_t now = time(NULL);
    struct tm parts;
    spot_diag diag = {""};
    int n = make_rows(result, rows);

    for (int i = 0; i < n; i++) {
        plain[i] = rows[i].row;
        plain[i].variant = rows[i].variant;
    }
    if (gmtime_r(&now, &parts) != NULL) {
        (void)strftime(day, sizeof(day), "%Y-%m-%d", &parts);
    }
    char policy[64 + 1]; /* its folder may be called anything, a profile's texts may not */
    char processor[SPOT_PLATFORM_SOURCE_SIZE];
    (void)spot_show(policy, sizeof(policy), r->policy_name);
    (void)spot_show(processor, sizeof(processor), result->processor);
    (void)snprintf(source, sizeof(source),
                   "sweetspot bench, policy %s, %s kernels, one thread, %d calls%s, %s", policy,
                   result->machine.kernels, result->config.calls * result->config.rounds,
                   r->processor_clock ? " in processor time" : "", day);
    const spot_platform_self self = {
        .name = r->name, .description = processor, .source = source, .rows = plain, .n_rows = n};
    spot_status st = spot_platform_write_self(r->out, &self, &diag);
    if (st != SPOT_OK) {
        return cli_fail("bench", st, &diag);
    }
    spot_print(stderr, "wrote %s; use it with --platform %s --charge-as self\n", r->out, r->out);
    return CLI_OK;
}
