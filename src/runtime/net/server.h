/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The server's end of websockets: one thread serves all connections, and others may answer.
 *
 *     spoti_net_server_config config;
 *     spoti_net_server_config_default(&config);
 *     config.ops = &(spoti_net_server_ops){connected, message, closed};
 *     config.self = &application;
 *     st = spoti_net_server_create(&config, &server, &diag);
 *     printf("port %d\n", spoti_net_server_port(server));
 *     st = spoti_net_server_run(server, &diag);      // until somebody calls spoti_net_server_stop
 *     spoti_net_server_destroy(server);
 *
 * The serving thread is the one that calls `run`. The functions of the table are called there and must not take long:
 * while one runs, no ping is answered. So a slow inference belongs to another thread, which is given a copy of the
 * message and answers by the connection's number; a number is never used twice, so an answer to a connection that is
 * gone is refused and goes to nobody else.
 *
 * `GET /healthz` on the same port answers 200 and `OK`. There is no TLS, no compression, and no authentication: the
 * default address is 127.0.0.1. What a peer may do is bounded by limits.h:
 *   - a message above frame_bytes is closed with 1009 when its header or its sum says so
 *   - a connection above n_connection, and a message when those of all peers together are above arriving_bytes, is
 *     closed with 1013
 *   - handshakes, messages that do not end and answers that are not taken end at their times; a silent peer is pinged
 *     and given up; one that sends nothing for idle_s is closed with 1001
 * A peer that sends before it was answered is read on: what an application keeps of that, it must bound itself.
 */
#ifndef SPOTI_NET_SERVER_H
#define SPOTI_NET_SERVER_H

#include <stdint.h>

#include "runtime/net/bytes.h"
#include "runtime/net/limits.h"
#include "runtime/net/message.h"
#include "spot/alloc.h"
#include "spot/status.h"

typedef struct spoti_net_server spoti_net_server;

typedef uint64_t spoti_net_id; /* of a connection, never 0 */

/* Called on the serving thread; each may be NULL, and each may call the functions below but `run` and `destroy`. */
typedef struct spoti_net_server_ops {
    void (*connected)(void *self, spoti_net_id id); /* the handshake is done */
    void (*message)(void *self, spoti_net_id id, const spoti_net_message *message);
    void (*closed)(void *self, spoti_net_id id); /* the last of this number */
} spoti_net_server_ops;

typedef struct spoti_net_server_config {
    size_t size;
    const spot_allocator *allocator;
    const char *host; /* a numeric address of this computer, or "localhost"; default 127.0.0.1 */
    int port;         /* 0 .. 65535; 0, the default, is any that is free */
    spoti_net_limits limits;
    const spoti_net_server_ops *ops; /* borrowed until destroy */
    void *self;                      /* given to ops */
} spoti_net_server_config;

void spoti_net_server_config_default(spoti_net_server_config *config);

/* Listens; peers wait until `run` serves them.
 * Ownership: on success *out is the caller's, given back by spoti_net_server_destroy; on failure it is NULL.
 * Returns OK, E_INVALID (also a host that is no numeric address), E_RANGE (limits), E_IO (the address cannot be had, file descriptors are short) or E_NOMEM. */
spot_status spoti_net_server_create(const spoti_net_server_config *config, spoti_net_server **out,
                                    spot_diag *diag);

/* The port that it listens on. */
int spoti_net_server_port(const spoti_net_server *server);

/* Serves until spoti_net_server_stop; then what is queued is sent, all connections are closed with 1001, and after
 * stop_s at the latest it returns. Call it once. Returns OK or E_IO (the event loop fails). */
spot_status spoti_net_server_run(spoti_net_server *server, spot_diag *diag);

/* Makes `run` end, also before it began. Threads: any, and signal handlers. */
void spoti_net_server_stop(spoti_net_server *server);

/* Queues a binary message (copied). Returns OK, E_NOT_FOUND (the connection is gone or being closed), E_RANGE (larger
 * than frame_bytes, or n_queued wait already) or E_NOMEM. Threads: any. */
spot_status spoti_net_server_reply(spoti_net_server *server, spoti_net_id id, const void *data,
                                   size_t size);

/* The same of a frame of spoti_record_encode_frame, without a copy: on success its memory is exchanged for another buffer
 * of the same allocator, which must be the server's, with nothing in it; on failure it stays as it is. Threads: any. */
spot_status spoti_net_server_reply_frame(spoti_net_server *server, spoti_net_id id,
                                         spoti_bytes *frame);

/* Queues a text frame (an error's text, cut off after SPOTI_NET_TEXT_BYTES; NULL: none) and then the close with a code
 * (1000 .. 4999) and a reason, cut off after SPOTI_NET_REASON_BYTES. If the queue is full the text is left out.
 * Returns OK, E_NOT_FOUND or E_NOMEM (closed without the text). Threads: any. */
spot_status spoti_net_server_fail(spoti_net_server *server, spoti_net_id id, const char *text,
                                  int code, const char *reason);

/* Connections that are open now. Threads: any. */
size_t spoti_net_server_n_open(spoti_net_server *server);

/* Ends all connections at once and gives all back; NULL is fine. No other thread may use the server any more, and `run`
 * must have returned or never been called. */
void spoti_net_server_destroy(spoti_net_server *server);

#endif
