/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Linear layers for Arm CPUs with dot products (Armv8.2, feature asimddp). Compiled for its own
 * instructions; called only on CPUs that have them.
 *
 * A tile is up to 4 tokens x 16 outputs, see simd_neon.h. The products are of signed bytes, so the
 * offset of the weights is taken away as they are loaded.
 */
#include "runtime/nn/linear.h"

#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)

#include "runtime/nn/linear_kind.h"
#include "runtime/nn/quantise.h"
#include "runtime/nn/simd_neon.h"

/* One tile: tokens first, ...; outputs column .. column + 15. */
typedef struct tile {
    const spoti_linear_job *job;
    size_t first, column;
} tile;

/* Tokens */

static void round_bf16(const float *x, size_t k, uint16_t *out)
{
    for (size_t i = 0; i < k; i++) {
        out[i] = spoti_bf16_of(x[i]);
    }
}

static inline uint32_t largest_magnitude(const float *x, size_t n)
{
    uint32x4_t largest = vdupq_n_u32(0);
    uint32_t result = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        const uint32x4_t bits = vreinterpretq_u32_f32(vld1q_f32(x + i));

        largest = vmaxq_u32(largest, vandq_u32(bits, vdupq_n_u32(0x7FFFFFFFU)));
    }
    result = vmaxvq_u32(largest);
    for (; i < n; i++) {
        const uint32_t bits = spoti_magnitude_bits(x[i]);

        result = bits > result ? bits : result;
    }
    return result;
}

static inline int32_t quantise_group(const float *x, size_t n, float factor, int8_t *q)
{
    int32_t sum = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        /* rounds to nearest, ties to even */
        const int32x4_t v = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + i), factor));
        int32_t lanes[LANES];

        vst1q_s32(lanes, v);
        for (size_t j = 0; j < LANES; j++) {
            q[i + j] = (int8_t)lanes[j];
        }
        sum += vaddvq_s32(v);
    }
    for (; i < n; i++) {
        q[i] = (int8_t)rintf(x[i] * factor);
        sum += q[i];
    }
    return sum;
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

/* Finished sums */

