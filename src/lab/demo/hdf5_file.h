/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Writing demonstrations as HDF5 (layout: include/spot/demo.h). */
#ifndef SPOTI_HDF5_FILE_H
#define SPOTI_HDF5_FILE_H

#include "lab/demo/record.h"

typedef struct spoti_hdf5_file spoti_hdf5_file;

/* Starts `path`; what is written goes to a file beside it until the commit. */
spot_status spoti_hdf5_begin(const char *path, const spot_task *task, spoti_hdf5_file **out,
                             spot_diag *diag);

/* Appends one demonstration as the next `demo_<i>`. */
spot_status spoti_hdf5_append(spoti_hdf5_file *file, const spoti_demo *demo, spot_diag *diag);

/* Finishes and renames, or removes what was written if `keep` is false. Frees `file` either way. */
spot_status spoti_hdf5_end(spoti_hdf5_file *file, bool keep, spot_diag *diag);

#endif
