/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The index of a model in several safetensors files: {"metadata": {...}, "weight_map": {tensor: file}}.
 */
#ifndef SPOTI_INSPECT_INDEX_MAP_H
#define SPOTI_INSPECT_INDEX_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/status.h"

enum {
    SPOTI_SHARDS_MAX = 512,      /* all are held open; the largest models have some 200 */
    SPOTI_INDEX_MAX = 100000000, /* bytes, as of a header */
    SPOTI_SHARD_NAME_MAX = 255,  /* bytes, as of any file */
};

typedef struct spoti_index_entry {
    const char *tensor; /* in the text */
    uint32_t file;      /* of files */
    bool found;         /* false; for who looks whether the tensors are there */
} spoti_index_entry;

typedef struct spoti_index_map {
    const spot_allocator *allocator;
    spoti_index_entry *entries; /* in the order of their names */
    size_t n_entry, n_room;
    const char *files[SPOTI_SHARDS_MAX]; /* plain names, in the order in which the map names them */
    size_t n_file;
} spoti_index_map;

/* Reads `text` (length bytes, borrowed until close, and changed) of the file `path`. Returns OK, E_FORMAT, E_NOMEM; on
 * failure *out is empty. */
spot_status spoti_index_map_read(const char *path, char *text, size_t length,
                                 const spot_allocator *allocator, spoti_index_map *out,
                                 spot_diag *diag);
void spoti_index_map_close(spoti_index_map *map);

/* The entry of a tensor, or NULL. */
spoti_index_entry *spoti_index_map_find(const spoti_index_map *map, const char *tensor);

#endif
