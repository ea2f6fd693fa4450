/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * One process at a time in a folder, or at a file.
 *
 * The lock is the system's, on a file beside what it guards (`.lock` in a folder, `NAME.lock` for a file) that says
 * who holds it: it ends with its process, also with a killed one, and the file of a killed one bars nobody.
 */
#ifndef SPOTI_RECORD_LOCK_H
#define SPOTI_RECORD_LOCK_H

#include <stdbool.h>

#include "core/base/text.h"
#include "spot/status.h"

typedef struct spoti_lock {
    bool held; /* false in a zeroed struct */
    int fd;
    char path[SPOTI_PATH_SIZE];
} spoti_lock;

/* Takes the lock of `path`, a folder or else the name of a file, without waiting. Where the file system has no
 * locks there is none, and nobody is kept out. Returns SPOT_OK, E_STATE (another process is at work there; diag
 * says which), E_IO (the folder cannot be written), E_RANGE (the path). */
spot_status spoti_lock_take(spoti_lock *lock, const char *path, spot_diag *diag);

/* Does nothing where none is held. */
void spoti_lock_release(spoti_lock *lock);

#endif
