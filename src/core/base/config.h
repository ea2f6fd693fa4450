/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Whether a caller's config is the struct that this library knows.
 *
 * A config begins with its size, which its default function sets. A program that was compiled with
 * another release's header, or that filled a struct by hand, is refused before a field is read
 * (VERSIONING.md).
 */
#ifndef SPOTI_BASE_CONFIG_H
#define SPOTI_BASE_CONFIG_H

#include <stddef.h>

#include "spot/status.h"

/* `config`: of a struct whose first member is `size_t size`, or NULL; `known`: what that must be;
 * `type`: its name for diag, which may be NULL. Returns SPOT_OK, E_INVALID. */
spot_status spoti_config_check(const void *config, size_t known, const char *type, spot_diag *diag);

/* The same of `const type *config`; another pointer does not compile. */
#define SPOTI_CONFIG_CHECK(type, config, diag)                                                     \
    spoti_config_check(1 ? (config) : (const type *)NULL, sizeof(type), #type, diag)

#endif
