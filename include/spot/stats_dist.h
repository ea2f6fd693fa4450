/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Distribution functions: normal, beta, chi-square and F.
 *
 * Both tails are returned, each with its own relative precision (1e-12; 1e-11 for shapes near 1e8),
 * because a p-value of 1e-20 cannot be had as 1 - (1 - 1e-20). The quantile of the normal
 * distribution is spot_stats_normal_quantile in stats.h. Arguments and returns are plain numbers
 * without unit.
 *
 *     spot_stats_tails t;
 *     st = spot_stats_chi_square_tails(statistic, 1.0, &t);
 *     if (st == SPOT_OK && t.upper < 0.05) ...
 */
#ifndef SPOT_STATS_DIST_H
#define SPOT_STATS_DIST_H

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPOT_STATS_MAX_SHAPE 1e8 /* of beta; half the degrees of freedom of the others */

typedef struct spot_stats_tails {
    double lower; /* P(X <= x) */
    double upper; /* P(X > x) */
} spot_stats_tails;

/* Standard normal; infinite x is allowed. Returns SPOT_OK, E_INVALID (out NULL), E_RANGE (NaN).
 * Threads: immutable, as all below. */
SPOT_API spot_status spot_stats_normal_tails(double x, spot_stats_tails *out);

/* Beta (a, b), the regularised incomplete beta function: lower = I_x(a, b). x in [0, 1]; a and b in
 * (0, 1e8]. Returns SPOT_OK, E_INVALID (out NULL), E_RANGE. */
SPOT_API spot_status spot_stats_beta_tails(double x, double a, double b, spot_stats_tails *out);

/* x with P(X <= x) = p for X beta (a, b); p in [0, 1]. Returns as spot_stats_beta_tails. */
SPOT_API spot_status spot_stats_beta_quantile(double p, double a, double b, double *x);

/* Chi-square with dof degrees of freedom in (0, 2e8]; x >= 0, infinity allowed. Returns SPOT_OK,
 * E_INVALID (out NULL), E_RANGE. */
SPOT_API spot_status spot_stats_chi_square_tails(double x, double dof, spot_stats_tails *out);

/* F with (dof_1, dof_2) degrees of freedom, each in (0, 2e8]; x >= 0, infinity allowed. Returns as
 * spot_stats_chi_square_tails. */
SPOT_API spot_status spot_stats_f_tails(double x, double dof_1, double dof_2,
                                        spot_stats_tails *out);

#ifdef __cplusplus
}
#endif

#endif
