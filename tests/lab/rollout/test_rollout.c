/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One episode in a world whose figures are known: closed forms, charges, pairs, records. */
#include <math.h>
#include <string.h>

#include "lab/rollout/fake_world.h"
#include "support/spot_test.h"

/* Times are sums of at most some thousand ticks of 0.01 s: relative rounding far below this. */
static const double ROUNDING = 1e-12;

static spot_rollout_config make_config(spot_schedule schedule, int n, int overlap, double latency_s)
{
    spot_rollout_config config;
    spot_rollout_config_default(&config);
    config.schedule = schedule;
    config.n_execute = n;
    config.point.overlap = overlap;
    config.latency.mean_s = latency_s;
    return config;
}

static void run_once(const spot_rollout_config *config, fake_world *self, int actions_wanted,
                     uint64_t seed, spot_episode *episode)
{
    spot_world world = make_fake(self, actions_wanted);
    spot_brain brain = make_fake_brain(self);
    spot_rollout *rollout = NULL;
    spot_diag diag = {.text = ""};
    assert_int_equal(spot_rollout_create(config, &world, &brain, &rollout, &diag), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, seed, episode, NULL, NULL, NULL, NULL), SPOT_OK);
    spot_rollout_destroy(rollout);
}

/* N chunks of n actions at n' and T_inf (ticks), against the closed forms of TISED Eq. 1-3 and 6. */
static void check_closed_form(int n_chunks, int n, int overlap, int t_inf)
{
    static fake_world self;
    spot_episode e;
    spot_rollout_config config =
        make_config(SPOT_SCHEDULE_OVERLAP, n, overlap, t_inf * FAKE_TICK_S);
    run_once(&config, &self, n_chunks * n, 5, &e);

    int lead = overlap * FAKE_T_ACT;
    int tau = t_inf > lead ? t_inf - lead : 0;
    int t_ck = n * FAKE_T_ACT + tau;
    int age = t_inf > lead ? t_inf : lead;
    double first = (t_inf + (n_chunks - 1.0) * age) / n_chunks;
    int oldest = (n_chunks > 1 ? age : t_inf) + (n - 1) * FAKE_T_ACT;
    assert_true(e.success);
    assert_true(e.chunks == n_chunks && e.actions == (int64_t)n_chunks * n && e.dropped == 0);
    /* With overlap the next inference has begun when the episode ends. */
    assert_true(e.inferences == n_chunks + (overlap > 0 ? 1 : 0));
    assert_close(e.time_s, (n_chunks * t_ck + (t_inf < lead ? t_inf : lead)) * FAKE_TICK_S, 0.0,
                 ROUNDING);
    assert_close(e.wait_s, (t_inf + (n_chunks - 1) * tau) * FAKE_TICK_S, 0.0, ROUNDING);
    assert_close(e.delay_s * (n_chunks + (overlap > 0 ? 1 : 0)), e.wait_s, 0.0, ROUNDING);
    assert_close(e.inference_s, (double)e.inferences * t_inf * FAKE_TICK_S, 0.0, ROUNDING);
    assert_close(e.age_first_s, first * FAKE_TICK_S, 0.0, ROUNDING);
    assert_close(e.age_mean_s, (first + 0.5 * (n - 1) * FAKE_T_ACT) * FAKE_TICK_S, 0.0, ROUNDING);
    assert_close(e.age_max_s, oldest * FAKE_TICK_S, 0.0, ROUNDING);
}

static void episodes_follow_the_closed_forms(void **state)
{
    (void)state;
    static const int latencies[] = {0, 3, 10, 25, 44, 80, 101};
    for (size_t i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
        for (int overlap = 0; overlap <= 8; overlap += 2) {
            check_closed_form(6, 8, overlap, latencies[i]);
            check_closed_form(1, 8, overlap, latencies[i]);
        }
        check_closed_form(7, 1, 0, latencies[i]);
        check_closed_form(7, 1, 1, latencies[i]);
    }
}

