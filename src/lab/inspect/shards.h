/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The safetensors files of a model: one, or those that its index names. Their headers and an index of each are in
 * memory, the data is read by position.
 */
#ifndef SPOTI_INSPECT_SHARDS_H
#define SPOTI_INSPECT_SHARDS_H

#include "core/base/file.h"
#include "runtime/nn/safetensors.h"

typedef struct spoti_shard {
    char path[SPOTI_PATH_SIZE];
    int fd;
    uint64_t data_at; /* first byte of the data */
    char *header;     /* (header_size) */
    size_t header_size;
    spoti_tensor_index index;
    size_t first; /* tensors of the files before it */
} spoti_shard;

typedef struct spoti_shards {
    const spot_allocator *allocator;
    spoti_shard *files; /* (n_room) */
    size_t n_file, n_room;
    size_t n_tensor; /* of all */
} spoti_shards;

/* Opens the file `path`, or where that ends in `.index.json` all that it names. On failure *out is closed already.
 * Returns OK, E_IO, E_FORMAT, E_NOMEM. */
spot_status spoti_shards_open(const char *path, const spot_allocator *allocator, spoti_shards *out,
                              spot_diag *diag);
void spoti_shards_close(spoti_shards *shards);

/* The file that the i-th tensor of all, below n_tensor, lies in. */
const spoti_shard *spoti_shards_of(const spoti_shards *shards, size_t i);

#endif
