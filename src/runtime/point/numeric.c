/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The text of numeric bits. */
#include "runtime/point/numeric.h"

#include <string.h>

enum { TEXT_SHOWN = 40 };

static const char PREFIX[] = "num:";
static const char *const RULES[SPOTI_NUMERIC_RULE_COUNT] = {"lloyd", "uniform", "pow2"};

bool spoti_numeric_is(const char *quant)
{
    return strncmp(quant, PREFIX, sizeof PREFIX - 1) == 0;
}

const char *spoti_numeric_rule_name(spoti_numeric_rule rule)
{
    return RULES[rule];
}

/* One or two digits without a leading zero, 1 .. 16; *text moves behind them. */
static bool read_bits(const char **text, int *bits)
{
    const size_t length = strspn(*text, "0123456789");
    int value = 0;

    if (length < 1 || length > 2 || **text == '0') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        value = 10 * value + ((*text)[i] - '0');
    }
    *bits = value;
    *text += length;
    return value <= SPOTI_NUMERIC_BITS_MAX;
}

/* Nothing, or `:` and the name of a rule. */
static bool read_rule(const char *text, spoti_numeric_rule *rule)
{
    if (*text == '\0') {
        *rule = SPOTI_NUMERIC_LLOYD;
        return true;
    }
    for (int i = 0; *text == ':' && i < SPOTI_NUMERIC_RULE_COUNT; i++) {
        if (strcmp(text + 1, RULES[i]) == 0) {
            *rule = (spoti_numeric_rule)i;
            return true;
        }
    }
    return false;
}

spot_status spoti_numeric_parse(const char *quant, spoti_numeric *out, spot_diag *diag)
{
    spoti_numeric read = {0};
    const char *at = spoti_numeric_is(quant) ? quant + sizeof PREFIX - 1 : "";

    if (!read_bits(&at, &read.bits) || !read_rule(at, &read.rule)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "quant: '%.*s', expected num:B or num:B:RULE with B bits of 1..%d and "
                             "RULE one of lloyd, uniform, pow2",
                             TEXT_SHOWN, quant, SPOTI_NUMERIC_BITS_MAX);
    }
    *out = read;
    return SPOT_OK;
}
