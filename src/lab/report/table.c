/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a tuning run says above and below the table of its points, which is that of an analysis. */
#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/report/words.h"
#include "spot/report.h"
#include "spot/show.h"

static void print_head(const spot_tune_result *r, FILE *out)
{
    const spot_tune_setting *s = &r->setting;
    /* usually a policy is called as its task is */
    const bool named = s->policy[0] != '\0' && strcmp(s->policy, s->task) != 0;
    char marks[SPOT_DIAG_TEXT_SIZE];
    char varied[64] = "";
    if (s->variation.speed != 1.0 || s->variation.noise != 1.0) {
        (void)spoti_format(varied, sizeof(varied), "; speed x %g, noise x %g", s->variation.speed,
                           s->variation.noise);
    }
    spoti_report_line(out, 0,
                      "%s%s%s on %s, charged as %s; %d paired seeds from %" PRIu64
                      "; n = %d actions of %g ms; clock %s%s%s",
                      s->task, named ? " with " : "", named ? s->policy : "", s->platform,
                      s->charged_class, s->n_seeds, s->seed, s->n_execute, 1e3 * s->action_s,
                      spot_clock_str(s->clock), s->cadence ? "; schedule cadence" : "", varied);
    spoti_report_marks(&r->analysis->settings[0], marks, sizeof(marks));
    spoti_report_line(out, 0, "(%s)", marks);
    spot_print(out, "\n");
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
            spoti_report_line(out, 0, "T_inf %s: %s", spot_origin_str(latency->origin),
                              latency->source);
        }
    }
}

/* What the simulator broke off, and what the figures above are then over. */
static void print_invalid(const spot_tune_result *r, FILE *out)
{
    if (r->n_judged == r->setting.n_seeds) {
        return;
    }
    spoti_report_line(
        out, 0,
        "invalid: in no figure; comparisons are over the %d of %d seeds that are valid at "
        "every point",
        r->n_judged, r->setting.n_seeds);
    for (int i = 0; i < r->n_rows; i++) {
        const spot_tune_row *row = &r->rows[i];
        if (row->invalid > 0) {
            spoti_report_line(out, 4, "  %s: %d of %d; seed %" PRIu64 ": %s", row->text,
                              row->invalid, r->setting.n_seeds, row->invalid_seed, row->fault);
        }
    }
    spot_print(out, "\n");
}

spot_status spot_report_tune_table(const spot_tune_result *result, bool wide, FILE *out)
{
    if (result == NULL || result->analysis == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    print_head(result, out);
    spot_status st = spoti_report_points(&result->analysis->settings[0], wide, out);
    spot_print(out, "\n");
    print_invalid(result, out);
    if (result->setting.policy_varies) {
        spoti_report_line(out, 0, "%s", SPOTI_REPORT_VARIES);
    }
    print_sources(result, out);
    return st != SPOT_OK ? st : ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}
