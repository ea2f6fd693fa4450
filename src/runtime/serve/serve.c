/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The server's life: what may be asked of it, what it takes before anybody comes, and how it ends. */
#include "spot/serve.h"

#include <signal.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "runtime/serve/room.h"

void spot_serve_config_default(spot_serve_config *config)
{
    if (config != NULL) {
        *config = (spot_serve_config){.size = sizeof(*config),
                                      .host = "127.0.0.1",
                                      .port = SPOT_SERVE_PORT,
                                      .policy = "",
                                      .task = "",
                                      .connections = 16,
                                      .threads = 1};
    }
}

void spoti_serve_limits(spoti_net_limits *limits)
{
    spoti_net_limits_default(limits);
    limits->frame_bytes = SPOTI_SERVE_FRAME_BYTES;
}

/* ---- what may be asked ---- */

static spot_status check_config(const spot_serve_config *config, spot_diag *diag)
{
    if (config->host == NULL || config->policy == NULL || config->task == NULL) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "serve: a text is NULL, expected host, policy "
                             "and task");
    }
    if (config->connections < 1 || config->connections > SPOT_SERVE_CONNECTIONS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "connections: %d, expected 1 to %d",
                             config->connections, SPOT_SERVE_CONNECTIONS_MAX);
    }
    if (config->threads < 1 || config->threads > SPOT_SERVE_THREADS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "threads: %d, expected 1 to %d", config->threads,
                             SPOT_SERVE_THREADS_MAX);
    }
    if (config->port < 0 || config->port > UINT16_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "port: %d, expected 0 to %d", config->port,
                             UINT16_MAX);
    }
    return SPOT_OK;
}

/* What belongs to the robot's loop would be turned here without any effect. */
static spot_status check_point(const spot_point *point, spot_diag *diag)
{
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *knob = spot_knob_at(i);
        if (!knob->in_inference && !spot_knob_is_baseline(i, point)) {
            char value[SPOT_KNOB_VALUE_SIZE];
            spot_knob_value(i, point, value);
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "%s: %s, expected %s: the client decides it, not the server",
                                 knob->name, value, knob->baseline);
        }
    }
    return SPOT_OK;
}

/* ---- creating ---- */

static spot_status make_locks(spot_serve *server)
{
    server->has_lock = pthread_mutex_init(&server->lock, NULL) == 0;
    server->has_begin_lock = pthread_mutex_init(&server->begin_lock, NULL) == 0;
    server->has_wake = pthread_cond_init(&server->wake, NULL) == 0;
    return server->has_lock && server->has_begin_lock && server->has_wake ? SPOT_OK : SPOT_E_NOMEM;
}

static spot_status make_seats(spot_serve *server)
{
    const size_t n_chunk = spoti_serve_chunk_size(server);
    const spot_allocator *allocator = server->allocator;

    server->seats = spoti_calloc(allocator, server->n_seat, sizeof(*server->seats));
    if (server->seats == NULL) {
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; i < server->n_seat; i++) {
        spoti_seat *seat = &server->seats[i];
        seat->frame.allocator = allocator;
        seat->record.allocator = allocator;
        seat->answer.allocator = allocator;
        seat->request.past.allocator = allocator;
        seat->request.obs = spoti_calloc(allocator, (size_t)server->info.obs_dim, sizeof(float));
        seat->chunk = spoti_calloc(allocator, n_chunk, sizeof(float));
        if (server->info.takes_noise) {
            seat->request.noise = spoti_calloc(allocator, n_chunk, sizeof(float));
        }
        if (seat->request.obs == NULL || seat->chunk == NULL ||
            (server->info.takes_noise && seat->request.noise == NULL)) {
            return SPOT_E_NOMEM;
        }
    }
    return SPOT_OK;
}

static void free_seats(spot_serve *server)
{
    const size_t chunk_bytes = spoti_serve_chunk_size(server) * sizeof(float);

    for (size_t i = 0; server->seats != NULL && i < server->n_seat; i++) {
        spoti_seat *seat = &server->seats[i];
        if (seat->has_state) {
            spot_brain_end(server->brain, seat->state);
        }
        spoti_bytes_fini(&seat->frame);
        spoti_record_fini(&seat->record);
        spoti_bytes_fini(&seat->answer);
        spoti_bytes_fini(&seat->request.past);
        spoti_free(server->allocator, seat->request.obs,
                   (size_t)server->info.obs_dim * sizeof(float));
        spoti_free(server->allocator, seat->request.noise, chunk_bytes);
        spoti_free(server->allocator, seat->chunk, chunk_bytes);
    }
    spoti_free(server->allocator, server->seats, server->n_seat * sizeof(*server->seats));
}

