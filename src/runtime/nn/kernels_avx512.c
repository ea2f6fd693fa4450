/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * AVX-512 kernels. Compiled with -mavx512f of its own; called only on CPUs that have it.
 *
 * A tile is 8 rows x 2 registers (32 columns): 16 sums, enough to hide the latency of two FMA units,
 * with 10 loads for 16 multiplications. Rows beyond m repeat the last one and are not stored, so
 * that each row goes through the same code.
 */
#include "runtime/nn/kernels.h"

#ifdef __AVX512F__

#include "runtime/nn/simd_avx512.h"

enum { ROWS = 8 };

/* Repeats X for each row of a tile. */
#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

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

/* The sums of one tile. The row pointers and sums have names of their own to stay in registers. */
static inline void tile(const spoti_gemm *g, const float *a, size_t rows, const float *b,
                        __m512 *sums)
{
#define ROW_START(i)                                                                               \
    const float *a##i = a + ((i) < rows ? (size_t)(i) : rows - 1) * g->lda;                        \
    __m512 c##i##0 = _mm512_setzero_ps();                                                          \
    __m512 c##i##1 = _mm512_setzero_ps();
#define ROW_STEP(i)                                                                                \
    const __m512 x##i = _mm512_set1_ps(a##i[j]);                                                   \
    c##i##0 = _mm512_fmadd_ps(x##i, b0, c##i##0);                                                  \
    c##i##1 = _mm512_fmadd_ps(x##i, b1, c##i##1);
#define ROW_KEEP(i)                                                                                \
    sums[(size_t)2 * (i)] = c##i##0;                                                               \
    sums[(size_t)2 * (i) + 1] = c##i##1;

    EACH_ROW(ROW_START)
    for (size_t j = 0; j < g->k; j++) {
        const __m512 b0 = _mm512_loadu_ps(b + j * g->ldb);
        const __m512 b1 = _mm512_loadu_ps(b + j * g->ldb + LANES);

        EACH_ROW(ROW_STEP)
    }
    EACH_ROW(ROW_KEEP)
#undef ROW_START
#undef ROW_STEP
#undef ROW_KEEP
}

static void gemm(const spoti_gemm *g)
{
    for (size_t first = 0; first < g->n; first += SPOTI_PANEL) {
        const float *b = g->b + first / SPOTI_PANEL * g->panel_stride;

        for (size_t i = 0; i < g->m; i += ROWS) {
            const size_t rows = g->m - i < ROWS ? g->m - i : ROWS;
            __m512 sums[2 * ROWS];

            tile(g, g->a + i * g->lda, rows, b, sums);
            finish(g, sums, rows, first, g->n - first, g->c + i * g->ldc + first);
        }
    }
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

        const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)n);

        for (size_t j = 0; j < n; j += LANES) {
            const __mmask16 lanes = lanes_left(n, j);
            const __m512 d = _mm512_maskz_sub_ps(lanes, _mm512_maskz_loadu_ps(lanes, in + j), mean);

            squares = _mm512_fmadd_ps(d, d, squares);
        }

        const __m512 variance =
            _mm512_set1_ps(_mm512_reduce_add_ps(squares) / (float)n + norm->eps);
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

const spoti_kernels *spoti_kernels_avx512(void)
{
    static const spoti_kernels table = {"avx512", gemm, norm_modulate};

    return &table;
}

#else

const spoti_kernels *spoti_kernels_avx512(void)
{
    return NULL;
}

#endif
