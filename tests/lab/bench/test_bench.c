/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The arithmetic of a bench, on a clock that says what the test wants. Nothing here depends on how
 * long anything takes; what is measured for real is only held against itself.
 */
#include "spot/bench.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/policy/random_dit.h"
#include "support/spot_test.h"

#define FIXTURE SPOT_SOURCE_DIR "/tests/fixtures/dit_flow"

enum { N_POINTS = 3, CALLS_MOST = 1000 };

/* Sums of some hundred terms, each rounded, on numbers near 1. */
static const double ROUNDING = 1e-12;

static const spot_point POINTS[N_POINTS] = {
    {.steps = 3}, {.steps = 1}, {.steps = 3, .quant = "w8a8"}};

/* Duration of call `call` of point `point` in round `round`, s. */
typedef double (*duration_fn)(int point, int round, int call);

typedef struct fake_clock {
    duration_fn duration;
    int n_points, calls;
    double now_s;
    int n_asked; /* twice a timed call */
} fake_clock;

static double fake_now(void *ctx)
{
    fake_clock *c = ctx;
    const int i = c->n_asked / 2;
    const int turn = i / c->calls;

    if (c->n_asked % 2 == 1) {
        c->now_s += c->duration(turn % c->n_points, turn / c->n_points, i % c->calls);
    }
    c->n_asked++;
    return c->now_s;
}

static spot_policy *load(const spot_allocator *allocator)
{
    spot_policy *policy = NULL;

    assert_int_equal(spot_policy_load(FIXTURE, allocator, &policy, NULL), SPOT_OK);
    return policy;
}

static spot_bench_config small_config(int rounds, int calls)
{
    spot_bench_config config;

    spot_bench_config_default(&config);
    config.points = POINTS;
    config.n_points = N_POINTS;
    config.rounds = rounds;
    config.calls = calls;
    config.warm_up = 1;
    config.probe = false;
    return config;
}

