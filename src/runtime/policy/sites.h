/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Names of the places in a transformer whose precision can be chosen: the kind of linear layer, and
 * the third of the network that its block lies in.
 */
#ifndef SPOTI_POLICY_SITES_H
#define SPOTI_POLICY_SITES_H

#include <stdbool.h>
#include <stddef.h>

/* Linear layers of a block: self-attention, cross-attention, MLP. */
typedef enum spoti_site {
    SPOTI_SITE_SA_Q = 0,
    SPOTI_SITE_SA_K,
    SPOTI_SITE_SA_V,
    SPOTI_SITE_SA_OUT,
    SPOTI_SITE_CA_Q,
    SPOTI_SITE_CA_K,
    SPOTI_SITE_CA_V,
    SPOTI_SITE_CA_OUT,
    SPOTI_SITE_MLP_L1,
    SPOTI_SITE_MLP_L2,
    SPOTI_SITE_COUNT,
} spoti_site;

/* Thirds of the blocks; the last is shorter where they do not divide. */
typedef enum spoti_third {
    SPOTI_THIRD_EARLY = 0,
    SPOTI_THIRD_MID,
    SPOTI_THIRD_LATE,
    SPOTI_THIRD_COUNT,
} spoti_third;

/* `sa.q` and so on; also the name of the layer's tensor within its block. */
const char *spoti_site_name(spoti_site site);

/* `early`, `mid`, `late`. */
const char *spoti_third_name(spoti_third third);

/* The third of block i_block of n_block: ceil(n_block / 3) early, as many mid, the rest late (28
 * blocks: 0-9, 10-19, 20-27). */
spoti_third spoti_third_of(size_t i_block, size_t n_block);

#endif
