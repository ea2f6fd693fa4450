/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The process between us and a program (child.h): what runs in it. */
#ifndef SPOTI_PROCESS_MINDER_H
#define SPOTI_PROCESS_MINDER_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/sim/process/child.h"

typedef struct spoti_minded {
    const char *program;     /* absolute */
    const char *const *argv; /* NULL-ended */
    const char *dir;         /* that it runs in */
    char **environment;      /* (n_environment + 1) NULL-ended; borrowed texts */
    size_t n_environment;
    int socket; /* the program's, to us */
    int output; /* the program's stdout and stderr */
    int words;  /* where that is read */
    int life;   /* to us: closed, we are gone */
} spoti_minded;

/* What is sent over `life` when the program has ended. */
typedef struct spoti_minder_report {
    int status; /* as waitpid's */
    char line[SPOTI_CHILD_LINE_SIZE];
} spoti_minder_report;

/* Our environment with what every program gets: one thread, and dictionaries in the same order each time.
 * False where memory is short. */
bool spoti_minded_environment(spoti_minded *minded, const spot_allocator *allocator);
void spoti_minded_fini(spoti_minded *minded, const spot_allocator *allocator);

/* In a process that was just forked: starts the program and minds it. Calls what a signal handler may call, and nothing
 * else: other threads of ours may have held locks. Does not return. */
_Noreturn void spoti_mind(const spoti_minded *minded);

#endif
