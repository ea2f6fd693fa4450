/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers for AVX2 and FMA. Compiled for its own instructions; called only on CPUs that have
 * them.
 *
 * A tile is up to 4 tokens x 2 registers (16 outputs, one panel). AVX2 has no exact product of
 * bytes with 32-bit sums: vpmaddubsw saturates at 16 bits. So w8a8 widens to 16 bits, even and odd
 * inputs apart (its tokens once, when they are made), and uses vpmaddwd; w4a4 may use vpmaddubsw, because a pair is at most 15 * 7 * 2 = 210
 * and a group adds up at most 32 of them in 16 bits. Weights are unsigned, w + offset, so sums start
 * at -offset * sum(x).
 */
#include "runtime/nn/linear.h"

#if defined(__AVX2__) && defined(__FMA__)

#include "runtime/nn/linear_kind.h"
#include "runtime/nn/simd_avx2.h"
#include "runtime/nn/tokens_avx2.h"

#define INLINE static inline __attribute__((always_inline))

enum { ROWS = 4, WIDTH = 2 * LANES };

/* One tile: tokens first, ...; outputs column .. column + 15. */
typedef struct tile {
    const spoti_linear_job *job;
    size_t first, column;
} tile;

/* Finished sums */

/* Adds the bias to the sums (2 rows registers, those of a token side by side) and stores them. */
INLINE void finish_tile(const tile *t, size_t rows, const __m256 *sums)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_linear_output *out = &t->job->out;

    for (size_t i = 0; i < 2 * rows; i++) {
        const size_t column = t->column + i % 2 * LANES;

        if (column < layer->n) {
            finish_register(out->epilogue,
                            out->epilogue == SPOTI_EPILOGUE_RESIDUAL ? out->gate + column : NULL,
                            out->c + (t->first + i / 2) * out->ldc + column, layer->n - column,
                            _mm256_add_ps(sums[i], _mm256_loadu_ps(layer->bias + column)));
        }
    }
}

/* Tiles */

static inline const unsigned char *panel_of(const tile *t)
{
    const spoti_linear *layer = t->job->layer;

    return (const unsigned char *)(layer->weights + t->column / SPOTI_PANEL * layer->panel_stride);
}

/* Where w4a4 keeps the panel, and another. */
static inline const unsigned char *pair_of(const tile *t)
{
    const spoti_linear *layer = t->job->layer;

    return (const unsigned char *)(layer->weights + t->column / SPOTI_PAIR * layer->panel_stride);
}

/* What a tile fetches of the panel that follows, see simd_avx2.h. */
static inline ahead ahead_of(const tile *t)
{
    const spoti_linear *layer = t->job->layer;
    const tile next = {t->job, t->first, t->column + WIDTH};

    return fetch_ahead(panel_of(next.column < layer->n ? &next : t), layer->n_step, t->first / ROWS,
                       (t->job->rows->m + ROWS - 1) / ROWS);
}

static inline const unsigned char *token_of(const tile *t, size_t i)
{
    const spoti_rows *in = t->job->rows;

    return (const unsigned char *)in->values + (t->first + i) * in->stride;
}

