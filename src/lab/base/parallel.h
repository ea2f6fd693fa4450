/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Independent pieces of work on a few threads. POSIX threads, as TSan does not see into libgomp. */
#ifndef SPOTI_PARALLEL_H
#define SPOTI_PARALLEL_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/status.h"

enum { SPOTI_THREADS_MAX = 256 };

/* Does piece `index` on worker `worker` (0..threads-1). */
typedef spot_status (*spoti_work_fn)(void *ctx, int worker, int64_t index);

/* Called with the number of finished pieces, one call at a time; returns false to stop early. */
typedef bool (*spoti_done_fn)(void *ctx, int64_t done, int64_t total);

/* Runs work(ctx, worker, 0..count-1), each index once, in no fixed order. After the first failure no
 * further piece is started. Returns SPOT_OK, or the failure of the smallest index that failed,
 * E_STATE if `done` stopped it, E_RANGE (threads outside 1..SPOTI_THREADS_MAX), E_NOMEM. */
spot_status spoti_parallel_for(int64_t count, int threads, spoti_work_fn work, spoti_done_fn done,
                               void *ctx);

#endif
