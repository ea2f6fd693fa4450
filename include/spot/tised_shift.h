/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The same policy on another computer: what moves, and which way (TISED, arXiv 2606.28529, Eq. 21-29).
 *
 * On a static task the chunk counts N belong to the policy and the task, the times to the computer. So
 * N is fitted on the platform measured, monotone along the knob, and T = N T_ck is formed with the
 * latency of the new one. On a dynamic task success is taken to be separable, S = Q H(delay) / H(0),
 * with Q fitted at zero delay along the knob and H over a sweep of delays at alpha = 1. Slower hardware
 *
 *   - asks for less overlap (Eq. 24), but only past the kink: n' beyond alpha rho hides nothing, so the
 *     best depth first rises with rho, then falls;
 *   - asks for a lighter policy (smaller alpha), on static tasks and on dynamic ones (Eq. 29).
 *
 *     spot_tised_fit fit;
 *     st = spot_tised_fit_chunks(&measured, work, fitted, &fit);
 *     st = spot_tised_predict_time(&fit, &target, prediction, &shift);   shift.best_new
 *
 * Nothing here allocates: arrays and workspaces are the caller's.
 */
#ifndef SPOT_TISED_SHIFT_H
#define SPOT_TISED_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"
#include "spot/tised.h"
#include "spot/tised_optimum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where an optimum goes along its knob. */
typedef enum spot_tised_direction {
    SPOT_TISED_STAYS = 0,
    SPOT_TISED_UP = 1,    /* more overlap; larger alpha */
    SPOT_TISED_DOWN = -1, /* less overlap; smaller alpha, that is a lighter policy */
    SPOT_TISED_OPEN = 2,  /* theory does not say; compare the points */
} spot_tised_direction;

/* Chunk counts measured on one platform: means over successful episodes. A point without a success
 * has no count and must be left out. */
typedef struct spot_tised_counts {
    spot_tised_sweep sweep; /* its setup is that of the platform measured */
    const double *n_chunk;  /* (n_point) mean N, finite, > 0 */
    const int *n_success;   /* (n_point) episodes behind each mean, >= 1 */
    const double *sd; /* (n_point) sample standard deviation of N, finite, >= 0; NULL = use cv */
    double cv;        /* with sd NULL: coefficient of variation of N over episodes, >= 0 */
} spot_tised_counts;

/* A monotone fit of N; borrows the arrays that it was made from. */
typedef struct spot_tised_fit {
    spot_tised_sweep sweep;
    const int *n_success; /* (n_point) */
    const double *fitted; /* (n_point) N: falls with alpha, rises with n' */
    double cv;            /* of N over episodes, pooled over the points */
    double age_max_s;     /* the greatest age of an observation that a point was measured at, s */
} spot_tised_fit;

/* Successes measured on a dynamic task, in two sweeps. */
typedef struct spot_tised_scores {
    spot_tised_sweep sweep;     /* at zero delay, along the knob */
    const int *successes;       /* (n_point) */
    const int *trials;          /* (n_point) >= 1 */
    const double *delay_s;      /* (n_delay) at alpha = 1, strictly increasing from 0, s */
    const int *delay_successes; /* (n_delay); some at delay 0 */
    const int *delay_trials;    /* (n_delay) >= 1 */
    int n_delay;                /* >= 1 */
    double period_s; /* a simulator that delays by whole control periods: theirs, s; else 0 */
} spot_tised_scores;

/* Monotone fits of Q and H; borrows the arrays that it was made from. */
typedef struct spot_tised_score_fit {
    const spot_tised_scores *scores;
    const double *quality;  /* (n_point) Q: rises with alpha, falls with n' */
    const double *response; /* (n_delay) H: falls with the delay */
} spot_tised_score_fit;

/* The new platform. */
typedef struct spot_tised_target {
    spot_tised_setup setup; /* n_action and action_s as on the platform measured */
    const spot_tised_point
        *points;       /* (n_point) the same points, where their alpha is another on the
                                     * new platform; NULL = as measured */
    double confidence; /* of the intervals, in (0, 1); SPOT_STATS_CONFIDENCE */
    int n_new; /* > 0: interval of a mean over so many new episodes (trials); 0: of the true mean */
} spot_tised_target;

typedef struct spot_tised_prediction {
    spot_tised_timing timing; /* on the new platform */
    double value;             /* T, s, or success rate */
    double lo;
    double hi;
    bool extrapolated; /* the observation would be older, or the delay longer, than any measured. T
                        * is then the law's; a success rate is an upper bound and lo is 0 */
    bool has_limit;    /* some latency makes it so; not for a static task under sync */
    double limit_inference_s; /* T_inf of the platform at which extrapolation begins, s; else 0 */
} spot_tised_prediction;

/* What the new platform does to the best point. */
typedef struct spot_tised_shift {
    int best_old;                /* best by the fit on the platform measured; lowest of ties */
    int best_new;                /* best predicted on the new one */
    spot_tised_direction moves;  /* from best_old to best_new */
    spot_tised_direction theory; /* of spot_tised_shift_direction at best_old */
    double loss;                 /* of keeping best_old: T ratio - 1, or success given up; >= 0 */
    int n_extrapolated;          /* points */
} spot_tised_shift;

