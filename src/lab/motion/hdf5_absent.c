/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* HDF5 files in a library that was built without HDF5: refused, and told why. */
#include <stddef.h>

#include "lab/motion/hdf5_demos.h"

spot_status spoti_demos_list(const spot_motion_file *file, spoti_demos *demos, spot_diag *diag)
{
    *demos = (spoti_demos){.names = NULL};
    return spot_diag_set(
        diag, SPOT_E_UNSUPPORTED,
        "%s: an HDF5 file, which this library was built without, expected a CSV or the "
        "full library (libsweetspot.so)",
        file->path);
}

spot_status spoti_demos_load(const spot_motion_file *file, const char *name,
                             spot_motion_trajectory *out, spoti_motion_plan *plan, spot_diag *diag)
{
    (void)name;
    (void)out;
    (void)plan;
    return spot_diag_set(diag, SPOT_E_UNSUPPORTED, "%s: an HDF5 file", file->path);
}
