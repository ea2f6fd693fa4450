/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Words that several reports use. */
#ifndef SPOTI_REPORT_WORDS_H
#define SPOTI_REPORT_WORDS_H

#include <jansson.h>
#include <stdio.h>

#include "spot/analyze.h"
#include "spot/tune.h"

/* A line of prose, broken where it is long, with `indent` blanks in front of what follows. */
void spoti_report_line(FILE *out, int indent, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Said of every figure of a policy that varies (brain.h). */
#define SPOTI_REPORT_VARIES                                                                        \
    "not reproducible: the policy is a server, which may answer the same otherwise"

/* The value of `repeats`: what spot_task_repeats says, or null. */
json_t *spoti_report_repeats(const char *repeats);

/* The schedule that row i was run with. */
const char *spoti_report_schedule(const spot_tune_result *result, int i);

/* Whether the verdict does not tell point i from the best: in the set of the best, and not only for failures that are too
 * rare to be seen. Not the best itself. */
bool spoti_is_rival(const spot_analysis_setting *setting, int i);

/* analyze_table.c: what the marks in front of the points mean; the points as a table, without what was run. */
void spoti_report_marks(const spot_analysis_setting *setting, char *words, size_t size);
spot_status spoti_report_points(const spot_analysis_setting *setting, bool wide, FILE *out);

/* Of the documents of analyze and tune; docs/json.md says what changed. */
enum { SPOTI_JSON_SCHEMA = 2 };

/* analyze_json.c, the one writer of what was judged. A document that says what it is; NULL if memory is short. The
 * caller's, as all of these. */
json_t *spoti_json_document(const char *kind);

/* Adds regime, baseline, points and verdict to `object` (NULL = fails). False if memory is short. */
bool spoti_json_judged(json_t *object, const spot_analysis_setting *setting);

/* The points alone. */
json_t *spoti_json_points(const spot_analysis_setting *setting);

/* The point's knobs as an object, numbers as such; NULL if memory is short. The caller's. */
json_t *spoti_report_knobs(const spot_point *point);

/* Prints a document and gives it back. Returns SPOT_OK, E_NOMEM (also for NULL: it could not be made), E_IO. */
spot_status spoti_report_json(json_t *value, FILE *out);

#endif
