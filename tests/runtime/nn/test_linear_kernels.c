/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Every table of linear kernels: integers against exact sums computed here from the numbers that
 * went in, results in fp32 against double precision, at lengths around the SIMD widths, unaligned,
 * with NaN in what must not be used and marks around what must not be written.
 */
#include <float.h>
#include <math.h>

#include "runtime/nn/linear_fixture.h"

static const size_t LENGTHS[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 1023};
enum { N_LENGTH = sizeof LENGTHS / sizeof LENGTHS[0], MOST_TOKENS = 33 };
static const size_t GROUPS[] = {32, 64, 128};
enum { N_GROUPS = 3 };

/* Rounding of float32; and as in test_kernels.c, standard deviations of a sum's rounding allowed. */
static const double EPS = 0x1p-24;
static const double DEVIATIONS = 4.0;

/* Integers */

/* Fills v with integers -qmax .. qmax, the first number of each group being one of the ends, so that
 * the scale is exactly 1. */
static void draw_integers(float *v, size_t k, size_t group, int qmax, unsigned *seed)
{
    for (size_t i = 0; i < k; i++) {
        const float ends = draw(seed) > 0.0F ? (float)qmax : (float)-qmax;

        v[i] = i % group == 0 ? ends : rintf((float)qmax * draw(seed));
    }
}

/* With scales of 1 and no bias, c is the sum of products: exact below 2^24 = 1040 * 127^2. */
static void check_sums(const spoti_linear_kernels *kernels, spoti_precision precision, size_t group,
                       size_t m, size_t n, size_t k)
{
    const spoti_linear_config config = {precision, n, k, group, false};
    const int qmax = precision == SPOTI_PRECISION_W8A8 ? 127 : 7;
    const size_t period = group != 0 ? group : k + 1;
    unsigned seed = (unsigned)(m + n + k);
    fixture f;

    fixture_make(&f, &config, m);
    for (size_t j = 0; j < n; j++) {
        draw_integers(f.w + j * k, k, period, qmax, &seed);
    }
    for (size_t i = 0; i < m; i++) {
        draw_integers(f.x + i * f.ldx, k, period, qmax, &seed);
    }
    fixture_fill(&f);
    (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_STORE);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            int64_t sum = 0;

            for (size_t l = 0; l < k; l++) {
                sum += (int64_t)f.x[i * f.ldx + l] * (int64_t)f.w[j * k + l];
            }
            assert_true(f.c[i * f.ldc + j] == (float)sum);
        }
    }
    fixture_discard(&f);
}

static void check_all_sums(const spoti_linear_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_sums(kernels, SPOTI_PRECISION_W8A8, 0, 9, LENGTHS[i], 17);
        check_sums(kernels, SPOTI_PRECISION_W8A8, 0, 5, 33, LENGTHS[i]);
        for (size_t g = 0; g < N_GROUPS; g++) {
            check_sums(kernels, SPOTI_PRECISION_W4A4, GROUPS[g], 3, LENGTHS[i], 2 * GROUPS[g]);
            check_sums(kernels, SPOTI_PRECISION_W4A4, GROUPS[g], 2, 9, i * GROUPS[g]);
        }
    }
    for (size_t m = 0; m <= MOST_TOKENS; m++) {
        check_sums(kernels, SPOTI_PRECISION_W8A8, 0, m, 35, 19);
        check_sums(kernels, SPOTI_PRECISION_W4A4, 32, m, 35, 96);
    }
}

static void integer_sums_are_exact(void **state)
{
    (void)state;
    for_each_table(check_all_sums);
}

/* The longest layer, with every product at its largest and of one sign. */
static void check_longest(const spoti_linear_kernels *kernels)
{
    enum { M = 2, N = 17, K = SPOTI_LINEAR_MAX_K };

    for (int four = 0; four < 2; four++) {
        const spoti_linear_config config = {four ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8, N,
                                            K, four ? 128 : 0, false};
        const float qmax = four ? 7.0F : 127.0F;
        fixture f;

        fixture_make(&f, &config, M);
        for (size_t i = 0; i < (size_t)N * K; i++) {
            f.w[i] = i / K % 2 == 0 ? qmax : -qmax;
        }
        for (size_t i = 0; i < K; i++) {
            f.x[i] = qmax;
            f.x[f.ldx + i] = -qmax;
        }
        fixture_fill(&f);
        (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_STORE);
        for (size_t i = 0; i < M; i++) {
            for (size_t j = 0; j < N; j++) {
                const float sign = (i + j) % 2 == 0 ? 1.0F : -1.0F;

                /* 2^16 qmax^2 has few bits: exact in fp32 */
                assert_true(f.c[i * f.ldc + j] == sign * qmax * qmax * (float)K);
            }
        }
        fixture_discard(&f);
    }
}

