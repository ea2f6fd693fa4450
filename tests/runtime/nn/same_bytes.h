/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * One battery for every table of kernels on every CPU: random sizes and magnitudes, unaligned starts, every epilogue and
 * precision, what the elementary functions give; of each part one hash of all bytes, which must be the one noted here.
 * Plain C, so that it also runs where there is no test library (tests/checks/neon).
 */
#ifndef SPOT_TEST_SAME_BYTES_H
#define SPOT_TEST_SAME_BYTES_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/elementary.h"
#include "core/base/hash.h"
#include "runtime/nn/elementary.h"
#include "runtime/nn/linear.h"

enum { BATTERY_SIZES = 60, BATTERY_PARTS = 7, BATTERY_ARRAYS = 8 };

/* What each part gives on every CPU. They change with the arithmetic, and then episodes do. */
static const struct {
    const char *name;
    uint64_t hash;
} battery[BATTERY_PARTS] = {
    {"norm", UINT64_C(0x41a2bbec811f1e67)},       {"softmax", UINT64_C(0xf83e57fbfc6324f0)},
    {"product", UINT64_C(0x07dc4a868ffae23e)},    {"layer fp32", UINT64_C(0x0ec0611521964a62)},
    {"layer bf16", UINT64_C(0xd60a77d3fe4847cb)}, {"layer w8a8", UINT64_C(0x20b3cc0c69fc0b43)},
    {"layer w4a4", UINT64_C(0x34d2aebdb077e158)},
};

static inline float battery_draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)((double)*state / 2147483648.0 - 1.0);
}

/* From 2^-60 to 2^60, most of them ordinary, some 0. */
static inline float battery_wide(unsigned *seed)
{
    const float x = battery_draw(seed);
    const float kind = battery_draw(seed);

    return kind > 0.9F ? ldexpf(x, (int)(60.0F * battery_draw(seed))) : kind < -0.95F ? 0.0F : x;
}

static inline size_t battery_size(unsigned *seed, size_t most)
{
    return 1 + (size_t)(0.5F * (battery_draw(seed) + 1.0F) * 0.9999F * (float)most);
}

/* Bytes, but for NaN's own, which IEEE 754 leaves open. */
static inline uint64_t battery_hash(uint64_t hash, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            memset(&x[i], 0xFF, sizeof x[i]);
        }
    }
    return spoti_hash(hash, x, n * sizeof *x);
}

/* Arrays of one case, each one float off the alignment of malloc. */
typedef struct battery_arrays {
    float *block[BATTERY_ARRAYS];
    int n;
} battery_arrays;

static inline float *battery_take(battery_arrays *a, size_t n, unsigned *seed)
{
    float *block = malloc((n + 2) * sizeof *block);

    if (block == NULL || a->n >= BATTERY_ARRAYS) {
        abort();
    }
    a->block[a->n++] = block;
    for (size_t i = 0; i < n; i++) {
        block[i + 1] = battery_wide(seed);
    }
    return block + 1;
}

static inline void battery_give_back(battery_arrays *a)
{
    while (a->n > 0) {
        free(a->block[--a->n]);
    }
}

static inline uint64_t battery_norm(const spoti_kernels *kernels)
{
    uint64_t hash = SPOTI_HASH_START;
    unsigned seed = 1;

    for (int i = 0; i < BATTERY_SIZES; i++) {
        battery_arrays a = {.n = 0};
        const size_t n = battery_size(&seed, 300);
        float *x = battery_take(&a, n, &seed);
        const float *gain = battery_take(&a, n, &seed);
        const float *shift = battery_take(&a, n, &seed);
        float *y = battery_take(&a, n, &seed);

        kernels->norm_modulate(&(spoti_norm){1, n, x, n, gain, shift, 1e-6F, y, n});
        hash = battery_hash(hash, y, n);
        battery_give_back(&a);
    }
    return hash;
}

/* Also of rows where a weight is NaN, or too far below to count. */
static inline uint64_t battery_softmax(const spoti_kernels *kernels)
{
    uint64_t hash = SPOTI_HASH_START;
    unsigned seed = 2;

    for (int i = 0; i < 2 * BATTERY_SIZES; i++) {
        battery_arrays a = {.n = 0};
        const size_t n = battery_size(&seed, 100);
        float *x = battery_take(&a, n, &seed);
        const float *bias = battery_take(&a, n, &seed);

        for (size_t j = 0; j < n && i % 3 == 2; j++) {
            x[j] = 100.0F * battery_draw(&seed);
        }
        if (i % 10 == 9) {
            x[n / 2] = (float)NAN;
        }
        kernels->softmax(&(spoti_softmax){1, n, x, n, 0.37F, i % 2 == 0 ? bias : NULL});
        hash = battery_hash(hash, x, n);
        battery_give_back(&a);
    }
    return hash;
}

