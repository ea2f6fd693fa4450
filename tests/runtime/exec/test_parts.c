/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Chunks that come in two parts, chunks whose latency nobody knows beforehand, and what was consumed
 * meanwhile: against an oracle that walks from action to action with max() and never tick by tick, against
 * the timing law, and against counts made anew from the log of events.
 */
#include "spot/exec.h"

#include <string.h>

#include "spot/rng.h"
#include "support/spot_test.h"

enum { HORIZON = 16, DIM = 2, CHUNKS = 24, ACTS_MAX = HORIZON * CHUNKS, LOG_MAX = 4096 };
enum { N_SEED = 400 };

/* What an inference takes: t1 and t_r, ticks. */
typedef struct times {
    int64_t first, rest;
} times;

typedef struct event_log {
    int64_t tick[LOG_MAX];
    int inference[LOG_MAX]; /* of an action: which chunk; of an observation: -1 */
    int index[LOG_MAX];
    int n;
    spot_exec_stats stats;
} event_log;

static void fill_chunk(int inference, float chunk[HORIZON][DIM])
{
    for (int j = 0; j < HORIZON; j++) {
        chunk[j][0] = (float)inference;
        chunk[j][1] = (float)j;
    }
}

static void note(event_log *log, int64_t tick, int inference, int index)
{
    assert_true(log->n < LOG_MAX);
    log->tick[log->n] = tick;
    log->inference[log->n] = inference;
    log->index[log->n++] = index;
}

static void note_action(event_log *log, const spot_exec_event *e, int64_t tick)
{
    assert_int_equal((int)e->action[1], e->index);
    assert_int_equal((int)e->anchor[0], (int)e->action[0]);
    note(log, tick, (int)e->action[0], e->index);
}

/* The latencies are known beforehand: what a simulation does. */
static void drive_submit(spot_exec *exec, const times *t, int64_t n_ticks, event_log *log)
{
    float chunk[HORIZON][DIM];
    int n_observed = 0;
    log->n = 0;
    for (int64_t tick = 0; tick < n_ticks; tick++) {
        spot_exec_event e;
        while ((e = spot_exec_poll(exec, tick)).kind != SPOT_EXEC_NONE) {
            if (e.kind == SPOT_EXEC_ACT) {
                note_action(log, &e, tick);
                continue;
            }
            const double anchor = n_observed;
            const times *at = &t[n_observed % CHUNKS];
            note(log, tick, -1, n_observed);
            fill_chunk(n_observed++, chunk);
            assert_int_equal(
                spot_exec_submit_parts(exec, &chunk[0][0], &anchor, at->first, at->rest), SPOT_OK);
        }
    }
    log->stats = *spot_exec_read_stats(exec);
}

/* What has come by `tick` of the request that was observed at `from`. */
static void deliver_due(spot_exec *exec, const times *t, int inference, int64_t from, int64_t tick)
{
    float chunk[HORIZON][DIM];
    const double anchor = inference;
    fill_chunk(inference, chunk);
    if (tick == from + t->first && t->first < t->rest) {
        chunk[1][0] = -1.0F; /* not to be read */
        assert_int_equal(spot_exec_deliver(exec, &chunk[0][0], &anchor, 1, tick), SPOT_OK);
        assert_int_equal(spot_exec_deliver(exec, &chunk[0][0], &anchor, 1, tick), SPOT_E_STATE);
    }
    if (tick == from + t->rest) {
        fill_chunk(inference, chunk);
        chunk[0][0] = t->first < t->rest ? -1.0F : chunk[0][0]; /* came before */
        assert_int_equal(spot_exec_deliver(exec, &chunk[0][0], &anchor, HORIZON, tick), SPOT_OK);
        assert_int_equal(spot_exec_deliver(exec, &chunk[0][0], &anchor, HORIZON, tick),
                         SPOT_E_STATE);
    }
}

