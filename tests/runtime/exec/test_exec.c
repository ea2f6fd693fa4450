/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The schedule against closed forms (TISED Eq. 1-3, 6; vectors P01-P04, P06, P11) and against a
 * second method: `oracle_*` below walk from chunk to chunk with max() and never tick by tick.
 */
#include "spot/exec.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "spot/rng.h"
#include "support/spot_test.h"

enum { LOG_MAX = 8192, CHUNKS_MAX = 64, HORIZON = 16, DIM = 2 };

/* One executed action as the driver saw it. */
typedef struct act_log {
    int64_t tick, age;
    int index, inference;
    bool first;
} act_log;

typedef struct run_log {
    act_log acts[LOG_MAX];
    int n_acts;
    int64_t observed[LOG_MAX];
    int n_observed;
    spot_exec_stats stats;
} run_log;

/* Answers OBSERVE. Each action carries (inference, index), so that mixed-up buffers show. */
static void answer(spot_exec *exec, int64_t tick, int64_t latency, run_log *log)
{
    float chunk[HORIZON][DIM];
    double anchor = log->n_observed;
    for (int j = 0; j < HORIZON; j++) {
        chunk[j][0] = (float)log->n_observed;
        chunk[j][1] = (float)j;
    }
    assert_true(log->n_observed < LOG_MAX);
    log->observed[log->n_observed++] = tick;
    assert_int_equal(spot_exec_submit(exec, &chunk[0][0], &anchor, latency), SPOT_OK);
}

static void note_action(const spot_exec_event *event, int64_t tick, run_log *log)
{
    int inference = (int)event->action[0];
    assert_true(log->n_acts < LOG_MAX);
    assert_int_equal((int)event->action[1], event->index);
    assert_int_equal((int)event->anchor[0], inference);
    assert_true(event->age_ticks == tick - log->observed[inference]);
    log->acts[log->n_acts++] = (act_log){.tick = tick,
                                         .age = event->age_ticks,
                                         .index = event->index,
                                         .inference = inference,
                                         .first = event->first};
}

/* Drives `exec` for ticks 0..n_ticks-1; inference i costs latency[i % n_latency] ticks. */
static void drive(spot_exec *exec, int64_t n_ticks, const int64_t *latency, int n_latency,
                  run_log *log)
{
    memset(log, 0, sizeof(*log));
    for (int64_t tick = 0; tick < n_ticks; tick++) {
        spot_exec_event event;
        while ((event = spot_exec_poll(exec, tick)).kind != SPOT_EXEC_NONE) {
            if (event.kind == SPOT_EXEC_OBSERVE) {
                answer(exec, tick, latency[log->n_observed % n_latency], log);
            } else {
                note_action(&event, tick, log);
            }
        }
    }
    log->stats = *spot_exec_read_stats(exec);
}

static void assert_same_log(const run_log *a, const run_log *b)
{
    assert_int_equal(a->n_acts, b->n_acts);
    assert_int_equal(a->n_observed, b->n_observed);
    assert_memory_equal(a->observed, b->observed, sizeof(a->observed));
    assert_memory_equal(&a->stats, &b->stats, sizeof(a->stats));
    for (int i = 0; i < a->n_acts; i++) {
        assert_true(a->acts[i].tick == b->acts[i].tick && a->acts[i].age == b->acts[i].age);
        assert_int_equal(a->acts[i].index, b->acts[i].index);
        assert_int_equal(a->acts[i].inference, b->acts[i].inference);
        assert_int_equal(a->acts[i].first, b->acts[i].first);
    }
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

static spot_exec *make_exec(const spot_exec_config *config)
{
    spot_exec *exec = NULL;
    spot_diag diag = {.text = ""};
    assert_int_equal(spot_exec_create(config, &exec, &diag), SPOT_OK);
    assert_non_null(exec);
    return exec;
}

/* Times of the first actions of the chunks in the log; returns how many. */
static int chunk_starts(const run_log *log, int64_t *starts, int max)
{
    int count = 0;
    for (int i = 0; i < log->n_acts && count < max; i++) {
        if (log->acts[i].first) {
            starts[count++] = log->acts[i].tick;
        }
    }
    return count;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void published_vectors_p01_and_p03_come_out_tick_by_tick(void **state)
{
    (void)state;
    /* A tick is 1 ms: T_inf 120, n 8, T_act 25; (alpha T_inf, n') -> T_ck, A0 from vectors P01 and P03
     * (A0 of the second and the last follow from max(alpha T_inf, n' T_act)). */
    static const struct {
        int64_t t_inf;
        int overlap;
        int64_t t_ck, age, tau;
    } rows[] = {
        {120, 0, 320, 120, 120}, {60, 0, 260, 60, 60}, {120, 3, 245, 120, 45},
        {60, 3, 200, 75, 0},     {60, 2, 210, 60, 10},
    };
    static run_log log;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, rows[r].overlap, 25);
        spot_exec *exec = make_exec(&config);
        int64_t starts[CHUNKS_MAX];
        drive(exec, 4000, &rows[r].t_inf, 1, &log);
        int count = chunk_starts(&log, starts, CHUNKS_MAX);
        assert_true(count > 10);
        for (int k = 1; k < count; k++) {
            const act_log *first = &log.acts[(size_t)k * 8];
            assert_true(starts[k] - starts[k - 1] == rows[r].t_ck);
            assert_true(first->age == rows[r].age);
            assert_true(first->tick - (first - 1)->tick - 25 == rows[r].tau);
        }
        spot_exec_destroy(exec);
    }
}

