/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The table of a tuning run: fixed width, one row a point, units in the header. */
#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "spot/report.h"
#include "spot/show.h"

enum { CELL_SIZE = 64 };

/* `12.31 [11.80, 12.84]`, the value alone if its interval cannot be trusted, `-` if undefined. */
static void write_estimate(char cell[CELL_SIZE], const spot_estimate *e, int digits)
{
    if (e->support == SPOT_STATS_NONE) {
        (void)spoti_copy(cell, CELL_SIZE, "-");
    } else if (e->support == SPOT_STATS_INSUFFICIENT) {
        (void)spoti_format(cell, CELL_SIZE, "%.*f [few]", digits, e->value);
    } else {
        (void)spoti_format(cell, CELL_SIZE, "%.*f [%.*f, %.*f]", digits, e->value, digits, e->ci.lo,
                           digits, e->ci.hi);
    }
}

static const char *mark_of(const spot_tune_result *r, int i)
{
    bool base = i == r->baseline;
    if (r->withheld != SPOT_TUNE_WITHHELD_NOT) {
        return base ? "baseline" : "";
    }
    if (i == r->best) {
        return base ? "BEST, baseline" : "BEST";
    }
    if (r->rows[i].among_best) {
        return base ? "among best, baseline" : "among best";
    }
    return base ? "baseline" : "";
}

static void print_head(const spot_tune_result *r, int width, FILE *out)
{
    const spot_tune_setting *s = &r->setting;
    /* usually a policy is called as its task is */
    const bool named = s->policy[0] != '\0' && strcmp(s->policy, s->task) != 0;
    spot_print(out, "%s%s%s on %s, charged as %s; %d paired seeds from %" PRIu64, s->task,
               named ? " with " : "", named ? s->policy : "", s->platform, s->charged_class,
               s->n_seeds, s->seed);
    spot_print(out, "; n = %d actions of %g ms; clock %s%s", s->n_execute, 1e3 * s->action_s,
               s->clock == SPOT_CLOCK_PAPER ? "paper" : "exact",
               s->cadence ? "; schedule cadence" : "");
    if (s->variation.speed != 1.0 || s->variation.noise != 1.0) {
        spot_print(out, "; speed x %g, noise x %g", s->variation.speed, s->variation.noise);
    }
    spot_print(out, "\n\n");
    spot_print(out, "%-*s %6s %7s %7s %6s %7s %-18s %-22s %-26s %6s %6s\n", width, "point", "alpha",
               "T_inf", "T_ck", "eta", "chunks", "inflation", "task time", "success", "delay",
               "age");
    spot_print(out, "%-*s %6s %7s %7s %6s %7s %-18s %-22s %-26s %6s %6s\n", width, "", "", "ms",
               "s", "chunk", "N", "N/N0 [95 %]", "s [95 %]", "k/n     % [95 %]", "ms", "ms");
}

static void print_row(const spot_tune_result *r, int i, int width, FILE *out)
{
    const spot_tune_row *row = &r->rows[i];
    char chunks[CELL_SIZE] = "-";
    char inflation[CELL_SIZE];
    char time[CELL_SIZE];
    char success[CELL_SIZE];
    if (row->chunks.support != SPOT_STATS_NONE) {
        (void)spoti_format(chunks, sizeof(chunks), "%.2f", row->chunks.value);
    }
    if (i == r->baseline && row->inflation.support != SPOT_STATS_NONE) {
        (void)spoti_copy(inflation, sizeof(inflation), "1"); /* by definition */
    } else {
        write_estimate(inflation, &row->inflation, 2);
    }
    write_estimate(time, &row->time, 2);
    (void)spoti_format(success, sizeof(success), "%d/%d %5.1f [%.1f, %.1f]", row->successes,
                       row->episodes, 100.0 * row->success_rate, 100.0 * row->wilson.lo,
                       100.0 * row->wilson.hi);
    const char *mark = mark_of(r, i);
    spot_print(out, "%-*s %6.3f %7.4g %7.4g %6.3f %7s %-18s %-22s %-26s %6.4g %6.4g%s%s\n", width,
               row->text, row->alpha, 1e3 * row->latency.mean_s, row->chunk_time_s, row->eta_chunk,
               chunks, inflation, time, success, 1e3 * row->delay_s, 1e3 * row->age_s,
               mark[0] != '\0' ? "  " : "", mark);
}

/* Where the latencies come from; each origin and source once. */
static void print_sources(const spot_tune_result *r, FILE *out)
{
    for (int i = 0; i < r->n_rows; i++) {
        const spot_latency *latency = &r->rows[i].latency;
        bool known = false;
        for (int k = 0; k < i && !known; k++) {
            known = r->rows[k].latency.origin == latency->origin &&
                    strcmp(r->rows[k].latency.source, latency->source) == 0;
        }
        if (!known) {
            spot_print(out, "T_inf %s: %s\n", spot_origin_str(latency->origin), latency->source);
        }
    }
}

/* What the simulator broke off, and what the figures above are then over. */
static void print_invalid(const spot_tune_result *r, FILE *out)
{
    if (r->n_judged == r->setting.n_seeds) {
        return;
    }
    spot_print(out,
               "invalid: in no figure; comparisons are over the %d of %d seeds that are valid at "
               "every point\n",
               r->n_judged, r->setting.n_seeds);
    for (int i = 0; i < r->n_rows; i++) {
        const spot_tune_row *row = &r->rows[i];
        if (row->invalid > 0) {
            spot_print(out, "  %s: %d of %d; seed %" PRIu64 ": %s\n", row->text, row->invalid,
                       r->setting.n_seeds, row->invalid_seed, row->fault);
        }
    }
    spot_print(out, "\n");
}

spot_status spot_report_tune_table(const spot_tune_result *result, FILE *out)
{
    if (result == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    int width = (int)strlen("point");
    for (int i = 0; i < result->n_rows; i++) {
        int length = (int)strlen(result->rows[i].text);
        width = length > width ? length : width;
    }
    print_head(result, width, out);
    for (int i = 0; i < result->n_rows; i++) {
        print_row(result, i, width, out);
    }
    spot_print(out, "\n");
    print_invalid(result, out);
    print_sources(result, out);
    return ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}
