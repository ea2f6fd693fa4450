/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How a latency in seconds becomes ticks. */
#include <math.h>

#include "spot/exec.h"

static const int64_t TIME_MAX = INT64_C(1) << 53;

/* A latency this close to half a period (relative to the count of periods) counts as a tie: 150 ms of
 * 33.3 ms is 4.5 periods on paper, but not in binary fractions. */
static const double TIE_TOLERANCE = 1e-9;

/* Nearest whole number, ties (within TIE_TOLERANCE) to even; x >= 0. */
static double round_half_even(double x)
{
    double down = floor(x);
    double over_half = x - down - 0.5;
    if (fabs(over_half) <= TIE_TOLERANCE * fmax(1.0, x)) {
        return fmod(down, 2.0) == 0.0 ? down : down + 1.0;
    }
    return over_half < 0.0 ? down : down + 1.0;
}

const char *spot_clock_str(spot_clock clock)
{
    return clock == SPOT_CLOCK_EXACT ? "exact" : clock == SPOT_CLOCK_PAPER ? "paper" : "unknown";
}

int64_t spot_exec_latency_ticks(spot_clock clock, double latency_s, double tick_s,
                                int64_t ticks_per_action)
{
    /* Written so that NaN is refused too. */
    if (!(latency_s >= 0.0) || !(tick_s > 0.0) || ticks_per_action < 1) {
        return -1;
    }
    double period = clock == SPOT_CLOCK_PAPER ? (double)ticks_per_action : 1.0;
    double ticks = round_half_even(latency_s / (tick_s * period)) * period;
    return ticks < (double)TIME_MAX ? (int64_t)ticks : TIME_MAX;
}