static void sixteen_chunks_take_the_finite_episode_time_of_p04(void **state)
{
    (void)state;
    static run_log log;
    const int64_t t_inf = 60;
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, 3, 25);
    spot_exec *exec = make_exec(&config);
    /* 16 chunks are complete at 16 * 200 + min(60, 75) = 3260 ms. */
    drive(exec, 3260, &t_inf, 1, &log);
    assert_true(log.stats.chunks == 16);
    assert_true(log.stats.actions == 128);
    assert_true(log.acts[127].tick + 25 == 3260);
    assert_true(log.stats.wait_ticks == 60); /* the first inference alone */
    spot_exec_destroy(exec);
}

static void scheduler_acceptance_cases_hold(void **state)
{
    (void)state;
    static run_log log;
    /* Two inferences of 80 ms and twice two actions of 50 ms: 360 ms. */
    const int64_t cost = 80;
    spot_exec_config config = make_config(SPOT_SCHEDULE_SYNC, 2, 0, 50);
    spot_exec *exec = make_exec(&config);
    drive(exec, 360, &cost, 1, &log);
    assert_true(log.stats.chunks == 2 && log.stats.actions == 4);
    assert_true(log.acts[3].tick + 50 == 360);
    assert_true(log.stats.inference_ticks == 160 && log.stats.wait_ticks == 160);
    spot_exec_destroy(exec);

    /* Sampled at 0, ready at 80, handed over at 120: age 120, no wait. Ready at 180: age 180, wait
     * 60, one underrun. Three actions of 40 ms overlap; the first chunk is free. */
    const int64_t ready_early[] = {0, 80};
    const int64_t ready_late[] = {0, 180};
    config = make_config(SPOT_SCHEDULE_OVERLAP, 3, 3, 40);
    exec = make_exec(&config);
    drive(exec, 121, ready_early, 2, &log);
    assert_true(log.observed[1] == 0 && log.acts[3].first);
    assert_true(log.acts[3].tick == 120 && log.acts[3].age == 120 && log.stats.wait_ticks == 0);
    spot_exec_reset(exec);
    drive(exec, 181, ready_late, 2, &log);
    assert_true(log.acts[3].tick == 180 && log.acts[3].age == 180 && log.stats.wait_ticks == 60);
    spot_exec_destroy(exec);
}

/* One cell: T_ck = n T_act + max(0, T_inf - n' T_act), A0 = max(T_inf, n' T_act), and the j-th
 * action is j T_act older; the first chunk starts at T_inf with A0 = T_inf. */
static void check_closed_form(int n, int overlap, int64_t t_act, int64_t t_inf)
{
    static run_log log;
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, n, overlap, t_act);
    spot_exec *exec = make_exec(&config);
    int64_t t_ck = n * t_act + max64(0, t_inf - overlap * t_act);
    int64_t age = max64(t_inf, overlap * t_act);
    drive(exec, t_inf + 6 * t_ck, &t_inf, 1, &log);
    assert_true(log.stats.chunks >= 6);
    for (int i = 0; i < log.n_acts; i++) {
        int k = i / n;
        int j = i % n;
        assert_true(log.acts[i].tick == t_inf + k * t_ck + j * t_act);
        assert_true(log.acts[i].age == (k == 0 ? t_inf : age) + j * t_act);
        assert_int_equal(log.acts[i].first, j == 0);
        assert_int_equal(log.acts[i].index, j);
    }
    spot_exec_destroy(exec);
}