/* Nobody knows them before they are over: what a robot does. */
static void drive_deliver(spot_exec *exec, const times *t, int64_t n_ticks, event_log *log)
{
    int n_observed = 0;
    int64_t from = -1;
    log->n = 0;
    for (int64_t tick = 0; tick < n_ticks; tick++) {
        if (n_observed > 0 && tick > from) {
            deliver_due(exec, &t[(n_observed - 1) % CHUNKS], n_observed - 1, from, tick);
        }
        spot_exec_event e;
        while ((e = spot_exec_poll(exec, tick)).kind != SPOT_EXEC_NONE) {
            if (e.kind == SPOT_EXEC_ACT) {
                note_action(log, &e, tick);
                continue;
            }
            note(log, tick, -1, n_observed);
            from = tick;
            deliver_due(exec, &t[n_observed % CHUNKS], n_observed, from, tick);
            n_observed++;
        }
    }
    log->stats = *spot_exec_read_stats(exec);
}

static spot_exec *make_exec(const spot_exec_config *config)
{
    spot_exec *exec = NULL;
    spot_diag diag = {""};
    assert_int_equal(spot_exec_create(config, &exec, &diag), SPOT_OK);
    return exec;
}

static spot_exec_config make_config(spot_schedule schedule, int n, int overlap, int64_t t_act)
{
    spot_exec_config config;
    spot_exec_config_default(&config);
    config.schedule = schedule;
    config.n_execute = n;
    config.overlap = overlap;
    config.horizon = HORIZON;
    config.action_dim = DIM;
    config.anchor_dim = 1;
    config.ticks_per_action = t_act;
    return config;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A random schedule and its latencies: jitter, a first call that takes many times longer, and in every
 * third case chunks that come whole. */
static spot_exec_config draw_case(uint64_t seed, times t[CHUNKS])
{
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_LATENCY, 7);
    int n = 1 + (int)spot_rng_below(&rng, 8);
    int overlap = (int)spot_rng_below(&rng, (uint32_t)n + 1);
    int64_t t_act = 1 + spot_rng_below(&rng, 9);
    const uint32_t most = 1 + spot_rng_below(&rng, (uint32_t)(2 * t_act * n) + 1);
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, n, overlap, t_act);
    config.align = spot_rng_below(&rng, 2) == 1 ? SPOT_ALIGN_SKIP : SPOT_ALIGN_NONE;
    for (int k = 0; k < CHUNKS; k++) {
        t[k].rest = spot_rng_below(&rng, most);
        t[k].first = seed % 3 == 0 ? t[k].rest : spot_rng_below(&rng, (uint32_t)t[k].rest + 1);
    }
    t[0].rest += 5 * t_act * n; /* warming up */
    t[0].first += seed % 2 == 0 ? 5 * t_act * n : 0;
    return config;
}

/* ---- the oracle ---- */

typedef struct plan {
    int64_t observed[CHUNKS];
    int skipped[CHUNKS];
    int64_t start[CHUNKS][HORIZON]; /* of the i-th executed action */
    int64_t end[CHUNKS];
} plan;

static void walk(const spot_exec_config *c, const times *t, plan *p)
{
    const int n = c->n_execute;
    const int64_t act = c->ticks_per_action;
    memset(p, 0, sizeof(*p));
    for (int k = 0; k < CHUNKS; k++) {
        if (k > 0) {
            const int64_t *old = p->start[k - 1];
            const int64_t due = c->overlap == n ? old[0] : old[n - c->overlap - 1] + act;
            p->observed[k] = max64(due, p->observed[k - 1] + t[k - 1].rest);
            for (int i = 0; i < n && c->align == SPOT_ALIGN_SKIP; i++) {
                p->skipped[k] += old[i] >= p->observed[k];
            }
        }
        const int64_t first = p->observed[k] + t[k].first;
        const int64_t rest = p->observed[k] + t[k].rest;
        for (int i = 0; i < n; i++) {
            const int64_t there = p->skipped[k] + i == 0 ? first : rest;
            const int64_t before = i > 0 ? p->start[k][i - 1] + act : k > 0 ? p->end[k - 1] : 0;
            p->start[k][i] = max64(there, before);
        }
        p->end[k] = p->start[k][n - 1] + act;
    }
}

/* Every event of the log where the plan has it. */
static void check_events(const event_log *log, const plan *p, int n)
{
    int n_act = 0;
    int n_observed = 0;
    for (int i = 0; i < log->n; i++) {
        if (log->inference[i] < 0) {
            assert_true(n_observed >= CHUNKS || log->tick[i] == p->observed[n_observed]);
            n_observed++;
            continue;
        }
        const int k = n_act / n;
        assert_int_equal(log->inference[i], k);
        assert_int_equal(log->index[i], p->skipped[k] + n_act % n);
        assert_true(log->tick[i] == p->start[k][n_act % n]);
        n_act++;
    }
    assert_int_equal(n_act, CHUNKS * n);
}

