/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The client: libwebsockets is driven by events, so each call here sets what it wants, serves events until it has
 * come, and gives up when a timer of the library says that the time is over.
 */
#include "runtime/net/client.h"

#include <errno.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/config.h"
#include "core/base/text.h"
#include "runtime/net/client_wire.h"
#include "runtime/net/resolve.h"

static const double SECONDS_MAX = 31536000.0; /* a year */

/* The address is tried once more to learn why it fails; it was refused at once the first time. */
static const double WHY_S = 0.2;

void spoti_net_client_config_default(spoti_net_client_config *config)
{
    *config = (spoti_net_client_config){
        .size = sizeof *config, .connect_s = 10.0, .close_s = 1.0, .frame_bytes = (size_t)64 << 20};
}

static spot_status check_config(const spoti_net_client_config *config, spot_diag *diag)
{
    const spot_status st = SPOTI_CONFIG_CHECK(spoti_net_client_config, config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (config->url == NULL || !(config->connect_s > 0 && config->connect_s <= SECONDS_MAX) ||
        !(config->close_s >= 0 && config->close_s <= SECONDS_MAX) || config->frame_bytes < 1 ||
        config->frame_bytes > SPOTI_NET_FRAME_BYTES_MAX) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "client: expected an address, connect_s > 0, close_s >= 0 and "
                             "frame_bytes 1 .. %d",
                             SPOTI_NET_FRAME_BYTES_MAX);
    }
    for (const char *c = config->api_key; c != NULL && *c != '\0'; c++) {
        if (*c < ' ' || *c > '~' || c - config->api_key >= SPOTI_CLIENT_KEY_BYTES) {
            return spot_diag_set(diag, SPOT_E_INVALID,
                                 "the API key is longer than 256 bytes or not printable ASCII");
        }
    }
    return SPOT_OK;
}

/* What failed, as the caller's diag: E_IO the first time, E_STATE in calls after that. */
static spot_status report(spoti_net_client *client, spot_diag *diag)
{
    const spot_status st = client->is_reported ? SPOT_E_STATE : SPOT_E_IO;

    client->is_reported = true;
    return spot_diag_set(diag, st, "%s: %s", client->url_text, client->failure);
}

/* Serves events until *done, a failure, or the end of the time; waits at least one round. */
static bool serve_until(spoti_net_client *client, const bool *done, double timeout_s)
{
    client->is_late = false;
    if (timeout_s > SECONDS_MAX) {
        timeout_s = SECONDS_MAX;
    }
    lws_sul_schedule(client->context, 0, &client->timer, spoti_client_timer,
                     timeout_s > 0 ? (lws_usec_t)(1e6 * timeout_s) + 1 : 1);
    while (!*done && !client->has_failed && !client->is_late) {
        if (lws_service(client->context, 0) < 0) {
            spoti_client_fail(client, "the event loop of the connection fails");
        }
        spoti_client_look(client);
    }
    lws_sul_cancel(&client->timer);
    return *done;
}

/* ---- connecting ---- */

/* One address. True if the handshake is done; else the failure is set. */
static bool try_address(spoti_net_client *client, const char *address, double timeout_s)
{
    struct lws_client_connect_info info = {
        .context = client->context,
        .address = address,
        .port = client->url.port,
        .path = client->url.path,
        .host = client->url.host_port,
        .local_protocol_name = SPOTI_CLIENT_PROTOCOL,
        .opaque_user_data = client,
        .pwsi = &client->wsi,
        .ietf_version_or_minus_one = -1,
    };

    client->has_failed = false;
    client->is_unreachable = false;
    /* It may fail inside this call, and then says so by its callback. */
    if (lws_client_connect_via_info(&info) == NULL && !client->has_failed) {
        spoti_client_fail(client, "cannot connect");
        client->is_unreachable = true;
    }
    if (!client->has_failed && !serve_until(client, &client->is_open, timeout_s) &&
        !client->has_failed) {
        spoti_client_fail(client, "the handshake has not ended within %.3g s", client->connect_s);
    }
    return client->is_open;
}

