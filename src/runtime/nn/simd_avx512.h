/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the AVX-512 kernels share: exponential, activations, and lanes at the end of a row.
 *
 * The same operations as in elementary.h, one for one.
 */
#ifndef SPOTI_NN_SIMD_AVX512_H
#define SPOTI_NN_SIMD_AVX512_H

#include <immintrin.h>
#include <stddef.h>

enum { LANES = 16 };

/* As spoti_nn_exp. */
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

    /* 2^n by its exponent bits: n is -126..128, so it is normal or, at 128, infinite. */
    const __m512i bits =
        _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23);

    return _mm512_mul_ps(p, _mm512_castsi512_ps(bits));
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

#endif
