/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The transformer with history: against PyTorch, against a recomputation of the whole past in double
 * precision, and what a read window, forgetting and bad numbers leave as it was. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/linear.h"
#include "runtime/nn/safetensors.h"
#include "runtime/nn/tables.h"
#include "runtime/policy/arch.h"
#include "runtime/policy/policy_load.h"
#include "runtime/policy/random_dit.h"
#include "spot/policy.h"
#include "support/spot_test.h"

#define FIXTURES SPOT_SOURCE_DIR "/tests/fixtures/"
#define FIXTURE  FIXTURES "dit_history"

/* As in test_dit.c: 2e-6 is seen. */
static const double TOLERANCE = 1e-5;

/* Sizes of the random policy: capacities that differ, are no powers of two, and wrap soon. */
enum {
    OBS = 5,
    ACTION = 2,
    HORIZON = 7,
    SIZE = HORIZON * ACTION,
    FRAMES = 5,
    COMMANDS = 3,
    STEPS = 3
};

/* NULL if this CPU cannot run the kernels. */
static spot_session *session(const spot_policy *policy, int steps, const char *kernels,
                             const char *kv)
{
    spot_diag diag = {""};
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = steps,
                                        .batch_max = 1,
                                        .kernels = kernels,
                                        .kv = kv,
                                        .diag = &diag};
    spot_session *s = NULL;

    if (kernels != NULL && spoti_kernels_find(kernels) == NULL) {
        print_message("[  note    ] this CPU lacks %s\n", kernels);
        return NULL;
    }
    if (spot_session_create(policy, &config, &s) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return s;
}

/* ---- against PyTorch ---- */

static float *tensor_of(const spoti_safetensors *file, const char *name, size_t *rows)
{
    const spoti_tensor *t = spoti_safetensors_find(file, name);
    float *x = NULL;

    assert_non_null(t);
    x = malloc(t->n_element * sizeof *x);
    assert_non_null(x);
    spoti_tensor_to_f32(t, x);
    *rows = t->shape[0];
    return x;
}

/* The tensors of cases.safetensors, which train/make_fixture.py wrote: inferences after written[i]
 * tokens of each kind, in one session that goes on. */
typedef struct torch_cases {
    float *frames, *commands, *obs, *noise, *written, *chunks;
    size_t n_past, n_case;
} torch_cases;

static double follow(const spot_policy *policy, const torch_cases *t, spot_session *s)
{
    const spot_policy_info *info = spot_policy_describe(policy);
    const size_t d = (size_t)info->obs_dim;
    const size_t a = (size_t)info->action_dim;
    const size_t size = (size_t)info->horizon * a;
    float *chunk = malloc(size * sizeof *chunk);
    double largest = 0.0;
    size_t n_checked = 0;

    for (size_t n = 0; n <= t->n_past; n++) {
        for (size_t i = 0; i < t->n_case; i++) {
            if (t->written[i] != (float)n) {
                continue;
            }
            assert_int_equal(spot_session_infer(s, 1, t->obs + i * d, t->noise + i * size, chunk),
                             SPOT_OK);
            for (size_t j = 0; j < size; j++) {
                const double want = (double)t->chunks[i * size + j];

                assert_close((double)chunk[j], want, TOLERANCE, TOLERANCE);
                largest = fmax(largest, fabs((double)chunk[j] - want));
            }
            n_checked++;
        }
        if (n < t->n_past) {
            assert_int_equal(spot_session_remember(s, t->frames + n * d, t->commands + n * a),
                             SPOT_OK);
        }
    }
    assert_int_equal(n_checked, t->n_case);
    free(chunk);
    return largest;
}

