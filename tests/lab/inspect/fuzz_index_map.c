/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Any bytes as the index of a model in several files: refused with a reason, or every tensor is found, in a file with a
 * plain name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/inspect/index_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* called by libFuzzer */

static void expect(bool good)
{
    if (!good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_index_map map;
    spot_diag diag = {""};
    char *text = malloc(size > 0 ? size : 1); /* a byte beyond it is seen */

    expect(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    if (spoti_index_map_read("fuzz", text, size, NULL, &map, &diag) != SPOT_OK) {
        expect(diag.text[0] != '\0' && map.entries == NULL);
        free(text);
        return 0;
    }
    expect(map.n_entry > 0 && map.n_file > 0 && map.n_file <= SPOTI_SHARDS_MAX);
    for (size_t i = 0; i < map.n_entry; i++) {
        expect(spoti_index_map_find(&map, map.entries[i].tensor) == &map.entries[i]);
        expect(map.entries[i].file < map.n_file);
    }
    for (size_t i = 0; i < map.n_file; i++) {
        expect(strchr(map.files[i], '/') == NULL && map.files[i][0] != '\0');
    }
    spoti_index_map_close(&map);
    free(text);
    return 0;
}
