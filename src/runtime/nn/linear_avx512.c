/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers for AVX-512 with VNNI. Compiled for its own instructions; called only on CPUs
 * that have them.
 *
 * VNNI multiplies unsigned by signed bytes, so the unsigned ones are the weights, w + offset, and
 * sums start at -offset * sum(x): integers wrap around, so the result is exact. bf16 is widened and multiplied in
 * fp32: the bfloat16 instructions of newer CPUs round otherwise than every other CPU. The number of tokens
 * of a tile is a constant wherever a tile is inlined, so that its sums live in registers.
 */
#include "runtime/nn/linear.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) &&                      \
    defined(__AVX512VNNI__)

#include "runtime/nn/linear_avx512.h"
#include "runtime/nn/quantise.h"

/* Tokens in a tile. bf16: 16 sums, 4 weights, 2 of a token. w8a8: 24 sums and 2 weights leave 6 registers. w4a4 has a sum in fp32 for each in int32;
 * some of those wait in memory, once a group, which costs less than more tiles would. */
enum { ROWS_16 = 8, ROWS_8 = 12, ROWS_4 = 8 };

static void round_bf16(const float *x, size_t k, uint16_t *out)
{
    for (size_t i = 0; i < k; i += LANES) {
        const __mmask16 lanes = lanes_of(k - i, 0);
        const __m512 v = _mm512_maskz_loadu_ps(lanes, x + i);
        const __m512i bits = _mm512_castps_si512(v);
        const __m512i odd = _mm512_and_epi32(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i near =
            _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
        const __m512i quiet = _mm512_or_epi32(bits, _mm512_set1_epi32(0x400000));
        const __m512i rounded =
            _mm512_mask_mov_epi32(near, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), quiet);

        _mm512_mask_cvtepi32_storeu_epi16(out + i, lanes, _mm512_srli_epi32(rounded, 16));
    }
}

static inline __m512i magnitudes(__mmask16 lanes, const float *x)
{
    return _mm512_and_epi32(_mm512_maskz_loadu_epi32(lanes, x), _mm512_set1_epi32(0x7FFFFFFF));
}

static inline uint32_t largest_magnitude(const float *x, size_t n)
{
    const __mmask16 all = 0xFFFFU;
    __m512i even = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
    size_t i = 0;

    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        even = _mm512_max_epi32(even, magnitudes(all, x + i));
        odd = _mm512_max_epi32(odd, magnitudes(all, x + i + LANES));
    }
    for (; i < n; i += LANES) {
        even = _mm512_max_epi32(even, magnitudes(lanes_of(n - i, 0), x + i));
    }
    return (uint32_t)_mm512_reduce_max_epi32(_mm512_max_epi32(even, odd));
}

static inline int32_t quantise_group(const float *x, size_t n, float factor, int8_t *q)
{
    const __m512 scale = _mm512_set1_ps(factor);
    __m512i sum = _mm512_setzero_si512();
    size_t i = 0;

    /* conversion rounds to nearest, ties to even */
    for (; i + LANES <= n; i += LANES) {
        const __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i), scale));

        sum = _mm512_add_epi32(sum, v);
        _mm_storeu_si128((__m128i *)(void *)(q + i), _mm512_cvtepi32_epi8(v));
    }
    if (i < n) {
        const __mmask16 lanes = lanes_of(n - i, 0);
        const __m512i v =
            _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, x + i), scale));

        sum = _mm512_add_epi32(sum, v);
        _mm512_mask_cvtepi32_storeu_epi8(q + i, lanes, v);
    }
    return _mm512_reduce_add_epi32(sum);
}

static void quantise(const float *x, const spoti_grouping *grouping, void *q, float *scale,
                     int32_t *start)
{
    const size_t n = grouping->group;
    int8_t *out = q;

    for (size_t g = 0; g < grouping->n_group; g++) {
        const spoti_quantiser rule =
            spoti_quantiser_for(largest_magnitude(x + g * n, n), grouping->qmax);

        scale[g * grouping->step] = rule.scale;
        if (rule.factor > 0.0F) {
            start[g * grouping->step] =
                -(grouping->qmax + 1) * quantise_group(x + g * n, n, rule.factor, out + g * n);
        } else {
            memset(out + g * n, 0, n);
            start[g * grouping->step] = 0;
        }
    }
}

