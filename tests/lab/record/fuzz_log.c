/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any bytes as a log: what is refused says where in one line; what is accepted is analysed, and every
 * figure that comes out is finite and within its bounds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/record/read.h"
#include "spot/report_analysis.h"
#include "support/spot_fuzz.h"

static void check_quantity(const spot_quantity *q, double least, double most)
{
    if (q->known) {
        expect(isfinite(q->value) && q->value >= least && q->value <= most);
        expect(!q->has_ci || (isfinite(q->lo) && isfinite(q->hi) && q->lo <= q->hi));
    }
}

static void check_setting(const spot_analysis_setting *s)
{
    expect(s->n_points >= 1 && s->baseline >= 0 && s->baseline < s->n_points);
    expect(s->verdict.best >= -1 && s->verdict.best < s->n_points);
    expect(s->verdict.leader >= s->verdict.best && s->verdict.leader < s->n_points);
    check_quantity(&s->verdict.p_interior, 0.0, 1.0);
    check_quantity(&s->verdict.posterior_interior, -1e-9, 1.0 + 1e-9);
    for (int i = 0; i < s->n_points; i++) {
        const spot_analysis_point *p = &s->points[i];
        check_quantity(&p->rate, 0.0, 1.0);
        check_quantity(&p->t_inf_s, 0.0, 1e15);
        check_quantity(&p->t_chunk_s, 0.0, 1e16);
        check_quantity(&p->time_s, 0.0, 1e9);
        check_quantity(&p->alpha, 0.0, 1e18);
        check_quantity(&p->eta_chunk, 0.0, 1e30);
        check_quantity(&p->chunks, 0.0, 1e9);
        check_quantity(&p->inflation, 0.0, 1e19);
        check_quantity(&p->eta_task, 0.0, 1e19);
        check_quantity(&p->cycle_s, 0.0, 1e19);
        check_quantity(&p->delay_s, 0.0, 1e15);
        check_quantity(&p->age_s, 0.0, 1e16);
        check_quantity(&p->budget_time_s, 0.0, 1e9);
        check_quantity(&p->time_to_success_s, 0.0, 1e17);
        check_quantity(&p->energy_per_success_j, 0.0, 1e23);
        expect(p->invalid >= 0);
        check_quantity(&p->p_better, 0.0, 1.0);
        check_quantity(&p->p_worse, 0.0, 1.0);
        expect(!p->has_count || (p->successes >= 0 && p->successes <= p->trials));
    }
}

static void check_diag(const spot_diag *diag, spot_status st)
{
    expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE || st == SPOT_E_NOMEM ||
           st == SPOT_E_NOT_FOUND);
    expect(diag->text[0] != '\0' || st == SPOT_E_NOMEM);
    for (const char *c = diag->text; *c != '\0'; c++) {
        expect((unsigned char)*c >= 0x20); /* one line, nothing for a terminal to act on */
    }
}

static void analyse(const spot_analyze_log *log)
{
    spot_diag diag = {.text = ""};
    spot_analysis *analysis = NULL;
    spot_status st = spot_analyze(log, &analysis, &diag);
    if (st != SPOT_OK) {
        expect(analysis == NULL);
        check_diag(&diag, st);
        return;
    }
    for (int i = 0; i < analysis->n_settings; i++) {
        check_setting(&analysis->settings[i]);
    }
    FILE *sink = fopen("/dev/null", "we");
    spot_forecast *forecast = NULL;
    spot_analyze_target target = {.name = "h", .t_inf_s = 0.5};
    expect(sink != NULL);
    expect(spot_report_analysis_table(&analysis->settings[0], analysis->n_settings > 1, sink) ==
           SPOT_OK);
    expect(spot_report_analysis_json(analysis, NULL, sink) == SPOT_OK);
    if (spot_analyze_forecast(log, analysis, 0, &target, &forecast, &diag) == SPOT_OK) {
        expect(spot_report_forecast_table(forecast, false, sink) == SPOT_OK);
    }
    (void)fclose(sink);
    spot_forecast_destroy(forecast);
    spot_analysis_destroy(analysis);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spot_analyze_config config;
    spot_analyze_log *log = NULL;
    spot_diag diag = {.text = ""};
    if (size == 0) {
        return 0;
    }
    spot_analyze_config_default(&config);
    config.resamples = 100;
    expect(spot_analyze_log_create(&config, &log) == SPOT_OK);
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
    expect(stream != NULL);
    spot_status st = spoti_read_stream(log, "fuzz", stream, NULL, &diag);
    (void)fclose(stream);
    if (st == SPOT_OK) {
        analyse(log);
    } else {
        check_diag(&diag, st);
    }
    spot_analyze_log_destroy(log);
    return 0;
}
