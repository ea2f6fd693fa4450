/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The backend `mujoco` of a library that was built without MuJoCo: its tasks are refused, and told why. */
#include <stddef.h>

#include "lab/sim/mujoco/backend.h"

static spot_engine engine(void)
{
    return (spot_engine){.name = "none", .version = "0"};
}

static spot_status load(const char *path, const spot_allocator *allocator, void **self,
                        spot_diag *diag)
{
    (void)allocator;
    *self = NULL;
    return spot_diag_set(
        diag, SPOT_E_UNSUPPORTED,
        "%s: a task of MuJoCo, which this library was built without, expected the full "
        "one (libsweetspot.so)",
        path);
}

const spoti_backend spoti_mujoco_backend = {
    .name = "mujoco", .engine = engine, .ops = NULL, .load = load};
