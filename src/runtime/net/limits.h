/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What this room takes from a peer at most: the one home of every limit of the wire.
 *
 * A peer is a stranger. What it announces is never allocated, only what it has sent; and whatever it does
 * or leaves undone, a call ends at its time-out and the server goes on serving.
 */
#ifndef SPOTI_NET_LIMITS_H
#define SPOTI_NET_LIMITS_H

#include <stddef.h>

#include "spot/status.h"

/* Of one decoded record. Fixed: no policy that we know comes near them. */
enum {
    SPOTI_NET_DEPTH = 16,             /* maps and lists within each other */
    SPOTI_NET_VALUES = 16384,         /* in all; an array is one */
    SPOTI_NET_ENTRIES = 1024,         /* of a map */
    SPOTI_NET_ARRAYS = 256,           /* numpy arrays in all */
    SPOTI_NET_DIMS = 8,               /* of an array */
    SPOTI_NET_KEY_BYTES = 256,        /* a map's key */
    SPOTI_NET_STRING_BYTES = 1 << 20, /* a string; bytes and arrays are limited by the frame */
};

/* What a frame has free in front of its message, for the websocket's header. */
enum { SPOTI_NET_FRAME_HEAD = 16 };

/* Of a connection's texts. */
enum {
    SPOTI_NET_TEXT_BYTES =
        64 << 10,                 /* a peer's text frame (a traceback); what is longer is cut off */
    SPOTI_NET_REASON_BYTES = 123, /* the reason of a closing frame, RFC 6455, 5.5 */
    SPOTI_NET_URL_BYTES = 512,
    SPOTI_NET_FRAME_BYTES_MAX = 1 << 30, /* the most that frame_bytes may be set to */
};

typedef struct spoti_net_limits {
    size_t
        frame_bytes; /* a message, its fragments joined; 1 .. SPOTI_NET_FRAME_BYTES_MAX, default 64 MiB */

    /* the server's */
    size_t
        n_connection; /* websockets at once, 1 .. 16384, default 64; one more is closed with 1013 */
    size_t arriving_bytes; /* unfinished messages of all connections together, default 256 MiB */
    size_t n_queued;       /* messages that wait to be sent to one connection, 1 .. 64, default 4 */
    double handshake_s;    /* from the connection to the upgrade, default 10; whole seconds count */
    double message_s;      /* from a message's first byte to its last, default 30 */
    double send_s;         /* until the peer has taken what it is sent, default 30 */
    double idle_s;         /* without any message from the peer, default 3600 */
    double ping_s;         /* silence after which the peer is pinged, default 20 */
    double hangup_s;       /* silence, the pongs included, after which it is gone, default 80 */
    double stop_s;         /* what the closing of all connections may take at the end, default 2 */
} spoti_net_limits;

void spoti_net_limits_default(spoti_net_limits *limits);

/* Returns OK, or E_RANGE with the field's name in diag. */
spot_status spoti_net_limits_check(const spoti_net_limits *limits, spot_diag *diag);

#endif