static void chunk_time_and_ages_follow_the_closed_form_on_a_grid(void **state)
{
    (void)state;
    static const int64_t latencies[] = {0, 1, 4, 5, 6, 10, 13, 20, 37, 40, 41, 100};
    for (int n = 1; n <= 8; n++) {
        for (int overlap = 0; overlap <= n; overlap++) {
            for (size_t l = 0; l < sizeof(latencies) / sizeof(latencies[0]); l++) {
                check_closed_form(n, overlap, 5, latencies[l]);
            }
        }
    }
}

static void sync_is_overlap_of_depth_zero(void **state)
{
    (void)state;
    static run_log sync, overlap;
    const int64_t latency[] = {7, 0, 31, 12};
    spot_exec_config config = make_config(SPOT_SCHEDULE_SYNC, 4, 0, 10);
    spot_exec *exec = make_exec(&config);
    drive(exec, 1000, latency, 4, &sync);
    spot_exec_destroy(exec);
    config.schedule = SPOT_SCHEDULE_OVERLAP;
    exec = make_exec(&config);
    drive(exec, 1000, latency, 4, &overlap);
    spot_exec_destroy(exec);
    assert_true(sync.n_acts > 50);
    assert_same_log(&sync, &overlap);
}

/* The second method: chunk by chunk. observed, start (count) in ticks. */
static void oracle_overlap(int n, int overlap, int64_t t_act, const int64_t *latency, int n_latency,
                           int count, int64_t *observed, int64_t *start)
{
    observed[0] = 0;
    start[0] = latency[0];
    for (int k = 1; k < count; k++) {
        observed[k] = start[k - 1] + (n - overlap) * t_act;
        start[k] = max64(start[k - 1] + n * t_act, observed[k] + latency[k % n_latency]);
    }
}

static void random_latencies_agree_with_the_chunk_by_chunk_oracle(void **state)
{
    (void)state;
    static run_log log;
    for (uint64_t seed = 0; seed < 300; seed++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_LATENCY, 0);
        int n = 1 + (int)spot_rng_below(&rng, 8);
        int overlap = (int)spot_rng_below(&rng, (uint32_t)n + 1);
        int64_t t_act = 1 + spot_rng_below(&rng, 9);
        bool skip = overlap + n <= HORIZON && spot_rng_below(&rng, 2) == 1;
        int64_t latency[CHUNKS_MAX];
        int64_t observed[CHUNKS_MAX];
        int64_t start[CHUNKS_MAX];
        for (int k = 0; k < CHUNKS_MAX; k++) {
            latency[k] = spot_rng_below(&rng, (uint32_t)(2 * t_act * n) + 1);
        }
        oracle_overlap(n, overlap, t_act, latency, CHUNKS_MAX, CHUNKS_MAX, observed, start);

        spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, n, overlap, t_act);
        config.align = skip ? SPOT_ALIGN_SKIP : SPOT_ALIGN_NONE;
        spot_exec *exec = make_exec(&config);
        drive(exec, start[CHUNKS_MAX - 1], latency, CHUNKS_MAX, &log);
        int64_t wait = latency[0];
        for (int k = 1; k < CHUNKS_MAX; k++) {
            wait += start[k] - start[k - 1] - n * t_act;
            assert_true(start[k] - start[k - 1] >= n * t_act);
        }
        assert_true(log.stats.wait_ticks == wait);
        assert_int_equal(log.n_acts, n * (CHUNKS_MAX - 1));
        assert_true(log.stats.dropped == (skip ? overlap * (CHUNKS_MAX - 2) : 0));
        for (int i = 0; i < log.n_acts; i++) {
            int k = i / n;
            int base = skip && k > 0 ? overlap : 0;
            assert_int_equal(log.acts[i].inference, k);
            assert_int_equal(log.acts[i].index, base + i % n);
            assert_true(log.acts[i].tick == start[k] + (i % n) * t_act);
            assert_true(log.observed[k] == observed[k]);
        }
        spot_exec_destroy(exec);
    }
}