static void agrees_with_pytorch(void **state)
{
    static const char *const windows[] = {"base", "3:2", "0:0", "1:6"};
    spot_policy *policy = load(FIXTURE);
    spoti_safetensors file;
    torch_cases t;
    size_t n = 0;
    double largest = 0.0;

    (void)state;
    assert_int_equal(spoti_safetensors_read(FIXTURE "/cases.safetensors", NULL, &file, NULL),
                     SPOT_OK);
    t.frames = tensor_of(&file, "frames", &t.n_past);
    t.commands = tensor_of(&file, "commands", &n);
    t.obs = tensor_of(&file, "obs", &t.n_case);
    t.noise = tensor_of(&file, "noise", &n);
    t.written = tensor_of(&file, "written", &n);
    assert_true(t.n_past > (size_t)spot_policy_describe(policy)->history_frames);
    for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
        char name[32];

        (void)snprintf(name, sizeof name, "chunk.%s", windows[w]);
        t.chunks = tensor_of(&file, name, &n);
        for (int i = 0; i < N_TABLE; i++) {
            /* The steps of the command at the head of make_fixture.py. */
            spot_session *s = session(policy, 5, TABLES[i], windows[w]);

            largest = s != NULL ? fmax(largest, follow(policy, &t, s)) : largest;
            spot_session_destroy(s);
        }
        free(t.chunks);
    }
    print_message("[  note    ] largest error %.2g\n", largest);
    free(t.frames);
    free(t.commands);
    free(t.obs);
    free(t.noise);
    free(t.written);
    spoti_safetensors_close(&file);
    spot_policy_destroy(policy);
}

/* ---- against a recomputation of the whole past ---- */

typedef struct bench {
    random_dit *oracle;
    spot_policy *policy;
    float obs[OBS], noise[SIZE];
} bench;

static void open_bench(bench *b, const random_dit_sizes *base)
{
    random_dit_sizes sizes = *base;
    char dir[1024];

    sizes.frames = FRAMES;
    sizes.commands = COMMANDS;
    assert_true(sizes.obs == OBS && sizes.action == ACTION && sizes.horizon == HORIZON);
    b->oracle = random_dit_create(&sizes, 5);
    spot_test_temp_path(dir, sizeof dir, "policy");
    random_dit_write(b->oracle, dir);
    b->policy = load(dir);
    random_fill(1, b->obs, OBS);
    random_fill(2, b->noise, SIZE);
}

static void close_bench(bench *b)
{
    spot_policy_destroy(b->policy);
    random_dit_destroy(b->oracle);
}

/* Action number i of an episode: what was seen and what was commanded. */
static void past_at(int i, float obs[OBS], float command[ACTION])
{
    random_fill(1000U + (unsigned)i, obs, OBS);
    random_fill(5000U + (unsigned)i, command, ACTION);
}

/* Remembers the actions first .. last - 1. */
static void remember(spot_session *s, int first, int last)
{
    for (int i = first; i < last; i++) {
        float obs[OBS];
        float command[ACTION];

        past_at(i, obs, command);
        assert_int_equal(spot_session_remember(s, obs, command), SPOT_OK);
    }
}

static void infer(const bench *b, spot_session *s, float chunk[SIZE])
{
    assert_int_equal(spot_session_infer(s, 1, b->obs, b->noise, chunk), SPOT_OK);
}

static void expect_oracle(bench *b, spot_session *s, double *largest)
{
    float chunk[SIZE];
    double want[SIZE];

    infer(b, s, chunk);
    random_dit_eval(b->oracle, STEPS, b->obs, b->noise, want);
    for (int i = 0; i < SIZE; i++) {
        assert_close((double)chunk[i], want[i], TOLERANCE, TOLERANCE);
        *largest = fmax(*largest, fabs((double)chunk[i] - want[i]));
    }
}

static void remember_both(bench *b, spot_session *s, int i)
{
    float obs[OBS];
    float command[ACTION];

    past_at(i, obs, command);
    random_dit_remember(b->oracle, obs, command);
    remember(s, i, i + 1);
}

