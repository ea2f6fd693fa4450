/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * YAML files with a schema, through libcyaml.
 *
 * Adds to libcyaml what a user needs: one line `file:line: what, expected` instead of a backtrace.
 * Unknown keys, missing keys, duplicates, aliases and files over 1 MiB are refused.
 */
#ifndef SPOTI_YAML_H
#define SPOTI_YAML_H

#include <cyaml/cyaml.h>

#include "spot/status.h"

/* Loads `path` by `schema` (a mapping with CYAML_FLAG_POINTER). On success *out holds the structure,
 * to be given back with spoti_yaml_free. Returns SPOT_OK, E_IO, E_FORMAT, E_NOMEM. */
spot_status spoti_yaml_load(const char *path, const cyaml_schema_value_t *schema, void **out,
                            spot_diag *diag);

/* The same, but keys that the schema does not name are passed over: for a look at a file that somebody else reads
 * whole. Says nothing of what is wrong. */
spot_status spoti_yaml_peek(const char *path, const cyaml_schema_value_t *schema, void **out);

/* As spoti_yaml_load for `size` bytes of text that are called `name` in messages. */
spot_status spoti_yaml_parse(const char *name, const void *text, size_t size,
                             const cyaml_schema_value_t *schema, void **out, spot_diag *diag);

void spoti_yaml_free(const cyaml_schema_value_t *schema, void *data);

/* The line (from 1) on which the key `key` first stands in file `path` at or after line `from`;
 * `from` if it is not found. For messages about values that the schema alone cannot judge. */
int spoti_yaml_line_of(const char *path, const char *key, int from);

/* The line of a value by its place in the document, printf-formatted: `objects[%d].x_m`; see spoti_yaml_place. */
int spoti_yaml_line_at(const char *path, const char *where, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* SPOT_OK where low <= x <= high, else E_FORMAT: `path:line: key: x, expected low to high`, with the line and the last
 * key of the place `where` (spoti_yaml_place). */
spot_status spoti_yaml_in_range(const char *path, const char *where, double x, double low,
                                double high, spot_diag *diag);

#endif
