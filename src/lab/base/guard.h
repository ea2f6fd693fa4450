/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Work that may crash or never end, in a process of its own.
 *
 * The HDF5 library trusts files more than they deserve: of random changes to the bytes of a good file about one in
 * 300 made release 1.10 fail with a segmentation fault or loop for ever; and it cannot give up a file on a full disk.
 * MuJoCo keeps the text of one model a process. So they run in a child that may have a limit on its time and hands over
 * what it found through a pipe; whatever befalls it, the caller sees a status.
 */
#ifndef SPOTI_LAB_BASE_GUARD_H
#define SPOTI_LAB_BASE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/status.h"

/* Runs in the child. What it sends with spoti_guard_send after it has returned SPOT_OK is up to
 * `send`. */
typedef struct spoti_guarded {
    spot_status (*work)(void *context, spot_diag *diag);
    void (*send)(void *context, int fd); /* in the child, after success */
    spot_status (*receive)(void *context, int fd,
                           spot_diag *diag); /* in the caller, after success */
    void *context; /* of all three; changes that the child makes to it are not seen by the caller */
    const char *path; /* of the file, for messages */
    int cpu_s;        /* processor time that the child may use; 0 = any */
} spoti_guarded;

/* Sends or receives all of it; false if the other side went away. */
bool spoti_guard_send(int fd, const void *data, size_t size);
bool spoti_guard_receive(int fd, void *data, size_t size);

/* What `receive` returns where the child went away. */
spot_status spoti_guard_broken(const char *path, spot_diag *diag);

/* Returns what `work`, then `receive` did; E_FORMAT where the child did not survive; E_IO where
 * none could be made. */
spot_status spoti_guard_run(const spoti_guarded *guarded, spot_diag *diag);

#endif