static void agrees_with_a_recomputation_at_every_fill(void **state)
{
    enum { N_PAST = 2 * FRAMES + 2 };
    static const int windows[][2] = {{FRAMES, COMMANDS}, {2, 3}, {0, 0}, {0, 1}, {4, 0}};
    double largest = 0.0;
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    for (int i = 0; i < N_TABLE; i++) {
        for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
            char kv[16];

            (void)snprintf(kv, sizeof kv, "%d:%d", windows[w][0], windows[w][1]);
            spot_session *s = session(b.policy, STEPS, TABLES[i], kv);

            if (s == NULL) {
                break;
            }
            random_dit_forget(b.oracle);
            random_dit_set_window(b.oracle, windows[w][0], windows[w][1]);
            for (int n = 0; n <= N_PAST; n++) {
                expect_oracle(&b, s, &largest);
                remember_both(&b, s, n);
            }
            spot_session_destroy(s);
        }
    }
    print_message("[  note    ] largest error %.2g\n", largest);
    close_bench(&b);
}

static void long_runs_keep_the_newest_tokens(void **state)
{
    enum { N_PAST = 1000 };
    double largest = 0.0;
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    spot_session *s = session(b.policy, STEPS, NULL, NULL);
    for (int n = 0; n < N_PAST; n++) {
        remember_both(&b, s, n);
        if (n % 101 == 0 || n > N_PAST - 5) {
            expect_oracle(&b, s, &largest);
        }
    }
    print_message("[  note    ] largest error %.2g\n", largest);
    spot_session_destroy(s);
    close_bench(&b);
}

/* The largest history, one action token, heads of one channel. */
static void the_longest_history_agrees_with_a_recomputation(void **state)
{
    enum { MOST = 1024, N_PAST = MOST + 70 };
    const random_dit_sizes sizes = {OBS, ACTION, 1,      8,          8,    12,  2,
                                    4,   {OBS},  "flow", "velocity", MOST, MOST};
    float obs[OBS];
    float noise[ACTION];
    float chunk[ACTION];
    double want[ACTION];
    char dir[1024];

    (void)state;
    random_dit *oracle = random_dit_create(&sizes, 5);
    spot_test_temp_path(dir, sizeof dir, "long");
    random_dit_write(oracle, dir);
    spot_policy *policy = load(dir);
    for (int n = 0; n < N_PAST; n++) {
        past_at(n, obs, noise);
        random_dit_remember(oracle, obs, noise);
    }
    random_dit_eval(oracle, STEPS, obs, noise, want);
    for (int i = 0; i < N_TABLE; i++) {
        spot_session *s = session(policy, STEPS, TABLES[i], "base");

        if (s == NULL) {
            continue;
        }
        remember(s, 0, N_PAST);
        assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
        for (int j = 0; j < ACTION; j++) {
            assert_close((double)chunk[j], want[j], TOLERANCE, TOLERANCE);
        }
        spot_session_destroy(s);
    }
    spot_policy_destroy(policy);
    random_dit_destroy(oracle);
}

/* Tokens of the past go through the quantised sites too. As test_dit_quant.c explains, a rounded
 * integer may differ from the oracle's, so the error is compared with what quantisation does. */
