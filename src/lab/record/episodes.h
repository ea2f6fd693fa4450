/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Finished points on disk: one CSV a point, read back only if nothing that decides it has changed.
 *
 * The first line is a comment that holds the signature, the text of everything that determines the
 * episodes; then the column names, one row an episode, and a closing line, so that a file that was
 * cut off is recognised. Numbers carry 17 digits: what is read back is what was written, to the bit.
 */
#ifndef SPOTI_RECORD_EPISODES_H
#define SPOTI_RECORD_EPISODES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/point.h"
#include "spot/rollout.h"
#include "spot/status.h"

enum {
    SPOTI_SIGNATURE_SIZE = 1024,
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

/* Whether what was read can be: a fault belongs to an invalid episode, which is no success. */
bool spoti_episode_possible(const spot_episode *episode);

/* The file of a point: `steps=5 overlap=2` lies in steps=5_overlap=2.csv; the slashes of quant=a/b.yaml
 * make no folders. Two points of one name would only run again in turns: signatures tell them apart.
 * False if the text is too long. */
bool spoti_episodes_name(const char *text, char name[SPOTI_EPISODES_NAME_SIZE]);

/* Writes episodes (n) to `path`, whole or not at all. Returns SPOT_OK, E_RANGE (path), E_IO. */
spot_status spoti_episodes_save(const char *path, const char *signature,
                                const spot_episode *episodes, int64_t n, spot_diag *diag);

/* Reads episodes (n) of the given seeds (n) from `path`. Returns false, and leaves episodes in any
 * state, if there is no such file, its signature is another one, or it is not whole. */
bool spoti_episodes_load(const char *path, const char *signature, const uint64_t *seeds, int64_t n,
                         spot_episode *episodes);

#endif
