/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A message of a websocket, its fragments joined, as client and server hand it out. */
#ifndef SPOTI_NET_MESSAGE_H
#define SPOTI_NET_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct spoti_net_message {
    const unsigned char
        *data; /* (size), borrowed: until the client's next call, or the end of the server's */
    size_t size;
    bool is_text; /* a text frame, else a binary one */
} spoti_net_message;

#endif