static void two_parts_agree_with_the_action_by_action_oracle(void **state)
{
    (void)state;
    static event_log log;
    static plan p;
    times t[CHUNKS];
    int n_deferred = 0;
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        const spot_exec_config config = draw_case(seed, t);
        spot_exec *exec = make_exec(&config);
        walk(&config, t, &p);
        drive_submit(exec, t, p.end[CHUNKS - 1], &log);
        check_events(&log, &p, config.n_execute);
        for (int k = 1; k < CHUNKS; k++) {
            n_deferred += config.overlap == config.n_execute && p.observed[k] > p.start[k - 1][0];
        }
        spot_exec_destroy(exec);
    }
    assert_true(n_deferred > 100); /* observations that waited for the rest of the chunk before */
}

/* What the counts must be, from the log alone. */
static void counts_are_those_of_the_log(void **state)
{
    (void)state;
    static event_log log;
    static plan p;
    times t[CHUNKS];
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        const spot_exec_config config = draw_case(seed, t);
        spot_exec *exec = make_exec(&config);
        walk(&config, t, &p);
        drive_submit(exec, t, p.end[CHUNKS - 1], &log);
        int64_t covered = 0; /* until when an action runs */
        int64_t waited = 0;
        int64_t late = 0;
        int64_t late_chunks = 0;
        int64_t dropped = 0;
        int last = -1;
        for (int i = 0; i < log.n; i++) {
            if (log.inference[i] < 0) {
                continue;
            }
            const bool first = log.inference[i] != last;
            waited += log.tick[i] - covered;
            late += last >= 0 && log.tick[i] > covered;
            late_chunks += last >= 0 && first && log.tick[i] > covered;
            dropped += first ? log.index[i] : 0;
            last = log.inference[i];
            covered = log.tick[i] + config.ticks_per_action;
        }
        assert_true(covered == p.end[CHUNKS - 1]);
        assert_true(log.stats.wait_ticks == waited && log.stats.dropped == dropped);
        assert_true(log.stats.late_actions == late && log.stats.late_chunks == late_chunks);
        assert_true(log.stats.chunks == CHUNKS);
        spot_exec_destroy(exec);
    }
}

/* The fault of delay estimates: what is dropped must be what was executed, whatever the latency was, the
 * slow first call included. Counted from the log: actions between an observation and its chunk's first. */
static void skipped_actions_are_those_executed_meanwhile(void **state)
{
    (void)state;
    static event_log log;
    times t[CHUNKS];
    int64_t n_seen = 0;
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        spot_exec_config config = draw_case(seed, t);
        config.align = SPOT_ALIGN_SKIP;
        spot_exec *exec = make_exec(&config);
        drive_submit(exec, t, INT64_C(12) * config.n_execute * config.ticks_per_action, &log);
        for (int i = 0; i < log.n; i++) {
            if (log.inference[i] >= 0) {
                continue;
            }
            const int inference = log.index[i];
            int executed = 0;
            int k = i + 1;
            while (k < log.n && log.inference[k] != inference) {
                executed += log.inference[k] >= 0;
                k++;
            }
            if (k < log.n) {
                assert_int_equal(log.index[k], executed);
                assert_true(inference > 0 || executed == 0);
                n_seen += executed;
            }
        }
        spot_exec_destroy(exec);
    }
    assert_true(n_seen > 1000);
}

static void assert_same_log(const event_log *a, const event_log *b)
{
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) {
        assert_true(a->tick[i] == b->tick[i]);
        assert_int_equal(a->inference[i], b->inference[i]);
        assert_int_equal(a->index[i], b->index[i]);
    }
}

