/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Demonstrations as HDF5 (layout: include/spot/demo.h): a batch, and all batches. To be given to spoti_hdf5_write. */
#ifndef SPOTI_HDF5_FILE_H
#define SPOTI_HDF5_FILE_H

#include "lab/demo/hdf5_write.h"
#include "lab/demo/parts.h"
#include "lab/demo/record.h"

/* Episodes whose successes are written, in their order. */
typedef struct spoti_hdf5_batch {
    const spot_task *task;
    const char *model_text; /* MJCF; NULL = none */
    const spoti_demo *demos;
    int n;
} spoti_hdf5_batch;

/* hdf5_part.c; context: a spoti_hdf5_batch. */
void spoti_hdf5_fill_part(spoti_hdf5_writer *w, hid_t file, const void *context);

/* A file to be put together. */
typedef struct spoti_hdf5_plan {
    const spot_task *task;
    const spoti_parts *parts;
    int count;             /* demonstrations: the first so many of parts 0, 1, ... */
    const spoti_end *ends; /* (count) all successes */
    int64_t rows;          /* of all of them */
} spoti_hdf5_plan;

/* hdf5_whole.c; context: a spoti_hdf5_plan. */
void spoti_hdf5_fill_whole(spoti_hdf5_writer *w, hid_t file, const void *context);

#endif
