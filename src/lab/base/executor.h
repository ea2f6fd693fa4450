/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Independent pieces of work, and who does them: a table, so that callers do not care.
 *
 * Whatever the executor, each piece is done once, and the outcome is the same: that of the failure of the
 * smallest index if any piece failed, whoever met his first.
 *
 *     const spoti_executor *e = spoti_executor_for(workers);
 *     st = e->run(e->self, count, workers, work, report, ctx);
 */
#ifndef SPOTI_EXECUTOR_H
#define SPOTI_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/status.h"

enum { SPOTI_WORKERS_MAX = 256 };

/* Does piece `index` on worker `worker` (0..workers-1); a worker does one piece at a time. */
typedef spot_status (*spoti_work_fn)(void *ctx, int worker, int64_t index);

/* Called after each piece that did not fail, with the number of finished pieces, one call at a time;
 * returns false to stop early. */
typedef bool (*spoti_report_fn)(void *ctx, int64_t index, int64_t done, int64_t total);

typedef struct spoti_executor {
    const char *name;
    /* Runs work(ctx, worker, 0..count-1), in no fixed order. After the first failure no further piece is
     * started. report may be NULL. Returns SPOT_OK, or the failure of the smallest index that failed,
     * E_STATE if `report` stopped it, E_RANGE (workers outside 1..SPOTI_WORKERS_MAX), E_NOMEM. */
    spot_status (*run)(void *self, int64_t count, int workers, spoti_work_fn work,
                       spoti_report_fn report, void *ctx);
    void *self; /* what run is given; NULL where it needs nothing */
} spoti_executor;

/* The calling thread alone, as worker 0, in the order of the indices. */
extern const spoti_executor SPOTI_SERIAL;

/* POSIX threads (TSan does not see into libgomp), the calling one among them. */
extern const spoti_executor SPOTI_THREADS;

/* Who does the work of so many workers: the one place that decides it. */
const spoti_executor *spoti_executor_for(int workers);

/* What executors note down as pieces come back, one call at a time. */
typedef struct spoti_tally {
    int64_t finished;
    int64_t total;
    int64_t failed_index;
    spot_status status; /* SPOT_OK: go on */
    spoti_report_fn report;
    void *ctx;
} spoti_tally;

void spoti_tally_note(spoti_tally *tally, int64_t index, spot_status st);

#endif
