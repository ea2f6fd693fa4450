/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The softmax of every table of kernels against double precision, at lengths around the SIMD widths,
 * unaligned, with NaN in what must not be used and marks around what must not be written.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/tables.h"
#include "support/spot_test.h"

static const size_t LENGTHS[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 266, 1023};
enum { N_LENGTH = sizeof LENGTHS / sizeof LENGTHS[0] };

enum { M = 3 };

static const double EPS = 0x1p-24;
static const float MARK = -12345.0F;

/* What a weight may be where the exponential is below that of -87: see kernels.h. */
static const double NOTHING = 0x1p-125;

static float draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)((double)*state / 2147483648.0 - 1.0);
}

/*
 * Relative error of a weight. Scores of magnitude up to S are kept to 2 S EPS (product and sum), and so
 * is the largest; their difference, up to 2 S, is rounded once more: 6 S EPS in the exponent, and 4 EPS
 * for an exponential of 2 ulp. The same holds for the terms of the sum, which rounds n times; a
 * reciprocal and a product follow.
 */
static double bound(double s, size_t n)
{
    return EPS * (2.0 * (6.0 * s + 4.0) + (double)n + 4.0);
}

/* Calls `check` with each table that this CPU can run. */
static void for_each_table(void (*check)(const spoti_kernels *))
{
    for (int i = 0; i < N_TABLE; i++) {
        const spoti_kernels *kernels = spoti_kernels_find(TABLES[i]);

        if (kernels == NULL) {
            print_message("[  note    ] this CPU lacks %s\n", TABLES[i]);
            continue;
        }
        check(kernels);
    }
}

/* Compares a row with the formula in double precision. */
static void check_row(const float *got, const float *before, size_t n, double factor,
                      const float *bias, double size)
{
    double *s = malloc((n + 1) * sizeof *s);
    double most = -INFINITY;
    double sum = 0.0;
    double total = 0.0;

    assert_non_null(s);
    for (size_t j = 0; j < n; j++) {
        s[j] = factor * (double)before[j] + (bias != NULL ? (double)bias[j] : 0.0);
        most = fmax(most, s[j]);
    }
    for (size_t j = 0; j < n; j++) {
        sum += exp(s[j] - most);
    }
    for (size_t j = 0; j < n; j++) {
        assert_close((double)got[j], exp(s[j] - most) / sum, NOTHING, bound(size, n));
        total += (double)got[j];
    }
    if (n > 0) {
        assert_close(total, 1.0, 0.0, (double)n * EPS + 4.0 * EPS);
    }
    free(s);
}

static void check_at(const spoti_kernels *kernels, size_t n, float factor, float size,
                     int with_bias)
{
    const size_t ld = n + 3;
    unsigned seed = (unsigned)(n + 1000 * (size_t)with_bias);
    /* One float off the alignment of malloc. */
    float *block = malloc((M * ld + 1) * sizeof(float));
    float *before = malloc(M * ld * sizeof(float));
    float *bias = malloc((n + 2) * sizeof(float));

    assert_true(block != NULL && before != NULL && bias != NULL);
    for (size_t i = 0; i < M * ld; i++) {
        before[i] = i % ld < n ? draw(&seed) * size / factor : (i % ld == n ? NAN : MARK);
        block[i + 1] = before[i];
    }
    for (size_t j = 0; j < n + 2; j++) {
        bias[j] = j > 0 && j <= n ? draw(&seed) * size : NAN;
    }
    kernels->softmax(&(spoti_softmax){M, n, block + 1, ld, factor, with_bias ? bias + 1 : NULL});
    for (size_t i = 0; i < M; i++) {
        check_row(block + 1 + i * ld, before + i * ld, n, (double)factor,
                  with_bias ? bias + 1 : NULL, 2.0 * (double)size);
        assert_true(isnan(block[1 + i * ld + n]));
        assert_true(block[1 + i * ld + n + 1] == MARK && block[1 + i * ld + n + 2] == MARK);
    }
    free(bias);
    free(before);
    free(block);
}

