/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Records: finding values, and turning them into numbers, texts and float arrays. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/net/record.h"

const spoti_value *spoti_record_root(const spoti_record *record)
{
    return record->n_value > 0 ? record->values : NULL;
}

bool spoti_value_key_is(const spoti_value *value, const char *key)
{
    return value->key != NULL && strlen(key) == value->key_size &&
           memcmp(value->key, key, value->key_size) == 0;
}

const spoti_value *spoti_value_find(const spoti_value *map, const char *key)
{
    if (map == NULL || map->kind != SPOTI_VALUE_MAP) {
        return NULL;
    }
    const spoti_value *end = map + map->n_value;
    for (const spoti_value *value = map + 1; value < end; value += value->n_value) {
        if (spoti_value_key_is(value, key)) {
            return value;
        }
    }
    return NULL;
}

const char *spoti_value_kind_str(const spoti_value *value)
{
    static const char *const ARRAYS[SPOTI_NP_COUNT] = {
#define SPOTI_NP_ROW(name, text, size) [SPOTI_NP_##name] = "an array of " text,
        SPOTI_NP_MAP(SPOTI_NP_ROW)
#undef SPOTI_NP_ROW
    };

    if (value == NULL) {
        return "nothing";
    }
    switch (value->kind) {
    case SPOTI_VALUE_NIL:
        return "nil";
    case SPOTI_VALUE_BOOL:
        return "true or false";
    case SPOTI_VALUE_INT:
    case SPOTI_VALUE_UINT:
        return "an integer";
    case SPOTI_VALUE_FLOAT:
        return "a number";
    case SPOTI_VALUE_TEXT:
        return "a text";
    case SPOTI_VALUE_BYTES:
        return "bytes";
    case SPOTI_VALUE_LIST:
        return "a list";
    case SPOTI_VALUE_MAP:
        return "a map";
    case SPOTI_VALUE_ARRAY:
        return ARRAYS[value->as.array.dtype];
    }
    return "nothing";
}

static spot_status refuse_kind(const spoti_value *value, const char *what, const char *expected,
                               spot_diag *diag)
{
    return spot_diag_set(diag, value == NULL ? SPOT_E_NOT_FOUND : SPOT_E_FORMAT,
                         "%s: %s, expected %s", what, spoti_value_kind_str(value), expected);
}

/* ---- elements of arrays ---- */

/* X(dtype, C type): those that C has. Both computers that we build for are little-endian. */
#define ELEMENTS(X)                                                                                \
    X(U1, uint8_t)                                                                                 \
    X(I1, int8_t)                                                                                  \
    X(U2, uint16_t)                                                                                \
    X(I2, int16_t)                                                                                 \
    X(U4, uint32_t)                                                                                \
    X(I4, int32_t)                                                                                 \
    X(U8, uint64_t)                                                                                \
    X(I8, int64_t)                                                                                 \
    X(F4, float)                                                                                   \
    X(F8, double)

/* The i-th element; false for <f2, which nothing of ours needs yet. */
static bool element(const spoti_array *array, size_t i, double *out)
{
    const unsigned char *at = array->data + i * spoti_np_size(array->dtype);

    switch (array->dtype) {
    case SPOTI_NP_B1:
        *out = *at != 0 ? 1.0 : 0.0;
        return true;
#define ELEMENT(name, type)                                                                        \
    case SPOTI_NP_##name: {                                                                        \
        type x;                                                                                    \
        memcpy(&x, at, sizeof x);                                                                  \
        *out = (double)x;                                                                          \
        return true;                                                                               \
    }
        ELEMENTS(ELEMENT)
#undef ELEMENT
    default:
        return false;
    }
}

/* A plain number; false if the value is none. */
static bool number(const spoti_value *value, double *out)
{
    switch (value->kind) {
    case SPOTI_VALUE_INT:
        *out = (double)value->as.i;
        return true;
    case SPOTI_VALUE_UINT:
        *out = (double)value->as.u;
        return true;
    case SPOTI_VALUE_FLOAT:
        *out = value->as.f;
        return true;
    case SPOTI_VALUE_ARRAY:
        return value->as.array.n_element == 1 && element(&value->as.array, 0, out);
    default:
        return false;
    }
}

spot_status spoti_value_to_double(const spoti_value *value, const char *what, double *out,
                                  spot_diag *diag)
{
    double x = 0.0;

    if (value == NULL || !number(value, &x)) {
        return refuse_kind(value, what, "a number", diag);
    }
    if (!isfinite(x)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: %g, expected a finite number", what, x);
    }
    *out = x;
    return SPOT_OK;
}

/* Whole elements of arrays, which a double would round. */
static bool whole_element(const spoti_array *array, int64_t *out)
{
    if (array->n_element != 1) {
        return false;
    }
    if (array->dtype == SPOTI_NP_I8) {
        memcpy(out, array->data, sizeof *out);
        return true;
    }
    if (array->dtype == SPOTI_NP_U8) {
        uint64_t u = 0;
        memcpy(&u, array->data, sizeof u);
        *out = (int64_t)(u & INT64_MAX);
        return u <= INT64_MAX;
    }
    double x = 0.0;
    if (array->dtype == SPOTI_NP_F4 || array->dtype == SPOTI_NP_F8 || !element(array, 0, &x)) {
        return false;
    }
    *out = (int64_t)x; /* at most 32 bits */
    return true;
}