/* Runs a small bench on the fake clock. */
static void run(duration_fn duration, int rounds, int calls, int baseline, spot_bench_row *rows)
{
    spot_policy *policy = load(NULL);
    spot_bench_config config = small_config(rounds, calls);
    fake_clock clock = {.duration = duration, .n_points = N_POINTS, .calls = calls};
    spot_bench_machine machine;
    spot_diag diag = {""};

    config.baseline = baseline;
    config.now_s = fake_now;
    config.clock_ctx = &clock;
    if (spot_bench_run(policy, &config, rows, &machine, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(clock.n_asked, 2 * N_POINTS * rounds * calls);
    assert_string_equal(machine.probe, "none");
    assert_true(machine.kernels[0] != '\0');
    spot_policy_destroy(policy);
}

static double uneven(int point, int round, int call)
{
    const int k = (point * 31 + round) * 17 + call;

    return 1e-3 * (1 + point) + 1e-5 * (k * k % 101);
}

/* Rank of a duration by counting, so nothing is sorted here. */
static double ranked(int point, int rounds, int calls, int rank)
{
    for (int i = 0; i < rounds * calls; i++) {
        const double s = uneven(point, i / calls, i % calls);
        int below = 0;
        int equal = 0;

        for (int k = 0; k < rounds * calls; k++) {
            const double other = uneven(point, k / calls, k % calls);

            below += other < s;
            equal += other == s;
        }
        if (rank >= below && rank < below + equal) {
            return s;
        }
    }
    fail_msg("no such rank");
    return 0.0;
}

static void latencies_are_those_of_the_clock(void **state)
{
    static const struct {
        int rounds, calls;
    } sizes[] = {{5, 4}, {7, 3}}; /* an even and an odd number */

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const int rounds = sizes[k].rounds;
        const int calls = sizes[k].calls;
        const int n = rounds * calls;
        spot_bench_row rows[N_POINTS];
        double medians[N_POINTS];

        run(uneven, rounds, calls, 0, rows);
        for (int i = 0; i < N_POINTS; i++) {
            double sum = 0.0;
            double squares = 0.0;

            for (int j = 0; j < n; j++) {
                sum += uneven(i, j / calls, j % calls);
                squares += pow(uneven(i, j / calls, j % calls), 2.0);
            }
            medians[i] =
                0.5 * (ranked(i, rounds, calls, (n - 1) / 2) + ranked(i, rounds, calls, n / 2));
            assert_close(rows[i].alone.mean_s, sum / n, ROUNDING, 0.0);
            assert_close(pow(rows[i].alone.sd_s, 2.0), (squares - sum * sum / n) / (n - 1),
                         ROUNDING, 0.0);
            assert_close(rows[i].alone.median_s, medians[i], ROUNDING, 0.0);
            assert_close(rows[i].alone.p95_s, ranked(i, rounds, calls, (int)(0.95 * (n - 1))),
                         ROUNDING, 0.0);
            assert_close(rows[i].alpha, medians[i] / medians[0], 0.0, 1e-9);
            assert_true(rows[i].alpha_ci.lo <= rows[i].alpha &&
                        rows[i].alpha <= rows[i].alpha_ci.hi);
            assert_close(rows[i].macs_s * medians[i], rows[i].macs, 0.0, 1e-9);
            assert_close(rows[i].loaded_chunks_s, 0.0, 0.0, 0.0);
            assert_int_equal(rows[i].bound, SPOT_BENCH_UNKNOWN);
        }
    }
}

/* Point 1 has one call that takes 50 times as long, point 2 every fifth one. */
static double held_up(int point, int round, int call)
{
    const double usual = 1e-3 * (1 + point);
    const bool slow = point == 1 ? round == 3 && call == 2 : point == 2 && call == 4;
    return slow ? 50.0 * usual : usual;
}

static void a_call_that_was_held_up_leaves_the_median(void **state)
{
    spot_bench_row rows[N_POINTS];

    (void)state;
    run(held_up, 8, 5, 0, rows);
    assert_int_equal(rows[0].n_outliers, 0);
    assert_int_equal(rows[1].n_outliers, 1);
    assert_close(rows[1].largest_s, 0.1, ROUNDING, 0.0);
    assert_close(rows[1].alone.mean_s, 2e-3, ROUNDING, 0.0);
    assert_close(rows[1].alone.sd_s, 0.0, ROUNDING, 0.0);
    assert_int_equal(rows[2].n_outliers, 0); /* it recurs: that is how long calls take */
    assert_close(rows[2].alone.mean_s, 3e-3 * (4 + 50) / 5, ROUNDING, 0.0);
}

/* A machine that is up to four times as slow in some rounds, in any order. */
static double drifting(int point, int round, int call)
{
    (void)call;
    return (point == 1 ? 0.25 : point == 2 ? 0.5 : 1.0) * (1.0 + round * 7 % 10 / 3.0);
}

static void a_drift_that_all_points_share_leaves_alpha_sharp(void **state)
{
    spot_bench_row rows[N_POINTS];

    (void)state;
    run(drifting, 10, 2, 0, rows);
    assert_true(rows[0].alone.sd_s > 0.3 * rows[0].alone.mean_s);
    for (int i = 0; i < N_POINTS; i++) {
        const double want = i == 1 ? 0.25 : i == 2 ? 0.5 : 1.0;

        assert_close(rows[i].alpha, want, ROUNDING, 0.0);
        assert_close(rows[i].alpha_ci.lo, want, ROUNDING, 0.0);
        assert_close(rows[i].alpha_ci.hi, want, ROUNDING, 0.0);
    }
}

/* Point 2 takes 1 in one half of the rounds and 3 in the other. */
static double two_fold(int point, int round, int call)
{
    (void)call;
    return point == 2 && round % 2 == 1 ? 3.0 : 1.0;
}

/* A resample has a majority of either kind with probability 1/2 (1 - C(10, 5) / 2^10) = 38 %, far more
 * than the 2.5 % that an end of the interval leaves out; a tie gives the mean. */
static void rounds_that_disagree_widen_the_interval(void **state)
{
    spot_bench_row rows[N_POINTS];

    (void)state;
    run(two_fold, 10, 20, 0, rows);
    assert_close(rows[2].alpha, 2.0, ROUNDING, 0.0);
    assert_close(rows[2].alpha_ci.lo, 1.0, ROUNDING, 0.0);
    assert_close(rows[2].alpha_ci.hi, 3.0, ROUNDING, 0.0);
    assert_close(rows[1].alpha_ci.hi, 1.0, ROUNDING, 0.0);
    run(drifting, 5, 1, 1, rows); /* another baseline */
    assert_close(rows[0].alpha, 4.0, ROUNDING, 0.0);
    assert_close(rows[1].alpha, 1.0, ROUNDING, 0.0);
}

static double standing(int point, int round, int call)
{
    (void)point;
    (void)round;
    (void)call;
    return 0.0;
}

static void a_roof_is_the_lower_of_arithmetic_and_reading(void **state)
{
    spot_policy *policy = load(NULL);
    spot_bench_config config = small_config(5, 2);
    spot_bench_row rows[N_POINTS];
    spot_bench_machine machine;

    (void)state;
    config.probe = true;
    assert_int_equal(spot_bench_run(policy, &config, rows, &machine, NULL), SPOT_OK);
    for (int i = 0; i < N_POINTS; i++) {
        const spot_bench_row *r = &rows[i];
        const double macs = r->cost.macs_fp32 + r->cost.macs_bf16 + r->cost.macs_int8;
        const double bytes = r->cost.weight_read_bytes + r->cost.kv_read_bytes;

        assert_close(r->macs, macs, 0.0, ROUNDING);
        assert_true(r->processor_frac > 0.0 && isfinite(r->processor_frac));
        assert_close(r->read_bytes, bytes, 0.0, ROUNDING);
        assert_close(r->intensity, macs / bytes, 0.0, ROUNDING);
        assert_true((r->cost.macs_int8 > 0.0) == (i == 2));
        if (machine.fp32_macs_s > 0.0) {
            const double computing_s =
                r->cost.macs_fp32 / machine.fp32_macs_s + r->cost.macs_int8 / machine.int8_macs_s;
            const double reading_s = bytes / r->bandwidth;
            const double roof_s = fmax(computing_s, reading_s);

            assert_true(r->bandwidth > 0.0);
            assert_close(r->roof_macs_s, macs / roof_s, 0.0, 1e-9);
            assert_close(r->roof_frac, roof_s / r->alone.median_s, 0.0, 1e-9);
            assert_int_equal(r->bound,
                             computing_s >= reading_s ? SPOT_BENCH_ARITHMETIC : SPOT_BENCH_READING);
        } else {
            assert_int_equal(r->bound, SPOT_BENCH_UNKNOWN);
        }
    }
    /* the same weights, whatever the steps */
    assert_close(rows[0].bandwidth, rows[1].bandwidth, 0.0, 0.0);
    spot_policy_destroy(policy);
}

/* A clock of 1 s a look, that stands still after so many; for all threads. */
typedef struct shared_clock {
    atomic_int n_asked;
    int most;
} shared_clock;

static double ask_shared(void *ctx)
{
    shared_clock *c = ctx;
    const int n = atomic_fetch_add(&c->n_asked, 1);

    return n < c->most ? n : c->most;
}

enum { THREADS = 3, LOAD_CALLS = 40, ALONE_LOOKS = 2 * N_POINTS * 5 * 2 };

static spot_status run_load(shared_clock *clock, spot_bench_row *rows, spot_diag *diag)
{
    spot_policy *policy = load(NULL);
    spot_bench_config config = small_config(5, 2);

    config.threads = THREADS;
    config.load_calls = LOAD_CALLS;
    config.now_s = ask_shared;
    config.clock_ctx = clock;

    const spot_status st = spot_bench_run(policy, &config, rows, NULL, diag);

    spot_policy_destroy(policy);
    return st;
}

/* Each thread looks twice a call, and once before and once behind them all, so that at a second a look
 * 2 LOAD_CALLS + 1 s pass at least, and at most as many as there are looks of all threads, less one. */
static void a_load_is_timed_by_the_clock_from_first_to_last_call(void **state)
{
    const double looks = 2.0 * LOAD_CALLS + 2.0;
    spot_bench_row rows[N_POINTS];
    shared_clock clock = {.most = 1 << 30};
    spot_diag diag = {""};

    (void)state;
    assert_int_equal(run_load(&clock, rows, &diag), SPOT_OK);
    assert_int_equal(atomic_load(&clock.n_asked), ALONE_LOOKS + N_POINTS * THREADS * (int)looks);
    for (int i = 0; i < N_POINTS; i++) {
        const double chunks = (double)THREADS * LOAD_CALLS;

        assert_true(rows[i].loaded_chunks_s <= chunks / (looks - 1.0) + ROUNDING);
        assert_true(rows[i].loaded_chunks_s >= chunks / (THREADS * looks - 1.0) - ROUNDING);
        /* looks of a thread follow each other: all calls together take no longer than all looks */
        assert_true(rows[i].loaded.median_s >= 1.0);
        assert_true(rows[i].loaded.mean_s * LOAD_CALLS <= THREADS * looks - 1.0);
    }
    clock = (shared_clock){.most = ALONE_LOOKS};
    assert_int_equal(run_load(&clock, rows, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "the clock stood still"));
}

static void several_threads_are_measured_together(void **state)
{
    spot_policy *policy = load(NULL);
    spot_bench_config config = small_config(5, 2);
    spot_bench_row rows[N_POINTS];

    (void)state;
    config.threads = 3;
    config.load_calls = 40;
    assert_int_equal(spot_bench_run(policy, &config, rows, NULL, NULL), SPOT_OK);
    for (int i = 0; i < N_POINTS; i++) {
        const spot_bench_latency *l = &rows[i].loaded;

        assert_true(l->median_s > 0.0 && l->median_s <= l->p95_s);
        assert_true(rows[i].loaded_chunks_s > 0.0 && isfinite(rows[i].loaded_chunks_s));
    }
    spot_policy_destroy(policy);
}

/* 3 present tokens and what the window reads of the past; 38 channels in 4 blocks, a key and a value
 * each; the past is read once more to gather it. Either kind may be the longer one. */
static void the_past_is_as_long_as_it_can_be(void **state)
{
    static const spot_point points[] = {{.steps = 2}, {.steps = 2, .kv = "1:3"}};
    static const int most[][2] = {{6, 3}, {3, 6}};
    spot_bench_config config = small_config(5, 1);

    (void)state;
    config.points = points;
    config.n_points = 2;
    for (int k = 0; k < 2; k++) {
        random_dit_sizes sizes = random_dit_small;
        spot_policy *policy = NULL;
        spot_bench_row rows[2];
        char dir[1024];

        sizes.frames = most[k][0];
        sizes.commands = most[k][1];
        random_dit *random = random_dit_create(&sizes, 1);
        spot_test_temp_path(dir, sizeof dir, "policy");
        random_dit_write(random, dir);
        random_dit_destroy(random);
        assert_int_equal(spot_policy_load(dir, NULL, &policy, NULL), SPOT_OK);
        assert_int_equal(spot_bench_run(policy, &config, rows, NULL, NULL), SPOT_OK);
        for (int i = 0; i < 2; i++) {
            const int past = i == 0 ? 9 : 4;

            assert_close(rows[i].cost.kv_read_bytes, 4.0 * 2 * 38 * 4 * (2 * (3 + past) + past),
                         0.0, 0.0);
        }
        spot_policy_destroy(policy);
    }
}

/* All keys of a point reach its session: fewer multiply-adds for 32 hidden units
 * instead of 37, in 3 blocks, two layers of 5 tokens and 22 channels, 2 steps. */
static void a_point_is_measured_with_all_that_it_names(void **state)
{
    static const spot_point points[] = {{.steps = 2}, {.steps = 2, .prune = "mlp:0.3"}};
    spot_policy *policy = load(NULL);
    spot_bench_config config = small_config(5, 1);
    spot_bench_row rows[2];

    (void)state;
    config.points = points;
    config.n_points = 2;
    assert_int_equal(spot_bench_run(policy, &config, rows, NULL, NULL), SPOT_OK);
    assert_close(rows[0].macs - rows[1].macs, (37.0 - 32.0) * 3 * 2 * 5 * 22 * 2, 0.0, 0.0);
    spot_policy_destroy(policy);
}

static void what_is_out_of_range_is_refused(void **state)
{
    spot_policy *policy = load(NULL);
    spot_bench_row rows[N_POINTS];
    spot_point points[N_POINTS];
    const spot_bench_config good = small_config(5, 1);
    spot_bench_config bad[12];
    enum { N_BAD = sizeof bad / sizeof bad[0] };
    fake_clock clock = {.duration = standing, .n_points = N_POINTS, .calls = 1};
    spot_diag diag = {""};

    (void)state;
    for (int i = 0; i < N_BAD; i++) {
        bad[i] = good;
    }
    memcpy(points, POINTS, sizeof points);
    points[1].steps = 0;
    bad[0].n_points = 0;
    bad[1].n_points = SPOT_BENCH_POINTS_MAX + 1;
    bad[2].baseline = -1;
    bad[3].baseline = N_POINTS;
    bad[4].rounds = SPOT_BENCH_ROUNDS_MIN - 1;
    bad[5].calls = 0;
    bad[6].warm_up = -1;
    bad[7].threads = 0;
    bad[8].threads = SPOT_BENCH_THREADS_MAX + 1;
    bad[9].load_calls = 0;
    bad[10].points = points;
    bad[11].now_s = fake_now;
    bad[11].clock_ctx = &clock;
    for (int i = 0; i < N_BAD; i++) {
        diag.text[0] = '\0';
        assert_int_equal(spot_bench_run(policy, &bad[i], rows, NULL, &diag), SPOT_E_RANGE);
        assert_non_null(strstr(diag.text, "expected"));
    }
    points[1] = (spot_point){.steps = 1, .quant = "w4a4"}; /* 22 inputs: no group divides them */
    assert_int_equal(spot_bench_run(policy, &bad[10], rows, NULL, &diag), SPOT_E_RANGE);
    assert_int_equal(spot_bench_run(NULL, &good, rows, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_bench_run(policy, NULL, rows, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_bench_run(policy, &good, NULL, NULL, NULL), SPOT_E_INVALID);
    bad[0] = good;
    bad[0].points = NULL;
    assert_int_equal(spot_bench_run(policy, &bad[0], rows, NULL, NULL), SPOT_E_INVALID);
    spot_policy_destroy(policy);
}

static void defaults_are_as_documented(void **state)
{
    spot_bench_config config;

    (void)state;
    memset(&config, 0xFF, sizeof config);
    spot_bench_config_default(&config);
    assert_null(config.points);
    assert_int_equal(config.n_points, 0);
    assert_int_equal(config.baseline, 0);
    assert_int_equal(config.rounds, 25);
    assert_int_equal(config.calls, 20);
    assert_int_equal(config.warm_up, 3);
    assert_int_equal(config.threads, 1);
    assert_int_equal(config.load_calls, 100);
    assert_true(config.probe);
    assert_null(config.kernels);
    assert_true(config.now_s == NULL && config.progress == NULL && config.allocator == NULL);
    spot_bench_config_default(NULL);
}

static bool stop_after_four(void *ctx, int64_t done, int64_t total)
{
    int *n = ctx;

    assert_int_equal(total, 5 * N_POINTS);
    assert_int_equal(done, ++*n);
    return done < 4;
}

static void progress_may_stop_it(void **state)
{
    spot_policy *policy = load(NULL);
    spot_bench_config config = small_config(5, 1);
    spot_bench_row rows[N_POINTS];
    int n = 0;

    (void)state;
    config.progress = stop_after_four;
    config.progress_ctx = &n;
    assert_int_equal(spot_bench_run(policy, &config, rows, NULL, NULL), SPOT_E_STATE);
    assert_int_equal(n, 4);
    spot_policy_destroy(policy);
}

/* With load and probe, so that every allocation is met. */
static void each_failed_allocation_is_survived(void **state)
{
    spot_policy *policy = load(NULL);
    spot_bench_row rows[N_POINTS];

    (void)state;
    for (int k = 0; k < CALLS_MOST; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_bench_config config = small_config(5, 1);

        config.threads = 2;
        config.load_calls = 2;
        config.probe = true;
        config.allocator = &a;

        const spot_status st = spot_bench_run(policy, &config, rows, NULL, NULL);

        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k > 20);
            spot_policy_destroy(policy);
            return;
        }
        assert_int_equal(st, SPOT_E_NOMEM);
    }
    fail_msg("never succeeded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latencies_are_those_of_the_clock),
        cmocka_unit_test(a_call_that_was_held_up_leaves_the_median),
        cmocka_unit_test(a_drift_that_all_points_share_leaves_alpha_sharp),
        cmocka_unit_test(rounds_that_disagree_widen_the_interval),
        cmocka_unit_test(a_roof_is_the_lower_of_arithmetic_and_reading),
        cmocka_unit_test(a_load_is_timed_by_the_clock_from_first_to_last_call),
        cmocka_unit_test(several_threads_are_measured_together),
        cmocka_unit_test(the_past_is_as_long_as_it_can_be),
        cmocka_unit_test(a_point_is_measured_with_all_that_it_names),
        cmocka_unit_test(what_is_out_of_range_is_refused),
        cmocka_unit_test(defaults_are_as_documented),
        cmocka_unit_test(progress_may_stop_it),
        cmocka_unit_test(each_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
