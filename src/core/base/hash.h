/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Hashes that tell whether something changed. */
#ifndef SPOTI_BASE_HASH_H
#define SPOTI_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "spot/status.h"

/* 64-bit FNV-1a, continued from `hash`; begin with SPOTI_HASH_START. Not for secrets. */
#define SPOTI_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t spoti_hash(uint64_t hash, const void *data, size_t size);

/* Continues `*hash` with the bytes of a file. Returns SPOT_OK or E_IO. */
spot_status spoti_hash_file(uint64_t *hash, const char *path, spot_diag *diag);

#endif
