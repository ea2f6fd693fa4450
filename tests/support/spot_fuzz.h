/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What fuzz targets share: an expectation that stops the search, and input as a file. */
#ifndef SPOT_FUZZ_H
#define SPOT_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static inline void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    expect(file != NULL);
    expect(fwrite(data, 1, size, file) == size);
    expect(fclose(file) == 0);
}

#endif
