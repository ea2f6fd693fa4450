/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * AVX2 and FMA kernels. Compiled with -mavx2 -mfma of its own; called only on CPUs that have both.
 *
 * A tile is 4 rows x 2 registers (16 columns, one panel): 8 sums hide the latency of two FMA
 * units. Rows beyond m repeat the last one and are not stored.
 */
#include "runtime/nn/kernels.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <float.h>

#include "runtime/nn/simd_avx2.h"

enum { ROWS = 4, WIDTH = 16 };

#define EACH_ROW(X) X(0) X(1) X(2) X(3)

/* The sum of 16 lanes, in the order of elementary.h. */
static inline float reduce(__m256 lower, __m256 upper)
{
    const __m256 x = _mm256_add_ps(lower, upper);
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    s = _mm_add_ss(s, _mm_shuffle_ps(s, s, 1));
    return _mm_cvtss_f32(s);
}

/* Stores the sums of `rows` rows, columns first .. first + 15; c: of the first row. */
static inline void finish(const spoti_gemm *g, const __m256 *sums, size_t rows, size_t first,
                          float *c)
{
    for (size_t column = first; column < first + WIDTH && column < g->n; column += LANES) {
        const size_t left = g->n - column;
        const __m256 bias =
            g->bias != NULL ? load_some(g->bias + column, left) : _mm256_setzero_ps();
        const float *gate = g->epilogue == SPOTI_EPILOGUE_RESIDUAL ? g->gate + column : NULL;
        const __m256 *sum = sums + (column - first) / LANES;

        for (size_t i = 0; i < rows; i++) {
            finish_register(g->epilogue, gate, c + i * g->ldc + column, left,
                            _mm256_add_ps(sum[2 * i], bias));
        }
    }
}

static inline void tile(const spoti_gemm *g, const float *a, size_t rows, const float *b,
                        ahead next, __m256 *sums)
{
#define ROW_START(i)                                                                               \
    const float *a##i = a + ((i) < rows ? (size_t)(i) : rows - 1) * g->lda;                        \
    __m256 c##i##0 = _mm256_setzero_ps();                                                          \
    __m256 c##i##1 = _mm256_setzero_ps();
#define ROW_STEP(i)                                                                                \
    const __m256 x##i = _mm256_set1_ps(a##i[j]);                                                   \
    c##i##0 = _mm256_fmadd_ps(x##i, b0, c##i##0);                                                  \
    c##i##1 = _mm256_fmadd_ps(x##i, b1, c##i##1);
#define ROW_KEEP(i)                                                                                \
    sums[(size_t)2 * (i)] = c##i##0;                                                               \
    sums[(size_t)2 * (i) + 1] = c##i##1;

    EACH_ROW(ROW_START)
    for (size_t j = 0; j < g->k; j++) {
        const __m256 b0 = _mm256_loadu_ps(b + j * g->ldb);
        const __m256 b1 = _mm256_loadu_ps(b + j * g->ldb + LANES);

        fetch(&next);
        EACH_ROW(ROW_STEP)
    }
    EACH_ROW(ROW_KEEP)
#undef ROW_START
#undef ROW_STEP
#undef ROW_KEEP
}

static void gemm(const spoti_gemm *g)
{
    const size_t n_tile = (g->m + ROWS - 1) / ROWS;

    for (size_t first = 0; first < g->n; first += WIDTH) {
        const float *b = g->b + first / SPOTI_PANEL * g->panel_stride;
        const float *next = first + WIDTH < g->n ? b + g->panel_stride : b;

        for (size_t i = 0; i < g->m; i += ROWS) {
            const size_t rows = g->m - i < ROWS ? g->m - i : ROWS;
            __m256 sums[2 * ROWS];

            tile(g, g->a + i * g->lda, rows, b, fetch_ahead(next, g->k, i / ROWS, n_tile), sums);
            finish(g, sums, rows, first, g->c + i * g->ldc);
        }
    }
}

/* The sum of a row, in the lanes of elementary.h. */
static inline float row_sum(const float *x, size_t n)
{
    __m256 lower = _mm256_setzero_ps();
    __m256 upper = _mm256_setzero_ps();

    for (size_t j = 0; j < n; j += WIDTH) {
        lower = _mm256_add_ps(lower, load_some(x + j, n - j));
        if (j + LANES < n) {
            upper = _mm256_add_ps(upper, load_some(x + j + LANES, n - j - LANES));
        }
    }
    return reduce(lower, upper);
}

