/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "runtime/net/bytes.h"

#include <stdint.h>
#include <string.h>

#include "core/base/alloc.h"

enum { FIRST_ROOM = 256 }; /* bytes; an answer without arrays fits */

spot_status spoti_bytes_reserve(spoti_bytes *bytes, size_t room)
{
    if (room <= bytes->room) {
        return SPOT_OK;
    }
    unsigned char *more = spoti_alloc(bytes->allocator, room, 1);
    if (more == NULL) {
        return SPOT_E_NOMEM;
    }
    if (bytes->size > 0) {
        memcpy(more, bytes->data, bytes->size);
    }
    spoti_free(bytes->allocator, bytes->data, bytes->room);
    bytes->data = more;
    bytes->room = room;
    return SPOT_OK;
}

spot_status spoti_bytes_append(spoti_bytes *bytes, const void *data, size_t size)
{
    size_t need = 0;

    if (size == 0) {
        return SPOT_OK;
    }
    if (!spoti_size_add(bytes->size, size, &need)) {
        return SPOT_E_NOMEM;
    }
    if (need > bytes->room) {
        size_t room = bytes->room < FIRST_ROOM / 2 ? FIRST_ROOM : 2 * bytes->room;
        const spot_status st = spoti_bytes_reserve(bytes, room < need ? need : room);
        if (st != SPOT_OK) {
            return st;
        }
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size = need;
    return SPOT_OK;
}

void spoti_bytes_fini(spoti_bytes *bytes)
{
    spoti_free(bytes->allocator, bytes->data, bytes->room);
    *bytes = (spoti_bytes){.allocator = bytes->allocator};
}
