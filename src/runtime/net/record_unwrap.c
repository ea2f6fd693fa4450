/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Records: numpy's arrays and numbers, which travel as maps of four and three entries. */
#include <string.h>

#include "core/base/alloc.h"
#include "runtime/net/record.h"
#include "runtime/net/record_room.h"

static const struct {
    const char *text;
    size_t size;
} DTYPES[SPOTI_NP_COUNT] = {
#define SPOTI_NP_ROW(name, text, size) [SPOTI_NP_##name] = {text, size},
    SPOTI_NP_MAP(SPOTI_NP_ROW)
#undef SPOTI_NP_ROW
};

const char *spoti_np_str(spoti_np dtype)
{
    return (size_t)dtype < SPOTI_NP_COUNT ? DTYPES[dtype].text : "?";
}

size_t spoti_np_size(spoti_np dtype)
{
    return (size_t)dtype < SPOTI_NP_COUNT ? DTYPES[dtype].size : 0;
}

/* What the helpers share. */
typedef struct unwrapping {
    const char *name;
    const spoti_value *map;
    spot_diag *diag;
} unwrapping;

static spot_status refuse(const unwrapping *u, spot_status st, const char *what)
{
    const spoti_value *map = u->map;

    return spot_diag_set(u->diag, st, "%s: '%.*s': %s", u->name,
                         map->key != NULL ? (int)map->key_size : 0,
                         map->key != NULL ? map->key : "", what);
}

