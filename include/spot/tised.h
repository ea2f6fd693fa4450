/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The timing model of chunked policies (TISED, arXiv 2606.28529, Eq. 1-8).
 *
 * A robot executes n actions of T_act each from a chunk whose inference takes alpha T_inf, while n'
 * actions of the running chunk overlap with the next inference:
 *
 *     chunk time    T_ck = n T_act + max(0, alpha T_inf - n' T_act)
 *     action delay  tau  = max(0, alpha T_inf - n' T_act)           the robot waits
 *     age           A0   = max(alpha T_inf, n' T_act)               of the observation, first action
 *     speed-up      eta  = T_ck(1, 0) / T_ck(alpha, n') <= 1 + rho / n,   rho = T_inf / T_act
 *
 * A point pays off if and only if its chunk inflation N / N0 stays below eta.
 *
 *     spot_tised_setup setup = {.inference_s = 0.12, .action_s = 0.025, .n_action = 8};
 *     spot_tised_timing timing;
 *     spot_tised_time_point(&setup, 0.5, 3, &timing);      timing.eta is 1.6
 */
#ifndef SPOT_TISED_H
#define SPOT_TISED_H

#include <stdint.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A policy on a platform: the baseline, full precision and all steps. */
typedef struct spot_tised_setup {
    double inference_s; /* T_inf, latency of one inference at the baseline, s; finite, >= 0 */
    double action_s;    /* T_act, duration of one action, s; finite, > 0 */
    int n_action;       /* n, actions executed a chunk; >= 1 */
} spot_tised_setup;

/* What an operating point costs. */
typedef struct spot_tised_timing {
    double inference_s;  /* alpha T_inf, s */
    double chunk_s;      /* T_ck, s */
    double delay_s;      /* tau, time the robot waits a chunk, s */
    double age_s;        /* A0, age of the observation at the first action computed from it, s */
    double eta;          /* chunk speed-up against the baseline; also the break-even inflation */
    double eta_bound;    /* 1 + rho / n: no point of this setup can be faster */
    double first_wait_s; /* min(alpha T_inf, n' T_act), s: what the first chunk, which overlaps with
                          * nothing, waits beyond tau */
} spot_tised_timing;

/* Times of the operating point (alpha, n_overlap) under sync (n_overlap = 0) or overlap.
 * alpha: latency ratio, finite, >= 0 (above 1 the point is slower than the baseline);
 * n_overlap: 0..n_action. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_tised_time_point(const spot_tised_setup *setup, double alpha,
                                           int n_overlap, spot_tised_timing *out);

/* As spot_tised_time_point for measured latencies with jitter: every time is the mean over the
 * samples inference_s (n_sample >= 1), each of the point itself (no alpha), because
 * E[max(0, I - n' T_act)] >= max(0, E[I] - n' T_act). eta compares mean chunk times. */
SPOT_API spot_status spot_tised_time_samples(const spot_tised_setup *setup,
                                             const double *inference_s, int n_sample, int n_overlap,
                                             spot_tised_timing *out);

/* T_ck of a fixed-cadence loop, s: max(n T_act, alpha T_inf + overhead_s). Returns as above. */
SPOT_API spot_status spot_tised_cadence_chunk_s(const spot_tised_setup *setup, double alpha,
                                                double overhead_s, double *chunk_s);

/* Actions of a chunk that a cadence loop drops because they were due when the chunk arrived: the
 * number of j >= 0 with j T_act <= age_s, at most n_horizon. Times closer than 1 ns count as equal.
 * Returns 0 for a negative or NaN age. */
SPOT_API int spot_tised_stale_actions(double age_s, double action_s, int n_horizon);

/* Time of a finite episode of n_chunk whole chunks, s: N T_ck + min(alpha T_inf, n' T_act), as the
 * first chunk has nothing to overlap with; 0 if n_chunk is 0. */
SPOT_API double spot_tised_episode_s(const spot_tised_timing *timing, double n_chunk);

/* End-to-end speed-up (N0 / N) eta (Eq. 5). Returns SPOT_OK, E_INVALID (NULL), E_RANGE unless both
 * chunk counts are finite and positive. */
SPOT_API spot_status spot_tised_task_speedup(const spot_tised_timing *timing, double n_chunk,
                                             double n_chunk_baseline, double *speedup);

/* Whole control periods of a latency: round to nearest, ties to even. A quotient within 1e-9 of a
 * half counts as a tie, so that 50 ms at 30 Hz is one wherever the division rounds.
 * latency_s >= 0, period_s > 0, both finite; else 0 is returned. */
SPOT_API int64_t spot_tised_delay_steps(double latency_s, double period_s);

/* Staleness exposure xi = v tau (Eq. 7), in the unit of speed times s. */
SPOT_API double spot_tised_exposure(double speed, double delay_s);

#ifdef __cplusplus
}
#endif

#endif
