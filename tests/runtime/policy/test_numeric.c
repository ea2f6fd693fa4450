/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Numeric bits: what their text says, and sessions against policies whose files were rounded by brute force. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/policy/numeric.h"
#include "runtime/policy/policy_load.h"
#include "runtime/policy/prune_oracle.h"
#include "runtime/policy/tiers.h"
#include "spot/coinfer.h"
#include "support/spot_test.h"

#define FIXTURES SPOT_SOURCE_DIR "/tests/fixtures/"
#define DIT      SPOT_SOURCE_DIR "/policies/ur5e-pick-place-dit"
#define MIXER    SPOT_SOURCE_DIR "/policies/ur5e-pick-place"

enum { STEPS = 2, OBS_MAX = 64, CHUNK_MAX = 256, LEVELS_MAX = 1 << 15 };

static void texts_say_what_is_rounded(void **state)
{
    static const struct {
        const char *text;
        spoti_numeric want;
    } cases[] = {{"num:1", {1, SPOTI_NUMERIC_LLOYD}},
                 {"num:16:lloyd", {16, SPOTI_NUMERIC_LLOYD}},
                 {"num:9:uniform", {9, SPOTI_NUMERIC_UNIFORM}},
                 {"num:10:pow2", {10, SPOTI_NUMERIC_POW2}}};
    static const char *const bad[] = {"num:",        "num:0",
                                      "num:17",      "num:04",
                                      "num:-3",      "num:4.5",
                                      "num:x",       "num:4:",
                                      "num:4:Lloyd", "num:4:lloyd:",
                                      "num:4lloyd",  "num:4 ",
                                      "num: 4",      "num:99999999999999999999",
                                      "num::lloyd",  "num:4:floor",
                                      "num:100"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spoti_plan plan;

        assert_int_equal(spoti_plan_read(cases[i].text, &plan, NULL), SPOT_OK);
        assert_int_equal(plan.numeric.bits, cases[i].want.bits);
        assert_int_equal(plan.numeric.rule, cases[i].want.rule);
        assert_int_equal(spoti_plan_count(&plan, 32, 4), 40); /* all compute in fp32 */
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spot_diag diag = {""};
        spoti_plan plan;

        spoti_plan_fill(&plan, 8);
        plan.numeric.bits = 5;
        if (spoti_plan_read(bad[i], &plan, &diag) != SPOT_E_FORMAT ||
            strstr(diag.text, "B bits of 1..16 and RULE one of lloyd, uniform, pow2") == NULL) {
            fail_msg("'%s': '%s'", bad[i], diag.text);
        }
        assert_true(plan.numeric.bits == 5 && plan.bits[0][0] == 8); /* as it was */
    }
    assert_string_equal(spoti_numeric_rule_name(SPOTI_NUMERIC_POW2), "pow2");
    spoti_plan plan;
    spot_diag diag = {""};
    assert_int_equal(spoti_plan_read("number:4", &plan, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "num:B or num:B:RULE"));
    assert_int_equal(spoti_plan_read("num:4", &plan, NULL), SPOT_OK);
    assert_int_equal(spoti_plan_read("w8a8", &plan, NULL), SPOT_OK);
    assert_int_equal(plan.numeric.bits, 0); /* gone with the next text */
}

/* All levels of a rule, in any order; their number. */
static int levels_of(const spoti_numeric *how, double lambda, double *levels)
{
    const int n = 1 << (how->bits - 1);
    double scale = 0.0;
    double d = 0.0;

    if (how->rule == SPOTI_NUMERIC_LLOYD) {
        assert_int_equal(spot_coinfer_lloyd(lambda, how->bits, levels, NULL), SPOT_OK);
        return n;
    }
    if (how->rule == SPOTI_NUMERIC_UNIFORM) {
        assert_int_equal(
            spot_coinfer_uniform_best(lambda, how->bits, SPOT_COINFER_MID_RISE, &scale, &d),
            SPOT_OK);
    } else {
        assert_int_equal(spot_coinfer_power_of_two_best(lambda, how->bits, &scale, &d), SPOT_OK);
    }
    for (int i = 0; i < n; i++) {
        levels[i] = how->rule == SPOTI_NUMERIC_UNIFORM ? (i + 0.5) * scale : scale * pow(2.0, -i);
    }
    return n;
}

