/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Patterns of sites and the published tiers; grammar in the header. */
#include "runtime/policy/tiers.h"

#include <stdio.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"
#include "runtime/policy/tiers_file.h"

enum { WORD_SHOWN = 40, TIER_BASE_BITS = 8, TIER_BITS = 4 };

static const char BLANKS[] = " \t\r\n";

/* What each published tier adds to the one before (cosmos_quant_tiers.csv, new_w4a4_sites). */
static const char *const TIERS[SPOTI_TIER_COUNT] = {
    "ca.out@late", "mlp.l1@early", "ca.out@early",   "mlp.l1@late",       "mlp.l1@mid",
    "ca.out@mid",  "mlp.l2@all",   "sa.q/k/out@all", "sa.v@all ca.q@all", "ca.k/v@all"};

static const struct {
    const char *name;
    int bits;
} UNIFORM[] = {{"fp32", 32}, {"bf16", 16}, {"w8a8", 8}, {"w4a4", 4}};

/* A piece of a pattern that is not terminated. */
typedef struct word {
    const char *start;
    size_t length;
} word;

typedef struct selection {
    bool site[SPOTI_SITE_COUNT];
    bool third[SPOTI_THIRD_COUNT];
} selection;

static bool word_is(word w, const char *name)
{
    return strlen(name) == w.length && memcmp(w.start, name, w.length) == 0;
}

/* Splits off what stands before the first `c`; all of it, and an empty rest, if there is none. */
static bool split(word w, char c, word *first, word *rest)
{
    const char *at = w.length > 0 ? memchr(w.start, c, w.length) : NULL;

    *first = (word){w.start, at != NULL ? (size_t)(at - w.start) : w.length};
    *rest = (word){w.start + first->length + (at != NULL), w.length - first->length - (at != NULL)};
    return at != NULL;
}

/* Selects part.item; false if that is no site. */
static bool select_site(word part, word item, selection *out)
{
    bool found = false;

    for (int i = 0; i < SPOTI_SITE_COUNT; i++) {
        const char *name = spoti_site_name((spoti_site)i);
        const char *dot = strchr(name, '.');
        const word name_part = {name, (size_t)(dot - name)};

        if (name_part.length == part.length &&
            memcmp(name_part.start, part.start, part.length) == 0 &&
            (word_is(item, "*") || word_is(item, dot + 1))) {
            out->site[i] = found = true;
        }
    }
    return found;
}

/* Selects `*` or part.item/item. */
static bool select_sites(word sites, selection *out)
{
    word part;
    word items;
    word item;
    bool more = true;

    if (word_is(sites, "*")) {
        memset(out->site, true, sizeof out->site);
        return true;
    }
    if (!split(sites, '.', &part, &items)) {
        return false;
    }
    while (more) {
        more = split(items, '/', &item, &items);
        if (!select_site(part, item, out)) {
            return false;
        }
    }
    return true;
}

/* Selects `all` or third/third. */
static bool select_thirds(word thirds, selection *out)
{
    word item;
    bool more = true;

    if (word_is(thirds, "all")) {
        memset(out->third, true, sizeof out->third);
        return true;
    }
    while (more) {
        bool found = false;

        more = split(thirds, '/', &item, &thirds);
        for (int i = 0; i < SPOTI_THIRD_COUNT; i++) {
            if (word_is(item, spoti_third_name((spoti_third)i))) {
                out->third[i] = found = true;
            }
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* Applies one pattern. */
static spot_status set_one(spoti_plan *plan, word pattern, int bits, spot_diag *diag)
{
    selection chosen = {.site = {false}};
    word sites;
    word thirds;
    const bool has_thirds = split(pattern, '@', &sites, &thirds);

    if (!has_thirds) {
        thirds = (word){"all", 3};
    }
    if (!select_sites(sites, &chosen) || !select_thirds(thirds, &chosen)) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "'%.*s' matches no site, expected sites such as sa.q/k/v/out, ca.q/k/v/out, mlp.l1/l2 "
            "or *, and @early/mid/late or @all",
            (int)(pattern.length < WORD_SHOWN ? pattern.length : WORD_SHOWN), pattern.start);
    }
    for (int i = 0; i < SPOTI_THIRD_COUNT; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            if (chosen.third[i] && chosen.site[j]) {
                plan->bits[i][j] = bits;
            }
        }
    }
    return SPOT_OK;
}

