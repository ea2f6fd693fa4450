/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Tokens as the layers of linear_avx2.c read them: rounded to bfloat16, or quantised (spoti_linear_kernels). */
#ifndef SPOTI_NN_TOKENS_AVX2_H
#define SPOTI_NN_TOKENS_AVX2_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "runtime/nn/linear.h"
#include "runtime/nn/quantise.h"
#include "runtime/nn/simd_avx2.h"

/* bfloat16 of 8 numbers, in the upper halves. */
static inline __m256i bf16_bits(__m256 v)
{
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i near = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));

    return _mm256_blendv_epi8(near, quiet, nan);
}

static void round_bf16(const float *x, size_t k, uint16_t *out)
{
    size_t i = 0;

    for (; i + LANES <= k; i += LANES) {
        const __m256i halves = _mm256_srli_epi32(bf16_bits(_mm256_loadu_ps(x + i)), 16);
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(halves, halves), 0x08);

        _mm_storeu_si128((__m128i *)(void *)(out + i), _mm256_castsi256_si128(packed));
    }
    for (; i < k; i++) {
        out[i] = spoti_bf16_of(x[i]);
    }
}

static inline uint32_t largest_magnitude(const float *x, size_t n)
{
    const __m256i no_sign = _mm256_set1_epi32(0x7FFFFFFF);
    __m256i largest = _mm256_setzero_si256();
    uint32_t lanes[LANES];
    uint32_t result = 0;

    for (size_t i = 0; i < n; i += LANES) {
        const __m256i bits = _mm256_castps_si256(load_some(x + i, n - i));

        largest = _mm256_max_epi32(largest, _mm256_and_si256(bits, no_sign));
    }
    _mm256_storeu_si256((__m256i *)(void *)lanes, largest);
    for (size_t i = 0; i < LANES; i++) {
        result = lanes[i] > result ? lanes[i] : result;
    }
    return result;
}

/* 8 integers of 16 bits: rounded to nearest, ties to even. */
static inline __m128i quantise_8(const float *x, float factor)
{
    const __m256i v = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(factor)));

    return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

static inline int32_t quantise_group(const float *x, size_t n, float factor, int8_t *q)
{
    int32_t sum = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        const __m128i v = quantise_8(x + i, factor);

        _mm_storel_epi64((__m128i *)(void *)(q + i), _mm_packs_epi16(v, v));
    }
    for (; i < n; i++) {
        q[i] = (int8_t)rintf(x[i] * factor);
    }
    for (i = 0; i < n; i++) {
        sum += q[i];
    }
    return sum;
}

/* 8 integers of 16 bits as 32, and at q in the order of spoti_rows: 0, 2, 1, 3 of each four. */
static inline __m256i widen_8(__m128i v, int16_t *q)
{
    const __m128i order = _mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15);

    _mm_storeu_si128((__m128i *)(void *)q, _mm_shuffle_epi8(v, order));
    return _mm256_cvtepi16_epi32(v);
}

/* The same as quantise_group in 16 bits, in the order of spoti_rows, with zeros up to a multiple of 4. */
static inline int32_t quantise_wide(const float *x, size_t n, float factor, int16_t *q)
{
    __m256i sums = _mm256_setzero_si256();
    int32_t lanes[LANES];
    int32_t sum = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        sums = _mm256_add_epi32(sums, widen_8(quantise_8(x + i, factor), q + i));
    }
    if (i < n) {
        float some[LANES] = {0.0F};
        int16_t out[LANES];

        memcpy(some, x + i, (n - i) * sizeof *x);
        sums = _mm256_add_epi32(sums, widen_8(quantise_8(some, factor), out));
        memcpy(q + i, out, (n - i + 3) / 4 * 4 * sizeof *q);
    }
    _mm256_storeu_si256((__m256i *)(void *)lanes, sums);
    for (i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}

/* A group of n numbers; returns the sum of the integers. */
static int32_t quantise_some(const float *x, size_t n, float factor, bool wide, void *q)
{
    if (!(factor > 0.0F)) { /* not by a factor of 0: NaN is no integer */
        memset(q, 0, wide ? (n + 3) / 4 * 4 * sizeof(int16_t) : n);
        return 0;
    }
    return wide ? quantise_wide(x, n, factor, q) : quantise_group(x, n, factor, q);
}

static void quantise(const float *x, const spoti_grouping *grouping, void *q, float *scale,
                     int32_t *start)
{
    const size_t n = grouping->group;

    for (size_t g = 0; g < grouping->n_group; g++) {
        const spoti_quantiser rule =
            spoti_quantiser_for(largest_magnitude(x + g * n, n), grouping->qmax);

        scale[g * grouping->step] = rule.scale;
        start[g * grouping->step] =
            -(grouping->qmax + 1) *
            quantise_some(x + g * n, n, rule.factor, grouping->wide, (int8_t *)q + g * n);
    }
}

#endif
