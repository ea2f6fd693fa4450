/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Which site of a transformer computes with how many bits: `quant=` of an operating point.
 *
 * A plan is one of the names `fp32`, `bf16`, `w8a8`, `w4a4` (all sites alike), a published tier
 * `w4-t1` .. `w4-t10` (some sites at 4 bits, all others at 8), `num:B[:RULE]` (numeric.h: all sites are
 * fp32, of weights that were rounded before), or a file NAME.yaml:
 *
 *     bits: 8                            # sites that no rule names: 32, 16, 8 or 4
 *     group: 64                          # inputs that share a scale at 4 bits; may be left out
 *     sites:                             # later rules win; may be left out
 *       - {match: mlp.l1/l2@early, bits: 4}
 *       - {match: ca.out, bits: 32}
 *
 * A pattern is written as in the published tables: sites of one part of a block, `/` between them,
 * then `@` and thirds of the network, or `all`, which is also meant without `@`. `*` is every site,
 * `sa.*` every site of a part. Several patterns stand between blanks.
 */
#ifndef SPOTI_POLICY_TIERS_H
#define SPOTI_POLICY_TIERS_H

#include "runtime/point/numeric.h"
#include "runtime/policy/sites.h"
#include "spot/status.h"

enum { SPOTI_PLAN_GROUP = 64, SPOTI_TIER_COUNT = 10 };

typedef struct spoti_plan {
    int bits[SPOTI_THIRD_COUNT][SPOTI_SITE_COUNT]; /* 32 fp32, 16 bf16, 8 w8a8, 4 w4a4 */
    int group;                                     /* inputs per scale at 4 bits: 32, 64 or 128 */
    spoti_numeric numeric;                         /* bits 0 = weights are not rounded */
} spoti_plan;

/* All sites with `bits`, the default group. */
void spoti_plan_fill(spoti_plan *plan, int bits);

/* Gives `bits` (32, 16, 8, 4) to all sites that `pattern` names. On failure *plan is as it was.
 * Returns OK, E_FORMAT (bad pattern, see diag), E_RANGE (bits). */
spot_status spoti_plan_set(spoti_plan *plan, const char *pattern, int bits, spot_diag *diag);

/* Sets *plan to what `quant` says: a name or a file. On failure *plan is as it was.
 * Returns OK, E_FORMAT (unknown name, bad file; see diag), E_IO, E_NOMEM, E_RANGE. */
spot_status spoti_plan_read(const char *quant, spoti_plan *plan, spot_diag *diag);

/* Linear layers with `bits` in a network of n_block blocks. */
size_t spoti_plan_count(const spoti_plan *plan, int bits, size_t n_block);

#endif
