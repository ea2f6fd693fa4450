/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Records: building and copying. */
#include "runtime/net/record.h"

#include <string.h>

#include "core/base/alloc.h"
#include "runtime/net/record_room.h"

enum { FIRST_ROOM = 16 }; /* values; an observation of a few arrays fits */

spot_status spoti_record_room(spoti_record *record, size_t n_value)
{
    if (n_value <= record->room) {
        return SPOT_OK;
    }
    if (n_value > SPOTI_NET_VALUES) {
        return SPOT_E_RANGE;
    }
    size_t room = record->room < FIRST_ROOM / 2 ? FIRST_ROOM : 2 * record->room;
    if (room < n_value) {
        room = n_value;
    }
    spoti_value *more = spoti_alloc(record->allocator, room, sizeof *more);
    if (more == NULL) {
        return SPOT_E_NOMEM;
    }
    if (record->n_value > 0) {
        memcpy(more, record->values, record->n_value * sizeof *more);
    }
    spoti_free(record->allocator, record->values, record->room * sizeof *more);
    record->values = more;
    record->room = room;
    return SPOT_OK;
}

/* The value that the next one must stand in, or NULL at the root. */
static spoti_value *enclosing(spoti_record *record)
{
    return record->depth > 0 ? &record->values[record->open[record->depth - 1]] : NULL;
}

/* Adds a value where the building stands; NULL, with the status kept, if that cannot be. */
static spoti_value *put(spoti_record *record, const char *key, spoti_value_kind kind)
{
    spoti_value *in = enclosing(record);

    if (record->status != SPOT_OK) {
        return NULL;
    }
    const bool wants_key = in != NULL && in->kind == SPOTI_VALUE_MAP;
    if (wants_key != (key != NULL) || (in == NULL && record->n_value > 0)) {
        record->status = SPOT_E_STATE;
        return NULL;
    }
    const size_t key_size = key != NULL ? strlen(key) : 0;
    if (key_size > SPOTI_NET_KEY_BYTES || (wants_key && in->n_entry == SPOTI_NET_ENTRIES)) {
        record->status = SPOT_E_RANGE;
        return NULL;
    }
    record->status = spoti_record_room(record, record->n_value + 1);
    if (record->status != SPOT_OK) {
        return NULL;
    }
    in = enclosing(record); /* it may have moved */
    if (in != NULL) {
        in->n_entry++;
    }
    spoti_value *value = &record->values[record->n_value++];
    *value = (spoti_value){.kind = kind, .key = key, .key_size = key_size, .n_value = 1};
    return value;
}

static void begin(spoti_record *record, const char *key, spoti_value_kind kind)
{
    if (record->status == SPOT_OK && record->depth == SPOTI_NET_DEPTH) {
        record->status = SPOT_E_RANGE;
    }
    const spoti_value *value = put(record, key, kind);
    if (value != NULL) {
        record->open[record->depth++] = (size_t)(value - record->values);
    }
}

void spoti_record_map(spoti_record *record, const char *key)
{
    begin(record, key, SPOTI_VALUE_MAP);
}

void spoti_record_list(spoti_record *record, const char *key)
{
    begin(record, key, SPOTI_VALUE_LIST);
}

void spoti_record_end(spoti_record *record)
{
    if (record->status != SPOT_OK) {
        return;
    }
    if (record->depth == 0) {
        record->status = SPOT_E_STATE;
        return;
    }
    const size_t begun = record->open[--record->depth];
    record->values[begun].n_value = record->n_value - begun;
}

void spoti_record_put_nil(spoti_record *record, const char *key)
{
    (void)put(record, key, SPOTI_VALUE_NIL);
}

void spoti_record_put_bool(spoti_record *record, const char *key, bool value)
{
    spoti_value *v = put(record, key, SPOTI_VALUE_BOOL);
    if (v != NULL) {
        v->as.flag = value;
    }
}

void spoti_record_put_int(spoti_record *record, const char *key, int64_t value)
{
    spoti_value *v = put(record, key, SPOTI_VALUE_INT);
    if (v != NULL) {
        v->as.i = value;
    }
}

void spoti_record_put_uint(spoti_record *record, const char *key, uint64_t value)
{
    if (value <= INT64_MAX) {
        spoti_record_put_int(record, key, (int64_t)value);
        return;
    }
    spoti_value *v = put(record, key, SPOTI_VALUE_UINT);
    if (v != NULL) {
        v->as.u = value;
    }
}

