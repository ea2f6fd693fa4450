/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What executors share, and the one that needs nobody else. */
#include "lab/base/executor.h"

#include <stddef.h>

void spoti_tally_note(spoti_tally *tally, int64_t index, spot_status st)
{
    if (st != SPOT_OK) {
        if (tally->status == SPOT_OK || index < tally->failed_index) {
            tally->status = st;
            tally->failed_index = index;
        }
        return;
    }
    tally->finished++;
    if (tally->report != NULL && !tally->report(tally->ctx, index, tally->finished, tally->total) &&
        tally->status == SPOT_OK) {
        tally->status = SPOT_E_STATE;
        tally->failed_index = tally->total; /* behind every real failure */
    }
}

static spot_status run_serial(void *self, int64_t count, int workers, spoti_work_fn work,
                              spoti_report_fn report, void *ctx)
{
    spoti_tally tally = {.total = count, .report = report, .ctx = ctx};
    (void)self;
    if (workers < 1 || workers > SPOTI_WORKERS_MAX) {
        return SPOT_E_RANGE;
    }
    for (int64_t index = 0; tally.status == SPOT_OK && index < count; index++) {
        spoti_tally_note(&tally, index, work(ctx, 0, index));
    }
    return tally.status;
}

const spoti_executor SPOTI_SERIAL = {.name = "serial", .run = run_serial};

const spoti_executor *spoti_executor_for(int workers)
{
    return workers == 1 ? &SPOTI_SERIAL : &SPOTI_THREADS;
}
