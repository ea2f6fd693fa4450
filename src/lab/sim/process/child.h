/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A program in a process of its own, with a socket to talk over, that ends with us whatever happens to either.
 *
 * Between us and the program stands a minder, a process that does nothing but wait: for the program's end, and for
 * ours. The program leads a process group of its own, so that Ctrl-C in a terminal is ours to handle. When it ends, and
 * when we stop it or die, killed or not, the minder kills all of that group. What the program writes to stdout and
 * stderr never reaches us but for its last line, which says why it ended.
 *
 * PR_SET_PDEATHSIG alone would not do: it fires when the *thread* that made the child ends.
 */
#ifndef SPOTI_PROCESS_CHILD_H
#define SPOTI_PROCESS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "spot/alloc.h"
#include "spot/status.h"

enum {
    SPOTI_CHILD_FD = 3,          /* the program's end of the socket, a descriptor */
    SPOTI_CHILD_LINE_SIZE = 200, /* of its last line */
};

typedef struct spoti_child {
    pid_t minder; /* 0 = none */
    int fd;       /* our end of the socket; does not block */
    int life;     /* of the minder: closed, it ends everything */
} spoti_child;

/* Starts argv (NULL-ended; argv[0] is looked for in PATH) in folder `dir`. `where` begins the line of diag.
 * Returns SPOT_OK, E_NOT_FOUND (no such program), E_IO, E_NOMEM. */
spot_status spoti_child_start(const char *const *argv, const char *dir, const char *where,
                              const spot_allocator *allocator, spoti_child *out, spot_diag *diag);

/* Kills it and all it forked, and reaps. Does nothing to a zeroed one. */
void spoti_child_stop(spoti_child *child);

/* The same for one that has ended, or is about to: `exited with 1: ImportError: no module`. */
void spoti_child_last_words(spoti_child *child, char *text, size_t text_size);

#endif
