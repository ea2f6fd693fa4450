/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Names of sites and thirds. */
#include "runtime/policy/sites.h"

static const char *const SITE_NAMES[SPOTI_SITE_COUNT] = {
    "sa.q", "sa.k", "sa.v", "sa.out", "ca.q", "ca.k", "ca.v", "ca.out", "mlp.l1", "mlp.l2"};
static const char *const THIRD_NAMES[SPOTI_THIRD_COUNT] = {"early", "mid", "late"};

const char *spoti_site_name(spoti_site site)
{
    return SITE_NAMES[site];
}

const char *spoti_third_name(spoti_third third)
{
    return THIRD_NAMES[third];
}

spoti_third spoti_third_of(size_t i_block, size_t n_block)
{
    const size_t length = (n_block + SPOTI_THIRD_COUNT - 1) / SPOTI_THIRD_COUNT;

    return (spoti_third)(i_block / length);
}
