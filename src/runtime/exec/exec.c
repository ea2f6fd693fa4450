/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The schedule state machine.
 *
 * Two buffers suffice: the running chunk, and the one in flight (one request at a time). Sync and
 * overlap share one rule: observe when n' actions of the running chunk are left, start the new chunk
 * at max(end of the running chunk, arrival of its first action). From it follow, for constant latency,
 *     T_ck = n T_act + max(0, T_inf - n' T_act),   A0 = max(T_inf, n' T_act)
 * (TISED, arXiv 2606.28529, Eq. 1-3). Cadence ties the actions to the time of the observation
 * instead, so a slow inference costs actions rather than time.
 *
 * A chunk of which only the first action is there may run already: then its rest is the request that is
 * out, and its ready_at says when that is, or NEVER while nobody knows.
 *
 * All times are int64 ticks below TIME_MAX, so sums of a few of them cannot overflow.
 */
#include "spot/exec.h"

#include <limits.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"

/* Caps on what a caller may ask for; far above any robot, far below an overflow. */
enum { HORIZON_MAX = 4096, DIM_MAX = 4096 };
static const int64_t TIME_MAX = INT64_C(1) << 53;
static const int64_t NEVER = INT64_MAX; /* of a time that is not known yet */

/* A chunk and where it came from. */
typedef struct slot {
    bool used;           /* the slot holds a chunk */
    float *actions;      /* (horizon x action_dim) */
    double *anchor;      /* (anchor_dim) */
    int64_t observed_at; /* time of the observation */
    int64_t first_at;    /* time from which its action 0 may be executed */
    int64_t ready_at;    /* time from which the others may: the end of the inference */
    int64_t due_at;      /* time at which the next action, or the end, is due */
    int base;            /* first action to be executed */
    int skipped;         /* align=skip: actions that the chunk before it executed meanwhile */
    int executed;        /* actions executed so far */
} slot;

struct spot_exec {
    const spot_allocator *allocator;
    spot_exec_config config;
    spot_exec_stats stats;
    slot running, flight;
    bool observing;        /* OBSERVE was given out and nothing of the chunk is there yet */
    int64_t busy_until;    /* end of the last action executed */
    int64_t next_cycle_at; /* cadence: time of the next observation */
    int64_t waited_at;     /* last tick that was counted as waiting */
};

/* ---- life ---- */

void spot_exec_config_default(spot_exec_config *config)
{
    if (config == NULL) {
        return;
    }
    memset(config, 0, sizeof(*config));
    config->size = sizeof(*config);
    config->schedule = SPOT_SCHEDULE_SYNC;
    config->align = SPOT_ALIGN_NONE;
    config->n_execute = 1;
    config->horizon = 1;
    config->action_dim = 1;
    config->ticks_per_action = 1;
}

static spot_status check_sizes(const spot_exec_config *c, spot_diag *diag)
{
    if (c->horizon < 1 || c->horizon > HORIZON_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "horizon is %d, expected 1..%d", c->horizon,
                             HORIZON_MAX);
    }
    if (c->action_dim < 1 || c->action_dim > DIM_MAX || c->anchor_dim < 0 ||
        c->anchor_dim > DIM_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "action_dim is %d and anchor_dim %d, expected 1..%d and 0..%d",
                             c->action_dim, c->anchor_dim, DIM_MAX, DIM_MAX);
    }
    if (c->ticks_per_action < 1 || c->ticks_per_action > INT_MAX || c->overhead_ticks < 0 ||
        c->overhead_ticks > TIME_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "ticks_per_action is %lld and overhead_ticks %lld, expected >= 1 and "
                             ">= 0",
                             (long long)c->ticks_per_action, (long long)c->overhead_ticks);
    }
    return SPOT_OK;
}

