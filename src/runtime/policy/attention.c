/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Attention, formulas in the header. */
#include "runtime/policy/attention.h"

#include <math.h>

void spoti_attention_keys(const float *k, size_t ld, size_t n, size_t c, float *keys,
                          size_t ld_keys)
{
    for (size_t i = 0; i < c; i++) {
        for (size_t j = 0; j < n; j++) {
            keys[i * ld_keys + j] = k[j * ld + i];
        }
    }
}

void spoti_attention_compute(const spoti_attention *a, const spoti_kernels *kernels)
{
    const size_t d = a->c / a->heads;
    const float factor = 1.0F / sqrtf((float)d);

    for (size_t h = 0; h < a->heads; h++) {
        const spoti_gemm score = {.m = a->m,
                                  .n = a->n,
                                  .k = d,
                                  .a = a->q + h * d,
                                  .lda = a->ld,
                                  .b = a->keys + h * d * a->ld_keys,
                                  .ldb = a->ld_keys,
                                  .panel_stride = SPOTI_PANEL,
                                  .c = a->scores,
                                  .ldc = a->n};
        const spoti_gemm mix = {.m = a->m,
                                .n = d,
                                .k = a->n,
                                .a = a->scores,
                                .lda = a->n,
                                .b = a->v + h * d,
                                .ldb = a->ld,
                                .panel_stride = SPOTI_PANEL,
                                .c = a->y + h * d,
                                .ldc = a->ld};

        const spoti_softmax weigh = {.m = a->m,
                                     .n = a->n,
                                     .x = a->scores,
                                     .ldx = a->n,
                                     .factor = factor,
                                     .bias = a->bias != NULL ? a->bias + h * a->ld_bias : NULL};

        kernels->gemm(&score);
        kernels->softmax(&weigh);
        kernels->gemm(&mix);
    }
}
