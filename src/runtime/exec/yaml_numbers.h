/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Numbers in YAML, strictly: libcyaml reads `3 ms` as 3 and `1.5` as the integer 1. */
#ifndef SPOTI_YAML_NUMBERS_H
#define SPOTI_YAML_NUMBERS_H

#include <cyaml/cyaml.h>

#include "spot/status.h"

/* Checks that every scalar that `schema` takes for a number is one, whole and finite. `text` must have
 * been accepted by libcyaml for this schema. Returns SPOT_OK, E_FORMAT (diag), E_NOMEM. */
spot_status spoti_yaml_check_numbers(const char *name, const void *text, size_t size,
                                     const cyaml_schema_value_t *schema, spot_diag *diag);

#endif
