/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the NEON kernels share: exponential, activations, and what happens at the end of a row. Needs
 * nothing that an Armv8 CPU could lack.
 *
 * The same operations as in elementary.h, one for one.
 */
#ifndef SPOTI_NN_SIMD_NEON_H
#define SPOTI_NN_SIMD_NEON_H

#include <arm_neon.h>
#include <stddef.h>

#include "runtime/nn/kernels.h"

/* Tiles are written once, for a number of rows that the compiler knows at each call. */
#define INLINE static inline __attribute__((always_inline))

/* A tile is up to 4 rows x 4 registers (16 columns, one panel): 16 sums, of 32 registers. */
enum { ROWS = 4, LANES = 4, REGISTERS = 4, WIDTH = LANES * REGISTERS };

/* As spoti_nn_exp. */
static inline float32x4_t exp_ps(float32x4_t x)
{
    const float32x4_t limit = vdupq_n_f32(89.0F);
    const float32x4_t lower = vdupq_n_f32(-87.0F);
    const float32x4_t below = vbslq_f32(vcltq_f32(x, limit), x, limit); /* NaN becomes 89 */
    const float32x4_t z = vbslq_f32(vcgtq_f32(below, lower), below, lower);
    const float32x4_t n = vrndnq_f32(vmulq_n_f32(z, 1.44269504F));
    float32x4_t r = vfmsq_f32(z, n, vdupq_n_f32(0.693359375F));
    float32x4_t p = vdupq_n_f32(1.0F / 5040.0F);

    r = vfmsq_f32(r, n, vdupq_n_f32(-2.12194440e-4F));
    p = vfmaq_f32(vdupq_n_f32(1.0F / 720.0F), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0F / 120.0F), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0F / 24.0F), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0F / 6.0F), p, r);
    p = vfmaq_f32(vdupq_n_f32(0.5F), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0F), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0F), p, r);

    /* 2^n by its exponent bits: n is -126..128, so it is normal or, at 128, infinite. */
    const int32x4_t exponent = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23);

    return vmulq_f32(p, vreinterpretq_f32_s32(exponent));
}

static inline float32x4_t gelu_ps(float32x4_t x)
{
    const float32x4_t a = vdupq_n_f32(-1.59576912F);
    const float32x4_t b = vdupq_n_f32(-0.0713548163F);
    const float32x4_t t = vmulq_f32(x, vfmaq_f32(a, b, vmulq_f32(x, x)));

    return vdivq_f32(x, vaddq_f32(vdupq_n_f32(1.0F), exp_ps(t)));
}

static inline float32x4_t silu_ps(float32x4_t x)
{
    return vdivq_f32(x, vaddq_f32(vdupq_n_f32(1.0F), exp_ps(vnegq_f32(x))));
}

/* The first min(n, 4) numbers of p, then lanes of `rest`. */
static inline float32x4_t load_some(const float *p, size_t n, float32x4_t rest)
{
    float lanes[LANES];

    if (n >= LANES) {
        return vld1q_f32(p);
    }
    vst1q_f32(lanes, rest);
    for (size_t i = 0; i < n; i++) {
        lanes[i] = p[i];
    }
    return vld1q_f32(lanes);
}

/* Stores the first min(n, 4) lanes. */
static inline void store_some(float *p, size_t n, float32x4_t x)
{
    float lanes[LANES];

    if (n >= LANES) {
        vst1q_f32(p, x);
        return;
    }
    vst1q_f32(lanes, x);
    for (size_t i = 0; i < n; i++) {
        p[i] = lanes[i];
    }
}

/* Stores min(n, 4) results at c; gate: of the same columns, only for RESIDUAL. */
static inline void finish_register(spoti_epilogue epilogue, const float *gate, float *c, size_t n,
                                   float32x4_t y)
{
    const float32x4_t zero = vdupq_n_f32(0.0F);

    switch (epilogue) {
    case SPOTI_EPILOGUE_STORE:
        break;
    case SPOTI_EPILOGUE_GELU:
        y = gelu_ps(y);
        break;
    case SPOTI_EPILOGUE_RESIDUAL:
        y = vfmaq_f32(load_some(c, n, zero), load_some(gate, n, zero), y);
        break;
    case SPOTI_EPILOGUE_SILU:
        y = silu_ps(y);
        break;
    case SPOTI_EPILOGUE_ADD:
        y = vaddq_f32(load_some(c, n, zero), y);
        break;
    }
    store_some(c, n, y);
}

#endif
