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
#include <stdio.h>
#include <string.h>

#include "spot/policy.h"

static const char BLANKS[] = " \t\r\n";
static const char KEYS[] = "steps, overlap, align, quant";
static const char FULL_PRECISION[] = "fp32"; /* `quant` of the baseline, "" in spot_point */
static const char ALL_STEPS[] = "all";       /* the policy's default, 0 in spot_point */

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

/* Takes the name as it is: whether a policy knows it is said when a session is made. */
static spot_status parse_quant(word value, char quant[SPOT_POINT_QUANT_SIZE], spot_diag *diag)
{
    if (value.length == 0 || value.length >= SPOT_POINT_QUANT_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "quant: '%.*s', expected fp32, bf16, w8a8, w4a4, w4-t1 .. w4-t10 or a "
                             "file NAME.yaml of at most %d characters",
                             shown(value), value.start, SPOT_POINT_QUANT_SIZE - 1);
    }
    bool full = word_is(value, FULL_PRECISION);
    memcpy(quant, value.start, full ? 0 : value.length);
    quant[full ? 0 : value.length] = '\0';
    return SPOT_OK;
}

/* The keys by number; KEYS lists them for people. */
static const char *const KEY_NAMES[] = {"steps", "overlap", "align", "quant"};
enum { KEY_STEPS, KEY_OVERLAP, KEY_ALIGN, KEY_QUANT, N_KEY };

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
    if (number == KEY_QUANT) {
        return parse_quant(value, point->quant, diag);
    }
    return parse_align(value, &point->align, diag);
}

void spot_point_default(spot_point *point)
{
    if (point != NULL) {
        *point = (spot_point){.steps = 0, .overlap = 0, .align = SPOT_ALIGN_NONE, .quant = ""};
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
    const char *shown_steps = point->steps == 0 ? ALL_STEPS : steps;
    const int i = (int)point->align;
    const char *key = point->quant[0] != '\0' ? " quant=" : "";
    if (point->overlap > 0) {
        (void)snprintf(text, size, "steps=%s overlap=%d align=%s%s%s", shown_steps, point->overlap,
                       i >= 0 && i < N_ALIGN ? ALIGN_NAMES[i] : "?", key, point->quant);
    } else {
        (void)snprintf(text, size, "steps=%s overlap=0%s%s", shown_steps, key, point->quant);
    }
}