static bool same_key(const spoti_value *a, const spoti_value *b)
{
    return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

/* A plain map: its keys are str, and each stands once. */
static spot_status check_plain(const unwrapping *u)
{
    const spoti_value *end = u->map + u->map->n_value;

    for (const spoti_value *a = u->map + 1; a < end; a += a->n_value) {
        if (a->key_is_bytes) {
            return refuse(u, SPOT_E_FORMAT,
                          "a key is bytes, expected strings (but in a wrapper "
                          "of numpy)");
        }
        for (const spoti_value *b = a + a->n_value; b < end; b += b->n_value) {
            if (same_key(a, b)) {
                return refuse(u, SPOT_E_FORMAT, "a key stands twice, expected once");
            }
        }
    }
    return SPOT_OK;
}

static spot_status read_dtype(const unwrapping *u, const spoti_value *value, spoti_np *out)
{
    if (value == NULL || (value->kind != SPOTI_VALUE_TEXT && value->kind != SPOTI_VALUE_BYTES)) {
        return refuse(u, SPOT_E_FORMAT, "an array without its dtype, expected a text");
    }
    const char *text = value->as.bytes.data;
    const size_t size = value->as.bytes.size;
    for (size_t i = 0; i < SPOTI_NP_COUNT; i++) {
        const char *want = DTYPES[i].text;
        /* A single byte has no order: numpy writes |u1, others <u1. */
        const bool order = size > 0 && (text[0] == want[0] || (want[0] == '|' && text[0] == '<'));
        if (order && strlen(want) == size && memcmp(text + 1, want + 1, size - 1) == 0) {
            *out = (spoti_np)i;
            return SPOT_OK;
        }
    }
    return spot_diag_set(u->diag, SPOT_E_UNSUPPORTED,
                         "%s: '%.*s': an array of dtype '%.*s', expected |b1, |u1, |i1 or "
                         "little-endian u2 .. u8, i2 .. i8, f2 .. f8",
                         u->name, u->map->key != NULL ? (int)u->map->key_size : 0,
                         u->map->key != NULL ? u->map->key : "", size < 32 ? (int)size : 32, text);
}

static spot_status read_shape(const unwrapping *u, const spoti_value *value, spoti_array *array)
{
    if (value == NULL || value->kind != SPOTI_VALUE_LIST || value->n_entry > SPOTI_NET_DIMS) {
        return refuse(u, SPOT_E_FORMAT, "an array's shape: expected a list of at most 8 sizes");
    }
    array->n_dim = value->n_entry;
    array->n_element = 1;
    for (size_t i = 0; i < array->n_dim; i++) {
        const spoti_value *size = &value[1 + i];
        if (size->kind != SPOTI_VALUE_INT || size->as.i < 0 || (uint64_t)size->as.i > SIZE_MAX) {
            return refuse(u, SPOT_E_FORMAT, "an array's shape: expected whole numbers from 0");
        }
        array->shape[i] = (size_t)size->as.i;
        if (!spoti_size_mul(array->n_element, array->shape[i], &array->n_element)) {
            return refuse(u, SPOT_E_FORMAT, "an array's shape: too many elements");
        }
    }
    return SPOT_OK;
}

static bool is_true(const spoti_value *value)
{
    return value->kind == SPOTI_VALUE_BOOL && value->as.flag;
}

static spot_status to_array(const unwrapping *u, const spoti_value *mark, spoti_array *array)
{
    const spoti_value *data = spoti_value_find(u->map, SPOTI_NP_DATA_KEY);
    size_t bytes = 0;

    if (!is_true(mark) || u->map->n_entry != 4) {
        return refuse(u, SPOT_E_FORMAT,
                      "a wrong wrapper of an array, expected __ndarray__: true, "
                      "data, dtype and shape");
    }
    if (data == NULL || data->kind != SPOTI_VALUE_BYTES) {
        return refuse(u, SPOT_E_FORMAT, "an array without its data, expected bytes");
    }
    spot_status st = read_dtype(u, spoti_value_find(u->map, SPOTI_NP_DTYPE_KEY), &array->dtype);
    if (st != SPOT_OK) {
        return st;
    }
    st = read_shape(u, spoti_value_find(u->map, SPOTI_NP_SHAPE_KEY), array);
    if (st != SPOT_OK) {
        return st;
    }
    if (!spoti_size_mul(array->n_element, spoti_np_size(array->dtype), &bytes) ||
        bytes != data->as.bytes.size) {
        return spot_diag_set(u->diag, SPOT_E_FORMAT,
                             "%s: '%.*s': an array of %zu bytes of data, expected as many as "
                             "shape and dtype need",
                             u->name, u->map->key != NULL ? (int)u->map->key_size : 0,
                             u->map->key != NULL ? u->map->key : "", data->as.bytes.size);
    }
    array->data = (const unsigned char *)data->as.bytes.data;
    return SPOT_OK;
}

static spot_status to_number(const unwrapping *u, const spoti_value *mark, spoti_value *number)
{
    const spoti_value *data = spoti_value_find(u->map, SPOTI_NP_DATA_KEY);
    spoti_np dtype = SPOTI_NP_F8;

    if (!is_true(mark) || u->map->n_entry != 3) {
        return refuse(u, SPOT_E_FORMAT,
                      "a wrong wrapper of a number, expected __npgeneric__: "
                      "true, data and dtype");
    }
    const spot_status st = read_dtype(u, spoti_value_find(u->map, SPOTI_NP_DTYPE_KEY), &dtype);
    if (st != SPOT_OK) {
        return st;
    }
    if (data == NULL || (data->kind != SPOTI_VALUE_BOOL && data->kind != SPOTI_VALUE_INT &&
                         data->kind != SPOTI_VALUE_UINT && data->kind != SPOTI_VALUE_FLOAT)) {
        return refuse(u, SPOT_E_FORMAT, "a number of numpy without its data, expected a number");
    }
    number->kind = data->kind;
    number->as = data->as;
    return SPOT_OK;
}

spot_status spoti_record_unwrap(spoti_record *record, size_t i_map, const char *name,
                                spot_diag *diag)
{
    spoti_value *map = &record->values[i_map];
    const unwrapping u = {name, map, diag};
    const spoti_value *array_mark = spoti_value_find(map, SPOTI_NP_ARRAY_KEY);
    const spoti_value *number_mark = spoti_value_find(map, SPOTI_NP_NUMBER_KEY);
    spoti_value out = *map;
    spot_status st = SPOT_OK;

    if (array_mark != NULL) {
        out.kind = SPOTI_VALUE_ARRAY;
        out.as.array = (spoti_array){.n_dim = 0};
        st = to_array(&u, array_mark, &out.as.array);
    } else if (number_mark != NULL) {
        st = to_number(&u, number_mark, &out);
    } else {
        return check_plain(&u);
    }
    if (st != SPOT_OK) {
        return st;
    }
    out.n_value = 1;
    out.n_entry = 0;
    *map = out;
    record->n_value = i_map + 1;
    return SPOT_OK;
}
