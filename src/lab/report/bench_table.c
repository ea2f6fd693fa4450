/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The table of a bench: one row a point, units in the header, what they mean below. */
#include <string.h>

#include "core/base/text.h"
#include "lab/report/bench_words.h"
#include "spot/show.h"

enum { BOUND_WIDTH = 10, NOTE_SIZE = 1024 };

/* The point's text without the keys that do not matter here. */
const char *spoti_bench_point(const spot_point *point, char text[SPOT_POINT_TEXT_SIZE])
{
    static const char OVERLAP[] = " overlap=0";
    spot_point_format(point, text, SPOT_POINT_TEXT_SIZE);
    char *at = strstr(text, OVERLAP);
    if (at != NULL) {
        memmove(at, at + sizeof(OVERLAP) - 1, strlen(at + sizeof(OVERLAP) - 1) + 1);
    }
    return text;
}

const char *spoti_bench_bound(spot_bench_bound bound)
{
    return bound == SPOT_BENCH_ARITHMETIC ? "arithmetic"
           : bound == SPOT_BENCH_READING  ? "reading"
                                          : "unknown";
}

static int point_width(const spot_bench_report *r)
{
    char text[SPOT_POINT_TEXT_SIZE];
    size_t width = strlen("point");
    for (int i = 0; i < r->config->n_points; i++) {
        size_t length = strlen(spoti_bench_point(&r->config->points[i], text));
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_row(const spot_bench_report *report, const spot_bench_row *r, int width,
                      FILE *out)
{
    char text[SPOT_POINT_TEXT_SIZE];
    spot_print(out, "%-*s %6.3f [%5.3f, %5.3f] %9.3f %9.3f %9.3f %8.3f %8.2f %8.1f %6.1f %7.1f",
               width, spoti_bench_point(&r->point, text), r->alpha, r->alpha_ci.lo, r->alpha_ci.hi,
               1e3 * r->alone.median_s, 1e3 * r->alone.p95_s, 1e3 * r->alone.mean_s,
               1e3 * r->alone.sd_s, 1e-6 * r->read_bytes, 1e-6 * r->macs, r->intensity,
               1e-9 * r->macs_s);
    if (r->bound != SPOT_BENCH_UNKNOWN) {
        spot_print(out, " %5.0f %%  %s", 1e2 * r->roof_frac, spoti_bench_bound(r->bound));
    } else {
        spot_print(out, " %7s  %s", "-", spoti_bench_bound(r->bound));
    }
    if (report->config->threads > 1) {
        const int length = (int)strlen(spoti_bench_bound(r->bound));
        spot_print(out, "%*s %9.1f %9.3f", BOUND_WIDTH - length, "", r->loaded_chunks_s,
                   1e3 * r->loaded.median_s);
    }
    spot_print(out, "\n");
}

/* How fast the probe was; once for each size of weights. */
static void print_probe(const spot_bench_report *report, FILE *out)
{
    const spot_bench_machine *m = report->machine;
    if (!(m->fp32_macs_s > 0.0)) {
        spot_print(out, "\nno probe for this processor: its roof is unknown\n");
        return;
    }
    spot_print(out, "\nprobe (%s, one thread): fp32 %.0f, bf16 %.0f, int8 %.0f Gmac/s; reads",
               m->probe, 1e-9 * m->fp32_macs_s, 1e-9 * m->bf16_macs_s, 1e-9 * m->int8_macs_s);
    const char *before = " ";
    for (int i = 0; i < report->config->n_points; i++) {
        const spot_bench_row *r = &report->rows[i];
        bool again = false;
        for (int k = 0; k < i; k++) {
            again = again || report->rows[k].cost.weight_bytes == r->cost.weight_bytes;
        }
        if (!again) {
            spot_print(out, "%s%.1f MB at %.1f GB/s", before, 1e-6 * r->cost.weight_bytes,
                       1e-9 * r->bandwidth);
            before = ", ";
        }
    }
    spot_print(out, "\n");
}

/* What the columns mean. */
static void print_notes(const spot_bench_report *r, FILE *out)
{
    const spot_bench_config *c = r->config;
    char baseline[SPOT_POINT_TEXT_SIZE];
    char notes[NOTE_SIZE];
    (void)spoti_format(
        notes, sizeof(notes),
        "One thread: an inference does not use more. alpha is the median over that of '%s', its "
        "interval from resampled rounds. MB: weights, keys and values read in an inference, "
        "activations left out. The roof is the lower of the peak of this arithmetic and of mac/B "
        "times the speed of reading as many bytes as the weights take.",
        spoti_bench_point(&c->points[c->baseline], baseline));
    spot_print_wrapped(out, notes);
    if (c->threads > 1) {
        (void)spoti_format(
            notes, sizeof(notes),
            "The last two columns: %d sessions at once, each on a thread of its own; all "
            "their chunks a second, and the median latency of one.",
            c->threads);
        spot_print_wrapped(out, notes);
    }
}

spot_status spot_report_bench_table(const spot_bench_report *report, FILE *out)
{
    if (report == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_bench_config *c = report->config;
    const int width = point_width(report);
    spot_print(out, "%s on %s, %s kernels, batch 1, %d rounds of %d calls a point (measured%s)\n\n",
               report->policy, report->processor, report->machine->kernels, c->rounds, c->calls,
               report->processor_clock ? ", processor time" : "");
    spot_print(out, "%-*s %6s %14s %9s %9s %9s %8s %8s %8s %6s %7s %7s  %s", width, "point",
               "alpha", "[95 %]", "median ms", "p95 ms", "mean ms", "sd ms", "MB", "Mmac", "mac/B",
               "Gmac/s", "of roof", "bound by");
    if (c->threads > 1) {
        spot_print(out, "   %9s %9s", "chunks/s", "median ms");
    }
    spot_print(out, "\n");
    for (int i = 0; i < c->n_points; i++) {
        print_row(report, &report->rows[i], width, out);
    }
    print_probe(report, out);
    print_notes(report, out);
    return ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}
