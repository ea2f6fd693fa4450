/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "peers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sha1.h"
#include "support/spot_test.h"

/* ---- our server ---- */

static void count(echo_server *echo, size_t *counter)
{
    (void)pthread_mutex_lock(&echo->lock);
    (*counter)++;
    (void)pthread_mutex_unlock(&echo->lock);
}

static void on_connected(void *self, spoti_net_id id)
{
    echo_server *echo = self;

    count(echo, &echo->n_connected);
    if (echo->greets) {
        (void)spoti_net_server_reply(echo->server, id, "hello", 5);
    }
}

/* A text "fail" is answered as openpi's server answers an exception; other texts and all else come back as binary. */
static void on_message(void *self, spoti_net_id id, const spoti_net_message *message)
{
    echo_server *echo = self;

    count(echo, &echo->n_message);
    if (message->size == 4 && memcmp(message->data, "fail", 4) == 0) {
        (void)spoti_net_server_fail(echo->server, id, "Traceback:\n  line\nKeyError: 'state'\n",
                                    1011, "Internal server error.");
        return;
    }
    /* both ways of answering, in turn */
    if (echo->n_message % 2 == 0) {
        (void)spoti_net_server_reply(echo->server, id, message->data, message->size);
        return;
    }
    static const unsigned char HEAD[SPOTI_NET_FRAME_HEAD];
    echo->frame.size = 0;
    if (spoti_bytes_append(&echo->frame, HEAD, sizeof HEAD) == SPOT_OK &&
        spoti_bytes_append(&echo->frame, message->data, message->size) == SPOT_OK) {
        (void)spoti_net_server_reply_frame(echo->server, id, &echo->frame);
    }
}

static void on_closed(void *self, spoti_net_id id)
{
    echo_server *echo = self;

    (void)id;
    count(echo, &echo->n_closed);
}

static void *serve(void *arg)
{
    echo_server *echo = arg;

    echo->run_status = spoti_net_server_run(echo->server, NULL);
    return NULL;
}

