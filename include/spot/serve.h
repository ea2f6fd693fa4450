/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A brain served to anybody: whoever speaks openpi's protocol of policy servers (a websocket, msgpack with numpy
 * arrays) is given its chunks.
 *
 *     spot_serve_config_default(&config);
 *     config.point = &point;
 *     spot_serve_create(&brain, &config, &server, &diag);
 *     printf("port %d\n", spot_serve_port(server));
 *     spot_serve_run(server, &diag);               // until spot_serve_stop, which a signal handler may call
 *     spot_serve_read_stats(server, &stats);
 *     spot_serve_destroy(server);
 *
 * The first frame a client gets is a map of what is served, under `spot`. It then asks, one request at a time:
 *
 *     observation/state  float (obs_dim); `observation.state` and `state` are names of it too, and any type of number
 *     prompt             text, what is asked of the robot; optional
 *     observation/NAME   uint8 (height x width x 3), for a brain that sees; `observation.images.NAME` too
 *     spot/noise         float32 (horizon x action_dim): the noise of the inference, where the brain takes one
 *     spot/begin         true: an episode begins, and the past is forgotten. So it is when a connection begins
 *     spot/past          map {state: float (k x obs_dim), command: float (k x action_dim)}: the actions that started
 *                        since the last request, for a brain that remembers; without it nothing is added to its past
 *     spot/anchor        float64 (n): the anchor of the observation (brain.h)
 *
 * and other keys are let be, but for unknown ones of `spot/`. The answer is {actions: float32 (horizon x action_dim),
 * policy_timing, server_timing}. Without spot/noise the noise is drawn from the seed and the number of the
 * connection's requests before. What cannot be answered is told in one line, a text frame, and the connection is closed
 * with 1011; the server goes on. `GET /healthz` on the same port answers `OK`.
 *
 * There is no authentication and no encryption: the default address is this computer's own.
 */
#ifndef SPOT_SERVE_H
#define SPOT_SERVE_H

#include <stdint.h>

#include "spot/alloc.h"
#include "spot/brain.h"
#include "spot/point.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_serve spot_serve;

enum {
    SPOT_SERVE_PORT = 8000, /* openpi's */
    SPOT_SERVE_CONNECTIONS_MAX = 4096,
    SPOT_SERVE_THREADS_MAX = 256,
    SPOT_SERVE_PAST_MAX = 4096, /* actions of one spot/past */
};

/* What is served, and to whom. The texts are borrowed during create, the allocator until destroy. */
typedef struct spot_serve_config {
    size_t size;      /* of this struct, set by its default function; else E_INVALID */
    const char *host; /* a numeric address of this computer; default 127.0.0.1, from here alone */
    int port;         /* 0..65535, 0 = any that is free; default SPOT_SERVE_PORT */
    const spot_point *point; /* the operating point; default NULL, the baseline */
    const char *kernels;     /* as in spot_brain_config; default NULL, the best of this CPU */
    const char *policy;      /* its name, as clients are told; default "" */
    const char *task;        /* the same; default "", what the brain says */
    const char *instruction; /* for requests without a prompt; default NULL, none */
    int connections;         /* at once, 1..SPOT_SERVE_CONNECTIONS_MAX; default 16 */
    int threads; /* that infer, 1..SPOT_SERVE_THREADS_MAX; default 1. Pings are answered by another */
    uint64_t seed;                   /* of the noise of requests that bring none; default 0 */
    const spot_allocator *allocator; /* locked by itself: several threads use it; NULL = malloc */
    /* Told one line of each request that was refused, one call at a time, on a thread of the server; the text may
     * hold what a client sent (show.h). Must not wait for long, nor call the server. Default NULL. */
    void (*refused)(void *ctx, const char *line);
    void *refused_ctx;
} spot_serve_config;

/* Times of answered requests, in milliseconds. */
typedef struct spot_serve_times {
    double p50_ms, p95_ms, p99_ms, max_ms; /* nearest ranks; 0 without any */
} spot_serve_times;

/* What a server has done so far. */
typedef struct spot_serve_stats {
    int64_t clients;         /* that have connected */
    int64_t clients_served;  /* of these, with one answer at least */
    int64_t answered;        /* requests */
    int64_t refused;         /* requests */
    int64_t timed;           /* the last answers, at most 16384: those that the times are of */
    spot_serve_times infer;  /* the brain's call alone */
    spot_serve_times answer; /* from the request's last byte to its answer given to the network */
} spot_serve_stats;

SPOT_API void spot_serve_config_default(spot_serve_config *config);

/* Listens and begins one state of the brain, so that a point that cannot be had is refused here; more are begun as clients
 * come. `brain` is borrowed until destroy. Clients wait until spot_serve_run.
 * Ownership: on success *out is the caller's, given back by spot_serve_destroy; on failure it is NULL.
 * Returns SPOT_OK, E_INVALID (also a host that is no numeric address), E_RANGE, E_IO (the address cannot be had),
 * E_NOMEM, or as spot_brain_begin. */
SPOT_API spot_status spot_serve_create(const spot_brain *brain, const spot_serve_config *config,
                                       spot_serve **out, spot_diag *diag);

/* The port that it listens on. Threads: any. */
SPOT_API int spot_serve_port(const spot_serve *server);

/* Serves until spot_serve_stop, on this thread and those of the config; inferences that run then are waited for. Call it
 * once. Returns SPOT_OK, E_IO (threads cannot be had, the event loop fails). */
SPOT_API spot_status spot_serve_run(spot_serve *server, spot_diag *diag);

/* Makes spot_serve_run end, also before it began. Threads: any, and signal handlers. */
SPOT_API void spot_serve_stop(spot_serve *server);

/* Returns SPOT_OK, E_INVALID, E_NOMEM. Threads: any. */
SPOT_API spot_status spot_serve_read_stats(spot_serve *server, spot_serve_stats *out);

/* Ends the states and gives all back; NULL is fine. spot_serve_run must have returned or never been called. */
SPOT_API void spot_serve_destroy(spot_serve *server);

#ifdef __cplusplus
}
#endif

#endif
