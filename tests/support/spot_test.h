/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What every test includes: cmocka, comparison of doubles, and an allocator that fails on demand.
 *
 * cmocka's own assert_float_equal compares in single precision and accepts NaN against 1.0, hence
 * assert_close. An assertion in a worker thread kills the program: let threads record and the main
 * thread assert. The environment variable SPOT_TOL_SCALE multiplies every tolerance of assert_close,
 * so that 0 shows all residuals.
 */
#ifndef SPOT_TEST_H
#define SPOT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spot/alloc.h"

/* Fails unless |got - want| <= atol + rtol * |want|; NaN fails, equal infinities pass. Each argument
 * is evaluated once. */
#define assert_close(got, want, atol, rtol)                                                        \
    spot_test_assert_close((got), (want), (atol), (rtol), #got, __FILE__, __LINE__)

void spot_test_assert_close(double got, double want, double atol, double rtol, const char *what,
                            const char *file, int line);

/*
 * An allocator that fails the k-th allocation (k = 0, 1, ...) and every later one, and keeps
 * accounts: sizes handed to `free` must be those asked for. The out-of-memory sweep reads
 *
 *     for (int k = 0; k < 1000; k++) {
 *         spot_test_allocator mem;
 *         spot_allocator a = spot_test_failing_allocator(&mem, k);
 *         config.allocator = &a;
 *         spot_status st = spot_thing_create(&config, &thing);
 *         if (st == SPOT_OK) { spot_thing_destroy(thing); }
 *         else { assert_int_equal(st, SPOT_E_NOMEM); assert_null(thing); }
 *         spot_test_assert_no_leak(&mem);
 *         if (st == SPOT_OK) { break; }
 *     }
 *
 * Set `fail_at` to the current `n_alloc` to forbid all further allocation (stepping allocates
 * nothing). Threads: one user at a time.
 */
typedef struct spot_test_allocator {
    int fail_at;       /* index of the first allocation that fails; negative = never */
    int n_alloc;       /* allocations asked for so far, the failed ones included */
    int n_failed;      /* those that failed */
    int n_live;        /* blocks out */
    size_t bytes_live; /* bytes out */
    size_t bytes_peak; /* the most bytes ever out */
    int n_wrong_size;  /* calls of free whose size was not the one asked for */
} spot_test_allocator;

/* Sets up `mem` and returns an allocator over it; `mem` must outlive all that uses it. */
spot_allocator spot_test_failing_allocator(spot_test_allocator *mem, int fail_at);

/* Fails if a block is still out or was given back with another size. */
void spot_test_assert_no_leak(const spot_test_allocator *mem);

/* Writes the path of a fresh file name in the test's temporary folder into out (out_size); `name`
 * must be a plain file name. The folder is per process and goes, with the files in it, at exit. */
void spot_test_temp_path(char *out, size_t out_size, const char *name);

/* Writes `size` bytes to `path`, or fails the test. */
void spot_test_write_file(const char *path, const void *data, size_t size);

/* Reads at most out_size - 1 bytes of `path`, ends them with 0, and returns how many there were. */
size_t spot_test_read_file(const char *path, char *out, size_t out_size);

#endif
