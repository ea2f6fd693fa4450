/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The server: its life, and what other threads may call. */
#include "runtime/net/server.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/config.h"
#include "core/base/text.h"
#include "runtime/net/server_wire.h"

enum { SLOT_BITS = 16, PORT_MAX = 65535, SPARE_FDS = 128 };

void spoti_net_server_config_default(spoti_net_server_config *config)
{
    *config = (spoti_net_server_config){.size = sizeof *config, .host = "127.0.0.1"};
    spoti_net_limits_default(&config->limits);
}

/* ---- creating ---- */

static spot_status check_config(const spoti_net_server_config *config, spot_diag *diag)
{
    struct rlimit files;
    spot_status st = SPOTI_CONFIG_CHECK(spoti_net_server_config, config, diag);

    if (st == SPOT_OK) {
        st = spoti_net_limits_check(&config->limits, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (config->host == NULL || config->ops == NULL || config->port < 0 ||
        config->port > PORT_MAX) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "server: expected a host, a port 0 .. 65535 and its functions");
    }
    /* Without a free descriptor accepting fails for ever while peers wait. */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
        files.rlim_cur < config->limits.n_connection + SPARE_FDS) {
        return spot_diag_set(diag, SPOT_E_IO,
                             "%zu connections need %zu file descriptors, the process may have %zu "
                             "(ulimit -n)",
                             config->limits.n_connection, config->limits.n_connection + SPARE_FDS,
                             (size_t)files.rlim_cur);
    }
    return SPOT_OK;
}

/* Whether an address can be listened on. Asked before libwebsockets is, which says nothing and leaks if it cannot. */
static spot_status check_address(const char *host, int port, spot_diag *diag)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *a = NULL;
    char port_text[8], why[128] = "no reason known";
    const int on = 1;

    (void)spoti_format(port_text, sizeof port_text, "%d", port);
    if (getaddrinfo(host, port_text, &hints, &a) != 0) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "cannot listen on %.100s: expected a numeric address of this computer",
                             host);
    }
    const int fd = socket(a->ai_family, SOCK_STREAM, 0);
    const bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                    bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1) == 0;
    if (!ok) {
        (void)strerror_r(errno, why, sizeof why);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    freeaddrinfo(a); /* foreign memory: the resolver's */
    return ok ? SPOT_OK
              : spot_diag_set(diag, SPOT_E_IO, "cannot listen on %.100s, port %d: %s", host, port,
                              why);
}

static spot_status make_connections(spoti_net_server *server)
{
    const size_t n = server->limits.n_connection;

    server->connections = spoti_calloc(server->allocator, n, sizeof *server->connections);
    if (server->connections == NULL) {
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        spoti_server_connection *c = &server->connections[i];
        c->message.allocator = server->allocator;
        c->letters = spoti_calloc(server->allocator, server->limits.n_queued, sizeof *c->letters);
        if (c->letters == NULL) {
            return SPOT_E_NOMEM;
        }
        for (size_t k = 0; k < server->limits.n_queued; k++) {
            c->letters[k].frame.allocator = server->allocator;
        }
    }
    return SPOT_OK;
}

