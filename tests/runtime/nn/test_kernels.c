/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Every table of kernels against double precision, at lengths around the SIMD widths, unaligned, with
 * NaN in what must not be used and marks around what must not be written.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/tables.h"
#include "support/spot_test.h"

static const size_t LENGTHS[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 1023};
enum { N_LENGTH = sizeof LENGTHS / sizeof LENGTHS[0] };

/* Rounding of float32, and how many standard deviations of a sum's rounding are allowed: the worst
 * case grows with k, the usual one with sqrt(k). */
static const double EPS = 0x1p-24;
static const double DEVIATIONS = 4.0;
static const float MARK = -12345.0F;

static float draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)((double)*state / 2147483648.0 - 1.0);
}

static double gelu(double x)
{
    return 0.5 * x * (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

/* One float off the alignment of malloc. */
static float *array(size_t n, float **block)
{
    *block = malloc((n + 2) * sizeof(float));
    assert_non_null(*block);
    return *block + 1;
}

typedef struct problem {
    spoti_gemm g;
    float *blocks[6];
    float *weights; /* (n x k) as given to spoti_pack */
    float *before;  /* c before the product */
    size_t c_size;
} problem;

static void make(problem *p, size_t m, size_t n, size_t k, spoti_epilogue epilogue, int bias)
{
    unsigned seed = (unsigned)(m + 31 * n + 977 * k);
    float *a = array(m * (k + 3), &p->blocks[0]);
    float *b = array(spoti_padded(n) * k, &p->blocks[1]);
    float *bias_values = array(n, &p->blocks[2]);
    float *gate = array(n, &p->blocks[3]);
    float *c = NULL;

    p->c_size = m * (n + 5);
    c = array(p->c_size, &p->blocks[4]);
    p->weights = array(n * k, &p->blocks[5]);
    p->before = malloc((p->c_size + 1) * sizeof(float));
    for (size_t i = 0; i < m * (k + 3); i++) {
        a[i] = i % (k + 3) < k ? draw(&seed) : NAN;
    }
    for (size_t i = 0; i < n * k; i++) {
        p->weights[i] = draw(&seed);
    }
    for (size_t i = 0; i < n; i++) {
        bias_values[i] = draw(&seed);
        gate[i] = draw(&seed);
    }
    for (size_t i = 0; i < p->c_size; i++) {
        c[i] = i % (n + 5) < n ? draw(&seed) : MARK;
        p->before[i] = c[i];
    }
    spoti_pack(p->weights, k, n, k, b);
    /* What pads the last panel must not matter. */
    for (size_t j = n; j < spoti_padded(n); j++) {
        for (size_t i = 0; i < k; i++) {
            b[j / SPOTI_PANEL * SPOTI_PANEL * k + i * SPOTI_PANEL + j % SPOTI_PANEL] = NAN;
        }
    }
    p->g = (spoti_gemm){m,    n,    k,        a, k + 3, b, SPOTI_PANEL, SPOTI_PANEL * k,
                        NULL, gate, epilogue, c, n + 5};
    p->g.bias = bias ? bias_values : NULL;
}

static void discard(problem *p)
{
    for (int i = 0; i < 6; i++) {
        free(p->blocks[i]);
    }
    free(p->before);
}

/* Compares element (i, j) with the formula in double precision. */
static void check_element(const problem *p, size_t i, size_t j)
{
    const spoti_gemm *g = &p->g;
    double y = g->bias != NULL ? (double)g->bias[j] : 0.0;
    double size = fabs(y) + 1.0;

    for (size_t l = 0; l < g->k; l++) {
        const double term = (double)g->a[i * g->lda + l] * (double)p->weights[j * g->k + l];

        y += term;
        size += fabs(term);
    }
    if (g->epilogue == SPOTI_EPILOGUE_GELU) {
        y = gelu(y);
    } else if (g->epilogue == SPOTI_EPILOGUE_RESIDUAL) {
        y = (double)p->before[i * g->ldc + j] + (double)g->gate[j] * y;
    } else if (g->epilogue == SPOTI_EPILOGUE_SILU) {
        y = y / (1.0 + exp(-y));
    } else if (g->epilogue == SPOTI_EPILOGUE_ADD) {
        y = (double)p->before[i * g->ldc + j] + y;
    }
    assert_close((double)g->c[i * g->ldc + j], y,
                 DEVIATIONS * sqrt((double)g->k + 4.0) * EPS * size, 0.0);
}

static void check_gemm(const spoti_kernels *kernels, size_t m, size_t n, size_t k)
{
    for (int epilogue = SPOTI_EPILOGUE_STORE; epilogue <= SPOTI_EPILOGUE_ADD; epilogue++) {
        for (int bias = 0; bias < 2; bias++) {
            problem p;

            make(&p, m, n, k, (spoti_epilogue)epilogue, bias);
            kernels->gemm(&p.g);
            for (size_t i = 0; i < p.c_size; i++) {
                if (i % (n + 5) < n) {
                    check_element(&p, i / (n + 5), i % (n + 5));
                } else {
                    assert_true(p.g.c[i] == MARK);
                }
            }
            discard(&p);
        }
    }
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
        assert_string_equal(kernels->name, TABLES[i]);
        check(kernels);
    }
}

static void check_all_products(const spoti_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_gemm(kernels, 9, LENGTHS[i], 17);
        check_gemm(kernels, 3, 33, LENGTHS[i]);
        check_gemm(kernels, LENGTHS[i], 9, 5);
    }
}