static void delivered_chunks_give_the_events_of_submitted_ones(void **state)
{
    (void)state;
    static event_log known;
    static event_log robot;
    static plan p;
    times t[CHUNKS];
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        spot_exec_config config = draw_case(seed, t);
        walk(&config, t, &p);
        if (seed % 4 == 3) {
            config.schedule = SPOT_SCHEDULE_CADENCE;
            config.overlap = 0;
            config.overhead_ticks = (int64_t)(seed % 7);
        }
        spot_exec *exec = make_exec(&config);
        drive_submit(exec, t, p.end[CHUNKS - 1], &known);
        spot_exec_reset(exec);
        drive_deliver(exec, t, p.end[CHUNKS - 1], &robot);
        assert_same_log(&known, &robot);
        assert_true(known.n > 20);
        /* But for what is in flight at the end, which is counted where its latency is known. */
        assert_true(robot.stats.inference_ticks <= known.stats.inference_ticks);
        known.stats.inference_ticks = robot.stats.inference_ticks;
        assert_memory_equal(&known.stats, &robot.stats, sizeof(known.stats));
        spot_exec_destroy(exec);
    }
}

static void delivered_latencies_are_counted(void **state)
{
    (void)state;
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 4, 2, 5);
    spot_exec *exec = make_exec(&config);
    const times t[CHUNKS] = {{7, 9}, {7, 9}};
    static event_log log;
    drive_deliver(exec, t, 26, &log); /* the second one, observed at 7 + ... + 5, has ended */
    assert_true(log.stats.inferences == 2 && log.stats.inference_ticks == 9);
    spot_exec_reset(exec);
    drive_deliver(exec, t, 27, &log);
    assert_true(log.stats.inferences == 2 && log.stats.inference_ticks == 18);
    spot_exec_destroy(exec);
}

/* ---- the law ---- */

/* One cell: constant times. All in ticks, which are seconds of the law. */
static void check_law(int n, int overlap, int64_t act, int64_t first, int64_t rest)
{
    static plan p;
    times t[CHUNKS];
    spot_tised_timing law;
    for (int k = 0; k < CHUNKS; k++) {
        t[k] = (times){first, rest};
    }
    const spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, n, overlap, act);
    const spot_tised_setup setup = {.inference_s = 31.0, .action_s = (double)act, .n_action = n};
    walk(&config, t, &p);
    assert_int_equal(spot_tised_time_parts(&setup, (double)first, (double)rest, overlap, &law),
                     SPOT_OK);
    const int last = CHUNKS - 1;
    assert_true((double)(p.end[last] - p.end[last - 1]) == law.chunk_s);
    assert_true((double)(p.start[last][0] - p.observed[last]) == law.age_s);
    assert_true((double)p.end[last] == CHUNKS * law.chunk_s + law.first_wait_s);
    assert_true(law.delay_s == law.chunk_s - (double)(n * act));
    assert_close(law.eta_bound, (31.0 + (double)(n * act)) / (double)(n * act), 0.0, 1e-15);
    assert_close(law.eta, (31.0 + (double)(n * act)) / law.chunk_s, 0.0, 1e-15);
    if (first == rest) {
        spot_tised_timing whole;
        const spot_tised_setup same = {
            .inference_s = (double)rest, .action_s = (double)act, .n_action = n};
        assert_int_equal(spot_tised_time_point(&same, 1.0, overlap, &whole), SPOT_OK);
        assert_true(whole.chunk_s == law.chunk_s && whole.delay_s == law.delay_s &&
                    whole.age_s == law.age_s && whole.first_wait_s == law.first_wait_s);
    }
}

static void constant_times_follow_the_law_of_two_parts(void **state)
{
    (void)state;
    static const int64_t rests[] = {0, 1, 4, 5, 6, 9, 10, 13, 20, 24, 37, 41, 100};
    static const int64_t shares[] = {0, 1, 2, 3, 4};
    for (int n = 1; n <= 6; n++) {
        for (int overlap = 0; overlap <= n; overlap++) {
            for (size_t r = 0; r < sizeof(rests) / sizeof(rests[0]); r++) {
                for (size_t f = 0; f < sizeof(shares) / sizeof(shares[0]); f++) {
                    check_law(n, overlap, 5, rests[r] * shares[f] / 4, rests[r]);
                }
            }
        }
    }
}