static void actions_reach_the_world_with_the_anchor_of_their_observation(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, 4, 0.25);
    config.point.align = SPOT_ALIGN_SKIP;
    run_once(&config, &self, 32, 9, &e);
    assert_true(e.dropped == 12);
    assert_int_equal(self.n_actions, 32);
    for (int i = 0; i < 32; i++) {
        assert_int_equal((int)self.acted[i][1], i < 8 ? i : 4 + i % 8);
        assert_true((double)self.acted[i][0] == self.anchors[i]);
    }
}

static void latencies_are_charged_by_the_rule_of_the_clock(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    /* 0.147 s is 15 ticks (exact) and one control step of 0.1 s (paper). */
    spot_rollout_config config = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.147);
    run_once(&config, &self, 24, 1, &e);
    assert_close(e.inference_s, 3 * 0.15, 0.0, ROUNDING);
    assert_close(e.time_s, 3 * (0.15 + 0.8), 0.0, ROUNDING);
    config.clock = SPOT_CLOCK_PAPER;
    run_once(&config, &self, 24, 1, &e);
    assert_close(e.inference_s, 3 * 0.1, 0.0, ROUNDING);
    assert_close(e.time_s, 3 * (0.1 + 0.8), 0.0, ROUNDING);
}

static void cadence_pays_in_actions_instead_of_time(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    /* Cycle 0.8 s, T_inf 0.25 s: actions 0-2 are stale; 3..10 run, the next chunk takes over at 3. */
    spot_rollout_config config = make_config(SPOT_SCHEDULE_CADENCE, 8, 0, 0.25);
    run_once(&config, &self, 40, 2, &e);
    /* The sixth chunk was ready (4.25 s) before the end (4.3 s). */
    assert_true(e.chunks == 5 && e.inferences == 6 && e.dropped == 18);
    assert_close(e.time_s, 0.3 + 40 * 0.1, 0.0, ROUNDING);
    assert_close(e.wait_s, 0.3, 0.0, ROUNDING);
    assert_close(e.age_first_s, 0.3, 0.0, ROUNDING);
    for (int i = 0; i < 40; i++) {
        assert_int_equal((int)self.acted[i][1], 3 + i % 8);
    }
    /* An overhead of 0.7 s stretches the cycle to 0.95 s. */
    config.overhead_s = 0.7;
    run_once(&config, &self, 40, 2, &e);
    assert_true(self.anchors[39] == 95.0 * (double)(e.chunks - 1));
}

static void jitter_is_drawn_an_inference_at_a_time(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.2);
    config.latency.spread_s = 0.1;
    run_once(&config, &self, 80, 77, &e);
    int64_t ticks = 0;
    for (uint64_t i = 0; i < 10; i++) {
        spot_rng rng = spot_rng_at(77, SPOT_STREAM_LATENCY, i);
        ticks += llround(spot_latency_draw(&config.latency, &rng) / FAKE_TICK_S);
    }
    assert_true(e.inferences == 10);
    assert_close(e.inference_s, (double)ticks * FAKE_TICK_S, 0.0, ROUNDING);
    assert_close(e.time_s, (double)(ticks + 800) * FAKE_TICK_S, 0.0, ROUNDING);
    assert_true(ticks != 200);
}

static void paired_seeds_face_the_same_episode_at_every_point(void **state)
{
    (void)state;
    static fake_world a, b, c;
    spot_episode e;
    spot_rollout_config fast = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.0);
    spot_rollout_config slow = make_config(SPOT_SCHEDULE_OVERLAP, 4, 2, 0.6);
    run_once(&fast, &a, 40, 1234, &e);
    run_once(&slow, &b, 20, 1234, &e);
    run_once(&slow, &c, 20, 1235, &e);
    assert_true(a.start == b.start && a.start != c.start);
    for (int i = 0; i < 5; i++) {
        assert_true(a.noise_sum[i] == b.noise_sum[i]);
        assert_true(a.noise_sum[i] != c.noise_sum[i]);
        assert_true(i == 0 || a.noise_sum[i] != a.noise_sum[0]);
    }
}

