/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/hash.h"

#include <stdbool.h>
#include <stdio.h>

#include "core/base/file.h"

uint64_t spoti_hash(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

spot_status spoti_hash_file(uint64_t *hash, const char *path, spot_diag *diag)
{
    unsigned char block[4096];
    FILE *stream = NULL;
    const spot_status st = spoti_file_open(path, "a readable file", &stream, diag);
    if (st != SPOT_OK) {
        return st;
    }
    size_t got = fread(block, 1, sizeof(block), stream);
    for (; got > 0; got = fread(block, 1, sizeof(block), stream)) {
        *hash = spoti_hash(*hash, block, got);
    }
    bool failed = ferror(stream) != 0;
    (void)fclose(stream);
    return failed
               ? spot_diag_set(diag, SPOT_E_IO, "%s: cannot read, expected a readable file", path)
               : SPOT_OK;
}
