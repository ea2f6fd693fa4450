/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The loop with a brain that remembers: what it is told and when, by closed forms in the fake world,
 * and the same bytes by hand and on any number of threads with a real session.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/rollout/fake_world.h"
#include "runtime/policy/random_dit.h"
#include "spot/rng.h"
#include "support/spot_test.h"

enum { N = 8, N_CHUNK = 5, N_ACTION = N * N_CHUNK };

/* What the brain was told. */
typedef struct notes {
    fake_world *world;
    int n_forget, n_infer, n_remember;
    int remembered_at_infer[FAKE_LOG]; /* actions remembered before inference i */
    float obs[FAKE_LOG][FAKE_OBS];
    float command[FAKE_LOG][FAKE_ACTION];
    int fail_at;    /* this action cannot be remembered; -1 = all can */
    int fail_start; /* this episode cannot start, from 1 on; 0 = all can */
} notes;

static spot_status note_infer(void *state, const spot_brain_input *input, float *chunk,
                              spot_diag *diag)
{
    notes *n = state;
    n->remembered_at_infer[n->n_infer++] = n->n_remember;
    return fake_infer(NULL, input, chunk, diag);
}

static spot_status note_action(void *state, const float *obs, const float *command, spot_diag *diag)
{
    notes *n = state;
    /* Before the action: the world has not been told of it. */
    assert_int_equal(n->world->n_actions, n->n_remember);
    if (n->n_remember == n->fail_at) {
        return spot_diag_set(diag, SPOT_E_RANGE, "no room");
    }
    memcpy(n->obs[n->n_remember], obs, sizeof(n->obs[0]));
    memcpy(n->command[n->n_remember], command, sizeof(n->command[0]));
    n->n_remember++;
    return SPOT_OK;
}

static spot_status note_start(void *state, spot_diag *diag)
{
    notes *n = state;
    n->n_forget++;
    n->n_infer = 0;
    n->n_remember = 0;
    return n->n_forget == n->fail_start ? spot_diag_set(diag, SPOT_E_IO, "no server") : SPOT_OK;
}

static void note_describe(const void *self, spot_brain_info *info)
{
    fake_describe(self, info);
    info->remembers = true;
}

static spot_brain make_noting_brain(notes *n)
{
    static const spot_brain_ops ops = {.describe = note_describe,
                                       .infer = note_infer,
                                       .remember = note_action,
                                       .forget = note_start};
    return (spot_brain){.ops = &ops, .self = n};
}

static spot_rollout_config make_config(int overlap, int latency_ticks)
{
    spot_rollout_config config;
    spot_rollout_config_default(&config);
    config.schedule = SPOT_SCHEDULE_OVERLAP;
    config.n_execute = N;
    config.point.overlap = overlap;
    config.latency.mean_s = latency_ticks * FAKE_TICK_S;
    return config;
}

/* Action j of chunk c: the closed forms of test_rollout.c. */
static void check_notes(const notes *n, int overlap, int latency)
{
    const int lead = overlap * FAKE_T_ACT;
    const int wait = latency > lead ? latency - lead : 0;
    const int cycle = N * FAKE_T_ACT + wait;
    const int age = latency > lead ? latency : lead;

    assert_int_equal(n->n_remember, N_ACTION);
    for (int i = 0; i < N_ACTION; i++) {
        const int start = latency + i / N * cycle; /* of the chunk */
        const int acted = start + i % N * FAKE_T_ACT;
        const int observed = i < N ? 0 : start - age;

        /* Observed when the action starts, not when its chunk was computed. */
        assert_true(n->obs[i][0] == (float)acted);
        /* The action is (tick of the chunk's observation, j), the anchor that tick. */
        assert_true(n->command[i][0] == 2.0F * (float)observed);
        assert_true(n->command[i][1] == (float)(i % N));
    }
    /* Inference c is given all actions before its observation. */
    for (int c = 0; c < N_CHUNK; c++) {
        assert_int_equal(n->remembered_at_infer[c], c == 0 ? 0 : c * N - overlap);
    }
}

