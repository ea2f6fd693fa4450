/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Choice of the kernels at run time, and packing of weights. */
#include "runtime/nn/kernels.h"

#include <stdbool.h>
#include <string.h>

static bool cpu_has_avx2(void)
{
#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

static bool cpu_has_avx512(void)
{
#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
    return __builtin_cpu_supports("avx512f") != 0;
#else
    return false;
#endif
}

const spoti_kernels *spoti_kernels_find(const char *name)
{
    /* Best first; what this CPU lacks is NULL. */
    const spoti_kernels *const tables[] = {
        cpu_has_avx512() ? spoti_kernels_avx512() : NULL,
        cpu_has_avx2() ? spoti_kernels_avx2() : NULL,
        spoti_kernels_neon(), /* every 64-bit Arm CPU has it */
        spoti_kernels_reference(),
    };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (tables[i] != NULL && (name == NULL || strcmp(name, tables[i]->name) == 0)) {
            return tables[i];
        }
    }
    return NULL;
}

size_t spoti_padded(size_t n)
{
    return (n + SPOTI_PAIR - 1) / SPOTI_PAIR * SPOTI_PAIR;
}

void spoti_pack(const float *w, size_t ldw, size_t n, size_t k, float *packed)
{
    for (size_t j = 0; j < spoti_padded(n); j++) {
        float *panel = packed + j / SPOTI_PANEL * SPOTI_PANEL * k + j % SPOTI_PANEL;

        for (size_t i = 0; i < k; i++) {
            panel[i * SPOTI_PANEL] = j < n ? w[j * ldw + i] : 0.0F;
        }
    }
}
