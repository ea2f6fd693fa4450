/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A policy server on a thread that says what a test wants, well or badly. */
#ifndef SPOT_TEST_REMOTE_FAKE_H
#define SPOT_TEST_REMOTE_FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "runtime/net/record.h"
#include "runtime/net/server.h"
#include "spot/brain.h"

enum { FAKE_OBS = 3, FAKE_DIM = 2, FAKE_HORIZON = 4, FAKE_CHUNK = FAKE_HORIZON * FAKE_DIM };

typedef struct remote_fake remote_fake;

/* What it does when somebody has connected, and with message n (from 0, of all connections). They run on its thread. */
typedef void (*fake_greet)(remote_fake *fake, spoti_net_id id);
typedef void (*fake_answer)(remote_fake *fake, spoti_net_id id, const spoti_value *request, int n);

struct remote_fake {
    fake_greet greet;   /* NULL: an empty map */
    fake_answer answer; /* NULL: fake_chunk of the default size */
    atomic_int n_connected, n_message;
    atomic_int mode; /* for a test's own use */
    char url[64];
    /* its own */
    spoti_net_server *server;
    spoti_net_server_ops ops;
    pthread_t thread;
    pthread_mutex_t lock;
    spoti_record last, request, reply; /* last: locked */
    spoti_bytes bytes;
};

void fake_start(remote_fake *fake);
void fake_stop(remote_fake *fake);

/* Answers rows x dim numbers: row k, column j is k + 10 j + the first number of `observation/state`, if there is one. */
void fake_chunk(remote_fake *fake, spoti_net_id id, const spoti_value *request, int rows, int dim);

/* Sends fake->reply, which a test has built. */
void fake_send(remote_fake *fake, spoti_net_id id);

/* The last request; lives until fake_stop or the next call. Wait for its answer first. */
const spoti_value *fake_last(remote_fake *fake);

/* Opens `address` (NULL: the fake's own) for a task of FAKE_OBS and FAKE_DIM. */
spot_status fake_open(remote_fake *fake, const char *address, spot_brain *brain, spot_diag *diag);

/* ... or fails the test, and begins a state. */
void *fake_begin(remote_fake *fake, const char *address, spot_brain *brain);

/* Writes a YAML file of a server: `url:` of the fake and `more`. `out` is remote:PATH. */
void fake_file(const remote_fake *fake, const char *name, const char *more, char *out, size_t size);

#endif