static void the_longest_sums_do_not_overflow(void **state)
{
    (void)state;
    for_each_table(check_longest);
}

/* Quantised tokens */

/* Integer l of token i, as spoti_rows says that they lie. */
static int token_integer(const spoti_linear_kernels *kernels, const spoti_rows *rows, size_t i,
                         size_t l)
{
    static const size_t place[4] = {0, 2, 1, 3};
    const unsigned char *row = (const unsigned char *)rows->values + i * rows->stride;

    if (rows->precision == SPOTI_PRECISION_W8A8 && kernels->wide) {
        return ((const int16_t *)(const void *)row)[l / 4 * 4 + place[l % 4]];
    }
    return ((const int8_t *)row)[l];
}

static void check_tokens_at(const spoti_linear_kernels *kernels, spoti_precision precision,
                            size_t group, size_t k)
{
    enum { M = 3 };
    const spoti_linear_config config = {precision, 1, k, group, false};
    const float qmax = precision == SPOTI_PRECISION_W8A8 ? 127.0F : 7.0F;
    fixture f;
    spoti_rows rows;

    fixture_make(&f, &config, M);
    fixture_fill(&f);
    rows = fixture_run(&f, kernels, SPOTI_EPILOGUE_STORE);
    for (size_t i = 0; i < M * rows.n_group && k > 0; i++) {
        const float *x = f.x + i % M * f.ldx + i / M * rows.group;
        float largest = 0.0F;
        int32_t sum = 0;

        for (size_t j = 0; j < rows.group; j++) {
            largest = fmaxf(largest, fabsf(x[j]));
        }
        assert_true(rows.scale[i] == largest / qmax);
        for (size_t j = 0; j < rows.group; j++) {
            const int q = token_integer(kernels, &rows, i % M, i / M * rows.group + j);

            /* the same operations in the same order, so the same integer */
            assert_int_equal(q, (int)nearbyintf(x[j] * (qmax / largest)));
            /* and half a step off at most, but for three roundings of x / scale */
            assert_close((double)q, (double)x[j] / (double)rows.scale[i],
                         0.5 + 3.0 * EPS * (double)qmax, 0.0);
            sum += q;
        }
        assert_int_equal(rows.start[i], -((int32_t)qmax + 1) * sum);
    }
    fixture_discard(&f);
}

static void check_tokens(const spoti_linear_kernels *kernels)
{
    for (size_t i = 0; i < N_LENGTH; i++) {
        check_tokens_at(kernels, SPOTI_PRECISION_W8A8, 0, LENGTHS[i]);
        for (size_t g = 0; g < N_GROUPS; g++) {
            check_tokens_at(kernels, SPOTI_PRECISION_W4A4, GROUPS[g], i * GROUPS[g]);
        }
    }
}

static void tokens_are_the_nearest_integers(void **state)
{
    (void)state;
    for_each_table(check_tokens);
}

static void check_bf16(const spoti_linear_kernels *kernels)
{
    static const struct {
        float x;
        uint16_t want;
    } table[] = {{0.0F, 0x0000},
                 {-0.0F, 0x8000},
                 {1.0F, 0x3F80},
                 {1.0F + 0x1p-8F, 0x3F80},             /* tie, to even */
                 {1.0F + 0x3p-8F, 0x3F82},             /* tie, to even */
                 {1.0F + 0x1p-8F + 0x1p-20F, 0x3F81},  /* above the tie */
                 {-1.0F - 0x1p-8F - 0x1p-20F, 0xBF81}, /* likewise */
                 {FLT_MAX, 0x7F80},                    /* rounds to infinity */
                 {INFINITY, 0x7F80},
                 {0x1p-133F, 0x0001}}; /* the smallest denormal */
    enum { N = sizeof table / sizeof table[0], LONG = 41 };
    float x[LONG];
    uint16_t got[LONG];

    /* every entry in the vector part and in the end of a row */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < LONG; j++) {
            x[j] = table[i].x;
        }
        kernels->round_bf16(x, LONG, got);
        for (size_t j = 0; j < LONG; j++) {
            assert_int_equal(got[j], table[i].want);
        }
    }
    for (size_t j = 0; j < LONG; j++) {
        const uint32_t hidden_nan = 0x7F800001U; /* its upper half alone would be infinite */

        memcpy(&x[j], &hidden_nan, sizeof x[j]);
    }
    kernels->round_bf16(x, LONG, got);
    for (size_t j = 0; j < LONG; j++) {
        assert_true((got[j] & 0x7F80) == 0x7F80 && (got[j] & 0x7F) != 0);
    }
}