/* Adds the bias to the sums (4 rows registers, those of a token side by side) and stores them. */
INLINE void finish_tile(const tile *t, size_t rows, const float32x4_t *sums)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_linear_output *out = &t->job->out;

    for (size_t i = 0; i < REGISTERS * rows; i++) {
        const size_t column = t->column + i % REGISTERS * LANES;

        if (column < layer->n) {
            const float *gate =
                out->epilogue == SPOTI_EPILOGUE_RESIDUAL ? out->gate + column : NULL;

            finish_register(out->epilogue, gate,
                            out->c + (t->first + i / REGISTERS) * out->ldc + column,
                            layer->n - column, vaddq_f32(sums[i], vld1q_f32(layer->bias + column)));
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

static inline const unsigned char *token_of(const tile *t, size_t i)
{
    const spoti_rows *in = t->job->rows;

    return (const unsigned char *)in->values + (t->first + i) * in->stride;
}

/* Four bytes of a token in every lane. */
static inline uint32x4_t broadcast_step(const unsigned char *x)
{
    uint32_t bits = 0;

    memcpy(&bits, x, sizeof bits);
    return vdupq_n_u32(bits);
}

/* sums + the products of one step: w has 4 registers of two weights a lane. */
INLINE void bf16_step(const uint32x4_t *w, const unsigned char *x, size_t stride, const size_t rows,
                      float32x4_t *sums)
{
    const uint32x4_t upper = vdupq_n_u32(0xFFFF0000U);

    for (size_t i = 0; i < rows; i++) {
        const uint32x4_t v = broadcast_step(x + i * stride);
        const float32x4_t x_even = vreinterpretq_f32_u32(vshlq_n_u32(v, 16));
        const float32x4_t x_odd = vreinterpretq_f32_u32(vandq_u32(v, upper));

        for (size_t j = 0; j < REGISTERS; j++) {
            const float32x4_t even = vreinterpretq_f32_u32(vshlq_n_u32(w[j], 16));
            const float32x4_t odd = vreinterpretq_f32_u32(vandq_u32(w[j], upper));
            float32x4_t *sum = &sums[REGISTERS * i + j];

            *sum = vfmaq_f32(vfmaq_f32(*sum, even, x_even), odd, x_odd);
        }
    }
}

INLINE void bf16_tile(const tile *t, const size_t rows)
{
    const unsigned char *w = panel_of(t);
    const unsigned char *x = token_of(t, 0);
    float32x4_t sums[REGISTERS * ROWS];
    float32x4_t done[REGISTERS * ROWS];

    for (size_t i = 0; i < REGISTERS * rows; i++) {
        sums[i] = vdupq_n_f32(0.0F);
    }
    for (size_t s = 0; s < t->job->layer->n_step; s++) {
        uint32x4_t weights[REGISTERS];

        for (size_t j = 0; j < REGISTERS; j++) {
            weights[j] = vreinterpretq_u32_u8(vld1q_u8(w + 64 * s + 16 * j));
        }
        bf16_step(weights, x + 4 * s, t->job->rows->stride, rows, sums);
    }
    /* a copy, or gcc stores the sums in every step of the loop above */
    for (size_t i = 0; i < REGISTERS * rows; i++) {
        done[i] = sums[i];
    }
    finish_tile(t, rows, done);
}

/* sums + the products of one step: w has 4 registers of signed weights. */
INLINE void dot_step(const int8x16_t *w, const unsigned char *x, size_t stride, const size_t rows,
                     int32x4_t *sums)
{
    for (size_t i = 0; i < rows; i++) {
        const int8x16_t v = vreinterpretq_s8_u32(broadcast_step(x + i * stride));

        for (size_t j = 0; j < REGISTERS; j++) {
            sums[REGISTERS * i + j] = vdotq_s32(sums[REGISTERS * i + j], w[j], v);
        }
    }
}

INLINE void w8a8_tile(const tile *t, const size_t rows)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const unsigned char *w = panel_of(t);
    int32x4_t sums[REGISTERS * ROWS];
    float32x4_t y[REGISTERS * ROWS];

    for (size_t i = 0; i < REGISTERS * rows; i++) {
        sums[i] = vdupq_n_s32(0);
    }
    for (size_t s = 0; s < layer->n_step; s++) {
        int8x16_t weights[REGISTERS];

        for (size_t j = 0; j < REGISTERS; j++) {
            /* minus 128: the highest bit flips */
            weights[j] = vreinterpretq_s8_u8(
                veorq_u8(vld1q_u8(w + 64 * s + 16 * j), vdupq_n_u8(SPOTI_LINEAR_OFFSET_8)));
        }
        dot_step(weights, token_of(t, 0) + 4 * s, in->stride, rows, sums);
    }
    for (size_t i = 0; i < REGISTERS * rows; i++) {
        const float32x4_t scale = vld1q_f32(layer->scale + t->column + i % REGISTERS * LANES);

        y[i] = vmulq_n_f32(vmulq_f32(vcvtq_f32_s32(sums[i]), scale),
                           in->scale[t->first + i / REGISTERS]);
    }
    finish_tile(t, rows, y);
}

/* Sums of the products of one group of n_step steps; upper: weights are in the high half bytes. */
INLINE void w4a4_group(const unsigned char *w, bool upper, const unsigned char *x, size_t stride,
                       size_t n_step, const size_t rows, int32x4_t *sums)
{
    for (size_t i = 0; i < REGISTERS * rows; i++) {
        sums[i] = vdupq_n_s32(0);
    }
    for (size_t s = 0; s < n_step; s++) {
        int8x16_t weights[REGISTERS];

        for (size_t j = 0; j < REGISTERS; j++) {
            const uint8x16_t both = vld1q_u8(w + 64 * s + 16 * j);
            const uint8x16_t half = upper ? vshrq_n_u8(both, 4) : vandq_u8(both, vdupq_n_u8(0x0F));

            weights[j] =
                vsubq_s8(vreinterpretq_s8_u8(half), vdupq_n_s8((int8_t)SPOTI_LINEAR_OFFSET_4));
        }
        dot_step(weights, x + 4 * s, stride, rows, sums);
    }
}

INLINE void w4a4_tile(const tile *t, const size_t rows)
{
    const spoti_linear *layer = t->job->layer;
    const spoti_rows *in = t->job->rows;
    const size_t n_group = layer->n_group;
    const float *scale =
        layer->scale + t->column / SPOTI_PAIR * n_group * SPOTI_PAIR + t->column % SPOTI_PAIR;
    float32x4_t y[REGISTERS * ROWS];

    for (size_t i = 0; i < REGISTERS * rows; i++) {
        y[i] = vdupq_n_f32(0.0F);
    }
    for (size_t g = 0; g < n_group; g++) {
        int32x4_t sums[REGISTERS * ROWS];

        w4a4_group(pair_of(t) + g * layer->group * SPOTI_PANEL, t->column % SPOTI_PAIR != 0,
                   token_of(t, 0) + g * layer->group, in->stride, layer->group / 4, rows, sums);
        for (size_t i = 0; i < REGISTERS * rows; i++) {
            const float32x4_t part = vmulq_f32(
                vcvtq_f32_s32(sums[i]), vld1q_f32(scale + g * SPOTI_PAIR + i % REGISTERS * LANES));

            y[i] =
                vfmaq_f32(y[i], part, vdupq_n_f32(in->scale[g * in->m + t->first + i / REGISTERS]));
        }
    }
    finish_tile(t, rows, y);
}

SPOTI_KIND(bf16)
SPOTI_KIND(w8a8)
SPOTI_KIND(w4a4)

const spoti_linear_kernels *spoti_linear_kernels_neon(void)
{
    static const spoti_linear_kernels table = {
        .name = "neon",
        .round_bf16 = round_bf16,
        .quantise = quantise,
        .bf16 = bf16,
        .w8a8 = w8a8,
        .w4a4 = w4a4,
    };

    return &table;
}

#else

const spoti_linear_kernels *spoti_linear_kernels_neon(void)
{
    return NULL;
}

#endif