static void check_lengths(const spoti_kernels *kernels)
{
    static const float factors[] = {1.0F, 0.14433756F};
    static const float sizes[] = {0.01F, 3.0F, 60.0F, 1e4F};

    for (size_t i = 0; i < N_LENGTH; i++) {
        for (size_t f = 0; f < 2; f++) {
            for (size_t s = 0; s < 4; s++) {
                check_at(kernels, LENGTHS[i], factors[f], sizes[s], 0);
                check_at(kernels, LENGTHS[i], factors[f], sizes[s], 1);
            }
        }
    }
}

static void weights_agree_with_double_precision(void **state)
{
    (void)state;
    for_each_table(check_lengths);
}

/* Weights (j + 1) / sum from scores ln(j + 1), by way of the scores or of the biases. */
static void check_known(const spoti_kernels *kernels)
{
    enum { N = 20, SUM = N * (N + 1) / 2 };
    float x[N];
    float bias[N];

    for (int from_bias = 0; from_bias < 2; from_bias++) {
        for (int j = 0; j < N; j++) {
            const float s = (float)log(j + 1.0);

            x[j] = from_bias ? 7.0F : 2.0F * s;
            bias[j] = from_bias ? s : 1.0F;
        }
        kernels->softmax(&(spoti_softmax){1, N, x, N, 0.5F, bias});
        for (int j = 0; j < N; j++) {
            assert_close((double)x[j], (j + 1.0) / SUM, 0.0, bound(8.0, N));
        }
    }
}

static void weights_follow_the_exponential(void **state)
{
    (void)state;
    for_each_table(check_known);
}

/* Scores up to the largest numbers: no overflow, and what is not a number does not vanish. */
static void check_extremes(const spoti_kernels *kernels)
{
    enum { N = 19 };
    float x[N];

    for (int at = 0; at < N; at++) {
        for (int j = 0; j < N; j++) {
            x[j] = j == at ? 1e38F : -1e38F;
        }
        kernels->softmax(&(spoti_softmax){1, N, x, N, 1.0F, NULL});
        for (int j = 0; j < N; j++) {
            assert_close((double)x[j], j == at ? 1.0 : 0.0, NOTHING, 0.0);
        }
    }
    for (int at = 0; at < N; at++) {
        int n_nan = 0;

        for (int j = 0; j < N; j++) {
            x[j] = j == at ? NAN : (float)j;
        }
        kernels->softmax(&(spoti_softmax){1, N, x, N, 1.0F, NULL});
        for (int j = 0; j < N; j++) {
            n_nan += isnan(x[j]) != 0;
        }
        assert_true(n_nan > 0);
    }
}

static void extreme_scores_are_safe(void **state)
{
    (void)state;
    for_each_table(check_extremes);
}

static void check_alone(const spoti_kernels *kernels)
{
    enum { ROWS = 7, N = 45 };
    float x[ROWS * N];
    float alone[ROWS * N];
    unsigned seed = 9;

    for (int i = 0; i < ROWS * N; i++) {
        x[i] = 5.0F * draw(&seed);
    }
    memcpy(alone, x, sizeof x);
    kernels->softmax(&(spoti_softmax){ROWS, N, x, N, 1.0F, NULL});
    for (size_t i = 0; i < ROWS; i++) {
        kernels->softmax(&(spoti_softmax){1, N, alone + i * N, N, 1.0F, NULL});
    }
    assert_memory_equal(alone, x, sizeof x);
}

static void a_row_has_the_same_bytes_alone_and_among_others(void **state)
{
    (void)state;
    for_each_table(check_alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_agree_with_double_precision),
        cmocka_unit_test(weights_follow_the_exponential),
        cmocka_unit_test(extreme_scores_are_safe),
        cmocka_unit_test(a_row_has_the_same_bytes_alone_and_among_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
