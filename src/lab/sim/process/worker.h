/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A worker: the child process that holds one world, and calls to it.
 *
 * A call sends a record and waits for the answer. Whatever goes wrong (the child ends, is silent for too long, or
 * answers nonsense) is said in one line, and the worker is of no more use: it is to be destroyed, which kills it.
 */
#ifndef SPOTI_PROCESS_WORKER_H
#define SPOTI_PROCESS_WORKER_H

#include "lab/sim/process/child.h"
#include "lab/sim/process/message.h"

typedef struct spoti_worker {
    const spot_allocator *allocator;
    spoti_child child;
    double timeout_s;
    double allowed_s; /* for the answer to the request at hand */
    spoti_record request, answer;
    spoti_bytes out, in;
    spoti_hello hello;
    struct spoti_worker *next; /* of a list of idle ones */
} spoti_worker;

/* What a worker is started from; borrowed. */
typedef struct spoti_worker_source {
    const char *const *argv; /* NULL-ended */
    const char *dir;         /* that it runs in */
    double timeout_s;        /* of a call, the start included */
    const spot_allocator *allocator;
} spoti_worker_source;

/* Starts one and waits for its hello. `where` begins the line of diag.
 * Returns SPOT_OK, E_NOT_FOUND, E_IO (it ended or is silent), E_FORMAT, E_RANGE, E_UNSUPPORTED (its hello), E_NOMEM. */
spot_status spoti_worker_start(const spoti_worker_source *source, const char *where,
                               spoti_worker **out, spot_diag *diag);

/* Kills it; NULL-tolerant. */
void spoti_worker_destroy(spoti_worker *worker);

/* Begins the request `op`, a map in worker->request, to which the caller may add, as it may to worker->allowed_s, which
 * is timeout_s. */
void spoti_worker_begin(spoti_worker *worker, const char *op);

/* Ends and sends worker->request; *answer is the worker's until the next call. Allocates nothing once messages have
 * been as long as they get. Returns SPOT_OK, E_IO (diag: why), E_NOMEM. */
spot_status spoti_worker_call(spoti_worker *worker, const spoti_value **answer, spot_diag *diag);

#endif