static void each_action_is_remembered_with_what_was_seen_at_its_start(void **state)
{
    static const struct {
        int overlap, latency;
    } cases[] = {{0, 0}, {0, 35}, {3, 20}, {3, 30}, {3, 57}, {8, 100}};
    static fake_world self;
    static notes n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const spot_rollout_config config = make_config(cases[i].overlap, cases[i].latency);
        spot_world world = make_fake(&self, N_ACTION);
        spot_brain brain = make_noting_brain(&n);
        spot_rollout *rollout = NULL;
        spot_episode e;

        n = (notes){.world = &self, .fail_at = -1};
        assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
        assert_int_equal(n.n_forget, 0);
        for (int episode = 1; episode <= 2; episode++) {
            assert_int_equal(spot_rollout_run(rollout, 5, &e, NULL, NULL, NULL, NULL), SPOT_OK);
            assert_int_equal(n.n_forget, episode);
            check_notes(&n, cases[i].overlap, cases[i].latency);
            assert_int_equal(self.n_observed, e.inferences + e.actions);
        }
        spot_rollout_destroy(rollout);
    }
}

static void a_brain_without_memory_costs_no_observation(void **state)
{
    static fake_world self;
    const spot_rollout_config config = make_config(3, 20);
    spot_world world = make_fake(&self, N_ACTION);
    spot_brain brain = make_fake_brain(NULL);
    spot_rollout *rollout = NULL;
    spot_episode e;

    (void)state;
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 5, &e, NULL, NULL, NULL, NULL), SPOT_OK);
    assert_int_equal(self.n_observed, e.inferences);
    spot_rollout_destroy(rollout);
}

static void what_cannot_be_remembered_ends_the_episode(void **state)
{
    static fake_world self;
    static notes n;
    const spot_rollout_config config = make_config(0, 10);
    spot_world world = make_fake(&self, N_ACTION);
    spot_brain brain = make_noting_brain(&n);
    spot_rollout *rollout = NULL;
    spot_episode e;
    spot_diag diag = {""};

    (void)state;
    n = (notes){.world = &self, .fail_at = 11, .fail_start = 2};
    assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
    assert_int_equal(spot_rollout_run(rollout, 5, &e, NULL, NULL, NULL, &diag), SPOT_E_RANGE);
    assert_string_equal(diag.text, "no room");
    assert_int_equal(self.n_actions, 11);
    /* nor is a past that cannot be forgotten gone over */
    self.n_observed = 0;
    assert_int_equal(spot_rollout_run(rollout, 5, &e, NULL, NULL, NULL, &diag), SPOT_E_IO);
    assert_string_equal(diag.text, "no server");
    assert_int_equal(self.n_observed, 0);
    spot_rollout_destroy(rollout);
}

static void create_survives_every_failed_allocation(void **state)
{
    static fake_world self;
    static notes n;
    spot_world world = make_fake(&self, N);
    spot_brain brain = make_noting_brain(&n);
    spot_status st = SPOT_E_NOMEM;

    (void)state;
    n = (notes){.world = &self, .fail_at = -1};
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        const spot_allocator allocator = spot_test_failing_allocator(&mem, k);
        spot_rollout_config config = make_config(0, 10);
        spot_rollout *rollout = NULL;
        spot_episode e;

        config.allocator = &allocator;
        assert_true(k < 100);
        st = spot_rollout_create(&config, &world, &brain, &rollout, NULL);
        assert_true(st == SPOT_OK ? k > 1 : st == SPOT_E_NOMEM && rollout == NULL);
        if (st == SPOT_OK) {
            mem.fail_at = mem.n_alloc; /* and running allocates nothing */
            assert_int_equal(spot_rollout_run(rollout, 5, &e, NULL, NULL, NULL, NULL), SPOT_OK);
            assert_int_equal(mem.n_failed, 0);
        }
        spot_rollout_destroy(rollout);
        spot_test_assert_no_leak(&mem);
    }
}

