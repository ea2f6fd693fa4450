/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The one arithmetic of networks: what every table of kernels computes, operation by operation, so that all give
 * the same bytes (NaN's aside). Here in plain C; simd_*.h has the same for registers, and whoever changes one changes
 * all (tests/runtime/nn/test_same_bytes.c).
 *
 * Operations are those of IEEE 754 in float32, round to nearest; `fma` is one rounding. A product sums over k in order,
 * each term by fma, from 0. A sum over a row goes through 16 lanes: element j into lane j mod 16, in order; then lanes
 * 8 apart are added, 4 apart, 2 apart, 1 apart.
 */
#ifndef SPOTI_NN_ELEMENTARY_H
#define SPOTI_NN_ELEMENTARY_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SPOTI_SUM_LANES = 16 };

/* exp(x), x clamped to -87..89 (NaN to 89), infinite where 2^128 is a factor, from 88.4 on; relative error below
 * 2 ulp: 2^n times a Taylor polynomial of degree 7 on |r| <= ln(2)/2, whose remainder is r^8/8! < 6e-9. */
static inline float spoti_nn_exp(float x)
{
    const float below = x < 89.0F ? x : 89.0F;
    const float z = below > -87.0F ? below : -87.0F;
    const float n = rintf(z * 1.44269504F);
    /* ln 2 in two parts, the first with few bits, so that n ln2 is exact to twice the precision */
    float r = fmaf(-n, 0.693359375F, z);
    float p = 1.0F / 5040.0F;
    float power = 0.0F;

    r = fmaf(-n, -2.12194440e-4F, r);
    p = fmaf(p, r, 1.0F / 720.0F);
    p = fmaf(p, r, 1.0F / 120.0F);
    p = fmaf(p, r, 1.0F / 24.0F);
    p = fmaf(p, r, 1.0F / 6.0F);
    p = fmaf(p, r, 0.5F);
    p = fmaf(p, r, 1.0F);
    p = fmaf(p, r, 1.0F);

    /* 2^n by its exponent bits: n is -126..128, so it is normal or, at 128, infinite */
    const uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;

    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3): the tanh form of gelu. */
static inline float spoti_nn_gelu(float x)
{
    return x / (1.0F + spoti_nn_exp(x * fmaf(-0.0713548163F, x * x, -1.59576912F)));
}

/* x / (1 + exp(-x)). */
static inline float spoti_nn_silu(float x)
{
    return x / (1.0F + spoti_nn_exp(0.0F - x));
}

/* The sum of the lanes (SPOTI_SUM_LANES), which are overwritten. */
static inline float spoti_nn_sum(float *lanes)
{
    for (size_t half = SPOTI_SUM_LANES / 2; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            lanes[i] += lanes[i + half];
        }
    }
    return lanes[0];
}

#endif