static void products_agree_with_double_precision(void **state)
{
    (void)state;
    for_each_table(check_all_products);
}

/* b as an activation: rows of 3 panels, not packed. */
static void check_unpacked(const spoti_kernels *kernels)
{
    enum { M = 11, N = 75, K = 6, LD = 96 };
    float a[M * K];
    float b[K * LD];
    float c[M * N];
    unsigned seed = 3;

    for (int i = 0; i < M * K; i++) {
        a[i] = draw(&seed);
    }
    for (int i = 0; i < K * LD; i++) {
        b[i] = i % LD < N ? draw(&seed) : NAN;
    }
    kernels->gemm(&(spoti_gemm){.m = M,
                                .n = N,
                                .k = K,
                                .a = a,
                                .lda = K,
                                .b = b,
                                .ldb = LD,
                                .panel_stride = SPOTI_PANEL,
                                .c = c,
                                .ldc = N});
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < N; j++) {
            double want = 0.0;

            for (int k = 0; k < K; k++) {
                want += (double)a[i * K + k] * (double)b[k * LD + j];
            }
            assert_close((double)c[i * N + j], want, K * K * EPS, 0.0);
        }
    }
}

static void products_with_unpacked_right_sides_agree(void **state)
{
    (void)state;
    for_each_table(check_unpacked);
}

/* A product with 1 x 1 weights shows the activation alone. */
static float activation_of(const spoti_kernels *kernels, spoti_epilogue epilogue, float x)
{
    const float b[SPOTI_PAIR] = {1.0F}; /* an AVX-512 tile reads two panels */
    float c = MARK;

    kernels->gemm(&(spoti_gemm){.m = 1,
                                .n = 1,
                                .k = 1,
                                .a = &x,
                                .lda = 1,
                                .b = b,
                                .ldb = SPOTI_PANEL,
                                .panel_stride = SPOTI_PANEL,
                                .epilogue = epilogue,
                                .c = &c,
                                .ldc = 1});
    return c;
}

static float gelu_of(const spoti_kernels *kernels, float x)
{
    return activation_of(kernels, SPOTI_EPILOGUE_GELU, x);
}

static void check_gelu(const spoti_kernels *kernels)
{
    static const float corners[] = {0.0F,   -0.0F, 1e-40F, -1e-40F, 1e-7F,
                                    -1e-7F, 20.0F, 1e4F,   1e30F};

    for (int i = -130000; i <= 130000; i++) {
        const float x = (float)i * 1e-4F;

        /* A few roundings of the result, and of 1 + tanh times x/2 where that cancels. */
        assert_close((double)gelu_of(kernels, x), gelu((double)x), 5.0 * EPS * fabs((double)x),
                     4.0 * EPS);
    }
    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        const double x = (double)corners[i];

        assert_close((double)gelu_of(kernels, corners[i]), gelu(x), 0.0, 4.0 * EPS);
    }
    /* Far below zero the result is zero; what is not a number stays so. */
    assert_close((double)gelu_of(kernels, -20.0F), 0.0, 1e-30, 0.0);
    assert_true(gelu_of(kernels, -1e4F) == 0.0F);
    assert_true(gelu_of(kernels, -3e38F) == 0.0F);
    assert_true(isnan(gelu_of(kernels, NAN)));
}

static void gelu_agrees_with_double_precision(void **state)
{
    (void)state;
    for_each_table(check_gelu);
}

