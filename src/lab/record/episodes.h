/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Episodes as CSV: one file a point, which grows as they finish.
 *
 * The first line is a comment that holds the signature, the text of everything that determines the episodes; then
 * the column names, and one row an episode. A row is whole when its newline is there: what a killed process left
 * behind the last one is none. Numbers carry 17 digits: what is read back is what was written, to the bit.
 */
#ifndef SPOTI_RECORD_EPISODES_H
#define SPOTI_RECORD_EPISODES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "spot/point.h"
#include "spot/rollout.h"
#include "spot/status.h"

enum {
    SPOTI_EPISODES_FORMAT =
        4, /* of the file; 4 took the closing line and the seeds of the signature away */
    SPOTI_SIGNATURE_SIZE = 1280,
    SPOTI_EPISODES_NAME_SIZE = SPOT_POINT_TEXT_SIZE + 8,
    /* the completion time is time_s */
    SPOTI_N_METRIC_KEPT = SPOT_MOTION_N_METRIC - 1,
    SPOTI_N_EPISODE_COLUMN = 18 + SPOTI_N_METRIC_KEPT,
};

typedef enum spoti_column_kind {
    SPOTI_COLUMN_SEED,   /* uint64_t */
    SPOTI_COLUMN_FLAG,   /* bool, 0 or 1 */
    SPOTI_COLUMN_INT,    /* int */
    SPOTI_COLUMN_COUNT,  /* int64_t */
    SPOTI_COLUMN_REAL,   /* double */
    SPOTI_COLUMN_METRIC, /* spot_motion_value; an empty cell, or NULL, where it is not defined */
    SPOTI_COLUMN_FAULT,  /* the text of spot_episode */
} spoti_column_kind;

/* What is kept of an episode, and under which name: in every store the same. */
typedef struct spoti_episode_column {
    const char *name;
    spoti_column_kind kind;
    size_t offset; /* in spot_episode */
} spoti_episode_column;

/* Column k, 0 .. SPOTI_N_EPISODE_COLUMN - 1. */
spoti_episode_column spoti_episode_column_at(int k);

/* A metric that is read back: why it was not defined is not kept. */
static inline spot_motion_value spoti_kept_value(bool there, double value)
{
    return there ? (spot_motion_value){.value = value, .why = SPOT_MOTION_WHY_DEFINED}
                 : (spot_motion_value){.value = (double)NAN, .why = SPOT_MOTION_WHY_NOT_RECORDED};
}

/* Fills what follows from what was read, the completion time. Returns whether that can be: a fault belongs to an
 * invalid episode, which is no success. */
bool spoti_episode_restore(spot_episode *episode);

/* The file of a point: `steps=5 overlap=2` lies in steps=5_overlap=2.csv; the slashes of quant=a/b.yaml
 * make no folders. Two points of one name would only run again in turns: signatures tell them apart.
 * False if the text is too long. */
bool spoti_episodes_name(const char *text, char name[SPOTI_EPISODES_NAME_SIZE]);

/* Writes episodes (n) to `path`, whole or not at all. Returns SPOT_OK, E_RANGE (path), E_IO. */
spot_status spoti_episodes_save(const char *path, const char *signature,
                                const spot_episode *episodes, int64_t n, spot_diag *diag);

/* The parts of such a file: its first two lines, and a row. */
void spoti_episodes_put_head(FILE *out, const char *signature);
void spoti_episodes_put(FILE *out, const spot_episode *episode);

/* What is in a file of episodes. */
typedef struct spoti_episodes_there {
    int64_t n; /* whole rows */
    int64_t
        whole; /* bytes up to the end of the last of them; 0 = not even the head is whole, or there is no file */
    bool in_order; /* seeds ascend, and nothing lies behind the last row */
} spoti_episodes_there;

/* Takes an episode; another status than SPOT_OK ends it. */
typedef spot_status (*spoti_episode_fn)(void *ctx, const spot_episode *episode);

/* Visits the episodes of `path` in the file's order; where there is no file, none. Returns SPOT_OK, E_INVALID (of
 * another signature; diag says what differs), E_FORMAT (no such file, one of another format, or damaged; diag
 * names the line), E_IO, or what `visit` did. */
spot_status spoti_episodes_read(const char *path, const char *signature, spoti_episode_fn visit,
                                void *ctx, spoti_episodes_there *there, spot_diag *diag);

/* The signature of `path`, and its format. False if there is none. */
bool spoti_episodes_signature(const char *path, int *format, char *text, size_t size);

#endif
