/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The server: what libwebsockets calls, on the serving thread. */
#include "runtime/net/server_wire.h"

#include <math.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/text.h"

enum {
    SLOT_BITS = 16,
    SPARE_FDS = 64, /* for handshakes, refusals and /healthz beside the connections */
    SECONDS_MAX = 65535,
};

/* The clock ticks a few times within the shortest limit, though no oftener than is cheap. */
static const double TICKS_IN_LIMIT = 4.0, TICK_MIN_S = 0.02, TICK_MAX_S = 1.0;

/* What libwebsockets keeps for a connection; NULL for one that is refused. */
typedef struct session {
    spoti_server_connection *connection;
    bool has_said_bye;
} session;

static spoti_net_server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* ---- a connection's life ---- */

static spoti_server_connection *take_slot(spoti_net_server *server, struct lws *wsi)
{
    if (server->n_open == server->limits.n_connection || server->is_stopping) {
        return NULL;
    }
    size_t slot = 0;
    while (server->connections[slot].id != 0) {
        slot++;
    }
    spoti_server_connection *c = &server->connections[slot];
    const spoti_server_connection fresh = {
        .wsi = wsi,
        .message = c->message,
        .letters = c->letters,
        .heard_s = spoti_now_s(),
        .id = ++server->n_ever << SLOT_BITS | slot,
    };
    *c = fresh;
    c->message.size = 0;
    server->n_open++;
    return c;
}

static int on_established(spoti_net_server *server, struct lws *wsi, session *s)
{
    (void)pthread_mutex_lock(&server->lock);
    spoti_server_connection *c = take_slot(server, wsi);
    const spoti_net_id id = c != NULL ? c->id : 0;
    (void)pthread_mutex_unlock(&server->lock);
    s->connection = c;
    if (c == NULL) {
        (void)lws_callback_on_writable(wsi); /* to say why */
    } else if (server->ops->connected != NULL) {
        server->ops->connected(server->self, id);
    }
    return 0;
}

/* Memory of large messages is not kept for the small ones that follow. */
static void let_go(spoti_bytes *bytes)
{
    bytes->size = 0;
    if (bytes->room > SPOTI_SERVER_KEEP_BYTES) {
        spoti_bytes_fini(bytes);
    }
}

static void on_closed(spoti_net_server *server, session *s)
{
    spoti_server_connection *c = s->connection;

    if (c == NULL) {
        return;
    }
    s->connection = NULL;
    (void)pthread_mutex_lock(&server->lock);
    const spoti_net_id id = c->id;
    c->id = 0;
    server->n_open--;
    for (size_t k = 0; k < server->limits.n_queued; k++) {
        let_go(&c->letters[k].frame);
    }
    (void)pthread_mutex_unlock(&server->lock);
    server->arriving_bytes -= c->message.size;
    let_go(&c->message);
    if (server->ops->closed != NULL) {
        server->ops->closed(server->self, id);
    }
}

/* Says goodbye; the library then sends it, waits for the peer's, and asks for nothing more. */
static int close_with(struct lws *wsi, session *s, int code, const char *reason)
{
    unsigned char text[SPOTI_NET_REASON_BYTES + 1];

    s->has_said_bye = true;
    (void)spoti_copy((char *)text, sizeof text, reason);
    lws_close_reason(wsi, (enum lws_close_status)code, text, strlen((char *)text));
    return -1;
}

/* ---- messages ---- */

/* What has come of a message is dropped at once, so that others have the room. */
static int refuse_message(spoti_net_server *server, struct lws *wsi, session *s, int code,
                          const char *reason)
{
    spoti_server_connection *c = s->connection;

    server->arriving_bytes -= c->message.size;
    let_go(&c->message);
    return close_with(wsi, s, code, reason);
}

/* Whether the application, on whatever thread, has said its last word. */
static bool is_ending(spoti_net_server *server, const spoti_server_connection *c)
{
    (void)pthread_mutex_lock(&server->lock);
    const bool ending = c->is_ending;
    (void)pthread_mutex_unlock(&server->lock);
    return ending;
}

