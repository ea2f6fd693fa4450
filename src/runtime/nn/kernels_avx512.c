/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * AVX-512 kernels. Compiled with -mavx512f of its own; called only on CPUs that have it.
 *
 * A tile is 8 rows x 2 registers (32 columns): 16 sums, enough to hide the latency of two FMA units,
 * with 10 loads for 16 multiplications. Rows beyond m repeat the last one and are not stored, so
 * that each row goes through the same code.
 * gelu(x) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3), which is its tanh form.
 */
#include "runtime/nn/kernels.h"

#ifdef __AVX512F__

#include <immintrin.h>

enum { ROWS = 8, LANES = 16 };

/* Repeats X for each row of a tile. */
#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* exp(x) clamped to -87..89, infinite from 88.8; relative error below 2 ulp: 2^n times a Taylor
 * polynomial of degree 7 on
 * |r| <= ln(2)/2, whose remainder is r^8/8! < 6e-9. */
static inline __m512 exp_ps(__m512 x)
{
    const __m512 limit = _mm512_set1_ps(89.0F);
    const __m512 lower = _mm512_set1_ps(-87.0F);
    const __m512 z = _mm512_max_ps(_mm512_min_ps(x, limit), lower);
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(z, _mm512_set1_ps(1.44269504F)),
                                          _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    /* ln 2 in two parts, the first with few bits, so that n ln2 is exact to twice the precision. */
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375F), z);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4F), r);

    __m512 p = _mm512_set1_ps(1.0F / 5040.0F);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 720.0F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 120.0F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 24.0F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 6.0F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F));
    return _mm512_scalef_ps(p, n);
}

static inline __m512 gelu_ps(__m512 x)
{
    /* -2 sqrt(2/pi) (1, 0.044715) */
    const __m512 a = _mm512_set1_ps(-1.59576912F);
    const __m512 b = _mm512_set1_ps(-0.0713548163F);
    const __m512 t = _mm512_mul_ps(x, _mm512_fmadd_ps(b, _mm512_mul_ps(x, x), a));

    return _mm512_div_ps(x, _mm512_add_ps(_mm512_set1_ps(1.0F), exp_ps(t)));
}

static inline __m512 silu_ps(__m512 x)
{
    const __m512 e = exp_ps(_mm512_sub_ps(_mm512_setzero_ps(), x));

    return _mm512_div_ps(x, _mm512_add_ps(_mm512_set1_ps(1.0F), e));
}

/* Lanes of register `half` of a tile that hold one of `width` columns. */
static inline __mmask16 lanes_of(size_t width, size_t half)
{
    const size_t before = half * LANES;

    if (width >= before + LANES) {
        return (__mmask16)0xFFFFU;
    }
    return width <= before ? (__mmask16)0 : (__mmask16)((1U << (width - before)) - 1U);
}

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
