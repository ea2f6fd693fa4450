/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Preparation of linear layers: what is refused, what weights become, what memory they take. */
#include <float.h>
#include <math.h>

#include "runtime/nn/linear_fixture.h"

static const double EPS = 0x1p-24;

static void refused(const spoti_linear_config *config, const char *text)
{
    spoti_linear layer;
    spot_diag diag = {""};

    assert_int_equal(spoti_linear_init(&layer, config, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, text));
    assert_non_null(strstr(diag.text, "expected"));
    assert_int_equal(spoti_linear_init(&layer, config, NULL), SPOT_E_RANGE);
}

static void impossible_layers_are_refused(void **state)
{
    const spoti_precision four = SPOTI_PRECISION_W4A4;

    (void)state;
    refused(&(spoti_linear_config){four, 8, 96, 64, false}, "64 does not divide the 96 inputs");
    refused(&(spoti_linear_config){four, 8, 33, 32, false}, "32 does not divide the 33 inputs");
    refused(&(spoti_linear_config){four, 8, 96, 0, false}, "64 does not divide the 96 inputs");
    refused(&(spoti_linear_config){four, 8, 96, 48, false}, "group size 48");
    refused(&(spoti_linear_config){four, 8, 96, 16, false}, "group size 16");
    refused(&(spoti_linear_config){four, 8, 256, 256, false}, "group size 256");
    refused(&(spoti_linear_config){SPOTI_PRECISION_W8A8, 8, 64, 64, false}, "w8a8: group size 64");
    refused(&(spoti_linear_config){SPOTI_PRECISION_FP32, 8, 64, 32, false}, "fp32: group size 32");
    refused(&(spoti_linear_config){SPOTI_PRECISION_W8A8, 8, 65537, 0, false}, "65537 inputs");
    refused(&(spoti_linear_config){(spoti_precision)4, 8, 64, 0, false}, "precision 4");
}

static void sizes_that_overflow_are_seen_by_the_arena(void **state)
{
    const spoti_linear_config config = {SPOTI_PRECISION_W8A8, SIZE_MAX / 2, 65536, 0, true};
    spoti_linear layer;
    spoti_arena arena = {0};

    (void)state;
    assert_int_equal(spoti_linear_init(&layer, &config, NULL), SPOT_OK);
    spoti_linear_place(&layer, &arena);
    assert_false(spoti_arena_alloc(&arena, NULL));
    assert_int_equal(spoti_rows_bytes(&layer, SIZE_MAX / 2, false), 0);
}

static void values_that_are_not_finite_are_refused(void **state)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};

    (void)state;
    for (int p = 0; p < N_PRECISION; p++) {
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            const spoti_linear_config config = {(spoti_precision)p, 3, 64, 0, true};
            spot_diag diag = {""};
            fixture f;

            fixture_make(&f, &config, 1);
            f.w[2 * 64 + 63] = bad[i];
            assert_int_equal(spoti_linear_fill(&f.layer, "mlp.l1", f.w, 64, f.bias, &diag),
                             SPOT_E_FORMAT);
            assert_non_null(strstr(diag.text, "mlp.l1: a weight is"));
            assert_non_null(strstr(diag.text, isnan(bad[i]) ? "NaN" : "infinite"));
            f.w[2 * 64 + 63] = 0.0F;
            f.bias[2] = bad[i];
            assert_int_equal(spoti_linear_fill(&f.layer, "mlp.l1", f.w, 64, f.bias, &diag),
                             SPOT_E_FORMAT);
            assert_non_null(strstr(diag.text, "mlp.l1: a bias is"));
            fixture_discard(&f);
        }
    }
}

