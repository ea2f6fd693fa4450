/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What client and server ask of libwebsockets in the same way. */
#ifndef SPOTI_NET_LWS_H
#define SPOTI_NET_LWS_H

#include <stdbool.h>

#include <libwebsockets.h>

#include "runtime/net/bytes.h"
#include "runtime/net/limits.h"
#include "spot/status.h"

/* What is read from or given to the kernel at once: a 338 KiB message is six pieces. */
enum { SPOTI_LWS_PIECE_BYTES = 64 << 10 };

/* Creates a context with what is common filled into `info`: no log, no proxies from the environment, no name for the
 * peer, and the process's handling of SIGPIPE left as it was. Returns NULL if memory or file descriptors are short, or
 * the port cannot be had. */
struct lws_context *spoti_lws_create(struct lws_context_creation_info *info);

/* Makes `frame` a message of `size` bytes behind the room that libwebsockets needs in front. OK or E_NOMEM. */
spot_status spoti_lws_frame(spoti_bytes *frame, const void *data, size_t size);

/* Writes such a frame; libwebsockets keeps what the kernel does not take. False if the connection is lost. */
bool spoti_lws_write(struct lws *wsi, spoti_bytes *frame, bool is_text);

/* What a piece of a message that has arrived means. */
typedef enum spoti_lws_piece {
    SPOTI_LWS_MORE,      /* the message goes on */
    SPOTI_LWS_WHOLE,     /* it has ended */
    SPOTI_LWS_TOO_LARGE, /* it is larger than `most`, by what its frame announces or has brought */
    SPOTI_LWS_NO_MEMORY,
} spoti_lws_piece;

/* Appends a piece of the callback ..._RECEIVE. Memory grows with what has come, not with what is announced. */
spoti_lws_piece spoti_lws_take(struct lws *wsi, spoti_bytes *message, const void *data, size_t size,
                               size_t most);

#endif