/* sum + the squares of 8 differences from the mean; those beyond n do not count: 0 - mean is masked away. */
static inline __m256 add_squares(__m256 sum, const float *x, size_t n, __m256 mean)
{
    const __m256 d = _mm256_sub_ps(load_some(x, n), mean);
    const __m256 some = n >= LANES ? d : _mm256_and_ps(d, _mm256_castsi256_ps(lanes_of(n)));

    return _mm256_fmadd_ps(some, some, sum);
}

/* The sum of the squares of a row's differences from its mean. */
static inline float row_squares(const float *x, size_t n, __m256 mean)
{
    __m256 lower = _mm256_setzero_ps();
    __m256 upper = _mm256_setzero_ps();

    for (size_t j = 0; j < n; j += WIDTH) {
        lower = add_squares(lower, x + j, n - j, mean);
        if (j + LANES < n) {
            upper = add_squares(upper, x + j + LANES, n - j - LANES, mean);
        }
    }
    return reduce(lower, upper);
}

static void norm_modulate(const spoti_norm *norm)
{
    const size_t n = norm->n;

    for (size_t i = 0; i < norm->m; i++) {
        const float *in = norm->x + i * norm->ldx;
        float *out = norm->y + i * norm->ldy;
        const __m256 mean = _mm256_set1_ps(row_sum(in, n) / (float)n);
        const __m256 variance = _mm256_set1_ps(row_squares(in, n, mean) / (float)n + norm->eps);
        const __m256 scale = _mm256_div_ps(_mm256_set1_ps(1.0F), _mm256_sqrt_ps(variance));

        for (size_t j = 0; j < n; j += LANES) {
            const __m256 d = _mm256_sub_ps(load_some(in + j, n - j), mean);

            store_some(out + j, n - j,
                       _mm256_fmadd_ps(_mm256_mul_ps(d, scale), load_some(norm->gain + j, n - j),
                                       load_some(norm->shift + j, n - j)));
        }
    }
}

static inline float reduce_max(__m256 x)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    s = _mm_max_ss(s, _mm_shuffle_ps(s, s, 1));
    return _mm_cvtss_f32(s);
}

static void softmax_row(const spoti_softmax *softmax, float *row)
{
    const size_t n = softmax->n;
    const __m256 factor = _mm256_set1_ps(softmax->factor);
    const __m256 least = _mm256_set1_ps(-FLT_MAX);
    __m256 most = least;
    __m256 sum[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};

    for (size_t j = 0; j < n; j += LANES) {
        const __m256 bias =
            softmax->bias != NULL ? load_some(softmax->bias + j, n - j) : _mm256_setzero_ps();
        const __m256 s = _mm256_fmadd_ps(load_some(row + j, n - j), factor, bias);

        /* the second where one is NaN */
        most =
            _mm256_max_ps(_mm256_blendv_ps(least, s, _mm256_castsi256_ps(lanes_of(n - j))), most);
        store_some(row + j, n - j, s);
    }

    const __m256 largest = _mm256_set1_ps(reduce_max(most));

    for (size_t j = 0; j < n; j += LANES) {
        const __m256 e = exp_ps(_mm256_sub_ps(load_some(row + j, n - j), largest));

        sum[j / LANES % 2] = _mm256_add_ps(sum[j / LANES % 2],
                                           _mm256_and_ps(e, _mm256_castsi256_ps(lanes_of(n - j))));
        store_some(row + j, n - j, e);
    }

    const __m256 share = _mm256_set1_ps(1.0F / reduce(sum[0], sum[1]));

    for (size_t j = 0; j < n; j += LANES) {
        store_some(row + j, n - j, _mm256_mul_ps(load_some(row + j, n - j), share));
    }
}

static void softmax(const spoti_softmax *softmax)
{
    for (size_t i = 0; i < softmax->m; i++) {
        softmax_row(softmax, softmax->x + i * softmax->ldx);
    }
}

const spoti_kernels *spoti_kernels_avx2(void)
{
    static const spoti_kernels table = {"avx2", gemm, norm_modulate, softmax};

    return &table;
}

#else

const spoti_kernels *spoti_kernels_avx2(void)
{
    return NULL;
}

#endif
