/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plain kernels: what the SIMD tables are checked against, byte for byte, and what other CPUs run. */
#include "runtime/nn/kernels.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "runtime/nn/elementary.h"

/* One row of one panel: 16 sums side by side. */
static inline __attribute__((always_inline)) void
row_sums_as_compiled(const spoti_gemm *g, const float *a, const float *b, float *sums)
{
    for (size_t j = 0; j < SPOTI_PANEL; j++) {
        sums[j] = 0.0F;
    }
    for (size_t i = 0; i < g->k; i++) {
        const float x = a[i];
        const float *row = b + i * g->ldb;

        for (size_t j = 0; j < SPOTI_PANEL; j++) {
            sums[j] = fmaf(x, row[j], sums[j]);
        }
    }
}

/* Where the CPU has fma as an instruction, fmaf need not be called: the same sums, some thirty times as fast. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__FMA__)
__attribute__((target("avx2,fma"))) static void row_sums_fma(const spoti_gemm *g, const float *a,
                                                             const float *b, float *sums)
{
    row_sums_as_compiled(g, a, b, sums);
}

static bool has_fma(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
#define row_sums_fma row_sums_as_compiled

static bool has_fma(void)
{
    return false;
}
#endif

static void row_sums(const spoti_gemm *g, const float *a, const float *b, float *sums)
{
    if (has_fma()) {
        row_sums_fma(g, a, b, sums);
    } else {
        row_sums_as_compiled(g, a, b, sums);
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
            c[j] = spoti_nn_gelu(y);
            break;
        case SPOTI_EPILOGUE_RESIDUAL:
            c[j] = fmaf(g->gate[first + j], y, c[j]);
            break;
        case SPOTI_EPILOGUE_SILU:
            c[j] = spoti_nn_silu(y);
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

static void norm_row(const spoti_norm *norm, const float *in, float *out)
{
    const size_t n = norm->n;
    float lanes[SPOTI_SUM_LANES] = {0.0F};
    float squares[SPOTI_SUM_LANES] = {0.0F};

    for (size_t j = 0; j < n; j++) {
        lanes[j % SPOTI_SUM_LANES] += in[j];
    }
    const float mean = spoti_nn_sum(lanes) / (float)n;
    for (size_t j = 0; j < n; j++) {
        const float d = in[j] - mean;

        squares[j % SPOTI_SUM_LANES] = fmaf(d, d, squares[j % SPOTI_SUM_LANES]);
    }
    const float scale = 1.0F / sqrtf(spoti_nn_sum(squares) / (float)n + norm->eps);
    for (size_t j = 0; j < n; j++) {
        out[j] = fmaf((in[j] - mean) * scale, norm->gain[j], norm->shift[j]);
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
    float lanes[SPOTI_SUM_LANES] = {0.0F};
    float largest = -FLT_MAX;

    for (size_t j = 0; j < softmax->n; j++) {
        row[j] = fmaf(row[j], softmax->factor, softmax->bias != NULL ? softmax->bias[j] : 0.0F);
        largest = row[j] > largest ? row[j] : largest; /* NaN is none */
    }
    for (size_t j = 0; j < softmax->n; j++) {
        row[j] = spoti_nn_exp(row[j] - largest);
        lanes[j % SPOTI_SUM_LANES] += row[j];
    }
    const float share = 1.0F / spoti_nn_sum(lanes);
    for (size_t j = 0; j < softmax->n; j++) {
        row[j] *= share;
    }
}

static void softmax(const spoti_softmax *softmax)
{
    for (size_t i = 0; i < softmax->m; i++) {
        softmax_row(softmax, softmax->x + i * softmax->ldx);
    }
}

const spoti_kernels *spoti_kernels_reference(void)
{
    static const spoti_kernels table = {"reference", gemm, norm_modulate, softmax};

    return &table;
}
