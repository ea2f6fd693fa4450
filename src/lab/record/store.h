/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Where the episodes of a run are kept: a table, so that who runs them does not care.
 *
 * A run is a list of points on seeds in a row. An episode is known by its point's identity, one line that holds
 * everything that decides it but the seed, and by the seed: what is found under both is what a new run of it would
 * give. More seeds than are there extend what is kept, fewer are a part of it. What `put` was given when it returned
 * is there after the process was killed, once.
 *
 *     spoti_store_open_files(dir, &run, &store, diag);
 *     store.ops->find(store.self, i, episodes, kept, diag);
 *     store.ops->put(store.self, i, episodes, n, diag);
 *     spoti_store_close(&store);
 */
#ifndef SPOTI_STORE_H
#define SPOTI_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/record/episodes.h"
#include "lab/record/fields.h"
#include "spot/record.h"
#include "spot/rollout.h"
#include "spot/status.h"

enum {
    SPOTI_STORE_PLAN_SIZE = 40,
    SPOTI_STORE_SEEDS_MAX = 1000000,
    SPOTI_SEED_TEXT_SIZE = 24,
};

typedef struct spoti_store_point {
    char identity[SPOTI_SIGNATURE_SIZE];
    char plan
        [SPOTI_STORE_PLAN_SIZE]; /* ` plan=HASH` of a file that the point names, or "": the end of the
                                       * identity */
    spoti_row row;               /* what all its episodes have in common; its point is named */
} spoti_store_point;

typedef struct spoti_store_run {
    const char *purpose; /* `tune`, or `confirm`: episodes of one are none of the other */
    const char *baseline;
    spot_analyze_regime regime;
    uint64_t seed; /* the first of n_seeds in a row */
    int64_t n_seeds;
    const spoti_store_point *points; /* (n_points) */
    int n_points;
} spoti_store_run;

/* Takes the episodes (run->n_seeds) of a point of `run`, whose points are not said; another status than
 * SPOT_OK ends it. */
typedef spot_status (*spoti_store_visit_fn)(void *ctx, const spoti_store_run *run,
                                            const spoti_row *point, const spot_episode *episodes,
                                            spot_diag *diag);

typedef struct spoti_store_ops {
    const char *name;
    /* Reads what is there of point i: episodes[k] of seed + k, where kept[k] (n_seeds each; the others in any
     * state). Returns SPOT_OK, and what the store is refused with. */
    spot_status (*find)(void *self, int i, spot_episode *episodes, bool *kept, spot_diag *diag);
    /* Keeps any episodes (n) of point i, in any order, all or none; one that is there is replaced. */
    spot_status (*put)(void *self, int i, const spot_episode *episodes, int64_t n, spot_diag *diag);
    /* (optional) All episodes of point i are there: makes what is kept the same whoever finished first. */
    spot_status (*finish)(void *self, int i, spot_diag *diag);
    /* (optional) Visits the points of the run that was opened last, in its order. E_FORMAT if it is not
     * finished. Folders have none: a tune.json says what belongs to theirs (run_folder.c). */
    spot_status (*each)(void *self, spoti_store_visit_fn visit, void *ctx, spot_diag *diag);
    void (*close)(void *self);
} spoti_store_ops;

typedef struct spoti_store {
    const spoti_store_ops *ops; /* NULL = nothing is kept */
    void *self;
} spoti_store;

/* A folder, made if needed, with one CSV a point (episodes.h). `run` is borrowed until it is closed. Returns
 * SPOT_OK, E_INVALID (a point's file holds another identity), E_FORMAT (one that is damaged or of another format),
 * E_STATE (another process has it), E_RANGE (a path too long), E_IO, E_NOMEM. */
spot_status spoti_store_open_files(const char *dir, const spoti_store_run *run, spoti_store *out,
                                   spot_diag *diag);

/* The same for a run of one point: its file alone. */
spot_status spoti_store_open_file(const char *path, const spoti_store_run *run, spoti_store *out,
                                  spot_diag *diag);

/* A SQLite file, made if needed; run: as above, or NULL to read what is there: no file is made then.
 * Returns SPOT_OK, E_IO, E_FORMAT (something else, or damaged), E_NOMEM. */
spot_status spoti_store_open_sqlite(const char *path, const spoti_store_run *run, spoti_store *out,
                                    spot_diag *diag);

/* `store` may hold nothing. */
void spoti_store_close(spoti_store *store);

/* The row of an episode of `point`: what the judge is told of it. seed: where its text is kept; the row borrows
 * it and what `point` borrows. */
void spoti_episode_row(const spoti_row *point, const spot_episode *episode, int64_t line,
                       char seed[SPOTI_SEED_TEXT_SIZE], spoti_row *row);

#endif