/* The layer w (n) by trying all levels on each weight. */
static void round_by_hand(float *w, int n, const spoti_numeric *how)
{
    static double levels[LEVELS_MAX];
    double sum = 0.0;
    int n_left = 0;

    for (int i = 0; i < n; i++) {
        sum += fabs((double)w[i]);
        n_left += w[i] != 0.0F;
    }
    if (n_left == 0) {
        return;
    }
    const int n_level = levels_of(how, n_left / sum, levels);
    for (int i = 0; i < n; i++) {
        double best = levels[0];
        for (int k = 1; k < n_level && w[i] != 0.0F; k++) {
            if (fabs(levels[k] - fabs((double)w[i])) < fabs(best - fabs((double)w[i]))) {
                best = levels[k];
            }
        }
        w[i] = w[i] > 0.0F ? (float)best : w[i] < 0.0F ? -(float)best : w[i];
    }
}

static void weights_go_to_the_nearest_level(void **state)
{
    enum { N = 700 };
    static const int all_bits[] = {1, 2, 3, 5, 8, 11};
    float got[N];
    float want[N];

    (void)state;
    for (int rule = 0; rule < SPOTI_NUMERIC_RULE_COUNT; rule++) {
        for (int b = 0; b < 6; b++) {
            const spoti_numeric how = {all_bits[b], (spoti_numeric_rule)rule};

            random_fill((unsigned)(10 * rule + b), got, N);
            for (int i = 0; i < N; i++) { /* from 1e-9 to 30, both signs, some of both zeros */
                got[i] = i % 9 == 0
                             ? 0.0F * got[i]
                             : copysignf(30.0F * powf(fabsf(got[i]), (float)(i % 7)), got[i]);
            }
            got[1] = 1e-9F;
            memcpy(want, got, sizeof want);
            spoti_numeric_round(got, N, &how);
            round_by_hand(want, N, &how);
            for (int i = 0; i < N; i++) {
                assert_close((double)got[i], (double)want[i], 0.0, 1e-6);
                assert_true((signbit(got[i]) != 0) == (signbit(want[i]) != 0));
            }
        }
    }
    float zeros[2] = {0.0F, -0.0F};
    spoti_numeric_round(zeros, 2, &(spoti_numeric){4, SPOTI_NUMERIC_LLOYD});
    assert_true(zeros[0] == 0.0F && zeros[1] == 0.0F);
}

/* One chunk with numeric bits, prune and steps; its size. */
static int infer(const spot_policy *policy, const char *quant, const char *prune, float *chunk)
{
    const spot_policy_info *info = spot_policy_describe(policy);
    const int size = info->horizon * info->action_dim;
    spot_diag diag = {""};
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = STEPS,
                                        .batch_max = 1,
                                        .prune = prune,
                                        .quant = quant,
                                        .diag = &diag};
    spot_session *s = NULL;
    float obs[OBS_MAX];
    float noise[CHUNK_MAX];

    assert_in_range(info->obs_dim, 1, OBS_MAX);
    assert_in_range(size, 1, CHUNK_MAX);
    random_fill(1, noise, size);
    random_fill(2, obs, info->obs_dim);
    if (spot_session_create(policy, &config, &s) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
    spot_session_destroy(s);
    return size;
}

/* What oracle_each_prunable calls. */
static void round_tensor(const random_tensor *t, const void *how)
{
    round_by_hand(t->x, t->rows * t->columns, how);
}

