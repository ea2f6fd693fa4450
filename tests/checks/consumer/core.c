/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include <spot/stats.h>

int main(void)
{
    spot_interval ci;
    return spot_stats_wilson(38, 50, 0.95, &ci) == SPOT_OK && ci.lo > 0.62 ? 0 : 1;
}
