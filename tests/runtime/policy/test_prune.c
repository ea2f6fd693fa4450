/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The arithmetic of pruning: against answers by hand and against sorting; and what its texts say. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/policy/prune.h"
#include "runtime/policy/prune_oracle.h"
#include "support/spot_test.h"

static const char *const FRACTIONS[] = {"0.001", "0.05", "0.25", "0.5", "0.9", "0.95"};
enum { N_FRACTION = 6, VALUES_MAX = 31 * 33 };

/* Random weights; `steps` > 0 rounds them to that many steps from 0 to 1, so that many are equal, and
 * some +0 and some -0. */
static void draw(unsigned seed, int steps, float *w, int count)
{
    random_fill(seed, w, count);
    for (int i = 0; i < count && steps > 0; i++) {
        w[i] = rintf(w[i] * (float)steps) / (float)steps;
    }
}

static int count_zeros(const float *w, int count)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        n += fabsf(w[i]) > 0.0F ? 0 : 1;
    }
    return n;
}

static void hand_computed_weights_go(void **state)
{
    float few[] = {3.0F, -1.0F, 2.0F, -1.0F, 0.5F};
    const float few_want[] = {3.0F, 0.0F, 2.0F, -1.0F, 0.0F};
    /* two rows of 7 inputs: a whole group, and three inputs of which one goes */
    float pattern[] = {1.0F, -3.0F, 2.0F, 4.0F, 5.0F, -1.0F, 0.5F,
                       2.0F, 2.0F,  2.0F, 2.0F, 1.0F, 1.0F,  -1.0F};
    const float pattern_want[] = {0.0F, -3.0F, 0.0F, 4.0F, 5.0F, -1.0F, 0.0F,
                                  0.0F, 0.0F,  2.0F, 2.0F, 0.0F, 1.0F,  -1.0F};
    /* units of norms 2 * 1, 1 * 1, 1 * 3: the middle one goes */
    float w1[] = {2.0F, 0.0F, 0.0F, 1.0F, 0.6F, -0.8F};
    float w2[] = {1.0F, 1.0F, -3.0F};
    const float w1_want[] = {2.0F, 0.0F, 0.6F, -0.8F};
    const float w2_want[] = {1.0F, -3.0F};
    double score[3];

    (void)state;
    spoti_prune_weights(few, 5, 0.4);
    assert_memory_equal(few, few_want, sizeof few);
    spoti_prune_two_four(pattern, 2, 7);
    assert_memory_equal(pattern, pattern_want, sizeof pattern);
    spoti_prune_units(w1, 2, w2, 1, 3, 2, score);
    assert_memory_equal(w1, w1_want, sizeof w1_want);
    assert_memory_equal(w2, w2_want, sizeof w2_want);
}

static void a_fraction_takes_the_weights_that_sorting_finds(void **state)
{
    static const int counts[] = {1, 2, 3, 7, 10, 64, 333, VALUES_MAX};
    float got[VALUES_MAX];
    float want[VALUES_MAX];

    (void)state;
    for (int c = 0; c < 8; c++) {
        for (int f = 0; f < N_FRACTION * 3; f++) {
            const int steps = (int[]){0, 3, 40}[f % 3];
            const double fraction = strtod(FRACTIONS[f / 3], NULL);
            const int due = (int)floor(fraction * counts[c] + 0.5);

            draw((unsigned)(c * 100 + f), steps, got, counts[c]);
            memcpy(want, got, sizeof want);
            spoti_prune_weights(got, (size_t)counts[c], fraction);
            oracle_prune(want, 1, counts[c], FRACTIONS[f / 3]);
            assert_memory_equal(got, want, (size_t)counts[c] * sizeof *got);
            if (steps == 0) { /* no zero was there before */
                assert_int_equal(count_zeros(got, counts[c]), due);
            }
        }
    }
}

static void two_of_four_are_those_that_sorting_finds(void **state)
{
    float got[VALUES_MAX];
    float want[VALUES_MAX];

    (void)state;
    for (int k = 1; k <= 33; k++) {
        for (int steps = 0; steps < 4; steps++) {
            const int rows = 31;

            draw((unsigned)(k * 10 + steps), steps, got, rows * k);
            memcpy(want, got, sizeof want);
            spoti_prune_two_four(got, (size_t)rows, (size_t)k);
            oracle_prune(want, rows, k, "2:4");
            assert_memory_equal(got, want, (size_t)(rows * k) * sizeof *got);
            if (steps == 0) { /* half of whole groups; 0, 1, 1 of 1, 2, 3 inputs */
                assert_int_equal(count_zeros(got, rows * k),
                                 rows * (k / 4 * 2 + (k % 4 > 1 ? 1 : 0)));
            }
        }
    }
}