/* ---- with a session ---- */

enum { STEPS = 2, N_SEEDS = 24 };

static spot_policy *make_policy(void)
{
    static const random_dit_sizes sizes = {FAKE_OBS,  FAKE_ACTION, FAKE_HORIZON, 32, 2, 29, 2, 10,
                                           {2, 1, 0}, "flow",      "velocity",   9,  6};
    random_dit *p = random_dit_create(&sizes, 3);
    spot_policy *policy = NULL;
    char dir[1024];

    spot_test_temp_path(dir, sizeof dir, "policy");
    random_dit_write(p, dir);
    random_dit_destroy(p);
    assert_int_equal(spot_policy_load(dir, NULL, &policy, NULL), SPOT_OK);
    return policy;
}

/* Sync without latency: chunk c is computed at tick 80 c, its action j starts 10 j later. */
static void run_by_hand(const spot_policy *policy, const char *kv, uint64_t seed,
                        float acted[N_ACTION][FAKE_ACTION])
{
    static fake_world self;
    spot_world world = make_fake(&self, N_ACTION);
    float chunk[FAKE_HORIZON * FAKE_ACTION];
    float noise[FAKE_HORIZON * FAKE_ACTION];
    float obs[FAKE_OBS];
    double anchor[FAKE_ANCHOR] = {0.0};
    double now[FAKE_ANCHOR];
    spot_session *s = NULL;

    assert_int_equal(spot_session_create(policy,
                                         &(spot_session_config){.size = sizeof(spot_session_config),
                                                                .steps = STEPS,
                                                                .batch_max = 1,
                                                                .kv = kv},
                                         &s),
                     SPOT_OK);
    assert_int_equal(world.ops->reset(&self, seed), SPOT_OK);
    for (int i = 0; i < N_ACTION; i++) {
        const float *action = chunk + (size_t)(i % N) * FAKE_ACTION;

        self.tick = (int64_t)i * FAKE_T_ACT;
        if (i % N == 0) {
            spot_rng rng = spot_rng_at(seed, SPOT_STREAM_POLICY, (uint64_t)(i / N));

            assert_int_equal(world.ops->observe(&self, obs, anchor), SPOT_OK);
            spot_rng_fill_normal(&rng, noise, FAKE_HORIZON * FAKE_ACTION);
            assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
        }
        assert_int_equal(world.ops->observe(&self, obs, now), SPOT_OK);
        const float command[FAKE_ACTION] = {(float)(anchor[0] + (double)action[0]), action[1]};
        assert_int_equal(spot_session_remember(s, obs, command), SPOT_OK);
        memcpy(acted[i], action, sizeof(acted[i]));
    }
    spot_session_destroy(s);
}

static void the_loop_does_what_one_does_by_hand(void **state)
{
    static const char *const windows[] = {"", "0:0", "2:3"};
    static fake_world self;
    float acted[3][N_ACTION][FAKE_ACTION];
    spot_policy *policy = make_policy();
    spot_brain brain;

    (void)state;
    assert_int_equal(spot_brain_of_policy(policy, &brain), SPOT_OK);
    for (int w = 0; w < 3; w++) {
        spot_rollout_config config = make_config(0, 0);
        spot_world world = make_fake(&self, N_ACTION);
        spot_rollout *rollout = NULL;
        spot_episode e;

        config.point.steps = STEPS;
        (void)spoti_copy(config.point.kv, sizeof(config.point.kv), windows[w]);
        assert_int_equal(spot_rollout_create(&config, &world, &brain, &rollout, NULL), SPOT_OK);
        /* Another episode first: nothing of it may be left. */
        assert_int_equal(spot_rollout_run(rollout, 1, &e, NULL, NULL, NULL, NULL), SPOT_OK);
        assert_int_equal(spot_rollout_run(rollout, 7, &e, NULL, NULL, NULL, NULL), SPOT_OK);
        run_by_hand(policy, w == 0 ? NULL : windows[w], 7, acted[w]);
        assert_int_equal(self.n_actions, N_ACTION);
        assert_memory_equal(self.acted, acted[w], sizeof(acted[w]));
        spot_rollout_destroy(rollout);
    }
    /* The first chunk has no past; later ones show what was read. */
    assert_memory_equal(acted[0], acted[1], N * sizeof(acted[0][0]));
    assert_memory_not_equal(acted[0][N], acted[1][N], sizeof(acted[0][0]));
    assert_memory_not_equal(acted[0][N], acted[2][N], sizeof(acted[0][0]));
    spot_policy_destroy(policy);
}

