/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Values of a JSON tree, each with the place where it stands. */
#include "lab/sim/planar/level_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

enum { PLACE_SIZE = 160, WHAT_SIZE = 200, KEY_SIZE = 16 };

/* Appends the place of `at` to text. */
static void put_place(const spoti_json_at *at, char text[PLACE_SIZE])
{
    if (at == NULL) {
        return;
    }
    put_place(at->parent, text);
    const size_t used = strlen(text);
    if (at->key != NULL) {
        (void)spoti_format(text + used, PLACE_SIZE - used, "%s%s", used > 0 ? "." : "", at->key);
    } else if (at->parent != NULL) {
        (void)spoti_format(text + used, PLACE_SIZE - used, "[%d]", at->index);
    }
}

void spoti_json_wrong(spoti_json_reader *reader, const spoti_json_at *at, const char *format, ...)
{
    char place[PLACE_SIZE] = "";
    char what[WHAT_SIZE];
    va_list arguments;

    if (reader->status != SPOT_OK) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    put_place(at, place);
    reader->status = spot_diag_set(reader->diag, SPOT_E_FORMAT, "%s: %s%s%s", reader->file, place,
                                   place[0] != '\0' ? ": " : "", what);
}

spoti_json_at spoti_json_member_at(spoti_json_reader *reader, const spoti_json_at *parent,
                                   const char *key)
{
    const spoti_json_at at = {
        .parent = parent, .key = key, .value = json_object_get(parent->value, key)};
    if (parent->value != NULL && !json_is_object(parent->value)) {
        spoti_json_wrong(reader, parent, "no object, expected one in braces");
    } else if (at.value == NULL) {
        spoti_json_wrong(reader, &at, "missing");
    }
    return at;
}

int spoti_json_count(spoti_json_reader *reader, const spoti_json_at *list)
{
    const size_t n =
        json_is_array(list->value) ? json_array_size(list->value) : json_object_size(list->value);
    if (list->value == NULL || (!json_is_array(list->value) && !json_is_object(list->value))) {
        spoti_json_wrong(reader, list,
                         "no list, expected one, or an object with the keys 0, 1, ...");
        return -1;
    }
    return n <= (size_t)SPOTI_PLANAR_FILE_MAX ? (int)n : -1; /* no file holds more */
}

spoti_json_at spoti_json_element(spoti_json_reader *reader, const spoti_json_at *list, int index)
{
    spoti_json_at at = {.parent = list, .index = index};
    if (json_is_array(list->value)) {
        at.value = json_array_get(list->value, (size_t)index);
    } else {
        char key[KEY_SIZE];
        (void)spoti_format(key, sizeof(key), "%d", index);
        at.value = json_object_get(list->value, key);
    }
    if (at.value == NULL) {
        spoti_json_wrong(reader, &at, "missing");
    }
    return at;
}

/* A number within bounds, as float32; NaN and infinity are no JSON, but what overflows float32 is. */
static float number_of(spoti_json_reader *reader, const spoti_json_at *at, double low, double high)
{
    if (reader->status != SPOT_OK || at->value == NULL) {
        return 0.0f;
    }
    if (!json_is_number(at->value)) {
        spoti_json_wrong(reader, at, "no number, expected one from %g to %g", low, high);
        return 0.0f;
    }
    const double x = json_number_value(at->value);
    if (!(x >= low && x <= high)) {
        spoti_json_wrong(reader, at, "%g, expected %g to %g", x, low, high);
        return 0.0f;
    }
    return (float)x;
}

float spoti_json_float(spoti_json_reader *reader, const spoti_json_at *parent, const char *key,
                       double low, double high)
{
    const spoti_json_at at = spoti_json_member_at(reader, parent, key);
    return number_of(reader, &at, low, high);
}

int spoti_json_int(spoti_json_reader *reader, const spoti_json_at *parent, const char *key, int low,
                   int high)
{
    const spoti_json_at at = spoti_json_member_at(reader, parent, key);
    const double x = (double)number_of(reader, &at, low, high);
    if (x != floor(x)) {
        spoti_json_wrong(reader, &at, "%g, expected a whole number", x);
        return 0;
    }
    return (int)x;
}

bool spoti_json_bool(spoti_json_reader *reader, const spoti_json_at *parent, const char *key)
{
    const spoti_json_at at = spoti_json_member_at(reader, parent, key);
    if (at.value != NULL && !json_is_boolean(at.value)) {
        spoti_json_wrong(reader, &at, "expected true or false");
    }
    return json_is_true(at.value);
}

spoti_vec spoti_json_vec_of(spoti_json_reader *reader, const spoti_json_at *at, double most)
{
    float xy[2] = {0.0f, 0.0f};
    if (at->value == NULL) {
        return (spoti_vec){0.0f, 0.0f};
    }
    const int n = spoti_json_count(reader, at);
    if (n != 2) {
        spoti_json_wrong(reader, at, "%d numbers, expected 2", n);
    }
    for (int i = 0; i < 2 && reader->status == SPOT_OK; i++) {
        const spoti_json_at part = spoti_json_element(reader, at, i);
        xy[i] = number_of(reader, &part, -most, most);
    }
    return (spoti_vec){xy[0], xy[1]};
}

spoti_vec spoti_json_vec(spoti_json_reader *reader, const spoti_json_at *parent, const char *key,
                         double most)
{
    const spoti_json_at at = spoti_json_member_at(reader, parent, key);
    return spoti_json_vec_of(reader, &at, most);
}
