/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Text form of an operating point: `key=value` separated by blanks.
 *
 * A point is parsed into a copy and stored only when the whole text was good, so a refused text
 * leaves the caller's point as it was.
 */
#include "spot/point.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "spot/policy.h"

static const char BLANKS[] = " \t\r\n";
static const char KEYS[] = "steps, overlap, align, quant, prune, kv";
static const char ALL_STEPS[] = "all"; /* the policy's default, 0 in spot_point */

/* The largest overlap that any policy can have: all actions of the longest chunk. */
enum { OVERLAP_MAX = 4096, WORD_SHOWN = 40 };

/* Names of spot_align, by value. */
static const char *const ALIGN_NAMES[] = {"none", "skip"};
enum { N_ALIGN = sizeof ALIGN_NAMES / sizeof ALIGN_NAMES[0] };

/* A piece of the text that is not terminated. */
typedef struct word {
    const char *start;
    size_t length;
} word;

static int word_is(word w, const char *name)
{
    return strlen(name) == w.length && memcmp(w.start, name, w.length) == 0;
}

/* Length of a word as far as a message shows it. */
static int shown(word w)
{
    return w.length < WORD_SHOWN ? (int)w.length : WORD_SHOWN;
}

/* Reads decimal digits only: no sign, no blanks, no other base. */
static spot_status parse_count(word key, word value, int min, int max, int *out, spot_diag *diag)
{
    int n = 0;

    if (value.length == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%.*s: value missing, expected a whole number",
                             shown(key), key.start);
    }
    for (size_t i = 0; i < value.length; i++) {
        const char c = value.start[i];

        if (c < '0' || c > '9') {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%.*s: '%.*s', expected a whole number",
                                 shown(key), key.start, shown(value), value.start);
        }
        n = n * 10 + (c - '0');
        if (n > max) {
            return spot_diag_set(diag, SPOT_E_RANGE, "%.*s: '%.*s' is too large, expected %d..%d",
                                 shown(key), key.start, shown(value), value.start, min, max);
        }
    }
    if (n < min) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%.*s: %d is too small, expected %d..%d",
                             shown(key), key.start, n, min, max);
    }
    *out = n;
    return SPOT_OK;
}

static spot_status parse_align(word value, spot_align *out, spot_diag *diag)
{
    for (int i = 0; i < N_ALIGN; i++) {
        if (word_is(value, ALIGN_NAMES[i])) {
            *out = (spot_align)i;
            return SPOT_OK;
        }
    }
    return spot_diag_set(diag, SPOT_E_FORMAT, "align: '%.*s', expected none or skip", shown(value),
                         value.start);
}

/* The keys by number; KEYS lists them for people. */
static const char *const KEY_NAMES[] = {"steps", "overlap", "align", "quant", "prune", "kv"};
enum { KEY_STEPS, KEY_OVERLAP, KEY_ALIGN, KEY_QUANT, KEY_PRUNE, KEY_KV, N_KEY };

/* A key whose value is a name that only a policy can judge, when a session is made. */
typedef struct named_key {
    size_t offset; /* of its text in spot_point */
    size_t size;
    const char *baseline; /* "" in spot_point */
    const char *expected;
} named_key;

/* By key number, from KEY_QUANT on. */
static const named_key NAMED_KEYS[] = {
    {offsetof(spot_point, quant), SPOT_POINT_QUANT_SIZE, "fp32",
     "fp32, bf16, w8a8, w4a4, w4-t1 .. w4-t10 or a file NAME.yaml"},
    {offsetof(spot_point, prune), SPOT_POINT_PRUNE_SIZE, "none",
     "none, a fraction of the weights such as 0.1, 2:4, or mlp:0.25 for whole hidden units"},
    {offsetof(spot_point, kv), SPOT_POINT_KV_SIZE, "base", "base, p1 .. p4 or FRAMES:COMMANDS"},
};

static spot_status parse_name(unsigned number, word value, spot_point *point, spot_diag *diag)
{
    const named_key *key = &NAMED_KEYS[number - KEY_QUANT];
    char *text = (char *)point + key->offset;

    if (value.length == 0 || value.length >= key->size) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: '%.*s', expected %s of at most %zu characters", KEY_NAMES[number],
                             shown(value), value.start, key->expected, key->size - 1);
    }
    const size_t length = word_is(value, key->baseline) ? 0 : value.length;
    memcpy(text, value.start, length);
    text[length] = '\0';
    return SPOT_OK;
}