static int on_receive(spoti_net_server *server, struct lws *wsi, session *s, const void *data,
                      size_t size)
{
    spoti_server_connection *c = s->connection;

    if (is_ending(server, c)) {
        return 0;
    }
    c->heard_s = spoti_now_s();
    if (!c->is_arriving) {
        c->is_arriving = true;
        c->is_text = lws_frame_is_binary(wsi) == 0;
        c->arriving_s = c->arriving_s > 0 ? c->arriving_s : c->heard_s;
        c->message.size = 0;
    }
    if (size > server->limits.arriving_bytes - server->arriving_bytes) {
        return refuse_message(server, wsi, s, 1013,
                              "too many large messages at once, try again later");
    }
    switch (spoti_lws_take(wsi, &c->message, data, size, server->limits.frame_bytes)) {
    case SPOTI_LWS_TOO_LARGE:
        return refuse_message(server, wsi, s, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
                              "message too large");
    case SPOTI_LWS_NO_MEMORY:
        return refuse_message(server, wsi, s, 1013, "no memory for the message, try again later");
    case SPOTI_LWS_MORE:
        server->arriving_bytes += size;
        return 0;
    case SPOTI_LWS_WHOLE:
        break;
    }
    c->is_arriving = false;
    c->arriving_s = 0;
    /* all but the last piece was counted */
    server->arriving_bytes -= c->message.size - size;
    if (server->ops->message != NULL) {
        const spoti_net_message message = {
            .data = c->message.data, .size = c->message.size, .is_text = c->is_text};
        server->ops->message(server->self, c->id, &message);
    }
    let_go(&c->message);
    return 0;
}

/* Locked. Begins the oldest message, or goes on with it. -1 if the connection is lost. */
static int send_some(spoti_net_server *server, struct lws *wsi, spoti_server_connection *c)
{
    spoti_server_letter *letter = &c->letters[c->i_first];

    if (!c->is_flushing) {
        c->is_flushing = true;
        if (!spoti_lws_write(wsi, &letter->frame, letter->is_text)) {
            return -1;
        }
    }
    if (lws_partial_buffered(wsi) == 0) {
        let_go(&letter->frame);
        c->is_flushing = false;
        c->sending_s = 0;
        c->i_first = (c->i_first + 1) % server->limits.n_queued;
        c->n_queued--;
    }
    return 0;
}

