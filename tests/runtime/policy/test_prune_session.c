/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pruned sessions: each is the session of a policy whose file was pruned by the oracle. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/policy/policy_load.h"
#include "runtime/policy/prune_oracle.h"
#include "runtime/policy/random_dit.h"
#include "runtime/policy/sites.h"
#include "spot/policy.h"
#include "support/spot_test.h"

#define FIXTURES SPOT_SOURCE_DIR "/tests/fixtures/"
#define SHIPPED  SPOT_SOURCE_DIR "/policies/"
#define DIT      SHIPPED "ur5e-pick-place-dit"
#define MIXER    SHIPPED "ur5e-pick-place"

enum { STEPS = 3, PAST = 5, OBS_MAX = 64, CHUNK_MAX = 256 };

/* Single precision sums in another order, as derived in test_dit.c. */
static const double TOLERANCE = 1e-5;

static spot_session *session(const spot_policy *policy, const char *prune, const char *quant)
{
    spot_diag diag = {""};
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = STEPS,
                                        .batch_max = 1,
                                        .prune = prune,
                                        .quant = quant,
                                        .diag = &diag};
    spot_session *s = NULL;

    if (spot_session_create(policy, &config, &s) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return s;
}

/* One chunk, after some past if the policy reads it. Returns the chunk's size. */
static int infer(const spot_policy *policy, spot_session *s, float *chunk)
{
    const spot_policy_info *info = spot_policy_describe(policy);
    const int size = info->horizon * info->action_dim;
    float obs[OBS_MAX];
    float noise[CHUNK_MAX];

    assert_in_range(info->obs_dim, 1, OBS_MAX);
    assert_in_range(size, 1, CHUNK_MAX);
    random_fill(1, noise, size);
    for (unsigned i = 0; i < PAST && info->history_frames > 0; i++) {
        random_fill(10 + i, obs, info->obs_dim);
        assert_int_equal(spot_session_remember(s, obs, noise), SPOT_OK);
    }
    random_fill(2, obs, info->obs_dim);
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
    return size;
}

static int infer_once(const spot_policy *policy, const char *prune, const char *quant, float *chunk)
{
    spot_session *s = session(policy, prune, quant);
    const int size = infer(policy, s, chunk);

    spot_session_destroy(s);
    return size;
}

/* The policy of `dir` pruned by the oracle, in a folder of its own. */
static spot_policy *prune_by_hand(const char *dir, const char *prune, bool shrink)
{
    oracle_folder *folder = oracle_folder_read(dir);
    spot_policy *policy = NULL;
    char path[1024];

    oracle_prune_tensors(&folder->tensors, prune);
    if (shrink) {
        oracle_folder_shrink(folder);
    }
    spot_test_temp_path(path, sizeof path, "pruned");
    oracle_folder_write(folder, path);
    policy = load(path);
    oracle_folder_free(folder);
    return policy;
}

static void a_pruned_session_is_that_of_a_policy_pruned_by_hand(void **state)
{
    static const struct {
        const char *dir, *prune, *quants[3];
    } cases[] = {
        {FIXTURES "dit_flow", "0.05", {"fp32", "w8a8", NULL}},
        {FIXTURES "dit_flow", "2:4", {"fp32", "bf16", NULL}},
        {FIXTURES "dit_flow", "mlp:0.3", {"fp32", "w8a8", NULL}},
        {FIXTURES "dit_history", "0.5", {"fp32", "w8a8", NULL}},
        {FIXTURES "dit_history", "2:4", {"fp32", NULL}},
        {FIXTURES "flow_mixer_small", "0.3", {"fp32", NULL}},
        {FIXTURES "flow_mixer_small", "2:4", {"fp32", NULL}},
        {FIXTURES "flow_mixer_small", "mlp:0.3", {"fp32", NULL}}, /* of channels only */
        {DIT, "0.2", {"w8a8", NULL}},
        {DIT, "mlp:0.5", {"fp32", "w4-t8", NULL}},
        {MIXER, "0.95", {"fp32", NULL}},
        {MIXER, "mlp:0.5", {"fp32", NULL}},
    };
    float got[CHUNK_MAX];
    float want[CHUNK_MAX];
    float full[CHUNK_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spot_policy *policy = load(cases[i].dir);
        const bool units = strncmp(cases[i].prune, "mlp:", 4) == 0;
        spot_policy *by_hand = prune_by_hand(cases[i].dir, cases[i].prune, units);

        for (int q = 0; q < 3 && cases[i].quants[q] != NULL; q++) {
            const char *quant = cases[i].quants[q];
            const size_t bytes =
                (size_t)infer_once(policy, cases[i].prune, quant, got) * sizeof *got;

            (void)infer_once(by_hand, NULL, quant, want);
            (void)infer_once(policy, "none", quant, full);
            assert_memory_equal(got, want, bytes);
            assert_memory_not_equal(got, full, bytes);
        }
        spot_policy_destroy(by_hand);
        spot_policy_destroy(policy);
    }
}