static void quantised_keys_and_values_hold_for_the_past(void **state)
{
    static const double share = 0.4;
    static const char plan[] = "bits: 32\nsites:\n  - {match: ca.k/v, bits: 8}\n";
    char path[1024];
    double full[SIZE];
    double want[SIZE];
    bench b;

    (void)state;
    open_bench(&b, &random_dit_even);
    spot_test_temp_path(path, sizeof path, "plan.yaml");
    spot_test_write_file(path, plan, strlen(plan));
    for (int n = 0; n < 8; n++) {
        float obs[OBS];
        float command[ACTION];

        past_at(n, obs, command);
        random_dit_remember(b.oracle, obs, command);
    }
    random_dit_eval(b.oracle, 1, b.obs, b.noise, full);
    for (int i = 0; i < random_dit_even.blocks; i++) {
        random_dit_set_bits(b.oracle, i, "ca.k", 8);
        random_dit_set_bits(b.oracle, i, "ca.v", 8);
    }
    random_dit_eval(b.oracle, 1, b.obs, b.noise, want);
    for (int i = 0; i < N_TABLE; i++) {
        const spot_session_config config = {.size = sizeof(spot_session_config),
                                            .steps = 1,
                                            .batch_max = 1,
                                            .kernels = TABLES[i],
                                            .quant = path};
        spoti_linear_kernels kernels;
        spot_session *s = NULL;
        float chunk[SIZE];
        double off = 0.0;
        double moved = 0.0;

        if (!spoti_linear_kernels_find(TABLES[i], &kernels)) {
            continue;
        }
        assert_int_equal(spot_session_create(b.policy, &config, &s), SPOT_OK);
        remember(s, 0, 8);
        infer(&b, s, chunk);
        for (int j = 0; j < SIZE; j++) {
            off += pow((double)chunk[j] - want[j], 2.0);
            moved += pow(want[j] - full[j], 2.0);
        }
        print_message("[  note    ] %s: %.2g off, quantisation moves the chunk by %.2g\n",
                      TABLES[i], sqrt(off), sqrt(moved));
        assert_true(sqrt(off) < share * sqrt(moved));
        spot_session_destroy(s);
    }
    close_bench(&b);
}

/* ---- the read window ---- */

/* The newest two have the same ages whatever was before them. */
static void a_window_reads_as_if_there_were_no_more(void **state)
{
    float windowed[SIZE];
    float short_past[SIZE];
    float all[SIZE];
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    spot_session *s = session(b.policy, STEPS, NULL, "2:2");
    spot_session *whole = session(b.policy, STEPS, NULL, "base");
    spot_session *fresh = session(b.policy, STEPS, NULL, NULL);
    remember(s, 0, 9);
    remember(whole, 0, 9);
    remember(fresh, 7, 9);
    infer(&b, s, windowed);
    infer(&b, whole, all);
    infer(&b, fresh, short_past);
    assert_memory_equal(windowed, short_past, sizeof windowed);
    assert_memory_not_equal(windowed, all, sizeof windowed);
    spot_session_destroy(fresh);
    spot_session_destroy(whole);
    spot_session_destroy(s);
    close_bench(&b);
}

/* What is kept does not depend on what is read. */
static void a_window_changes_nothing_that_is_kept(void **state)
{
    static const char *const windows[] = {"0:0", "1:3", "p4"};
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    spot_session *base = session(b.policy, STEPS, NULL, "base");
    remember(base, 0, 13);
    for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
        spot_session *s = session(b.policy, STEPS, NULL, windows[w]);

        remember(s, 0, 13);
        for (int i = 0; i < random_dit_small.blocks; i++) {
            for (int kind = 0; kind < SPOTI_PAST_KINDS; kind++) {
                const size_t size = kind == SPOTI_PAST_FRAME ? FRAMES : COMMANDS;
                const size_t c = (size_t)random_dit_small.width;
                const spoti_dit_ring *want = &base->work.dit.history.rings[i][kind];
                const spoti_dit_ring *got = &s->work.dit.history.rings[i][kind];

                assert_memory_equal(got->keys, want->keys, c * size * sizeof *got->keys);
                assert_memory_equal(got->values, want->values, size * s->ld * sizeof *got->values);
            }
        }
        spot_session_destroy(s);
    }
    spot_session_destroy(base);
    close_bench(&b);
}