static void check_silu(const spoti_kernels *kernels)
{
    for (int i = -130000; i <= 130000; i++) {
        const double x = (double)((float)i * 5e-4F);
        const double want = x / (1.0 + exp(-x));

        /* A few roundings, of the result and of what the exponential rounds away of its argument. */
        assert_close((double)activation_of(kernels, SPOTI_EPILOGUE_SILU, (float)x), want, 0x1p-126,
                     (6.0 + fabs(x)) * EPS);
    }
    assert_true(activation_of(kernels, SPOTI_EPILOGUE_SILU, -1e4F) == 0.0F);
    assert_true(activation_of(kernels, SPOTI_EPILOGUE_SILU, 1e30F) == 1e30F);
    assert_true(isnan(activation_of(kernels, SPOTI_EPILOGUE_SILU, NAN)));
}

static void silu_agrees_with_double_precision(void **state)
{
    (void)state;
    for_each_table(check_silu);
}

static void check_norm_at(const spoti_kernels *kernels, size_t n, float centre)
{
    enum { M = 3 };
    const size_t ld = n + 2;
    const float eps = 1e-6F;
    float *blocks[4];
    float *x = array(M * ld, &blocks[0]);
    float *y = array(M * ld, &blocks[1]);
    float *gain = array(n, &blocks[2]);
    float *shift = array(n, &blocks[3]);
    unsigned seed = (unsigned)n;

    for (size_t i = 0; i < M * ld; i++) {
        x[i] = i % ld < n ? centre + draw(&seed) : NAN;
        y[i] = MARK;
    }
    for (size_t i = 0; i < n; i++) {
        gain[i] = draw(&seed);
        shift[i] = draw(&seed);
    }
    kernels->norm_modulate(&(spoti_norm){M, n, x, ld, gain, shift, eps, y, ld});
    for (size_t i = 0; i < M; i++) {
        double mean = 0.0;
        double variance = 0.0;

        for (size_t j = 0; j < n; j++) {
            mean += (double)x[i * ld + j] / (double)n;
        }
        for (size_t j = 0; j < n; j++) {
            variance += pow((double)x[i * ld + j] - mean, 2.0) / (double)n;
        }
        for (size_t j = 0; j < n; j++) {
            const double z = ((double)x[i * ld + j] - mean) / sqrt(variance + (double)eps);
            /* The mean of numbers of size centre + 1 carries a few of their roundings into z. */
            const double error =
                8.0 * EPS * (fabs((double)centre) + 1.0) / sqrt(variance + (double)eps);

            assert_close((double)y[i * ld + j], z * (double)gain[j] + (double)shift[j],
                         error + 8.0 * EPS * (fabs(z) + 1.0), 0.0);
        }
        assert_true(y[i * ld + n] == MARK && y[i * ld + n + 1] == MARK);
    }
    for (int i = 0; i < 4; i++) {
        free(blocks[i]);
    }
}

static void check_norm(const spoti_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_norm_at(kernels, LENGTHS[i], 0.0F);
        check_norm_at(kernels, LENGTHS[i], 100.0F);
    }
}

static void norms_agree_with_double_precision(void **state)
{
    (void)state;
    for_each_table(check_norm);
}

static void check_rows(const spoti_kernels *kernels)
{
    enum { M = 21, N = 40, K = 33 };
    problem p;
    float alone[N];

    make(&p, M, N, K, SPOTI_EPILOGUE_GELU, 1);
    kernels->gemm(&p.g);
    for (size_t i = 0; i < M; i++) {
        spoti_gemm one = p.g;

        one.m = 1;
        one.a = p.g.a + i * p.g.lda;
        one.c = alone;
        kernels->gemm(&one);
        assert_memory_equal(alone, p.g.c + i * p.g.ldc, sizeof alone);
    }
    discard(&p);
}

static void a_row_has_the_same_bytes_alone_and_among_others(void **state)
{
    (void)state;
    for_each_table(check_rows);
}

static void the_best_table_is_found_and_unknown_ones_are_not(void **state)
{
    const char *best = "reference";

    (void)state;
    for (int i = 0; i < N_TABLE; i++) {
        best = spoti_kernels_find(TABLES[i]) != NULL ? TABLES[i] : best;
    }
    assert_string_equal(spoti_kernels_find(NULL)->name, best);
    assert_null(spoti_kernels_find("avx"));
    assert_null(spoti_kernels_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree_with_double_precision),
        cmocka_unit_test(products_with_unpacked_right_sides_agree),
        cmocka_unit_test(gelu_agrees_with_double_precision),
        cmocka_unit_test(silu_agrees_with_double_precision),
        cmocka_unit_test(norms_agree_with_double_precision),
        cmocka_unit_test(a_row_has_the_same_bytes_alone_and_among_others),
        cmocka_unit_test(the_best_table_is_found_and_unknown_ones_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
