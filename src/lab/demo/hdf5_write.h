/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * An HDF5 file written by a child process, aside, and renamed.
 *
 * HDF5 1.10 cannot give up a file on a disk that is full, and crashes over it at exit. So the child's end is the end of
 * whatever HDF5 is left with, and the caller sees a status and the system's reason.
 */
#ifndef SPOTI_HDF5_WRITE_H
#define SPOTI_HDF5_WRITE_H

#include "lab/demo/hdf5_put.h"
#include "spot/status.h"

/* Fills the new file; runs in the child, on a copy of the caller's memory. */
typedef void (*spoti_hdf5_fill_fn)(spoti_hdf5_writer *w, hid_t file, const void *context);

/* Returns SPOT_OK, E_IO (diag: `path: cannot write: why`), E_RANGE (path), E_NOMEM. On failure `path` is as it was. */
spot_status spoti_hdf5_write(const char *path, spoti_hdf5_fill_fn fill, const void *context,
                             spot_diag *diag);

#endif
