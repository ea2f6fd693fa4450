/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Bytes that grow and are used again: once it has been as long as it gets, nothing is allocated. */
#ifndef SPOTI_NET_BYTES_H
#define SPOTI_NET_BYTES_H

#include <stddef.h>

#include "spot/alloc.h"
#include "spot/status.h"

typedef struct spoti_bytes {
    const spot_allocator *allocator; /* NULL is malloc; set it and zero the rest for an empty one */
    unsigned char *data;             /* (size) of (room) */
    size_t size, room;
} spoti_bytes;

/* Makes room for `room` bytes in all, exactly; what is there stays. Returns OK or E_NOMEM. */
spot_status spoti_bytes_reserve(spoti_bytes *bytes, size_t room);

/* Appends, at least doubling the room where it is too small. Returns OK or E_NOMEM. */
spot_status spoti_bytes_append(spoti_bytes *bytes, const void *data, size_t size);

/* Gives the memory back; the allocator stays. */
void spoti_bytes_fini(spoti_bytes *bytes);

#endif
