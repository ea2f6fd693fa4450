/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Indices of models in several files. What they say is checked by shards.c against the files. */
#include "lab/inspect/index_map.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "runtime/nn/json_members.h"

/* "a":"b", at least: the names of a tensor and a file, their quotes, a colon and a comma. */
enum { ENTRY_LEAST = 7 };

static bool is_plain(const char *file)
{
    const size_t length = strlen(file);
    return length > 0 && length <= SPOTI_SHARD_NAME_MAX && strchr(file, '/') == NULL &&
           strstr(file, "..") == NULL && strcmp(file, ".") != 0;
}

/* The number of a file, a new one if need be. */
static spot_status take_file(spoti_index_map *map, const char *path, const char *tensor,
                             const char *file, uint32_t *number, spot_diag *diag)
{
    size_t i = 0;

    if (!is_plain(file)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: weight_map: tensor '%.100s': file '%.100s', expected the plain "
                             "name of one beside the index",
                             path, tensor, file);
    }
    while (i < map->n_file && strcmp(map->files[i], file) != 0) {
        i++;
    }
    if (i == SPOTI_SHARDS_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: weight_map: expected at most %d files", path,
                             (int)SPOTI_SHARDS_MAX);
    }
    map->files[i] = file;
    map->n_file += i == map->n_file;
    *number = (uint32_t)i;
    return SPOT_OK;
}

static int compare_tensor(const void *a, const void *b)
{
    return strcmp(((const spoti_index_entry *)a)->tensor, ((const spoti_index_entry *)b)->tensor);
}

static spot_status read_map(const char *path, const spoti_json_member *member, spoti_index_map *map,
                            spot_diag *diag)
{
    spoti_json_members members =
        spoti_json_members_of(path, "weight_map", member->value, member->length, diag);
    spoti_json_member m;
    const char *file = NULL;
    bool more = true;

    map->n_room = member->length / ENTRY_LEAST + 1;
    map->entries = spoti_alloc(map->allocator, map->n_room, sizeof(*map->entries));
    if (map->entries == NULL) {
        map->n_room = 0;
        return SPOT_E_NOMEM;
    }
    spot_status st = spoti_json_next(&members, &m, &more);
    while (st == SPOT_OK && more) {
        spoti_index_entry *e = &map->entries[map->n_entry];

        *e = (spoti_index_entry){.tensor = m.name};
        st = spoti_json_text(&members, &m, &file);
        st = st == SPOT_OK ? take_file(map, path, m.name, file, &e->file, diag) : st;
        map->n_entry += st == SPOT_OK;
        st = st == SPOT_OK ? spoti_json_next(&members, &m, &more) : st;
    }
    if (st != SPOT_OK) {
        return st;
    }
    qsort(map->entries, map->n_entry, sizeof(*map->entries), compare_tensor);
    for (size_t i = 1; i < map->n_entry; i++) {
        if (compare_tensor(&map->entries[i - 1], &map->entries[i]) == 0) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: weight_map: tensor '%.100s': there twice, expected once",
                                 path, map->entries[i].tensor);
        }
    }
    return SPOT_OK;
}

static spot_status read_members(const char *path, char *text, size_t length, spoti_index_map *map,
                                spot_diag *diag)
{
    spoti_json_members members = spoti_json_members_of(path, "index", text, length, diag);
    spoti_json_member member;
    bool more = true;
    spot_status st = spoti_json_next(&members, &member, &more);

    while (st == SPOT_OK && more) {
        if (strcmp(member.name, "weight_map") == 0) {
            st = map->entries == NULL
                     ? read_map(path, &member, map, diag)
                     : spot_diag_set(diag, SPOT_E_FORMAT,
                                     "%s: index: weight_map is there twice, expected once", path);
        }
        st = st == SPOT_OK ? spoti_json_next(&members, &member, &more) : st;
    }
    if (st == SPOT_OK && map->n_entry == 0) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "%s: no weight_map, or an empty one, expected tensors and their files",
                           path);
    }
    return st;
}

spot_status spoti_index_map_read(const char *path, char *text, size_t length,
                                 const spot_allocator *allocator, spoti_index_map *out,
                                 spot_diag *diag)
{
    *out = (spoti_index_map){.allocator = allocator};
    const spot_status st = read_members(path, text, length, out, diag);

    if (st != SPOT_OK) {
        spoti_index_map_close(out);
    }
    return st;
}

void spoti_index_map_close(spoti_index_map *map)
{
    spoti_free(map->allocator, map->entries, map->n_room * sizeof(*map->entries));
    *map = (spoti_index_map){.allocator = map->allocator};
}

spoti_index_entry *spoti_index_map_find(const spoti_index_map *map, const char *tensor)
{
    const spoti_index_entry wanted = {.tensor = tensor};

    return bsearch(&wanted, map->entries, map->n_entry, sizeof(*map->entries), compare_tensor);
}