static void a_numeric_session_is_that_of_a_policy_rounded_by_hand(void **state)
{
    static const char *const dirs[] = {FIXTURES "dit_flow", FIXTURES "dit_history",
                                       FIXTURES "flow_mixer_small"};
    static const char *const quants[] = {"num:3", "num:2:uniform", "num:4:pow2"};
    static const spoti_numeric hows[] = {
        {3, SPOTI_NUMERIC_LLOYD}, {2, SPOTI_NUMERIC_UNIFORM}, {4, SPOTI_NUMERIC_POW2}};
    float got[CHUNK_MAX];
    float want[CHUNK_MAX];

    (void)state;
    for (int d = 0; d < 3; d++) {
        for (int q = 0; q < 3; q++) {
            const char *prune = q == 1 ? "0.3" : NULL;
            oracle_folder *folder = oracle_folder_read(dirs[d]);
            spot_policy *policy = load(dirs[d]);
            char path[1024];

            if (prune != NULL) {
                oracle_prune_tensors(&folder->tensors, prune); /* first pruned, then rounded */
            }
            oracle_each_prunable(&folder->tensors, round_tensor, &hows[q]);
            spot_test_temp_path(path, sizeof path, "rounded");
            oracle_folder_write(folder, path);
            spot_policy *rounded = load(path);
            const int size = infer(policy, quants[q], prune, got);

            (void)infer(rounded, NULL, NULL, want);
            for (int i = 0; i < size; i++) { /* a level may differ in its last bit */
                assert_close((double)got[i], (double)want[i], 1e-5, 1e-5);
            }
            (void)infer(policy, NULL, prune, want);
            double moved = 0.0;
            for (int i = 0; i < size; i++) {
                moved = fmax(moved, fabs((double)got[i] - (double)want[i]));
            }
            assert_true(moved > 1e-3);
            spot_policy_destroy(rounded);
            spot_policy_destroy(policy);
            oracle_folder_free(folder);
        }
    }
}

/* Mean |difference| of two chunks over mean |chunk|. */
static double moved_by(const spot_policy *policy, const char *quant)
{
    float full[CHUNK_MAX];
    float got[CHUNK_MAX];
    const int size = infer(policy, NULL, NULL, full);
    double off = 0.0;
    double whole = 0.0;

    (void)infer(policy, quant, NULL, got);
    for (int i = 0; i < size; i++) {
        off += fabs((double)got[i] - (double)full[i]);
        whole += fabs((double)full[i]);
    }
    return off / whole;
}

static void many_bits_change_nothing_and_few_change_much(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        spot_policy *policy = load(i == 0 ? DIT : MIXER);
        const double few = moved_by(policy, "num:2");
        const double more = moved_by(policy, "num:6");

        /* D falls by 2 a bit: 2^-14 of what 2 bits do, and rounding */
        assert_true(moved_by(policy, "num:16:lloyd") < few * 1e-3);
        assert_true(more < few / 3.0 && few > 1e-3);
        spot_policy_destroy(policy);
    }
}

static void one_layer_can_be_rounded_alone(void **state)
{
    const spoti_numeric how = {3, SPOTI_NUMERIC_LLOYD};
    spot_policy *policy = load(FIXTURES "flow_mixer_small");
    const size_t n = spoti_rounded_count(policy);
    spot_policy *one = NULL;

    (void)state;
    assert_true(n >= 4 && n % 4 == 0);
    assert_int_equal(spoti_rounded_create(policy, &how, 2, NULL, &one), SPOT_OK);
    for (size_t i = 0; i < n; i++) {
        const size_t count = spoti_rounded_weights(policy, i);
        float *a = malloc(count * sizeof *a);
        float *b = malloc(count * sizeof *b);

        assert_true(a != NULL && b != NULL && spoti_rounded_weights(one, i) == count);
        spoti_rounded_read(policy, i, a);
        spoti_rounded_read(one, i, b);
        if (i == 2) {
            round_by_hand(a, (int)count, &how);
        }
        for (size_t k = 0; k < count; k++) {
            assert_close((double)b[k], (double)a[k], 0.0, 1e-6);
        }
        free(a);
        free(b);
    }
    spoti_rounded_destroy(one);
    spot_policy_destroy(policy);
}

static void running_out_of_memory_is_survived(void **state)
{
    spot_policy *policy = load(FIXTURES "dit_flow");
    spot_session_config config = {
        .size = sizeof(spot_session_config), .batch_max = 1, .quant = "num:4", .prune = "0.1"};
    spot_status st = SPOT_E_NOMEM;

    (void)state;
    for (int k = 0; k < 100 && st == SPOT_E_NOMEM; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_session *s = NULL;

        config.allocator = &a;
        st = spot_session_create(policy, &config, &s);
        assert_true((s != NULL) == (st == SPOT_OK));
        spot_session_destroy(s);
        spot_test_assert_no_leak(&mem);
    }
    assert_int_equal(st, SPOT_OK);
    spot_policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_say_what_is_rounded),
        cmocka_unit_test(weights_go_to_the_nearest_level),
        cmocka_unit_test(a_numeric_session_is_that_of_a_policy_rounded_by_hand),
        cmocka_unit_test(many_bits_change_nothing_and_few_change_much),
        cmocka_unit_test(one_layer_can_be_rounded_alone),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
