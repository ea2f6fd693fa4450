/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The AVX-512 intrinsics that our kernels use, lane by lane in C: what the instructions compute, on any CPU.
 *
 * Included in front of kernels_avx512.c and linear_avx512.c (gcc's and clang's -include), whose logic then runs
 * without the instructions: that it gives the same bytes as the other tables is tested on every machine. On those that
 * have them the very kernels are tested as well. Meanings are those of Intel's intrinsics guide.
 */
#ifndef SPOT_TEST_AVX512_EMULATED_H
#define SPOT_TEST_AVX512_EMULATED_H

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define __AVX512F__           1
#define __AVX512BW__          1
#define __AVX512VL__          1
#define __AVX512VNNI__        1
#define SPOTI_EMULATED_AVX512 1

typedef struct emu_ps {
    float f[16];
} emu_ps;

typedef struct emu_i {
    int32_t i[16];
} emu_i;

#define __m512  emu_ps
#define __m512i emu_i

#define EMU_EACH for (int l = 0; l < 16; l++)

#define EMU_PS_1(name, expression)                                                                 \
    static inline emu_ps emu_##name(emu_ps a)                                                      \
    {                                                                                              \
        EMU_EACH a.f[l] = (expression);                                                            \
        return a;                                                                                  \
    }
#define EMU_PS_2(name, expression)                                                                 \
    static inline emu_ps emu_##name(emu_ps a, emu_ps b)                                            \
    {                                                                                              \
        EMU_EACH a.f[l] = (expression);                                                            \
        return a;                                                                                  \
    }
#define EMU_PS_3(name, expression)                                                                 \
    static inline emu_ps emu_##name(emu_ps a, emu_ps b, emu_ps c)                                  \
    {                                                                                              \
        EMU_EACH a.f[l] = (expression);                                                            \
        return a;                                                                                  \
    }
#define EMU_I_2(name, expression)                                                                  \
    static inline emu_i emu_##name(emu_i a, emu_i b)                                               \
    {                                                                                              \
        EMU_EACH a.i[l] = (expression);                                                            \
        return a;                                                                                  \
    }

EMU_PS_2(add, a.f[l] + b.f[l])
EMU_PS_2(sub, a.f[l] - b.f[l])
EMU_PS_2(mul, a.f[l] * b.f[l])
EMU_PS_2(div, a.f[l] / b.f[l])
EMU_PS_2(min, a.f[l] < b.f[l] ? a.f[l] : b.f[l])
EMU_PS_2(max, a.f[l] > b.f[l] ? a.f[l] : b.f[l])
EMU_PS_3(fmadd, fmaf(a.f[l], b.f[l], c.f[l]))
EMU_PS_3(fnmadd, fmaf(-a.f[l], b.f[l], c.f[l]))
EMU_PS_1(sqrt, sqrtf(a.f[l]))
EMU_PS_1(near, rintf(a.f[l]))
EMU_I_2(add_i, (int32_t)((uint32_t)a.i[l] + (uint32_t)b.i[l]))
EMU_I_2(max_i, a.i[l] > b.i[l] ? a.i[l] : b.i[l])
EMU_I_2(and_i, a.i[l] & b.i[l])
EMU_I_2(or_i, a.i[l] | b.i[l])

static inline emu_ps emu_set1(float x)
{
    emu_ps a;
    EMU_EACH a.f[l] = x;
    return a;
}

static inline emu_i emu_set1_i(int32_t x)
{
    emu_i a;
    EMU_EACH a.i[l] = x;
    return a;
}

static inline emu_i emu_set1_byte(char x)
{
    emu_i a;
    memset(&a, x, sizeof a);
    return a;
}

static inline emu_ps emu_load(const void *p)
{
    emu_ps a;
    memcpy(&a, p, sizeof a);
    return a;
}

static inline emu_i emu_load_i(const void *p)
{
    emu_i a;
    memcpy(&a, p, sizeof a);
    return a;
}

/* Lanes outside of the mask are not touched in memory. */
static inline emu_ps emu_maskz_load(__mmask16 mask, const float *p)
{
    emu_ps a;
    EMU_EACH a.f[l] = (mask >> l & 1) != 0 ? p[l] : 0.0F;
    return a;
}

static inline emu_i emu_maskz_load_i(__mmask16 mask, const void *p)
{
    const emu_ps a = emu_maskz_load(mask, (const float *)p);
    emu_i b;
    memcpy(&b, &a, sizeof b);
    return b;
}

static inline void emu_mask_store(float *p, __mmask16 mask, emu_ps a)
{
    EMU_EACH if ((mask >> l & 1) != 0) p[l] = a.f[l];
}