void spoti_record_put_float(spoti_record *record, const char *key, double value)
{
    spoti_value *v = put(record, key, SPOTI_VALUE_FLOAT);
    if (v != NULL) {
        v->as.f = value;
    }
}

static void put_run(spoti_record *record, const char *key, spoti_value_kind kind, const char *data,
                    size_t size)
{
    spoti_value *v = put(record, key, kind);
    if (v != NULL) {
        v->as.bytes.data = data;
        v->as.bytes.size = size;
    }
}

void spoti_record_put_text(spoti_record *record, const char *key, const char *text)
{
    put_run(record, key, SPOTI_VALUE_TEXT, text, strlen(text));
}

void spoti_record_put_bytes(spoti_record *record, const char *key, const void *data, size_t size)
{
    put_run(record, key, SPOTI_VALUE_BYTES, data, size);
}

void spoti_record_put_array(spoti_record *record, const char *key, spoti_np dtype, size_t n_dim,
                            const size_t *shape, const void *data)
{
    spoti_array array = {.dtype = dtype, .n_dim = n_dim, .n_element = 1, .data = data};
    size_t bytes = 0;

    if (n_dim > SPOTI_NET_DIMS) {
        record->status = record->status == SPOT_OK ? SPOT_E_RANGE : record->status;
        return;
    }
    bool fits = true;
    for (size_t i = 0; i < n_dim; i++) {
        array.shape[i] = shape[i];
        fits = fits && spoti_size_mul(array.n_element, shape[i], &array.n_element);
    }
    if (!fits || !spoti_size_mul(array.n_element, spoti_np_size(dtype), &bytes)) {
        record->status = record->status == SPOT_OK ? SPOT_E_RANGE : record->status;
        return;
    }
    spoti_value *v = put(record, key, SPOTI_VALUE_ARRAY);
    if (v != NULL) {
        v->as.array = array;
    }
}

void spoti_record_clear(spoti_record *record)
{
    record->n_value = 0;
    record->depth = 0;
    record->status = SPOT_OK;
    record->owned.size = 0;
}

void spoti_record_fini(spoti_record *record)
{
    spoti_free(record->allocator, record->values, record->room * sizeof *record->values);
    spoti_bytes_fini(&record->owned);
    *record = (spoti_record){.allocator = record->allocator};
}

/* Where the bytes of a value begin, and how many they are; NULL if it has none. */
static const void **data_of(spoti_value *value, size_t *size)
{
    switch (value->kind) {
    case SPOTI_VALUE_TEXT:
    case SPOTI_VALUE_BYTES:
        *size = value->as.bytes.size;
        return (const void **)&value->as.bytes.data;
    case SPOTI_VALUE_ARRAY:
        *size = value->as.array.n_element * spoti_np_size(value->as.array.dtype);
        return (const void **)&value->as.array.data;
    default:
        *size = 0;
        return NULL;
    }
}

static size_t bytes_borrowed(const spoti_record *record)
{
    size_t total = 0;

    for (size_t i = 0; i < record->n_value; i++) {
        spoti_value value = record->values[i];
        size_t size = 0;
        (void)data_of(&value, &size);
        total += size + value.key_size;
    }
    return total;
}

/* Copies behind what is owned already; the room was made before, so nothing moves. */
static const void *own(spoti_bytes *owned, const void *data, size_t size)
{
    unsigned char *copy = owned->data + owned->size;

    if (size > 0) {
        memcpy(copy, data, size);
    }
    owned->size += size;
    return copy;
}

spot_status spoti_record_copy(spoti_record *to, const spoti_record *from)
{
    spoti_record_clear(to);
    if (from->status != SPOT_OK || from->depth > 0) {
        return SPOT_E_STATE;
    }
    to->owned.allocator = to->allocator;
    /* One byte more, so that a pointer to nothing at the end is one into the block. */
    if (spoti_record_room(to, from->n_value) != SPOT_OK ||
        spoti_bytes_reserve(&to->owned, bytes_borrowed(from) + 1) != SPOT_OK) {
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; i < from->n_value; i++) {
        spoti_value *value = &to->values[i];
        size_t size = 0;

        *value = from->values[i];
        const void **data = data_of(value, &size);
        if (data != NULL) {
            *data = own(&to->owned, *data, size);
        }
        if (value->key != NULL) {
            value->key = own(&to->owned, value->key, value->key_size);
        }
    }
    to->n_value = from->n_value;
    return SPOT_OK;
}
