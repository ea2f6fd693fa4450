/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Numeric bits, `quant=num:B[:RULE]`: weights of B bits in fp32 arithmetic.
 *
 * They show what any bit-width does to a policy, not how fast it is: no kernel here has 3 bits. What an
 * inference would take is modelled, B / 32 of its time in fp32, as arXiv 2602.13052 models it.
 */
#ifndef SPOTI_POINT_NUMERIC_H
#define SPOTI_POINT_NUMERIC_H

#include <stdbool.h>

#include "spot/status.h"

enum { SPOTI_NUMERIC_BITS_MAX = 16, SPOTI_NUMERIC_BITS_FULL = 32 };

/* The quantiser, see coinfer.h. */
typedef enum spoti_numeric_rule {
    SPOTI_NUMERIC_LLOYD = 0, /* the best for an exponential magnitude; what stands for no rule */
    SPOTI_NUMERIC_UNIFORM,   /* mid-rise with the best step for it */
    SPOTI_NUMERIC_POW2,      /* powers of two, the largest the best for it */
    SPOTI_NUMERIC_RULE_COUNT,
} spoti_numeric_rule;

typedef struct spoti_numeric {
    int bits; /* 1 .. 16, sign included; 0 = weights as they are */
    spoti_numeric_rule rule;
} spoti_numeric;

/* Whether `quant` means to be numeric: it begins with `num:`. */
bool spoti_numeric_is(const char *quant);

/* Reads `num:B` or `num:B:RULE`. Returns OK, E_FORMAT (see diag; *out is as it was). */
spot_status spoti_numeric_parse(const char *quant, spoti_numeric *out, spot_diag *diag);

/* `lloyd` and so on. */
const char *spoti_numeric_rule_name(spoti_numeric_rule rule);

#endif
