/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Gives a store the episodes of a point as they finish, twice a second: a killed run goes on in the middle of a
 * point, and what the store had not been given by then is run again.
 */
#ifndef SPOTI_STUDY_KEEPER_H
#define SPOTI_STUDY_KEEPER_H

#include "lab/record/store.h"

typedef struct spoti_keeper {
    spoti_store store;     /* without ops: nothing is kept */
    int i;                 /* the point at hand */
    spot_episode *waiting; /* (as many as are run between two flushes) finished, and not yet put */
    int64_t n_waiting;
    double put_s; /* when something was put last */
} spoti_keeper;

/* A spot_keep_fn whose ctx is a keeper. An episode whose answer was lost is not kept. */
spot_status spoti_keeper_keep(void *keeper, int64_t index, const spot_episode *episode,
                              spot_diag *diag);

/* Puts what is waiting. */
spot_status spoti_keeper_flush(spoti_keeper *keeper, spot_diag *diag);

#endif