static inline emu_ps emu_mask_max(emu_ps source, __mmask16 mask, emu_ps a, emu_ps b)
{
    EMU_EACH if ((mask >> l & 1) != 0) source.f[l] = a.f[l] > b.f[l] ? a.f[l] : b.f[l];
    return source;
}

static inline emu_ps emu_mask_add(emu_ps source, __mmask16 mask, emu_ps a, emu_ps b)
{
    EMU_EACH if ((mask >> l & 1) != 0) source.f[l] = a.f[l] + b.f[l];
    return source;
}

static inline emu_ps emu_maskz_sub(__mmask16 mask, emu_ps a, emu_ps b)
{
    EMU_EACH a.f[l] = (mask >> l & 1) != 0 ? a.f[l] - b.f[l] : 0.0F;
    return a;
}

static inline emu_i emu_mask_mov_i(emu_i source, __mmask16 mask, emu_i a)
{
    EMU_EACH if ((mask >> l & 1) != 0) source.i[l] = a.i[l];
    return source;
}

static inline __mmask16 emu_unordered(emu_ps a, emu_ps b)
{
    unsigned mask = 0;
    EMU_EACH mask |= (isnan(a.f[l]) || isnan(b.f[l]) ? 1U : 0U) << l;
    return (__mmask16)mask;
}

static inline emu_i emu_shift_left(emu_i a, int n)
{
    EMU_EACH a.i[l] = (int32_t)((uint32_t)a.i[l] << n);
    return a;
}

static inline emu_i emu_shift_right(emu_i a, int n)
{
    EMU_EACH a.i[l] = (int32_t)((uint32_t)a.i[l] >> n);
    return a;
}

/* Halves of 16 bits each. */
static inline emu_i emu_shift_right_16(emu_i a, int n)
{
    EMU_EACH
    {
        const uint32_t x = (uint32_t)a.i[l];
        a.i[l] = (int32_t)((x >> 16 >> n) << 16 | (x & 0xFFFFU) >> n);
    }
    return a;
}

static inline emu_ps emu_to_float(emu_i a)
{
    emu_ps b;
    EMU_EACH b.f[l] = (float)a.i[l];
    return b;
}

/* To nearest, ties to even; what fits no int32 is the smallest of them. */
static inline emu_i emu_to_int(emu_ps a)
{
    emu_i b;
    EMU_EACH
    {
        const float x = rintf(a.f[l]);
        b.i[l] = x >= -0x1p31F && x < 0x1p31F ? (int32_t)x : INT32_MIN;
    }
    return b;
}

static inline emu_ps emu_as_float(emu_i a)
{
    emu_ps b;
    memcpy(&b, &a, sizeof b);
    return b;
}

static inline emu_i emu_as_int(emu_ps a)
{
    emu_i b;
    memcpy(&b, &a, sizeof b);
    return b;
}

static inline __m256 emu_lower(emu_ps a)
{
    return _mm256_loadu_ps(a.f);
}

static inline __m256 emu_upper(emu_ps a)
{
    return _mm256_loadu_ps(a.f + 8);
}

static inline float emu_reduce_max(emu_ps a)
{
    for (int l = 1; l < 16; l++) {
        a.f[0] = a.f[l] > a.f[0] ? a.f[l] : a.f[0];
    }
    return a.f[0];
}

static inline int32_t emu_reduce_max_i(emu_i a)
{
    for (int l = 1; l < 16; l++) {
        a.i[0] = a.i[l] > a.i[0] ? a.i[l] : a.i[0];
    }
    return a.i[0];
}

static inline int32_t emu_reduce_add_i(emu_i a)
{
    uint32_t sum = 0;
    EMU_EACH sum += (uint32_t)a.i[l];
    return (int32_t)sum;
}

