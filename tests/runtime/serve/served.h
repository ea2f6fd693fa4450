/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the tests of the policy server share: a server on a thread, clients that ask, and a brain that tells what it
 * was asked. */
#ifndef SPOT_TEST_SERVED_H
#define SPOT_TEST_SERVED_H

#include <pthread.h>
#include <stdbool.h>

#include "runtime/net/client.h"
#include "runtime/net/record.h"
#include "runtime/serve/room.h"
#include "spot/serve.h"

/* ---- a server ---- */

typedef struct served {
    spot_serve *server;
    char url[64];
    int port;
    pthread_t thread;
    spot_status run_status;
    int n_refused;     /* lines that it told; to be read after served_end */
    char refused[256]; /* the last of them */
} served;

/* Starts to serve on any port; `config` NULL: two threads, else the usual. `limits` NULL: the usual. */
void served_start(served *s, const spot_brain *brain, const spot_serve_config *config,
                  const spoti_net_limits *limits);

/* Stops it; the test fails unless it ends well. `stats` may be NULL. */
void served_end(served *s, spot_serve_stats *stats);

/* ---- a client ---- */

typedef struct asker {
    spoti_net_client *client;
    spoti_record metadata; /* its map, owned */
    spoti_record request;  /* to be built: begun by ask_begin */
    spoti_bytes bytes;
    spoti_record answer; /* borrows the client's message */
    spoti_net_message message;
    spot_diag diag;
} asker;

/* Connects and reads the metadata. */
void asker_start(asker *a, const served *s);
void asker_end(asker *a);

/* A request with a state of n floats; more is put into a->request. NULL leaves it out. */
void ask_begin(asker *a, const float *state, size_t n);
void ask_put_floats(asker *a, const char *key, size_t rows, size_t columns, const float *data);
void ask_put_past(asker *a, size_t k, size_t obs_dim, const float *states, size_t action_dim,
                  const float *commands);

/* Sends it. Returns OK with the answer, or E_IO with what the server said in a->diag. */
spot_status ask_end(asker *a);

/* The chunk of the answer must be of this shape; out (rows x columns). */
void asker_chunk(asker *a, size_t rows, size_t columns, float *out);

/* ---- a brain ---- */

enum { TELLER_OBS = 3, TELLER_ACTION = 2, TELLER_HORIZON = 4, TELLER_CHUNK = 8 };

/* It sees, remembers and takes noise, unless it is blind: then it does nothing of this. Its chunk is obs[0], how many
 * actions it remembers, what they say in one number, how often it forgot, the same of the rest of the input, obs[2], and
 * the first and the last number of the noise, then zeros. obs[1] asks for trouble. */
enum { TELLER_FAILS = 1, TELLER_NAN = 2, TELLER_WAITS = 3 };

typedef struct teller {
    spot_brain brain;
    bool blind;
    int horizon; /* TELLER_HORIZON; more make larger answers */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int begun, ended; /* locked, as all below */
    int waiting;      /* in an inference that waits for `open` */
    bool open;
} teller;

void teller_init(teller *t);
void teller_fini(teller *t);

/* Waits until n inferences wait, or lets all go on. */
void teller_await(teller *t, int n);
void teller_open(teller *t, bool open);

#endif