static spot_status check_schedule(const spot_exec_config *c, spot_diag *diag)
{
    if ((int)c->schedule < SPOT_SCHEDULE_SYNC || c->schedule > SPOT_SCHEDULE_CADENCE ||
        (int)c->align < SPOT_ALIGN_NONE || c->align > SPOT_ALIGN_SKIP) {
        return spot_diag_set(
            diag, SPOT_E_RANGE, "schedule is %d and align %d, expected 0..%d and 0..%d",
            (int)c->schedule, (int)c->align, SPOT_SCHEDULE_CADENCE, SPOT_ALIGN_SKIP);
    }
    if (c->n_execute < 1 || c->n_execute > c->horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "n_execute is %d, expected 1..%d (the actions of a chunk)",
                             c->n_execute, c->horizon);
    }
    if (c->overlap < 0 || c->overlap > c->n_execute) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap is %d, expected 0..%d (the actions executed a chunk)",
                             c->overlap, c->n_execute);
    }
    if (c->overlap > 0 && c->schedule != SPOT_SCHEDULE_OVERLAP) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "overlap is %d, expected 0 unless the schedule is overlap",
                             c->overlap);
    }
    if (c->align == SPOT_ALIGN_SKIP && c->overlap + c->n_execute > c->horizon) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "align=skip needs overlap + n_execute <= %d (the actions of a chunk), "
                             "got %d + %d",
                             c->horizon, c->overlap, c->n_execute);
    }
    return SPOT_OK;
}

static spot_status make_slot(spot_exec *exec, slot *s)
{
    const spot_exec_config *c = &exec->config;
    s->actions = (float *)spoti_calloc(exec->allocator, (size_t)c->horizon * (size_t)c->action_dim,
                                       sizeof(float));
    /* One double more than needed: a chunk without an anchor still has a valid pointer. */
    s->anchor = (double *)spoti_calloc(exec->allocator, (size_t)c->anchor_dim + 1, sizeof(double));
    return s->actions == NULL || s->anchor == NULL ? SPOT_E_NOMEM : SPOT_OK;
}

static void free_slot(spot_exec *exec, slot *s)
{
    const spot_exec_config *c = &exec->config;
    spoti_free(exec->allocator, s->actions,
               (size_t)c->horizon * (size_t)c->action_dim * sizeof(float));
    spoti_free(exec->allocator, s->anchor, ((size_t)c->anchor_dim + 1) * sizeof(double));
}

