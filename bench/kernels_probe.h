/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What one thread of this CPU can do at best: the roof that bench/kernels compares with. */
#ifndef SPOT_BENCH_KERNELS_PROBE_H
#define SPOT_BENCH_KERNELS_PROBE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct probe_peaks {
    double fp32_ops, bf16_ops, int8_ops; /* multiplications and additions a second */
} probe_peaks;

/* Seconds of a monotonic clock. */
double probe_now_s(void);

/* Measures the peaks with the widest instructions of this CPU. False if there is no probe for it. */
bool probe_arithmetic(probe_peaks *peaks);

/* Bytes a second when `bytes` (a multiple of 4096) of data are read in order, again and again: the
 * best of many passes. */
double probe_read(const unsigned char *data, size_t bytes);

#endif
