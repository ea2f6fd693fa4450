/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a recording keeps until its file is whole: the folder `OUT.parts`, with one part a batch of episodes.
 *
 *     settings.json   what the episodes depend on; parts of other settings are refused
 *     part-N.hdf5     the demonstrations of batch N, as data/demo_<i> of include/spot/demo.h
 *     part-N.json     how each episode of the batch ended, and the hash of part-N.hdf5: a part without it, or with
 *                     another hash, is recorded again
 *
 * How many demonstrations are wanted is no setting: parts serve any number. One process at a time uses a folder.
 */
#ifndef SPOTI_DEMO_PARTS_H
#define SPOTI_DEMO_PARTS_H

#include <jansson.h>

#include "core/base/text.h"
#include "spot/status.h"
#include "spot/world.h"

enum { SPOTI_PART_EPISODES = 64 };

/* How an episode ended; the letter stands in part-N.json. */
typedef enum spoti_end {
    SPOTI_END_FAILED = 'f',
    SPOTI_END_INVALID = 'i',   /* the simulator broke off */
    SPOTI_END_DISTURBED = 'd', /* success with rows that are not to be imitated */
    SPOTI_END_UNDISTURBED = 'u',
    SPOTI_END_NOT_RUN = '-', /* enough had been found before it */
} spoti_end;

bool spoti_end_is_success(spoti_end end);

/* A batch: its episodes in the order of their seeds, those that were not run last. */
typedef struct spoti_part {
    spoti_end ends[SPOTI_PART_EPISODES];
    int rows[SPOTI_PART_EPISODES];
    char fault[SPOT_FAULT_SIZE]; /* of the first that is invalid; "" = none */
} spoti_part;

typedef struct spoti_parts {
    char folder[SPOTI_PATH_SIZE]; /* "" in a zeroed struct */
    int lock;                     /* the folder, which one process holds at a time */
} spoti_parts;

/* Makes or opens the folder for the file `out`. `settings`: an object of texts and numbers. Returns SPOT_OK, E_IO
 * (nothing can be written there), E_RANGE (path), E_INVALID (`out` is no file; or other settings, and diag says which),
 * E_STATE (another process is at work there), E_NOMEM. */
spot_status spoti_parts_open(spoti_parts *parts, const char *out, json_t *settings,
                             spot_diag *diag);

/* The path of part n's HDF5. */
void spoti_parts_path(const spoti_parts *parts, int n, char path[SPOTI_PATH_SIZE]);

/* Whether part n is there and whole. */
bool spoti_parts_find(const spoti_parts *parts, int n, spoti_part *out);

/* Keeps part n, whose HDF5 lies there already. Returns SPOT_OK, E_IO, E_NOMEM. */
spot_status spoti_parts_keep(const spoti_parts *parts, int n, const spoti_part *part,
                             spot_diag *diag);

/* Removes the folder with all that is ours in it. */
void spoti_parts_remove(const spoti_parts *parts);

/* Lets another process have the folder; does nothing for a zeroed struct. */
void spoti_parts_close(spoti_parts *parts);

#endif
