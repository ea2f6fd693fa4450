/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Dynamic tasks on another computer: the delay-tolerance surface.
 *
 * Quality times a response to the delay, Q(x) H(d), says that delay harms every point alike. It does not: a rough
 * chunk tolerates less delay than a fine one. So the delay that a point tolerates, and how sharply, go with its
 * distance f from the baseline, f = ln(s0 / s) for s refinement steps:
 *
 *     S(x, d) = q_x Phi((mu_x - d) / sigma_x),   mu_x = mu - m f,   ln sigma_x = s + l f
 *
 * with q_x = 1 where all trials without delay succeeded, and free where some failed. Fitted by binomial likelihood
 * (Fisher scoring); it takes every point without delay, the baseline under delays, and at least two cross cells: a
 * cheaper point under a delay. With m = l = 0 it is Q(x) H(d), which is how that is tested: the likelihood ratio has
 * two degrees of freedom.
 *
 *     st = spot_tised_surface_fit(&log, &fit);
 *     st = spot_tised_surface_predict(&log, &fit, &config, queries, n, work, out);
 *
 * Nothing here allocates: arrays and workspaces are the caller's.
 */
#ifndef SPOT_TISED_SURFACE_H
#define SPOT_TISED_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"
#include "spot/tised_event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Standard deviation of the surface's own error where half succeed; elsewhere it shrinks as the binomial error does,
 * 2 sqrt(S (1 - S)) of it. Part of every band, and frozen before the hold-out of docs/results.md. */
#define SPOT_TISED_SURFACE_DISCREPANCY 0.02

enum {
    SPOT_TISED_SURFACE_POINTS_MAX = 32,
    SPOT_TISED_SURFACE_CELLS_MAX = 256,
    SPOT_TISED_SURFACE_CROSS_MIN = 2, /* cross cells */
};

/* Trials of a point under a delay. */
typedef struct spot_tised_cell {
    int point;
    double delay_s; /* of an action for its inference, s; finite, >= 0 */
    int successes;
    int trials; /* >= 1 */
} spot_tised_cell;

typedef struct spot_tised_tolerance_log {
    const double *distance; /* (n_point) f; finite; 0 = the baseline */
    int n_point;            /* 1..SPOT_TISED_SURFACE_POINTS_MAX */
    const spot_tised_cell
        *cells; /* (n_cell) in any order; cells of one point and delay may repeat */
    int n_cell; /* 1..SPOT_TISED_SURFACE_CELLS_MAX */
} spot_tised_tolerance_log;

typedef struct spot_tised_surface {
    double mu_s; /* delay at which half of the baseline's trials succeed, s */
    double m_s;  /* what a unit of distance takes from it, s */
    double log_sigma;
    double log_sigma_slope;
    int n_point;
    bool has_quality[SPOT_TISED_SURFACE_POINTS_MAX]; /* there were trials without delay */
    bool is_free[SPOT_TISED_SURFACE_POINTS_MAX];     /* of which some failed */
    double quality[SPOT_TISED_SURFACE_POINTS_MAX];   /* q; 1 if not free */
} spot_tised_surface;

typedef struct spot_tised_surface_result {
    spot_tised_surface surface;
    int n_cell;  /* different ones, in all */
    int n_cross; /* cheaper points under delay */
    int n_param; /* fitted */
    double deviance;
    double
        dispersion; /* max(1, deviance / degrees of freedom): what the binomial does not explain */
    double separable_deviance; /* with m = l = 0 */
    double separable_p; /* of the likelihood ratio over the dispersion; small: Q H does not hold */
    double delay_max_s; /* the longest delay measured, s */
} spot_tised_surface_result;

typedef struct spot_tised_surface_query {
    int point;
    double delay_s;
} spot_tised_surface_query;

typedef struct spot_tised_surface_prediction {
    spot_tised_estimate rate; /* unknown: no trials of the point without delay */
    bool extrapolated;        /* a longer delay than any measured */
} spot_tised_surface_prediction;

typedef struct spot_tised_surface_config {
    size_t size;        /* of this struct, set by its default function; else E_INVALID */
    double discrepancy; /* default SPOT_TISED_SURFACE_DISCREPANCY; 0..0.5 */
    double confidence;  /* in (0, 1); default SPOT_STATS_CONFIDENCE */
    int n_resample;     /* 20..2^20; default 399 */
    uint64_t seed;      /* default 1 */
} spot_tised_surface_config;

SPOT_API void spot_tised_surface_config_default(spot_tised_surface_config *config);

/* Success of a point of quality q at distance f from the baseline under a delay. Threads: immutable. */
SPOT_API double spot_tised_surface_at(const spot_tised_surface *surface, double quality,
                                      double distance, double delay_s);

/* Fits the surface and the separable law. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (a value), E_UNSUPPORTED (fewer
 * than two cross cells, fewer cells than parameters, no baseline, or cells that do not tell the parameters apart: every
 * one of them all successes, say). Threads: immutable. */
SPOT_API spot_status spot_tised_surface_fit(const spot_tised_tolerance_log *log,
                                            spot_tised_surface_result *out);

/* Doubles of workspace of the prediction; 0 if an argument is out of range. */
SPOT_API size_t spot_tised_surface_work_size(int n_query, int n_resample);

/* Predicts n_query cells. Bands: parametric bootstrap (successes drawn from the fitted surface, fitted anew), widened on
 * the logit scale by sqrt(dispersion), and in quadrature by the law's own error. out: (n_query). Depends on the
 * arguments alone. Returns as spot_tised_surface_fit. Threads: one user of `work` at a time. */
SPOT_API spot_status spot_tised_surface_predict(const spot_tised_tolerance_log *log,
                                                const spot_tised_surface_result *fit,
                                                const spot_tised_surface_config *config,
                                                const spot_tised_surface_query *queries,
                                                int n_query, double *work,
                                                spot_tised_surface_prediction *out);

#ifdef __cplusplus
}
#endif

#endif
