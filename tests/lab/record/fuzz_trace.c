/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any bytes as a trace of latencies: what is refused says where in one line; what is accepted gives every point of
 * the file calls that are finite, their first action no later than the rest. */
#include <math.h>
#include <stdio.h>

#include "lab/record/latency_trace.h"
#include "support/spot_fuzz.h"

static void check_calls(const spot_latency_trace *trace)
{
    const spot_point point = {.steps = 1};
    spot_latency latency;
    spot_diag diag = {""};
    const spot_status st = spot_latency_trace_point(trace, &point, 1, &latency, &diag);
    expect(st == SPOT_OK || (st == SPOT_E_NOT_FOUND && diag.text[0] != '\0'));
    if (st != SPOT_OK) {
        return;
    }
    expect(isfinite(latency.mean_s) && latency.mean_s >= 0.0 && latency.mean_s <= 86400.0);
    expect(isfinite(latency.spread_s) && latency.spread_s >= 0.0);
    const int n = spot_latency_sample_count(&latency);
    expect(n >= 1);
    for (int i = 0; i < n; i++) {
        const spot_latency_call call = spot_latency_sample(&latency, i);
        const spot_latency_call drawn = spot_latency_at(&latency, 5, (uint64_t)i);
        expect(call.first_s >= 0.0 && call.first_s <= call.rest_s && call.rest_s <= 86400.0);
        expect(drawn.first_s >= 0.0 && drawn.first_s <= drawn.rest_s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const spot_latency_draw_order order =
        size % 2 == 0 ? SPOT_LATENCY_IN_ORDER : SPOT_LATENCY_BY_SEED;
    spot_latency_trace *trace = NULL;
    spot_diag diag = {""};
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
    expect(stream != NULL);
    const spot_status st = spoti_latency_trace_read("t.csv", stream, order, NULL, &trace, &diag);
    expect(fclose(stream) == 0);
    if (st == SPOT_OK) {
        check_calls(trace);
        spot_latency_trace_destroy(trace);
        return 0;
    }
    expect(trace == NULL);
    expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE || st == SPOT_E_NOMEM);
    expect(diag.text[0] == 't' || st == SPOT_E_NOMEM);
    for (const char *c = diag.text; *c != '\0'; c++) {
        expect((unsigned char)*c >= 0x20);
    }
    return 0;
}
