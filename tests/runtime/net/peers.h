/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the tests of the wire talk to: a server of ours on a thread, and raw sockets that behave as badly as they are
 * told. The raw ones know nothing of libwebsockets, so they are an oracle for the bytes on the wire too.
 */
#ifndef SPOT_TEST_PEERS_H
#define SPOT_TEST_PEERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "runtime/net/client.h"
#include "runtime/net/server.h"

/* Longer than anything takes that works; a test that waits so long has failed. */
enum { PEERS_PATIENCE_S = 60 };

/* ---- our server, echoing ---- */

typedef struct echo_server {
    spoti_net_server *server;
    spoti_net_server_ops ops;
    spoti_net_limits limits;
    int port;
    char url[64];
    pthread_t thread;
    spot_status run_status;
    spoti_bytes frame; /* the serving thread's */
    bool greets;       /* sends "hello" first */
    pthread_mutex_t lock;
    size_t n_connected, n_message, n_closed; /* locked */
} echo_server;

/* Starts it on any port; `limits` NULL: the default. Fails the test where it cannot. */
void echo_start(echo_server *echo, const spoti_net_limits *limits, bool greets);

/* Stops it, and fails the test if it does not end well. */
void echo_stop(echo_server *echo);

/* Waits until n connections were closed, or fails the test. */
void echo_await_closed(echo_server *echo, size_t n);

/* A client of it, or the test fails. */
spoti_net_client *echo_client(const echo_server *echo);

/* ---- raw sockets ---- */

/* A socket that listens on any port of 127.0.0.1. */
int raw_listen(int *port);

/* One connection to a port, or the next that comes. */
int raw_connect(int port);
int raw_accept(int listening);

/* All of it, or false. */
bool raw_send(int fd, const void *data, size_t size);

/* At most `size` bytes until the peer closes, `text` (if not NULL) has come, or patience ends; returns how many. */
size_t raw_receive(int fd, char *data, size_t size, const char *text);

/* The handshake of RFC 6455, by a client (to `port`) and by a server; false if the peer does not do it. */
bool raw_client_handshake(int fd);
bool raw_server_handshake(int fd);

/* The header of a frame: first byte (0x82 binary, 0x81 text, 0x88 close ...) and length; masked with zeros if asked.
 * Returns its size, at most 14. */
size_t raw_header(unsigned char *out, unsigned char first, size_t length, bool masked);

/* A whole frame. */
bool raw_frame(int fd, unsigned char first, const void *data, size_t size, bool masked);

/* Reads a frame's header and payload (at most `room`) of an unmasked or masked peer; -1 if the connection ends, else its
 * size, with the first byte in *first. */
long raw_read_frame(int fd, unsigned char *first, unsigned char *data, size_t room);

#endif
