/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The answer to a websocket's key (RFC 6455, 4.2.2): base64 of SHA-1, for the raw server of the tests. */
#ifndef SPOT_TEST_SHA1_H
#define SPOT_TEST_SHA1_H

#include <stddef.h>

/* The value of the header Sec-WebSocket-Key in a head of HTTP, ended with 0 in place, or NULL. */
char *websocket_key(char *head);

/* out (out_size >= 29): the text of Sec-WebSocket-Accept. */
void websocket_accept(const char *key, char *out, size_t out_size);

#endif
