/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * AVX-512 kernels. Compiled with -mavx512f of its own; called only on CPUs that have it.
 *
 * A tile is up to 12 rows x 2 registers (32 columns, two panels): enough sums to hide the latency of two FMA
 * units, with 14 loads for 24 multiplications. Rows are shared out evenly over the tiles, and each
 * number of rows has a function of its own; a sum is the same sequence of operations in all of them.
 * Few rows use up a panel faster than the hardware fetches the next, so each tile asks for it.
 */
#include "runtime/nn/kernels.h"

#ifdef __AVX512F__

#include <float.h>

#include "runtime/nn/simd_avx512.h"

enum { ROWS = 12 };

static inline void finish(const spoti_gemm *g, const __m512 *sums, size_t rows, size_t first,
                          size_t width, float *c)
{
    for (size_t half = 0; half < 2; half++) {
        const __mmask16 lanes = lanes_of(width, half);
        const size_t column = first + half * LANES;

        if (lanes == 0) {
            break;
        }

        const __m512 bias =
            g->bias != NULL ? _mm512_maskz_loadu_ps(lanes, g->bias + column) : _mm512_setzero_ps();

        for (size_t i = 0; i < rows; i++) {
            float *out = c + i * g->ldc + half * LANES;
            __m512 y = _mm512_add_ps(sums[2 * i + half], bias);

            if (g->epilogue == SPOTI_EPILOGUE_GELU) {
                y = gelu_ps(y);
            } else if (g->epilogue == SPOTI_EPILOGUE_RESIDUAL) {
                const __m512 gate = _mm512_maskz_loadu_ps(lanes, g->gate + column);

                y = _mm512_fmadd_ps(gate, y, _mm512_maskz_loadu_ps(lanes, out));
            } else if (g->epilogue == SPOTI_EPILOGUE_SILU) {
                y = silu_ps(y);
            } else if (g->epilogue == SPOTI_EPILOGUE_ADD) {
                y = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, out), y);
            }
            _mm512_mask_storeu_ps(out, lanes, y);
        }
    }
}

/* Where a tile reads and writes. */
typedef struct place {
    const float *a, *b;
    const float *next; /* the two panels that follow b, or b: are fetched meanwhile */
    float *c;
    size_t first; /* column */
} place;

/* One tile of `rows` rows, a constant wherever this is inlined, so that sums live in registers. */
static inline __attribute__((always_inline)) void tile(const spoti_gemm *g, const place *at,
                                                       const size_t rows)
{
    const float *a = at->a;
    const float *b = at->b;
    const float *second = b + g->panel_stride;
    const float *next = at->next;
    __m512 sums[2 * ROWS];

    for (size_t i = 0; i < 2 * rows; i++) {
        sums[i] = _mm512_setzero_ps();
    }
    for (size_t j = 0; j < g->k; j++) {
        const __m512 b0 = _mm512_loadu_ps(b + j * g->ldb);
        const __m512 b1 = _mm512_loadu_ps(second + j * g->ldb);

        _mm_prefetch((const char *)(next + j * g->ldb), _MM_HINT_T1);
        _mm_prefetch((const char *)(next + g->panel_stride + j * g->ldb), _MM_HINT_T1);
        for (size_t i = 0; i < rows; i++) {
            const __m512 x = _mm512_set1_ps(a[i * g->lda + j]);

            sums[2 * i] = _mm512_fmadd_ps(x, b0, sums[2 * i]);
            sums[2 * i + 1] = _mm512_fmadd_ps(x, b1, sums[2 * i + 1]);
        }
    }
    finish(g, sums, rows, at->first, g->n - at->first, at->c);
}

#define TILE(rows)                                                                                 \
    static void tile_##rows(const spoti_gemm *g, const place *at)                                  \
    {                                                                                              \
        tile(g, at, rows);                                                                         \
    }

TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)

static void gemm(const spoti_gemm *g)
{
    static void (*const tiles[ROWS])(const spoti_gemm *, const place *) = {
        tile_1, tile_2, tile_3, tile_4,  tile_5,  tile_6,
        tile_7, tile_8, tile_9, tile_10, tile_11, tile_12};
    const size_t n_tile = (g->m + ROWS - 1) / ROWS;

    for (size_t first = 0; first < g->n; first += SPOTI_PAIR) {
        const float *b = g->b + first / SPOTI_PANEL * g->panel_stride;
        place at = {.b = b,
                    .next = first + SPOTI_PAIR < g->n ? b + 2 * g->panel_stride : b,
                    .first = first};

        for (size_t i = 0; i < n_tile; i++) {
            const size_t row = g->m * i / n_tile;
            const size_t rows = g->m * (i + 1) / n_tile - row;

            at.a = g->a + row * g->lda;
            at.c = g->c + row * g->ldc + first;
            tiles[rows - 1](g, &at);
        }
    }
}