static inline __m256i load(const unsigned char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* Four bytes of a token in every lane. */
static inline __m256i broadcast_step(const unsigned char *x)
{
    int32_t bits = 0;

    memcpy(&bits, x, sizeof bits);
    return _mm256_set1_epi32(bits);
}

INLINE void bf16_tile(const tile *t, const size_t rows)
{
    const unsigned char *w = panel_of(t);
    const unsigned char *x = token_of(t, 0);
    ahead next = ahead_of(t);
    const size_t stride = t->job->rows->stride;
    const __m256i upper = _mm256_set1_epi32((int)0xFFFF0000);
    __m256 sums[2 * ROWS];

    for (size_t i = 0; i < 2 * rows; i++) {
        sums[i] = _mm256_setzero_ps();
    }
    for (size_t s = 0; s < t->job->layer->n_step; s++) {
        const __m256i w0 = load(w + 64 * s);
        const __m256i w1 = load(w + 64 * s + 32);
        const __m256 even0 = _mm256_castsi256_ps(_mm256_slli_epi32(w0, 16));
        const __m256 even1 = _mm256_castsi256_ps(_mm256_slli_epi32(w1, 16));
        const __m256 odd0 = _mm256_castsi256_ps(_mm256_and_si256(w0, upper));
        const __m256 odd1 = _mm256_castsi256_ps(_mm256_and_si256(w1, upper));

        fetch(&next);
        for (size_t i = 0; i < rows; i++) {
            const __m256i v = broadcast_step(x + i * stride + 4 * s);
            const __m256 even = _mm256_castsi256_ps(_mm256_slli_epi32(v, 16));
            const __m256 odd = _mm256_castsi256_ps(_mm256_and_si256(v, upper));

            sums[2 * i] = _mm256_fmadd_ps(odd, odd0, _mm256_fmadd_ps(even, even0, sums[2 * i]));
            sums[2 * i + 1] =
                _mm256_fmadd_ps(odd, odd1, _mm256_fmadd_ps(even, even1, sums[2 * i + 1]));
        }
    }
    finish_tile(t, rows, sums);
}

/* sum += the products of w and x, in pairs of 16 bits. As assembler, because gcc 12 copies sums to other registers and to
 * memory and back around the intrinsics (tests/checks/inner_loops.py). */
INLINE __m256i dot_8(__m256i sum, __m256i w, __m256i x)
{
    __m256i products;

    __asm__("vpmaddwd %3, %2, %1\n\t"
            "vpaddd %1, %0, %0"
            : "+x"(sum), "=&x"(products)
            : "x"(w), "x"(x));
    return sum;
}

INLINE void w8a8_tile(const tile *t, const size_t rows)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const unsigned char *w = panel_of(t);
    const unsigned char *x = token_of(t, 0);
    ahead next = ahead_of(t);
    const __m256i lower = _mm256_set1_epi16(0x00FF);
    __m256i sums[2 * ROWS];
    __m256 y[2 * ROWS];

    for (size_t i = 0; i < rows; i++) {
        sums[2 * i] = _mm256_set1_epi32(in->start[t->first + i]);
        sums[2 * i + 1] = sums[2 * i];
    }
    for (size_t s = 0; s < layer->n_step; s++) {
        const __m256i w0 = load(w + 64 * s);
        const __m256i w1 = load(w + 64 * s + 32);
        const __m256i even0 = _mm256_and_si256(w0, lower);
        const __m256i even1 = _mm256_and_si256(w1, lower);
        const __m256i odd0 = _mm256_srli_epi16(w0, 8);
        const __m256i odd1 = _mm256_srli_epi16(w1, 8);

        fetch(&next);
        for (size_t i = 0; i < rows; i++) {
            const __m256i even = broadcast_step(x + i * in->stride + 8 * s);
            const __m256i odd = broadcast_step(x + i * in->stride + 8 * s + 4);

            sums[2 * i] = dot_8(dot_8(sums[2 * i], even0, even), odd0, odd);
            sums[2 * i + 1] = dot_8(dot_8(sums[2 * i + 1], even1, even), odd1, odd);
        }
    }
    for (size_t i = 0; i < 2 * rows; i++) {
        const __m256 scale = _mm256_loadu_ps(layer->scale + t->column + i % 2 * LANES);

        y[i] = _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums[i]), scale),
                             _mm256_set1_ps(in->scale[t->first + i / 2]));
    }
    finish_tile(t, rows, y);
}

/* sum += the products of unsigned bytes of w and signed ones of x, in pairs, 16 bits each. As assembler for the reason
 * above. */
