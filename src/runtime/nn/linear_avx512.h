/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the AVX-512 linear layers share: the walk over tiles, and what happens to finished sums.
 *
 * A tile is up to SPOTI_TILE_ROWS tokens x 2 registers (32 outputs, one panel). Tokens are shared out
 * evenly over the tiles, and for each number of tokens there is a function of its own, so that no
 * sum is computed in vain: with one token the product only reads weights.
 */
#ifndef SPOTI_NN_LINEAR_AVX512_H
#define SPOTI_NN_LINEAR_AVX512_H

#include "runtime/nn/linear.h"
#include "runtime/nn/simd_avx512.h"

#define SPOTI_INLINE static inline __attribute__((always_inline))

/* One tile: tokens first .. first + rows - 1, panel i_panel. */
typedef struct spoti_tile {
    const spoti_linear_job *job;
    size_t i_panel;
    size_t first;
} spoti_tile;

/* Stores a register of outputs of a token: column is a multiple of 16. */
SPOTI_INLINE void finish_register(const spoti_linear_output *out, size_t n, size_t i, size_t column,
                                  __m512 y)
{
    const __mmask16 lanes = lanes_of(n - column, 0);
    float *c = out->c + i * out->ldc + column;

    switch (out->epilogue) {
    case SPOTI_EPILOGUE_STORE:
        break;
    case SPOTI_EPILOGUE_GELU:
        y = gelu_ps(y);
        break;
    case SPOTI_EPILOGUE_RESIDUAL:
        y = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, out->gate + column), y,
                            _mm512_maskz_loadu_ps(lanes, c));
        break;
    case SPOTI_EPILOGUE_SILU:
        y = silu_ps(y);
        break;
    case SPOTI_EPILOGUE_ADD:
        y = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, c), y);
        break;
    }
    _mm512_mask_storeu_ps(c, lanes, y);
}

/* Adds the bias to the sums (2 rows registers, those of a token side by side) and stores them. */
SPOTI_INLINE void finish_tile(const spoti_tile *t, size_t rows, const __m512 *sums)
{
    const spoti_linear *layer = t->job->layer;
    const size_t column = t->i_panel * SPOTI_PANEL;
    const __m512 bias0 = _mm512_loadu_ps(layer->bias + column);
    const __m512 bias1 = _mm512_loadu_ps(layer->bias + column + LANES);

    for (size_t i = 0; i < rows; i++) {
        finish_register(&t->job->out, layer->n, t->first + i, column,
                        _mm512_add_ps(sums[2 * i], bias0));
        if (column + LANES < layer->n) {
            finish_register(&t->job->out, layer->n, t->first + i, column + LANES,
                            _mm512_add_ps(sums[2 * i + 1], bias1));
        }
    }
}

/* Computes a job by tiles of at most max_rows tokens; functions[i] is for i + 1 of them. */
SPOTI_INLINE void walk_tiles(const spoti_linear_job *job, size_t max_rows,
                             void (*const *functions)(const spoti_tile *))
{
    const size_t m = job->rows->m;
    const size_t n_tile = (m + max_rows - 1) / max_rows;

    for (size_t p = 0; p * SPOTI_PANEL < job->layer->n; p++) {
        for (size_t i = 0; i < n_tile; i++) {
            const size_t first = m * i / n_tile;
            const size_t rows = m * (i + 1) / n_tile - first;

            functions[rows - 1](&(spoti_tile){job, p, first});
        }
    }
}

/* Four bytes of a token, whatever they are, in every lane. */
SPOTI_INLINE __m512i broadcast_step(const unsigned char *x)
{
    int32_t bits = 0;

    __builtin_memcpy(&bits, x, sizeof bits);
    return _mm512_set1_epi32(bits);
}

/* Functions kind_tile_<rows>, of one tile each, and their list. */
#define SPOTI_TILE(kind, rows)                                                                     \
    static void kind##_tile_##rows(const spoti_tile *t)                                            \
    {                                                                                              \
        kind##_tile(t, rows);                                                                      \
    }
#define SPOTI_TILES_6(kind)                                                                        \
    SPOTI_TILE(kind, 1)                                                                            \
    SPOTI_TILE(kind, 2)                                                                            \
    SPOTI_TILE(kind, 3)                                                                            \
    SPOTI_TILE(kind, 4)                                                                            \
    SPOTI_TILE(kind, 5)                                                                            \
    SPOTI_TILE(kind, 6)
#define SPOTI_TILES_12(kind)                                                                       \
    SPOTI_TILES_6(kind)                                                                            \
    SPOTI_TILE(kind, 7)                                                                            \
    SPOTI_TILE(kind, 8)                                                                            \
    SPOTI_TILE(kind, 9)                                                                            \
    SPOTI_TILE(kind, 10)                                                                           \
    SPOTI_TILE(kind, 11)                                                                           \
    SPOTI_TILE(kind, 12)
#define SPOTI_TILE_LIST_6(kind)                                                                    \
    kind##_tile_1, kind##_tile_2, kind##_tile_3, kind##_tile_4, kind##_tile_5, kind##_tile_6
#define SPOTI_TILE_LIST_12(kind)                                                                   \
    SPOTI_TILE_LIST_6(kind), kind##_tile_7, kind##_tile_8, kind##_tile_9, kind##_tile_10,          \
        kind##_tile_11, kind##_tile_12

#endif
