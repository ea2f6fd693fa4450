/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The client's end of a websocket: one connection, used by one thread, each call with its time-out.
 *
 *     spoti_net_client_config config;
 *     spoti_net_client_config_default(&config);
 *     config.url = "ws://localhost:8000";
 *     st = spoti_net_client_connect(&config, &client, &diag);
 *     st = spoti_net_client_receive(client, 10.0, &message, &diag);            // openpi: the metadata
 *     st = spoti_net_client_call(client, bytes.data, bytes.size, 30.0, &message, &diag);
 *     spoti_net_client_close(client);
 *
 * No call blocks beyond its time-out, and the peer's pings are answered while one waits (between calls by
 * spoti_net_client_pump, for peers that ping while a simulation runs). A failure is one line that begins with the
 * address, and final: the connection is of no more use, and later calls return E_STATE with the same line.
 * There is no compression, no TLS and no proxy.
 */
#ifndef SPOTI_NET_CLIENT_H
#define SPOTI_NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/net/bytes.h"
#include "runtime/net/message.h"
#include "spot/alloc.h"
#include "spot/status.h"

typedef struct spoti_net_client spoti_net_client;

typedef struct spoti_net_client_config {
    size_t size;
    const spot_allocator *allocator;
    const char *url; /* ws://host[:port][/path], see url.h */
    const char *
        api_key; /* sent as `Authorization: Api-Key KEY`; NULL: none; printable ASCII, at most 256 bytes */
    double connect_s; /* from the name to the end of the handshake, > 0, default 10 */
    double close_s;   /* how long the peer may take to say goodbye, >= 0, default 1 */
    size_t
        frame_bytes; /* of a message in either direction, 1 .. SPOTI_NET_FRAME_BYTES_MAX, default 64 MiB */
} spoti_net_client_config;

void spoti_net_client_config_default(spoti_net_client_config *config);

/* Connects and shakes hands. The config's strings are copied.
 * Ownership: on success *out is the caller's, given back by spoti_net_client_close; on failure it is NULL.
 * Returns OK, E_INVALID, E_FORMAT or E_UNSUPPORTED (the address), E_NOT_FOUND (the host), E_IO or E_NOMEM. */
spot_status spoti_net_client_connect(const spoti_net_client_config *config, spoti_net_client **out,
                                     spot_diag *diag);

/* Sends one binary message, whole. Returns OK, E_RANGE (longer than frame_bytes; nothing was sent and the connection
 * lives), E_IO, E_STATE or E_NOMEM. */
spot_status spoti_net_client_send(spoti_net_client *client, const void *data, size_t size,
                                  double timeout_s, spot_diag *diag);

/* Waits for the next message; a text is cut off after SPOTI_NET_TEXT_BYTES. What came before a failure is handed out
 * before it. Returns OK, E_IO, E_STATE or E_NOMEM. */
spot_status spoti_net_client_receive(spoti_net_client *client, double timeout_s,
                                     spoti_net_message *out, spot_diag *diag);

/* Sends and waits for the answer within one time-out. A text frame is the peer's error: E_IO with its last line, which
 * is the one that matters of a Python traceback. */
spot_status spoti_net_client_call(spoti_net_client *client, const void *data, size_t size,
                                  double timeout_s, spoti_net_message *out, spot_diag *diag);

/* As spoti_net_client_call with a frame of spoti_record_encode_frame, which is sent where it lies: its bytes are masked,
 * that is lost, when this returns; its room stays the caller's. The allocator must be the client's. */
spot_status spoti_net_client_call_frame(spoti_net_client *client, spoti_bytes *frame,
                                        double timeout_s, spoti_net_message *out, spot_diag *diag);

/* Answers what has come meanwhile, without waiting. Returns OK, E_IO (the connection is gone) or E_STATE. */
spot_status spoti_net_client_pump(spoti_net_client *client, spot_diag *diag);

/* Says goodbye, waits for the peer's for close_s, and gives all back; NULL is fine. */
void spoti_net_client_close(spoti_net_client *client);

#endif
