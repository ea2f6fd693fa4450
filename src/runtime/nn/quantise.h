/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The rule by which numbers become integers: one place for weights, activations and all CPUs. */
#ifndef SPOTI_NN_QUANTISE_H
#define SPOTI_NN_QUANTISE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "runtime/nn/linear.h"

/* q = rint(factor * x), x ~ scale * q. A factor of 0 stands for q = 0 whatever x. */
typedef struct spoti_quantiser {
    float factor, scale;
} spoti_quantiser;

/* Bits of |x|. As integers they are in the order of the numbers, with infinity and NaN on top. */
static inline uint32_t spoti_magnitude_bits(float x)
{
    uint32_t bits = 0;

    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7FFFFFFFU;
}

/* For numbers of which `largest` is the largest spoti_magnitude_bits. |factor * x| rounds to at most
 * qmax: the two roundings of qmax / largest * x add 2^-23 at most. */
static inline spoti_quantiser spoti_quantiser_for(uint32_t largest, int qmax)
{
    const uint32_t infinity = 0x7F800000U;
    float magnitude = 0.0F;

    if (largest >= infinity) {
        return (spoti_quantiser){0.0F, NAN};
    }
    memcpy(&magnitude, &largest, sizeof magnitude);
    if (magnitude < SPOTI_LINEAR_TINY) {
        return (spoti_quantiser){0.0F, 0.0F};
    }
    return (spoti_quantiser){(float)qmax / magnitude, magnitude / (float)qmax};
}

/* bfloat16 nearest to x, ties to even; NaN stays NaN. */
static inline uint16_t spoti_bf16_of(float x)
{
    uint32_t bits = 0;

    memcpy(&bits, &x, sizeof bits);
    if (spoti_magnitude_bits(x) > 0x7F800000U) {
        return (uint16_t)(bits >> 16 | 0x40U); /* quiet, so that it cannot round to infinity */
    }
    return (uint16_t)((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

static inline float spoti_bf16_value(uint16_t x)
{
    const uint32_t bits = (uint32_t)x << 16;
    float value = 0.0F;

    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
