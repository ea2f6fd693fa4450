/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Text form of an operating point: `key=value` separated by blanks.
 *
 * A point is parsed into a copy and stored only when the whole text was good, so a refused text
 * leaves the caller's point as it was.
 */
#include "spot/point.h"

#include <stdio.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"
#include "runtime/point/knob.h"

static const char BLANKS[] = " \t\r\n";

enum { WORD_SHOWN = 40, NAMES_SIZE = 128 };

/* `steps, overlap, ...` */
static void list_names(char text[NAMES_SIZE])
{
    text[0] = '\0';
    for (int i = 0; i < spot_knob_count(); i++) {
        const size_t used = strlen(text);
        (void)snprintf(text + used, NAMES_SIZE - used, "%s%s", i > 0 ? ", " : "",
                       spot_knob_at(i)->name);
    }
}

/* Length of a word as far as a message shows it. */
static int shown(spoti_word w)
{
    return w.length < WORD_SHOWN ? (int)w.length : WORD_SHOWN;
}

static spot_status refuse(spot_diag *diag, const char *before, spoti_word w, const char *after)
{
    char names[NAMES_SIZE];
    char hint[SPOTI_HINT_SIZE];
    char word[WORD_SHOWN + 1];
    const char *known[SPOT_KNOBS_MAX];

    for (int i = 0; i < spot_knob_count(); i++) {
        known[i] = spot_knob_at(i)->name;
    }
    (void)spoti_copy_n(word, sizeof(word), w.start, w.length);
    spoti_hint(hint, word, known, (size_t)spot_knob_count());
    list_names(names);
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s'%.*s', expected %sone of: %s%s", before, shown(w),
                         w.start, after, names, hint);
}

/* Reads one pair; *seen has a bit for each knob that was read before. */
static spot_status parse_pair(spoti_word key, spoti_word value, unsigned *seen, spot_point *point,
                              spot_diag *diag)
{
    const int i = spoti_knob_find(key);

    if (i < 0) {
        return refuse(diag, "unknown key ", key, "");
    }
    if ((*seen & 1U << (unsigned)i) != 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "key '%.*s' is given twice, expected once",
                             shown(key), key.start);
    }
    *seen |= 1U << (unsigned)i;
    return spoti_knob_read(i, value, point, diag);
}

void spot_point_default(spot_point *point)
{
    if (point != NULL) {
        *point = (spot_point){.steps = 0, .overlap = 0, .align = SPOT_ALIGN_NONE, .execute = 0};
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
        const spoti_word pair = {text, strcspn(text, BLANKS)};
        const char *equals = memchr(pair.start, '=', pair.length);

        if (equals == NULL) {
            return refuse(diag, "", pair, "key=value with key ");
        }

        const spoti_word key = {pair.start, (size_t)(equals - pair.start)};
        const spoti_word value = {equals + 1, pair.length - key.length - 1};
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
    for (int i = 0; point != NULL && i < spot_knob_count(); i++) {
        const spoti_knob *k = spoti_knob_at(i);
        const size_t used = strlen(text);
        char value[SPOT_KNOB_VALUE_SIZE];

        /* with overlap, how chunks are joined is said in any case */
        const bool written = k->needs_overlap
                                 ? point->overlap > 0
                                 : k->always_written || !spot_knob_is_baseline(i, point);
        if (written) {
            spot_knob_value(i, point, value);
            (void)snprintf(text + used, size - used, "%s%s=%s", used > 0 ? " " : "", k->shown.name,
                           value);
        }
    }
}

void spot_point_variant(const spot_point *point, char *text, size_t size)
{
    if (text == NULL || size == 0) {
        return;
    }
    text[0] = '\0';
    for (int i = 0; point != NULL && i < spot_knob_count(); i++) {
        const spoti_knob *k = spoti_knob_at(i);
        const size_t used = strlen(text);
        char value[SPOT_KNOB_VALUE_SIZE];

        if (k->variant_key == NULL || spot_knob_is_baseline(i, point)) {
            continue;
        }
        spot_knob_value(i, point, value);
        if (k->changes_time == NULL || k->changes_time(value)) {
            (void)snprintf(text + used, size - used, "%s%s%s", used > 0 ? "+" : "", k->variant_key,
                           value);
        }
    }
}

bool spot_point_equal(const spot_point *p, const spot_point *q)
{
    bool same = true;
    for (int i = 0; i < spot_knob_count() && same; i++) {
        same = spot_knob_compare(i, p, q) == 0;
    }
    return same;
}

bool spot_point_same_setting(const spot_point *p, const spot_point *q)
{
    bool same = true;
    for (int i = 0; i < spot_knob_count() && same; i++) {
        const spot_knob *k = spot_knob_at(i);
        same = !k->in_inference || k->is_number || spot_knob_compare(i, p, q) == 0;
    }
    return same;
}
