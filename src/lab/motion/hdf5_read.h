/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reading HDF5 that somebody else wrote.
 *
 * What is read lies in the file itself: links out of it, virtual datasets and data in other files are refused, as are
 * types that are no numbers, chunks larger than memory should hold, and shapes that no robot has.
 */
#ifndef SPOTI_LAB_MOTION_HDF5_READ_H
#define SPOTI_LAB_MOTION_HDF5_READ_H

#include <hdf5.h>
#include <stdbool.h>

#include "spot/status.h"

/* A table of numbers: (rows x columns), or (rows), which has one column. */
typedef struct spoti_hdf5_table {
    hid_t set;
    size_t rows, columns;
} spoti_hdf5_table;

/* Whether each part of `name` (a/b/c) below `group` is a hard link, which stays within the file. */
bool spoti_hdf5_exists(hid_t group, const char *name);

/* Opens a file to read. Returns SPOT_OK, E_FORMAT; the caller closes *out, which is H5I_INVALID_HID
 * on failure. */
spot_status spoti_hdf5_open_file(const char *path, hid_t *out, spot_diag *diag);

/* Opens a group or a dataset of numbers; H5I_INVALID_HID (.set) if it is none of that kind. `where`
 * names it in messages. Returns SPOT_OK, E_FORMAT; the caller closes. */
spot_status spoti_hdf5_open_group(hid_t group, const char *name, const char *where, hid_t *out,
                                  spot_diag *diag);
spot_status spoti_hdf5_open_table(hid_t group, const char *name, const char *where,
                                  spoti_hdf5_table *out, spot_diag *diag);

/* Reads the first n_column columns to `to`, whose rows are `stride` numbers apart. Returns SPOT_OK,
 * E_FORMAT (cannot be read), E_RANGE (not finite). */
spot_status spoti_hdf5_read_table(const spoti_hdf5_table *table, size_t n_column, size_t stride,
                                  double *to, const char *where, spot_diag *diag);

/* Copies a text attribute; false if there is none, it is no single text, or it is longer than size
 * - 1. */
bool spoti_hdf5_text(hid_t object, const char *name, char *out, size_t size);

/* An integer attribute; false if there is none. */
bool spoti_hdf5_integer(hid_t object, const char *name, long long *out);

#endif
