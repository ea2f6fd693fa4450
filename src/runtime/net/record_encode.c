/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Records to msgpack. */
#include <string.h>

#include <msgpack.h>

#include "runtime/net/record.h"
#include "runtime/net/record_room.h"

/* The most that a value takes besides its key and data: the wrapper's keys, dtype and sizes. */
enum { OVERHEAD_BYTES = 160 };

static int write_bytes(void *out, const char *data, size_t size)
{
    return spoti_bytes_append(out, data, size) == SPOT_OK ? 0 : -1;
}

static size_t data_size(const spoti_value *value)
{
    switch (value->kind) {
    case SPOTI_VALUE_TEXT:
    case SPOTI_VALUE_BYTES:
        return value->as.bytes.size;
    case SPOTI_VALUE_ARRAY:
        return value->as.array.n_element * spoti_np_size(value->as.array.dtype);
    default:
        return 0;
    }
}

/* More than the record will take, so that the buffer grows at most once. */
static spot_status size_bound(const spoti_record *record, size_t *out)
{
    size_t total = 0;

    for (size_t i = 0; i < record->n_value; i++) {
        const spoti_value *value = &record->values[i];
        const size_t size = data_size(value);
        if (size > SPOTI_NET_FRAME_BYTES_MAX) {
            return SPOT_E_RANGE;
        }
        total += OVERHEAD_BYTES + value->key_size + size;
    }
    *out = total;
    return total <= SPOTI_NET_FRAME_BYTES_MAX ? SPOT_OK : SPOT_E_RANGE;
}

static int pack_key(msgpack_packer *pk, spoti_dialect dialect, const char *key)
{
    return dialect == SPOTI_DIALECT_OPENPI ? msgpack_pack_bin_with_body(pk, key, strlen(key))
                                           : msgpack_pack_str_with_body(pk, key, strlen(key));
}

static int pack_array(msgpack_packer *pk, spoti_dialect dialect, const spoti_value *value)
{
    const spoti_array *array = &value->as.array;
    const char *dtype = spoti_np_str(array->dtype);

    /* Each call returns 0, or what write_bytes returned: -1. */
    int bad = msgpack_pack_map(pk, 4);
    bad |= pack_key(pk, dialect, SPOTI_NP_ARRAY_KEY);
    bad |= msgpack_pack_true(pk);
    bad |= pack_key(pk, dialect, SPOTI_NP_DATA_KEY);
    bad |= msgpack_pack_bin_with_body(pk, array->data, data_size(value));
    bad |= pack_key(pk, dialect, SPOTI_NP_DTYPE_KEY);
    bad |= msgpack_pack_str_with_body(pk, dtype, strlen(dtype));
    bad |= pack_key(pk, dialect, SPOTI_NP_SHAPE_KEY);
    bad |= msgpack_pack_array(pk, array->n_dim);
    for (size_t i = 0; i < array->n_dim; i++) {
        bad |= msgpack_pack_uint64(pk, array->shape[i]);
    }
    return bad;
}

static int pack_value(msgpack_packer *pk, spoti_dialect dialect, const spoti_value *value)
{
    switch (value->kind) {
    case SPOTI_VALUE_NIL:
        return msgpack_pack_nil(pk);
    case SPOTI_VALUE_BOOL:
        return value->as.flag ? msgpack_pack_true(pk) : msgpack_pack_false(pk);
    case SPOTI_VALUE_INT:
        return msgpack_pack_int64(pk, value->as.i);
    case SPOTI_VALUE_UINT:
        return msgpack_pack_uint64(pk, value->as.u);
    case SPOTI_VALUE_FLOAT:
        return msgpack_pack_double(pk, value->as.f);
    case SPOTI_VALUE_TEXT:
        return msgpack_pack_str_with_body(pk, value->as.bytes.data, value->as.bytes.size);
    case SPOTI_VALUE_BYTES:
        return msgpack_pack_bin_with_body(pk, value->as.bytes.data, value->as.bytes.size);
    case SPOTI_VALUE_LIST:
        return msgpack_pack_array(pk, value->n_entry);
    case SPOTI_VALUE_MAP:
        return msgpack_pack_map(pk, value->n_entry);
    case SPOTI_VALUE_ARRAY:
        return pack_array(pk, dialect, value);
    }
    return -1;
}

static spot_status encode(const spoti_record *record, spoti_dialect dialect, size_t head,
                          spoti_bytes *out, spot_diag *diag)
{
    msgpack_packer pk;
    size_t bound = 0;

    out->size = 0;
    if (record->status != SPOT_OK) {
        return spot_diag_set(diag, record->status, "a record was built wrongly or too large: %s",
                             spot_status_str(record->status));
    }
    if (record->depth > 0 || record->n_value == 0) {
        return spot_diag_set(diag, SPOT_E_STATE, "a record has no end, expected a whole one");
    }
    spot_status st = size_bound(record, &bound);
    if (st != SPOT_OK) {
        return spot_diag_set(diag, st, "a record is larger than %d bytes, expected less",
                             SPOTI_NET_FRAME_BYTES_MAX);
    }
    st = spoti_bytes_reserve(out, head + bound);
    if (st != SPOT_OK) {
        return st;
    }
    memset(out->data, 0, head);
    out->size = head;
    msgpack_packer_init(&pk, out, write_bytes);
    for (size_t i = 0; i < record->n_value; i++) {
        const spoti_value *value = &record->values[i];

        /* The order of the values is that of the wire, so a walk along them is all there is to do. */
        if (value->key != NULL &&
            msgpack_pack_str_with_body(&pk, value->key, value->key_size) != 0) {
            return SPOT_E_NOMEM;
        }
        if (pack_value(&pk, dialect, value) != 0) {
            return SPOT_E_NOMEM;
        }
    }
    return SPOT_OK;
}

spot_status spoti_record_encode(const spoti_record *record, spoti_dialect dialect, spoti_bytes *out,
                                spot_diag *diag)
{
    return encode(record, dialect, 0, out, diag);
}

spot_status spoti_record_encode_frame(const spoti_record *record, spoti_dialect dialect,
                                      spoti_bytes *out, spot_diag *diag)
{
    return encode(record, dialect, SPOTI_NET_FRAME_HEAD, out, diag);
}
