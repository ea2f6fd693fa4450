/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What asynchronous execution of chunks asks for. The chunk that comes d control steps after its observation
 * starts with action d (align=skip); s of its H actions are executed, the next inference begins when d
 * of these are left. So d + s <= H, and s >= d, as a chunk cannot be waited for longer than it runs.
 */
#include <limits.h>
#include <math.h>

#include "spot/tised.h"

/* Of a quotient of periods; decimal input is exact to 1e-15. */
static const double SAME = 1e-9;

int64_t spot_tised_hidden_actions(double latency_s, double action_s)
{
    if (!(latency_s >= 0.0) || !(action_s > 0.0)) {
        return 0;
    }
    const double n = ceil(latency_s / action_s - SAME);
    return n < 0x1p53 ? (int64_t)fmax(0.0, n) : 0;
}

bool spot_tised_execute_range(int64_t delay_steps, int horizon, int *least, int *most)
{
    if (delay_steps < 0 || horizon < 1 || delay_steps > horizon / 2) {
        return false;
    }
    const int d = (int)delay_steps;
    *least = d > 0 ? d : 1;
    *most = horizon - d;
    return true;
}
