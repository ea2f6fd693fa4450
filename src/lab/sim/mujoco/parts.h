/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Which geoms are an object's and which are a finger's.
 *
 * A body means its whole subtree: models of other people hang an object's geoms one body below its free
 * joint, and make a finger's pad of several geoms that often have no name.
 */
#ifndef SPOTI_PARTS_H
#define SPOTI_PARTS_H

#include <mujoco/mujoco.h>
#include <stdbool.h>

#include "lab/sim/mujoco/task_file.h"

/* What a geom belongs to: bit i of each is object i, pad i of the task file. */
typedef struct spoti_part {
    unsigned char objects;
    unsigned char pads;
} spoti_part;

/* Whether `body` is `root` or hangs on it. */
bool spoti_body_in(const mjModel *model, int body, int root);

/* Marks the geoms of the whole subtree of `body` in parts (ngeom). Returns how many there are. */
int spoti_parts_object(const mjModel *model, int body, unsigned object, spoti_part *parts);

/* Marks the geoms that `text` names: a geom, else a body with its whole subtree, else several of both,
 * separated by blanks. Returns SPOT_OK, or E_FORMAT with what is wrong, as it stands behind the key, in diag. */
spot_status spoti_parts_pad(const mjModel *model, const char *text, unsigned pad, spoti_part *parts,
                            spot_diag *diag);

#endif
