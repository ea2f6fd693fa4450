/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Recorded latencies in the closed loop: which call is charged when, and in two parts; the same for any threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/rollout/fake_world.h"
#include "support/spot_test.h"

enum { N_CALLS = 5, N_SEEDS = 40 };

static const double ROUNDING = 1e-12;

/* Ticks of 0.01 s; the first call warms up. */
static const double CALLS_S[N_CALLS] = {1.5, 0.1, 0.25, 0.4, 0.05};
static const double FIRSTS_S[N_CALLS] = {1.0, 0.1, 0.02, 0.3, 0.0};

static spot_latency_shape *give_trace(spot_rollout_config *config, bool in_parts,
                                      spot_latency_draw_order order)
{
    spot_latency_shape *shape = NULL;
    spot_latency_shape_config c;
    spot_latency_shape_config_default(&c);
    c.order = order;
    c.rest_s = CALLS_S;
    c.first_s = in_parts ? FIRSTS_S : NULL;
    c.n = N_CALLS;
    assert_int_equal(spot_latency_shape_create(&c, &shape, NULL), SPOT_OK);
    spot_latency_use(&config->latency, shape);
    return shape;
}

static void run_once(const spot_rollout_config *config, fake_world *self, int actions_wanted,
                     uint64_t seed, spot_episode *episode)
{
    spot_world world = make_fake(self, actions_wanted);
    spot_brain brain = make_fake_brain(self);
    spot_rollout *rollout = NULL;
    assert_int_equal(spot_rollout_create(config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, seed, episode, NULL, NULL, NULL, NULL), SPOT_OK);
    /* again in the same workspace: from the start of the trace */
    spot_episode again;
    assert_int_equal(spot_rollout_run(rollout, seed, &again, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_memory_equal(episode, &again, sizeof(again));
    spot_rollout_destroy(rollout);
}

static void a_trace_is_replayed_from_each_episodes_start_and_wraps_round(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config;
    spot_rollout_config_default(&config);
    spot_latency_shape *shape = give_trace(&config, false, SPOT_LATENCY_IN_ORDER);
    /* 7 chunks of 8 actions in sync: calls 0..4, then 0 and 1. */
    const double sum_s = 1.5 + 0.1 + 0.25 + 0.4 + 0.05 + 1.5 + 0.1;
    for (uint64_t seed = 0; seed < 3; seed++) {
        run_once(&config, &self, 56, seed, &e);
        assert_true(e.inferences == 7 && e.chunks == 7);
        assert_close(e.inference_s, sum_s, 0.0, ROUNDING);
        assert_close(e.wait_s, sum_s, 0.0, ROUNDING);
        assert_close(e.time_s, sum_s + 5.6, 0.0, ROUNDING);
    }
    spot_latency_shape_destroy(shape);
}

static void the_first_action_goes_before_the_rest_is_there(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config;
    spot_rollout_config_default(&config);
    spot_latency_shape *shape = give_trace(&config, true, SPOT_LATENCY_IN_ORDER);
    run_once(&config, &self, 40, 1, &e);
    /* 5 chunks in sync: first + max(0.1, rest - first) + 7 actions of 0.1 s */
    double time_s = 0.0;
    double age_s = 0.0;
    for (int k = 0; k < N_CALLS; k++) {
        time_s += FIRSTS_S[k] + fmax(0.1, CALLS_S[k] - FIRSTS_S[k]) + 0.7;
        age_s += FIRSTS_S[k] / N_CALLS;
    }
    assert_true(e.inferences == 5 && e.chunks == 5 && e.actions == 40);
    assert_close(e.time_s, time_s, 0.0, ROUNDING);
    assert_close(e.wait_s, time_s - 4.0, 0.0, ROUNDING);
    assert_close(e.age_first_s, age_s, 0.0, ROUNDING);
    assert_close(e.inference_s, 2.3, 0.0, ROUNDING);
    config.clock = SPOT_CLOCK_PAPER; /* control steps of 0.1 s: 10+5, 1, 0+2, 3+1, 0 (half even) */
    run_once(&config, &self, 40, 1, &e);
    assert_close(e.time_s, (1.0 + 0.5 + 0.7) + (0.1 + 0.8) + (0.2 + 0.7) + (0.3 + 0.8) + 0.8, 0.0,
                 ROUNDING);
    spot_latency_shape_destroy(shape);
}

/* As the queue of a robot ought to: under jitter and after a slow first call, the actions that are dropped are
 * those that were executed while the chunk was computed. */
static void actions_dropped_are_actions_consumed(void **state)
{
    (void)state;
    static fake_world self;
    spot_episode e;
    spot_rollout_config config;
    spot_rollout_config_default(&config);
    config.schedule = SPOT_SCHEDULE_OVERLAP;
    config.point.overlap = 3;
    config.point.align = SPOT_ALIGN_SKIP;
    spot_latency_shape *shape = give_trace(&config, false, SPOT_LATENCY_BY_SEED);
    for (uint64_t seed = 0; seed < 20; seed++) {
        run_once(&config, &self, 80, seed, &e);
        int64_t dropped = 0;
        for (int i = 8; i < 80; i += 8) { /* the first action of each chunk but the first */
            int consumed = 0;
            for (int k = 0; k < i; k++) {
                consumed +=
                    self.acted_at[k] >= self.anchors[i]; /* the anchor: the observation's tick */
            }
            assert_int_equal((int)self.acted[i][1], consumed);
            dropped += consumed;
        }
        assert_true(e.dropped == dropped && dropped == 27);
        assert_true(self.acted[0][1] == 0.0F); /* nothing ran before: whatever it took */
    }
    spot_latency_shape_destroy(shape);
}

static void destroy_owned(void *self)
{
    free(self);
}

static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    static spot_world_ops ops;
    fake_world *w = calloc(1, sizeof(*w));
    (void)ctx;
    (void)diag;
    assert_non_null(w);
    *out = make_fake(w, 40);
    ops = *out->ops;
    ops.destroy = destroy_owned;
    out->ops = &ops;
    return SPOT_OK;
}

static void threads_leave_no_trace_in_replayed_latencies(void **state)
{
    (void)state;
    static spot_episode one[N_SEEDS];
    static spot_episode many[N_SEEDS];
    uint64_t seeds[N_SEEDS];
    const spot_brain brain = make_fake_brain(NULL);
    for (uint64_t i = 0; i < N_SEEDS; i++) {
        seeds[i] = 100 + i;
    }
    for (int order = SPOT_LATENCY_IN_ORDER; order <= SPOT_LATENCY_BY_SEED; order++) {
        spot_rollout_batch batch = {.brain = &brain,
                                    .make_world = make_world,
                                    .seeds = seeds,
                                    .n_seeds = N_SEEDS,
                                    .threads = 1};
        spot_rollout_config_default(&batch.config);
        spot_latency_shape *shape = give_trace(&batch.config, true, (spot_latency_draw_order)order);
        assert_int_equal(spot_rollout_run_many(&batch, one, NULL), SPOT_OK);
        batch.threads = 5;
        assert_int_equal(spot_rollout_run_many(&batch, many, NULL), SPOT_OK);
        assert_memory_equal(one, many, sizeof(one));
        int differ = 0;
        for (int i = 1; i < N_SEEDS; i++) {
            differ += one[i].inference_s != one[0].inference_s;
        }
        assert_true(order == SPOT_LATENCY_IN_ORDER ? differ == 0 : differ > N_SEEDS / 2);
        spot_latency_shape_destroy(shape);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_replayed_from_each_episodes_start_and_wraps_round),
        cmocka_unit_test(the_first_action_goes_before_the_rest_is_there),
        cmocka_unit_test(actions_dropped_are_actions_consumed),
        cmocka_unit_test(threads_leave_no_trace_in_replayed_latencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