static void an_episode_without_success_ends_at_the_time_limit(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.0);
    run_once(&config, &self, 100000, 1, &e);
    assert_false(e.success);
    assert_int_equal(e.grade, 1);
    assert_close(e.time_s, 20.0, 0.0, ROUNDING);
    /* So slow that nothing ever happens: no chunk, and no division by it. */
    config.latency.mean_s = 50.0;
    run_once(&config, &self, 8, 1, &e);
    assert_true(!e.success && e.chunks == 0 && e.actions == 0 && e.inferences == 1);
    assert_close(e.wait_s, 20.0, 0.0, ROUNDING);
    assert_true(e.delay_s == 0.0 && e.age_first_s == 0.0 && e.age_mean_s == 0.0);
}

static void an_episode_that_ends_in_failure_is_none_of_success(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.0);
    spot_world world = make_fake(&self, 8);
    spot_brain brain = make_fake_brain(&self);
    spot_rollout *rollout = NULL;
    self.spoils = true;
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 1, &e, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_false(e.success);
    assert_close(e.time_s, 0.8, 0.0, ROUNDING);
    spot_rollout_destroy(rollout);
}

static void note_tick(void *ctx, const spot_world *world, int64_t tick)
{
    int64_t *last = ctx;
    (void)world;
    *last = tick == *last + 1 ? tick : -1000;
}

static void trajectories_hold_a_row_a_control_step(void **state)
{
    (void)state;
    static fake_world self;
    enum { DIM = 1 + FAKE_SAMPLE + FAKE_ACTION };
    static double rows[201 * DIM];
    spot_world world = make_fake(&self, 8);
    spot_brain brain = make_fake_brain(&self);
    spot_rollout *rollout = NULL;
    spot_episode e;
    int64_t last = 0;
    spot_trajectory trajectory = {.dim = DIM, .capacity = 201, .rows = rows};
    spot_rollout_config config = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.25);
    assert_true(spot_trajectory_rows(&world.dims) == 201);
    assert_int_equal(spot_trajectory_dim(&world.dims), DIM);
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 3, &e, &trajectory, note_tick, &last, NULL),
                     SPOT_OK);
    /* 105 ticks: rows at 0, 10, ..., 100; the path also counts the last 5. */
    assert_true(last == 105);
    assert_true(trajectory.count == 11);
    for (int i = 0; i < 11; i++) {
        const double *row = rows + (size_t)i * DIM;
        assert_close(row[0], i * 0.1, 0.0, ROUNDING);
        assert_true(row[4] == 10.0 * i && row[2] == 0.25 && row[3] == -0.5);
        /* The chunk of the observation at 0 is there at tick 25; its actions start at 25, 35, ..; what is commanded is
         * the anchor, 0, plus the tick, 0, and in the second number, which has no anchor, the place in the chunk. */
        if (i < 3) {
            assert_true(isnan(row[5]) && isnan(row[6]));
        } else {
            assert_true(row[5] == 0.0 && row[6] == i - 3);
        }
    }
    assert_close(e.path_m, 105 * FAKE_STEP_M, 0.0, 1e-10);
    trajectory.capacity = 200;
    assert_int_equal(spot_rollout_run(rollout, 3, &e, &trajectory, NULL, NULL, NULL),
                     SPOT_E_INVALID);
    trajectory.capacity = 201;
    trajectory.dim = DIM - 1;
    assert_int_equal(spot_rollout_run(rollout, 3, &e, &trajectory, NULL, NULL, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_rollout_run(rollout, 3, NULL, NULL, NULL, NULL, NULL), SPOT_E_INVALID);
    spot_rollout_destroy(rollout);
    spot_rollout_destroy(NULL);
    assert_true(spot_trajectory_rows(NULL) == 0);
}

enum { ROW = 1 + FAKE_SAMPLE + FAKE_ACTION, ROWS = 201 };

