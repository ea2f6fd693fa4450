/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the programs of this folder share: counted checks, and arrays that end at a page that nobody may
 * touch, so that a kernel which reads or writes beyond the end of an array is killed. No sanitizer
 * runs here. An array ends where it must and therefore starts wherever its length puts it.
 */
#ifndef SPOT_CHECK_NEON_H
#define SPOT_CHECK_NEON_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/nn/kernels.h"

/* Lengths around the SIMD widths. */
static const size_t LENGTHS[] = {0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 1023};
enum { N_LENGTH = sizeof LENGTHS / sizeof LENGTHS[0] };

/* Rounding of float32, and how many standard deviations of a sum's rounding are allowed: the worst
 * case grows with k, the usual one with sqrt(k). As in tests/runtime/nn/test_kernels.c. */
static const double EPS = 0x1p-24;
static const double DEVIATIONS = 4.0;

/* What nobody may overwrite. */
static const float MARK = -12345.0F;

typedef struct tally {
    long n, n_failed;
} tally;

/* Counts a check and prints the first that fail. */
__attribute__((format(printf, 3, 4))) static inline void expect(tally *t, bool ok,
                                                                const char *format, ...)
{
    enum { SHOWN = 10 };

    t->n++;
    if (ok) {
        return;
    }
    t->n_failed++;
    if (t->n_failed <= SHOWN) {
        va_list args;

        va_start(args, format);
        (void)fputs("FAILED: ", stdout);
        (void)vprintf(format, args);
        (void)putchar('\n');
        va_end(args);
    }
}

/* Prints the sum and returns the exit status; a program without checks fails. */
static inline int verdict(const tally *t)
{
    (void)printf("%ld checks, %ld failed\n", t->n, t->n_failed);
    return t->n > 0 && t->n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* False for NaN. */
static inline bool is_close(double got, double want, double tolerance)
{
    return got == want || fabs(got - want) <= tolerance;
}

/* Also of no bytes at all. */
static inline bool same_bytes(const void *a, const void *b, size_t n)
{
    return n == 0 || memcmp(a, b, n) == 0;
}

/* Uniform in -1 .. 1. */
static inline float draw(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (float)((double)*state / 2147483648.0 - 1.0);
}

enum { N_ROOM = 8, ROOM_BYTES = 1 << 21 };

/* Places for the arrays of one case. */
typedef struct rooms {
    unsigned char *end[N_ROOM]; /* from here on nothing is mapped */
    int n_used;
} rooms;

static inline void rooms_make(rooms *r)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    r->n_used = 0;
    for (int i = 0; i < N_ROOM; i++) {
        const size_t size = ROOM_BYTES + page;
        unsigned char *start = aligned_alloc(page, size);

        if (start == NULL || mprotect(start + ROOM_BYTES, page, PROT_NONE) != 0) {
            (void)puts("no memory");
            exit(EXIT_FAILURE);
        }
        r->end[i] = start + ROOM_BYTES;
    }
}

/* The next array, without contents; n_used = 0 starts over. */
static inline void *room(rooms *r, size_t n, size_t size)
{
    if (r->n_used >= N_ROOM || n > ROOM_BYTES / size) {
        (void)puts("a case needs more memory than it has");
        exit(EXIT_FAILURE);
    }
    return r->end[r->n_used++] - n * size;
}

/* n numbers, -1 .. 1. */
static inline float *drawn(rooms *r, size_t n, unsigned *seed)
{
    float *v = room(r, n, sizeof *v);

    for (size_t i = 0; i < n; i++) {
        v[i] = draw(seed);
    }
    return v;
}

/* m rows of n numbers, ld apart, with `gap` between them; ends with the last number. */
static inline float *drawn_rows(rooms *r, size_t m, size_t n, size_t ld, float gap, unsigned *seed)
{
    const size_t size = m > 0 ? (m - 1) * ld + n : 0;
    float *v = room(r, size, sizeof *v);

    for (size_t i = 0; i < size; i++) {
        v[i] = i % ld < n ? draw(seed) : gap;
    }
    return v;
}

/* What an epilogue makes of y = sum + bias, in double precision; gelu in its tanh form. */
static inline double epilogue_of(spoti_epilogue epilogue, double y, double gate, double before)
{
    switch (epilogue) {
    case SPOTI_EPILOGUE_STORE:
        break;
    case SPOTI_EPILOGUE_GELU:
        return 0.5 * y *
               (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * (y + 0.044715 * y * y * y)));
    case SPOTI_EPILOGUE_RESIDUAL:
        return before + gate * y;
    case SPOTI_EPILOGUE_SILU:
        return y / (1.0 + exp(-y));
    case SPOTI_EPILOGUE_ADD:
        return before + y;
    }
    return y;
}

#endif