static void units_that_went_count_as_zeros(void **state)
{
    static const char *const dirs[] = {FIXTURES "dit_flow", FIXTURES "flow_mixer_small", MIXER};
    float got[CHUNK_MAX];
    float want[CHUNK_MAX];

    (void)state;
    for (int i = 0; i < 3; i++) {
        spot_policy *policy = load(dirs[i]);
        spot_policy *zeros = prune_by_hand(dirs[i], "mlp:0.4", false);
        const int size = infer_once(policy, "mlp:0.4", NULL, got);

        (void)infer_once(zeros, NULL, NULL, want);
        for (int j = 0; j < size; j++) {
            assert_close((double)got[j], (double)want[j], TOLERANCE, TOLERANCE);
        }
        spot_policy_destroy(zeros);
        spot_policy_destroy(policy);
    }
}

/* A history of 5 frames and 3 commands, which 8 remembered actions wrap. */
enum { FRAMES = 5, COMMANDS = 3, REMEMBERED = 8 };

typedef struct history_case {
    const char *prune, *kv;
    int frames, commands; /* that kv reads */
    const char *quant;
    int bits;
} history_case;

static double distance(const float *got, const double *want, int n)
{
    double sum = 0.0;

    for (int i = 0; i < n; i++) {
        sum += pow((double)got[i] - want[i], 2.0);
    }
    return sqrt(sum);
}

/* The chunk of a session of `policy` and that of the oracle, both after the same past. */
static void infer_with_history(const spot_policy *policy, random_dit *oracle, const history_case *c,
                               float *got, double *want)
{
    const spot_policy_info *info = spot_policy_describe(policy);
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = 1,
                                        .batch_max = 1,
                                        .prune = c->prune,
                                        .quant = c->quant,
                                        .kv = c->kv};
    spot_session *s = NULL;
    float obs[OBS_MAX];
    float other[CHUNK_MAX];

    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_OK);
    random_dit_set_window(oracle, c->frames, c->commands);
    for (unsigned i = 0; i < REMEMBERED; i++) {
        random_fill(10 + i, obs, info->obs_dim);
        random_fill(50 + i, other, info->action_dim);
        random_dit_remember(oracle, obs, other);
        assert_int_equal(spot_session_remember(s, obs, other), SPOT_OK);
    }
    random_fill(1, other, info->horizon * info->action_dim);
    random_fill(2, obs, info->obs_dim);
    assert_int_equal(spot_session_infer(s, 1, obs, other, got), SPOT_OK);
    random_dit_eval(oracle, 1, obs, other, want);
    spot_session_destroy(s);
}

/* A rounded integer may differ from the oracle's, as test_dit_quant.c explains, so with fewer bits
 * the error is compared with what pruning and quantisation do. */
static void check_history(const history_case *c)
{
    static const double share = 0.4;
    random_dit_sizes sizes = random_dit_even;
    const int size = sizes.horizon * sizes.action;
    double full[CHUNK_MAX];
    double want[CHUNK_MAX];
    float plain[CHUNK_MAX];
    float got[CHUNK_MAX];
    char dir[1024];

    sizes.frames = FRAMES;
    sizes.commands = COMMANDS;
    random_dit *oracle = random_dit_create(&sizes, 7);
    spot_test_temp_path(dir, sizeof dir, "history");
    random_dit_write(oracle, dir);
    spot_policy *policy = load(dir);
    infer_with_history(policy, oracle,
                       &(history_case){NULL, c->kv, c->frames, c->commands, NULL, 32}, plain, full);
    random_dit_forget(oracle);
    oracle_prune_tensors(random_dit_tensors(oracle), c->prune);
    for (int i = 0; i < sizes.blocks * SPOTI_SITE_COUNT; i++) {
        random_dit_set_bits(oracle, i / SPOTI_SITE_COUNT,
                            spoti_site_name((spoti_site)(i % SPOTI_SITE_COUNT)), c->bits);
    }
    infer_with_history(policy, oracle, c, got, want);
    print_message("[  note    ] %s %s %s: %.2g off, %.2g from the whole policy's\n", c->prune,
                  c->kv, c->quant, distance(got, want, size), distance(got, full, size));
    for (int i = 0; i < size && c->bits == 32; i++) {
        assert_close((double)got[i], want[i], TOLERANCE, TOLERANCE);
    }
    assert_true(distance(got, want, size) < share * distance(got, full, size));
    spot_policy_destroy(policy);
    random_dit_destroy(oracle);
}