/* An episode of 24 actions and its rows, with a world of that table. The calls of its step_many. */
static int run_table(const spot_rollout_config *config, const spot_world_ops *ops, int break_at,
                     spot_episode *episode, spot_trajectory *trajectory)
{
    static fake_world self;
    spot_world world = make_fake(&self, 24);
    spot_brain brain = make_fake_brain(&self);
    spot_rollout *rollout = NULL;
    world.ops = ops;
    self.break_at = break_at;
    self.fail_seed = 4;
    assert_int_equal(spot_rollout_create(config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 4, episode, trajectory, NULL, NULL, NULL), SPOT_OK);
    spot_rollout_destroy(rollout);
    return self.n_many;
}

/* Whatever the schedule, and wherever the episode ends. */
static void many_ticks_at_once_leave_no_trace(void **state)
{
    (void)state;
    static const struct {
        spot_schedule schedule;
        int n, overlap, break_at;
        double latency_s, spread_s;
        int n_call; /* of step_many, worked out by hand; 0 = some, but less than ticks */
    } CASES[] = {
        {SPOT_SCHEDULE_SYNC, 8, 0, 0, 0.0, 0.0, 24}, /* a call an action */
        /* ticks 0-29 and 0.3 s later: all begin where a sample is due */
        {SPOT_SCHEDULE_SYNC, 8, 0, 0, 0.3, 0.0, 24 + 3 * 3},
        /* actions in the middle between two samples: two calls each, as each wait of 10 + 5 */
        {SPOT_SCHEDULE_SYNC, 12, 0, 0, 0.05, 0.0, 1 + 2 * 12 + 1 + 12},
        {SPOT_SCHEDULE_OVERLAP, 8, 4, 0, 0.33, 0.1, 0},
        {SPOT_SCHEDULE_OVERLAP, 3, 1, 0, 0.17, 0.0, 0},
        {SPOT_SCHEDULE_CADENCE, 8, 0, 0, 0.25, 0.05, 0},
        {SPOT_SCHEDULE_SYNC, 8, 0, 57, 0.14, 0.0, 0}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        static double rows[2][ROWS * ROW];
        spot_trajectory paths[2];
        spot_episode e[2];
        int n_many[2];
        spot_rollout_config config =
            make_config(CASES[i].schedule, CASES[i].n, CASES[i].overlap, CASES[i].latency_s);
        config.latency.spread_s = CASES[i].spread_s;
        memset(rows, 0, sizeof(rows));
        for (int k = 0; k < 2; k++) {
            paths[k] = (spot_trajectory){.dim = ROW, .capacity = ROWS, .rows = rows[k]};
            n_many[k] = run_table(&config, k == 0 ? &FAKE_OPS : &FAKE_MANY_OPS, CASES[i].break_at,
                                  &e[k], &paths[k]);
        }
        assert_memory_equal(&e[0], &e[1], sizeof(e[0]));
        assert_memory_equal(rows[0], rows[1], sizeof(rows[0]));
        assert_true(paths[0].count == paths[1].count && n_many[0] == 0);
        assert_int_equal(e[0].invalid, CASES[i].break_at > 0);
        assert_true(n_many[1] > 0 && n_many[1] * FAKE_TICK_S < 0.5 * e[0].time_s);
        assert_true(CASES[i].n_call == 0 || n_many[1] == CASES[i].n_call);
    }
}

/* Who is told of every tick sees every tick. */
static void a_listener_hears_every_tick(void **state)
{
    (void)state;
    static fake_world self;
    spot_world world = make_fake(&self, 8);
    spot_brain brain = make_fake_brain(&self);
    spot_rollout *rollout = NULL;
    spot_episode e;
    int64_t last = 0;
    const spot_rollout_config config = make_config(SPOT_SCHEDULE_SYNC, 8, 0, 0.25);
    world.ops = &FAKE_MANY_OPS;
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 3, &e, NULL, note_tick, &last, NULL), SPOT_OK);
    assert_true(last == 105 && self.n_many == 0);
    spot_rollout_destroy(rollout);
}

