/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Distribution functions and checks that the statistics share. */
#ifndef SPOTI_STATS_DIST_H
#define SPOTI_STATS_DIST_H

#include <stdbool.h>

#include "spot/stats.h"
#include "spot/stats_dist.h"
#include "spot/status.h"

/* P(Z <= z) of a standard normal; z is no NaN. */
double spoti_normal_cdf(double z);

/* x^a y^b / B(a, b) with y = 1 - x, for x and y in (0, 1). */
double spoti_beta_factor(double x, double y, double a, double b);

/* Tails of beta (a, b) at x, with y = 1 - x given apart so that neither end loses digits.
 * x and y in [0, 1]; a, b in (0, SPOT_STATS_MAX_SHAPE]. Returns SPOT_OK or E_INTERNAL (the continued
 * fraction did not settle). */
spot_status spoti_beta_tails(double x, double y, double a, double b, spot_stats_tails *out);

/* 0 <= successes <= n <= SPOT_STATS_MAX_TRIALS */
bool spoti_is_count(spot_stats_count count);

#endif
