/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Who comes, asks and goes (on the serving thread), and the workers that answer. */
#include "core/base/clock.h"
#include "core/base/text.h"
#include "runtime/serve/room.h"
#include "spot/show.h"

enum { CLOSE_ERROR = 1011, CLOSE_LATER = 1013 };

static const char SEE_BEFORE[] = "the text frame before this says why";

/* Locked. The seat of a connection, NULL if it has none. */
static spoti_seat *find_seat(spot_serve *server, spoti_net_id id)
{
    for (size_t i = 0; i < server->n_seat; i++) {
        spoti_seat *seat = &server->seats[i];
        if (seat->phase != SPOTI_SEAT_FREE && !seat->is_gone && seat->id == id) {
            return seat;
        }
    }
    return NULL;
}

/* Locked. Tells the client why, and has the connection closed. */
static void refuse(spot_serve *server, const spoti_seat *seat, spoti_net_id id, spot_status st,
                   const spot_diag *diag)
{
    char why[SPOT_DIAG_TEXT_SIZE];
    char line[SPOT_DIAG_TEXT_SIZE + 64];

    /* What a client sent may be no UTF-8, which a text frame has to be. */
    (void)spot_show(why, sizeof(why), diag->text[0] != '\0' ? diag->text : spot_status_str(st));
    if (spoti_net_server_fail(server->net, id, why, CLOSE_ERROR, SEE_BEFORE) == SPOT_E_NOT_FOUND) {
        return; /* he has left: nobody was refused */
    }
    server->stats.refused++;
    if (server->refused != NULL) {
        (void)spoti_format(line, sizeof(line), "client %lld: %s", (long long)seat->n_client, why);
        server->refused(server->refused_ctx, line);
    }
}

/* What a large request has taken is given back, so that many clients do not add up. */
static void trim(spoti_seat *seat)
{
    if (seat->frame.room > SPOTI_SERVE_KEEP_BYTES) {
        spoti_bytes_fini(&seat->frame);
    }
    if (seat->request.past.room > SPOTI_SERVE_KEEP_BYTES) {
        spoti_bytes_fini(&seat->request.past);
    }
    if (seat->record.room > SPOTI_SERVE_KEEP_BYTES / sizeof(spoti_value)) {
        spoti_record_fini(&seat->record);
    }
}

/* ---- the serving thread ---- */

static void on_connected(void *self, spoti_net_id id)
{
    spot_serve *server = self;
    spoti_seat *seat = NULL;

    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; seat == NULL && i < server->n_seat; i++) {
        seat = server->seats[i].phase == SPOTI_SEAT_FREE ? &server->seats[i] : NULL;
    }
    if (seat != NULL) {
        seat->phase = SPOTI_SEAT_IDLE;
        seat->id = id;
        seat->is_new = true;
        seat->n_request = 0;
        seat->n_client = ++server->stats.clients;
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (seat == NULL || spoti_net_server_reply(server->net, id, server->metadata.data,
                                               server->metadata.size) != SPOT_OK) {
        (void)spoti_net_server_fail(server->net, id, NULL, CLOSE_LATER, "try again later");
    }
}

/* Locked. Why a message is not taken, OK if it is; then it lies in the seat. */
static spot_status take(spot_serve *server, spoti_seat *seat, const spoti_net_message *message,
                        spot_diag *diag)
{
    if (seat->phase != SPOTI_SEAT_IDLE) {
        return spot_diag_set(diag, SPOT_E_STATE,
                             "request: it came before the one before was answered, expected one "
                             "at a time");
    }
    if (message->is_text) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "request: a text frame, expected a binary one with msgpack in it");
    }
    seat->frame.size = 0;
    const spot_status st = spoti_bytes_append(&seat->frame, message->data, message->size);
    if (st != SPOT_OK) {
        return st;
    }
    seat->received_s = spoti_now_s();
    seat->ticket = server->n_ticket++;
    seat->phase = SPOTI_SEAT_WAITING;
    (void)pthread_cond_signal(&server->wake);
    return SPOT_OK;
}