static void bfloat16_is_rounded_to_even(void **state)
{
    (void)state;
    for_each_table(check_bf16);
}

/* Results */

static double activate(spoti_epilogue epilogue, double y, double gate, double before)
{
    switch (epilogue) {
    case SPOTI_EPILOGUE_GELU:
        return 0.5 * y *
               (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * (y + 0.044715 * y * y * y)));
    case SPOTI_EPILOGUE_RESIDUAL:
        return before + gate * y;
    case SPOTI_EPILOGUE_SILU:
        return y / (1.0 + exp(-y));
    case SPOTI_EPILOGUE_ADD:
        return before + y;
    case SPOTI_EPILOGUE_STORE:
        break;
    }
    return y;
}

/* Number l of token i as the layer reads it. */
static double token_value(const spoti_linear_kernels *kernels, const fixture *f,
                          const spoti_rows *rows, size_t i, size_t l)
{
    const unsigned char *row = (const unsigned char *)rows->values + i * rows->stride;

    if (rows->precision == SPOTI_PRECISION_FP32) {
        return (double)f->x[i * f->ldx + l];
    }
    if (rows->precision == SPOTI_PRECISION_BF16) {
        uint32_t bits = (uint32_t)((const uint16_t *)(const void *)row)[l] << 16;
        float value = 0.0F;

        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    return (double)token_integer(kernels, rows, i, l) *
           (double)rows->scale[l / rows->group * rows->m + i];
}

/* Compares with the formula in double precision, on the numbers as they were rounded. */
static void check_result(const spoti_linear_kernels *kernels, const spoti_linear_config *config,
                         size_t m, spoti_epilogue epilogue)
{
    fixture f;
    spoti_rows rows;
    float *before = NULL;
    /* Integers: three roundings of each group's sum, and one to add it. */
    const double roundings = config->precision >= SPOTI_PRECISION_W8A8
                                 ? 4.0
                                 : DEVIATIONS * sqrt((double)config->k + 4.0);

    fixture_make(&f, config, m);
    before = malloc((m * f.ldc + 1) * sizeof *before);
    assert_non_null(before);
    memcpy(before, f.c, m * f.ldc * sizeof *before);
    fixture_fill(&f);
    rows = fixture_run(&f, kernels, epilogue);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < f.n; j++) {
            double y = config->has_bias ? (double)f.bias[j] : 0.0;
            double size = fabs(y) + 1.0;

            for (size_t l = 0; l < f.k; l++) {
                const double term = (double)spoti_linear_weight(&f.layer, j, l) *
                                    token_value(kernels, &f, &rows, i, l);

                y += term;
                size += fabs(term);
            }
            y = activate(epilogue, y, (double)f.gate[j], (double)before[i * f.ldc + j]);
            assert_close((double)f.c[i * f.ldc + j], y,
                         (roundings + (double)rows.n_group) * EPS * size + 8.0 * EPS * fabs(y),
                         0.0);
        }
    }
    free(before);
    fixture_discard(&f);
}

static void check_results(const spoti_linear_kernels *kernels)
{
    for (int p = 0; p < N_PRECISION; p++) {
        const spoti_precision precision = (spoti_precision)p;
        const size_t group = precision == SPOTI_PRECISION_W4A4 ? 32 : 0;

        for (int e = SPOTI_EPILOGUE_STORE; e <= SPOTI_EPILOGUE_ADD; e++) {
            for (size_t i = 0; i < N_LENGTH; i++) {
                const size_t k = group != 0 ? 32 * (i % 5) : LENGTHS[i];
                const spoti_linear_config by_k = {precision, 33, k, group, i % 2 == 0};
                const spoti_linear_config by_n = {precision, LENGTHS[i], 64, group, i % 2 == 1};

                check_result(kernels, &by_k, 5, (spoti_epilogue)e);
                check_result(kernels, &by_n, 3, (spoti_epilogue)e);
            }
            for (size_t m = 0; m <= MOST_TOKENS; m++) {
                const spoti_linear_config config = {precision, 35, 64, group, true};

                check_result(kernels, &config, m, (spoti_epilogue)e);
            }
        }
    }
}