static void jitter_is_averaged_sample_by_sample_as_in_p06(void **state)
{
    (void)state;
    static run_log log;
    /* T_inf 20 or 100 ms in turn, n' T_act = 60 ms: mean wait 20 ms, not max(0, 60 - 60) = 0. */
    const int64_t latency[] = {100, 20};
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 3, 3, 20);
    spot_exec *exec = make_exec(&config);
    /* From chunk 1 on: 60, 100, 60, 100, ...; 40 of them take 40 * 80 ms. */
    drive(exec, 100 + 40 * 80, latency, 2, &log);
    assert_true(log.stats.chunks == 40);
    assert_true(log.stats.wait_ticks == 100 + 40 * 20);
    spot_exec_destroy(exec);
}

static void the_first_chunk_is_never_skipped_into(void **state)
{
    (void)state;
    static run_log log;
    const int64_t cost = 33;
    spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, 8, 10);
    config.align = SPOT_ALIGN_SKIP;
    spot_exec *exec = make_exec(&config);
    drive(exec, 300, &cost, 1, &log);
    for (int i = 0; i < log.n_acts; i++) {
        assert_int_equal(log.acts[i].index, i < 8 ? i : 8 + i % 8);
        /* Nothing is late here: an action runs exactly when the chunk meant it to. */
        assert_true(i < 8 || log.acts[i].age == INT64_C(10) * log.acts[i].index);
    }
    spot_exec_destroy(exec);
}

/* Cadence by brute force over times: at each tick the newest finished inference is in charge; it acts
 * if one of its actions is due now and was not due when it finished. */
static void check_cadence(int n, int64_t t_act, int64_t t_ovh, const int64_t *latency,
                          const run_log *log, int64_t n_ticks)
{
    int i_act = 0;
    int64_t covered_until = 0;
    int64_t waits = 0;
    for (int k = 0; k + 1 < log->n_observed; k++) {
        int64_t cycle = max64(n * t_act, latency[k] + t_ovh);
        assert_true(log->observed[k + 1] - log->observed[k] == cycle);
    }
    for (int64_t tick = 0; tick < n_ticks; tick++) {
        int owner = -1;
        for (int k = 0; k < log->n_observed; k++) {
            if (log->observed[k] + latency[k] <= tick) {
                owner = k;
            }
        }
        int64_t age = owner >= 0 ? tick - log->observed[owner] : -1;
        bool due = owner >= 0 && age % t_act == 0 && age / t_act < HORIZON && age > latency[owner];
        if (due) {
            assert_true(i_act < log->n_acts);
            assert_true(log->acts[i_act].tick == tick);
            assert_int_equal(log->acts[i_act].inference, owner);
            assert_true(log->acts[i_act].index == age / t_act && log->acts[i_act].age == age);
            covered_until = tick + t_act;
            i_act++;
        }
        waits += tick >= covered_until;
    }
    assert_int_equal(i_act, log->n_acts);
    assert_true(log->stats.wait_ticks == waits);
}

static void cadence_agrees_with_brute_force(void **state)
{
    (void)state;
    static run_log log;
    for (uint64_t seed = 0; seed < 200; seed++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_LATENCY, 1);
        int n = 1 + (int)spot_rng_below(&rng, 12);
        int64_t t_act = 1 + spot_rng_below(&rng, 6);
        int64_t t_ovh = spot_rng_below(&rng, 4);
        static int64_t latency[LOG_MAX];
        for (int k = 0; k < LOG_MAX; k++) {
            latency[k] = spot_rng_below(&rng, (uint32_t)(20 * t_act));
        }
        spot_exec_config config = make_config(SPOT_SCHEDULE_CADENCE, n, 0, t_act);
        config.overhead_ticks = t_ovh;
        spot_exec *exec = make_exec(&config);
        drive(exec, 1500, latency, LOG_MAX, &log);
        check_cadence(n, t_act, t_ovh, latency, &log, 1500);
        spot_exec_destroy(exec);
    }
}

static void cadence_drops_what_is_due_already(void **state)
{
    (void)state;
    static run_log log;
    /* #{j : j T_act <= T_inf}, T_act = 10, n = 8. */
    static const struct {
        int64_t latency;
        int dropped;
    } rows[] = {{0, 1}, {1, 1}, {9, 1}, {10, 2}, {19, 2}, {25, 3}, {79, 8}, {160, 16}, {500, 16}};
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        spot_exec_config config = make_config(SPOT_SCHEDULE_CADENCE, 8, 0, 10);
        spot_exec *exec = make_exec(&config);
        drive(exec, max64(rows[r].latency + 1, 11), &rows[r].latency, 1, &log);
        assert_true(log.stats.dropped == rows[r].dropped);
        assert_true(rows[r].dropped == HORIZON || log.n_observed == 1);
        spot_exec_destroy(exec);
    }
}

