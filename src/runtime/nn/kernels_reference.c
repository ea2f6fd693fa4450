/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Plain kernels: what the SIMD tables are checked against, and what other CPUs run.
 *
 * gelu(x) = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the tanh form.
 */
#include "runtime/nn/kernels.h"

#include <math.h>

static const float GELU_SCALE = 0.7978845608F; /* sqrt(2/pi) */
static const float GELU_CUBE = 0.044715F;

static float gelu(float x)
{
    return 0.5F * x * (1.0F + tanhf(GELU_SCALE * (x + GELU_CUBE * x * x * x)));
}

/* One row of one panel: 32 sums side by side, which a compiler can vectorise. */
static void row_sums(const spoti_gemm *g, const float *a, const float *b, float *sums)
{
    for (size_t j = 0; j < SPOTI_PANEL; j++) {
        sums[j] = 0.0F;
    }
    for (size_t i = 0; i < g->k; i++) {
        const float x = a[i];
        const float *row = b + i * g->ldb;

        for (size_t j = 0; j < SPOTI_PANEL; j++) {
            sums[j] += x * row[j];
        }
    }
}

static void row_finish(const spoti_gemm *g, const float *sums, size_t first, size_t width, float *c)
{
    for (size_t j = 0; j < width; j++) {
        const float y = sums[j] + (g->bias != NULL ? g->bias[first + j] : 0.0F);

        switch (g->epilogue) {
        case SPOTI_EPILOGUE_STORE:
            c[j] = y;
            break;
        case SPOTI_EPILOGUE_GELU:
            c[j] = gelu(y);
            break;
        case SPOTI_EPILOGUE_RESIDUAL:
            c[j] += g->gate[first + j] * y;
            break;
        case SPOTI_EPILOGUE_SILU:
            c[j] = y / (1.0F + expf(-y));
            break;
        case SPOTI_EPILOGUE_ADD:
            c[j] += y;
            break;
        }
    }
}

static void gemm(const spoti_gemm *g)
{
    for (size_t first = 0; first < g->n; first += SPOTI_PANEL) {
        const float *b = g->b + first / SPOTI_PANEL * g->panel_stride;
        const size_t left = g->n - first;
        const size_t width = left < SPOTI_PANEL ? left : SPOTI_PANEL;

        for (size_t i = 0; i < g->m; i++) {
            float sums[SPOTI_PANEL];

            row_sums(g, g->a + i * g->lda, b, sums);
            row_finish(g, sums, first, width, g->c + i * g->ldc + first);
        }
    }
}

static void norm_modulate(const spoti_norm *norm)
{
    const size_t n = norm->n;

    for (size_t i = 0; i < norm->m; i++) {
        const float *in = norm->x + i * norm->ldx;
        float *out = norm->y + i * norm->ldy;
        double mean = 0.0;
        double variance = 0.0;

        for (size_t j = 0; j < n; j++) {
            mean += (double)in[j] / (double)n;
        }
        for (size_t j = 0; j < n; j++) {
            const double d = (double)in[j] - mean;

            variance += d * d / (double)n;
        }

        const double scale = 1.0 / sqrt(variance + (double)norm->eps);

        for (size_t j = 0; j < n; j++) {
            out[j] = (float)(((double)in[j] - mean) * scale) * norm->gain[j] + norm->shift[j];
        }
    }
}

void spoti_softmax_reference(const spoti_softmax *softmax)
{
    const float *bias = softmax->bias;
    const float scale = bias != NULL ? 1.0F : softmax->factor; /* of what is in the row below */

    for (size_t i = 0; i < softmax->m && softmax->n > 0; i++) {
        float *row = softmax->x + i * softmax->ldx;
        float largest = 0.0F;
        float sum = 0.0F;

        for (size_t j = 0; j < softmax->n && bias != NULL; j++) {
            row[j] = row[j] * softmax->factor + bias[j];
        }
        largest = row[0];
        for (size_t j = 1; j < softmax->n; j++) {
            largest = row[j] > largest ? row[j] : largest;
        }
        for (size_t j = 0; j < softmax->n; j++) {
            row[j] = expf((row[j] - largest) * scale);
            sum += row[j];
        }
        for (size_t j = 0; j < softmax->n; j++) {
            row[j] /= sum;
        }
    }
}

const spoti_kernels *spoti_kernels_reference(void)
{
    static const spoti_kernels table = {"reference", gemm, norm_modulate, spoti_softmax_reference};

    return &table;
}
