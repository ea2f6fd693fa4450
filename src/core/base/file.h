/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Files that are whole or absent: written under another name beside the target, then renamed.
 *
 *     spoti_file file;
 *     st = spoti_file_begin(&file, path, diag);
 *     if (st == SPOT_OK) { fprintf(file.stream, ...); st = spoti_file_commit(&file, diag); }
 *
 * Write errors need no check of their own: the stream remembers them and commit reports them (a
 * full disk included). A target that is no regular file, /dev/null say, is written in place. What a process
 * that was killed has left beside the target goes when the target is written next.
 *
 * And files to read: opened here, they are files. A pipe would be waited for, can be read once only, and
 * tells no size; who can do with that (a log of trials) opens it himself.
 */
#ifndef SPOTI_BASE_FILE_H
#define SPOTI_BASE_FILE_H

#include <stdio.h>

#include "core/base/text.h"
#include "spot/status.h"

typedef struct spoti_file {
    FILE *stream;                    /* write here; NULL when closed */
    char path[SPOTI_PATH_SIZE];      /* the target */
    char temp[SPOTI_PATH_SIZE + 32]; /* what is being written; give it to a library that opens
                                      * files by name, between begin and commit */
} spoti_file;

/* Opens the temporary file. On failure (E_INVALID, E_RANGE: path too long, E_IO) nothing is left
 * behind and `file` may be given to abort. Threads: each file has one user at a time. */
spot_status spoti_file_begin(spoti_file *file, const char *path, spot_diag *diag);

/* Flushes, closes and renames to the target. On failure (E_IO) the target is as it was before and
 * the temporary file is gone. */
spot_status spoti_file_commit(spoti_file *file, spot_diag *diag);

/* Throws the temporary file away; does nothing after commit or a failed begin. */
void spoti_file_abort(spoti_file *file);

/* Makes a folder and those above it that are not there. Returns SPOT_OK, E_RANGE (path), E_IO. */
spot_status spoti_make_dirs(const char *path, spot_diag *diag);

/* E_IO, `PATH: cannot write: why`. error: errno's. */
spot_status spoti_file_cannot_write(const char *path, int error, spot_diag *diag);

/* Opens a regular file for reading. `expected` says what it should be: `a YAML file`. Returns SPOT_OK and the
 * caller's *out; or *out NULL and E_IO, with `PATH: cannot open: why, expected ...` or
 * `PATH: a pipe, expected ...`. */
spot_status spoti_file_open(const char *path, const char *expected, FILE **out, spot_diag *diag);

/* Likewise, for who reads by pread; *fd is -1 on failure. */
spot_status spoti_file_open_fd(const char *path, const char *expected, int *fd, spot_diag *diag);

enum { SPOTI_LFS_POINTER_SIZE = 23 }; /* bytes that tell one */

/* Whether the first `size` bytes of a file are those of a Git LFS pointer: the file itself was never fetched. */
bool spoti_file_is_lfs_pointer(const void *bytes, size_t size);

/* E_FORMAT, with a line that says so and what to do. */
spot_status spoti_file_refuse_lfs_pointer(const char *path, spot_diag *diag);

/* Opens a regular file that is no Git LFS pointer and says how large it is; *fd is the caller's to close, also on failure
 * unless it is -1. Returns OK, E_IO, E_FORMAT. */
spot_status spoti_file_open_sized(const char *path, const char *expected, int *fd, uint64_t *size,
                                  spot_diag *diag);

/* Reads `size` bytes at byte `at`. Returns OK, E_IO. */
spot_status spoti_file_read_at(int fd, const char *path, uint64_t at, void *out, size_t size,
                               spot_diag *diag);

#endif