static void cadence_of_the_published_robot_takes_0_8_s_whatever_the_steps(void **state)
{
    (void)state;
    static run_log log;
    /* 8 actions at 10 Hz; T_inf 162, 186 or 199 ms leave the cycle at 0.8 s. */
    const int64_t latencies[] = {162, 186, 199};
    for (int i = 0; i < 3; i++) {
        spot_exec_config config = make_config(SPOT_SCHEDULE_CADENCE, 8, 0, 100);
        spot_exec *exec = make_exec(&config);
        drive(exec, 8000, &latencies[i], 1, &log);
        assert_int_equal(log.n_observed, 10);
        assert_true(log.stats.wait_ticks == 200); /* until the first action that is not stale */
        assert_true(log.stats.dropped == INT64_C(2) * log.n_observed);
        spot_exec_destroy(exec);
    }
}

static void latencies_become_ticks_by_the_rule_of_the_clock(void **state)
{
    (void)state;
    /* Vector P11: d = round half even (0.03 L / ms), 10 ticks a control step of 1/30 s. */
    static const double latency_ms[] = {1.80, 9.82, 21.44, 35.80, 33.75, 54.63, 50.0, 150.0};
    static const int64_t steps[] = {0, 0, 1, 1, 1, 2, 2, 4};
    for (int i = 0; i < 8; i++) {
        assert_true(spot_exec_latency_ticks(SPOT_CLOCK_PAPER, latency_ms[i] * 1e-3, 1.0 / 300.0,
                                            10) == 10 * steps[i]);
    }
    assert_string_equal(spot_clock_str(SPOT_CLOCK_EXACT), "exact");
    assert_string_equal(spot_clock_str(SPOT_CLOCK_PAPER), "paper");
    assert_string_equal(spot_clock_str((spot_clock)2), "unknown");
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, 0.29 + 0.03 * 5, 0.002, 50) == 220);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, 0.0029, 0.002, 50) == 1);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, 0.0, 0.002, 50) == 0);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, INFINITY, 0.002, 50) == INT64_C(1) << 53);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, (double)NAN, 0.002, 50) == -1);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, -1e-9, 0.002, 50) == -1);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, 1.0, 0.0, 50) == -1);
    assert_true(spot_exec_latency_ticks(SPOT_CLOCK_EXACT, 1.0, 0.002, 0) == -1);
}

static void reset_starts_over_with_the_same_events(void **state)
{
    (void)state;
    static run_log once, again;
    const int64_t latency[] = {3, 50, 0, 17};
    const spot_schedule schedules[] = {SPOT_SCHEDULE_OVERLAP, SPOT_SCHEDULE_CADENCE};
    for (int i = 0; i < 2; i++) {
        int overlap = schedules[i] == SPOT_SCHEDULE_OVERLAP ? 2 : 0;
        spot_exec_config config = make_config(schedules[i], 5, overlap, 7);
        config.align = SPOT_ALIGN_SKIP;
        spot_exec *exec = make_exec(&config);
        drive(exec, 333, latency, 4, &once);
        spot_exec_reset(exec);
        drive(exec, 333, latency, 4, &again);
        assert_same_log(&once, &again);
        spot_exec_destroy(exec);
    }
}

static void impossible_configurations_are_refused_with_a_reason(void **state)
{
    (void)state;
    const spot_exec_config good = make_config(SPOT_SCHEDULE_OVERLAP, 8, 4, 10);
    spot_exec_config bad[16];
    int count = 0;
    for (int i = 0; i < 16; i++) {
        bad[i] = good;
    }
    bad[count++].n_execute = 0;
    bad[count++].n_execute = HORIZON + 1;
    bad[count++].overlap = 9;
    bad[count++].overlap = -1;
    bad[count++].schedule = SPOT_SCHEDULE_SYNC;
    bad[count++].schedule = SPOT_SCHEDULE_CADENCE;
    bad[count].overlap = 0; /* or that is what is wrong */
    bad[count++].schedule = (spot_schedule)7;
    bad[count++].align = (spot_align)7;
    bad[count++].horizon = 0;
    bad[count++].horizon = 1 << 20;
    bad[count++].action_dim = 0;
    bad[count++].anchor_dim = -1;
    bad[count++].ticks_per_action = 0;
    bad[count++].overhead_ticks = -1;
    bad[count].align = SPOT_ALIGN_SKIP;
    bad[count].n_execute = 13;
    bad[count++].horizon = 16;
    for (int i = 0; i < count; i++) {
        spot_exec *exec = (spot_exec *)&bad[0];
        spot_diag diag = {.text = ""};
        assert_int_equal(spot_exec_create(&bad[i], &exec, &diag), SPOT_E_RANGE);
        assert_null(exec);
        assert_non_null(strstr(diag.text, i < count - 1 ? "expected" : "needs"));
    }
    assert_int_equal(spot_exec_create(&good, NULL, NULL), SPOT_E_INVALID);
    spot_exec_destroy(NULL);
}