static void explain_unreachable(spoti_net_client *client, const char *address)
{
    const int error = spoti_resolve_why(address, client->url.port, WHY_S);

    if (error == ECONNREFUSED) {
        spoti_client_fail_again(client, "connection refused, expected a policy server there");
    } else if (error != 0 && error != ETIMEDOUT) {
        char text[128];
        if (strerror_r(error, text, sizeof text) == 0) {
            spoti_client_fail_again(client, "cannot connect: %s", text);
        }
    }
}

static spot_status connect_any(spoti_net_client *client, spot_diag *diag)
{
    spoti_resolved found;
    const double until = spoti_now_s() + client->connect_s;
    const spot_status st =
        spoti_resolve(client->url.host, client->url.port, client->connect_s, &found, diag);

    if (st != SPOT_OK) {
        return st;
    }
    for (size_t i = 0; i < found.n; i++) {
        if (try_address(client, found.address[i], until - spoti_now_s())) {
            return SPOT_OK;
        }
        if (!client->is_unreachable) {
            break; /* somebody is there; another address would hide what is wrong with him */
        }
        explain_unreachable(client, found.address[i]);
    }
    return report(client, diag);
}

static void destroy(spoti_net_client *client)
{
    if (client->context != NULL) {
        client->is_closing = true;
        lws_context_destroy(client->context);
    }
    for (size_t i = 0; i < SPOTI_CLIENT_INBOX; i++) {
        spoti_bytes_fini(&client->inbox[i].bytes);
    }
    spoti_bytes_fini(&client->out);
    spoti_free(client->allocator, client, sizeof *client);
}

spot_status spoti_net_client_connect(const spoti_net_client_config *config, spoti_net_client **out,
                                     spot_diag *diag)
{
    spoti_url url;

    *out = NULL;
    spot_status st = check_config(config, diag);
    if (st == SPOT_OK) {
        st = spoti_url_parse(config->url, &url, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    spoti_net_client *client = spoti_calloc(config->allocator, 1, sizeof *client);
    if (client == NULL) {
        return SPOT_E_NOMEM;
    }
    client->allocator = config->allocator;
    client->url = url;
    client->connect_s = config->connect_s;
    client->close_s = config->close_s;
    client->frame_bytes = config->frame_bytes;
    client->out.allocator = config->allocator;
    for (size_t i = 0; i < SPOTI_CLIENT_INBOX; i++) {
        client->inbox[i].bytes.allocator = config->allocator;
    }
    (void)spoti_copy(client->url_text, sizeof client->url_text, config->url);
    if (config->api_key != NULL) {
        (void)spoti_format(client->authorization, sizeof client->authorization, "Api-Key %s",
                           config->api_key);
    }
    st = spoti_client_start(client);
    if (st == SPOT_OK) {
        st = connect_any(client, diag);
    }
    if (st != SPOT_OK) {
        destroy(client);
        return st;
    }
    *out = client;
    return SPOT_OK;
}

/* ---- calls ---- */

static spot_status check_open(spoti_net_client *client, spot_diag *diag)
{
    return client->has_failed ? report(client, diag) : SPOT_OK;
}

/* Whether a message of `size` bytes may be sent now. */
static spot_status check_send(spoti_net_client *client, size_t size, spot_diag *diag)
{
    const spot_status st = check_open(client, diag);

    if (st == SPOT_OK && size > client->frame_bytes) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s: a message of %zu bytes is to be sent, expected at most %zu",
                             client->url_text, size, client->frame_bytes);
    }
    return st;
}

/* Sends what lies in client->out. */
static spot_status send_out(spoti_net_client *client, double timeout_s, spot_diag *diag)
{
    client->is_sent = false;
    client->sending = SPOTI_CLIENT_WAITS;
    (void)lws_callback_on_writable(client->wsi);
    if (!serve_until(client, &client->is_sent, timeout_s)) {
        spoti_client_fail(client, "%zu bytes are not taken within %.3g s",
                          client->out.size - LWS_PRE, timeout_s);
        return report(client, diag);
    }
    return SPOT_OK;
}

spot_status spoti_net_client_send(spoti_net_client *client, const void *data, size_t size,
                                  double timeout_s, spot_diag *diag)
{
    spot_status st = check_send(client, size, diag);

    if (st == SPOT_OK) {
        st = spoti_lws_frame(&client->out, data, size);
    }
    return st == SPOT_OK ? send_out(client, timeout_s, diag) : st;
}

