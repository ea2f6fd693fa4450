/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The clock of the benchmarks: what the process computed, unless --wall asks for what passed.
 *
 * Other load on the machine adds to what passes, and little to what a process computes. Reading either takes time of
 * its own, which bench_clock_cost_s measures.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <string.h>
#include <time.h>

typedef struct bench_clock {
    clockid_t id;
    const char *name;
} bench_clock;

/* Takes --wall out of the arguments, wherever it stands. */
static inline bench_clock bench_clock_option(int *argc, char **argv)
{
    bench_clock clock = {CLOCK_PROCESS_CPUTIME_ID, "processor time"};
    int n = 0;
    for (int i = 0; i < *argc; i++) {
        if (i > 0 && strcmp(argv[i], "--wall") == 0) {
            clock = (bench_clock){CLOCK_MONOTONIC, "time that passed"};
        } else {
            argv[n++] = argv[i];
        }
    }
    *argc = n;
    return clock;
}

static inline double bench_now_s(bench_clock clock)
{
    struct timespec t;
    (void)clock_gettime(clock.id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The least that lies between two readings. */
static inline double bench_clock_cost_s(bench_clock clock)
{
    double least = 1.0;
    for (int i = 0; i < 1000; i++) {
        const double start = bench_now_s(clock);
        const double gap = bench_now_s(clock) - start;
        least = gap < least ? gap : least;
    }
    return least;
}

#endif