spot_status spoti_net_server_create(const spoti_net_server_config *config, spoti_net_server **out,
                                    spot_diag *diag)
{
    *out = NULL;
    spot_status st = check_config(config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const char *host = strcmp(config->host, "localhost") == 0 ? "127.0.0.1" : config->host;
    st = check_address(host, config->port, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_net_server *server = spoti_calloc(config->allocator, 1, sizeof *server);
    if (server == NULL) {
        return SPOT_E_NOMEM;
    }
    server->allocator = config->allocator;
    server->limits = config->limits;
    server->ops = config->ops;
    server->self = config->self;
    atomic_init(&server->stop_asked, false);
    server->has_lock = pthread_mutex_init(&server->lock, NULL) == 0;
    st = server->has_lock ? make_connections(server) : SPOT_E_NOMEM;
    if (st == SPOT_OK) {
        st = spoti_server_listen(server, host, config->port);
        if (st != SPOT_OK) {
            st = spot_diag_set(diag, st, "cannot listen on %.100s, port %d", host, config->port);
        }
    }
    if (st != SPOT_OK) {
        spoti_net_server_destroy(server);
        return st;
    }
    *out = server;
    return SPOT_OK;
}

void spoti_net_server_destroy(spoti_net_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->context != NULL) {
        lws_context_destroy(server->context); /* calls `closed` for what is still open */
    }
    for (size_t i = 0; server->connections != NULL && i < server->limits.n_connection; i++) {
        spoti_server_connection *c = &server->connections[i];
        for (size_t k = 0; c->letters != NULL && k < server->limits.n_queued; k++) {
            spoti_bytes_fini(&c->letters[k].frame);
        }
        spoti_free(server->allocator, c->letters, server->limits.n_queued * sizeof *c->letters);
        spoti_bytes_fini(&c->message);
    }
    spoti_free(server->allocator, server->connections,
               server->limits.n_connection * sizeof *server->connections);
    if (server->has_lock) {
        (void)pthread_mutex_destroy(&server->lock);
    }
    spoti_free(server->allocator, server, sizeof *server);
}

int spoti_net_server_port(const spoti_net_server *server)
{
    return server->port;
}

/* ---- serving ---- */

static void begin_to_stop(spoti_net_server *server)
{
    server->is_stopping = true;
    server->stop_at_s = spoti_now_s() + server->limits.stop_s;
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->limits.n_connection; i++) {
        spoti_server_connection *c = &server->connections[i];
        if (c->id != 0) {
            spoti_server_end(c, LWS_CLOSE_STATUS_GOINGAWAY, "the server stops");
            (void)lws_callback_on_writable(c->wsi);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static bool has_stopped(spoti_net_server *server)
{
    if (!server->is_stopping && atomic_load(&server->stop_asked)) {
        begin_to_stop(server);
    }
    return server->is_stopping &&
           (spoti_net_server_n_open(server) == 0 || spoti_now_s() >= server->stop_at_s);
}

spot_status spoti_net_server_run(spoti_net_server *server, spot_diag *diag)
{
    spot_status st = SPOT_OK;

    (void)pthread_mutex_lock(&server->lock);
    server->thread = pthread_self();
    server->has_thread = true;
    (void)pthread_mutex_unlock(&server->lock);
    spoti_server_tick(&server->tick);
    while (st == SPOT_OK && !has_stopped(server)) {
        if (lws_service(server->context, 0) < 0) {
            st = spot_diag_set(diag, SPOT_E_IO, "the event loop of the server fails");
        }
    }
    (void)pthread_mutex_lock(&server->lock);
    server->has_thread = false;
    (void)pthread_mutex_unlock(&server->lock);
    lws_sul_cancel(&server->tick);
    return st;
}

void spoti_net_server_stop(spoti_net_server *server)
{
    atomic_store(&server->stop_asked, true);
    lws_cancel_service(server->context); /* a write to an event descriptor */
}

/* ---- what any thread may call ---- */

spoti_server_connection *spoti_server_find(spoti_net_server *server, spoti_net_id id)
{
    const size_t slot = (size_t)(id & ((1U << SLOT_BITS) - 1));

    if (id == 0 || slot >= server->limits.n_connection || server->connections[slot].id != id) {
        return NULL;
    }
    return &server->connections[slot];
}

void spoti_server_end(spoti_server_connection *connection, int code, const char *reason)
{
    if (connection->is_ending) {
        return;
    }
    connection->is_ending = true;
    connection->code = code;
    (void)spoti_copy(connection->reason, sizeof connection->reason, reason);
}

void spoti_server_wake(spoti_net_server *server, spoti_server_connection *connection)
{
    if (server->has_thread && pthread_equal(server->thread, pthread_self()) != 0) {
        (void)lws_callback_on_writable(connection->wsi);
    } else {
        lws_cancel_service(server->context); /* it then looks at every queue */
    }
}

/* The connection of a number that is not about to be closed. */
static spoti_server_connection *find_live(spoti_net_server *server, spoti_net_id id)
{
    spoti_server_connection *c = spoti_server_find(server, id);

    return c != NULL && !c->is_ending ? c : NULL;
}

/* Locked by the caller. Returns OK, E_RANGE or E_NOMEM. */
static spot_status queue(spoti_net_server *server, spoti_server_connection *c, const void *data,
                         size_t size, bool is_text)
{
    if (size > server->limits.frame_bytes || c->n_queued == server->limits.n_queued) {
        return SPOT_E_RANGE;
    }
    spoti_server_letter *letter = &c->letters[(c->i_first + c->n_queued) % server->limits.n_queued];
    const spot_status st = spoti_lws_frame(&letter->frame, data, size);
    if (st != SPOT_OK) {
        return st;
    }
    letter->is_text = is_text;
    c->n_queued++;
    return SPOT_OK;
}

spot_status spoti_net_server_reply(spoti_net_server *server, spoti_net_id id, const void *data,
                                   size_t size)
{
    (void)pthread_mutex_lock(&server->lock);
    spoti_server_connection *c = find_live(server, id);
    const spot_status st = c != NULL ? queue(server, c, data, size, false) : SPOT_E_NOT_FOUND;
    if (st == SPOT_OK) {
        spoti_server_wake(server, c);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return st;
}

/* Locked by the caller. Returns OK or E_RANGE. */
static spot_status queue_frame(spoti_net_server *server, spoti_server_connection *c,
                               spoti_bytes *frame)
{
    if (frame->size - SPOTI_NET_FRAME_HEAD > server->limits.frame_bytes ||
        c->n_queued == server->limits.n_queued) {
        return SPOT_E_RANGE;
    }
    spoti_server_letter *letter = &c->letters[(c->i_first + c->n_queued) % server->limits.n_queued];
    const spoti_bytes other = letter->frame;
    letter->frame = *frame;
    letter->is_text = false;
    *frame = other;
    frame->size = 0;
    c->n_queued++;
    return SPOT_OK;
}

spot_status spoti_net_server_reply_frame(spoti_net_server *server, spoti_net_id id,
                                         spoti_bytes *frame)
{
    if (frame->size < SPOTI_NET_FRAME_HEAD) {
        return SPOT_E_INVALID;
    }
    (void)pthread_mutex_lock(&server->lock);
    spoti_server_connection *c = find_live(server, id);
    const spot_status st = c != NULL ? queue_frame(server, c, frame) : SPOT_E_NOT_FOUND;
    if (st == SPOT_OK) {
        spoti_server_wake(server, c);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return st;
}

spot_status spoti_net_server_fail(spoti_net_server *server, spoti_net_id id, const char *text,
                                  int code, const char *reason)
{
    spot_status st = SPOT_E_NOT_FOUND;

    (void)pthread_mutex_lock(&server->lock);
    spoti_server_connection *c = find_live(server, id);
    if (c != NULL) {
        size_t size = text != NULL ? strlen(text) : 0;
        size = size < SPOTI_NET_TEXT_BYTES ? size : SPOTI_NET_TEXT_BYTES;
        st = text != NULL ? queue(server, c, text, size, true) : SPOT_OK;
        st = st == SPOT_E_RANGE ? SPOT_OK : st;
        spoti_server_end(c, code, reason);
        spoti_server_wake(server, c);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return st;
}

size_t spoti_net_server_n_open(spoti_net_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    const size_t n = server->n_open;
    (void)pthread_mutex_unlock(&server->lock);
    return n;
}