/* The oldest message, which stays until the next call. */
static void hand_out(spoti_net_client *client, spoti_net_message *out)
{
    const spoti_client_letter *letter = &client->inbox[client->i_oldest];

    *out = (spoti_net_message){
        .data = letter->bytes.data, .size = letter->bytes.size, .is_text = letter->is_text};
    client->i_oldest = (client->i_oldest + 1) % SPOTI_CLIENT_INBOX;
    client->n_whole--;
    client->has_whole = client->n_whole > 0;
}

spot_status spoti_net_client_receive(spoti_net_client *client, double timeout_s,
                                     spoti_net_message *out, spot_diag *diag)
{
    /* What came before a failure is handed out first: an error's text comes before the close. */
    if (!client->has_whole) {
        const spot_status st = check_open(client, diag);
        if (st != SPOT_OK) {
            return st;
        }
        if (!serve_until(client, &client->has_whole, timeout_s)) {
            spoti_client_fail(client, "no %s within %.3g s",
                              spoti_client_is_in_message(client) ? "end of a message" : "message",
                              timeout_s);
            return report(client, diag);
        }
    }
    hand_out(client, out);
    return SPOT_OK;
}

/* The last line of a text that is not empty. */
static void last_line(const spoti_net_message *message, const char **line, int *size)
{
    const char *text = (const char *)message->data;
    size_t end = message->size;

    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == ' ')) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n' && text[begin - 1] != '\r') {
        begin--;
    }
    *line = text + begin;
    *size = (int)(end - begin < SPOTI_CLIENT_LINE_BYTES ? end - begin : SPOTI_CLIENT_LINE_BYTES);
}

/* The answer to what was sent with the status `st`. */
static spot_status receive_answer(spoti_net_client *client, spot_status st, double until_s,
                                  spoti_net_message *out, spot_diag *diag)
{
    /* A peer that failed while it was sent to may have said why. */
    if (st != SPOT_OK && !(st == SPOT_E_IO && client->has_whole)) {
        return st;
    }
    client->is_reported = false;
    st = spoti_net_client_receive(client, until_s - spoti_now_s(), out, diag);
    if (st == SPOT_OK && out->is_text) {
        const char *line = NULL;
        int line_size = 0;
        last_line(out, &line, &line_size);
        spoti_client_fail_again(client, "the server says: %.*s", line_size, line);
        return report(client, diag);
    }
    return st;
}

spot_status spoti_net_client_call(spoti_net_client *client, const void *data, size_t size,
                                  double timeout_s, spoti_net_message *out, spot_diag *diag)
{
    const double until_s = spoti_now_s() + timeout_s;
    const spot_status st = spoti_net_client_send(client, data, size, timeout_s, diag);

    return receive_answer(client, st, until_s, out, diag);
}

spot_status spoti_net_client_call_frame(spoti_net_client *client, spoti_bytes *frame,
                                        double timeout_s, spoti_net_message *out, spot_diag *diag)
{
    const double until_s = spoti_now_s() + timeout_s;
    const spoti_bytes kept = client->out;

    if (frame->size < SPOTI_NET_FRAME_HEAD) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_send(client, frame->size - SPOTI_NET_FRAME_HEAD, diag);
    if (st == SPOT_OK) {
        client->out = *frame;
        st = send_out(client, timeout_s, diag);
        client->out = kept;
        client->sending = SPOTI_CLIENT_IDLE;
    }
    return receive_answer(client, st, until_s, out, diag);
}

spot_status spoti_net_client_pump(spoti_net_client *client, spot_diag *diag)
{
    const bool never = false;
    const spot_status st = check_open(client, diag);

    if (st != SPOT_OK) {
        return st;
    }
    (void)serve_until(client, &never, 0);
    return client->has_failed ? report(client, diag) : SPOT_OK;
}

void spoti_net_client_close(spoti_net_client *client)
{
    if (client == NULL) {
        return;
    }
    if (!client->has_failed && client->wsi != NULL) {
        client->is_closing = true;
        (void)lws_callback_on_writable(client->wsi);
        (void)serve_until(client, &client->is_gone, client->close_s);
    }
    destroy(client);
}
