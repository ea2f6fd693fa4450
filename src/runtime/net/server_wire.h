/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the server's files share: its state, of which the queues are locked and the rest is the serving thread's. */
#ifndef SPOTI_NET_SERVER_WIRE_H
#define SPOTI_NET_SERVER_WIRE_H

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/net/lws.h"
#include "runtime/net/server.h"

/* A message's memory beyond this is given back when it has served its turn. */
enum { SPOTI_SERVER_KEEP_BYTES = 1 << 20 };

typedef struct spoti_server_letter {
    spoti_bytes frame; /* behind LWS_PRE bytes */
    bool is_text;
} spoti_server_letter;

typedef struct spoti_server_connection {
    /* the serving thread's */
    struct lws *wsi;
    spoti_bytes message; /* arriving */
    bool is_arriving, is_text, is_flushing;
    double heard_s;    /* when a message last began or went on */
    double arriving_s; /* when the one that is arriving began, or 0 */
    double sending_s;  /* when the oldest of the queue was first seen to wait, or 0 */

    /* locked */
    spoti_net_id id;              /* 0: free */
    spoti_server_letter *letters; /* a ring (limits.n_queued) */
    size_t i_first, n_queued;
    bool is_ending; /* closed once the queue is empty */
    int code;
    char reason[SPOTI_NET_REASON_BYTES + 1];
} spoti_server_connection;

struct spoti_net_server {
    const spot_allocator *allocator;
    spoti_net_limits limits;
    const spoti_net_server_ops *ops;
    void *self;
    struct lws_context *context;
    lws_retry_bo_t pings;
    lws_sorted_usec_list_t tick;
    double tick_s, stop_at_s;
    size_t arriving_bytes;
    bool is_stopping; /* seen by the serving thread */
    int port;

    pthread_mutex_t lock;
    bool has_lock;
    pthread_t thread; /* that serves, once has_thread */
    bool has_thread;
    size_t n_open;
    uint64_t n_ever;                      /* connections so far */
    spoti_server_connection *connections; /* (limits.n_connection) */

    atomic_bool stop_asked;
};

/* The connection of a number, or NULL. Locked by the caller. */
spoti_server_connection *spoti_server_find(spoti_net_server *server, spoti_net_id id);

/* Marks a connection to be closed once its queue is empty; the first mark stays. Locked by the caller. */
void spoti_server_end(spoti_server_connection *connection, int code, const char *reason);

/* Has a callback ..._WRITEABLE made for a connection that has something to say. Locked by the caller, any thread. */
void spoti_server_wake(spoti_net_server *server, spoti_server_connection *connection);

/* Creates the context. OK or E_IO. */
spot_status spoti_server_listen(spoti_net_server *server, const char *host, int port);

/* The clock of the limits; makes itself come again. */
void spoti_server_tick(lws_sorted_usec_list_t *tick);

/* Answers a plain HTTP request. 0, or -1 to close. */
int spoti_server_http(struct lws *wsi, const char *path);

#endif
