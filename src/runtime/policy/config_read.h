/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the readers of config.json share. */
#ifndef SPOTI_POLICY_CONFIG_READ_H
#define SPOTI_POLICY_CONFIG_READ_H

#include <jansson.h>

#include "runtime/policy/config.h"

/* Longest observation. */
enum { SPOTI_CONFIG_OBS_MAX = 65536 };

/* The file that is read. */
typedef struct spoti_config_reader {
    const char *path;
    const char *text;
    json_t *root;
    spot_diag *diag;
} spoti_config_reader;

/* E_FORMAT with `path:line: key: VALUE, expected ...`: of a key of the whole, or of a value that lies deeper (NULL =
 * missing). */
spot_status spoti_config_refuse(const spoti_config_reader *r, const char *key,
                                const char *expected);
spot_status spoti_config_refuse_value(const spoti_config_reader *r, const char *key,
                                      const json_t *json, const char *expected);

/* The keys that only a transformer has (config_dit.c). Returns OK, E_FORMAT. */
spot_status spoti_config_read_dit(const spoti_config_reader *r, spoti_policy_config *out);

#endif