static void results_agree_with_double_precision(void **state)
{
    (void)state;
    for_each_table(check_results);
}

/* Quantisation moves each weight by half a step at most and each number of a token likewise, so
 * |W x - Wq xq| <= sum |x| s_w / 2 + |w| s_x / 2 + s_w s_x / 4. Weights are in -1 .. 1. */
static void check_error_at(const fixture *f, const spoti_rows *rows, double qmax, size_t i,
                           size_t j)
{
    const double step_w = 1.0 / qmax;
    double y = 0.0;
    double bound = 0.0;

    for (size_t l = 0; l < f->k; l++) {
        const double x = (double)f->x[i * f->ldx + l];
        const double w = (double)f->w[j * f->k + l];
        const double step_x = (double)rows->scale[l / rows->group * rows->m + i];

        y += w * x;
        bound += fabs(x) * step_w / 2 + fabs(w) * step_x / 2 + step_w * step_x / 4;
    }
    assert_close((double)f->c[i * f->ldc + j], y, bound, 0.0);
}

static void check_error(const spoti_linear_kernels *kernels)
{
    enum { M = 4, N = 40, K = 256 };

    for (int four = 0; four < 2; four++) {
        const spoti_linear_config config = {four ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8, N,
                                            K, four ? 64 : 0, false};
        fixture f;
        spoti_rows rows;

        fixture_make(&f, &config, M);
        fixture_fill(&f);
        rows = fixture_run(&f, kernels, SPOTI_EPILOGUE_STORE);
        for (size_t i = 0; i < (size_t)M * N; i++) {
            check_error_at(&f, &rows, four ? 7.0 : 127.0, i / N, i % N);
        }
        fixture_discard(&f);
    }
}

static void quantisation_errors_stay_within_their_bound(void **state)
{
    (void)state;
    for_each_table(check_error);
}

/* Tokens on their own, modulated, and of odd values */

static void check_alone(const spoti_linear_kernels *kernels)
{
    enum { M = 33, N = 40, K = 64 };

    for (int p = 0; p < N_PRECISION; p++) {
        const spoti_linear_config config = {(spoti_precision)p, N, K, 0, true};
        float all[M * N];
        fixture f;

        fixture_make(&f, &config, M);
        fixture_fill(&f);
        (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_GELU);
        for (size_t i = 0; i < M; i++) {
            memcpy(all + i * N, f.c + i * f.ldc, N * sizeof *all);
        }
        f.m = 1;
        for (size_t i = 0; i < M; i++, f.x += f.ldx) {
            (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_GELU);
            assert_memory_equal(f.c, all + i * N, N * sizeof *all);
        }
        fixture_discard(&f);
    }
}

static void a_token_has_the_same_bytes_alone_and_among_others(void **state)
{
    (void)state;
    for_each_table(check_alone);
}

static void check_modulated(const spoti_linear_kernels *kernels)
{
    enum { M = 5, N = 19, K = 96 };

    for (int p = 0; p < N_PRECISION; p++) {
        const spoti_linear_config config = {(spoti_precision)p, N, K, p == 3 ? 32 : 0, true};
        float gain[K];
        float shift[K];
        float fused[M * N];
        float norm[M * (K + FIXTURE_GAP)];
        unsigned seed = 5;
        spoti_rows rows;
        fixture f;

        fixture_make(&f, &config, M);
        fixture_fill(&f);
        for (size_t i = 0; i < K; i++) {
            gain[i] = 1.0F + draw(&seed);
            shift[i] = draw(&seed);
        }
        spoti_rows_make(kernels, &f.layer, &(spoti_rows_input){M, f.x, f.ldx, gain, shift, 1e-6F},
                        f.workspace, &rows);
        spoti_linear_apply(kernels, &f.layer, &rows,
                           &(spoti_linear_output){SPOTI_EPILOGUE_SILU, NULL, fused, N});
        /* the same in two steps */
        kernels->fp32->norm_modulate(
            &(spoti_norm){M, K, f.x, f.ldx, gain, shift, 1e-6F, norm, f.ldx});
        memcpy(f.x, norm, sizeof norm);
        (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_SILU);
        for (size_t i = 0; i < M; i++) {
            assert_memory_equal(fused + i * N, f.c + i * f.ldc, N * sizeof *fused);
        }
        fixture_discard(&f);
    }
}

