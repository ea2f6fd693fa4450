/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Sessions on threads of their own. All start together, once each has made its warm-up calls, and none
 * stops before all have their timed calls.
 */
#include "lab/bench/load.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/alloc.h"
#include "lab/bench/runner.h"

enum { SPARE_CALLS = 1, WARM_UP = 3 };

typedef enum gate_state { GATE_SHUT = 0, GATE_OPEN, GATE_CANCELLED } gate_state;

typedef struct load {
    const spot_bench_config *config;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_ready;        /* guarded by the lock */
    gate_state state;   /* likewise */
    atomic_int n_timed; /* threads that have their calls */
} load;

typedef struct worker {
    load *load;
    pthread_t thread;
    spoti_runner runner;
    double *seconds; /* (load_calls) */
    double taken_s;  /* for them all */
    spot_status status;
} worker;

/* Says that the worker is ready and waits for the others. */
static bool pass_gate(load *l)
{
    gate_state state = GATE_SHUT;

    (void)pthread_mutex_lock(&l->lock);
    l->n_ready++;
    (void)pthread_cond_broadcast(&l->changed);
    while (l->state == GATE_SHUT) {
        (void)pthread_cond_wait(&l->changed, &l->lock);
    }
    state = l->state;
    (void)pthread_mutex_unlock(&l->lock);
    return state == GATE_OPEN;
}

/* Lets the workers go once `n` are ready, or sends them home at once. */
static void open_gate(load *l, int n, gate_state state)
{
    (void)pthread_mutex_lock(&l->lock);
    while (state == GATE_OPEN && l->n_ready < n) {
        (void)pthread_cond_wait(&l->changed, &l->lock);
    }
    l->state = state;
    (void)pthread_cond_broadcast(&l->changed);
    (void)pthread_mutex_unlock(&l->lock);
}

static void *work(void *arg)
{
    worker *w = arg;
    load *l = w->load;
    const spot_bench_config *config = l->config;
    spot_status st = spoti_runner_warm_up(&w->runner, WARM_UP);

    if (!pass_gate(l)) {
        return NULL;
    }

    const double start = spoti_bench_now_s(config);

    if (st == SPOT_OK) {
        st = spoti_runner_time(&w->runner, config, config->load_calls, w->seconds);
    }
    w->taken_s = spoti_bench_now_s(config) - start;
    (void)atomic_fetch_add(&l->n_timed, 1);
    while (st == SPOT_OK && atomic_load(&l->n_timed) < config->threads) {
        st = spoti_runner_warm_up(&w->runner, SPARE_CALLS);
    }
    w->status = st;
    return NULL;
}

/* Starts all workers, waits for them, and gives the first failure. */
static spot_status run_workers(load *l, worker *workers, spot_diag *diag)
{
    const int threads = l->config->threads;
    spot_status st = SPOT_OK;
    int started = 0;

    while (started < threads &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0) {
        started++;
    }
    open_gate(l, threads, started == threads ? GATE_OPEN : GATE_CANCELLED);
    for (int i = 0; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        st = st == SPOT_OK ? workers[i].status : st;
    }
    if (started < threads) {
        return spot_diag_set(diag, SPOT_E_NOMEM,
                             "%d threads could be started of %d, expected a smaller number",
                             started, threads);
    }
    return st;
}

/* The sum over threads of their inferences a second. */
static spot_status add_speeds(const spot_bench_config *config, const worker *workers,
                              double *chunks_s, spot_diag *diag)
{
    *chunks_s = 0.0;
    for (int i = 0; i < config->threads; i++) {
        if (!(workers[i].taken_s > 0.0)) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "the clock stood still under load, expected a finer one");
        }
        *chunks_s += config->load_calls / workers[i].taken_s;
    }
    return SPOT_OK;
}

spot_status spoti_load_run(const spot_policy *policy, const spot_bench_config *config,
                           const spot_point *point, double *seconds, double *chunks_s,
                           spot_diag *diag)
{
    const size_t n = (size_t)config->threads;
    load l = {.config = config};
    worker *workers = spoti_calloc(config->allocator, n, sizeof *workers);
    spot_status st = workers != NULL ? SPOT_OK : SPOT_E_NOMEM;

    if (st != SPOT_OK) {
        return st;
    }
    for (size_t i = 0; i < n && st == SPOT_OK; i++) {
        workers[i].load = &l;
        workers[i].seconds = seconds + i * (size_t)config->load_calls;
        st = spoti_runner_init(&workers[i].runner, policy, config, point, diag);
    }
    if (st == SPOT_OK && (pthread_mutex_init(&l.lock, NULL) != 0)) {
        st = SPOT_E_NOMEM;
    } else if (st == SPOT_OK) {
        if (pthread_cond_init(&l.changed, NULL) != 0) {
            st = SPOT_E_NOMEM;
        } else {
            st = run_workers(&l, workers, diag);
            (void)pthread_cond_destroy(&l.changed);
        }
        (void)pthread_mutex_destroy(&l.lock);
    }
    if (st == SPOT_OK) {
        st = add_speeds(config, workers, chunks_s, diag);
    }
    for (size_t i = 0; i < n; i++) {
        spoti_runner_fini(&workers[i].runner);
    }
    spoti_free(config->allocator, workers, n * sizeof *workers);
    return st;
}