static void a_pruned_history_agrees_with_a_recomputation_of_the_past(void **state)
{
    static const history_case cases[] = {{"0.5", "base", FRAMES, COMMANDS, "fp32", 32},
                                         {"2:4", "3:2", 3, 2, "fp32", 32},
                                         {"mlp:0.5", "0:3", 0, 3, "fp32", 32},
                                         {"0.2", "p4", 1, 1, "fp32", 32},
                                         {"2:4", "4:0", 4, 0, "bf16", 16},
                                         {"0.5", "3:2", 3, 2, "w8a8", 8},
                                         {"mlp:0.5", "base", FRAMES, COMMANDS, "w8a8", 8},
                                         {"0.5", "2:3", 2, 3, "w4a4", 4}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_history(&cases[i]);
    }
}

static spot_inference_cost cost_of(const spot_policy *policy, const char *prune, const char *quant)
{
    spot_session *s = session(policy, prune, quant);
    spot_inference_cost cost;

    assert_int_equal(spot_session_cost(s, &cost), SPOT_OK);
    spot_session_destroy(s);
    return cost;
}

/* 192 of 768 units, 2 x 256 weights each, 6 blocks, 16 tokens, 3 steps; single weights save nothing. */
static void only_units_save_multiplications(void **state)
{
    const double saved = 192.0 * 2 * 256 * 6 * 16 * STEPS;
    spot_policy *policy = load(DIT);
    const double full = cost_of(policy, NULL, NULL).macs_fp32;
    const double full8 = cost_of(policy, NULL, "w8a8").macs_int8;

    (void)state;
    assert_close(cost_of(policy, "0.5", NULL).macs_fp32, full, 0.0, 0.0);
    assert_close(cost_of(policy, "2:4", NULL).macs_fp32, full, 0.0, 0.0);
    assert_close(cost_of(policy, "mlp:0.25", NULL).macs_fp32, full - saved, 0.0, 0.0);
    assert_close(cost_of(policy, "mlp:0.25", "w8a8").macs_int8, full8 - saved, 0.0, 0.0);
    spot_policy_destroy(policy);
}

static void sessions_of_one_policy_do_not_touch_each_other(void **state)
{
    static const char *const prunes[] = {NULL, "0.2", "2:4", "mlp:0.5", "0.2"};
    enum { N = 5 };
    spot_policy *policy = load(FIXTURES "dit_flow");
    spot_session *sessions[N];
    float alone[N][CHUNK_MAX];
    float among[CHUNK_MAX];
    size_t bytes = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        bytes = (size_t)infer_once(policy, prunes[i], NULL, alone[i]) * sizeof among[0];
    }
    assert_memory_equal(alone[1], alone[4], bytes);
    for (int i = 0; i < N; i++) {
        sessions[i] = session(policy, prunes[i], NULL);
    }
    for (int i = N - 1; i >= 0; i--) {
        (void)infer(policy, sessions[i], among);
        assert_memory_equal(among, alone[i], bytes);
        spot_session_destroy(sessions[i]);
    }
    (void)infer_once(policy, NULL, NULL, among);
    assert_memory_equal(among, alone[0], bytes);
    spot_policy_destroy(policy);
}