static void modulation_is_that_of_the_fp32_kernels(void **state)
{
    (void)state;
    for_each_table(check_modulated);
}

/* Values that a policy should never see, one to a token, each in the middle of the token. */
static void check_odd_values(const spoti_linear_kernels *kernels)
{
    enum { M = 8, N = 21, K = 128, AT = 70 };

    for (int four = 0; four < 2; four++) {
        const spoti_linear_config config = {four ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8, N,
                                            K, four ? 32 : 0, true};
        fixture f;

        fixture_make(&f, &config, M);
        for (size_t i = 0; i < K; i++) {
            f.x[0 * f.ldx + i] = 0.0F;                   /* zero */
            f.x[1 * f.ldx + i] = i % 2 ? 1e-40F : -0.0F; /* denormal */
            f.x[5 * f.ldx + i] = i == AT ? FLT_MAX : 0.0F;
            f.x[6 * f.ldx + i] = i == AT ? 0x1p-110F : 0.0F;   /* the smallest that counts */
            f.x[7 * f.ldx + i] = i == AT ? 0x1.fp-111F : 0.0F; /* just too small */
        }
        f.x[2 * f.ldx + AT] = NAN;
        f.x[3 * f.ldx + AT] = -INFINITY;
        for (size_t j = 0; j < N; j++) {
            f.w[j * K + AT] = 0.25F;
        }
        fixture_fill(&f);
        (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_STORE);
        for (size_t j = 0; j < N; j++) {
            const float w = spoti_linear_weight(&f.layer, j, AT);

            assert_true(f.c[0 * f.ldc + j] == f.bias[j]);
            assert_true(f.c[1 * f.ldc + j] == f.bias[j]);
            assert_true(isnan(f.c[2 * f.ldc + j]));
            assert_true(isnan(f.c[3 * f.ldc + j]));
            assert_true(isfinite(f.c[4 * f.ldc + j])); /* its neighbours do not matter */
            assert_close((double)f.c[5 * f.ldc + j], (double)w * (double)FLT_MAX, 0.0, 8.0 * EPS);
            assert_close((double)f.c[6 * f.ldc + j], (double)f.bias[j] + (double)w * 0x1p-110, 0.0,
                         EPS);
            assert_true(f.c[7 * f.ldc + j] == f.bias[j]);
        }
        fixture_discard(&f);
    }
}

static void odd_values_have_defined_results(void **state)
{
    (void)state;
    for_each_table(check_odd_values);
}

/* Results beyond the range of fp32 are infinite, with their sign. */
static void check_overflow(const spoti_linear_kernels *kernels)
{
    enum { N = 3, K = 64 };

    for (int four = 0; four < 2; four++) {
        const spoti_linear_config config = {four ? SPOTI_PRECISION_W4A4 : SPOTI_PRECISION_W8A8, N,
                                            K, 0, false};
        fixture f;

        fixture_make(&f, &config, 1);
        for (size_t i = 0; i < K; i++) {
            f.x[i] = FLT_MAX;
            f.w[i] = FLT_MAX;
            f.w[K + i] = -4.0F;
            f.w[2 * K + i] = 0.0F;
        }
        fixture_fill(&f);
        (void)fixture_run(&f, kernels, SPOTI_EPILOGUE_STORE);
        assert_true(f.c[0] == INFINITY);
        assert_true(f.c[1] == -INFINITY);
        assert_true(f.c[2] == 0.0F);
        fixture_discard(&f);
    }
}

static void results_beyond_the_range_are_infinite(void **state)
{
    (void)state;
    for_each_table(check_overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integer_sums_are_exact),
        cmocka_unit_test(the_longest_sums_do_not_overflow),
        cmocka_unit_test(tokens_are_the_nearest_integers),
        cmocka_unit_test(bfloat16_is_rounded_to_even),
        cmocka_unit_test(results_agree_with_double_precision),
        cmocka_unit_test(quantisation_errors_stay_within_their_bound),
        cmocka_unit_test(a_token_has_the_same_bytes_alone_and_among_others),
        cmocka_unit_test(modulation_is_that_of_the_fp32_kernels),
        cmocka_unit_test(odd_values_have_defined_results),
        cmocka_unit_test(results_beyond_the_range_are_infinite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