/* What is between two rows of weights is not part of them. */
static void strides_of_weights_are_respected(void **state)
{
    enum { N = 3, K = 32, LD = 37 };
    float w[N * LD];
    unsigned seed = 9;

    (void)state;
    for (size_t i = 0; i < (size_t)N * LD; i++) {
        w[i] = i % LD < K ? draw(&seed) : (float)NAN;
    }
    for (int p = 0; p < N_PRECISION; p++) {
        const spoti_linear_config config = {(spoti_precision)p, N, K, p == 3 ? 32 : 0, false};
        const double step = p == 0 ? 0.0 : p == 1 ? 0x1p-8 : p == 2 ? 1.0 / 127.0 : 1.0 / 7.0;
        fixture f;

        fixture_make(&f, &config, 1);
        assert_int_equal(spoti_linear_fill(&f.layer, "layer", w, LD, NULL, NULL), SPOT_OK);
        for (size_t j = 0; j < N; j++) {
            for (size_t i = 0; i < K; i++) {
                assert_close((double)spoti_linear_weight(&f.layer, j, i), (double)w[j * LD + i],
                             step / 2 * (1 + 4 * EPS), 0.0);
            }
        }
        fixture_discard(&f);
    }
}

/* The largest magnitude of an output's group keeps its value; the others move by half a step. */
static void weights_move_by_half_a_step_of_their_group(void **state)
{
    enum { N = 70, K = 128 };
    static const struct {
        spoti_precision precision;
        size_t group, per_scale;
        double qmax;
    } table[] = {{SPOTI_PRECISION_W8A8, 0, K, 127.0},
                 {SPOTI_PRECISION_W4A4, 32, 32, 7.0},
                 {SPOTI_PRECISION_W4A4, 64, 64, 7.0},
                 {SPOTI_PRECISION_W4A4, 128, 128, 7.0}};

    (void)state;
    for (size_t t = 0; t < sizeof table / sizeof table[0]; t++) {
        const spoti_linear_config config = {table[t].precision, N, K, table[t].group, false};
        fixture f;

        fixture_make(&f, &config, 1);
        for (size_t i = 0; i < (size_t)N * K; i++) {
            /* groups of very different sizes */
            f.w[i] *= ldexpf(1.0F, (int)(i / table[t].per_scale % 40) - 20);
        }
        fixture_fill(&f);
        for (size_t i = 0; i < (size_t)N * K; i++) {
            const float *group = f.w + i / table[t].per_scale * table[t].per_scale;
            double largest = 0.0;

            for (size_t j = 0; j < table[t].per_scale; j++) {
                largest = fmax(largest, fabs((double)group[j]));
            }
            assert_close((double)spoti_linear_weight(&f.layer, i / K, i % K), (double)f.w[i],
                         fabs((double)f.w[i]) == largest
                             ? 2.0 * EPS * largest
                             : largest / table[t].qmax * (0.5 + 4.0 * EPS * table[t].qmax),
                         0.0);
        }
        fixture_discard(&f);
    }
}

static void zeros_and_denormals_become_zero(void **state)
{
    (void)state;
    for (int p = SPOTI_PRECISION_W8A8; p < N_PRECISION; p++) {
        const spoti_linear_config config = {(spoti_precision)p, 3, 64, 0, true};
        fixture f;

        fixture_make(&f, &config, 1);
        for (size_t i = 0; i < 64; i++) {
            f.w[i] = 0.0F;
            f.w[64 + i] = FLT_MIN / 4;
        }
        fixture_fill(&f);
        for (size_t i = 0; i < 64; i++) {
            assert_true(spoti_linear_weight(&f.layer, 0, i) == 0.0F);
            assert_true(spoti_linear_weight(&f.layer, 1, i) == 0.0F);
        }
        for (int t = 0; t < N_TABLE; t++) {
            spoti_linear_kernels kernels;

            if (spoti_linear_kernels_find(TABLES[t], &kernels)) {
                (void)fixture_run(&f, &kernels, SPOTI_EPILOGUE_STORE);
                assert_true(f.c[0] == f.bias[0] && f.c[1] == f.bias[1]);
                assert_true(f.c[2] != f.bias[2]);
            }
        }
        fixture_discard(&f);
    }
}