static void windows_are_read_from_their_names(void **state)
{
    static const struct {
        const char *text;
        size_t most[2], want[2];
    } good[] = {
        {NULL, {128, 128}, {128, 128}},
        {"base", {6, 1024}, {6, 1024}},
        {"p1", {128, 128}, {15, 28}},
        {"p2", {128, 128}, {8, 14}},
        {"p3", {128, 128}, {4, 7}},
        {"p4", {128, 128}, {2, 4}},
        {"p1", {8, 8}, {1, 2}},
        {"p4", {1, 1}, {1, 1}},
        {"p1", {1024, 1024}, {121, 228}},
        {"0:0", {128, 128}, {0, 0}},
        {"128:007", {128, 128}, {128, 7}},
    };
    static const struct {
        const char *text;
        spot_status status;
        const char *words;
    } bad[] = {
        {"", SPOT_E_FORMAT, "kv: '', expected base, p1 .. p4 or FRAMES:COMMANDS"},
        {"p0", SPOT_E_FORMAT, "kv: 'p0', expected"},
        {"p5", SPOT_E_FORMAT, "expected"},
        {"p11", SPOT_E_FORMAT, "expected"},
        {"none", SPOT_E_FORMAT, "expected"},
        {"3", SPOT_E_FORMAT, "expected"},
        {"3:", SPOT_E_FORMAT, "expected"},
        {":3", SPOT_E_FORMAT, "expected"},
        {"3:2:1", SPOT_E_FORMAT, "expected"},
        {"-1:2", SPOT_E_FORMAT, "expected"},
        {"3: 2", SPOT_E_FORMAT, "expected"},
        {"3:99999999999999999999", SPOT_E_FORMAT, "expected"},
        {"129:1", SPOT_E_RANGE,
         "kv: '129:1' is more than the policy reads, expected at most "
         "128:128"},
        {"1:129", SPOT_E_RANGE, "expected at most 128:128"},
    };
    static const size_t most[2] = {128, 128};
    size_t window[2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(spoti_dit_window_read(good[i].text, good[i].most, window, NULL), SPOT_OK);
        assert_int_equal(window[0], good[i].want[0]);
        assert_int_equal(window[1], good[i].want[1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spot_diag diag = {""};

        assert_int_equal(spoti_dit_window_read(bad[i].text, most, window, &diag), bad[i].status);
        assert_non_null(strstr(diag.text, bad[i].words));
    }
}

static void expect_refusal(const spot_policy *policy, spot_session_config config,
                           spot_status status, const char *words)
{
    spot_diag diag = {""};
    spot_session *s = NULL;

    config.diag = &diag;
    assert_int_equal(spot_session_create(policy, &config, &s), status);
    assert_null(s);
    assert_string_equal(diag.text, words);
}

static void what_cannot_be_is_refused_with_a_reason(void **state)
{
    static const char *const without[] = {FIXTURES "dit_flow", FIXTURES "flow_mixer_small"};
    spot_policy *policy = load(FIXTURE);

    (void)state;
    expect_refusal(policy,
                   (spot_session_config){.size = sizeof(spot_session_config), .batch_max = 2},
                   SPOT_E_RANGE,
                   "batch of 2 for a policy with history, expected 1: a session remembers one "
                   "episode");
    expect_refusal(
        policy,
        (spot_session_config){.size = sizeof(spot_session_config), .batch_max = 1, .kv = "7:1"},
        SPOT_E_RANGE, "kv: '7:1' is more than the policy reads, expected at most 6:6");
    expect_refusal(
        policy,
        (spot_session_config){.size = sizeof(spot_session_config), .batch_max = 1, .kv = "all"},
        SPOT_E_FORMAT, "kv: 'all', expected base, p1 .. p4 or FRAMES:COMMANDS");
    spot_policy_destroy(policy);
    for (int i = 0; i < 2; i++) {
        const float some[16] = {0.0F};

        policy = load(without[i]);
        expect_refusal(
            policy,
            (spot_session_config){.size = sizeof(spot_session_config), .batch_max = 1, .kv = "p1"},
            SPOT_E_UNSUPPORTED, "kv: 'p1' on a policy without history, expected base");
        expect_refusal(policy,
                       (spot_session_config){
                           .size = sizeof(spot_session_config), .batch_max = 1, .kv = "none"},
                       SPOT_E_UNSUPPORTED, "kv: 'none' on a policy without history, expected base");
        spot_session *s = session(policy, 1, NULL, "base");
        assert_int_equal(spot_policy_describe(policy)->history_frames, 0);
        assert_int_equal(spot_policy_describe(policy)->history_commands, 0);
        assert_int_equal(spot_session_remember(s, some, some), SPOT_E_UNSUPPORTED);
        spot_session_forget(s);
        spot_session_destroy(s);
        spot_policy_destroy(policy);
    }
    spot_session_forget(NULL);
}

/* ---- what is remembered ---- */

static void forgetting_starts_over(void **state)
{
    float none[SIZE];
    float some[SIZE];
    float chunk[SIZE];
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    spot_session *s = session(b.policy, STEPS, NULL, NULL);
    infer(&b, s, none);
    remember(s, 0, 4);
    infer(&b, s, some);
    assert_memory_not_equal(some, none, sizeof none);
    remember(s, 4, 30);
    spot_session_forget(s);
    infer(&b, s, chunk);
    assert_memory_equal(chunk, none, sizeof none);
    remember(s, 0, 4);
    infer(&b, s, chunk);
    assert_memory_equal(chunk, some, sizeof some);
    spot_session_destroy(s);
    close_bench(&b);
}

static void numbers_that_are_not_finite_are_not_remembered(void **state)
{
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    float before[SIZE];
    float after[SIZE];
    float obs[OBS];
    float command[ACTION];
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    spot_session *s = session(b.policy, STEPS, NULL, NULL);
    remember(s, 0, 2);
    infer(&b, s, before);
    for (int i = 0; i < 3; i++) {
        past_at(2, obs, command);
        obs[OBS - 1] = wrong[i];
        assert_int_equal(spot_session_remember(s, obs, command), SPOT_E_RANGE);
        past_at(2, obs, command);
        command[ACTION - 1] = wrong[i];
        assert_int_equal(spot_session_remember(s, obs, command), SPOT_E_RANGE);
    }
    past_at(2, obs, command);
    assert_int_equal(spot_session_remember(NULL, obs, command), SPOT_E_INVALID);
    assert_int_equal(spot_session_remember(s, NULL, command), SPOT_E_INVALID);
    assert_int_equal(spot_session_remember(s, obs, NULL), SPOT_E_INVALID);
    infer(&b, s, after);
    assert_memory_equal(before, after, sizeof before);
    spot_session_destroy(s);
    close_bench(&b);
}

/* Finite, but beyond what normalisation and layers can hold: a token that is no number would spoil
 * each chunk until it leaves the window. */
static void numbers_that_overflow_do_not_spoil_what_is_remembered(void **state)
{
    static const float sizes[] = {1e10F, 1e20F, 1e30F, FLT_MAX, -FLT_MAX};
    int n_refused = 0;
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    for (size_t i = 0; i < N_TABLE * sizeof sizes / sizeof sizes[0]; i++) {
        spot_session *s = session(b.policy, STEPS, TABLES[i % N_TABLE], NULL);
        float before[SIZE];
        float after[SIZE];
        float obs[OBS];
        float command[ACTION];
        spot_status st = SPOT_OK;

        if (s == NULL) {
            continue;
        }
        remember(s, 0, 2);
        infer(&b, s, before);
        for (int kind = 0; kind < 2; kind++) {
            past_at(2, obs, command);
            obs[0] = kind == 0 ? sizes[i / N_TABLE] : obs[0];
            command[0] = kind == 1 ? sizes[i / N_TABLE] : command[0];
            st = spot_session_remember(s, obs, command);
            assert_true(st == SPOT_OK || st == SPOT_E_RANGE);
            infer(&b, s, after);
            for (int j = 0; j < SIZE; j++) {
                assert_true(isfinite(after[j]));
            }
            if (st == SPOT_E_RANGE) {
                assert_memory_equal(before, after, sizeof before);
                n_refused++;
            }
            memcpy(before, after, sizeof before);
        }
        spot_session_destroy(s);
    }
    assert_true(n_refused > 0);
    close_bench(&b);
}

/* ---- memory ---- */

static void load_and_create_survive_each_failed_allocation(void **state)
{
    spot_status st = SPOT_E_NOMEM;

    (void)state;
    for (int k = 0; st != SPOT_OK; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_policy *policy = NULL;
        spot_session *s = NULL;

        assert_true(k < 100);
        st = spot_policy_load(FIXTURE, &a, &policy, NULL);
        if (st == SPOT_OK) {
            st = spot_session_create(policy,
                                     &(spot_session_config){.size = sizeof(spot_session_config),
                                                            .batch_max = 1,
                                                            .kv = "p1",
                                                            .allocator = &a},
                                     &s);
        }
        assert_true(st == SPOT_OK ? s != NULL && k >= 5 : st == SPOT_E_NOMEM && s == NULL);
        spot_session_destroy(s);
        spot_policy_destroy(policy);
        spot_test_assert_no_leak(&mem);
    }
}

static void remembering_and_inference_allocate_nothing(void **state)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, -1);
    const spot_session_config config = {
        .size = sizeof(spot_session_config), .batch_max = 1, .steps = STEPS, .allocator = &a};
    spot_session *s = NULL;
    float chunk[SIZE];
    bench b;

    (void)state;
    open_bench(&b, &random_dit_small);
    assert_int_equal(spot_session_create(b.policy, &config, &s), SPOT_OK);
    mem.fail_at = mem.n_alloc;
    for (int i = 0; i < 1000; i++) {
        remember(s, i, i + 1);
        infer(&b, s, chunk);
    }
    spot_session_forget(s);
    assert_int_equal(mem.n_failed, 0);
    spot_session_destroy(s);
    spot_test_assert_no_leak(&mem);
    close_bench(&b);
}

