/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Static tasks on another computer: the event-time law.
 *
 * A task that waits for the policy is done by actions, whatever the waits between them. An episode's last action
 * that mattered lies at the executed action time a; success is registered delta later (an object falls, comes to rest,
 * is held), and waits that fall into delta cost nothing. With C = n T_act, latency I and w = max(0, I - n' T_act), the
 * robot waits I, then executes C, waits w, executes C and so on, so
 *
 *     t = T - delta - I,   k = floor(t / (C + w)),   a = k C + min(t - k (C + w), C)           where it was measured
 *     T' = I' + a + (ceil(a / C) - 1) w' + delta                                               elsewhere
 *
 * with ceil(a / C) at least 1; n' = 0 is the schedule sync. N T_ck, in contrast, charges the last chunk in full. delta is
 * the value that leaves fewest T - delta inside a wait. Under a fixed cadence there are no waits, but stale actions
 * are dropped: T' = T while their number stays the same, else nothing is predicted. An episode that would last
 * longer than the time limit fails there; one that failed at the limit is censored: it might succeed on a faster
 * computer, which widens the bands on that side.
 *
 *     st = spot_tised_event_delta_fit(&log, work, &delta);
 *     st = spot_tised_event_predict(&log, &config, delta.delta_s, work, out);
 *
 * Nothing here allocates: arrays and workspaces are the caller's.
 */
#ifndef SPOT_TISED_EVENT_H
#define SPOT_TISED_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"
#include "spot/tised.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Standard deviation of the law's own error as a share of the time, part of every band. Frozen before the hold-out of
 * docs/results.md: bands of the sampling error alone cover too little (87 % where 95 % were meant). */
#define SPOT_TISED_EVENT_DISCREPANCY 0.02

/* Share of the successes inside a wait above which the log is not of this schedule, and the law is not to be used. */
#define SPOT_TISED_EVENT_MISFIT_MAX 0.1

/* When a policy is asked and what it executes, with its latency on one computer. */
typedef struct spot_tised_cycle {
    spot_schedule schedule;
    double inference_s; /* I, of one inference at this point, s; finite, >= 0 */
    double action_s;    /* T_act, s; finite, > 0 */
    int n_action;       /* n, actions executed a chunk; >= 1 */
    int n_overlap;      /* n', 0..n under overlap, else 0 */
    double overhead_s;  /* T_ovh >= 0 under cadence, else 0, s */
} spot_tised_cycle;

/* Where an event lies in the cycles. */
typedef struct spot_tised_event {
    double executed_s; /* a, actions executed until then, s */
    double n_chunk;    /* chunks begun until then, whole */
    bool in_wait;      /* it falls into a wait: the law does not place it */
} spot_tised_event;

/* Whether the law carries times from one cycle to the other. */
typedef enum spot_tised_event_law {
    SPOT_TISED_EVENT_HOLDS = 0,
    SPOT_TISED_EVENT_OTHER_CYCLE = 1, /* schedules, n, T_act or n' differ */
    SPOT_TISED_EVENT_STALE = 2,       /* cadence: another number of actions would be dropped */
    SPOT_TISED_EVENT_LATE = 3,        /* cadence: an inference does not fit into the cycle */
} spot_tised_event_law;

/* The episodes of an operating point, and the cycle it would have elsewhere. */
typedef struct spot_tised_event_point {
    spot_tised_cycle from; /* where it was measured */
    spot_tised_cycle to;
    const double *time_s; /* (n) until the end, success or not, s; finite, >= 0 */
    const bool *success;  /* (n) */
    int n;                /* >= 1 */
} spot_tised_event_point;

/* Points of one task: delta belongs to it. */
typedef struct spot_tised_event_log {
    const spot_tised_event_point *points; /* (n_point) */
    int n_point;                          /* >= 1 */
    double limit_s;                       /* at which an episode is ended as failed, s; 0 = none */
} spot_tised_event_log;

typedef struct spot_tised_event_delta {
    bool known;     /* else the waits are too short, or the episodes too few, to tell */
    double delta_s; /* middle of the longest stretch of fewest misfits, s */
    double lo_s;    /* between these lie all values of fewest misfits */
    double hi_s;
    int n_misfit;  /* successes inside a wait at delta */
    int n_success; /* of the points that wait at all */
} spot_tised_event_delta;

typedef struct spot_tised_event_config {
    size_t size;        /* of this struct, set by its default function; else E_INVALID */
    double discrepancy; /* default SPOT_TISED_EVENT_DISCREPANCY; finite, >= 0 */
    double confidence;  /* in (0, 1); default SPOT_STATS_CONFIDENCE */
    int n_resample;     /* 20..2^20; default 999 */
    uint64_t seed;      /* of the resampling; default 1 */
} spot_tised_event_config;

typedef struct spot_tised_estimate {
    bool known;
    bool has_band;
    double value;
    double lo;
    double hi;
} spot_tised_estimate;

/* A point on the other computer. */
typedef struct spot_tised_event_prediction {
    spot_tised_event_law law;   /* other than HOLDS: nothing below is known */
    spot_tised_estimate rate;   /* of success */
    spot_tised_estimate time_s; /* mean over successes, s; unknown without one */
    spot_tised_estimate
        budget_s; /* mean, failures charged the limit, s; unknown if some fail and there is none */
    int n_cut;    /* successes that would be later than the limit, and so fail */
    int n_open;   /* failures at the limit that might succeed there: counted as failures, the bands
                     * reach to where all of them succeed as early as they can */
} spot_tised_event_prediction;

SPOT_API void spot_tised_event_config_default(spot_tised_event_config *config);

/* Whether the law carries over; SPOT_TISED_EVENT_OTHER_CYCLE for invalid cycles too. Threads: immutable. */
SPOT_API spot_tised_event_law spot_tised_event_check(const spot_tised_cycle *from,
                                                     const spot_tised_cycle *to);

/* Places the event of an episode of time_s. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (cycle, a time that is not
 * finite and >= 0), E_UNSUPPORTED (cadence has no waits to place it between). Threads: immutable. */
SPOT_API spot_status spot_tised_event_place(const spot_tised_cycle *cycle, double delta_s,
                                            double time_s, spot_tised_event *out);

/* T' of an episode of time_s. Returns as spot_tised_event_place; E_UNSUPPORTED if the law does not hold. */
SPOT_API spot_status spot_tised_event_map(const spot_tised_cycle *from, const spot_tised_cycle *to,
                                          double delta_s, double time_s, double *mapped_s);

/* Doubles of workspace of the calls below; 0 if an argument is out of range. */
SPOT_API size_t spot_tised_event_work_size(const spot_tised_event_log *log, int n_resample);

/* Finds delta over the successes of all points. work: (spot_tised_event_work_size), caller's. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE (a value). Threads: one user of `work` at a time. */
SPOT_API spot_status spot_tised_event_delta_fit(const spot_tised_event_log *log, double *work,
                                                spot_tised_event_delta *out);

/* Predicts every point. Bands: each resample draws episodes anew, finds delta anew (from `delta_s` on, where that is
 * not determined), and takes the law's own error, log-normal with sd `discrepancy`, once a point; rates: Wilson, and
 * in quadrature what that error does to the cut. Times have bands from SPOT_STATS_MIN_SUCCESSES_T episodes on.
 * out: (n_point). Depends on the arguments alone. Returns as spot_tised_event_delta_fit. */
SPOT_API spot_status spot_tised_event_predict(const spot_tised_event_log *log,
                                              const spot_tised_event_config *config, double delta_s,
                                              double *work, spot_tised_event_prediction *out);

#ifdef __cplusplus
}
#endif

#endif
