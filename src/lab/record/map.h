/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `old=new,old=new`: names of columns by ours. */
#ifndef SPOTI_RECORD_MAP_H
#define SPOTI_RECORD_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/record/csv.h"
#include "spot/status.h"

/* One entry; borrowed from the map, not ended by 0. */
typedef struct spoti_map_pair {
    const char *old;
    size_t old_size;
    const char *name; /* NULL: the entry has no `=` */
    size_t name_size;
} spoti_map_pair;

/* The next entry of a map (NULL = empty) that *at walks through; false at its end. */
bool spoti_map_next(const char **at, spoti_map_pair *pair);

/* Whether the entry renames `name`. */
bool spoti_map_is(const spoti_map_pair *pair, const char *name);

/* Every old name of the map is a column of the present row, the header. Returns SPOT_OK, E_FORMAT. */
spot_status spoti_map_check(const char *map, const spoti_csv *header, spot_diag *diag);

#endif
