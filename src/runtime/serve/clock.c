/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How long answers took: the last ones are kept, and ranked when somebody asks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "runtime/serve/room.h"

spot_status spoti_serve_clock_init(spoti_serve_clock *clock, const spot_allocator *allocator)
{
    clock->infer_ms = spoti_calloc(allocator, SPOTI_SERVE_TIMED, sizeof(float));
    clock->answer_ms = spoti_calloc(allocator, SPOTI_SERVE_TIMED, sizeof(float));
    return clock->infer_ms != NULL && clock->answer_ms != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

void spoti_serve_clock_fini(spoti_serve_clock *clock, const spot_allocator *allocator)
{
    spoti_free(allocator, clock->infer_ms, SPOTI_SERVE_TIMED * sizeof(float));
    spoti_free(allocator, clock->answer_ms, SPOTI_SERVE_TIMED * sizeof(float));
    *clock = (spoti_serve_clock){.n = 0};
}

void spoti_serve_clock_note(spoti_serve_clock *clock, double infer_s, double answer_s)
{
    const size_t at = (size_t)(clock->n % SPOTI_SERVE_TIMED);

    clock->infer_ms[at] = (float)(1e3 * infer_s);
    clock->answer_ms[at] = (float)(1e3 * answer_s);
    clock->n++;
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The smallest time that is at least as long as a fraction p of all n >= 1. */
static double rank(const float *sorted, int64_t n, double p)
{
    const int64_t at = (int64_t)ceil(p * (double)n);

    return (double)sorted[at > 0 ? at - 1 : 0];
}

/* Sorts ms (n). */
static spot_serve_times describe(float *ms, int64_t n)
{
    if (n == 0) {
        return (spot_serve_times){.max_ms = 0.0};
    }
    qsort(ms, (size_t)n, sizeof(*ms), compare);
    return (spot_serve_times){.p50_ms = rank(ms, n, 0.50),
                              .p95_ms = rank(ms, n, 0.95),
                              .p99_ms = rank(ms, n, 0.99),
                              .max_ms = (double)ms[n - 1]};
}

spot_status spot_serve_read_stats(spot_serve *server, spot_serve_stats *out)
{
    if (server == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    float *ms = spoti_calloc(server->allocator, 2 * SPOTI_SERVE_TIMED, sizeof(*ms));
    if (ms == NULL) {
        return SPOT_E_NOMEM;
    }
    /* Copied under the lock, sorted without it. */
    (void)pthread_mutex_lock(&server->lock);
    const spoti_serve_clock *clock = &server->clock;
    const int64_t n = clock->n < SPOTI_SERVE_TIMED ? clock->n : SPOTI_SERVE_TIMED;
    memcpy(ms, clock->infer_ms, (size_t)n * sizeof(*ms));
    memcpy(ms + SPOTI_SERVE_TIMED, clock->answer_ms, (size_t)n * sizeof(*ms));
    *out = server->stats;
    (void)pthread_mutex_unlock(&server->lock);
    out->timed = n;
    out->infer = describe(ms, n);
    out->answer = describe(ms + SPOTI_SERVE_TIMED, n);
    spoti_free(server->allocator, ms, 2 * SPOTI_SERVE_TIMED * sizeof(*ms));
    return SPOT_OK;
}
