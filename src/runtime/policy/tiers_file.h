/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plans of precisions from YAML files; the format stands in tiers.h. */
#ifndef SPOTI_POLICY_TIERS_FILE_H
#define SPOTI_POLICY_TIERS_FILE_H

#include "runtime/policy/tiers.h"

/* Reads `path`. On failure *plan is as it was. Returns as spoti_plan_read. */
spot_status spoti_plan_load(const char *path, spoti_plan *plan, spot_diag *diag);

#endif
