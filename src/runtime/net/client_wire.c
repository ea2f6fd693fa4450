/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The client: what libwebsockets calls. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/net/client_wire.h"

/* The library's own time-outs in whole seconds; ours come first. */
enum { LIBRARY_TIMEOUT_MARGIN_S = 10, FDS = 8 };

#if defined(__GNUC__)
__attribute__((format(printf, 2, 0)))
#endif
static void
set_failure(spoti_net_client *client, const char *format, va_list args)
{
    (void)vsnprintf(client->failure, sizeof client->failure, format, args);
    client->has_failed = true;
}

void spoti_client_fail(spoti_net_client *client, const char *format, ...)
{
    va_list args;

    if (client->has_failed) {
        return;
    }
    va_start(args, format);
    set_failure(client, format, args);
    va_end(args);
}

void spoti_client_fail_again(spoti_net_client *client, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_failure(client, format, args);
    va_end(args);
}

void spoti_client_timer(lws_sorted_usec_list_t *timer)
{
    spoti_net_client *client = lws_container_of(timer, spoti_net_client, timer);

    client->is_late = true;
    lws_cancel_service(
        client->context); /* or the round goes on to wait for the next timer, whosever */
}

/* What is to come of a frame. The library hands out pieces of 64 KiB, so a frame may have begun without a call. */
static size_t to_come(const spoti_net_client *client)
{
    return client->is_open && client->wsi != NULL ? lws_remaining_packet_payload(client->wsi) : 0;
}

bool spoti_client_is_in_message(const spoti_net_client *client)
{
    return client->is_arriving || to_come(client) > 0;
}

static void fail_too_large(spoti_net_client *client)
{
    spoti_client_fail(client, "a message larger than %zu bytes, expected a smaller one",
                      client->frame_bytes);
}

void spoti_client_look(spoti_net_client *client)
{
    if (to_come(client) > client->frame_bytes) {
        fail_too_large(client);
    }
}

/* ---- callbacks; each returns 0, or -1 to have the connection closed ---- */

static int append_header(const spoti_net_client *client, struct lws *wsi, void *in, size_t size)
{
    unsigned char **at = in;
    const size_t length = strlen(client->authorization);

    if (length == 0) {
        return 0;
    }
    return lws_add_http_header_by_name(wsi, (const unsigned char *)"authorization:",
                                       (const unsigned char *)client->authorization, (int)length,
                                       at, *at + size) != 0
               ? -1
               : 0;
}

static int on_error(spoti_net_client *client, struct lws *wsi, const char *text, size_t size)
{
    static const char UNREACHABLE[] = "Unable to connect", PREFIX[] = "HS: ";
    const unsigned int code = lws_http_client_http_response(wsi);
    char code_text[24] = "";

    client->is_unreachable =
        size >= sizeof UNREACHABLE - 1 && memcmp(text, UNREACHABLE, sizeof UNREACHABLE - 1) == 0;
    if (client->is_unreachable) {
        spoti_client_fail(client, "cannot connect");
    } else {
        if (size > sizeof PREFIX - 1 && memcmp(text, PREFIX, sizeof PREFIX - 1) == 0) {
            text += sizeof PREFIX - 1;
            size -= sizeof PREFIX - 1;
        }
        if (code != 0) {
            (void)snprintf(code_text, sizeof code_text, " (HTTP status %u)", code);
        }
        spoti_client_fail(client, "the handshake fails: %.*s%s", size > 0 ? (int)size : 10,
                          size > 0 ? text : "no answer", code_text);
    }
    client->wsi = NULL;
    return 0;
}

/* Says goodbye; the library then sends it, waits for the peer's, and asks for nothing more. */
static int close_with(spoti_net_client *client, struct lws *wsi, enum lws_close_status code)
{
    client->has_said_bye = true;
    lws_close_reason(wsi, code, NULL, 0);
    return -1;
}

static spoti_lws_piece take(const spoti_net_client *client, struct lws *wsi,
                            spoti_client_letter *letter, const void *data, size_t size)
{
    if (!letter->is_text) {
        return spoti_lws_take(wsi, &letter->bytes, data, size, client->frame_bytes);
    }
    /* A text is the peer's error: what is beyond the limit is let go, the rest is enough. */
    const size_t left = SPOTI_NET_TEXT_BYTES - letter->bytes.size;
    if (spoti_bytes_append(&letter->bytes, data, size < left ? size : left) != SPOT_OK) {
        return SPOTI_LWS_NO_MEMORY;
    }
    return lws_is_final_fragment(wsi) ? SPOTI_LWS_WHOLE : SPOTI_LWS_MORE;
}

