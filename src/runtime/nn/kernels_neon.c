/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* NEON kernels: for every 64-bit Arm CPU. A tile is up to 4 rows x 16 columns, see simd_neon.h. */
#include "runtime/nn/kernels.h"

#if defined(__aarch64__)

#include <float.h>
#include <math.h>

#include "runtime/nn/simd_neon.h"

/* Columns first .. first + 15 of `rows` rows; a, c: of the first of them. */
INLINE void tile(const spoti_gemm *g, const float *a, float *c, size_t first, const size_t rows)
{
    const float *b = g->b + first / SPOTI_PANEL * g->panel_stride;
    float32x4_t sums[REGISTERS * ROWS];
    float32x4_t done[REGISTERS * ROWS];

    for (size_t i = 0; i < REGISTERS * rows; i++) {
        sums[i] = vdupq_n_f32(0.0F);
    }
    for (size_t j = 0; j < g->k; j++) {
        float32x4_t row[REGISTERS];

        for (size_t r = 0; r < REGISTERS; r++) {
            row[r] = vld1q_f32(b + j * g->ldb + r * LANES);
        }
        for (size_t i = 0; i < REGISTERS * rows; i++) {
            sums[i] = vfmaq_n_f32(sums[i], row[i % REGISTERS], a[i / REGISTERS * g->lda + j]);
        }
    }
    /* a copy, or gcc stores the sums in every step of the loop above */
    for (size_t i = 0; i < REGISTERS * rows; i++) {
        done[i] = sums[i];
    }
    for (size_t i = 0; i < REGISTERS * rows; i++) {
        const size_t column = first + i % REGISTERS * LANES;
        const size_t left = column < g->n ? g->n - column : 0;

        if (left > 0) {
            const float32x4_t zero = vdupq_n_f32(0.0F);
            const float32x4_t y = vaddq_f32(
                done[i], g->bias != NULL ? load_some(g->bias + column, left, zero) : zero);
            const float *gate = g->epilogue == SPOTI_EPILOGUE_RESIDUAL ? g->gate + column : NULL;

            finish_register(g->epilogue, gate, c + i / REGISTERS * g->ldc + column, left, y);
        }
    }
}

static void gemm(const spoti_gemm *g)
{
    for (size_t first = 0; first < g->n; first += WIDTH) {
        const float *a = g->a;
        float *c = g->c;
        size_t left = g->m;

        for (; left >= ROWS; left -= ROWS) {
            tile(g, a, c, first, ROWS);
            a += ROWS * g->lda;
            c += ROWS * g->ldc;
        }
        if (left == 3) {
            tile(g, a, c, first, 3);
        } else if (left == 2) {
            tile(g, a, c, first, 2);
        } else if (left == 1) {
            tile(g, a, c, first, 1);
        }
    }
}

/* Where element j of a row is added: 16 lanes, as in elementary.h. */
INLINE float32x4_t *lanes_of(float32x4_t *sums, size_t j)
{
    return &sums[j / LANES % REGISTERS];
}

/* Their sum. */
static inline float reduce(const float32x4_t *sums)
{
    const float32x4_t four = vaddq_f32(vaddq_f32(sums[0], sums[2]), vaddq_f32(sums[1], sums[3]));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));

    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static void norm_row(const spoti_norm *norm, const float *x, float *y)
{
    const size_t n = norm->n;
    const float32x4_t zero = vdupq_n_f32(0.0F);
    float32x4_t sum[REGISTERS] = {zero, zero, zero, zero};
    float32x4_t squares[REGISTERS] = {zero, zero, zero, zero};

    for (size_t j = 0; j < n; j += LANES) {
        float32x4_t *to = lanes_of(sum, j);

        *to = vaddq_f32(*to, load_some(x + j, n - j, zero));
    }

    const float32x4_t mean = vdupq_n_f32(reduce(sum) / (float)n);

    for (size_t j = 0; j < n; j += LANES) {
        /* Lanes beyond n must not count: they hold the mean. */
        const float32x4_t d = vsubq_f32(load_some(x + j, n - j, mean), mean);

        float32x4_t *to = lanes_of(squares, j);

        *to = vfmaq_f32(*to, d, d);
    }

    const float scale = 1.0F / sqrtf(reduce(squares) / (float)n + norm->eps);

    for (size_t j = 0; j < n; j += LANES) {
        const float32x4_t d = vsubq_f32(load_some(x + j, n - j, mean), mean);
        const float32x4_t gain = load_some(norm->gain + j, n - j, zero);
        const float32x4_t shift = load_some(norm->shift + j, n - j, zero);

        store_some(y + j, n - j, vfmaq_f32(shift, vmulq_n_f32(d, scale), gain));
    }
}

static void norm_modulate(const spoti_norm *norm)
{
    for (size_t i = 0; i < norm->m; i++) {
        norm_row(norm, norm->x + i * norm->ldx, norm->y + i * norm->ldy);
    }
}

static void softmax_row(const spoti_softmax *softmax, float *row)
{
    const size_t n = softmax->n;
    const float32x4_t zero = vdupq_n_f32(0.0F);
    float32x4_t most = vdupq_n_f32(-FLT_MAX);
    float32x4_t sum[REGISTERS] = {zero, zero, zero, zero};

    for (size_t j = 0; j < n; j += LANES) {
        const float32x4_t bias =
            softmax->bias != NULL ? load_some(softmax->bias + j, n - j, zero) : zero;
        const float32x4_t s = vfmaq_n_f32(bias, load_some(row + j, n - j, zero), softmax->factor);

        store_some(row + j, n - j, s);
        const float32x4_t known = load_some(row + j, n - j, most);
        most = vbslq_f32(vcgtq_f32(known, most), known, most); /* NaN is none */
    }

    const float32x4_t largest = vdupq_n_f32(vmaxvq_f32(most));

    for (size_t j = 0; j < n; j += LANES) {
        const float32x4_t e = exp_ps(vsubq_f32(load_some(row + j, n - j, zero), largest));

        store_some(row + j, n - j, e);
        *lanes_of(sum, j) = vaddq_f32(*lanes_of(sum, j), load_some(row + j, n - j, zero));
    }

    const float share = 1.0F / reduce(sum);

    for (size_t j = 0; j < n; j += LANES) {
        store_some(row + j, n - j, vmulq_n_f32(load_some(row + j, n - j, zero), share));
    }
}

static void softmax(const spoti_softmax *softmax)
{
    for (size_t i = 0; i < softmax->m; i++) {
        softmax_row(softmax, softmax->x + i * softmax->ldx);
    }
}

const spoti_kernels *spoti_kernels_neon(void)
{
    static const spoti_kernels table = {"neon", gemm, norm_modulate, softmax};

    return &table;
}

#else

const spoti_kernels *spoti_kernels_neon(void)
{
    return NULL;
}

#endif