static void units_are_those_that_sorting_finds(void **state)
{
    enum { HIDDEN = 33, K = 19, N = 31 };
    float w1[HIDDEN * K];
    float w2[N * HIDDEN];
    float got1[HIDDEN * K];
    float got2[N * HIDDEN];
    double score[HIDDEN];
    int gone[HIDDEN];

    (void)state;
    draw(1, 0, w1, HIDDEN * K);
    draw(2, 0, w2, N * HIDDEN);
    for (int i = 0; i < K; i++) { /* units 4, 20 and 21 are equal */
        w1[20 * K + i] = w1[21 * K + i] = w1[4 * K + i];
    }
    for (int i = 0; i < N; i++) {
        w2[i * HIDDEN + 20] = w2[i * HIDDEN + 21] = w2[i * HIDDEN + 4];
    }
    for (int left = 1; left <= HIDDEN; left++) {
        int to = 0;

        memcpy(got1, w1, sizeof w1);
        memcpy(got2, w2, sizeof w2);
        spoti_prune_units(got1, K, got2, N, HIDDEN, (size_t)left, score);
        oracle_rank_units(w1, K, w2, N, HIDDEN, HIDDEN - left, gone);
        for (int j = 0; j < HIDDEN; j++) {
            if (gone[j]) {
                continue;
            }
            assert_memory_equal(got1 + to * K, w1 + j * K, K * sizeof *w1);
            for (int i = 0; i < N; i++) {
                assert_memory_equal(got2 + i * left + to, w2 + i * HIDDEN + j, sizeof *w2);
            }
            to++;
        }
        assert_int_equal(to, left);
    }
}

static void units_left_are_multiples_of_16(void **state)
{
    static const struct {
        size_t hidden;
        double fraction;
        size_t left;
    } cases[] = {{768, 0.25, 576}, {768, 0.5, 384}, {768, 0.3, 544}, {768, 0.9, 80},
                 {37, 0.3, 32},    {29, 0.5, 16},   {64, 0.05, 64},  {7, 0.5, 7},
                 {16, 0.9, 16},    {17, 0.1, 16},   {1, 0.5, 1},     {5, 0.9, 5}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(spoti_prune_units_left(cases[i].hidden, cases[i].fraction), cases[i].left);
    }
}

static void texts_say_what_is_pruned(void **state)
{
    static const struct {
        const char *text;
        spoti_prune want;
    } cases[] = {{"none", {SPOTI_PRUNE_NONE, 0.0}},     {"2:4", {SPOTI_PRUNE_TWO_FOUR, 0.0}},
                 {"0.05", {SPOTI_PRUNE_WEIGHTS, 0.05}}, {"0.95", {SPOTI_PRUNE_WEIGHTS, 0.95}},
                 {"1e-3", {SPOTI_PRUNE_WEIGHTS, 1e-3}}, {"mlp:0.25", {SPOTI_PRUNE_UNITS, 0.25}},
                 {"mlp:0.9", {SPOTI_PRUNE_UNITS, 0.9}}};
    static const char *const bad[] = {
        "",         "0",     "-0.1",     "0.951", "1",       "1.5",    "nan",  "inf",
        "0.2 ",     " 0.2",  "20%",      "1:4",   "2:4x",    "mlp",    "mlp:", "mlp:0",
        "mlp:0.91", "mlp:1", "mlp:-0.2", "mlp:x", "mlp:2:4", "0x1p-2", "None", "1e-400"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spoti_prune got;

        assert_int_equal(spoti_prune_parse(cases[i].text, &got, NULL), SPOT_OK);
        assert_int_equal(got.kind, cases[i].want.kind);
        if (got.kind == SPOTI_PRUNE_WEIGHTS || got.kind == SPOTI_PRUNE_UNITS) {
            assert_close(got.fraction, cases[i].want.fraction, 0.0, 0.0);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char words[64];
        spot_diag diag = {""};
        spoti_prune got;

        (void)snprintf(words, sizeof words, "prune: '%s', expected none, a fraction", bad[i]);
        if (spoti_prune_parse(bad[i], &got, &diag) != SPOT_E_FORMAT ||
            strstr(diag.text, words) == NULL) {
            fail_msg("'%s': '%s'", bad[i], diag.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_computed_weights_go),
        cmocka_unit_test(a_fraction_takes_the_weights_that_sorting_finds),
        cmocka_unit_test(two_of_four_are_those_that_sorting_finds),
        cmocka_unit_test(units_are_those_that_sorting_finds),
        cmocka_unit_test(units_left_are_multiples_of_16),
        cmocka_unit_test(texts_say_what_is_pruned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
