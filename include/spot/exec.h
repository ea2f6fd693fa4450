/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The schedule: when to observe, which action to execute, when to wait.
 *
 * A `spot_exec` is a small state machine on a clock of integer ticks (a tick is one physics step in
 * simulation, any fixed period on a robot). It owns the running chunk and the chunk in flight and
 * knows nothing about worlds or policies, so the same code serves the virtual clock and a robot.
 *
 *     for (tick = 0; ...; tick++) {
 *         while ((event = spot_exec_poll(exec, tick)).kind != SPOT_EXEC_NONE) {
 *             if (event.kind == SPOT_EXEC_OBSERVE) -> observe, infer, spot_exec_submit(...)
 *             if (event.kind == SPOT_EXEC_ACT)     -> send event.action to the robot
 *         }
 *         advance one tick      (without a new action the robot holds its last target)
 *     }
 *
 * Schedules (TISED, arXiv 2606.28529, Eq. 1-3 and the combined form; T_act, T_inf in ticks here):
 *   sync     observe, wait T_inf, execute n actions, repeat: T_ck = T_inf + n T_act.
 *   overlap  observe when n' actions of the running chunk are left; the next chunk starts when both
 *            the running chunk and the inference are done: T_ck = n T_act + max(0, T_inf - n' T_act),
 *            action delay tau = max(0, T_inf - n' T_act), age of the observation at the first action
 *            A0 = max(T_inf, n' T_act). n' = 0 is sync.
 *   cadence  a fixed cycle T_ck = max(n T_act, T_inf + T_ovh): observe at its start; action j of the
 *            chunk is due j T_act after the observation. When the inference ends, the actions that
 *            are due already are dropped, #{j : j T_act <= T_inf} of them (so the first action goes
 *            even at zero latency); until then the old chunk runs on as far as its horizon reaches
 *            (the loop of the UMI robot controller).
 *
 * The first chunk of an episode is computed while the robot stands still: the robot waits T_inf, the
 * wait is counted, and align=skip, which drops what the running chunk executed meanwhile, skips
 * nothing. So N chunks take N T_ck + min(T_inf, n' T_act) in all.
 *
 * A chunk may come in two parts, its first action after t1 and the others after t_r (t1 = t_r is TISED):
 *   action 0 may be executed from t1 after the observation on, all others from t_r on. Where an action is
 *   due and not there the robot waits, and everything behind it moves. One inference runs at a time: an
 *   observation that is due before t_r of the chunk before it is taken at t_r. With constant times
 *   (spot_tised_time_parts) T_ck = max(t_r, n T_act + max(0, t1 - n' T_act, t_r - (n' + 1) T_act)).
 *   Under align=skip a chunk starts with the action behind those that the running chunk executed since
 *   the observation, counted, not estimated; as that is not action 0, it starts at t_r. Under cadence
 *   action 0 is always stale, so t1 changes nothing.
 *
 * On a robot an inference ends when it ends. There the answer to OBSERVE is not submit with a latency
 * that is known beforehand, but spot_exec_deliver at the tick at which the chunk came; polling goes on
 * meanwhile (examples/robot_loop.c). The events are those of submit with that latency.
 */
#ifndef SPOT_EXEC_H
#define SPOT_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/point.h"
#include "spot/status.h"
#include "spot/tised.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the latency of an inference becomes ticks. */
typedef enum spot_clock {
    SPOT_CLOCK_EXACT = 0, /* nearest tick */
    SPOT_CLOCK_PAPER = 1, /* whole control steps: d = round half even (T_inf / T_act) */
} spot_clock;

typedef struct spot_exec_config {
    size_t size;              /* of this struct, set by its default function; else E_INVALID */
    spot_schedule schedule;   /* default sync */
    spot_align align;         /* default none; matters with overlap only */
    int n_execute;            /* n: actions executed a chunk, 1..horizon */
    int overlap;              /* n': 0..n; must be 0 unless schedule is overlap */
    int horizon;              /* H: actions in a chunk; with align=skip n' + n <= H */
    int action_dim;           /* floats in an action */
    int anchor_dim;           /* doubles in an anchor (world.h), may be 0 */
    int64_t ticks_per_action; /* T_act in ticks, >= 1 */
    int64_t overhead_ticks;   /* T_ovh of cadence, >= 0 */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_exec_config;

typedef enum spot_exec_kind {
    SPOT_EXEC_NONE = 0, /* nothing (more) to do at this tick */
    SPOT_EXEC_OBSERVE,  /* take an observation now and submit the chunk computed from it */
    SPOT_EXEC_ACT,      /* execute `action` from now on */
} spot_exec_kind;

typedef struct spot_exec_event {
    spot_exec_kind kind;
    const float *action;  /* (action_dim) valid until the next submit or deliver; ACT only */
    const double *anchor; /* (anchor_dim) anchor of the observation that the action came from */
    int64_t age_ticks;    /* ACT: now minus the time of that observation */
    int index;            /* ACT: position j of the action in its chunk */
    bool first;           /* ACT: the first executed action of its chunk */
} spot_exec_event;

/* What the schedule counted since reset. */
typedef struct spot_exec_stats {
    int64_t chunks;          /* chunks of which at least one action was executed */
    int64_t inferences;      /* observations asked for */
    int64_t actions;         /* actions executed */
    int64_t dropped;         /* actions skipped or dropped as stale */
    int64_t wait_ticks;      /* ticks in which an action was due and none was there (tau, summed) */
    int64_t inference_ticks; /* sum of charged latencies */
    int64_t late_actions;    /* actions that the robot waited for, the very first aside */
    int64_t late_chunks;     /* those of them that are the first of their chunk */
} spot_exec_stats;

typedef struct spot_exec spot_exec;

SPOT_API void spot_exec_config_default(spot_exec_config *config);

/* Returns SPOT_OK, E_INVALID, E_RANGE (an impossible combination; diag says which), E_NOMEM. */
SPOT_API spot_status spot_exec_create(const spot_exec_config *config, spot_exec **out,
                                      spot_diag *diag);
SPOT_API void spot_exec_destroy(spot_exec *exec);

/* Back to tick 0, nothing running, counts zero. */
SPOT_API void spot_exec_reset(spot_exec *exec);

/* The next thing to do at `tick`. Call it until it says NONE, for every tick, ticks rising by one.
 * After OBSERVE, call spot_exec_submit before the next poll where the latency is known; else go on, the
 * running chunk does, until spot_exec_deliver brings the next one. */
SPOT_API spot_exec_event spot_exec_poll(spot_exec *exec, int64_t tick);

/* How many ticks from `tick` on, at most `most`, poll says NONE for if nothing is submitted or delivered meanwhile: for
 * who steps several ticks at once. Polls nothing: those ticks are still to be polled. */
SPOT_API int64_t spot_exec_quiet(const spot_exec *exec, int64_t tick, int64_t most);

/* Hands over the chunk computed from the observation of the last OBSERVE; it may be used from
 * `latency_ticks` (0..2^53) after that observation on. Copies chunk (horizon x action_dim) and anchor
 * (anchor_dim; may be NULL if that is 0).
 * Returns SPOT_OK, E_STATE (no observation pending), E_INVALID (also for a negative latency). */
SPOT_API spot_status spot_exec_submit(spot_exec *exec, const float *chunk, const double *anchor,
                                      int64_t latency_ticks);

/* As spot_exec_submit for a chunk in two parts: its action 0 may be used from `first_ticks` after the
 * observation on, the others from `latency_ticks` on; 0 <= first_ticks <= latency_ticks <= 2^53, else
 * E_INVALID. */
SPOT_API spot_status spot_exec_submit_parts(spot_exec *exec, const float *chunk,
                                            const double *anchor, int64_t first_ticks,
                                            int64_t latency_ticks);

/* Hands over what has come at `tick` of the chunk of the last OBSERVE: its first action alone (n_arrived 1; the
 * whole chunk follows in another call), or all of it (n_arrived = horizon). To be called before the polls of that
 * tick; then they, and at the end the counts, are those of spot_exec_submit_parts with the times from the
 * observation to the two calls as latencies. Copies chunk (n_arrived x action_dim) and anchor; of a chunk whose
 * first action came before, the others.
 * Returns SPOT_OK, E_STATE (nothing is due, or the first action came already), E_INVALID (also for a tick before
 * the observation, or before the first action came). */
SPOT_API spot_status spot_exec_deliver(spot_exec *exec, const float *chunk, const double *anchor,
                                       int n_arrived, int64_t tick);

SPOT_API const spot_exec_stats *spot_exec_read_stats(const spot_exec *exec);

/* `exact` or `paper`; `unknown` for other values. Static. */
SPOT_API const char *spot_clock_str(spot_clock clock);

/* The charged latency in ticks, at most 2^53; ties go to even.
 * `latency_s` >= 0; tick_s > 0; ticks_per_action >= 1; returns -1 for arguments outside of that. */
SPOT_API int64_t spot_exec_latency_ticks(spot_clock clock, double latency_s, double tick_s,
                                         int64_t ticks_per_action);

#ifdef __cplusplus
}
#endif

#endif