INLINE __m256i dot_4(__m256i sum, __m256i w, __m256i x)
{
    __m256i products;

    __asm__("vpmaddubsw %3, %2, %1\n\t"
            "vpaddw %1, %0, %0"
            : "+x"(sum), "=&x"(products)
            : "x"(w), "x"(x));
    return sum;
}

/* Weights of one step: the lower half bytes (upper is false) or the upper ones. */
INLINE __m256i half_bytes(const unsigned char *w, const bool upper)
{
    const __m256i both = load(w);

    return _mm256_and_si256(upper ? _mm256_srli_epi16(both, 4) : both, _mm256_set1_epi8(0x0F));
}

/* Sums of the products of one group of n_step steps, in pairs of inputs, 16 bits each. */
INLINE void w4a4_group(const unsigned char *w, const bool upper, const unsigned char *x,
                       size_t stride, size_t n_step, const size_t rows, __m256i *pairs)
{

    for (size_t i = 0; i < 2 * rows; i++) {
        pairs[i] = _mm256_setzero_si256();
    }
    for (size_t s = 0; s < n_step; s++) {
        const __m256i w0 = half_bytes(w + 64 * s, upper);
        const __m256i w1 = half_bytes(w + 64 * s + 32, upper);

        for (size_t i = 0; i < rows; i++) {
            const __m256i v = broadcast_step(x + i * stride + 4 * s);

            pairs[2 * i] = dot_4(pairs[2 * i], w0, v);
            pairs[2 * i + 1] = dot_4(pairs[2 * i + 1], w1, v);
        }
    }
}

/* Outputs of one panel of a pair, whose weights are the upper half bytes or the lower ones. */
INLINE void w4a4_half(const tile *t, const size_t rows, const bool upper)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const size_t n_group = layer->n_group;
    const float *scale =
        layer->scale + t->column / SPOTI_PAIR * n_group * SPOTI_PAIR + t->column % SPOTI_PAIR;
    __m256 y[2 * ROWS];

    for (size_t i = 0; i < 2 * rows; i++) {
        y[i] = _mm256_setzero_ps();
    }
    for (size_t g = 0; g < n_group; g++) {
        __m256i pairs[2 * ROWS];

        w4a4_group(pair_of(t) + g * layer->group * SPOTI_PANEL, upper,
                   token_of(t, 0) + g * layer->group, in->stride, layer->group / 4, rows, pairs);
        for (size_t i = 0; i < 2 * rows; i++) {
            const size_t at = g * in->m + t->first + i / 2;
            const __m256i start = _mm256_set1_epi32(in->start[at]);
            const __m256i sum =
                _mm256_add_epi32(start, _mm256_madd_epi16(pairs[i], _mm256_set1_epi16(1)));
            const __m256 part = _mm256_mul_ps(
                _mm256_cvtepi32_ps(sum), _mm256_loadu_ps(scale + g * SPOTI_PAIR + i % 2 * LANES));

            y[i] = _mm256_fmadd_ps(part, _mm256_set1_ps(in->scale[at]), y[i]);
        }
    }
    finish_tile(t, rows, y);
}

INLINE void w4a4_tile(const tile *t, const size_t rows)
{
    if (t->column % SPOTI_PAIR == 0) {
        w4a4_half(t, rows, false);
    } else {
        w4a4_half(t, rows, true);
    }
}

SPOTI_KIND(bf16)
SPOTI_KIND(w8a8)
SPOTI_KIND(w4a4)

const spoti_linear_kernels *spoti_linear_kernels_avx2(void)
{
    static const spoti_linear_kernels table = {
        .name = "avx2",
        .wide = true,
        .round_bf16 = round_bf16,
        .quantise = quantise,
        .bf16 = bf16,
        .w8a8 = w8a8,
        .w4a4 = w4a4,
    };

    return &table;
}

#else

const spoti_linear_kernels *spoti_linear_kernels_avx2(void)
{
    return NULL;
}

#endif