static void running_allocates_nothing(void **state)
{
    (void)state;
    static fake_world self;
    spot_test_allocator mem;
    spot_allocator allocator = spot_test_failing_allocator(&mem, -1);
    spot_rollout_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, 4, 0.3);
    config.allocator = &allocator;
    spot_world world = make_fake(&self, 80);
    spot_brain brain = make_fake_brain(&self);
    spot_rollout *rollout = NULL;
    spot_episode once, again;
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
    mem.fail_at = mem.n_alloc;
    assert_int_equal(spot_rollout_run(rollout, 1, &once, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 2, &again, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 1, &again, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_int_equal(mem.n_failed, 0);
    assert_memory_equal(&once, &again, sizeof(once));
    spot_rollout_destroy(rollout);
    spot_test_assert_no_leak(&mem);
}

static void create_survives_every_failed_allocation(void **state)
{
    (void)state;
    static fake_world self;
    spot_world world = make_fake(&self, 8);
    spot_brain brain = make_fake_brain(&self);
    spot_status st = SPOT_E_NOMEM;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_rollout_config config = make_config(SPOT_SCHEDULE_OVERLAP, 8, 4, 0.3);
        config.allocator = &allocator;
        spot_rollout *rollout = NULL;
        assert_true(k < 100);
        st = spot_rollout_create(&config, &world, &brain, &rollout, NULL);
        assert_true(st == SPOT_OK ? k > 1 : st == SPOT_E_NOMEM && rollout == NULL);
        spot_rollout_destroy(rollout);
        spot_test_assert_no_leak(&mem);
    }
}

static void impossible_configurations_are_refused_with_a_reason(void **state)
{
    (void)state;
    static fake_world self;
    const spot_rollout_config good = make_config(SPOT_SCHEDULE_OVERLAP, 8, 4, 0.3);
    spot_rollout_config bad[6] = {good, good, good, good, good, good};
    bad[0].latency.mean_s = -1.0;
    bad[1].latency.mean_s = (double)NAN;
    bad[2].latency.spread_s = (double)INFINITY;
    bad[3].overhead_s = -1.0;
    bad[4].point.overlap = 9;
    bad[5].n_execute = 17;
    for (int i = 0; i < 6; i++) {
        spot_world world = make_fake(&self, 8);
        spot_brain brain = make_fake_brain(&self);
        spot_rollout *rollout = NULL;
        spot_diag diag = {.text = ""};
        assert_int_equal(spot_rollout_create(&bad[i], &world, &brain, &rollout, &diag),
                         SPOT_E_RANGE);
        assert_null(rollout);
        assert_non_null(strstr(diag.text, "expected"));
    }
    for (int i = 0; i < 4; i++) {
        spot_world world = make_fake(&self, 8);
        spot_brain brain = make_fake_brain(&self);
        spot_rollout *rollout = NULL;
        spot_diag diag = {.text = ""};
        world.dims.obs_dim += i == 0;
        world.dims.action_dim += i == 1;
        world.dims.time_limit_s = i == 2 ? 0.0 : 20.0;
        world.dims.tick_s = i == 3 ? 0.0 : FAKE_TICK_S;
        assert_int_equal(spot_rollout_create(&good, &world, &brain, &rollout, &diag),
                         SPOT_E_INVALID);
        assert_null(rollout);
        assert_true(diag.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(episodes_follow_the_closed_forms),
        cmocka_unit_test(actions_reach_the_world_with_the_anchor_of_their_observation),
        cmocka_unit_test(latencies_are_charged_by_the_rule_of_the_clock),
        cmocka_unit_test(cadence_pays_in_actions_instead_of_time),
        cmocka_unit_test(jitter_is_drawn_an_inference_at_a_time),
        cmocka_unit_test(paired_seeds_face_the_same_episode_at_every_point),
        cmocka_unit_test(an_episode_without_success_ends_at_the_time_limit),
        cmocka_unit_test(an_episode_that_ends_in_failure_is_none_of_success),
        cmocka_unit_test(trajectories_hold_a_row_a_control_step),
        cmocka_unit_test(many_ticks_at_once_leave_no_trace),
        cmocka_unit_test(a_listener_hears_every_tick),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(create_survives_every_failed_allocation),
        cmocka_unit_test(impossible_configurations_are_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