static void the_law_refuses_impossible_times(void **state)
{
    (void)state;
    const spot_tised_setup setup = {.inference_s = 1.0, .action_s = 0.1, .n_action = 4};
    const double inf = 1.0 / (double)strlen("");
    spot_tised_timing t;
    assert_int_equal(spot_tised_time_parts(NULL, 0.0, 1.0, 0, &t), SPOT_E_INVALID);
    assert_int_equal(spot_tised_time_parts(&setup, 0.0, 1.0, 0, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_tised_time_parts(&setup, 1.1, 1.0, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, -0.1, 1.0, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, 0.0, inf, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, inf - inf, 1.0, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, 0.0, inf - inf, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, 0.0, 1.0, 5, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, 0.0, 1.0, -1, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, 0.0, 1e308, 0, &t), SPOT_OK);
    const spot_tised_setup huge = {.inference_s = 1.0, .action_s = 0.5e308, .n_action = 2};
    const spot_tised_setup tiny = {.inference_s = 0.0, .action_s = 1e-300, .n_action = 1};
    assert_int_equal(spot_tised_time_parts(&huge, 0.0, 1.7e308, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&tiny, 0.0, 1e308, 0, &t), SPOT_E_RANGE);
    assert_int_equal(spot_tised_time_parts(&setup, 1.0, 1.0, 4, &t), SPOT_OK);
}

/* ---- misuse ---- */

static void what_cannot_be_handed_over_is_refused(void **state)
{
    (void)state;
    float chunk[HORIZON][DIM];
    const double anchor = 0.0;
    spot_exec_config config = make_config(SPOT_SCHEDULE_SYNC, 3, 0, 5);
    spot_exec *exec = make_exec(&config);
    fill_chunk(0, chunk);
    const float *c = &chunk[0][0];
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, HORIZON, 0), SPOT_E_STATE);
    assert_int_equal(spot_exec_poll(exec, 0).kind, SPOT_EXEC_NONE + SPOT_EXEC_OBSERVE);
    assert_int_equal(spot_exec_submit_parts(exec, c, &anchor, 3, 2), SPOT_E_INVALID);
    assert_int_equal(spot_exec_submit_parts(exec, c, &anchor, -1, 2), SPOT_E_INVALID);
    assert_int_equal(spot_exec_submit_parts(exec, c, &anchor, 0, (INT64_C(1) << 53) + 1),
                     SPOT_E_INVALID);
    assert_int_equal(spot_exec_poll(exec, 0).kind, SPOT_EXEC_NONE);
    assert_int_equal(spot_exec_poll(exec, 1).kind, SPOT_EXEC_NONE);
    assert_int_equal(spot_exec_deliver(NULL, c, &anchor, 1, 1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, NULL, &anchor, 1, 1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, NULL, 1, 1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, 0, 1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, 2, 1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, 1, -1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, 1, (INT64_C(1) << 53) + 1),
                     SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, 1, 2), SPOT_OK);
    assert_int_equal(spot_exec_poll(exec, 2).kind, SPOT_EXEC_ACT);
    assert_int_equal(spot_exec_submit(exec, c, &anchor, 3), SPOT_E_STATE);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, HORIZON, 1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, HORIZON, 3), SPOT_OK);
    assert_int_equal(spot_exec_deliver(exec, c, &anchor, HORIZON, 3), SPOT_E_STATE);
    spot_exec_destroy(exec);
}

static void a_chunk_is_not_there_before_it_was_observed(void **state)
{
    (void)state;
    float chunk[HORIZON][DIM];
    const double anchor = 0.0;
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 1, 0, 5);
    spot_exec *exec = make_exec(&config);
    fill_chunk(0, chunk);
    assert_int_equal(spot_exec_poll(exec, 3).kind, SPOT_EXEC_OBSERVE);
    assert_int_equal(spot_exec_deliver(exec, &chunk[0][0], &anchor, HORIZON, 2), SPOT_E_INVALID);
    assert_int_equal(spot_exec_deliver(exec, &chunk[0][0], &anchor, HORIZON, 3), SPOT_OK);
    assert_int_equal(spot_exec_poll(exec, 3).kind, SPOT_EXEC_ACT);
    spot_exec_destroy(exec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_parts_agree_with_the_action_by_action_oracle),
        cmocka_unit_test(counts_are_those_of_the_log),
        cmocka_unit_test(skipped_actions_are_those_executed_meanwhile),
        cmocka_unit_test(delivered_chunks_give_the_events_of_submitted_ones),
        cmocka_unit_test(delivered_latencies_are_counted),
        cmocka_unit_test(constant_times_follow_the_law_of_two_parts),
        cmocka_unit_test(the_law_refuses_impossible_times),
        cmocka_unit_test(what_cannot_be_handed_over_is_refused),
        cmocka_unit_test(a_chunk_is_not_there_before_it_was_observed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
