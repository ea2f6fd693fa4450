/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What libcyaml does not check, or does not say: it reads `3 ms` as 3 and `1.5` as the integer 1 and of two documents the
 * first, and it does not tell what would be right. */
#ifndef SPOTI_YAML_CHECK_H
#define SPOTI_YAML_CHECK_H

#include <cyaml/cyaml.h>

#include "spot/status.h"

/* Checks along `schema` that there is one document, built as the schema says: every number is one, whole and finite where
 * it has to be; keys are known, there once, and none is missing; words of a choice are known; lists are as long and texts
 * as short as they have to be; no aliases. Returns SPOT_OK, E_FORMAT (diag), E_NOMEM. */
spot_status spoti_yaml_check(const char *name, const void *text, size_t size,
                             const cyaml_schema_value_t *schema, spot_diag *diag);

#endif
