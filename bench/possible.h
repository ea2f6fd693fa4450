/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What no measurement can be. A benchmark that meets it says so and fails: something else was measured. */
#ifndef BENCH_POSSIBLE_H
#define BENCH_POSSIBLE_H

#include <stdbool.h>
#include <stdio.h>

/* By so much measurements of the same differ on a busy machine. */
#define BENCH_NOISE 0.05

/* A whole takes at least what a part of it takes, and some time at all. NaN is not possible. */
static inline bool bench_whole_is_possible(double whole_s, double part_s)
{
    return whole_s > 0.0 && whole_s >= (1.0 - BENCH_NOISE) * part_s;
}

/* A rate is at most the machine's peak, 0 = not known. */
static inline bool bench_rate_is_possible(double rate, double peak)
{
    return rate > 0.0 && (peak == 0.0 || rate <= (1.0 + BENCH_NOISE) * peak);
}

/* Says of `what` that it is impossible, unless it is. Rates in 10^9 of `unit` a second. */
static inline bool bench_check_rate(const char *what, double rate, double peak, const char *unit)
{
    if (!bench_rate_is_possible(rate, peak)) {
        (void)fprintf(stderr, "impossible: %s at %.1f %s, expected at most this CPU's %.1f\n", what,
                      1e-9 * rate, unit, 1e-9 * peak);
        return false;
    }
    return true;
}

static inline bool bench_check_whole(const char *what, double whole_s, double part_s,
                                     const char *part)
{
    if (!bench_whole_is_possible(whole_s, part_s)) {
        (void)fprintf(stderr, "impossible: %s in %.4g s, expected at least the %.4g s of %s\n",
                      what, whole_s, part_s, part);
        return false;
    }
    return true;
}

#endif