spot_status spoti_value_to_int(const spoti_value *value, const char *what, int64_t *out,
                               spot_diag *diag)
{
    int64_t i = 0;

    if (value != NULL && value->kind == SPOTI_VALUE_UINT) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s: an integer above 2^63 - 1, expected a smaller one", what);
    }
    if (value != NULL && value->kind == SPOTI_VALUE_INT) {
        i = value->as.i;
    } else if (value == NULL || value->kind != SPOTI_VALUE_ARRAY ||
               !whole_element(&value->as.array, &i)) {
        return refuse_kind(value, what, "an integer", diag);
    }
    *out = i;
    return SPOT_OK;
}

spot_status spoti_value_to_text(const spoti_value *value, const char *what, char *out,
                                size_t out_size, spot_diag *diag)
{
    if (value == NULL || value->kind != SPOTI_VALUE_TEXT) {
        return refuse_kind(value, what, "a text", diag);
    }
    const size_t size = value->as.bytes.size;
    if (size >= out_size || memchr(value->as.bytes.data, 0, size) != NULL) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s: a text of %zu bytes, expected less than %zu and no 0 in it", what,
                             size, out_size);
    }
    memcpy(out, value->as.bytes.data, size);
    out[size] = '\0';
    return SPOT_OK;
}

/* "[10, 7]", with "any" for 0 where `any`; cut off where needed. */
static void shape_text(char *text, size_t text_size, size_t n_dim, const size_t *shape, bool any)
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i <= n_dim && at + 1 < text_size; i++) {
        int n = 0;
        if (i == n_dim) {
            n = snprintf(text + at, text_size - at, n_dim == 0 ? "[]" : "]");
        } else if (any && shape[i] == 0) {
            n = snprintf(text + at, text_size - at, "%s", i == 0 ? "[any" : ", any");
        } else {
            n = snprintf(text + at, text_size - at, i == 0 ? "[%zu" : ", %zu", shape[i]);
        }
        at += n > 0 ? (size_t)n : 0;
    }
}

static spot_status check_shape(const char *what, size_t n_dim, const size_t *got, size_t n_want,
                               const size_t *want, spot_diag *diag)
{
    char got_text[96], want_text[96];
    bool same = n_dim == n_want;

    for (size_t i = 0; same && i < n_dim; i++) {
        same = want[i] == 0 || got[i] == want[i];
    }
    if (same) {
        return SPOT_OK;
    }
    shape_text(got_text, sizeof got_text, n_dim, got, false);
    shape_text(want_text, sizeof want_text, n_want, want, true);
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: an array of shape %s, expected %s", what,
                         got_text, want_text);
}

static spot_status to_float(const char *what, size_t i, double x, float *out, spot_diag *diag)
{
    if (!(fabs(x) <= (double)FLT_MAX)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%s: element %zu is %g, expected a finite number within float's range",
                             what, i, x);
    }
    *out = (float)x;
    return SPOT_OK;
}

static spot_status check_room(const char *what, size_t n, size_t room, spot_diag *diag)
{
    if (n > room) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: %zu elements, expected at most %zu", what, n,
                             room);
    }
    return SPOT_OK;
}

static spot_status list_to_floats(const spoti_value *list, const char *what, float *out,
                                  spot_diag *diag)
{
    for (size_t i = 0; i < list->n_entry; i++) {
        const spoti_value *item = &list[1 + i]; /* each before it was a single value */
        double x = 0.0;

        if (item->kind == SPOTI_VALUE_ARRAY || !number(item, &x)) {
            return refuse_kind(list, what, "an array, or a flat list of numbers", diag);
        }
        const spot_status st = to_float(what, i, x, &out[i], diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}

static spot_status array_to_floats(const spoti_array *array, const char *what, float *out,
                                   spot_diag *diag)
{
    for (size_t i = 0; i < array->n_element; i++) {
        double x = 0.0;

        if (!element(array, i, &x)) {
            return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                                 "%s: an array of %s, expected <f4, <f8 or whole numbers", what,
                                 spoti_np_str(array->dtype));
        }
        const spot_status st = to_float(what, i, x, &out[i], diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    return SPOT_OK;
}

spot_status spoti_value_to_floats(const spoti_value *value, const char *what, size_t n_dim,
                                  const size_t *shape, float *out, size_t out_room, size_t *got,
                                  spot_diag *diag)
{
    const bool is_list = value != NULL && value->kind == SPOTI_VALUE_LIST;

    if (!is_list && (value == NULL || value->kind != SPOTI_VALUE_ARRAY)) {
        return refuse_kind(value, what, "an array", diag);
    }
    const size_t list_shape[1] = {value->n_entry};
    const size_t *sizes = is_list ? list_shape : value->as.array.shape;
    const size_t n_axis = is_list ? 1 : value->as.array.n_dim;
    spot_status st = check_shape(what, n_axis, sizes, n_dim, shape, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = check_room(what, is_list ? value->n_entry : value->as.array.n_element, out_room, diag);
    if (st != SPOT_OK) {
        return st;
    }
    for (size_t i = 0; got != NULL && i < n_axis; i++) {
        got[i] = sizes[i];
    }
    return is_list ? list_to_floats(value, what, out, diag)
                   : array_to_floats(&value->as.array, what, out, diag);
}
