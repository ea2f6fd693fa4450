/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Values of a JSON tree, each with the place where it stands: `env_state.polygon[4].vertices[0]`.
 *
 * A reader keeps the first thing that is wrong and gives zeros from then on, so whoever reads a record asks once, at
 * its end.
 */
#ifndef SPOTI_PLANAR_LEVEL_JSON_H
#define SPOTI_PLANAR_LEVEL_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "lab/sim/planar/level.h"
#include "spot/status.h"

typedef struct spoti_json_reader {
    const char *file;
    spot_diag *diag;
    spot_status status; /* of the first thing that was wrong */
} spoti_json_reader;

/* A value and its place; a chain of these on the stack is the path. */
typedef struct spoti_json_at {
    const struct spoti_json_at *parent; /* NULL = the document */
    const char *key;                    /* NULL = an element of an array, */
    int index;                          /* of this number */
    const json_t *value;
} spoti_json_at;

/* Says what is wrong with the value at `at`, unless something was wrong before. printf-like. */
void spoti_json_wrong(spoti_json_reader *reader, const spoti_json_at *at, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* A member of an object; its value is NULL, which has been said, if there is none. */
spoti_json_at spoti_json_member_at(spoti_json_reader *reader, const spoti_json_at *parent,
                                   const char *key);

/* Elements of a list, which may also be an object with the keys "0", "1", ...; -1: it is none, which was said. */
int spoti_json_count(spoti_json_reader *reader, const spoti_json_at *list);
spoti_json_at spoti_json_element(spoti_json_reader *reader, const spoti_json_at *list, int index);

/* Members of these types and ranges; 0 where something is wrong. */
float spoti_json_float(spoti_json_reader *reader, const spoti_json_at *parent, const char *key,
                       double low, double high);
int spoti_json_int(spoti_json_reader *reader, const spoti_json_at *parent, const char *key, int low,
                   int high);
bool spoti_json_bool(spoti_json_reader *reader, const spoti_json_at *parent, const char *key);
spoti_vec spoti_json_vec(spoti_json_reader *reader, const spoti_json_at *parent, const char *key,
                         double most);
spoti_vec spoti_json_vec_of(spoti_json_reader *reader, const spoti_json_at *at, double most);

#endif
