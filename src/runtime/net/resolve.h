/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From a host's name to addresses, within a time: the resolver of the C library may wait longer than anybody wants. */
#ifndef SPOTI_NET_RESOLVE_H
#define SPOTI_NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/status.h"

enum { SPOTI_RESOLVE_MAX = 4, SPOTI_RESOLVE_TEXT_SIZE = 64 };

typedef struct spoti_resolved {
    size_t n;
    char address[SPOTI_RESOLVE_MAX]
                [SPOTI_RESOLVE_TEXT_SIZE]; /* (n) numbers, the first to be tried first */
} spoti_resolved;

/* Numbers are taken at once; a name is looked up on a thread of its own, which is left to itself when the time is over.
 * Returns OK with n >= 1, E_NOT_FOUND, E_IO (no answer in time) or E_NOMEM. */
spot_status spoti_resolve(const char *host, int port, double timeout_s, spoti_resolved *out,
                          spot_diag *diag);

/* Why a connection to a numeric address fails: errno of a try that takes no longer than timeout_s, 0 if it works,
 * ETIMEDOUT if nothing is known in time. */
int spoti_resolve_why(const char *address, int port, double timeout_s);

#endif
