/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "support/spot_test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In front of each block: what was asked for. 16 bytes keep the alignment that alloc promises. */
enum { HEADER_SIZE = 16 };
_Static_assert(sizeof(size_t) <= HEADER_SIZE, "the header holds the size");

static double tolerance_scale(void)
{
    const char *text = getenv("SPOT_TOL_SCALE");
    return text == NULL ? 1.0 : strtod(text, NULL);
}

void spot_test_assert_close(double got, double want, double atol, double rtol, const char *what,
                            const char *file, int line)
{
    if (isinf(want) && got == want) {
        return;
    }
    double error = fabs(got - want);
    double tolerance = (atol + rtol * fabs(want)) * tolerance_scale();
    if (!(error <= tolerance)) { /* so written, NaN fails */
        print_error("%s: got %.17g, want %.17g, error %.3g, tolerance %.3g\n", what, got, want,
                    error, tolerance);
        _fail(file, line);
    }
}

static void *take_block(void *ctx, size_t size)
{
    spot_test_allocator *mem = ctx;
    int i_alloc = mem->n_alloc++;
    if (mem->fail_at >= 0 && i_alloc >= mem->fail_at) {
        mem->n_failed++;
        return NULL;
    }
    unsigned char *block = malloc(HEADER_SIZE + size);
    if (block == NULL) {
        mem->n_failed++;
        return NULL;
    }
    memcpy(block, &size, sizeof(size));
    memset(block + HEADER_SIZE, 0xA5, size); /* nobody may count on zeros */
    mem->n_live++;
    mem->bytes_live += size;
    if (mem->bytes_live > mem->bytes_peak) {
        mem->bytes_peak = mem->bytes_live;
    }
    return block + HEADER_SIZE;
}

static void give_block(void *ctx, void *ptr, size_t size)
{
    spot_test_allocator *mem = ctx;
    unsigned char *block = (unsigned char *)ptr - HEADER_SIZE;
    size_t asked = 0;
    memcpy(&asked, block, sizeof(asked));
    if (asked != size) {
        mem->n_wrong_size++;
    }
    mem->n_live--;
    mem->bytes_live -= asked;
    free(block);
}

spot_allocator spot_test_failing_allocator(spot_test_allocator *mem, int fail_at)
{
    memset(mem, 0, sizeof(*mem));
    mem->fail_at = fail_at;
    return (spot_allocator){.alloc = take_block, .free = give_block, .ctx = mem};
}

void spot_test_assert_no_leak(const spot_test_allocator *mem)
{
    assert_int_equal(mem->n_live, 0);
    assert_int_equal(mem->bytes_live, 0);
    assert_int_equal(mem->n_wrong_size, 0);
}

/* The temporary folder of this process, and whether it is there. */
static char temp_dir[512];
static pid_t temp_owner;

/* Removes the folder and the files in it; a forked child leaves them to its parent. */
static void remove_temp_dir(void)
{
    DIR *dir = temp_owner == getpid() ? opendir(temp_dir) : NULL;
    if (dir == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    (void)closedir(dir);
    (void)rmdir(temp_dir);
}

void spot_test_temp_path(char *out, size_t out_size, const char *name)
{
    if (temp_owner != getpid()) {
        const char *root = getenv("TMPDIR");
        temp_owner = getpid();
        int n = snprintf(temp_dir, sizeof(temp_dir), "%s/spot-test-%ld",
                         root == NULL ? "/tmp" : root, (long)temp_owner);
        assert_true(n > 0 && (size_t)n < sizeof(temp_dir));
        (void)mkdir(temp_dir, 0777); /* a leftover of an earlier process will do */
        assert_int_equal(atexit(remove_temp_dir), 0);
    }
    int n = snprintf(out, out_size, "%s/%s", temp_dir, name);
    assert_true(n > 0 && (size_t)n < out_size);
    (void)unlink(out);
}

void spot_test_write_file(const char *path, const void *data, size_t size)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    size_t n = fwrite(data, 1, size, stream);
    int closed = fclose(stream);
    assert_int_equal(n, size);
    assert_int_equal(closed, 0);
}

size_t spot_test_read_file(const char *path, char *out, size_t out_size)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    size_t n = fread(out, 1, out_size - 1, stream);
    (void)fclose(stream);
    out[n] = '\0';
    return n;
}
