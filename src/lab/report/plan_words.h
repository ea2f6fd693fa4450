/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the reports of plans share. */
#ifndef SPOTI_REPORT_PLAN_WORDS_H
#define SPOTI_REPORT_PLAN_WORDS_H

#include "spot/report_plan.h"

/* The best choice. */
const spot_plan_choice *spoti_plan_best(const spot_plan_report *report);

/* The computer of stage i of a choice. */
const spot_platform *spoti_plan_platform(const spot_plan_report *report,
                                         const spot_plan_choice *choice, int i);

/* What stage i is called. */
const char *spoti_plan_part(int i);

/* The split of a choice. */
const spot_plan_split *spoti_plan_split(const spot_plan_report *report,
                                        const spot_plan_choice *choice);

/* Whether the scheme of a report says what binds. */
bool spoti_plan_says_binds(const spot_plan_report *report);

/* What stands in the way of more bits, in words. */
const char *spoti_plan_binds(const spot_coinfer_plan *plan);

#endif
