/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Radii of racing. Hoeffding: after u samples in [0, 1] the mean misses by r with probability at most
 * 2 exp (-2 u r^2). Successive elimination spends 6 delta / (pi^2 m u^2) on arm and time u (Even-Dar et
 * al. 2006), and these sum to delta as sum 1 / u^2 = pi^2 / 6. LUCB1's budget falls as t^-4.
 */
#include "spot/stats_race.h"

#include <math.h>
#include <stdbool.h>

static const double PI = 3.14159265358979323846;

static bool is_race(int n_arm, double delta, int64_t n_pull)
{
    return n_arm >= 1 && delta > 0.0 && delta < 1.0 && n_pull >= 1;
}

spot_status spot_stats_elimination_radius(int n_arm, double delta, int64_t n_pull, double *radius)
{
    if (radius == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_race(n_arm, delta, n_pull)) {
        return SPOT_E_RANGE;
    }
    double u = (double)n_pull;
    /* the logarithm of each factor: their product overflows for tiny delta */
    double budget = log(PI * PI * n_arm / 3.0) + 2.0 * log(u) - log(delta);
    *radius = sqrt(budget / (2.0 * u));
    return SPOT_OK;
}

spot_status spot_stats_lucb_radius(int n_arm, double delta, int64_t n_pull, int64_t round,
                                   double *radius)
{
    if (radius == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_race(n_arm, delta, n_pull) || round < 1) {
        return SPOT_E_RANGE;
    }
    double budget = log(1.25 * n_arm) + 4.0 * log((double)round) - log(delta);
    *radius = sqrt(budget / (2.0 * (double)n_pull));
    return SPOT_OK;
}

spot_status spot_stats_sequence_radius(double level, double t_star, int64_t n, double sd,
                                       double *radius)
{
    if (radius == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(level > 0.0 && level < 0.5) || !(t_star > 0.0) || isinf(t_star) || n < 1 ||
        !(sd >= 0.0) || isinf(sd)) {
        return SPOT_E_RANGE;
    }
    double budget = -2.0 * log(level);
    double rho_squared = (budget + log(budget) + 1.0) / t_star;
    double spread = (double)n * rho_squared + 1.0;
    double width = log(sqrt(spread)) - log(2.0 * level);
    *radius = sd * sqrt(2.0 * spread / ((double)n * rho_squared) * (width / (double)n));
    return SPOT_OK;
}
