/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of this room share. */
#ifndef SPOTI_BRAIN_H
#define SPOTI_BRAIN_H

#include <stdint.h>

#include "spot/brain.h"

/* Opens a brain of one kind: `rest` is what stands behind the scheme in its address. *out is zeroed before, and
 * stays so on failure. Returns as spot_brain_open. */
typedef spot_status (*spoti_brain_opener)(const char *rest, const spot_brain_open_config *config,
                                          spot_brain *out, spot_diag *diag);
spot_status spoti_brain_open_native(const char *path, const spot_brain_open_config *config,
                                    spot_brain *out, spot_diag *diag);
spot_status spoti_brain_open_onnx(const char *folder, const spot_brain_open_config *config,
                                  spot_brain *out, spot_diag *diag);
spot_status spoti_brain_open_remote(const char *path, const spot_brain_open_config *config,
                                    spot_brain *out, spot_diag *diag);
spot_status spoti_brain_open_ws(const char *rest, const spot_brain_open_config *config,
                                spot_brain *out, spot_diag *diag);
spot_status spoti_brain_open_wss(const char *rest, const spot_brain_open_config *config,
                                 spot_brain *out, spot_diag *diag);

/* The whole address of the brain that asks for nothing. */
#define SPOTI_BRAIN_NONE "none"
spot_status spoti_brain_open_none(const char *rest, const spot_brain_open_config *config,
                                  spot_brain *out, spot_diag *diag);

#endif