static bool bits_are_known(int bits)
{
    for (size_t i = 0; i < sizeof UNIFORM / sizeof UNIFORM[0]; i++) {
        if (UNIFORM[i].bits == bits) {
            return true;
        }
    }
    return false;
}

void spoti_plan_fill(spoti_plan *plan, int bits)
{
    plan->group = SPOTI_PLAN_GROUP;
    plan->numeric = (spoti_numeric){0};
    for (int i = 0; i < SPOTI_THIRD_COUNT; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            plan->bits[i][j] = bits;
        }
    }
}

spot_status spoti_plan_set(spoti_plan *plan, const char *pattern, int bits, spot_diag *diag)
{
    spoti_plan changed = *plan;
    const char *at = pattern + strspn(pattern, BLANKS);

    if (!bits_are_known(bits)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d bits, expected 32, 16, 8 or 4", bits);
    }
    if (*at == '\0') {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "no sites, expected a pattern such as mlp.l1@early");
    }
    while (*at != '\0') {
        const word w = {at, strcspn(at, BLANKS)};
        const spot_status st = set_one(&changed, w, bits, diag);

        if (st != SPOT_OK) {
            return st;
        }
        at += w.length;
        at += strspn(at, BLANKS);
    }
    *plan = changed;
    return SPOT_OK;
}

/* The number N of `w4-tN`, 0 if `name` is no tier. */
static int tier_of(const char *name)
{
    for (int i = 1; i <= SPOTI_TIER_COUNT; i++) {
        char text[16];

        (void)spoti_format(text, sizeof text, "w4-t%d", i);
        if (strcmp(name, text) == 0) {
            return i;
        }
    }
    return 0;
}

spot_status spoti_plan_read(const char *quant, spoti_plan *plan, spot_diag *diag)
{
    static const char suffix[] = ".yaml";
    const size_t length = strlen(quant);
    const int tier = tier_of(quant);

    for (size_t i = 0; i < sizeof UNIFORM / sizeof UNIFORM[0]; i++) {
        if (strcmp(quant, UNIFORM[i].name) == 0) {
            spoti_plan_fill(plan, UNIFORM[i].bits);
            return SPOT_OK;
        }
    }
    if (tier > 0) {
        spoti_plan_fill(plan, TIER_BASE_BITS);
        for (int i = 0; i < tier; i++) {
            (void)spoti_plan_set(plan, TIERS[i], TIER_BITS, NULL); /* tested to be good */
        }
        return SPOT_OK;
    }
    if (spoti_numeric_is(quant)) {
        spoti_numeric numeric;
        const spot_status st = spoti_numeric_parse(quant, &numeric, diag);

        if (st == SPOT_OK) {
            spoti_plan_fill(plan, SPOTI_NUMERIC_BITS_FULL);
            plan->numeric = numeric;
        }
        return st;
    }
    if (length >= sizeof suffix && strcmp(quant + length - (sizeof suffix - 1), suffix) == 0) {
        return spoti_plan_load(quant, plan, diag);
    }
    static const char *const words[] = {"fp32", "bf16", "w8a8", "w4a4", "w4-t1", "num:8"};
    char hint[SPOTI_HINT_SIZE];
    spoti_hint(hint, quant, words, sizeof(words) / sizeof(words[0]));
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "quant: '%.*s', expected fp32, bf16, w8a8, w4a4, w4-t1 .. w4-t10, num:B "
                         "or num:B:RULE, or a file NAME.yaml%s",
                         WORD_SHOWN, quant, hint);
}

size_t spoti_plan_count(const spoti_plan *plan, int bits, size_t n_block)
{
    size_t n = 0;

    for (size_t i = 0; i < n_block; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            n += plan->bits[spoti_third_of(i, n_block)][j] == bits ? 1 : 0;
        }
    }
    return n;
}
