/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A file of episodes (episodes.h) that grows: rows are appended as episodes finish, and once all are there they are
 * put into the order of their seeds, so that the file does not tell who finished first. A process may be killed at
 * any moment; what it had appended is there, and the next one goes on behind it. Seeds outside the range that is
 * asked for are left alone.
 *
 *     spoti_episodes_file_open(&file, path, signature, seed, n_seeds, episodes, &diag);
 *     for each k without file.there[k]: run it, spoti_episodes_file_put(&file, &episode, 1, &diag);
 *     spoti_episodes_file_sort(&file, &diag);
 *     spoti_episodes_file_close(&file);
 */
#ifndef SPOTI_RECORD_EPISODES_FILE_H
#define SPOTI_RECORD_EPISODES_FILE_H

#include "core/base/text.h"
#include "lab/record/episodes.h"

typedef struct spoti_episodes_file {
    char path[SPOTI_PATH_SIZE];
    char signature[SPOTI_SIGNATURE_SIZE];
    uint64_t seed;
    int64_t n_seeds;
    bool *there; /* (n_seeds) the episode of seed + k is in the file */
    spoti_episodes_there rows;
} spoti_episodes_file;

/* Reads what is there: episodes[k] (n_seeds; may be NULL) of seed + k where file->there[k], the others in any state.
 * Where there is no file none is made. Returns as spoti_episodes_read, and E_RANGE (path), E_NOMEM; then nothing needs
 * to be closed. */
spot_status spoti_episodes_file_open(spoti_episodes_file *file, const char *path,
                                     const char *signature, uint64_t seed, int64_t n_seeds,
                                     spot_episode *episodes, spot_diag *diag);

/* Adds episodes (n) of seeds in the range, all or none; they are on the disk when it returns. One that is there is
 * replaced. Returns SPOT_OK, E_IO, E_NOMEM. */
spot_status spoti_episodes_file_put(spoti_episodes_file *file, const spot_episode *episodes,
                                    int64_t n, spot_diag *diag);

/* Puts the rows in order, if they are not, as a new file in place of the old. Returns as _put. */
spot_status spoti_episodes_file_sort(spoti_episodes_file *file, spot_diag *diag);

/* Does nothing for a zeroed or closed one. */
void spoti_episodes_file_close(spoti_episodes_file *file);

#endif