/* Which way the optimum moves from `from` to `to` by Eq. 24, 29 and the static law of alpha, given that
 * it is at `point` on `from`. It speaks of the optimum near the old one: on a grid the best point may
 * stay, and if N has several valleys it may jump. OPEN at the kink (n' + 1 > alpha rho on `from`,
 * slower `to`: the depth may rise or fall), for overlap on dynamic tasks, where alpha is hidden by
 * overlap, under cadence, and for invalid arguments. */
SPOT_API spot_tised_direction spot_tised_shift_direction(const spot_tised_setup *from,
                                                         const spot_tised_setup *to,
                                                         const spot_tised_point *point,
                                                         spot_tised_knob knob, bool dynamic);

/* dT/dn' on `to` at the optimum of `from` (Eq. 24): T_act alpha (rho1 - rho0) N', s. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE (n' not below alpha rho on both; setups of other n or T_act; a value). */
SPOT_API spot_status spot_tised_shift_slope_overlap(const spot_tised_setup *from,
                                                    const spot_tised_setup *to,
                                                    const spot_tised_point *point,
                                                    double dn_doverlap, double *slope);

/* dT/dalpha on `to` at the static optimum of `from`: N T_act m (rho1 - rho0) / (alpha rho0 + m), where
 * m = n - n', s. Positive for slower hardware: a lighter policy is better. Returns as above. */
SPOT_API spot_status spot_tised_shift_slope_alpha(const spot_tised_setup *from,
                                                  const spot_tised_setup *to,
                                                  const spot_tised_point *point, double n_chunk,
                                                  double *slope);

/* dS/dalpha on `to` at the dynamic optimum of `from` (Eq. 29), first order in rho: v T_act (rho1 -
 * rho0) Phi_xi, with Phi_xi <= 0 at the optimum. Returns as above. */
SPOT_API spot_status spot_tised_shift_slope_score(const spot_tised_setup *from,
                                                  const spot_tised_setup *to, double speed,
                                                  double phi_exposure, double *slope);

/* Doubles of workspace of the fits, n = n_point or, for scores, the larger of n_point and n_delay; 0
 * if n is out of range. */
SPOT_API size_t spot_tised_fit_work_size(int n);

/* Fits N by weighted PAVA, weights = successes. fitted: (n_point), caller's, filled. Ownership: `out`
 * borrows `counts`'s arrays and `fitted` as long as it is used. Returns SPOT_OK, E_INVALID (NULL),
 * E_RANGE (a value; not a sweep; sd given but no point has two successes). Threads: one user of `work`
 * and `fitted` at a time. */
SPOT_API spot_status spot_tised_fit_chunks(const spot_tised_counts *counts, double *work,
                                           double *fitted, spot_tised_fit *out);

/* N at a knob value within the sweep, linear between points. Returns SPOT_OK, E_INVALID (NULL), E_RANGE
 * (outside the sweep: N is not extrapolated). Threads: immutable. */
SPOT_API spot_status spot_tised_fit_at(const spot_tised_fit *fit, double knob, double *n_chunk);

/* Predicts T = N T_ck of every point on the new platform. Interval by the delta method: T (1 +- z cv
 * sqrt(1 / n_success + 1 / n_new)). out: (n_point), filled; shift may be NULL. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_tised_predict_time(const spot_tised_fit *fit,
                                             const spot_tised_target *target,
                                             spot_tised_prediction *out, spot_tised_shift *shift);

/* Fits Q and H by weighted PAVA, weights = trials. quality: (n_point), response: (n_delay), filled.
 * Ownership: as spot_tised_fit_chunks, `scores` itself included. Returns as there. */
SPOT_API spot_status spot_tised_fit_scores(const spot_tised_scores *scores, double *work,
                                           double *quality, double *response,
                                           spot_tised_score_fit *out);

/* Predicts success on the new platform at its own delays (rounded by spot_tised_delay_steps if
 * period_s > 0): Q H(delay) / H(0), at most 1, H linear between delays. Interval by the delta method,
 * variances with two successes and two failures added (Agresti and Coull), cut to [0, 1]. Returns as
 * spot_tised_predict_time. */
SPOT_API spot_status spot_tised_predict_score(const spot_tised_score_fit *fit,
                                              const spot_tised_target *target,
                                              spot_tised_prediction *out, spot_tised_shift *shift);

/* Chunk counts of single episodes, for the bootstrap. */
typedef struct spot_tised_episodes {
    spot_tised_sweep sweep;
    const double *n_chunk; /* (first[n_point]) N of every success, point by point; finite, > 0 */
    const int *first; /* (n_point + 1) point i has n_chunk[first[i]] ... n_chunk[first[i+1] - 1],
                            * at least one; first[0] is 0 */
    int n_resample;   /* 1..2^24 */
    uint64_t seed;    /* of the resampling */
} spot_tised_episodes;

/* Doubles of workspace of the bootstrap; 0 if an argument is out of range. */
SPOT_API size_t spot_tised_bootstrap_work_size(int n_point, int n_resample);

/* As spot_tised_predict_time with percentile-bootstrap intervals: every resample draws the episodes of
 * each point anew, fits, predicts. best_share: (n_point), how often each point is best; NULL = not
 * wanted. The result depends on the arguments alone. Returns SPOT_OK, E_INVALID (NULL), E_RANGE.
 * Threads: one user of `work` at a time. */
SPOT_API spot_status spot_tised_predict_time_bootstrap(const spot_tised_episodes *episodes,
                                                       const spot_tised_target *target,
                                                       double *work, spot_tised_prediction *out,
                                                       double *best_share);

#ifdef __cplusplus
}
#endif

#endif
