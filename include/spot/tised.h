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
 * Under the schedule `cadence` the cycle is fixed: T_ck = max(n T_act, alpha T_inf + T_ovh). A point
 * pays off if and only if its chunk inflation N / N0 stays below eta. Speed-ups of two methods must
 * never be multiplied: both enter the one maximum. Which point is best, and the conditions of an
 * interior optimum: tised_optimum.h. Other hardware: tised_shift.h. Nothing here allocates.
 *
 *     spot_tised_setup setup = {.inference_s = 0.12, .action_s = 0.025, .n_action = 8};
 *     spot_tised_timing timing;
 *     spot_tised_time_point(&setup, 0.5, 3, &timing);      timing.eta is 1.6
 */
#ifndef SPOT_TISED_H
#define SPOT_TISED_H

#include <stdbool.h>
#include <stdint.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* When the next inference starts. */
typedef enum spot_schedule {
    SPOT_SCHEDULE_SYNC = 0,    /* when all n actions are done */
    SPOT_SCHEDULE_OVERLAP = 1, /* when n' actions are left */
    SPOT_SCHEDULE_CADENCE = 2, /* at the start of a fixed cycle; late actions are dropped */
} spot_schedule;

/* Whether a task waits for the policy. */
typedef enum spot_regime {
    SPOT_REGIME_STATIC = 0,  /* the task does not change while the policy thinks */
    SPOT_REGIME_DYNAMIC = 1, /* it does */
} spot_regime;

/* A policy on a platform: the baseline, full precision and all steps. */
typedef struct spot_tised_setup {
    double inference_s; /* T_inf, latency of one inference at the baseline, s; finite, >= 0 */
    double action_s;    /* T_act, duration of one action, s; finite, > 0 */
    int n_action;       /* n, actions executed a chunk; >= 1 */
} spot_tised_setup;

/* An operating point. All zero but alpha = 1 is the baseline. */
typedef struct spot_tised_point {
    double alpha;           /* latency ratio; finite, >= 0; above 1 = slower than the baseline */
    int n_overlap;          /* n', 0..n_action under overlap, else 0 */
    spot_schedule schedule; /* default sync */
    double overhead_s;      /* T_ovh >= 0 under cadence, else 0, s */
} spot_tised_point;

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

/* `sync`, `overlap` or `cadence`; `unknown` for other values. Static. */
SPOT_API const char *spot_schedule_str(spot_schedule schedule);

/* The schedule of that name. False, and *out as it was, for another text and for NULL. */
SPOT_API bool spot_schedule_parse(const char *text, spot_schedule *out);

/* `static` or `dynamic`; `unknown` for other values. Static. */
SPOT_API const char *spot_regime_str(spot_regime regime);

/* What runs a point: cadence where it is wanted, else overlap where n' is more than 0, else sync. */
SPOT_API spot_schedule spot_schedule_of(bool is_cadence, int n_overlap);

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

/* Times of any operating point under any schedule; the evaluator of sweeps.
 * eta compares with alpha = 1, n' = 0 (under cadence: the cadence loop at alpha = 1). Under cadence
 * delay_s is what the cycle exceeds n T_act by, during which the old chunk runs on as far as it
 * reaches; age_s is that of the first action not yet due when the chunk arrives, j T_act, j =
 * spot_tised_stale_actions(alpha T_inf), without T_ovh, which is not part of the age; first_wait_s
 * is 0. Returns SPOT_OK, E_INVALID (NULL, unknown schedule), E_RANGE (a
 * field out of its range, or times so large that they overflow; out untouched). Threads: immutable. */
SPOT_API spot_status spot_tised_time(const spot_tised_setup *setup, const spot_tised_point *point,
                                     spot_tised_timing *out);

/* As spot_tised_time under jitter: every time is the mean over n_sample >= 1 latencies, of which
 * sample i is point->alpha * inference_s[i] (alpha = 1 for latencies measured at the point itself).
 * eta compares the mean chunk time with the baseline at setup->inference_s, which should be the mean
 * of the baseline's samples: exact under sync and overlap; under cadence divide two chunk_s. */
SPOT_API spot_status spot_tised_time_jitter(const spot_tised_setup *setup,
                                            const spot_tised_point *point,
                                            const double *inference_s, int n_sample,
                                            spot_tised_timing *out);

/* Times of a chunk that comes in two parts (spot/exec.h): its first action `first_s` after the observation,
 * the others `rest_s`, 0 <= first_s <= rest_s; under sync (n_overlap = 0) or overlap, n = setup->n_action:
 *
 *     T_ck = max(rest, n T_act + max(0, first - n' T_act, rest - (n' + 1) T_act))
 *
 * inference_s is rest_s, delay_s is T_ck - n T_act, age_s = max(first, n' T_act) in the long run (where n' = n and
 * rest >= n T_act, max(first, (n - 1) T_act): one inference runs at a time); eta compares with whole chunks at
 * setup->inference_s without overlap. first_wait_s makes N T_ck + first_wait_s the time of N whole chunks; it may
 * be negative where the first chunk, that had nothing to wait for, was shorter. With first_s = rest_s all is as
 * in spot_tised_time_point. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_tised_time_parts(const spot_tised_setup *setup, double first_s,
                                           double rest_s, int n_overlap, spot_tised_timing *out);

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

/* Static objective T = N T_ck, s (Eq. 4; steady state, spot_tised_episode_s adds the first wait).
 * Where task times were measured they have priority: mean(N T_ck) is not mean(N) mean(T_ck). Returns
 * SPOT_OK, E_INVALID (NULL), E_RANGE (N not finite and positive, or the product overflows). */
