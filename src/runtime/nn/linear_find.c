/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Choice of the linear kernels at run time. */
#include <string.h>

#include "runtime/nn/linear.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#define CPU_HAS(name) (__builtin_cpu_supports(name) != 0)
#else
#define CPU_HAS(name) false
#endif

static bool cpu_has_avx512(void)
{
    return CPU_HAS("avx512f") && CPU_HAS("avx512bw") && CPU_HAS("avx512vl") &&
           CPU_HAS("avx512vnni");
}

static bool cpu_has_avx2(void)
{
    return CPU_HAS("avx2") && CPU_HAS("fma");
}

static bool cpu_has_dot_product(void)
{
#if defined(__aarch64__) && defined(__linux__)
    const unsigned long asimddp = 1UL << 20; /* HWCAP_ASIMDDP */

    return (getauxval(AT_HWCAP) & asimddp) != 0;
#else
    return false;
#endif
}

/* The names, best first, with the name of the fp32 kernels that go with each. */
static const struct choice {
    const char *name, *fp32;
    bool (*cpu_has)(void);
    const spoti_linear_kernels *(*table)(void);
} CHOICES[] = {
    {"avx512", "avx512", cpu_has_avx512, spoti_linear_kernels_avx512},
    {"avx2", "avx2", cpu_has_avx2, spoti_linear_kernels_avx2},
    {"neon", "neon", cpu_has_dot_product, spoti_linear_kernels_neon},
    {"reference", "reference", NULL, spoti_linear_kernels_reference},
};

bool spoti_linear_kernels_find(const char *name, spoti_linear_kernels *out)
{
    for (size_t i = 0; i < sizeof CHOICES / sizeof CHOICES[0]; i++) {
        const struct choice *c = &CHOICES[i];
        const bool usable = (c->cpu_has == NULL || c->cpu_has()) && c->table() != NULL;

        if (!usable || (name != NULL && strcmp(name, c->name) != 0)) {
            continue;
        }
        *out = *c->table();
        /* fp32 alone may be better than what the integers need */
        out->fp32 = spoti_kernels_find(name != NULL ? c->fp32 : NULL);
        return true;
    }
    return false;
}