static inline __m128i emu_to_bytes(emu_i a)
{
    int8_t bytes[16];
    EMU_EACH bytes[l] = (int8_t)a.i[l];
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

static inline void emu_store_bytes(void *p, __mmask16 mask, emu_i a)
{
    EMU_EACH if ((mask >> l & 1) != 0)((int8_t *)p)[l] = (int8_t)a.i[l];
}

static inline void emu_store_halves(void *p, __mmask16 mask, emu_i a)
{
    EMU_EACH if ((mask >> l & 1) != 0)((uint16_t *)p)[l] = (uint16_t)a.i[l];
}

/* sum + four products of unsigned bytes of a with signed ones of b. */
static inline emu_i emu_dot(emu_i sum, emu_i a, emu_i b)
{
    const uint8_t *x = (const uint8_t *)&a;
    const int8_t *y = (const int8_t *)&b;
    EMU_EACH for (int k = 0; k < 4; k++)
    {
        sum.i[l] = (int32_t)((uint32_t)sum.i[l] + (uint32_t)(x[4 * l + k] * y[4 * l + k]));
    }
    return sum;
}

#define _mm512_add_ps(a, b)       emu_add(a, b)
#define _mm512_sub_ps(a, b)       emu_sub(a, b)
#define _mm512_mul_ps(a, b)       emu_mul(a, b)
#define _mm512_div_ps(a, b)       emu_div(a, b)
#define _mm512_min_ps(a, b)       emu_min(a, b)
#define _mm512_max_ps(a, b)       emu_max(a, b)
#define _mm512_fmadd_ps(a, b, c)  emu_fmadd(a, b, c)
#define _mm512_fnmadd_ps(a, b, c) emu_fnmadd(a, b, c)
#define _mm512_sqrt_ps(a)         emu_sqrt(a)
#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(a, mode)  emu_near(a)
#define _mm512_set1_ps(x)              emu_set1(x)
#define _mm512_setzero_ps()            emu_set1(0.0F)
#define _mm512_loadu_ps(p)             emu_load(p)
#define _mm512_maskz_loadu_ps(m, p)    emu_maskz_load(m, p)
#define _mm512_mask_storeu_ps(p, m, a) emu_mask_store(p, m, a)
#define _mm512_mask_max_ps(s, m, a, b) emu_mask_max(s, m, a, b)
#define _mm512_mask_add_ps(s, m, a, b) emu_mask_add(s, m, a, b)
#define _mm512_maskz_sub_ps(m, a, b)   emu_maskz_sub(m, a, b)
#undef _mm512_cmp_ps_mask
#define _mm512_cmp_ps_mask(a, b, how) emu_unordered(a, b)
#define _mm512_reduce_max_ps(a)       emu_reduce_max(a)
#define _mm512_castps512_ps256(a)     emu_lower(a)
#define _mm512_castps_pd(a)           (a)
#undef _mm512_extractf64x4_pd
#define _mm512_extractf64x4_pd(a, half) _mm256_castps_pd(emu_upper(a))
#define _mm512_castps_si512(a)          emu_as_int(a)
#define _mm512_castsi512_ps(a)          emu_as_float(a)
#define _mm512_set1_epi32(x)            emu_set1_i(x)
#define _mm512_set1_epi8(x)             emu_set1_byte(x)
#define _mm512_setzero_si512()          emu_set1_i(0)
#define _mm512_loadu_si512(p)           emu_load_i(p)
#define _mm512_maskz_loadu_epi32(m, p)  emu_maskz_load_i(m, p)
#define _mm512_add_epi32(a, b)          emu_add_i(a, b)
#define _mm512_max_epi32(a, b)          emu_max_i(a, b)
#define _mm512_and_epi32(a, b)          emu_and_i(a, b)
#define _mm512_and_si512(a, b)          emu_and_i(a, b)
#define _mm512_or_epi32(a, b)           emu_or_i(a, b)
#undef _mm512_slli_epi32
#define _mm512_slli_epi32(a, n) emu_shift_left(a, n)
#undef _mm512_srli_epi32
#define _mm512_srli_epi32(a, n) emu_shift_right(a, n)
#undef _mm512_srli_epi16
#define _mm512_srli_epi16(a, n)                    emu_shift_right_16(a, n)
#define _mm512_mask_mov_epi32(s, m, a)             emu_mask_mov_i(s, m, a)
#define _mm512_cvtepi32_ps(a)                      emu_to_float(a)
#define _mm512_cvtps_epi32(a)                      emu_to_int(a)
#define _mm512_cvtepi32_epi8(a)                    emu_to_bytes(a)
#define _mm512_mask_cvtepi32_storeu_epi8(p, m, a)  emu_store_bytes(p, m, a)
#define _mm512_mask_cvtepi32_storeu_epi16(p, m, a) emu_store_halves(p, m, a)
#define _mm512_reduce_max_epi32(a)                 emu_reduce_max_i(a)
#define _mm512_reduce_add_epi32(a)                 emu_reduce_add_i(a)
#define _mm512_dpbusd_epi32(s, a, b)               emu_dot(s, a, b)

/* Beside the library's own, which this CPU may lack. */
#define spoti_kernels_avx512        emulated_kernels_avx512
#define spoti_linear_kernels_avx512 emulated_linear_kernels_avx512

#endif
