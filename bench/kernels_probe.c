/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Peaks of one thread. Arithmetic: 16 independent sums in registers, nothing read. Reading: four
 * streams within a page, 64 bytes each, summed.
 */
#include "kernels_probe.h"

#include <stdint.h>
#include <time.h>

double probe_now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

enum { N_SUM = 16, ROUNDS = 200000, TRIES = 25, PAGE = 4096 };

#define TARGET(isa) __attribute__((target(isa), noinline))

/* Runs `op` on 16 registers, ROUNDS times; keeps the compiler from dropping it. */
#define SPIN(op, r)                                                                                \
    for (long i = 0; i < ROUNDS; i++) {                                                            \
        __asm__ volatile(op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) \
                             op(12) op(13) op(14) op(15)::                                         \
                                 : r); /* NOLINT: a list of registers */                           \
    }
#define CLOBBER_Z                                                                                  \
    "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10",       \
        "zmm11", "zmm12", "zmm13", "zmm14", "zmm15"
#define FMA_Z(i)  "vfmadd231ps %%zmm16, %%zmm17, %%zmm" #i "\n\t"
#define BF16_Z(i) "vdpbf16ps %%zmm16, %%zmm17, %%zmm" #i "\n\t"
#define INT8_Z(i) "vpdpbusd %%zmm16, %%zmm17, %%zmm" #i "\n\t"

TARGET("avx512f") static void clear_512(void)
{
    __asm__ volatile("vpxord %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm17, %%zmm17, %%zmm17" ::
                         : "zmm16", "zmm17");
}

TARGET("avx512f")
static void spin_fp32_512(void){SPIN(FMA_Z, CLOBBER_Z)}

TARGET("avx512f") static void spin_bf16_512(void){SPIN(BF16_Z, CLOBBER_Z)}

TARGET("avx512f") static void spin_int8_512(void)
{
    SPIN(INT8_Z, CLOBBER_Z)
}

/* Operations a second of `spin`, each of whose instructions does ops_each: the best of some tries. */
static double rate(void (*spin)(void), double ops_each)
{
    double best = 0.0;

    for (int i = 0; i < TRIES; i++) {
        const double start = probe_now_s();

        spin();

        const double ops = ops_each * N_SUM * ROUNDS / (probe_now_s() - start);

        best = ops > best ? ops : best;
    }
    return best;
}

bool probe_arithmetic(probe_peaks *peaks)
{
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vnni")) {
        return false;
    }
    clear_512();
    peaks->fp32_ops = rate(spin_fp32_512, 2.0 * 16.0);
    peaks->int8_ops = rate(spin_int8_512, 2.0 * 64.0);
    peaks->bf16_ops = peaks->fp32_ops;
    if (__builtin_cpu_supports("avx512bf16")) {
        peaks->bf16_ops = rate(spin_bf16_512, 2.0 * 32.0);
    }
    return true;
}

TARGET("avx512f") static int read_512(const unsigned char *data, size_t bytes)
{
    __m512i a = _mm512_setzero_si512();
    __m512i b = a;
    __m512i c = a;
    __m512i d = a;

    for (size_t i = 0; i < bytes; i += 256) {
        a = _mm512_add_epi32(a, _mm512_loadu_si512(data + i));
        b = _mm512_add_epi32(b, _mm512_loadu_si512(data + i + 64));
        c = _mm512_add_epi32(c, _mm512_loadu_si512(data + i + 128));
        d = _mm512_add_epi32(d, _mm512_loadu_si512(data + i + 192));
    }
    return _mm512_reduce_add_epi32(
        _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d)));
}

double probe_read(const unsigned char *data, size_t bytes)
{
    double best = 0.0;
    volatile int sink = 0;

    if (!__builtin_cpu_supports("avx512f")) {
        return 0.0;
    }
    for (int i = 0; i < TRIES; i++) {
        const double start = probe_now_s();

        sink += read_512(data, bytes / PAGE * PAGE);

        const double speed = (double)bytes / (probe_now_s() - start);

        best = speed > best ? speed : best;
    }
    (void)sink;
    return best;
}

#else

bool probe_arithmetic(probe_peaks *peaks)
{
    *peaks = (probe_peaks){0};
    return false;
}

double probe_read(const unsigned char *data, size_t bytes)
{
    (void)data;
    (void)bytes;
    return 0.0;
}

#endif
