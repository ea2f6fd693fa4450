/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Which operating point is best, and why (TISED, arXiv 2606.28529, Eq. 7, 9-20, 23).
 *
 * A sweep is a row of operating points along one knob: alpha (how light the policy is) or n' (how deep
 * it overlaps). On a static task the best point has the least T = N T_ck; on a dynamic one the most
 * S = Phi(Q, xi), where xi = v tau is how far the world moves while the robot waits. The best point is
 * decided by comparing all of them. The paper's conditions for an interior optimum (both ends slope
 * inwards) are sufficient, not necessary, and only stand beside it as a label.
 *
 *     spot_tised_sweep sweep = {.setup = &setup, .points = points, .n_point = 6};
 *     spot_tised_optimum best;
 *     spot_tised_minimum_time(&sweep, n_chunk, NULL, &best);     best.index, best.interior
 */
#ifndef SPOT_TISED_OPTIMUM_H
#define SPOT_TISED_OPTIMUM_H

#include <stdbool.h>

#include "spot/status.h"
#include "spot/tised.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spot_tised_knob {
    SPOT_TISED_KNOB_ALPHA = 0,   /* points differ in alpha alone */
    SPOT_TISED_KNOB_OVERLAP = 1, /* points differ in n' alone */
} spot_tised_knob;

/* What the two ends of a sweep say; an end that is level does not slope inwards. */
typedef enum spot_tised_label {
    SPOT_TISED_LABEL_INTERIOR = 0, /* both ends slope inwards: there is an interior optimum */
    SPOT_TISED_LABEL_FIRST = 1,    /* only the last does: the optimum may sit at the first */
    SPOT_TISED_LABEL_LAST = 2,     /* only the first does: the optimum may sit at the last */
    SPOT_TISED_LABEL_ENDS = 3,     /* neither does: the optimum may sit at either */
} spot_tised_label;

/* Operating points along one knob, which strictly increases. */
typedef struct spot_tised_sweep {
    const spot_tised_setup *setup;
    const spot_tised_point *points; /* (n_point) */
    int n_point;                    /* >= 2 */
    spot_tised_knob knob;
} spot_tised_sweep;

/* A derivative at the first and at the last point of a sweep, where it is known. */
typedef struct spot_tised_slopes {
    double first;
    double last;
} spot_tised_slopes;

typedef struct spot_tised_optimum {
    int index;               /* of the best point; the lowest if several tie */
    double value;            /* T, s, or S there */
    bool interior;           /* strictly better than both ends */
    spot_tised_label label;  /* what Eq. 11, 14, 17 or 20 says; need not agree with `interior` */
    spot_tised_slopes slope; /* alpha: d/dalpha inside the ends (Eq. 10, 16); n': the difference to
                              * the next point at the first, from the one before at the last (Eq. 13,
                              * 19 exactly), which is the paper's if the sweep takes unit steps there */
} spot_tised_optimum;

/* Phi: success (or any score) of action quality Q at exposure xi; must not decrease in Q, nor increase
 * in xi. Must return a finite number. Called on the caller's thread. */
typedef double (*spot_tised_response_fn)(void *context, double quality, double exposure);

/* A tabulated Phi, bilinear between its knots (which keeps it monotone). */
typedef struct spot_tised_table {
    const double *quality;  /* (n_quality) strictly increasing */
    const double *exposure; /* (n_exposure) strictly increasing */
    const double *value;    /* (n_quality x n_exposure) row-major; along quality never falls, along
                             * exposure never rises */
    int n_quality;          /* >= 2 */
    int n_exposure;         /* >= 2 */
} spot_tised_table;

/* Phi as a callback or as a table: exactly one of `call` and `table` is set. */
typedef struct spot_tised_response {
    spot_tised_response_fn call;
    void *context;                 /* handed to `call`; may be NULL */
    const spot_tised_table *table; /* checked once by spot_tised_table_check */
} spot_tised_response;