/* One of the two panels of a tile; w4a4 keeps both in one. */
static inline const unsigned char *panel_of(const spoti_tile *t, size_t which)
{
    const spoti_linear *layer = t->job->layer;

    return (const unsigned char *)(layer->weights + (2 * t->i_pair + which) * layer->panel_stride);
}

/* sum += the products of four unsigned bytes of w and signed ones of x. As assembler, because gcc 12
 * copies every sum to another register and back around the intrinsic, which halves the speed. */
SPOTI_INLINE __m512i dot(__m512i sum, __m512i w, __m512i x)
{
#ifdef SPOTI_EMULATED_AVX512 /* tests/runtime/nn/avx512_emulated.h */
    return _mm512_dpbusd_epi32(sum, w, x);
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
#endif
}

SPOTI_INLINE void w8a8_tile(const spoti_tile *t, const size_t rows)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const unsigned char *x = (const unsigned char *)in->values + t->first * in->stride;
    const unsigned char *w = panel_of(t, 0);
    const unsigned char *second = panel_of(t, 1);
    __m512i sums[2 * ROWS_8];
    __m512 y[2 * ROWS_8];

    for (size_t i = 0; i < rows; i++) {
        sums[2 * i] = _mm512_set1_epi32(in->start[t->first + i]);
        sums[2 * i + 1] = sums[2 * i];
    }
    for (size_t s = 0; s < layer->n_step; s++) {
        const __m512i w0 = _mm512_loadu_si512(w + 64 * s);
        const __m512i w1 = _mm512_loadu_si512(second + 64 * s);

        for (size_t i = 0; i < rows; i++) {
            const __m512i v = broadcast_step(x + i * in->stride + 4 * s);

            sums[2 * i] = dot(sums[2 * i], w0, v);
            sums[2 * i + 1] = dot(sums[2 * i + 1], w1, v);
        }
    }

    const float *scale = layer->scale + t->i_pair * SPOTI_PAIR;
    const __m512 scale0 = _mm512_loadu_ps(scale);
    const __m512 scale1 = _mm512_loadu_ps(scale + LANES);

    for (size_t i = 0; i < rows; i++) {
        const __m512 scale_x = _mm512_set1_ps(in->scale[t->first + i]);

        y[2 * i] = _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[2 * i]), scale0), scale_x);
        y[2 * i + 1] =
            _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[2 * i + 1]), scale1), scale_x);
    }
    finish_tile(t, rows, y);
}

SPOTI_INLINE void bf16_tile(const spoti_tile *t, const size_t rows)
{
    const spoti_rows *in = t->job->rows;
    const unsigned char *x = (const unsigned char *)in->values + t->first * in->stride;
    const unsigned char *w = panel_of(t, 0);
    const unsigned char *second = panel_of(t, 1);
    const __m512i upper = _mm512_set1_epi32((int)0xFFFF0000);
    __m512 sums[2 * ROWS_16];

    for (size_t i = 0; i < 2 * rows; i++) {
        sums[i] = _mm512_setzero_ps();
    }
    for (size_t s = 0; s < t->job->layer->n_step; s++) {
        const __m512i w0 = _mm512_loadu_si512(w + 64 * s);
        const __m512i w1 = _mm512_loadu_si512(second + 64 * s);
        const __m512 even0 = _mm512_castsi512_ps(_mm512_slli_epi32(w0, 16));
        const __m512 even1 = _mm512_castsi512_ps(_mm512_slli_epi32(w1, 16));
        const __m512 odd0 = _mm512_castsi512_ps(_mm512_and_si512(w0, upper));
        const __m512 odd1 = _mm512_castsi512_ps(_mm512_and_si512(w1, upper));

        for (size_t i = 0; i < rows; i++) {
            const __m512i v = broadcast_step(x + i * in->stride + 4 * s);
            const __m512 even = _mm512_castsi512_ps(_mm512_slli_epi32(v, 16));
            const __m512 odd = _mm512_castsi512_ps(_mm512_and_si512(v, upper));

            sums[2 * i] = _mm512_fmadd_ps(odd, odd0, _mm512_fmadd_ps(even, even0, sums[2 * i]));
            sums[2 * i + 1] =
                _mm512_fmadd_ps(odd, odd1, _mm512_fmadd_ps(even, even1, sums[2 * i + 1]));
        }
    }
    finish_tile(t, rows, sums);
}

