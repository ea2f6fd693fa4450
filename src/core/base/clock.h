/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The time that passes here, for time-outs and for what is measured; simulated time is never read from it. In a header
 * alone, so that the core itself needs no clock. */
#ifndef SPOTI_CLOCK_H
#define SPOTI_CLOCK_H

#include <time.h>

/* Seconds since some fixed moment, never running backwards. */
static inline double spoti_now_s(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
