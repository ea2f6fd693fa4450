/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What one thread of this CPU can do at best. */
#ifndef SPOTI_BENCH_PROBE_H
#define SPOTI_BENCH_PROBE_H

#include <stddef.h>

typedef struct spoti_probe_peaks {
    const char *name;                             /* of the instructions: avx512, avx2, none */
    double fp32_macs_s, bf16_macs_s, int8_macs_s; /* multiply-adds a second; 0 for `none` */
    double
        exact_macs_s; /* of bytes that may be full, as W8A8 multiplies them: AVX2 must widen them first */
} spoti_probe_peaks;

/* Bytes that spoti_probe_read works off at a time. */
enum { SPOTI_PROBE_PAGE = 4096 };

/* Seconds of a monotonic clock, and seconds that this thread has had a processor. */
double spoti_probe_now_s(void);
double spoti_probe_thread_s(void);

/* Measures the peaks with the widest instructions of this CPU. bf16 is that of fp32 where the CPU has
 * no products of it, as the kernels do. */
void spoti_probe_arithmetic(spoti_probe_peaks *peaks);

/* Bytes a second when the whole pages of data (bytes) are read in order, again and again: the best of
 * many passes. 0 for less than a page. */
double spoti_probe_read(const unsigned char *data, size_t bytes);

#endif