/* Products of one group: sums (2 rows) start at -offset * sum(x). */
SPOTI_INLINE void w4a4_group(const unsigned char *w, const unsigned char *x, size_t stride,
                             size_t n_step, const size_t rows, __m512i *sums)
{
    const __m512i low = _mm512_set1_epi8(0x0F);

    for (size_t s = 0; s < n_step; s++) {
        const __m512i both = _mm512_loadu_si512(w + 64 * s);
        const __m512i w0 = _mm512_and_si512(both, low);
        const __m512i w1 = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);

        for (size_t i = 0; i < rows; i++) {
            const __m512i v = broadcast_step(x + i * stride + 4 * s);

            sums[2 * i] = dot(sums[2 * i], w0, v);
            sums[2 * i + 1] = dot(sums[2 * i + 1], w1, v);
        }
    }
}

SPOTI_INLINE void w4a4_tile(const spoti_tile *t, const size_t rows)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const size_t n_group = layer->n_group;
    const unsigned char *x = (const unsigned char *)in->values + t->first * in->stride;
    const unsigned char *w =
        (const unsigned char *)(layer->weights + t->i_pair * layer->panel_stride);
    const float *scale = layer->scale + t->i_pair * n_group * SPOTI_PAIR;
    const float *scale_x = in->scale + t->first;
    const int32_t *start = in->start + t->first;
    __m512 y[2 * ROWS_4];

    for (size_t i = 0; i < 2 * rows; i++) {
        y[i] = _mm512_setzero_ps();
    }
    for (size_t g = 0; g < n_group; g++) {
        const __m512 scale0 = _mm512_loadu_ps(scale + g * SPOTI_PAIR);
        const __m512 scale1 = _mm512_loadu_ps(scale + g * SPOTI_PAIR + LANES);
        __m512i sums[2 * ROWS_4];

        for (size_t i = 0; i < rows; i++) {
            sums[2 * i] = _mm512_set1_epi32(start[g * in->m + i]);
            sums[2 * i + 1] = sums[2 * i];
        }
        w4a4_group(w + g * layer->group * SPOTI_PANEL, x + g * layer->group, in->stride,
                   layer->group / 4, rows, sums);
        for (size_t i = 0; i < rows; i++) {
            const __m512 b = _mm512_set1_ps(scale_x[g * in->m + i]);

            y[2 * i] = _mm512_fmadd_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[2 * i]), scale0), b,
                                       y[2 * i]);
            y[2 * i + 1] = _mm512_fmadd_ps(
                _mm512_mul_ps(_mm512_cvtepi32_ps(sums[2 * i + 1]), scale1), b, y[2 * i + 1]);
        }
    }
    finish_tile(t, rows, y);
}

SPOTI_TILES_8(bf16, bf16_tile)
SPOTI_TILES_12(w8a8, w8a8_tile)
SPOTI_TILES_8(w4a4, w4a4_tile)

static void bf16(const spoti_linear_job *job)
{
    static void (*const tiles[ROWS_16])(const spoti_tile *) = {SPOTI_TILE_LIST_8(bf16)};

    walk_tiles(job, ROWS_16, tiles);
}

static void w8a8(const spoti_linear_job *job)
{
    static void (*const tiles[ROWS_8])(const spoti_tile *) = {SPOTI_TILE_LIST_12(w8a8)};

    walk_tiles(job, ROWS_8, tiles);
}

static void w4a4(const spoti_linear_job *job)
{
    static void (*const tiles[ROWS_4])(const spoti_tile *) = {SPOTI_TILE_LIST_8(w4a4)};

    walk_tiles(job, ROWS_4, tiles);
}

const spoti_linear_kernels *spoti_linear_kernels_avx512(void)
{
    static const spoti_linear_kernels table = {
        .name = "avx512",
        .round_bf16 = round_bf16,
        .quantise = quantise,
        .bf16 = bf16,
        .w8a8 = w8a8,
        .w4a4 = w4a4,
    };

    return &table;
}

#else

const spoti_linear_kernels *spoti_linear_kernels_avx512(void)
{
    return NULL;
}

#endif