/* Copies what the config says and the brain is. */
static spot_status take_config(spot_serve *server, const spot_serve_config *config, spot_diag *diag)
{
    spot_status st = spot_brain_describe(server->brain, &server->info, diag);

    if (st != SPOT_OK) {
        return st;
    }
    spot_point_default(&server->point);
    server->point = config->point != NULL ? *config->point : server->point;
    if (server->point.steps == 0) {
        server->point.steps = server->info.default_steps;
    }
    server->kernels = spoti_strdup(server->allocator, config->kernels);
    server->instruction = spoti_strdup(server->allocator, config->instruction);
    if ((config->kernels != NULL && server->kernels == NULL) ||
        (config->instruction != NULL && server->instruction == NULL)) {
        return SPOT_E_NOMEM;
    }
    spot_brain_config_default(&server->begin);
    server->begin.point = &server->point;
    server->begin.kernels = server->kernels;
    server->begin.allocator = server->allocator;
    server->metadata.allocator = server->allocator;
    server->seed = config->seed;
    server->n_thread = config->threads;
    server->n_seat = (size_t)config->connections + (size_t)config->threads;
    server->refused = config->refused;
    server->refused_ctx = config->refused_ctx;
    return check_point(&server->point, diag);
}

static spot_status listen_on(spot_serve *server, const spot_serve_config *config,
                             const spoti_net_limits *limits, spot_diag *diag)
{
    spoti_net_server_config net;

    spoti_net_server_config_default(&net);
    net.allocator = server->allocator;
    net.host = config->host;
    net.port = config->port;
    net.limits = *limits;
    net.limits.n_connection = (size_t)config->connections;
    net.ops = &SPOTI_SERVE_OPS;
    net.self = server;
    return spoti_net_server_create(&net, &server->net, diag);
}

static spot_status build(spot_serve *server, const spot_serve_config *config,
                         const spoti_net_limits *limits, spot_diag *diag)
{
    spot_status st = make_locks(server);

    st = st == SPOT_OK ? take_config(server, config, diag) : st;
    st = st == SPOT_OK ? spoti_serve_clock_init(&server->clock, server->allocator) : st;
    st = st == SPOT_OK ? make_seats(server) : st;
    /* before the identity, which is of the baseline: a point that cannot be had is the user's own error */
    st = st == SPOT_OK ? spoti_seat_begin(server, &server->seats[0], diag) : st;
    st = st == SPOT_OK ? spoti_serve_describe(server, config->policy, config->task, diag) : st;
    return st == SPOT_OK ? listen_on(server, config, limits, diag) : st;
}

spot_status spoti_serve_create(const spot_brain *brain, const spot_serve_config *config,
                               const spoti_net_limits *limits, spot_serve **out, spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (brain == NULL || SPOTI_CONFIG_CHECK(spot_serve_config, config, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_config(config, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spot_serve *server = spoti_calloc(config->allocator, 1, sizeof(*server));
    if (server == NULL) {
        return SPOT_E_NOMEM;
    }
    server->allocator = config->allocator;
    server->brain = brain;
    st = build(server, config, limits, diag);
    if (st != SPOT_OK) {
        spot_serve_destroy(server);
        return st;
    }
    *out = server;
    return SPOT_OK;
}

spot_status spot_serve_create(const spot_brain *brain, const spot_serve_config *config,
                              spot_serve **out, spot_diag *diag)
{
    spoti_net_limits limits;

    spoti_serve_limits(&limits);
    return spoti_serve_create(brain, config, &limits, out, diag);
}

void spot_serve_destroy(spot_serve *server)
{
    if (server == NULL) {
        return;
    }
    spoti_net_server_destroy(server->net); /* says `closed` of who is there, so it goes first */
    free_seats(server);
    spoti_serve_clock_fini(&server->clock, server->allocator);
    spoti_bytes_fini(&server->metadata);
    spoti_strfree(server->allocator, server->kernels);
    spoti_strfree(server->allocator, server->instruction);
    if (server->has_wake) {
        (void)pthread_cond_destroy(&server->wake);
    }
    if (server->has_begin_lock) {
        (void)pthread_mutex_destroy(&server->begin_lock);
    }
    if (server->has_lock) {
        (void)pthread_mutex_destroy(&server->lock);
    }
    spoti_free(server->allocator, server, sizeof(*server));
}

/* ---- running ---- */

int spot_serve_port(const spot_serve *server)
{
    return spoti_net_server_port(server->net);
}

void spot_serve_stop(spot_serve *server)
{
    spoti_net_server_stop(server->net);
}

static void stop_workers(spot_serve *server, const pthread_t *threads, int n)
{
    (void)pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    (void)pthread_cond_broadcast(&server->wake);
    (void)pthread_mutex_unlock(&server->lock);
    for (int i = 0; i < n; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

spot_status spot_serve_run(spot_serve *server, spot_diag *diag)
{
    pthread_t threads[SPOT_SERVE_THREADS_MAX];
    spot_status st = SPOT_OK;
    int n = 0;

    if (server == NULL) {
        return SPOT_E_INVALID;
    }
    while (st == SPOT_OK && n < server->n_thread) {
        if (pthread_create(&threads[n], NULL, spoti_serve_work, server) == 0) {
            n++;
        } else {
            st = spot_diag_set(diag, SPOT_E_IO, "only %d of %d threads can be had", n,
                               server->n_thread);
        }
    }
    st = st == SPOT_OK ? spoti_net_server_run(server->net, diag) : st;
    stop_workers(server, threads, n);
    return st;
}