SPOT_API spot_status spot_tised_task_s(const spot_tised_timing *timing, double n_chunk,
                                       double *task_s);

/* The fewest actions that last as long as a latency (n' that hides it: tau = 0): the next whole number of
 * latency_s / action_s. Quotients within 1e-9 of a whole number are that one. 0 for arguments that are not
 * latency_s >= 0 and action_s > 0, and for a quotient from 2^53 on. */
SPOT_API int64_t spot_tised_hidden_actions(double latency_s, double action_s);

/* How many actions s of a chunk of `horizon` may be executed where the next chunk, which starts with its action
 * d = delay_steps, is computed while d of them run: max(1, d) <= s <= horizon - d. False, and *least and *most as
 * they were, if there is no such s. */
SPOT_API bool spot_tised_execute_range(int64_t delay_steps, int horizon, int *least, int *most);

/* Staleness exposure xi = v tau (Eq. 7), in the unit of speed times s. */
SPOT_API double spot_tised_exposure(double speed, double delay_s);

/* What was measured at a point: means over its successful episodes. What is missing has its flag
 * off; its value is not read. */
typedef struct spot_tised_measured {
    spot_tised_timing timing; /* of the point, by a call above */
    bool has_chunks;          /* off without a success */
    double n_chunk;           /* N; finite, > 0 */
    bool has_time;            /* off without a success */
    double task_s;            /* T, s; finite, > 0 */
} spot_tised_measured;

/* How a task-level speed-up comes about, as factors:
 *
 *     eta_task = eta_chunk / inflation * residual,     T0 / T = eta / (N / N0) * residual
 *
 * The residual is what the timing law does not explain: (T0 / N0 T_ck0) / (T / N T_ck). It is 1 under
 * the law, and far from 1 if the schedule is not the one assumed. */
typedef struct spot_tised_decomposition {
    double eta_chunk;          /* chunk speed-up by the timing law */
    double break_even;         /* the inflation that loses all of it; equals eta_chunk */
    bool has_inflation;        /* both points have chunks */
    double inflation;          /* N / N0, else 0 */
    bool has_cycle;            /* the point has chunks and time */
    double cycle_s;            /* T / N, the measured cycle, s, else 0 */
    double law_error;          /* T / (N T_ck) - 1, else 0 */
    bool has_task;             /* both points have times, or both have chunks */
    bool is_measured;          /* eta_task is T0 / T; else eta_chunk / inflation */
    double eta_task;           /* end-to-end speed-up (Eq. 5), else 0 */
    bool has_measured_chunk;   /* both points have chunks and times */
    double eta_chunk_measured; /* (T0 / N0) / (T / N), else 0 */
    double residual;           /* as above, else 0 */
    bool pays_off;             /* has_task and eta_task > 1 */
} spot_tised_decomposition;

/* Decomposes the measurements of a point against those of the baseline; both timings are of the same
 * setup. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (a flagged value, eta or chunk time that is not
 * finite and positive; out untouched). Threads: immutable. */
SPOT_API spot_status spot_tised_decompose(const spot_tised_measured *point,
                                          const spot_tised_measured *baseline,
                                          spot_tised_decomposition *out);

/* Parts of one episode under jitter: given the latency of each of its chunks, the exact time under
 * sync or overlap, first_wait included: sum over chunks of n T_act + max(0, I_i - n' T_act), plus
 * min(I_0, n' T_act). inference_s: (n_chunk), of the point itself, alpha not applied. Cadence: sum of
 * max(n T_act, I_i + T_ovh). Returns SPOT_OK, E_INVALID, E_RANGE. Threads: immutable. */
SPOT_API spot_status spot_tised_episode_jitter_s(const spot_tised_setup *setup,
                                                 const spot_tised_point *point,
                                                 const double *inference_s, int n_chunk,
                                                 double *episode_s);

/* How the episodes of one point ended. */
typedef struct spot_tised_log {
    const bool *success;    /* (n) */
    const double *time_s;   /* (n) until the end, success or not, s; finite, >= 0 */
    const double *n_chunk;  /* (n) chunks; finite, >= 0; NULL = not recorded */
    const double *energy_j; /* (n) all of it, J; finite, >= 0; NULL = not recorded */
    int n;                  /* episodes, >= 1 */
    double budget_s;        /* what a failure is charged, s; finite, >= 0 */
} spot_tised_log;

/* Averages of a log. Sets of successes differ between points, hence more than one time. */
typedef struct spot_tised_average {
    int n_success;
    bool has_success; /* else every field but budget_time_s is undefined and 0 */
    bool has_chunks;
    bool has_energy;
    double n_chunk;              /* N, mean over successes (Eq. 31) */
    double task_s;               /* T, the same, s */
    double budget_time_s;        /* failure-budget time: mean with failures charged budget_s, s */
    double time_per_success_s;   /* expected time to a success: time of all / successes, s */
    double energy_per_success_j; /* energy of all / successes, J */
} spot_tised_average;

/* Averages a log. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (a value; out untouched). Threads:
 * immutable. */
SPOT_API spot_status spot_tised_summarise(const spot_tised_log *log, spot_tised_average *out);

/* A mean cost over all episodes (time, energy) per success: cost / success_rate. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE (cost negative or not finite; rate outside (0, 1]: without a success
 * there is no such number). */
SPOT_API spot_status spot_tised_per_success(double mean_cost, double success_rate, double *cost);

#ifdef __cplusplus
}
#endif

#endif
