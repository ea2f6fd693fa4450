/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of the delay-tolerance surface share. */
#ifndef SPOTI_TISED_SURFACE_H
#define SPOTI_TISED_SURFACE_H

#include "spot/tised_surface.h"

/* Parameters in their order: mu, m, s, l, then logit q of the free points. */
enum { SPOTI_SURFACE_SHAPE = 4, SPOTI_SURFACE_PARAM_MAX = 4 + SPOT_TISED_SURFACE_POINTS_MAX };

/* Cells, each point and delay once. */
typedef struct spoti_surface_table {
    const double *distance;
    int n_point;
    spot_tised_cell cells[SPOT_TISED_SURFACE_CELLS_MAX];
    int n_cell;
} spoti_surface_table;

bool spoti_surface_gather(const spot_tised_tolerance_log *log, spoti_surface_table *t);

/* Probability of success in a cell, kept off 0 and 1. */
double spoti_surface_rate(const spot_tised_surface *s, const spoti_surface_table *t, int point,
                          double delay_s);

/* Maximises the likelihood from *s on, along mu and s, the free qualities, and unless `separable` m and l. Returns the
 * log-likelihood; `information` (n_param x n_param, SPOTI_SURFACE_PARAM_MAX apart) may be NULL. */
double spoti_surface_climb(const spoti_surface_table *t, bool separable, spot_tised_surface *s,
                           double *information);

/* In place: the lower factor of a symmetric matrix (n x n, `stride` apart). False: not positive definite. */
bool spoti_surface_cholesky(double *a, int n, int stride);

/* Solves with the factor, in place. */
void spoti_surface_solve(const double *factor, int n, int stride, double *b);

#endif
