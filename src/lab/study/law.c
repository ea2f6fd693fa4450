/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the timing law (spot/tised.h) says about each point, at the latencies that are really charged:
 * whole ticks of the clock in use. With jitter every figure is a mean over draws, because
 * E[max(0, I - n' T_act)] >= max(0, E[I] - n' T_act).
 */
#include "lab/study/judge.h"

#include "spot/tised.h"

/* The chunk time of one inference. */
static spot_status one_chunk_s(const spot_tune_setting *s, int n, int overlap,
                               spot_latency_call call, double *chunk_s)
{
    spot_tised_setup setup = {.inference_s = call.rest_s, .action_s = s->action_s, .n_action = n};
    if (s->cadence) {
        return spot_tised_cadence_chunk_s(&setup, 1.0, s->overhead_s, chunk_s);
    }
    spot_tised_timing timing;
    spot_status st =
        call.first_s < call.rest_s
            ? spot_tised_time_parts(&setup, call.first_s, call.rest_s, overlap, &timing)
            : spot_tised_time_point(&setup, 1.0, overlap, &timing);
    if (st == SPOT_OK) {
        *chunk_s = timing.chunk_s;
    }
    return st;
}

static spot_status mean_chunk_s(const spot_tune_setting *s, const spot_tune_row *row, int n_action,
                                double tick_s, int64_t ticks_per_action, double *mean_s)
{
    const int n = spot_latency_sample_count(&row->latency);
    /* A chunk that does not start with its first action gains nothing from its coming early. */
    const bool skips = row->point.align == SPOT_ALIGN_SKIP && row->point.overlap > 0;
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        const spot_latency_call drawn = spot_latency_sample(&row->latency, i);
        const int64_t first =
            spot_exec_latency_ticks(s->clock, drawn.first_s, tick_s, ticks_per_action);
        const int64_t rest =
            spot_exec_latency_ticks(s->clock, drawn.rest_s, tick_s, ticks_per_action);
        double chunk_s = 0.0;
        if (first < 0 || rest < 0) {
            return SPOT_E_RANGE;
        }
        const spot_latency_call charged = {.first_s = (double)(skips ? rest : first) * tick_s,
                                           .rest_s = (double)rest * tick_s};
        spot_status st = one_chunk_s(s, n_action, row->point.overlap, charged, &chunk_s);
        if (st != SPOT_OK) {
            return st;
        }
        sum += chunk_s;
    }
    *mean_s = sum / n;
    return SPOT_OK;
}

spot_status spoti_judge_law(spot_tune_result *result, double tick_s, int64_t ticks_per_action)
{
    for (int i = 0; i < result->n_rows; i++) {
        spot_tune_row *row = &result->rows[i];
        spot_status st = mean_chunk_s(&result->setting, row, spoti_row_execute(result, row), tick_s,
                                      ticks_per_action, &row->chunk_time_s);
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}