static void submit_without_an_observation_is_refused(void **state)
{
    (void)state;
    const float chunk[HORIZON * DIM] = {0.0F};
    const double anchor = 0.0;
    spot_exec_config config = make_config(SPOT_SCHEDULE_SYNC, 2, 0, 5);
    spot_exec *exec = make_exec(&config);
    assert_int_equal(spot_exec_submit(exec, chunk, &anchor, 0), SPOT_E_STATE);
    assert_int_equal(spot_exec_poll(exec, 0).kind, SPOT_EXEC_OBSERVE);
    assert_int_equal(spot_exec_submit(exec, chunk, &anchor, -1), SPOT_E_INVALID);
    assert_int_equal(spot_exec_submit(exec, chunk, NULL, 0), SPOT_E_INVALID);
    assert_int_equal(spot_exec_submit(exec, chunk, &anchor, 0), SPOT_OK);
    assert_int_equal(spot_exec_submit(exec, chunk, &anchor, 0), SPOT_E_STATE);
    assert_int_equal(spot_exec_poll(exec, 0).kind, SPOT_EXEC_ACT);
    spot_exec_destroy(exec);
}

static void the_largest_and_the_smallest_sizes_are_taken(void **state)
{
    (void)state;
    enum { MOST = 4096 };
    spot_exec *exec = NULL;
    spot_exec_config config = make_config(SPOT_SCHEDULE_SYNC, 1, 0, 1);
    const float chunk[HORIZON] = {0.5F};
    config.action_dim = 1;
    config.anchor_dim = 0;
    exec = make_exec(&config);
    assert_int_equal(spot_exec_poll(exec, 0).kind, SPOT_EXEC_OBSERVE);
    assert_int_equal(spot_exec_submit(exec, chunk, NULL, 0), SPOT_OK);
    assert_true(spot_exec_poll(exec, 0).action[0] == 0.5F);
    spot_exec_destroy(exec);
    config.horizon = MOST;
    spot_exec_destroy(make_exec(&config));
    config.horizon = MOST + 1;
    assert_int_equal(spot_exec_create(&config, &exec, NULL), SPOT_E_RANGE);
    config.horizon = 1;
    config.anchor_dim = MOST;
    config.action_dim = MOST;
    spot_exec_destroy(make_exec(&config));
    config.anchor_dim = MOST + 1;
    assert_int_equal(spot_exec_create(&config, &exec, NULL), SPOT_E_RANGE);
}

static void a_tick_of_waiting_is_counted_once(void **state)
{
    (void)state;
    const float chunk[HORIZON * DIM] = {0.0F};
    const double anchor = 0.0;
    spot_exec_config config = make_config(SPOT_SCHEDULE_SYNC, 2, 0, 5);
    spot_exec *exec = make_exec(&config);
    assert_int_equal(spot_exec_poll(exec, 0).kind, SPOT_EXEC_OBSERVE);
    assert_int_equal(spot_exec_submit(exec, chunk, &anchor, 9), SPOT_OK);
    for (int64_t tick = 0; tick < 3; tick++) {
        for (int again = 0; again < 3; again++) {
            assert_int_equal(spot_exec_poll(exec, tick).kind, SPOT_EXEC_NONE);
            assert_true(spot_exec_read_stats(exec)->wait_ticks == tick + 1);
        }
    }
    spot_exec_destroy(exec);
}

enum { QUIET_TICKS = 400, QUIET_MOST = 8 };

