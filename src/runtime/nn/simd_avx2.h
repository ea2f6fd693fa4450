/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the AVX2 kernels share: exponential, activations, lanes at the end of a row, finished sums, and fetching weights
 * ahead.
 *
 * The same operations as in elementary.h, one for one.
 */
#ifndef SPOTI_NN_SIMD_AVX2_H
#define SPOTI_NN_SIMD_AVX2_H

#include <immintrin.h>
#include <stddef.h>

#include "runtime/nn/kernels.h"

enum { LANES = 8 };

static inline __m256 exp_ps(__m256 x)
{
    const __m256 z = _mm256_max_ps(_mm256_min_ps(x, _mm256_set1_ps(89.0F)), _mm256_set1_ps(-87.0F));
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(z, _mm256_set1_ps(1.44269504F)),
                                     _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375F), z);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4F), r);

    __m256 p = _mm256_set1_ps(1.0F / 5040.0F);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F / 720.0F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F / 120.0F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F / 24.0F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F / 6.0F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0F));

    /* 2^n by its exponent bits: n is -126..128, so it is normal or, at 128, infinite. */
    const __m256i bits =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);

    return _mm256_mul_ps(p, _mm256_castsi256_ps(bits));
}

static inline __m256 gelu_ps(__m256 x)
{
    const __m256 a = _mm256_set1_ps(-1.59576912F);
    const __m256 b = _mm256_set1_ps(-0.0713548163F);
    const __m256 t = _mm256_mul_ps(x, _mm256_fmadd_ps(b, _mm256_mul_ps(x, x), a));

    return _mm256_div_ps(x, _mm256_add_ps(_mm256_set1_ps(1.0F), exp_ps(t)));
}

static inline __m256 silu_ps(__m256 x)
{
    const __m256 e = exp_ps(_mm256_sub_ps(_mm256_setzero_ps(), x));

    return _mm256_div_ps(x, _mm256_add_ps(_mm256_set1_ps(1.0F), e));
}

/* All bits set in the first min(n, 8) lanes. */
static inline __m256i lanes_of(size_t n)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < LANES ? (int)n : LANES), index);
}

/* The first min(n, 8) numbers at p, zeros behind. Masks only where they are needed: to store with one takes a dozen cycles
 * on AMD's CPUs. */
static inline __m256 load_some(const float *p, size_t n)
{
    return n >= LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, lanes_of(n));
}

static inline void store_some(float *p, size_t n, __m256 v)
{
    if (n >= LANES) {
        _mm256_storeu_ps(p, v);
    } else {
        _mm256_maskstore_ps(p, lanes_of(n), v);
    }
}

/* Stores min(n, 8) results at c; gate: of the same columns, only for RESIDUAL. */
static inline void finish_register(spoti_epilogue epilogue, const float *gate, float *c, size_t n,
                                   __m256 y)
{
    switch (epilogue) {
    case SPOTI_EPILOGUE_STORE:
        break;
    case SPOTI_EPILOGUE_GELU:
        y = gelu_ps(y);
        break;
    case SPOTI_EPILOGUE_RESIDUAL:
        y = _mm256_fmadd_ps(load_some(gate, n), y, load_some(c, n));
        break;
    case SPOTI_EPILOGUE_SILU:
        y = silu_ps(y);
        break;
    case SPOTI_EPILOGUE_ADD:
        y = _mm256_add_ps(load_some(c, n), y);
        break;
    }
    store_some(c, n, y);
}

/* The panel that the sweep over the weights reads next. Few tokens use up a panel faster than the hardware fetches the next,
 * so the tiles of this one ask for it: each for its share, a little in every step, so that the memory is never idle. */
typedef struct ahead {
    const char *at;
    size_t step; /* bytes */
} ahead;

/* For tile i of n over one panel; the next one has n_step steps of 64 bytes. */
static inline ahead fetch_ahead(const void *panel, size_t n_step, size_t i, size_t n)
{
    const size_t step = 64 / n;

    return (ahead){(const char *)panel + i * step * n_step, step};
}

static inline void fetch(ahead *next)
{
    _mm_prefetch(next->at, _MM_HINT_T0);
    next->at += next->step;
}

#endif
