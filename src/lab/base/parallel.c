/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/base/parallel.h"

#include <pthread.h>

typedef struct pool {
    pthread_mutex_t lock; /* guards what follows, and calls of `done` */
    int64_t next;
    int64_t finished;
    int64_t failed_index;
    spot_status status;
    int64_t count;
    spoti_work_fn work;
    spoti_done_fn done;
    void *ctx;
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
    if (p->status == SPOT_OK && p->next < p->count) {
        index = p->next++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return index;
}

static void report(pool *p, int64_t index, spot_status st)
{
    (void)pthread_mutex_lock(&p->lock);
    if (st != SPOT_OK && (p->status == SPOT_OK || index < p->failed_index)) {
        p->status = st;
        p->failed_index = index;
    }
    p->finished++;
    if (p->done != NULL && !p->done(p->ctx, p->finished, p->count) && p->status == SPOT_OK) {
        p->status = SPOT_E_STATE;
        p->failed_index = p->count;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static void *run(void *arg)
{
    worker *w = arg;
    for (int64_t index = take(w->pool); index >= 0; index = take(w->pool)) {
        report(w->pool, index, w->pool->work(w->pool->ctx, w->index, index));
    }
    return NULL;
}

spot_status spoti_parallel_for(int64_t count, int threads, spoti_work_fn work, spoti_done_fn done,
                               void *ctx)
{
    pthread_t thread[SPOTI_THREADS_MAX];
    worker workers[SPOTI_THREADS_MAX];
    pool p = {.count = count, .work = work, .done = done, .ctx = ctx, .status = SPOT_OK};
    int started = 0;

    if (threads < 1 || threads > SPOTI_THREADS_MAX) {
        return SPOT_E_RANGE;
    }
    if (pthread_mutex_init(&p.lock, NULL) != 0) {
        return SPOT_E_NOMEM;
    }
    /* The caller is worker 0; fewer threads than wanted is slower, not wrong. */
    for (int i = 1; i < threads && i < count; i++) {
        workers[i] = (worker){.pool = &p, .index = i};
        if (pthread_create(&thread[i], NULL, run, &workers[i]) != 0) {
            break;
        }
        started = i;
    }
    workers[0] = (worker){.pool = &p, .index = 0};
    (void)run(&workers[0]);
    for (int i = 1; i <= started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    (void)pthread_mutex_destroy(&p.lock);
    return p.status;
}
