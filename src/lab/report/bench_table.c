/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The table of a bench: one row a point, units in the header, what they mean below. */
#include <stddef.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/report/bench_words.h"
#include "lab/report/sheet.h"
#include "lab/report/words.h"
#include "runtime/point/numeric.h"
#include "spot/show.h"

enum { NOTE_SIZE = 16384 };

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

/* A column of one figure of every row. */
typedef struct figure_column {
    const char *name;
    const char *unit;
    size_t offset;
    double factor;
    int digits;
    int rank; /* see sheet.h */
} figure_column;

static void add_figures(spoti_sheet *t, const spot_bench_report *r, const figure_column *columns,
                        size_t n)
{
    for (size_t c = 0; c < n; c++) {
        spoti_cell *column =
            spoti_sheet_column(t, columns[c].name, columns[c].unit, columns[c].rank);
        for (int i = 0; i < t->n_row; i++) {
            double value = 0.0;
            memcpy(&value, (const char *)&r->rows[i] + columns[c].offset, sizeof(value));
            (void)spoti_format(column[i], SPOTI_CELL_SIZE, "%.*f", columns[c].digits,
                               columns[c].factor * value);
        }
    }
}

#define AT(field) offsetof(spot_bench_row, field)

/* The roof, where there is a probe; load, where it was measured. */
static void add_roof_and_load(spoti_sheet *t, const spot_bench_report *r)
{
    static const figure_column load[] = {
        {"chunks/s", "", AT(loaded_chunks_s), 1.0, 1, 2},
        {"loaded", "ms", AT(loaded.median_s), 1e3, 3, 3},
    };
    spoti_cell *roof = spoti_sheet_column(t, "of roof", "%", 1);
    for (int i = 0; i < t->n_row; i++) {
        if (r->rows[i].bound != SPOT_BENCH_UNKNOWN) {
            (void)spoti_format(roof[i], SPOTI_CELL_SIZE, "%.0f", 1e2 * r->rows[i].roof_frac);
        }
    }
    spoti_cell *bound = spoti_sheet_column(t, "bound by", "", 1);
    for (int i = 0; i < t->n_row; i++) {
        (void)spoti_copy(bound[i], SPOTI_CELL_SIZE, spoti_bench_bound(r->rows[i].bound));
    }
    if (r->config->threads > 1) {
        add_figures(t, r, load, sizeof(load) / sizeof(load[0]));
    }
}

static void fill(spoti_sheet *t, const spot_bench_report *r)
{
    static const figure_column figures[] = {
        {"median", "ms", AT(alone.median_s), 1e3, 3, SPOTI_SHEET_NEEDED},
        {"p95", "ms", AT(alone.p95_s), 1e3, 3, 4},
        {"mean", "ms", AT(alone.mean_s), 1e3, 3, 6},
        {"sd", "ms", AT(alone.sd_s), 1e3, 3, 7},
        {"read", "MB", AT(read_bytes), 1e-6, 2, 5},
        {"Mmac", "", AT(macs), 1e-6, 1, 8},
        {"mac/B", "", AT(intensity), 1.0, 1, 10},
        {"Gmac/s", "", AT(macs_s), 1e-9, 1, 9},
    };
    spoti_cell *names = spoti_sheet_column(t, "point", "", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < t->n_row; i++) {
        char text[SPOT_POINT_TEXT_SIZE];
        (void)spoti_copy(names[i], SPOTI_CELL_SIZE, spoti_bench_point(&r->rows[i].point, text));
    }
    spoti_cell *alpha = spoti_sheet_column(t, "alpha", "[95 %]", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < t->n_row; i++) {
        const spot_bench_row *row = &r->rows[i];
        (void)spoti_format(alpha[i], SPOTI_CELL_SIZE, "%.3f [%.3f, %.3f]", row->alpha,
                           row->alpha_ci.lo, row->alpha_ci.hi);
    }
    add_figures(t, r, figures, sizeof(figures) / sizeof(figures[0]));
    add_roof_and_load(t, r);
}

