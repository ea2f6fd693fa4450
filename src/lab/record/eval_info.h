/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The episodes of an eval_info.json. */
#ifndef SPOTI_RECORD_EVAL_INFO_H
#define SPOTI_RECORD_EVAL_INFO_H

#include <jansson.h>

#include "spot/record.h"

/* Adds what `root`, the document of the file `path`, says. Returns SPOT_OK, E_FORMAT, E_RANGE, E_NOMEM. */
spot_status spoti_eval_info_add(spot_analyze_log *log, const char *path, const json_t *root,
                                spot_diag *diag);

#endif
