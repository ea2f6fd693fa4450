/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the server's files share: seats, one for each connection, and who may touch them.
 *
 * A seat goes FREE -> IDLE (a client sits there) -> WAITING (its request was copied) -> RUNNING (a worker infers) ->
 * IDLE. The phase is changed under the lock alone. What lies in a seat belongs to the serving thread while it is FREE or
 * IDLE and to one worker while it is RUNNING; nobody touches it while it WAITs. A client that leaves while a worker
 * is at its request leaves the seat to the worker, so there are as many seats more as there are workers.
 */
#ifndef SPOTI_SERVE_ROOM_H
#define SPOTI_SERVE_ROOM_H

#include <pthread.h>
#include <stdbool.h>

#include "runtime/net/record.h"
#include "runtime/net/server.h"
#include "spot/serve.h"

enum {
    SPOTI_SERVE_TIMED = 16384,          /* answers whose times are kept */
    SPOTI_SERVE_PROMPT_SIZE = 4096,     /* bytes, its final 0 included */
    SPOTI_SERVE_ANCHOR_MAX = 64,        /* doubles */
    SPOTI_SERVE_IMAGE_NAME_SIZE = 64,   /* bytes, its final 0 included */
    SPOTI_SERVE_FRAME_BYTES = 16 << 20, /* of a request: three cameras of 640 x 480 are 2.8 MB */
    SPOTI_SERVE_KEEP_BYTES = 1 << 20, /* a seat's memory of more is given back after the request */
};

typedef enum spoti_seat_phase {
    SPOTI_SEAT_FREE,
    SPOTI_SEAT_IDLE,
    SPOTI_SEAT_WAITING,
    SPOTI_SEAT_RUNNING,
} spoti_seat_phase;

/* What a request asks, read and checked. Its buffers are a seat's. */
typedef struct spoti_serve_request {
    spot_brain_input input; /* its pointers go into what follows, or into the frame */
    bool begins;
    bool has_noise;
    size_t n_past;    /* actions */
    float *obs;       /* (obs_dim) */
    float *noise;     /* (horizon x action_dim); NULL for a brain that takes none */
    spoti_bytes past; /* floats: (n_past x obs_dim) states, then (n_past x action_dim) commands */
    double anchor[SPOTI_SERVE_ANCHOR_MAX];
    char prompt[SPOTI_SERVE_PROMPT_SIZE];
    spot_image images[SPOT_IMAGES_MAX];
    char names[SPOT_IMAGES_MAX][SPOTI_SERVE_IMAGE_NAME_SIZE];
} spoti_serve_request;

typedef struct spoti_seat {
    /* locked */
    spoti_seat_phase phase;
    spoti_net_id id; /* of the connection */
    uint64_t ticket; /* of a seat that WAITs: the smallest is next */
    bool is_gone;    /* the client of a RUNNING seat has left */

    /* as said above */
    int64_t n_client;  /* which client of the server sits here, from 1 on */
    double received_s; /* when the request was whole */
    double begun_s;    /* when a worker took it */
    spoti_bytes frame; /* the request */
    spoti_record record;
    spoti_serve_request request;
    spoti_bytes answer;
    float *chunk; /* (horizon x action_dim) */
    void *state;  /* of the brain */
    bool has_state;
    bool
        is_new; /* nothing was asked yet: what the state was told by another client is to be forgotten */
    uint64_t n_request; /* of this client so far */
    double previous_s;  /* what the request before took, from received to sent */
} spoti_seat;

/* The times of the last answers. */
typedef struct spoti_serve_clock {
    float *infer_ms, *answer_ms; /* (SPOTI_SERVE_TIMED) each, a ring */
    int64_t n;                   /* ever noted */
} spoti_serve_clock;

struct spot_serve {
    const spot_allocator *allocator;
    const spot_brain *brain;
    spot_brain_info info;
    spot_brain_config begin;
    spot_point point;
    char *kernels, *instruction; /* NULL = none */
    uint64_t seed;
    int n_thread;
    size_t n_seat;
    void (*refused)(void *ctx, const char *line);
    void *refused_ctx;
    spoti_bytes metadata; /* the first frame of every connection */
    spoti_net_server *net;

    pthread_mutex_t lock, begin_lock;
    pthread_cond_t wake;
    bool has_lock, has_begin_lock, has_wake;
    spoti_seat *seats; /* (n_seat) */
    uint64_t n_ticket;
    bool is_stopping;
    spot_serve_stats stats; /* without its times */
    spoti_serve_clock clock;
};

/* As spot_serve_create, with other limits than the usual ones; `connections` stands for n_connection. */
spot_status spoti_serve_create(const spot_brain *brain, const spot_serve_config *config,
                               const spoti_net_limits *limits, spot_serve **out, spot_diag *diag);

/* The usual ones. */
void spoti_serve_limits(spoti_net_limits *limits);

/* Floats in a chunk. */
size_t spoti_serve_chunk_size(const spot_serve *server);

/* ---- seats.c: who comes, asks and goes ---- */

/* What the network calls; `self` is the server. */
extern const spoti_net_server_ops SPOTI_SERVE_OPS;

/* Begins the state of a seat if it has none. */
spot_status spoti_seat_begin(spot_serve *server, spoti_seat *seat, spot_diag *diag);

/* A thread that answers requests until the server stops; `arg` is the server. */
void *spoti_serve_work(void *arg);

/* ---- request.c ---- */

/* Reads seat->frame into seat->request. Returns OK, or why not with one line in diag. */
spot_status spoti_serve_read(const spot_serve *server, spoti_seat *seat, spot_diag *diag);

/* ---- answer.c ---- */

/* Writes server->metadata. `policy` and `task` as in the config. */
spot_status spoti_serve_describe(spot_serve *server, const char *policy, const char *task,
                                 spot_diag *diag);

/* Does what seat->request asks and writes seat->answer; *infer_s is what the brain's call took. */
spot_status spoti_serve_answer(const spot_serve *server, spoti_seat *seat, double *infer_s,
                               spot_diag *diag);

/* ---- clock.c ---- */

spot_status spoti_serve_clock_init(spoti_serve_clock *clock, const spot_allocator *allocator);
void spoti_serve_clock_fini(spoti_serve_clock *clock, const spot_allocator *allocator);

/* Locked by the caller. */
void spoti_serve_clock_note(spoti_serve_clock *clock, double infer_s, double answer_s);

#endif
