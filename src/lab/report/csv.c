/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* CSV of a tuning run: SI units, empty cells where a figure is undefined. */
#include <inttypes.h>

#include "core/base/file.h"
#include "lab/report/words.h"
#include "spot/report.h"

/* Behind the point's text and its knobs. */
static const char *const COLUMNS =
    ",is_baseline,is_best,among_best,policy,task,platform,"
    "charged_class,latency_origin,t_inf_s,t_inf_spread_s,alpha,t_ck_s,eta_chunk,"
    "episodes,successes,success_rate,success_lo,success_hi,grade_mean,"
    "chunks,chunks_lo,chunks_hi,inflation,inflation_lo,inflation_hi,"
    "inflation_common,inflation_common_lo,inflation_common_hi,"
    "time_s,time_lo_s,time_hi_s,eta_task,eta_task_lo,eta_task_hi,"
    "eta_task_common,eta_task_common_lo,eta_task_common_hi,"
    "budget_time_s,budget_time_lo_s,budget_time_hi_s,support,"
    "delay_s,age_s,p_best,p_set,p_behind,seed,n_seeds,clock,schedule,n_execute,speed,noise,engine,"
    "invalid,"
    "fault";

/* Value and interval. `exact`: of the baseline against itself, 1 without a doubt. */
static void write_range(FILE *out, const spot_quantity *q, bool exact)
{
    if (!q->known) {
        (void)fprintf(out, ",,,");
    } else if (exact) {
        (void)fprintf(out, ",%.9g,%.9g,%.9g", q->value, q->value, q->value);
    } else if (!q->has_ci) {
        (void)fprintf(out, ",%.9g,,", q->value);
    } else {
        (void)fprintf(out, ",%.9g,%.9g,%.9g", q->value, q->lo, q->hi);
    }
}

/* How far the times of successes bear. */
static const char *support_of(const spot_quantity *time)
{
    return !time->known ? "none" : time->has_ci ? "sufficient" : "insufficient";
}

/* Of a p-value that nothing tests there is 1. */
static void write_p(FILE *out, const spot_quantity *p)
{
    (void)fprintf(out, ",%.9g", p->known ? p->value : 1.0);
}

/* A comma and a text. */
static void write_text(FILE *out, const char *text)
{
    (void)fputc(',', out);
    spoti_put_csv(out, text);
}

/* What came of a point. */
static void write_figures(FILE *out, const spot_analysis_point *p, double grade, bool baseline)
{
    (void)fprintf(out, ",%d,%d,%.9g,%.9g,%.9g,%.9g", p->trials, p->successes, p->rate.value,
                  p->rate.lo, p->rate.has_ci ? p->rate.hi : 1.0, grade);
    write_range(out, &p->chunks, false);
    write_range(out, &p->inflation, baseline);
    write_range(out, &p->inflation_common, baseline);
    write_range(out, &p->time_s, false);
    write_range(out, &p->eta_task, baseline);
    write_range(out, &p->eta_task_common, baseline);
    write_range(out, &p->budget_time_s, false);
    (void)fprintf(out, ",%s,%.9g,%.9g", support_of(&p->time_s), p->delay_s.value, p->age_s.value);
    write_p(out, &p->p_best_alone);
    write_p(out, &p->p_best);
    write_p(out, &p->p_behind);
}

static void write_row(FILE *out, const spot_tune_result *r, int i)
{
    const spot_tune_row *row = &r->rows[i];
    const spot_tune_setting *s = &r->setting;
    const spot_analysis_verdict *verdict = &r->analysis->settings[0].verdict;
    const spot_analysis_point *p = &r->analysis->settings[0].points[i];
    spoti_put_csv(out, row->text);
    for (int k = 0; k < spot_knob_count(); k++) {
        char value[SPOT_KNOB_VALUE_SIZE];
        spot_knob_value(k, &row->point, value);
        write_text(out, value);
    }
    (void)fprintf(out, ",%d,%d,%d", i == r->baseline, i == r->best,
                  i == verdict->best || !p->p_best.known || p->may_be_best);
    write_text(out, s->policy);
    write_text(out, s->task);
    write_text(out, s->platform);
    write_text(out, s->charged_class);
    (void)fprintf(out, ",%s,%.9g,%.9g,%.9g,%.9g,%.9g", spot_origin_str(row->latency.origin),
                  row->latency.mean_s, row->latency.spread_s,
                  p->alpha.known ? p->alpha.value : 1.0 /* neither takes time */,
                  p->t_chunk_s.value, p->eta_chunk.value);
    write_figures(out, p, row->grade_mean, i == r->baseline);
    (void)fprintf(out, ",%" PRIu64 ",%d,%s,%s,%d,%.9g,%.9g", s->seed, s->n_seeds,
                  spot_clock_str(s->clock), spoti_report_schedule(r, i), s->n_execute,
                  s->variation.speed, s->variation.noise);
    write_text(out, s->engine);
    (void)fprintf(out, ",%d", row->invalid);
    write_text(out, row->fault);
    (void)fputc('\n', out);
}

spot_status spot_report_tune_csv(const spot_tune_result *result, const char *path, spot_diag *diag)
{
    spoti_file file;
    if (result == NULL || result->analysis == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)fputs("point", file.stream);
    for (int k = 0; k < spot_knob_count(); k++) {
        (void)fprintf(file.stream, ",%s", spot_knob_at(k)->name);
    }
    (void)fprintf(file.stream, "%s\n", COLUMNS);
    for (int i = 0; i < result->n_rows; i++) {
        write_row(file.stream, result, i);
    }
    return spoti_file_commit(&file, diag);
}