/* The sum of 16 lanes, in the order of elementary.h. */
static inline float reduce(__m512 x)
{
    const __m256 y =
        _mm256_add_ps(_mm512_castps512_ps256(x),
                      _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));

    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    s = _mm_add_ss(s, _mm_shuffle_ps(s, s, 1));
    return _mm_cvtss_f32(s);
}

static inline __mmask16 lanes_left(size_t n, size_t j)
{
    return lanes_of(n - j, 0);
}

static void norm_modulate(const spoti_norm *norm)
{
    const size_t n = norm->n;

    for (size_t i = 0; i < norm->m; i++) {
        const float *in = norm->x + i * norm->ldx;
        __m512 sum = _mm512_setzero_ps();
        __m512 squares = _mm512_setzero_ps();

        for (size_t j = 0; j < n; j += LANES) {
            sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes_left(n, j), in + j));
        }

        const __m512 mean = _mm512_set1_ps(reduce(sum) / (float)n);

        for (size_t j = 0; j < n; j += LANES) {
            const __mmask16 lanes = lanes_left(n, j);
            const __m512 d = _mm512_maskz_sub_ps(lanes, _mm512_maskz_loadu_ps(lanes, in + j), mean);

            squares = _mm512_fmadd_ps(d, d, squares);
        }

        const __m512 variance = _mm512_set1_ps(reduce(squares) / (float)n + norm->eps);
        const __m512 scale = _mm512_div_ps(_mm512_set1_ps(1.0F), _mm512_sqrt_ps(variance));

        for (size_t j = 0; j < n; j += LANES) {
            const __mmask16 lanes = lanes_left(n, j);
            const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, in + j), mean);
            const __m512 z = _mm512_fmadd_ps(_mm512_mul_ps(d, scale),
                                             _mm512_maskz_loadu_ps(lanes, norm->gain + j),
                                             _mm512_maskz_loadu_ps(lanes, norm->shift + j));

            _mm512_mask_storeu_ps(norm->y + i * norm->ldy + j, lanes, z);
        }
    }
}

static void softmax_row(const spoti_softmax *softmax, float *row)
{
    const size_t n = softmax->n;
    const __m512 factor = _mm512_set1_ps(softmax->factor);
    __m512 most = _mm512_set1_ps(-FLT_MAX);
    __m512 sum = _mm512_setzero_ps();

    for (size_t j = 0; j < n; j += LANES) {
        const __mmask16 lanes = lanes_left(n, j);
        const __m512 bias = softmax->bias != NULL ? _mm512_maskz_loadu_ps(lanes, softmax->bias + j)
                                                  : _mm512_setzero_ps();
        const __m512 s = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, row + j), factor, bias);

        most = _mm512_mask_max_ps(most, lanes, s, most); /* the second where one is NaN */
        _mm512_mask_storeu_ps(row + j, lanes, s);
    }

    const __m512 largest = _mm512_set1_ps(_mm512_reduce_max_ps(most));

    for (size_t j = 0; j < n; j += LANES) {
        const __mmask16 lanes = lanes_left(n, j);
        const __m512 e = exp_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, row + j), largest));

        sum = _mm512_mask_add_ps(sum, lanes, sum, e);
        _mm512_mask_storeu_ps(row + j, lanes, e);
    }

    const __m512 share = _mm512_set1_ps(1.0F / reduce(sum));

    for (size_t j = 0; j < n; j += LANES) {
        const __mmask16 lanes = lanes_left(n, j);

        _mm512_mask_storeu_ps(row + j, lanes,
                              _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, row + j), share));
    }
}

static void softmax(const spoti_softmax *softmax)
{
    for (size_t i = 0; i < softmax->m; i++) {
        softmax_row(softmax, softmax->x + i * softmax->ldx);
    }
}

const spoti_kernels *spoti_kernels_avx512(void)
{
    static const spoti_kernels table = {"avx512", gemm, norm_modulate, softmax};

    return &table;
}

#else

const spoti_kernels *spoti_kernels_avx512(void)
{
    return NULL;
}

#endif