static void on_message(void *self, spoti_net_id id, const spoti_net_message *message)
{
    spot_serve *server = self;
    spot_diag diag = {""};

    (void)pthread_mutex_lock(&server->lock);
    spoti_seat *seat = find_seat(server, id);
    const spot_status st = seat != NULL ? take(server, seat, message, &diag) : SPOT_OK;
    if (st != SPOT_OK) {
        refuse(server, seat, id, st, &diag);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static void on_closed(void *self, spoti_net_id id)
{
    spot_serve *server = self;

    (void)pthread_mutex_lock(&server->lock);
    spoti_seat *seat = find_seat(server, id);
    if (seat != NULL && seat->phase == SPOTI_SEAT_RUNNING) {
        seat->is_gone = true; /* its worker frees it */
    } else if (seat != NULL) {
        seat->phase = SPOTI_SEAT_FREE;
        trim(seat);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

const spoti_net_server_ops SPOTI_SERVE_OPS = {
    .connected = on_connected, .message = on_message, .closed = on_closed};

/* ---- workers ---- */

spot_status spoti_seat_begin(spot_serve *server, spoti_seat *seat, spot_diag *diag)
{
    spot_status st = SPOT_OK;

    if (!seat->has_state) {
        (void)pthread_mutex_lock(&server->begin_lock); /* one at a time, as the table says */
        st = spot_brain_begin(server->brain, &server->begin, &seat->state, diag);
        (void)pthread_mutex_unlock(&server->begin_lock);
        seat->has_state = st == SPOT_OK;
    }
    return st;
}

/* Locked. Notes what an answer took that was handed to the network. */
static void note(spot_serve *server, spoti_seat *seat, double infer_s)
{
    seat->previous_s = spoti_now_s() - seat->received_s;
    spoti_serve_clock_note(&server->clock, infer_s, seat->previous_s);
    server->stats.clients_served += seat->n_request == 0 ? 1 : 0;
    server->stats.answered++;
    seat->n_request++;
}

/* Locked. */
static void send_answer(spot_serve *server, spoti_seat *seat, spoti_net_id id, double infer_s)
{
    spot_diag diag = {""};
    spot_status st = spoti_net_server_reply(server->net, id, seat->answer.data, seat->answer.size);

    if (st == SPOT_OK) {
        note(server, seat, infer_s);
    } else if (st != SPOT_E_NOT_FOUND) {
        (void)spot_diag_set(&diag, st, "%s",
                            st == SPOT_E_RANGE
                                ? "request: the answers before were not read, expected a client "
                                  "that reads"
                                : "no memory for the answer");
        refuse(server, seat, id, st, &diag);
    }
}

/* Locked by the caller, but not while it works. */
static void run(spot_serve *server, spoti_seat *seat)
{
    const spoti_net_id id = seat->id;
    spot_diag diag = {""};
    double infer_s = 0.0;

    seat->phase = SPOTI_SEAT_RUNNING;
    (void)pthread_mutex_unlock(&server->lock);
    seat->begun_s = spoti_now_s();
    spot_status st = spoti_seat_begin(server, seat, &diag);
    st = st == SPOT_OK ? spoti_serve_read(server, seat, &diag) : st;
    st = st == SPOT_OK ? spoti_serve_answer(server, seat, &infer_s, &diag) : st;
    trim(seat);
    (void)pthread_mutex_lock(&server->lock);
    if (st == SPOT_OK) {
        send_answer(server, seat, id, infer_s);
    } else {
        refuse(server, seat, id, st, &diag);
    }
    /* With the answer on its way the client may ask again, and finds the seat ready: both under one lock. */
    seat->phase = seat->is_gone ? SPOTI_SEAT_FREE : SPOTI_SEAT_IDLE;
    seat->is_gone = false;
}

/* Locked. The request that has waited longest, NULL if none does. */
static spoti_seat *next(spot_serve *server)
{
    spoti_seat *first = NULL;

    for (size_t i = 0; i < server->n_seat; i++) {
        spoti_seat *seat = &server->seats[i];
        if (seat->phase == SPOTI_SEAT_WAITING && (first == NULL || seat->ticket < first->ticket)) {
            first = seat;
        }
    }
    return first;
}

void *spoti_serve_work(void *arg)
{
    spot_serve *server = arg;

    (void)pthread_mutex_lock(&server->lock);
    while (!server->is_stopping) {
        spoti_seat *seat = next(server);
        if (seat != NULL) {
            run(server, seat);
        } else {
            (void)pthread_cond_wait(&server->wake, &server->lock);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}