/* How fast the probe was; once for each size of weights. */
static void print_probe(const spot_bench_report *report, FILE *out)
{
    const spot_bench_machine *m = report->machine;
    char note[NOTE_SIZE] = "no probe for this processor: its roof is unknown";
    if (m->fp32_macs_s > 0.0) {
        (void)spoti_format(note, sizeof(note),
                           "probe (%s, one thread): fp32 %.0f, bf16 %.0f, int8 %.0f Gmac/s; reads",
                           m->probe, 1e-9 * m->fp32_macs_s, 1e-9 * m->bf16_macs_s,
                           1e-9 * m->int8_macs_s);
    }
    const char *before = " ";
    for (int i = 0; m->fp32_macs_s > 0.0 && i < report->config->n_points; i++) {
        const spot_bench_row *r = &report->rows[i];
        const size_t used = strlen(note);
        bool again = false;
        for (int k = 0; k < i; k++) {
            again = again || report->rows[k].cost.weight_bytes == r->cost.weight_bytes;
        }
        if (!again) {
            (void)spoti_format(note + used, sizeof(note) - used, "%s%.1f MB at %.1f GB/s", before,
                               1e-6 * r->cost.weight_bytes, 1e-9 * r->bandwidth);
            before = ", ";
        }
    }
    spot_print(out, "\n");
    spot_print_wrapped(out, 0, note);
}

/* What the columns mean. */
static void print_notes(const spot_bench_report *r, FILE *out)
{
    const spot_bench_config *c = r->config;
    char baseline[SPOT_POINT_TEXT_SIZE];
    spoti_report_line(
        out, 0,
        "One thread: an inference does not use more. alpha is the median over that of '%s', its "
        "interval from resampled rounds. read: weights, keys and values read in an inference, "
        "activations left out. The roof is the lower of the peak of this arithmetic and of mac/B "
        "times the speed of reading as many bytes as the weights take.",
        spoti_bench_point(&c->points[c->baseline], baseline));
    if (c->threads > 1) {
        spoti_report_line(out, 0,
                          "chunks/s and loaded: %d sessions at once, each on a thread of its own; "
                          "all their chunks a second, and the median latency of one.",
                          c->threads);
    }
}

/* What is not in the means, and why. */
static void print_outliers(const spot_bench_report *r, FILE *out)
{
    for (int i = 0; i < r->config->n_points; i++) {
        const spot_bench_row *row = &r->rows[i];
        char text[SPOT_POINT_TEXT_SIZE];
        if (row->n_outliers > 0) {
            spoti_report_line(
                out, 0,
                "Warning: %d of the calls of '%s', up to %.4g ms, %s not like the others; its mean "
                "is the median, its sd that of the others.",
                row->n_outliers, spoti_bench_point(&row->point, text), 1e3 * row->largest_s,
                row->n_outliers == 1 ? "is" : "are");
        }
    }
}

/* Bits that change no time here are no result of a bench. */
static void print_numeric(const spot_bench_report *r, FILE *out)
{
    for (int i = 0; i < r->config->n_points; i++) {
        if (spoti_numeric_is(r->config->points[i].quant)) {
            spoti_report_line(
                out, 0,
                "quant=num:B is numeric: weights are rounded to B bits and computed in "
                "fp32, so its time here is that of fp32. Where latencies are charged it "
                "counts B/32 of that (modelled).");
            return;
        }
    }
}

spot_status spot_report_bench_table(const spot_bench_report *report, bool wide, FILE *out)
{
    spoti_sheet t;
    if (report == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_bench_config *c = report->config;
    spoti_report_line(out, 0,
                      "%s on %s, %s kernels, batch 1, %d rounds of %d calls a point (measured%s)",
                      report->policy, report->processor, report->machine->kernels, c->rounds,
                      c->calls, report->processor_clock ? ", processor time" : "");
    spot_print(out, "\n");
    spot_status st = spoti_sheet_create(&t, c->n_points);
    if (st == SPOT_OK) {
        fill(&t, report);
        st = spoti_sheet_print(&t, wide, out);
    }
    spoti_sheet_free(&t);
    print_probe(report, out);
    print_notes(report, out);
    print_numeric(report, out);
    print_outliers(report, out);
    return st != SPOT_OK ? st : ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}
