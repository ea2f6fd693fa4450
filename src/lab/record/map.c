/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/map.h"

#include <string.h>

#include "core/base/text.h"

bool spoti_map_next(const char **at, spoti_map_pair *pair)
{
    if (*at == NULL || **at == '\0') {
        return false;
    }
    const size_t size = strcspn(*at, ",");
    const size_t old = strcspn(*at, "=,");

    pair->old = *at;
    pair->old_size = old;
    pair->name = old < size ? *at + old + 1 : NULL;
    pair->name_size = old < size ? size - old - 1 : 0;
    *at += size + ((*at)[size] == ',');
    return true;
}

bool spoti_map_is(const spoti_map_pair *pair, const char *name)
{
    return strlen(name) == pair->old_size && memcmp(name, pair->old, pair->old_size) == 0;
}

spot_status spoti_map_check(const char *map, const spoti_csv *header, spot_diag *diag)
{
    spoti_map_pair pair;

    for (const char *at = map; spoti_map_next(&at, &pair);) {
        bool found = false;

        for (int i = 0; i < header->n_field && !found; i++) {
            found = spoti_map_is(&pair, header->field[i]);
        }
        if (!found) {
            char list[SPOT_DIAG_TEXT_SIZE / 2] = "";
            for (int i = 0; i < header->n_field; i++) {
                const size_t used = strlen(list);
                (void)spoti_format(list + used, sizeof(list) - used, "%s%.60s", i > 0 ? ", " : "",
                                   header->field[i]);
            }
            return spot_diag_set(
                diag, SPOT_E_FORMAT, "%s: no column '%.*s' that the map names, expected one of: %s",
                header->name, (int)(pair.old_size < 60 ? pair.old_size : 60), pair.old, list);
        }
    }
    return SPOT_OK;
}
