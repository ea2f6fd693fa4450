/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pruning by sorting, of matrices and of whole policy folders: the oracle of pruned sessions. */
#ifndef PRUNE_ORACLE_H
#define PRUNE_ORACLE_H

#include "runtime/policy/random_tensors.h"

/* w (n x k): `text` is a fraction or `2:4`. */
void oracle_prune(float *w, int n, int k, const char *text);

/* gone[j] = 1 for the `n_gone` worst of `hidden` units, w1 (hidden x k), w2 (n x hidden). */
void oracle_rank_units(const float *w1, int k, const float *w2, int n, int hidden, int n_gone,
                       int *gone);

/* The multiple of 16 from hidden - round(fraction hidden) on, if it is below hidden. */
int oracle_units_left(int hidden, double fraction);

/* A policy folder in memory. */
typedef struct oracle_folder {
    char config[8192];
    random_tensors tensors;
} oracle_folder;

oracle_folder *oracle_folder_read(const char *dir);
void oracle_folder_write(const oracle_folder *folder, const char *dir);
void oracle_folder_free(oracle_folder *folder);

/* Calls `each` with every layer that runtime/policy/prune.h lists. */
void oracle_each_prunable(random_tensors *all,
                          void (*each)(const random_tensor *t, const void *ctx), const void *ctx);

/* Prunes the layers that runtime/policy/prune.h lists. With mlp:F the units stay, all zero. */
void oracle_prune_tensors(random_tensors *all, const char *text);

/* Takes units that are all zero out of the matrices and out of config.json. */
void oracle_folder_shrink(oracle_folder *folder);

#endif