/* As drive, but asks behind each tick how long nothing is due; *busy: whether something was. */
static void drive_asking(spot_exec *exec, const int64_t *latency, run_log *log,
                         int64_t quiet[QUIET_TICKS], bool busy[QUIET_TICKS])
{
    memset(log, 0, sizeof(*log));
    for (int64_t tick = 0; tick < QUIET_TICKS; tick++) {
        spot_exec_event event = spot_exec_poll(exec, tick);
        busy[tick] = event.kind != SPOT_EXEC_NONE;
        for (; event.kind != SPOT_EXEC_NONE; event = spot_exec_poll(exec, tick)) {
            if (event.kind == SPOT_EXEC_OBSERVE) {
                answer(exec, tick, latency[log->n_observed % CHUNKS_MAX], log);
            } else {
                note_action(&event, tick, log);
            }
        }
        quiet[tick] = spot_exec_quiet(exec, tick + 1, QUIET_MOST);
    }
    log->stats = *spot_exec_read_stats(exec);
}

/* Against the polls that follow, on random schedules; asking changes neither them nor the counts. */
static void quiet_ticks_are_those_at_which_nothing_is_due(void **state)
{
    (void)state;
    static run_log log, asked;
    for (uint64_t seed = 0; seed < 60; seed++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_LATENCY, 1);
        const bool cadence = seed % 3 == 0;
        const int n = 1 + (int)spot_rng_below(&rng, 8);
        const int overlap = cadence ? 0 : (int)spot_rng_below(&rng, (uint32_t)n + 1);
        spot_exec_config config =
            make_config(cadence ? SPOT_SCHEDULE_CADENCE : SPOT_SCHEDULE_OVERLAP, n, overlap,
                        1 + spot_rng_below(&rng, 9));
        int64_t latency[CHUNKS_MAX], quiet[QUIET_TICKS];
        bool busy[QUIET_TICKS];
        for (int k = 0; k < CHUNKS_MAX; k++) {
            latency[k] = spot_rng_below(&rng, 60);
        }
        spot_exec *exec = make_exec(&config);
        drive(exec, QUIET_TICKS, latency, CHUNKS_MAX, &log);
        spot_exec_reset(exec);
        drive_asking(exec, latency, &asked, quiet, busy);
        assert_same_log(&log, &asked);
        for (int64_t tick = 0; tick + QUIET_MOST < QUIET_TICKS; tick++) {
            int64_t want = 0;
            while (want < QUIET_MOST && !busy[tick + 1 + want]) {
                want++;
            }
            assert_true(quiet[tick] == want);
        }
        spot_exec_destroy(exec);
    }
}

static void create_survives_every_failed_allocation(void **state)
{
    (void)state;
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_exec_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, 4, 10);
        config.allocator = &allocator;
        spot_exec *exec = (spot_exec *)&mem;
        assert_true(k < 100);
        st = spot_exec_create(&config, &exec, NULL);
        assert_true(st == SPOT_OK ? k > 1 : st == SPOT_E_NOMEM && exec == NULL);
        spot_exec_destroy(exec);
        spot_test_assert_no_leak(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_p01_and_p03_come_out_tick_by_tick),
        cmocka_unit_test(sixteen_chunks_take_the_finite_episode_time_of_p04),
        cmocka_unit_test(scheduler_acceptance_cases_hold),
        cmocka_unit_test(chunk_time_and_ages_follow_the_closed_form_on_a_grid),
        cmocka_unit_test(sync_is_overlap_of_depth_zero),
        cmocka_unit_test(random_latencies_agree_with_the_chunk_by_chunk_oracle),
        cmocka_unit_test(jitter_is_averaged_sample_by_sample_as_in_p06),
        cmocka_unit_test(the_first_chunk_is_never_skipped_into),
        cmocka_unit_test(cadence_agrees_with_brute_force),
        cmocka_unit_test(cadence_drops_what_is_due_already),
        cmocka_unit_test(cadence_of_the_published_robot_takes_0_8_s_whatever_the_steps),
        cmocka_unit_test(latencies_become_ticks_by_the_rule_of_the_clock),
        cmocka_unit_test(reset_starts_over_with_the_same_events),
        cmocka_unit_test(impossible_configurations_are_refused_with_a_reason),
        cmocka_unit_test(submit_without_an_observation_is_refused),
        cmocka_unit_test(the_largest_and_the_smallest_sizes_are_taken),
        cmocka_unit_test(a_tick_of_waiting_is_counted_once),
        cmocka_unit_test(quiet_ticks_are_those_at_which_nothing_is_due),
        cmocka_unit_test(create_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
