/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The bijection behind spot_rng, apart so that tests reach it. */
#ifndef SPOTI_BASE_PHILOX_H
#define SPOTI_BASE_PHILOX_H

#include <stdint.h>

/* out = Philox4x32-10(counter, key); out may be counter. */
void spoti_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
