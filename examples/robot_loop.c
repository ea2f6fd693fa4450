/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A robot at 50 Hz on the wall clock: the schedule that judged a policy drives it, inference has its own thread. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "spot/exec.h"

enum { HORIZON = 16, N_TICKS = 75, PERIOD_NS = 20000000, SECOND_NS = 1000000000 };

typedef struct policy {
    sem_t asked, done;
    atomic_bool quit;
    float seen, chunk[HORIZON];
} policy;

/* Stands for the network: goes on from what was seen, and takes 55 ms for it. */
static void *think(void *ctx)
{
    policy *p = (policy *)ctx;
    while (sem_wait(&p->asked) == 0 && !p->quit) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 55000000}, NULL);
        for (int j = 0; j < HORIZON; j++) {
            p->chunk[j] = p->seen + 0.01F * (float)(j + 1);
        }
        (void)sem_post(&p->done);
    }
    return NULL;
}

/* All that is due at `tick`; a robot takes the place of `position`, which reaches each target at once. */
static void control(spot_exec *exec, policy *p, int64_t tick, float *position)
{
    if (sem_trywait(&p->done) == 0) {
        (void)spot_exec_deliver(exec, p->chunk, NULL, HORIZON, tick);
    }
    spot_exec_event event;
    while ((event = spot_exec_poll(exec, tick)).kind != SPOT_EXEC_NONE) {
        if (event.kind == SPOT_EXEC_ACT) {
            *position = event.action[0];
        } else {
            p->seen = *position;
            (void)sem_post(&p->asked);
        }
    }
}

/* Sleeps until `at` and sets it to the next tick; returns by how much it was missed, ns. */
static int64_t wait_tick(struct timespec *at)
{
    struct timespec now;
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t late_ns =
        (int64_t)(now.tv_sec - at->tv_sec) * SECOND_NS + (now.tv_nsec - at->tv_nsec);
    /* a tick that begins a period late or more moves all later ones: no two of them come at once */
    const int64_t next_ns = at->tv_nsec + PERIOD_NS + (late_ns < PERIOD_NS ? 0 : late_ns);
    at->tv_sec += (time_t)(next_ns / SECOND_NS);
    at->tv_nsec = (long)(next_ns % SECOND_NS);
    return late_ns;
}

int main(void)
{
    policy p = {.seen = 0.0F};
    pthread_t thread;
    spot_exec *exec = NULL;
    spot_exec_config config;
    struct timespec at;
    float position = 0.0F;
    int64_t worst_ns = 0;
    int missed = 0;

    spot_exec_config_default(&config); /* execute=8 overlap=4 align=skip; a tick is an action */
    config.schedule = SPOT_SCHEDULE_OVERLAP;
    config.align = SPOT_ALIGN_SKIP;
    config.n_execute = 8;
    config.overlap = 4;
    config.horizon = HORIZON;
    if (spot_exec_create(&config, &exec, NULL) != SPOT_OK || sem_init(&p.asked, 0, 0) != 0 ||
        sem_init(&p.done, 0, 0) != 0 || pthread_create(&thread, NULL, think, &p) != 0) {
        return EXIT_FAILURE;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    for (int64_t tick = 0; tick < N_TICKS; tick++) {
        const int64_t late_ns = wait_tick(&at);
        control(exec, &p, tick, &position);
        missed += late_ns > PERIOD_NS / 10;
        worst_ns = late_ns > worst_ns ? late_ns : worst_ns;
    }
    const spot_exec_stats *s = spot_exec_read_stats(exec);
    printf("%d ticks of %d ms: %d deadlines missed, worst by %.3f ms; %lld actions in %lld chunks: "
           "%lld "
           "actions late, %lld chunks late, %lld dropped\n",
           N_TICKS, PERIOD_NS / 1000000, missed, 1e-6 * (double)worst_ns, (long long)s->actions,
           (long long)s->chunks, (long long)s->late_actions, (long long)s->late_chunks,
           (long long)s->dropped);
    p.quit = true;
    (void)sem_post(&p.asked);
    (void)pthread_join(thread, NULL);
    spot_exec_destroy(exec);
    return EXIT_SUCCESS;
}