static int on_writable(spoti_net_server *server, struct lws *wsi, session *s)
{
    spoti_server_connection *c = s->connection;

    if (s->has_said_bye) {
        return 0;
    }
    if (c == NULL) {
        return close_with(wsi, s, 1013, "too many connections, try again later");
    }
    int rc = 0;
    (void)pthread_mutex_lock(&server->lock);
    if (c->n_queued > 0) {
        rc = send_some(server, wsi, c);
    }
    if (rc == 0 && c->n_queued > 0) {
        (void)lws_callback_on_writable(wsi);
    } else if (rc == 0 && c->is_ending) {
        rc = close_with(wsi, s, c->code, c->reason);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

/* Another thread has queued something somewhere. */
static void look_at_queues(spoti_net_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->limits.n_connection; i++) {
        const spoti_server_connection *c = &server->connections[i];
        if (c->id != 0 && (c->n_queued > 0 || c->is_ending)) {
            (void)lws_callback_on_writable(c->wsi);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* ---- the clock ---- */

static void check_times(spoti_net_server *server, spoti_server_connection *c, double now_s)
{
    const spoti_net_limits *limits = &server->limits;

    /* One that waits for the kernel's room is being sent too. */
    if (c->n_queued == 0) {
        c->sending_s = 0;
    } else if (c->sending_s == 0) {
        c->sending_s = now_s;
    }
    if (c->sending_s > 0 && now_s - c->sending_s > limits->send_s) {
        /* He does not read, so there is no way to say goodbye, and libwebsockets would wait for him once more: cut, and
         * it will find out. */
        (void)shutdown(lws_get_socket_fd(c->wsi), SHUT_RDWR);
        return;
    }
    /* The library hands out pieces of 64 KiB, so a frame may have begun without a call. */
    const size_t to_come = lws_remaining_packet_payload(c->wsi);
    if (!c->is_arriving && to_come == 0) {
        c->arriving_s = 0;
    } else if (c->arriving_s == 0) {
        c->arriving_s = now_s;
    }
    if (to_come > limits->frame_bytes) {
        spoti_server_end(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
        (void)lws_callback_on_writable(c->wsi);
    } else if (c->arriving_s > 0 && now_s - c->arriving_s > limits->message_s) {
        spoti_server_end(c, LWS_CLOSE_STATUS_POLICY_VIOLATION, "the message does not end");
        (void)lws_callback_on_writable(c->wsi);
    } else if (c->n_queued == 0 && now_s - c->heard_s > limits->idle_s) {
        spoti_server_end(c, LWS_CLOSE_STATUS_GOINGAWAY, "idle for too long");
        (void)lws_callback_on_writable(c->wsi);
    }
}

void spoti_server_tick(lws_sorted_usec_list_t *tick)
{
    spoti_net_server *server = lws_container_of(tick, spoti_net_server, tick);
    const double now_s = spoti_now_s();

    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->limits.n_connection; i++) {
        if (server->connections[i].id != 0) {
            check_times(server, &server->connections[i], now_s);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
    lws_sul_schedule(server->context, 0, tick, spoti_server_tick,
                     (lws_usec_t)(1e6 * server->tick_s));
}

/* ---- the table ---- */

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    session *s = user;

    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        /* HTTP/2 is neither needed nor wanted. */
        return strcasecmp(in, "websocket") == 0 ? 0 : -1;
    case LWS_CALLBACK_HTTP:
        return spoti_server_http(wsi, in);
    case LWS_CALLBACK_ESTABLISHED:
        return on_established(server_of(wsi), wsi, s);
    case LWS_CALLBACK_RECEIVE:
        if (s->connection == NULL || s->has_said_bye) {
            return 0; /* what comes after the last word is let go */
        }
        return on_receive(server_of(wsi), wsi, s, in, size);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return on_writable(server_of(wsi), wsi, s);
    case LWS_CALLBACK_CLOSED:
        on_closed(server_of(wsi), s);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        look_at_queues(server_of(wsi));
        return 0;
    default:
        return 0;
    }
}

static uint16_t whole_seconds(double s)
{
    const double up = ceil(s);

    return (uint16_t)(up < SECONDS_MAX ? up : SECONDS_MAX);
}

static double tick_of(const spoti_net_limits *limits)
{
    const double shortest =
        fmin(fmin(limits->message_s, limits->send_s), fmin(limits->idle_s, limits->stop_s));

    return fmin(fmax(shortest / TICKS_IN_LIMIT, TICK_MIN_S), TICK_MAX_S);
}

spot_status spoti_server_listen(spoti_net_server *server, const char *host, int port)
{
    static const struct lws_protocols PROTOCOLS[] = {
        {.name = "spot",
         .callback = on_event,
         .per_session_data_size = sizeof(session),
         .rx_buffer_size = SPOTI_LWS_PIECE_BYTES,
         .tx_packet_size = SPOTI_NET_FRAME_BYTES_MAX},
        {.name = NULL},
    };
    struct lws_context_creation_info info = {
        .port = port,
        .iface = host,
        .protocols = PROTOCOLS,
        .user = server,
        .fd_limit_per_thread = (unsigned int)server->limits.n_connection + SPARE_FDS,
        .timeout_secs = whole_seconds(server->limits.handshake_s),
        .retry_and_idle_policy = &server->pings,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (strchr(host, ':') == NULL ? LWS_SERVER_OPTION_DISABLE_IPV6 : 0),
    };

    server->pings.secs_since_valid_ping = whole_seconds(server->limits.ping_s);
    server->pings.secs_since_valid_hangup = whole_seconds(server->limits.hangup_s);
    server->tick_s = tick_of(&server->limits);
    server->context = spoti_lws_create(&info);
    if (server->context == NULL) {
        return SPOT_E_IO;
    }
    struct lws_vhost *vhost = lws_get_vhost_by_name(server->context, "default");
    server->port = vhost != NULL ? lws_get_vhost_listen_port(vhost) : 0;
    return server->port > 0 ? SPOT_OK : SPOT_E_IO;
}