static size_t bytes_of(spoti_precision precision, size_t n, size_t k, size_t group)
{
    const spoti_linear_config config = {precision, n, k, group, true};
    size_t bytes = 0;
    fixture f;

    fixture_make(&f, &config, 1);
    bytes = spoti_linear_bytes(&f.layer);
    /* what is read is what was allocated: every array is whole cache lines here */
    assert_int_equal(f.arena.used, bytes);
    fixture_discard(&f);
    return bytes;
}

static void bytes_shrink_with_the_precision(void **state)
{
    (void)state;
    /* weights, scales of 4 bytes, bias of 4 bytes; 40 outputs take two panels, 64 */
    assert_int_equal(bytes_of(SPOTI_PRECISION_FP32, 40, 256, 0), 64 * 256 * 4 + 64 * 4);
    assert_int_equal(bytes_of(SPOTI_PRECISION_BF16, 40, 256, 0), 64 * 256 * 2 + 64 * 4);
    assert_int_equal(bytes_of(SPOTI_PRECISION_W8A8, 40, 256, 0), 64 * 256 + 64 * 4 + 64 * 4);
    assert_int_equal(bytes_of(SPOTI_PRECISION_W4A4, 40, 256, 32),
                     64 * 256 / 2 + 64 * 8 * 4 + 64 * 4);
    assert_int_equal(bytes_of(SPOTI_PRECISION_W4A4, 40, 256, 0),
                     64 * 256 / 2 + 64 * 4 * 4 + 64 * 4);
    /* inputs are padded to whole steps */
    assert_int_equal(bytes_of(SPOTI_PRECISION_W8A8, 32, 5, 0), 32 * 8 + 32 * 4 + 32 * 4);
    assert_int_equal(bytes_of(SPOTI_PRECISION_BF16, 32, 5, 0), 32 * 6 * 2 + 32 * 4);
}

static void the_best_kernels_are_found_and_unknown_ones_are_not(void **state)
{
    static const char *const order[] = {"reference", "neon", "avx2", "avx512"};
    spoti_linear_kernels kernels = {.name = "mine"};
    const char *best = NULL;

    (void)state;
    for (int i = 0; i < N_TABLE; i++) {
        best = spoti_linear_kernels_find(order[i], &kernels) ? order[i] : best;
        /* whatever is found is complete */
        assert_true(kernels.fp32 != NULL && kernels.round_bf16 != NULL && kernels.quantise != NULL);
        assert_true(kernels.bf16 != NULL && kernels.w8a8 != NULL && kernels.w4a4 != NULL);
    }
    assert_true(spoti_linear_kernels_find(NULL, &kernels));
    assert_string_equal(kernels.name, best);
    assert_ptr_equal(kernels.fp32, spoti_kernels_find(NULL));
    kernels.name = "mine";
    assert_false(spoti_linear_kernels_find("avx", &kernels));
    assert_false(spoti_linear_kernels_find("", &kernels));
    assert_string_equal(kernels.name, "mine");
}

static void precisions_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(spoti_precision_name(SPOTI_PRECISION_FP32), "fp32");
    assert_string_equal(spoti_precision_name(SPOTI_PRECISION_BF16), "bf16");
    assert_string_equal(spoti_precision_name(SPOTI_PRECISION_W8A8), "w8a8");
    assert_string_equal(spoti_precision_name(SPOTI_PRECISION_W4A4), "w4a4");
    assert_string_equal(spoti_precision_name((spoti_precision)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_layers_are_refused),
        cmocka_unit_test(sizes_that_overflow_are_seen_by_the_arena),
        cmocka_unit_test(values_that_are_not_finite_are_refused),
        cmocka_unit_test(strides_of_weights_are_respected),
        cmocka_unit_test(weights_move_by_half_a_step_of_their_group),
        cmocka_unit_test(zeros_and_denormals_become_zero),
        cmocka_unit_test(bytes_shrink_with_the_precision),
        cmocka_unit_test(the_best_kernels_are_found_and_unknown_ones_are_not),
        cmocka_unit_test(precisions_have_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
