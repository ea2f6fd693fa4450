/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Peaks of one thread. Arithmetic: independent sums in registers, nothing read. Reading: four streams
 * within a page, summed. Each is the best of some tries, so what else runs does not count.
 *
 * avx512: VFMADD231PS, VPDPBUSD. avx2: VFMADD231PS and, as its kernels do at 4 bits,
 * VPMADDUBSW with VPADDW.
 */
#include "lab/bench/probe.h"

#include <stdint.h>
#include <time.h>

/* A try reads at least this much, to take far longer than the clock's tick. */
enum { TRIES = 25, TRY_BYTES = 1 << 20 };

static double read_clock(clockid_t id)
{
    struct timespec t = {0};

    (void)clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double spoti_probe_now_s(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double spoti_probe_thread_s(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* A pass over data: something that depends on all of it. */
typedef uint64_t (*read_pass)(const unsigned char *data, size_t bytes);

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

enum { N_SUM_512 = 16, N_SUM_256 = 12, ROUNDS = 200000 };

#define TARGET(isa) __attribute__((target(isa), noinline))

/* Runs `op` on registers, ROUNDS times; keeps the compiler from dropping it. */
#define SPIN_16(op)                                                                                \
    for (long i = 0; i < ROUNDS; i++) {                                                            \
        __asm__ volatile(op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) \
                             op(12) op(13) op(14) op(15)::                                         \
                                 : "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", \
                                   "zmm8", "zmm9", "zmm10", "zmm11", "zmm12", "zmm13", "zmm14",    \
                                   "zmm15");                                                       \
    }
#define SPIN_12(op)                                                                                \
    for (long i = 0; i < ROUNDS; i++) {                                                            \
        __asm__ volatile(op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10)        \
                             op(11)::                                                              \
                                 : "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", \
                                   "ymm8", "ymm9", "ymm10", "ymm11", "ymm13");                     \
    }
#define FMA_Z(i)  "vfmadd231ps %%zmm16, %%zmm17, %%zmm" #i "\n\t"
#define INT8_Z(i) "vpdpbusd %%zmm16, %%zmm17, %%zmm" #i "\n\t"
#define FMA_Y(i)  "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n\t"
#define INT8_Y(i)                                                                                  \
    "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\n\tvpaddw %%ymm13, %%ymm" #i ", %%ymm" #i "\n\t"

#define EXACT_Y(i)                                                                                 \
    "vpmaddwd %%ymm14, %%ymm15, %%ymm13\n\tvpaddd %%ymm13, %%ymm" #i ", %%ymm" #i "\n\t"

/* Zeros to multiply: other numbers might be slower, or faster. */
TARGET("avx512f") static void clear_512(void)
{
    __asm__ volatile("vpxord %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm17, %%zmm17, %%zmm17" ::
                         : "zmm16", "zmm17");
}

TARGET("avx2") static void clear_256(void)
{
    __asm__ volatile("vpxor %%ymm14, %%ymm14, %%ymm14\n\tvpxor %%ymm15, %%ymm15, %%ymm15" ::
                         : "ymm14", "ymm15");
}

TARGET("avx512f")
static void spin_fp32_512(void){SPIN_16(FMA_Z)}

TARGET("avx512f") static void spin_int8_512(void){SPIN_16(INT8_Z)}

TARGET("avx2") static void spin_fp32_256(void){SPIN_12(FMA_Y)}

TARGET("avx2") static void spin_int8_256(void){SPIN_12(INT8_Y)}

TARGET("avx2") static void spin_exact_256(void)
{
    SPIN_12(EXACT_Y)
}

/* Multiply-adds a second of `spin`, a round of which does `macs`. */
static double rate(void (*spin)(void), double macs)
{
    double best = 0.0;

    for (int i = 0; i < TRIES; i++) {
        const double start = spoti_probe_now_s();

        spin();

        const double speed = macs * ROUNDS / (spoti_probe_now_s() - start);

        best = speed > best ? speed : best;
    }
    return best;
}

void spoti_probe_arithmetic(spoti_probe_peaks *peaks)
{
    *peaks = (spoti_probe_peaks){.name = "none"};
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni")) {
        clear_512();
        peaks->name = "avx512";
        peaks->fp32_macs_s = rate(spin_fp32_512, 16.0 * N_SUM_512);
        peaks->int8_macs_s = rate(spin_int8_512, 64.0 * N_SUM_512);
        peaks->exact_macs_s = peaks->int8_macs_s;
        peaks->bf16_macs_s = peaks->fp32_macs_s; /* widened, as the kernels do */
    } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        clear_256();
        peaks->name = "avx2";
        peaks->fp32_macs_s = rate(spin_fp32_256, 8.0 * N_SUM_256);
        peaks->int8_macs_s = rate(spin_int8_256, 32.0 * N_SUM_256);
        peaks->exact_macs_s = rate(spin_exact_256, 16.0 * N_SUM_256);
        peaks->bf16_macs_s = peaks->fp32_macs_s;
    }
}

TARGET("avx512f") static uint64_t read_512(const unsigned char *data, size_t bytes)
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
    return (uint64_t)_mm512_reduce_add_epi32(
        _mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d)));
}

TARGET("avx2") static uint64_t read_256(const unsigned char *data, size_t bytes)
{
    __m256i sum[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                      _mm256_setzero_si256()};

    for (size_t i = 0; i < bytes; i += 128) {
        for (size_t j = 0; j < 4; j++) {
            const void *at = data + i + 32 * j;

            sum[j] = _mm256_add_epi64(sum[j], _mm256_loadu_si256(at));
        }
    }
    sum[0] = _mm256_add_epi64(_mm256_add_epi64(sum[0], sum[1]), _mm256_add_epi64(sum[2], sum[3]));
    return (uint64_t)_mm256_extract_epi64(sum[0], 0) + (uint64_t)_mm256_extract_epi64(sum[0], 1) +
           (uint64_t)_mm256_extract_epi64(sum[0], 2) + (uint64_t)_mm256_extract_epi64(sum[0], 3);
}

static read_pass find_pass(void)
{
    return __builtin_cpu_supports("avx512f") ? read_512
           : __builtin_cpu_supports("avx2")  ? read_256
                                             : NULL;
}

#else

void spoti_probe_arithmetic(spoti_probe_peaks *peaks)
{
    *peaks = (spoti_probe_peaks){.name = "none"};
}

static read_pass find_pass(void)
{
    return NULL;
}

#endif

double spoti_probe_read(const unsigned char *data, size_t bytes)
{
    const read_pass pass = find_pass();
    volatile uint64_t sink = 0;
    double best = 0.0;

    bytes = bytes / SPOTI_PROBE_PAGE * SPOTI_PROBE_PAGE;
    if (pass == NULL || bytes == 0) {
        return 0.0;
    }

    const size_t n_pass = (TRY_BYTES + bytes - 1) / bytes;

    for (int i = 0; i < TRIES; i++) {
        const double start = spoti_probe_now_s();

        for (size_t k = 0; k < n_pass; k++) {
            sink += pass(data, bytes);
        }

        const double speed = (double)(n_pass * bytes) / (spoti_probe_now_s() - start);

        best = speed > best ? speed : best;
    }
    (void)sink;
    return best;
}