static void infer_without_memory(const spot_policy *policy, spot_session *s,
                                 spot_test_allocator *mem)
{
    float first[CHUNK_MAX];
    float chunk[CHUNK_MAX];
    size_t bytes = 0;

    mem->fail_at = mem->n_alloc;
    bytes = (size_t)infer(policy, s, first) * sizeof first[0];
    for (int i = 0; i < 1000; i++) {
        (void)infer(policy, s, chunk);
        assert_memory_equal(chunk, first, bytes);
    }
    assert_int_equal(mem->n_failed, 0);
}

/* Creates a session with an allocator that fails the k-th time, which succeeds from k = n_alloc on. */
static void create_and_infer(const spot_policy *policy, spot_session_config config, int k,
                             int n_alloc)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, k);
    spot_session *s = NULL;
    spot_status st = SPOT_OK;

    config.allocator = &a;
    st = spot_session_create(policy, &config, &s);
    assert_int_equal(st, k < n_alloc ? SPOT_E_NOMEM : SPOT_OK);
    assert_true((s != NULL) == (st == SPOT_OK));
    if (st == SPOT_OK) {
        infer_without_memory(policy, s, &mem);
    }
    spot_session_destroy(s);
    spot_test_assert_no_leak(&mem);
}

static void creation_survives_each_failed_allocation_and_inference_takes_none(void **state)
{
    /* session, copy of the policy, two scratches, the copy's layers, the session's arrays; and what
     * packing in fewer bits takes for a while */
    static const struct {
        const char *prune, *quant;
        int n_alloc;
    } cases[] = {{"0.2", NULL, 6}, {"mlp:0.3", "w8a8", 7}, {"none", NULL, 2}};
    spot_policy *policy = load(FIXTURES "dit_flow");

    (void)state;
    for (int i = 0; i < 3; i++) {
        const spot_session_config config = {.size = sizeof(spot_session_config),
                                            .steps = 1,
                                            .batch_max = 1,
                                            .prune = cases[i].prune,
                                            .quant = cases[i].quant};

        for (int k = 0; k <= cases[i].n_alloc; k++) {
            create_and_infer(policy, config, k, cases[i].n_alloc);
        }
    }
    spot_policy_destroy(policy);
}

static void what_cannot_be_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *dir, *prune, *quant;
        spot_status status;
        const char *words;
    } cases[] = {
        {DIT, "1.5", NULL, SPOT_E_FORMAT, "prune: '1.5', expected none, a fraction above 0"},
        {DIT, "mlp:0.01", NULL, SPOT_E_RANGE, "prune: 'mlp:0.01' leaves all hidden units"},
        {DIT, "mlp:0.3", "w4a4", SPOT_E_RANGE,
         "site mlp.l2 of block 0 after prune=mlp:0.3: w4a4: group size 64 does not divide the 544 "
         "inputs"},
        {DIT, "mlp:0.3", "w8a8", SPOT_OK, ""},
        {DIT, "0.2", "w9", SPOT_E_FORMAT, "quant: 'w9'"},
        {MIXER, "mlp:0.01", NULL, SPOT_E_RANGE, "expected a larger fraction"},
        {MIXER, "0.2", "w8a8", SPOT_E_UNSUPPORTED, "'w8a8' on a policy of type flow_mixer"},
        {MIXER, "mlp", NULL, SPOT_E_FORMAT, "prune: 'mlp', expected"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spot_policy *policy = load(cases[i].dir);
        spot_diag diag = {""};
        const spot_session_config config = {.size = sizeof(spot_session_config),
                                            .batch_max = 1,
                                            .prune = cases[i].prune,
                                            .quant = cases[i].quant,
                                            .diag = &diag};
        spot_session *s = NULL;
        const spot_status st = spot_session_create(policy, &config, &s);

        if (st != cases[i].status || strstr(diag.text, cases[i].words) == NULL) {
            fail_msg("%s: %s, '%s'", cases[i].prune, spot_status_str(st), diag.text);
        }
        assert_true((s != NULL) == (st == SPOT_OK));
        spot_session_destroy(s);
        spot_policy_destroy(policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pruned_session_is_that_of_a_policy_pruned_by_hand),
        cmocka_unit_test(units_that_went_count_as_zeros),
        cmocka_unit_test(a_pruned_history_agrees_with_a_recomputation_of_the_past),
        cmocka_unit_test(only_units_save_multiplications),
        cmocka_unit_test(sessions_of_one_policy_do_not_touch_each_other),
        cmocka_unit_test(creation_survives_each_failed_allocation_and_inference_takes_none),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
