/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of plan share. */
#ifndef SPOTI_LAB_PLAN_H
#define SPOTI_LAB_PLAN_H

#include "spot/plan.h"

enum { SPOTI_PLAN_PATH_SIZE = 1024 };

/* The choices of `config`, each with its problem; room for SPOT_PLAN_CHOICES_MAX. Returns SPOT_OK, or as
 * spot_plan_make. */
spot_status spoti_plan_choices(const spot_plan_config *config, spot_plan_result *result,
                               spot_diag *diag);

/* Picks the best choice, all of whose outcomes are there. */
void spoti_plan_pick(const spot_plan_config *config, spot_plan_result *result);

#endif
