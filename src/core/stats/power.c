/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How many trials tell two success rates apart: the normal approximation with unpooled variance,
 *     n = (z_level + z_power)^2 (p1 (1 - p1) + p2 (1 - p2)) / (p1 - p2)^2     (Fleiss 1981).
 */
#include <math.h>

#include "spot/stats_tests.h"

static const double DEFAULT_LEVEL = 0.05;
static const double DEFAULT_POWER = 0.8;

void spot_stats_power_config_default(spot_stats_power_config *config)
{
    *config = (spot_stats_power_config){.level = DEFAULT_LEVEL, .power = DEFAULT_POWER};
}

static bool is_rate(double p)
{
    return p >= 0.0 && p <= 1.0;
}

/* Fewest trials a side with which the extreme table, all against none, reaches a tail of
 * `tail`: its probability is 1 / C(2n, n). */
static double fewest_trials(double tail)
{
    double n = 0.0;
    double p = 1.0;
    while (p > tail) {
        n += 1.0;
        p *= n / (2.0 * (2.0 * n - 1.0)); /* C(2n, n) = C(2n-2, n-1) 2 (2n - 1) / n */
    }
    return n;
}

spot_status spot_stats_trials_needed(const spot_stats_power_config *config, int *n_trial)
{
    if (config == NULL || n_trial == NULL) {
        return SPOT_E_INVALID;
    }
    double p = config->rate_candidate;
    double q = config->rate_baseline;
    if (!is_rate(p) || !is_rate(q) || !(config->level > 0.0 && config->level <= 0.5) ||
        !(config->power >= 0.5 && config->power < 1.0)) {
        return SPOT_E_RANGE;
    }
    double tail = config->two_sided ? 0.5 * config->level : config->level;
    double z_level = 0.0;
    double z_power = 0.0;
    spot_status st = spot_stats_normal_quantile(tail, &z_level);
    if (st == SPOT_OK) {
        st = spot_stats_normal_quantile(1.0 - config->power, &z_power);
    }
    if (st != SPOT_OK) {
        return st; /* a level that rounds to 0 */
    }
    double sum = z_level + z_power; /* both are negative, and only the square counts */
    double n = ceil(sum * sum * (p * (1.0 - p) + q * (1.0 - q)) / ((p - q) * (p - q)));
    n = fmax(n, fewest_trials(tail));
    /* equal rates give infinity, or NaN at 0 and 1 */
    if (p == q || !(n <= SPOT_STATS_MAX_TRIALS)) {
        return SPOT_E_RANGE;
    }
    *n_trial = (int)n;
    return SPOT_OK;
}
