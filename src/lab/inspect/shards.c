/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of a model: opened, checked against each other, found by the number of a tensor. */
#include "lab/inspect/shards.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "lab/inspect/index_map.h"

/* Reads and checks the header of a file that was opened. */
static spot_status read_header(spoti_shard *s, uint64_t size, const spot_allocator *allocator,
                               spot_diag *diag)
{
    unsigned char prefix[SPOTI_TENSOR_PREFIX_SIZE] = {0};
    size_t length = 0;
    spot_status st = SPOT_OK;

    if (size >= sizeof(prefix)) {
        st = spoti_file_read_at(s->fd, s->path, 0, prefix, sizeof(prefix), diag);
    }
    if (st == SPOT_OK) {
        st = spoti_safetensors_header_length(s->path, prefix, size, true, &length, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    s->data_at = sizeof(prefix) + length;
    s->header = spoti_alloc(allocator, length + 1, 1);
    if (s->header == NULL) {
        return SPOT_E_NOMEM;
    }
    s->header_size = length + 1;
    st = spoti_file_read_at(s->fd, s->path, sizeof(prefix), s->header, length, diag);
    return st == SPOT_OK ? spoti_tensor_index_read(s->path, s->header, length, size - s->data_at,
                                                   true, allocator, &s->index, diag)
                         : st;
}

static spot_status open_next(spoti_shards *shards, const char *expected, spot_diag *diag)
{
    spoti_shard *s = &shards->files[shards->n_file++];
    uint64_t size = 0;

    s->first = shards->n_tensor;
    spot_status st = spoti_file_open_sized(s->path, expected, &s->fd, &size, diag);
    st = st == SPOT_OK ? read_header(s, size, shards->allocator, diag) : st;
    shards->n_tensor += s->index.n_tensor;
    return st;
}

static spot_status make_room(spoti_shards *shards, size_t n)
{
    shards->files = spoti_calloc(shards->allocator, n, sizeof(*shards->files));
    if (shards->files == NULL) {
        return SPOT_E_NOMEM;
    }
    shards->n_room = n;
    for (size_t i = 0; i < n; i++) {
        shards->files[i].fd = -1;
        shards->files[i].index.allocator = shards->allocator;
    }
    return SPOT_OK;
}

/* Several files ------------------------------------------------------------------------------------ */

/* Every tensor of file i must be of the map, and there of this file. */
static spot_status match(const spoti_shards *shards, size_t i, const char *path,
                         const spoti_index_map *map, spot_diag *diag)
{
    const spoti_shard *s = &shards->files[i];

    for (size_t k = 0; k < s->index.n_tensor; k++) {
        const char *name = s->index.places[k].name;
        spoti_index_entry *e = spoti_index_map_find(map, name);

        if (e == NULL || e->file != i) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: tensor '%.100s': the weight_map of %s %s, expected it there",
                                 s->path, name, spoti_path_base(path),
                                 e == NULL ? "lacks it" : "has it in another file");
        }
        e->found = true;
    }
    return SPOT_OK;
}

static spot_status open_all(const char *path, const spoti_index_map *map, spoti_shards *out,
                            spot_diag *diag)
{
    const int folder = (int)(spoti_path_base(path) - path);
    spot_status st = make_room(out, map->n_file);

    for (size_t i = 0; st == SPOT_OK && i < map->n_file; i++) {
        if (!spoti_format(out->files[i].path, sizeof(out->files[i].path), "%.*s%s", folder, path,
                          map->files[i])) {
            return spoti_refuse_path(SPOT_E_IO, path, diag);
        }
        st = open_next(out, "a safetensors file that the index beside it names", diag);
    }
    for (size_t i = 0; st == SPOT_OK && i < map->n_file; i++) {
        st = match(out, i, path, map, diag);
    }
    for (size_t i = 0; st == SPOT_OK && i < map->n_entry; i++) {
        const spoti_index_entry *e = &map->entries[i];
        if (!e->found) {
            st = spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s: no tensor '%.100s', expected it as the weight_map of %s says",
                               out->files[e->file].path, e->tensor, spoti_path_base(path));
        }
    }
    return st;
}

static spot_status open_index(const char *path, spoti_shards *out, spot_diag *diag)
{
    spoti_index_map map = {.allocator = out->allocator};
    uint64_t size = 0;
    char *text = NULL;
    int fd = -1;
    spot_status st = spoti_file_open_sized(path, "an index of safetensors files", &fd, &size, diag);

    if (st == SPOT_OK && size > SPOTI_INDEX_MAX) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%s: %llu bytes, expected at most %d", path,
                           (unsigned long long)size, (int)SPOTI_INDEX_MAX);
    }
    if (st == SPOT_OK) {
        text = spoti_alloc(out->allocator, (size_t)size + 1, 1);
        st =
            text == NULL ? SPOT_E_NOMEM : spoti_file_read_at(fd, path, 0, text, (size_t)size, diag);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    st = st == SPOT_OK ? spoti_index_map_read(path, text, (size_t)size, out->allocator, &map, diag)
                       : st;
    st = st == SPOT_OK ? open_all(path, &map, out, diag) : st;
    spoti_index_map_close(&map);
    if (text != NULL) {
        spoti_free(out->allocator, text, (size_t)size + 1);
    }
    return st;
}

/* What is common ---------------------------------------------------------------------------------- */

static spot_status open_one(const char *path, spoti_shards *out, spot_diag *diag)
{
    spot_status st = make_room(out, 1);

    if (st == SPOT_OK && !spoti_copy(out->files[0].path, sizeof(out->files[0].path), path)) {
        st = spoti_refuse_path(SPOT_E_IO, path, diag);
    }
    return st == SPOT_OK ? open_next(out, "a safetensors file", diag) : st;
}

spot_status spoti_shards_open(const char *path, const spot_allocator *allocator, spoti_shards *out,
                              spot_diag *diag)
{
    *out = (spoti_shards){.allocator = allocator};
    const spot_status st = spoti_ends_with(path, ".index.json") ? open_index(path, out, diag)
                                                                : open_one(path, out, diag);
    if (st != SPOT_OK) {
        spoti_shards_close(out);
    }
    return st;
}

void spoti_shards_close(spoti_shards *shards)
{
    for (size_t i = 0; i < shards->n_file; i++) {
        spoti_shard *s = &shards->files[i];

        if (s->fd >= 0) {
            (void)close(s->fd);
        }
        spoti_tensor_index_close(&s->index);
        spoti_free(shards->allocator, s->header, s->header_size);
    }
    spoti_free(shards->allocator, shards->files, shards->n_room * sizeof(*shards->files));
    *shards = (spoti_shards){.allocator = shards->allocator};
}

const spoti_shard *spoti_shards_of(const spoti_shards *shards, size_t i)
{
    size_t low = 0;
    size_t high = shards->n_file;

    /* the last file that begins at i or before: those without tensors begin where the next does */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (shards->files[middle].first <= i) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &shards->files[low];
}