/* Columns as attention has them: no packed weights. */
static inline uint64_t battery_product(const spoti_kernels *kernels)
{
    uint64_t hash = SPOTI_HASH_START;
    unsigned seed = 3;

    for (int i = 0; i < 5 * BATTERY_SIZES; i++) {
        battery_arrays a = {.n = 0};
        const size_t m = battery_size(&seed, 20);
        const size_t n = battery_size(&seed, 90);
        const size_t k = battery_size(&seed, 70);
        const size_t ldb = spoti_padded(n);
        const float *x = battery_take(&a, m * k, &seed);
        const float *b = battery_take(&a, k * ldb, &seed);
        const float *bias = battery_take(&a, n, &seed);
        float *c = battery_take(&a, m * n, &seed);

        kernels->gemm(&(spoti_gemm){m, n, k, x, k, b, ldb, SPOTI_PANEL, i % 2 == 0 ? bias : NULL,
                                    bias, (spoti_epilogue)(i % 5), c, n});
        hash = battery_hash(hash, c, m * n);
        battery_give_back(&a);
    }
    return hash;
}

/* One layer on m tokens. */
static inline uint64_t battery_layer(const spoti_linear_kernels *kernels, uint64_t hash,
                                     const spoti_linear_config *config, size_t m, int i,
                                     unsigned *seed)
{
    battery_arrays a = {.n = 0};
    spoti_linear layer;
    spoti_arena arena = {0};
    spoti_rows rows;
    spot_status st = spoti_linear_init(&layer, config, NULL);

    spoti_linear_place(&layer, &arena);
    if (st != SPOT_OK || !spoti_arena_alloc(&arena, NULL)) {
        abort();
    }
    spoti_linear_place(&layer, &arena);
    const float *w = battery_take(&a, layer.n * layer.k, seed);
    const float *gate = battery_take(&a, layer.n, seed);
    const float *x = battery_take(&a, m * layer.k, seed);
    const float *gain = battery_take(&a, layer.k, seed);
    float *c = battery_take(&a, m * layer.n, seed);
    const size_t bytes = spoti_rows_bytes(&layer, m, true) / 64 * 64 + 64;
    void *workspace = aligned_alloc(64, bytes);

    if (workspace == NULL ||
        spoti_linear_fill(&layer, "battery", w, layer.k, gate, NULL) != SPOT_OK) {
        abort();
    }
    spoti_rows_make(kernels, &layer,
                    &(spoti_rows_input){m, x, layer.k, i % 4 == 3 ? gain : NULL,
                                        i % 4 == 3 ? gain : NULL, 1e-6F},
                    workspace, &rows);
    spoti_linear_apply(kernels, &layer, &rows,
                       &(spoti_linear_output){(spoti_epilogue)(i % 5), gate, c, layer.n});
    hash = battery_hash(hash, c, m * layer.n);
    free(workspace);
    spoti_arena_free(&arena, NULL);
    battery_give_back(&a);
    return hash;
}

static inline uint64_t battery_layers(const spoti_linear_kernels *kernels,
                                      spoti_precision precision)
{
    uint64_t hash = SPOTI_HASH_START;
    unsigned seed = 4;

    for (int i = 0; i < 2 * BATTERY_SIZES; i++) {
        const bool four = precision == SPOTI_PRECISION_W4A4;
        const spoti_linear_config config = {precision, battery_size(&seed, 80),
                                            four ? 64 * battery_size(&seed, 4)
                                                 : battery_size(&seed, 200),
                                            four ? 32U << i % 2 : 0, i % 3 != 0};

        hash = battery_layer(kernels, hash, &config, battery_size(&seed, 26), i, &seed);
    }
    return hash;
}

/* The hash of part i, 0 .. BATTERY_PARTS - 1, of a table whose fp32 is set. */
static inline uint64_t battery_run(const spoti_linear_kernels *kernels, int i)
{
    return i == 0   ? battery_norm(kernels->fp32)
           : i == 1 ? battery_softmax(kernels->fp32)
           : i == 2 ? battery_product(kernels->fp32)
                    : battery_layers(kernels, (spoti_precision)(SPOTI_PRECISION_FP32 + i - 3));
}

/* What core/base/elementary.h gives over its ranges. */
static const uint64_t ELEMENTARY_HASH = UINT64_C(0x12a6bed3d29ab187);

static inline uint64_t battery_elementary(void)
{
    uint64_t hash = SPOTI_HASH_START;
    unsigned seed = 5;

    for (int i = 0; i < 20000; i++) {
        const double x = (double)battery_draw(&seed) * (i % 2 == 0 ? 700.0 : 3.0);
        const double y = (double)battery_draw(&seed);
        const double values[] = {spoti_exp(x),        spoti_log(fabs(x)), spoti_sin(10.0 * x),
                                 spoti_cos(10.0 * x), spoti_atan2(y, x),  spoti_acos(y)};

        hash = spoti_hash(hash, values, sizeof values);
    }
    return hash;
}

#endif