spot_status spot_exec_create(const spot_exec_config *config, spot_exec **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    spot_status st = SPOTI_CONFIG_CHECK(spot_exec_config, config, diag);
    if (st == SPOT_OK) {
        st = check_sizes(config, diag);
    }
    if (st == SPOT_OK) {
        st = check_schedule(config, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    spot_exec *exec = (spot_exec *)spoti_calloc(config->allocator, 1, sizeof(*exec));
    if (exec == NULL) {
        return SPOT_E_NOMEM;
    }
    exec->allocator = config->allocator; /* first: destroy needs it */
    exec->config = *config;
    if (make_slot(exec, &exec->running) != SPOT_OK || make_slot(exec, &exec->flight) != SPOT_OK) {
        spot_exec_destroy(exec);
        return SPOT_E_NOMEM;
    }
    spot_exec_reset(exec);
    *out = exec;
    return SPOT_OK;
}

void spot_exec_destroy(spot_exec *exec)
{
    if (exec == NULL) {
        return;
    }
    free_slot(exec, &exec->running);
    free_slot(exec, &exec->flight);
    spoti_free(exec->allocator, exec, sizeof(*exec));
}

void spot_exec_reset(spot_exec *exec)
{
    memset(&exec->stats, 0, sizeof(exec->stats));
    exec->running.used = false;
    exec->flight.used = false;
    exec->observing = false;
    exec->busy_until = 0;
    exec->next_cycle_at = 0;
    exec->waited_at = -1;
}

/* ---- polling ---- */

/* The chunk in flight becomes the running one and starts with its action `base` at `due_at`. */
static void take_over(spot_exec *exec, int base, int64_t due_at)
{
    slot old = exec->running;
    exec->running = exec->flight;
    exec->flight = old;
    exec->flight.used = false;
    exec->running.base = base;
    exec->running.executed = 0;
    exec->running.due_at = due_at;
    exec->stats.dropped += base;
}

static spot_exec_event say_observe(spot_exec *exec, int64_t tick)
{
    const slot *run = &exec->running;
    const bool skips = exec->config.align == SPOT_ALIGN_SKIP && run->used;
    exec->observing = true;
    exec->flight.observed_at = tick;
    exec->flight.skipped = skips ? exec->config.n_execute - run->executed : 0;
    exec->stats.inferences++;
    return (spot_exec_event){.kind = SPOT_EXEC_OBSERVE};
}

static spot_exec_event say_act(spot_exec *exec, int64_t tick)
{
    slot *run = &exec->running;
    int index = run->base + run->executed;
    bool first = run->executed == 0;
    bool late = exec->stats.actions > 0 && tick > exec->busy_until;
    run->executed++;
    run->due_at = tick + exec->config.ticks_per_action;
    exec->stats.actions++;
    exec->stats.chunks += first;
    exec->stats.late_actions += late;
    exec->stats.late_chunks += late && first;
    exec->busy_until = run->due_at;
    return (spot_exec_event){
        .kind = SPOT_EXEC_ACT,
        .action = run->actions + (size_t)index * (size_t)exec->config.action_dim,
        .anchor = run->anchor,
        .age_ticks = tick - run->observed_at,
        .index = index,
        .first = first,
    };
}

/* Nothing to do; a tick not covered by an action is a tick of waiting, counted once. */
static spot_exec_event say_none(spot_exec *exec, int64_t tick)
{
    if (tick >= exec->busy_until && tick > exec->waited_at) {
        exec->stats.wait_ticks++;
        exec->waited_at = tick;
    }
    return (spot_exec_event){.kind = SPOT_EXEC_NONE};
}

/* The time from which action `index` of a chunk may be executed. */
static int64_t arrival(const slot *s, int index)
{
    return index == 0 ? s->first_at : s->ready_at;
}

/* Whether a new observation would be worked on at once: no request is out, whole or in part. */
static bool is_free(const spot_exec *exec, int64_t tick)
{
    return !exec->observing && !exec->flight.used &&
           (!exec->running.used || tick >= exec->running.ready_at);
}

/* Sync (n' = 0) and overlap. */
static spot_exec_event poll_chunked(spot_exec *exec, int64_t tick)
{
    const int n = exec->config.n_execute;
    slot *run = &exec->running;
    const slot *flight = &exec->flight;

    /* The running chunk is over and the next is there: hand over. Only a chunk that was computed
     * while another one ran has actions to skip. */
    bool over = !run->used || (run->executed == n && tick >= run->due_at);
    if (over && flight->used && tick >= arrival(flight, flight->skipped)) {
        take_over(exec, flight->skipped, tick);
        over = false;
    }

    /* Observe when n' actions are left (before the n'-last action), or at once when nothing ran; later
     * (fewer are left) if the rest of the running chunk was still being computed then. */
    const bool due = !run->used || tick >= run->due_at;
    const int left = run->used ? n - run->executed : 0;
    const bool wanted = left < exec->config.overlap || (left == exec->config.overlap && due);
    if ((!run->used || wanted) && is_free(exec, tick)) {
        return say_observe(exec, tick);
    }
    if (!over && run->executed < n && due && tick >= arrival(run, run->base + run->executed)) {
        return say_act(exec, tick);
    }
    return say_none(exec, tick);
}

/* Cadence: action j of a chunk belongs to the moment j T_act after its observation. Its action 0 is
 * always stale, so that it comes before the others changes nothing. */
static spot_exec_event poll_cadence(spot_exec *exec, int64_t tick)
{
    slot *run = &exec->running;
    slot *flight = &exec->flight;

    /* The inference is done: drop what is stale, forget what is left of the old chunk. */
    if (flight->used && tick >= flight->ready_at) {
        const int64_t period = exec->config.ticks_per_action;
        int64_t stale = (flight->ready_at - flight->observed_at) / period + 1;
        int base = stale < exec->config.horizon ? (int)stale : exec->config.horizon;
        take_over(exec, base, flight->observed_at + base * period);
    }
    if (is_free(exec, tick) && tick >= exec->next_cycle_at) {
        return say_observe(exec, tick);
    }
    if (run->used && run->base + run->executed < exec->config.horizon && tick >= run->due_at) {
        return say_act(exec, tick);
    }
    return say_none(exec, tick);
}

spot_exec_event spot_exec_poll(spot_exec *exec, int64_t tick)
{
    return exec->config.schedule == SPOT_SCHEDULE_CADENCE ? poll_cadence(exec, tick)
                                                          : poll_chunked(exec, tick);
}

int64_t spot_exec_quiet(const spot_exec *exec, int64_t tick, int64_t most)
{
    spot_exec ahead = *exec; /* its arrays are exec's: polling changes none */
    int64_t n = 0;
    while (n < most && spot_exec_poll(&ahead, tick + n).kind == SPOT_EXEC_NONE) {
        n++;
    }
    return n;
}

/* ---- chunks ---- */

/* Copies the actions from `from` to before `to`, and the anchor. */
static void copy_actions(const spot_exec *exec, slot *s, const float *chunk, int from, int to,
                         const double *anchor)
{
    const spot_exec_config *c = &exec->config;
    const size_t dim = (size_t)c->action_dim;
    memcpy(s->actions + (size_t)from * dim, chunk + (size_t)from * dim,
           (size_t)(to - from) * dim * sizeof(*s->actions));
    if (c->anchor_dim > 0) {
        memcpy(s->anchor, anchor, (size_t)c->anchor_dim * sizeof(*s->anchor));
    }
}

/* The inference of `s` ends at `ready_at`. */
static void close_request(spot_exec *exec, slot *s, int64_t ready_at)
{
    const spot_exec_config *c = &exec->config;
    const int64_t latency = ready_at - s->observed_at;
    s->ready_at = ready_at;
    exec->stats.inference_ticks += latency;

    /* The cycle of cadence: T_ck = max(n T_act, T_inf + T_ovh). */
    int64_t play = c->n_execute * c->ticks_per_action;
    int64_t think = latency + c->overhead_ticks;
    exec->next_cycle_at = s->observed_at + (play > think ? play : think);
}

spot_status spot_exec_submit_parts(spot_exec *exec, const float *chunk, const double *anchor,
                                   int64_t first_ticks, int64_t latency_ticks)
{
    if (exec == NULL || chunk == NULL || first_ticks < 0 || first_ticks > latency_ticks ||
        latency_ticks > TIME_MAX || (anchor == NULL && exec->config.anchor_dim > 0)) {
        return SPOT_E_INVALID;
    }
    if (!exec->observing) {
        return SPOT_E_STATE;
    }
    slot *flight = &exec->flight;
    copy_actions(exec, flight, chunk, 0, exec->config.horizon, anchor);
    flight->used = true;
    flight->first_at = flight->observed_at + first_ticks;
    exec->observing = false;
    close_request(exec, flight, flight->observed_at + latency_ticks);
    return SPOT_OK;
}

spot_status spot_exec_submit(spot_exec *exec, const float *chunk, const double *anchor,
                             int64_t latency_ticks)
{
    return spot_exec_submit_parts(exec, chunk, anchor, latency_ticks, latency_ticks);
}

/* The chunk of which the first action alone is there; NULL if there is none. */
static slot *partial_of(spot_exec *exec)
{
    slot *flight = &exec->flight;
    slot *run = &exec->running;
    if (flight->used) {
        return flight->ready_at == NEVER ? flight : NULL;
    }
    return run->used && run->ready_at == NEVER ? run : NULL;
}

spot_status spot_exec_deliver(spot_exec *exec, const float *chunk, const double *anchor,
                              int n_arrived, int64_t tick)
{
    if (exec == NULL || chunk == NULL || tick < 0 || tick > TIME_MAX ||
        (n_arrived != 1 && n_arrived != exec->config.horizon) ||
        (anchor == NULL && exec->config.anchor_dim > 0)) {
        return SPOT_E_INVALID;
    }
    const bool whole = n_arrived == exec->config.horizon;
    slot *partial = partial_of(exec);
    if (!exec->observing && (partial == NULL || !whole)) {
        return SPOT_E_STATE;
    }
    slot *s = exec->observing ? &exec->flight : partial;
    if (tick < (exec->observing ? s->observed_at : s->first_at)) {
        return SPOT_E_INVALID;
    }
    copy_actions(exec, s, chunk, exec->observing ? 0 : 1, n_arrived, anchor);
    if (exec->observing) {
        s->used = true;
        s->first_at = tick;
        s->ready_at = NEVER;
        exec->observing = false;
    }
    if (whole) {
        close_request(exec, s, tick);
    }
    return SPOT_OK;
}

const spot_exec_stats *spot_exec_read_stats(const spot_exec *exec)
{
    return &exec->stats;
}