void echo_start(echo_server *echo, const spoti_net_limits *limits, bool greets)
{
    spoti_net_server_config config;
    spot_diag diag = {""};

    memset(echo, 0, sizeof *echo);
    echo->greets = greets;
    echo->ops = (spoti_net_server_ops){on_connected, on_message, on_closed};
    assert_int_equal(pthread_mutex_init(&echo->lock, NULL), 0);
    spoti_net_server_config_default(&config);
    if (limits != NULL) {
        config.limits = *limits;
    }
    config.ops = &echo->ops;
    config.self = echo;
    if (spoti_net_server_create(&config, &echo->server, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    echo->port = spoti_net_server_port(echo->server);
    (void)snprintf(echo->url, sizeof echo->url, "ws://127.0.0.1:%d/any/path", echo->port);
    assert_int_equal(pthread_create(&echo->thread, NULL, serve, echo), 0);
}

void echo_stop(echo_server *echo)
{
    spoti_net_server_stop(echo->server);
    assert_int_equal(pthread_join(echo->thread, NULL), 0);
    assert_int_equal(echo->run_status, SPOT_OK);
    spoti_net_server_destroy(echo->server);
    spoti_bytes_fini(&echo->frame);
    assert_int_equal(echo->n_connected, echo->n_closed);
    assert_int_equal(pthread_mutex_destroy(&echo->lock), 0);
}

void echo_await_closed(echo_server *echo, size_t n)
{
    const struct timespec ms = {.tv_nsec = 1000000};

    for (long i = 0; i < 1000L * PEERS_PATIENCE_S; i++) {
        (void)pthread_mutex_lock(&echo->lock);
        const bool done = echo->n_closed >= n;
        (void)pthread_mutex_unlock(&echo->lock);
        if (done) {
            return;
        }
        (void)nanosleep(&ms, NULL);
    }
    fail_msg("%zu connections were not closed", n);
}

spoti_net_client *echo_client(const echo_server *echo)
{
    spoti_net_client_config config;
    spoti_net_client *client = NULL;
    spot_diag diag = {""};

    spoti_net_client_config_default(&config);
    config.url = echo->url;
    config.connect_s = PEERS_PATIENCE_S;
    if (spoti_net_client_connect(&config, &client, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return client;
}

/* ---- raw sockets ---- */

static struct sockaddr_in here(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int patient(int fd)
{
    const struct timeval wait = {.tv_sec = PEERS_PATIENCE_S};

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait), 0);
    return fd;
}

int raw_listen(int *port)
{
    struct sockaddr_in at = here(0);
    socklen_t size = sizeof at;
    const int fd = patient(socket(AF_INET, SOCK_STREAM, 0));

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

int raw_connect(int port)
{
    const struct sockaddr_in at = here(port);
    const int fd = patient(socket(AF_INET, SOCK_STREAM, 0));

    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

int raw_accept(int listening)
{
    const struct timeval wait = {.tv_sec = PEERS_PATIENCE_S};
    const int fd = accept(listening, NULL, NULL);

    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    }
    return fd;
}

bool raw_send(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        const ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* The first place of `text` in data (size), which may hold zeros. */
static bool holds(const char *data, size_t size, const char *text)
{
    const size_t n = strlen(text);

    for (size_t i = 0; i + n <= size; i++) {
        if (memcmp(data + i, text, n) == 0) {
            return true;
        }
    }
    return false;
}

size_t raw_receive(int fd, char *data, size_t size, const char *text)
{
    size_t n = 0;

    while (n < size) {
        const ssize_t got = recv(fd, data + n, size - n, 0);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
        if (text != NULL && holds(data, n, text)) {
            break;
        }
    }
    return n;
}

/* A head of HTTP, byte by byte, so that nothing behind it is taken. */
static bool read_head(int fd, char *head, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && recv(fd, head + n, 1, 0) == 1) {
        n++;
        head[n] = '\0';
        if (n >= 4 && strcmp(head + n - 4, "\r\n\r\n") == 0) {
            return true;
        }
    }
    return false;
}

bool raw_client_handshake(int fd)
{
    static const char ASK[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char head[2048];

    /* key and answer are the example of RFC 6455, 1.3 */
    return raw_send(fd, ASK, sizeof ASK - 1) && read_head(fd, head, sizeof head) &&
           strncmp(head, "HTTP/1.1 101", 12) == 0 &&
           strstr(head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL;
}

bool raw_server_handshake(int fd)
{
    char head[4096], accept_key[32], answer[256];

    if (!read_head(fd, head, sizeof head)) {
        return false;
    }
    char *key = websocket_key(head);
    if (key == NULL) {
        return false;
    }
    websocket_accept(key, accept_key, sizeof accept_key);
    const int n = snprintf(answer, sizeof answer,
                           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                           accept_key);
    return raw_send(fd, answer, (size_t)n);
}

size_t raw_header(unsigned char *out, unsigned char first, size_t length, bool masked)
{
    size_t n = 0;

    out[n++] = first;
    if (length < 126) {
        out[n++] = (unsigned char)length;
    } else if (length < 65536) {
        out[n++] = 126;
        out[n++] = (unsigned char)(length >> 8);
        out[n++] = (unsigned char)length;
    } else {
        out[n++] = 127;
        for (int shift = 56; shift >= 0; shift -= 8) {
            out[n++] = (unsigned char)(length >> shift);
        }
    }
    if (masked) {
        out[1] |= 0x80;
        memset(out + n, 0, 4);
        n += 4;
    }
    return n;
}

bool raw_frame(int fd, unsigned char first, const void *data, size_t size, bool masked)
{
    unsigned char head[14];

    return raw_send(fd, head, raw_header(head, first, size, masked)) && raw_send(fd, data, size);
}

static bool read_all(int fd, unsigned char *data, size_t size)
{
    for (size_t n = 0; n < size;) {
        const ssize_t got = recv(fd, data + n, size - n, 0);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
    }
    return true;
}

long raw_read_frame(int fd, unsigned char *first, unsigned char *data, size_t room)
{
    unsigned char head[2], more[8], mask[4] = {0};

    if (!read_all(fd, head, 2)) {
        return -1;
    }
    *first = head[0];
    size_t size = head[1] & 0x7f;
    if (size >= 126) {
        const size_t n = size == 126 ? 2 : 8;
        if (!read_all(fd, more, n)) {
            return -1;
        }
        size = 0;
        for (size_t i = 0; i < n; i++) {
            size = size << 8 | more[i];
        }
    }
    if (size > room || ((head[1] & 0x80) != 0 && !read_all(fd, mask, 4)) ||
        !read_all(fd, data, size)) {
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        data[i] ^= mask[i & 3];
    }
    return (long)size;
}