static int on_receive(spoti_net_client *client, struct lws *wsi, const void *data, size_t size)
{
    if (client->n_whole == SPOTI_CLIENT_INBOX) {
        spoti_client_fail(client, "more than %d messages that nobody asked for, expected none",
                          SPOTI_CLIENT_INBOX);
        return close_with(client, wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION);
    }
    spoti_client_letter *letter =
        &client->inbox[(client->i_oldest + client->n_whole) % SPOTI_CLIENT_INBOX];
    if (!client->is_arriving) {
        client->is_arriving = true;
        client->arriving = 0;
        letter->bytes.size = 0;
        letter->is_text = lws_frame_is_binary(wsi) == 0;
    }
    client->arriving += size;
    switch (take(client, wsi, letter, data, size)) {
    case SPOTI_LWS_MORE:
        return 0;
    case SPOTI_LWS_WHOLE:
        client->is_arriving = false;
        client->arriving = 0;
        client->n_whole++;
        client->has_whole = true;
        return 0;
    case SPOTI_LWS_TOO_LARGE:
        fail_too_large(client);
        return close_with(client, wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    case SPOTI_LWS_NO_MEMORY:
        break;
    }
    spoti_client_fail(client, "no memory for a message of more than %zu bytes", client->arriving);
    return close_with(client, wsi, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION);
}

static int on_writable(spoti_net_client *client, struct lws *wsi)
{
    if (client->has_said_bye) {
        return 0;
    }
    if (client->is_closing) {
        return close_with(client, wsi, LWS_CLOSE_STATUS_NORMAL);
    }
    if (client->sending == SPOTI_CLIENT_WAITS) {
        client->sending = SPOTI_CLIENT_FLUSHES;
        if (!spoti_lws_write(wsi, &client->out, false)) {
            spoti_client_fail(client, "the connection is lost while a message is sent");
            return -1;
        }
    }
    if (client->sending == SPOTI_CLIENT_FLUSHES) {
        if (lws_partial_buffered(wsi) != 0) {
            (void)lws_callback_on_writable(wsi);
        } else {
            client->sending = SPOTI_CLIENT_IDLE;
            client->is_sent = true;
        }
    }
    return 0;
}

/* The peer says goodbye: two bytes of a code and a reason. */
static void on_peer_close(spoti_net_client *client, const unsigned char *in, size_t size)
{
    const char *when = spoti_client_is_in_message(client) ? " in the middle of a message" : "";

    if (size < 2) {
        spoti_client_fail(client, "the server closed the connection%s without a code", when);
        return;
    }
    spoti_client_fail(client, "the server closed the connection%s with code %d%s%.*s", when,
                      in[0] << 8 | in[1], size > 2 ? ": " : "", (int)(size - 2),
                      (const char *)in + 2);
}

static void on_closed(spoti_net_client *client)
{
    const size_t missing = to_come(client);

    client->is_gone = true;
    client->wsi = NULL;
    if (client->is_closing) {
        return;
    }
    if (missing > 0) {
        spoti_client_fail(client, "the connection ended in mid-frame, %zu bytes before its end",
                          missing);
    } else {
        spoti_client_fail(client, "the connection ended %s, expected an answer",
                          client->is_arriving ? "in the middle of a message" : "without a word");
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    spoti_net_client *client = lws_get_opaque_user_data(wsi);

    (void)user;
    if (client == NULL) {
        return 0; /* events of the context, not of the connection */
    }
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_header(client, wsi, in, size);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        return on_error(client, wsi, in, size);
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
        return -1; /* the address that was given is the one that is meant */
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        client->is_open = true;
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return client->has_said_bye || client->has_failed ? 0 : on_receive(client, wsi, in, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(client, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(client, in, size);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        on_closed(client);
        return 0;
    default:
        return 0;
    }
}

spot_status spoti_client_start(spoti_net_client *client)
{
    static const struct lws_protocols PROTOCOLS[] = {
        {.name = SPOTI_CLIENT_PROTOCOL,
         .callback = on_event,
         .rx_buffer_size = SPOTI_LWS_PIECE_BYTES,
         .tx_packet_size = SPOTI_NET_FRAME_BYTES_MAX},
        {.name = NULL},
    };
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = PROTOCOLS,
        .fd_limit_per_thread = FDS,
        .timeout_secs = (unsigned int)client->connect_s + LIBRARY_TIMEOUT_MARGIN_S,
        .connect_timeout_secs = (unsigned int)client->connect_s + LIBRARY_TIMEOUT_MARGIN_S,
    };

    client->context = spoti_lws_create(&info);
    return client->context != NULL ? SPOT_OK : SPOT_E_NOMEM;
}