/* Whether a table is what the struct says. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_tised_table_check(const spot_tised_table *table);

/* S = Phi(Q, v tau) (Eq. 7). speed v and delay_s tau finite and >= 0, quality finite. Returns SPOT_OK,
 * E_INVALID (NULL; not exactly one of call and table), E_RANGE (an argument; outside the table, which
 * is never extrapolated; Phi not finite). Threads: immutable (as far as `call` is). */
SPOT_API spot_status spot_tised_surrogate(const spot_tised_response *response, double quality,
                                          double speed, double delay_s, double *score);

/* dT/dalpha = N' T_ck + N dT_ck/dalpha at `point` (Eq. 10), s; dn_dalpha is N'. Right derivative where
 * T_ck has its kink (the inference just hidden). Returns as spot_tised_time; E_RANGE also for N. */
SPOT_API spot_status spot_tised_time_slope_alpha(const spot_tised_setup *setup,
                                                 const spot_tised_point *point, double n_chunk,
                                                 double dn_dalpha, double *slope);

/* T(n' + 1) - T(n') (Eq. 13), s, at `point` under overlap, alpha included; n_chunk and n_chunk_next are
 * N at n' and n' + 1 <= n. Returns as above. */
SPOT_API spot_status spot_tised_time_step_overlap(const spot_tised_setup *setup,
                                                  const spot_tised_point *point, double n_chunk,
                                                  double n_chunk_next, double *step);

/* dT/dn' of a depth taken as continuous (Eq. 23): N' T_ck - N T_act while n' < alpha rho, and N' n T_act
 * from the kink on. Returns as above. */
SPOT_API spot_status spot_tised_time_slope_overlap(const spot_tised_setup *setup,
                                                   const spot_tised_point *point, double n_chunk,
                                                   double dn_doverlap, double *slope);

/* dS/dalpha = Phi_Q Q' + Phi_xi v T_inf (Eq. 16) at `point`. Phi_Q and Phi_xi by finite differences of
 * relative step 6e-6 (one-sided at the rim of a table). The second term is 0 where tau is 0 and stays.
 * Returns as spot_tised_surrogate and spot_tised_time. */
SPOT_API spot_status spot_tised_surrogate_slope_alpha(const spot_tised_setup *setup,
                                                      const spot_tised_point *point,
                                                      const spot_tised_response *response,
                                                      double speed, double quality,
                                                      double dq_dalpha, double *slope);

/* The point of least T = N T_ck. n_chunk: (n_point). derivative: N'(alpha) at both ends, used under
 * SPOT_TISED_KNOB_ALPHA; NULL = by finite differences of N over the nearest three points. Returns
 * SPOT_OK, E_INVALID (NULL), E_RANGE (a point or N out of range, knob not increasing or another field
 * varies; fewer than two points; out untouched). Threads: immutable. */
SPOT_API spot_status spot_tised_minimum_time(const spot_tised_sweep *sweep, const double *n_chunk,
                                             const spot_tised_slopes *derivative,
                                             spot_tised_optimum *out);

/* The point of greatest S = Phi(Q, v tau). quality: (n_point); derivative: Q'(alpha) at both ends, or
 * NULL. Returns as above and as spot_tised_surrogate. */
SPOT_API spot_status spot_tised_maximum_score(const spot_tised_sweep *sweep, const double *quality,
                                              double speed, const spot_tised_response *response,
                                              const spot_tised_slopes *derivative,
                                              spot_tised_optimum *out);

/* The best of any row of values over a strictly increasing knob x (n >= 2), both finite: measured task
 * times, or success rates (`greatest`). The slopes are differences between neighbours. For x that is
 * only ranked pass 0, 1, 2, ... or NULL. Returns as spot_tised_minimum_time. */
SPOT_API spot_status spot_tised_best_of(const double *x, const double *value, int n, bool greatest,
                                        spot_tised_optimum *out);

#ifdef __cplusplus
}
#endif

#endif
