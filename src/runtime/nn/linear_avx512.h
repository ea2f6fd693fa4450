/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the AVX-512 linear layers share: the walk over tiles, and what happens to finished sums.
 *
 * A tile is up to 12 tokens x 2 registers (32 outputs, a pair of panels). Tokens are shared out
 * evenly over the tiles, and for each number of tokens there is a function of its own, so that no
 * sum is computed in vain: with one token the product only reads weights.
 */
#ifndef SPOTI_NN_LINEAR_AVX512_H
#define SPOTI_NN_LINEAR_AVX512_H

#include "runtime/nn/linear.h"
#include "runtime/nn/simd_avx512.h"

#define SPOTI_INLINE static inline __attribute__((always_inline))

/* One tile: tokens first .. first + rows - 1, pair i_pair of panels. */
typedef struct spoti_tile {
    const spoti_linear_job *job;
    size_t i_pair;
    size_t first;
} spoti_tile;

/* Stores the outputs of a token in `lanes`; `epilogue` is a constant wherever this is inlined. */
SPOTI_INLINE void finish_register(const spoti_epilogue epilogue, const float *gate, float *c,
                                  __mmask16 lanes, __m512 y)
{
    if (epilogue == SPOTI_EPILOGUE_GELU) {
        y = gelu_ps(y);
    } else if (epilogue == SPOTI_EPILOGUE_SILU) {
        y = silu_ps(y);
    } else if (epilogue == SPOTI_EPILOGUE_ADD) {
        y = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, c), y);
    } else if (epilogue == SPOTI_EPILOGUE_RESIDUAL) {
        y = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, gate), y, _mm512_maskz_loadu_ps(lanes, c));
    }
    _mm512_mask_storeu_ps(c, lanes, y);
}

SPOTI_INLINE void finish_as(const spoti_epilogue epilogue, const spoti_tile *t, size_t rows,
                            const __m512 *sums)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_linear_output *out = &t->job->out;
    const size_t column = t->i_pair * SPOTI_PAIR;
    const size_t left = layer->n - column;
    const bool gated = epilogue == SPOTI_EPILOGUE_RESIDUAL;
    const float *gate0 = gated ? out->gate + column : NULL;
    const float *gate1 = gated && left > LANES ? gate0 + LANES : NULL;
    const __m512 bias0 = _mm512_loadu_ps(layer->bias + column);
    const __m512 bias1 = _mm512_loadu_ps(layer->bias + column + LANES);
    float *c = out->c + t->first * out->ldc + column;

    for (size_t i = 0; i < rows; i++, c += out->ldc) {
        finish_register(epilogue, gate0, c, lanes_of(left, 0), _mm512_add_ps(sums[2 * i], bias0));
        if (left > LANES) {
            finish_register(epilogue, gate1, c + LANES, lanes_of(left, 1),
                            _mm512_add_ps(sums[2 * i + 1], bias1));
        }
    }
}

/* Adds the bias to the sums (2 rows registers, those of a token side by side) and stores them. */
SPOTI_INLINE void finish_tile(const spoti_tile *t, size_t rows, const __m512 *sums)
{
    switch (t->job->out.epilogue) {
    case SPOTI_EPILOGUE_STORE:
        finish_as(SPOTI_EPILOGUE_STORE, t, rows, sums);
        break;
    case SPOTI_EPILOGUE_GELU:
        finish_as(SPOTI_EPILOGUE_GELU, t, rows, sums);
        break;
    case SPOTI_EPILOGUE_RESIDUAL:
        finish_as(SPOTI_EPILOGUE_RESIDUAL, t, rows, sums);
        break;
    case SPOTI_EPILOGUE_SILU:
        finish_as(SPOTI_EPILOGUE_SILU, t, rows, sums);
        break;
    case SPOTI_EPILOGUE_ADD:
        finish_as(SPOTI_EPILOGUE_ADD, t, rows, sums);
        break;
    }
}

/* Computes a job by tiles of at most max_rows tokens; functions[i] is for i + 1 of them. */
SPOTI_INLINE void walk_tiles(const spoti_linear_job *job, size_t max_rows,
                             void (*const *functions)(const spoti_tile *))
{
    const size_t m = job->rows->m;
    const size_t n_tile = (m + max_rows - 1) / max_rows;

    for (size_t p = 0; p * SPOTI_PAIR < job->layer->n; p++) {
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

/* Functions kind_tile_<rows>(tile), which inline body(tile, rows) for a constant, and their list. */
#define SPOTI_TILE(kind, body, rows)                                                               \
    static void kind##_tile_##rows(const spoti_tile *t)                                            \
    {                                                                                              \
        body(t, rows);                                                                             \
    }
#define SPOTI_TILES_8(kind, body)                                                                  \
    SPOTI_TILE(kind, body, 1)                                                                      \
    SPOTI_TILE(kind, body, 2)                                                                      \
    SPOTI_TILE(kind, body, 3)                                                                      \
    SPOTI_TILE(kind, body, 4)                                                                      \
    SPOTI_TILE(kind, body, 5)                                                                      \
    SPOTI_TILE(kind, body, 6)                                                                      \
    SPOTI_TILE(kind, body, 7)                                                                      \
    SPOTI_TILE(kind, body, 8)
#define SPOTI_TILES_12(kind, body)                                                                 \
    SPOTI_TILES_8(kind, body)                                                                      \
    SPOTI_TILE(kind, body, 9)                                                                      \
    SPOTI_TILE(kind, body, 10)                                                                     \
    SPOTI_TILE(kind, body, 11)                                                                     \
    SPOTI_TILE(kind, body, 12)
#define SPOTI_TILE_LIST_8(kind)                                                                    \
    kind##_tile_1, kind##_tile_2, kind##_tile_3, kind##_tile_4, kind##_tile_5, kind##_tile_6,      \
        kind##_tile_7, kind##_tile_8
#define SPOTI_TILE_LIST_12(kind)                                                                   \
    SPOTI_TILE_LIST_8(kind), kind##_tile_9, kind##_tile_10, kind##_tile_11, kind##_tile_12

#endif
