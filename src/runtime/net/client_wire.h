/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the client's two files share: its state, which the callbacks of libwebsockets change. */
#ifndef SPOTI_NET_CLIENT_WIRE_H
#define SPOTI_NET_CLIENT_WIRE_H

#include "runtime/net/client.h"
#include "runtime/net/lws.h"
#include "runtime/net/url.h"

enum {
    SPOTI_CLIENT_INBOX = 4,        /* messages kept that nobody has asked for yet */
    SPOTI_CLIENT_KEY_BYTES = 256,  /* of an API key */
    SPOTI_CLIENT_LINE_BYTES = 240, /* of a peer's text that is shown */
};

#define SPOTI_CLIENT_PROTOCOL "spot" /* a name inside the process; the wire has none */

typedef struct spoti_client_letter {
    spoti_bytes bytes;
    bool is_text;
} spoti_client_letter;

typedef enum spoti_client_sending {
    SPOTI_CLIENT_IDLE,
    SPOTI_CLIENT_WAITS,   /* for the socket to be writable */
    SPOTI_CLIENT_FLUSHES, /* the library still holds a part */
} spoti_client_sending;

struct spoti_net_client {
    const spot_allocator *allocator;
    struct lws_context *context;
    struct lws *wsi;
    lws_sorted_usec_list_t timer;
    spoti_url url;
    char url_text[SPOTI_NET_URL_BYTES];
    char authorization[SPOTI_CLIENT_KEY_BYTES + 16];
    double connect_s, close_s;
    size_t frame_bytes;

    bool is_open, is_late, is_closing, has_said_bye, is_gone;
    bool is_unreachable; /* nobody is at the address */
    bool has_failed, is_reported;
    char failure[SPOTI_CLIENT_LINE_BYTES + SPOTI_NET_REASON_BYTES + 64];

    spoti_bytes out; /* being sent, behind LWS_PRE bytes */
    spoti_client_sending sending;
    bool is_sent;

    /* A ring: n_whole messages from i_oldest on, the one that is arriving behind them. */
    spoti_client_letter inbox[SPOTI_CLIENT_INBOX];
    size_t i_oldest, n_whole;
    bool has_whole;
    bool is_arriving;
    size_t arriving; /* bytes of a message that has begun */
};

/* Notes the first failure; later ones follow from it. */
void spoti_client_fail(spoti_net_client *client, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Puts a better text in its place. */
void spoti_client_fail_again(spoti_net_client *client, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Whether a message has begun and not ended. */
bool spoti_client_is_in_message(const spoti_net_client *client);

/* After each round: refuses a frame by what its header announces, of which nothing may have come yet. */
void spoti_client_look(spoti_net_client *client);

/* Creates the context. OK or E_NOMEM. */
spot_status spoti_client_start(spoti_net_client *client);

/* The timer of a call: sets is_late. */
void spoti_client_timer(lws_sorted_usec_list_t *timer);

#endif
