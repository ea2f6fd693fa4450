/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The executor of this computer: a few threads that take the next piece each. */
#include <pthread.h>
#include <stddef.h>

#include "lab/base/executor.h"

typedef struct pool {
    pthread_mutex_t lock; /* guards `next` and the tally, so calls of `report` too */
    int64_t next;
    spoti_tally tally;
    spoti_work_fn work;
} pool;

typedef struct worker {
    pool *pool;
    int index;
} worker;

/* The next piece, or -1 when there is none or something failed. */
static int64_t take(pool *p)
{
    int64_t index = -1;
    (void)pthread_mutex_lock(&p->lock);
    if (p->tally.status == SPOT_OK && p->next < p->tally.total) {
        index = p->next++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return index;
}

static void *run_worker(void *arg)
{
    worker *w = arg;
    pool *p = w->pool;
    for (int64_t index = take(p); index >= 0; index = take(p)) {
        const spot_status st = p->work(p->tally.ctx, w->index, index);
        (void)pthread_mutex_lock(&p->lock);
        spoti_tally_note(&p->tally, index, st);
        (void)pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

static spot_status run_threads(void *self, int64_t count, int workers, spoti_work_fn work,
                               spoti_report_fn report, void *ctx)
{
    pthread_t thread[SPOTI_WORKERS_MAX];
    worker each[SPOTI_WORKERS_MAX];
    pool p = {.tally = {.total = count, .report = report, .ctx = ctx}, .work = work};
    int started = 0;

    (void)self;
    if (workers < 1 || workers > SPOTI_WORKERS_MAX) {
        return SPOT_E_RANGE;
    }
    if (pthread_mutex_init(&p.lock, NULL) != 0) {
        return SPOT_E_NOMEM;
    }
    /* The caller is worker 0; fewer threads than wanted is slower, not wrong. */
    for (int i = 1; i < workers && i < count; i++) {
        each[i] = (worker){.pool = &p, .index = i};
        if (pthread_create(&thread[i], NULL, run_worker, &each[i]) != 0) {
            break;
        }
        started = i;
    }
    each[0] = (worker){.pool = &p, .index = 0};
    (void)run_worker(&each[0]);
    for (int i = 1; i <= started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    (void)pthread_mutex_destroy(&p.lock);
    return p.tally.status;
}

const spoti_executor SPOTI_THREADS = {.name = "threads", .run = run_threads};
