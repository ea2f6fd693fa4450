/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of inspect share. */
#ifndef SPOTI_STUDY_INSPECT_H
#define SPOTI_STUDY_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/nn/safetensors.h"
#include "spot/inspect.h"

typedef struct spoti_inspect_entry {
    char name[SPOT_INSPECT_NAME_SIZE];
    char dtype[SPOT_INSPECT_DTYPE_SIZE];
    size_t element_size;
    bool is_weight;     /* dtype is one that can be read as float32 */
    spoti_dtype weight; /* then this one */
    size_t n_dim, shape[SPOT_INSPECT_DIMS_MAX];
    size_t n_element;
    uint64_t begin, end; /* bytes from the start of the data */
} spoti_inspect_entry;

typedef struct spoti_inspect_entries {
    const spot_allocator *allocator;
    spoti_inspect_entry *all; /* in the order of their data */
    size_t n_entry, n_room;
} spoti_inspect_entries;

/* Reads `header` (length bytes of JSON) of a file with data_size bytes of data. Returns OK, E_FORMAT,
 * E_NOMEM; on failure *out is empty. Ownership: out->all is given back by the call below. */
spot_status spoti_inspect_header(const char *path, const char *header, size_t length,
                                 uint64_t data_size, const spot_allocator *allocator,
                                 spoti_inspect_entries *out, spot_diag *diag);
void spoti_inspect_entries_free(spoti_inspect_entries *entries);

/* Magnitudes in ascending order, n >= 1, and their running sums: sum[i] of the first i. */
typedef struct spoti_magnitudes {
    const float *x;    /* (n) */
    const double *sum; /* (n + 1) */
    size_t n;
} spoti_magnitudes;

/* Largest distance between the distribution of the magnitudes and 1 - exp(-lambda x). */
double spoti_inspect_ks(const spoti_magnitudes *m, double lambda);

/* Errors of all three quantisers at error->bits; the magnitudes must not all be 0. levels: room for
 * 2^(bits - 1). */
void spoti_inspect_errors(const spoti_magnitudes *m, double lambda, double *levels,
                          spot_inspect_error *error);

#endif