/* A world whose end depends on what it is told to do, so that episodes show the actions. */
typedef struct walker {
    fake_world world; /* first: the fake's functions take it */
    double at;
} walker;

static spot_status walk_reset(void *self, uint64_t seed)
{
    ((walker *)self)->at = 0.0;
    return fake_reset(self, seed);
}

static spot_status walk_act(void *self, const float *action, const double *anchor)
{
    ((walker *)self)->at += 1e-3 * (double)action[1];
    return fake_act(self, action, anchor);
}

static void walk_sample(const void *self, double *row)
{
    fake_sample(self, row);
    row[1] = ((const walker *)self)->at;
}

static spot_status make_walker(void *ctx, spot_world *out, spot_diag *diag)
{
    static spot_world_ops ops;
    walker *w = calloc(1, sizeof(*w));
    (void)ctx;
    (void)diag;
    assert_non_null(w);
    *out = make_fake(&w->world, N_ACTION);
    ops = *out->ops;
    ops.destroy = free;
    ops.reset = walk_reset;
    ops.act = walk_act;
    ops.sample = walk_sample;
    out->ops = &ops;
    return SPOT_OK;
}

static void any_number_of_threads_gives_the_same_bytes(void **state)
{
    static const int threads[] = {1, 2, 3, 8};
    static spot_episode episodes[4][N_SEEDS];
    spot_policy *policy = make_policy();
    spot_brain brain;
    uint64_t seeds[N_SEEDS];
    spot_rollout_batch batch;

    (void)state;
    assert_int_equal(spot_brain_of_policy(policy, &brain), SPOT_OK);
    for (uint64_t i = 0; i < N_SEEDS; i++) {
        seeds[i] = 100 + i;
    }
    for (int i = 0; i < 4; i++) {
        memset(&batch, 0, sizeof(batch));
        batch.config = make_config(3, 20);
        batch.config.point.steps = STEPS;
        batch.brain = &brain;
        batch.make_world = make_walker;
        batch.seeds = seeds;
        batch.n_seeds = N_SEEDS;
        batch.threads = threads[i];
        assert_int_equal(spot_rollout_run_many(&batch, episodes[i], NULL), SPOT_OK);
        assert_memory_equal(episodes[i], episodes[0], sizeof(episodes[0]));
    }
    /* The figures tell episodes apart, and the past matters to them. */
    (void)spoti_copy(batch.config.point.kv, sizeof(batch.config.point.kv), "0:0");
    assert_int_equal(spot_rollout_run_many(&batch, episodes[1], NULL), SPOT_OK);
    for (int i = 0; i < N_SEEDS; i++) {
        assert_true(episodes[1][i].path_m < episodes[0][i].path_m ||
                    episodes[1][i].path_m > episodes[0][i].path_m);
    }
    spot_policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_is_remembered_with_what_was_seen_at_its_start),
        cmocka_unit_test(a_brain_without_memory_costs_no_observation),
        cmocka_unit_test(what_cannot_be_remembered_ends_the_episode),
        cmocka_unit_test(create_survives_every_failed_allocation),
        cmocka_unit_test(the_loop_does_what_one_does_by_hand),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
