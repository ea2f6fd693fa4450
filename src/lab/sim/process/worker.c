/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/worker.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/text.h"

/* The size in front of a message; it lies at the end of the room that an encoded frame has in front. */
enum { HEAD = 4, HEAD_AT = SPOTI_NET_FRAME_HEAD - HEAD, MESSAGE_BYTES_MAX = 64 << 20 };

static const double POLL_MS_MAX = 1e9;

/* ---- bytes over the socket ---- */

typedef enum moved { MOVED, SILENT, GONE } moved;

static moved wait_for(int fd, short what, double until_s)
{
    struct pollfd wait = {.fd = fd, .events = what};
    for (;;) {
        const double left_ms = ceil((until_s - spoti_now_s()) * 1e3);
        if (!(left_ms > 0.0)) {
            return SILENT;
        }
        const int n = poll(&wait, 1, (int)fmin(left_ms, POLL_MS_MAX));
        if (n > 0) {
            return MOVED;
        }
        if (n < 0 && errno != EINTR) {
            return GONE;
        }
    }
}

static bool again(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* Sends (POLLOUT) or receives (POLLIN) all of `data`. */
static moved move_all(int fd, short what, unsigned char *data, size_t size, double until_s)
{
    while (size > 0) {
        const ssize_t n =
            what == POLLOUT ? send(fd, data, size, MSG_NOSIGNAL) : recv(fd, data, size, 0);
        if (n > 0) {
            data += n;
            size -= (size_t)n;
            continue;
        }
        const moved m = again(n) ? wait_for(fd, what, until_s) : GONE;
        if (m != MOVED) {
            return m;
        }
    }
    return MOVED;
}

/* ---- messages ---- */

/* Why nothing came. The worker is killed. */
static spot_status say_why(spoti_worker *w, moved m, const char *op, spot_diag *diag)
{
    char words[2 * SPOTI_CHILD_LINE_SIZE];
    if (m == SILENT) {
        spoti_child_stop(&w->child);
        return spot_diag_set(diag, SPOT_E_IO,
                             "the world did not answer '%s' for %g s, expected less (timeout_s)",
                             op, w->allowed_s);
    }
    spoti_child_last_words(&w->child, words, sizeof(words));
    return spot_diag_set(diag, SPOT_E_IO, "the world's process %s", words);
}

static spot_status nonsense(spoti_worker *w, const char *what, spot_diag *diag)
{
    spoti_child_stop(&w->child);
    return spot_diag_set(diag, SPOT_E_IO, "the world answers nonsense: %s", what);
}

/* A message of the worker, decoded into w->answer. It is taken in pieces as it comes: what is announced is not
 * allocated. */
static spot_status receive(spoti_worker *w, const char *op, double until_s, spot_diag *diag)
{
    enum { PIECE = 1 << 16 };
    unsigned char head[HEAD];
    spot_diag why = {""};

    moved m = move_all(w->child.fd, POLLIN, head, HEAD, until_s);
    if (m != MOVED) {
        return say_why(w, m, op, diag);
    }
    const size_t size =
        (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (size > MESSAGE_BYTES_MAX) {
        return nonsense(w, "a message of more than 64 MiB, expected less", diag);
    }
    w->in.size = 0;
    while (w->in.size < size) {
        const size_t rest = size - w->in.size;
        const size_t piece = rest < PIECE ? rest : PIECE;
        const size_t room = w->in.size + piece;
        if (room > w->in.room && spoti_bytes_reserve(&w->in, 2 * room) != SPOT_OK) {
            return SPOT_E_NOMEM;
        }
        m = move_all(w->child.fd, POLLIN, w->in.data + w->in.size, piece, until_s);
        if (m != MOVED) {
            return say_why(w, m, op, diag);
        }
        w->in.size = room;
    }
    const spot_status st = spoti_record_decode(&w->answer, "a message", w->in.data, size, &why);
    return st == SPOT_OK || st == SPOT_E_NOMEM ? st : nonsense(w, why.text, diag);
}

/* An answer that is a map, and no error. */
static spot_status check_answer(spoti_worker *w, const spoti_value **answer, spot_diag *diag)
{
    const spoti_value *root = spoti_record_root(&w->answer);
    if (root == NULL || root->kind != SPOTI_VALUE_MAP) {
        return nonsense(w, "a message that is no map", diag);
    }
    const spoti_value *error = spoti_value_find(root, "error");
    if (error != NULL) {
        char line[SPOT_FAULT_SIZE] = "";
        spot_diag why = {""};
        if (spoti_value_to_text(error, "error", line, sizeof(line), &why) != SPOT_OK) {
            return nonsense(w, why.text, diag);
        }
        for (char *at = line; *at != '\0'; at++) {
            if ((unsigned char)*at < ' ' || *at == 127) {
                *at = ' ';
            }
        }
        spoti_child_stop(&w->child);
        return spot_diag_set(diag, SPOT_E_IO, "%s", line);
    }
    *answer = root;
    return SPOT_OK;
}

/* ---- life ---- */

spot_status spoti_worker_start(const spoti_worker_source *source, const char *where,
                               spoti_worker **out, spot_diag *diag)
{
    const spoti_value *hello = NULL;
    spot_diag why = {""};

    *out = NULL;
    spoti_worker *w = spoti_calloc(source->allocator, 1, sizeof(*w));
    if (w == NULL) {
        return SPOT_E_NOMEM;
    }
    w->allocator = w->request.allocator = w->answer.allocator = source->allocator;
    w->out.allocator = w->in.allocator = source->allocator;
    w->timeout_s = w->allowed_s = source->timeout_s;
    spot_status st =
        spoti_child_start(source->argv, source->dir, where, source->allocator, &w->child, diag);
    if (st == SPOT_OK) {
        st = receive(w, "hello", spoti_now_s() + w->timeout_s, &why);
        st = st == SPOT_OK ? check_answer(w, &hello, &why) : st;
        if (st != SPOT_OK && why.text[0] != '\0') {
            (void)spot_diag_set(diag, st, "%s: %s", where, why.text);
        }
    }
    st = st == SPOT_OK ? spoti_hello_read(hello, w->in.data, w->in.size, where, &w->hello, diag)
                       : st;
    if (st != SPOT_OK) {
        spoti_worker_destroy(w);
        return st;
    }
    *out = w;
    return SPOT_OK;
}

void spoti_worker_destroy(spoti_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    spoti_child_stop(&worker->child);
    spoti_record_fini(&worker->request);
    spoti_record_fini(&worker->answer);
    spoti_bytes_fini(&worker->out);
    spoti_bytes_fini(&worker->in);
    spoti_free(worker->allocator, worker, sizeof(*worker));
}

/* ---- calls ---- */

void spoti_worker_begin(spoti_worker *worker, const char *op)
{
    worker->allowed_s = worker->timeout_s;
    spoti_record_clear(&worker->request);
    spoti_record_map(&worker->request, NULL);
    spoti_record_put_text(&worker->request, "op", op);
}

/* The request's name, for messages. */
static void name_of(const spoti_worker *w, char name[SPOTI_WORKER_NAME_SIZE])
{
    (void)spoti_value_to_text(spoti_value_find(spoti_record_root(&w->request), "op"), "op", name,
                              SPOTI_WORKER_NAME_SIZE, NULL);
}

spot_status spoti_worker_call(spoti_worker *worker, const spoti_value **answer, spot_diag *diag)
{
    const double until_s = spoti_now_s() + worker->allowed_s;
    char op[SPOTI_WORKER_NAME_SIZE] = "";

    spoti_record_end(&worker->request);
    name_of(worker, op);
    if (worker->child.minder <= 0) {
        return spot_diag_set(diag, SPOT_E_IO, "the world's process has ended");
    }
    spot_status st =
        spoti_record_encode_frame(&worker->request, SPOTI_DIALECT_VLA_EVAL, &worker->out, diag);
    if (st != SPOT_OK) {
        return st;
    }
    unsigned char *head = worker->out.data + HEAD_AT;
    const size_t size = worker->out.size - SPOTI_NET_FRAME_HEAD;
    for (int i = 0; i < HEAD; i++) {
        head[i] = (unsigned char)(size >> (8 * i));
    }
    const moved m = move_all(worker->child.fd, POLLOUT, head, size + HEAD, until_s);
    if (m != MOVED) {
        return say_why(worker, m, op, diag);
    }
    st = receive(worker, op, until_s, diag);
    return st == SPOT_OK ? check_answer(worker, answer, diag) : st;
}