/* Number of the key, or N_KEY if it is unknown. */
static unsigned key_number(word key)
{
    unsigned i = 0;

    while (i < N_KEY && !word_is(key, KEY_NAMES[i])) {
        i++;
    }
    return i;
}

/* Reads one pair; *seen has a bit for each key that was read before. */
static spot_status parse_pair(word key, word value, unsigned *seen, spot_point *point,
                              spot_diag *diag)
{
    const unsigned number = key_number(key);

    if (number == N_KEY) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "unknown key '%.*s', expected one of: %s",
                             shown(key), key.start, KEYS);
    }
    if ((*seen & 1U << number) != 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "key '%.*s' is given twice, expected once",
                             shown(key), key.start);
    }
    *seen |= 1U << number;
    if (number == KEY_STEPS) {
        if (word_is(value, ALL_STEPS)) {
            point->steps = 0;
            return SPOT_OK;
        }
        return parse_count(key, value, 1, SPOT_POLICY_STEPS_MAX, &point->steps, diag);
    }
    if (number == KEY_OVERLAP) {
        return parse_count(key, value, 0, OVERLAP_MAX, &point->overlap, diag);
    }
    if (number == KEY_ALIGN) {
        return parse_align(value, &point->align, diag);
    }
    return parse_name(number, value, point, diag);
}

void spot_point_default(spot_point *point)
{
    if (point != NULL) {
        *point = (spot_point){.steps = 0, .overlap = 0, .align = SPOT_ALIGN_NONE};
    }
}

spot_status spot_point_parse(const char *text, spot_point *point, spot_diag *diag)
{
    spot_point result;
    unsigned seen = 0;

    if (text == NULL || point == NULL) {
        return SPOT_E_INVALID;
    }
    result = *point;
    for (text += strspn(text, BLANKS); *text != '\0'; text += strspn(text, BLANKS)) {
        const word pair = {text, strcspn(text, BLANKS)};
        const char *equals = memchr(pair.start, '=', pair.length);

        if (equals == NULL) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "'%.*s', expected key=value with key one of: %s", shown(pair),
                                 pair.start, KEYS);
        }

        const word key = {pair.start, (size_t)(equals - pair.start)};
        const word value = {equals + 1, pair.length - key.length - 1};
        const spot_status st = parse_pair(key, value, &seen, &result, diag);

        if (st != SPOT_OK) {
            return st;
        }
        text += pair.length;
    }
    *point = result;
    return SPOT_OK;
}

/* Appends ` key=value` unless the value is the baseline's. */
static void append_name(char *text, size_t size, const char *key, const char *value)
{
    const size_t used = strlen(text);

    if (value[0] != '\0') {
        (void)snprintf(text + used, size - used, " %s=%s", key, value);
    }
}

void spot_point_format(const spot_point *point, char *text, size_t size)
{
    if (text == NULL || size == 0) {
        return;
    }
    text[0] = '\0';
    if (point == NULL) {
        return;
    }

    char steps[16];
    (void)snprintf(steps, sizeof(steps), "%d", point->steps);
    const int i = (int)point->align;
    (void)snprintf(text, size, "steps=%s overlap=%d", point->steps == 0 ? ALL_STEPS : steps,
                   point->overlap);
    if (point->overlap > 0) {
        append_name(text, size, "align", i >= 0 && i < N_ALIGN ? ALIGN_NAMES[i] : "?");
    }
    append_name(text, size, "quant", point->quant);
    append_name(text, size, "prune", point->prune);
    append_name(text, size, "kv", point->kv);
}

void spot_point_variant(const spot_point *point, char *text, size_t size)
{
    static const char UNITS[] = "mlp:";

    if (text == NULL || size == 0) {
        return;
    }
    text[0] = '\0';
    if (point == NULL) {
        return;
    }

    const bool smaller = strncmp(point->prune, UNITS, sizeof UNITS - 1) == 0;
    const struct {
        const char *key, *value;
    } parts[] = {{"", point->quant}, {"prune=", smaller ? point->prune : ""}, {"kv=", point->kv}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const size_t used = strlen(text);

        if (parts[i].value[0] != '\0') {
            (void)snprintf(text + used, size - used, "%s%s%s", used > 0 ? "+" : "", parts[i].key,
                           parts[i].value);
        }
    }
}
