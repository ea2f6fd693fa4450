/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The names that people give to the columns of a log, and their units: the one table, which the documentation prints.
 *
 * Case, blanks and dashes do not matter. A unit stands behind the name, as `_ms` or in brackets: `latency (ms)`.
 */
#ifndef SPOTI_RECORD_NAMES_H
#define SPOTI_RECORD_NAMES_H

#include <stdbool.h>

#include "lab/record/fields.h"

/* How a column is read: field = factor * number, or factor / number. */
typedef struct spoti_reading {
    spoti_field field; /* SPOTI_N_FIELD: none */
    double factor;
    bool is_inverse; /* a rate: fps gives the duration of an action */
    bool is_weak;    /* gives way to another column of the field */
    bool lacks_unit; /* such a column is known, but not without a unit; field is none then */
} spoti_reading;

/* What a column of this name holds; false, with none, if it is not understood. */
bool spoti_name_read(const char *name, spoti_reading *out);

/* The unit that `name` ends in, as a factor on `field`'s own; false if it has none of that kind. */
bool spoti_name_unit(const char *name, spoti_field field, double *factor);

/* Whether two names are the same but for case, blanks and dashes. */
bool spoti_name_same(const char *a, const char *b);

/* Lower case, blanks and dashes as underscores, into out (size). False (out untouched) if the n bytes do not fit, or there are
 * none. */
bool spoti_name_fold(const char *name, size_t n, char *out, size_t size);

#endif