static void a_policy_describes_its_history(void **state)
{
    spot_policy *policy = load(FIXTURE);
    const spot_policy_info *info = spot_policy_describe(policy);

    (void)state;
    assert_string_equal(info->type, "dit");
    assert_int_equal(info->history_frames, 6);
    assert_int_equal(info->history_commands, 6);
    /* As in test_dit.c, and by hand: frame_fc1 22*8, command_fc1 22*4, two of 22*23, and in each of 3
     * blocks 2 heads of 12 biases. */
    assert_int_equal(info->n_params, 308 + 110 + 506 + 66 + 110 + 684 + 3 * (3872 + 1628 + 3762) +
                                         836 + 69 + 176 + 88 + 2 * 506 + 3 * 24);
    spot_policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_pytorch),
        cmocka_unit_test(agrees_with_a_recomputation_at_every_fill),
        cmocka_unit_test(long_runs_keep_the_newest_tokens),
        cmocka_unit_test(the_longest_history_agrees_with_a_recomputation),
        cmocka_unit_test(quantised_keys_and_values_hold_for_the_past),
        cmocka_unit_test(a_window_reads_as_if_there_were_no_more),
        cmocka_unit_test(a_window_changes_nothing_that_is_kept),
        cmocka_unit_test(windows_are_read_from_their_names),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_reason),
        cmocka_unit_test(forgetting_starts_over),
        cmocka_unit_test(numbers_that_are_not_finite_are_not_remembered),
        cmocka_unit_test(numbers_that_overflow_do_not_spoil_what_is_remembered),
        cmocka_unit_test(load_and_create_survive_each_failed_allocation),
        cmocka_unit_test(remembering_and_inference_allocate_nothing),
        cmocka_unit_test(a_policy_describes_its_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
