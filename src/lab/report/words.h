/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Words that several reports use. */
#ifndef SPOTI_REPORT_WORDS_H
#define SPOTI_REPORT_WORDS_H

#include <jansson.h>
#include <stdio.h>

#include "spot/tune.h"

/* `none`, `insufficient` or `sufficient`. */
const char *spoti_report_support(spot_stats_support support);

/* The schedule that row i was run with. */
const char *spoti_report_schedule(const spot_tune_result *result, int i);

/* The point's knobs as an object, numbers as such; NULL if memory is short. The caller's. */
json_t *spoti_report_knobs(const spot_point *point);

/* Prints a document and gives it back. Returns SPOT_OK, E_NOMEM (also for NULL: it could not be made), E_IO. */
spot_status spoti_report_json(json_t *value, FILE *out);

#endif
