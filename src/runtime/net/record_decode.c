/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Records from msgpack.
 *
 * libmsgpack's own reader (msgpack_unpack_next) allocates as many objects as a header announces, so its parser is
 * used below that, as the template that the library installs: it reads the bytes and calls one of the functions
 * here for each thing. They append values, keep track of the maps and lists that are open, and refuse.
 */
#include <string.h>

#include <msgpack/unpack.h>
#include <msgpack/unpack_define.h>

#include "runtime/net/record.h"
#include "runtime/net/record_room.h"

/* A map or list that is open. */
typedef struct level {
    size_t i_value; /* where it stands */
    size_t n_left;  /* entries to come */
    bool is_map;
    bool has_key;      /* the next value's key was read */
    bool key_is_bytes; /* ... and was a bin */
    const char *key;   /* (key_size), in the frame */
    size_t key_size;
} level;

typedef struct decoder {
    spoti_record *record;
    const char *name;
    size_t size; /* of the frame */
    level levels[SPOTI_NET_DEPTH];
    size_t depth, n_array;
    spot_diag *diag;
    spot_status st;
} decoder;

_Static_assert(SPOTI_NET_DEPTH < MSGPACK_EMBED_STACK_SIZE,
               "the limit here binds, not the parser's");

/* -1, which makes the parser stop; the status is kept. */
static int refuse(decoder *d, spot_status st, const char *what)
{
    d->st = spot_diag_set(d->diag, st, "%s: %s", d->name, what);
    return -1;
}

static level *innermost(decoder *d)
{
    return d->depth > 0 ? &d->levels[d->depth - 1] : NULL;
}

static bool is_key_next(decoder *d)
{
    const level *in = innermost(d);
    return in != NULL && in->is_map && !in->has_key;
}

/* After a value: the maps and lists that it was the last of end too. */
static int ended(decoder *d)
{
    for (level *in = innermost(d); in != NULL; in = innermost(d)) {
        in->has_key = false;
        if (--in->n_left > 0) {
            return 0;
        }
        d->record->values[in->i_value].n_value = d->record->n_value - in->i_value;
        if (in->is_map) {
            d->st = spoti_record_unwrap(d->record, in->i_value, d->name, d->diag);
            if (d->st != SPOT_OK) {
                return -1;
            }
            if (d->record->values[in->i_value].kind == SPOTI_VALUE_ARRAY &&
                ++d->n_array > SPOTI_NET_ARRAYS) {
                return refuse(d, SPOT_E_RANGE, "more than 256 arrays, expected fewer");
            }
        }
        d->depth--;
    }
    return 0;
}

/* Appends a value under the key that was read last; NULL with the status kept if that cannot be. */
static spoti_value *add(decoder *d, spoti_value_kind kind)
{
    level *in = innermost(d);

    if (is_key_next(d)) {
        (void)refuse(d, SPOT_E_FORMAT, "a map's key is no string, expected strings");
        return NULL;
    }
    const spot_status st = spoti_record_room(d->record, d->record->n_value + 1);
    if (st == SPOT_E_RANGE) {
        (void)refuse(d, st, "more than 16384 values, expected fewer (numbers belong in arrays)");
        return NULL;
    }
    if (st != SPOT_OK) {
        d->st = st;
        return NULL;
    }
    spoti_value *value = &d->record->values[d->record->n_value++];
    *value = (spoti_value){.kind = kind, .n_value = 1};
    if (in != NULL && in->is_map) {
        value->key = in->key;
        value->key_size = in->key_size;
        value->key_is_bytes = in->key_is_bytes;
    }
    return value;
}

/* ---- what the parser calls; each returns 0, or -1 to stop it ---- */

static int on_root(decoder *d)
{
    (void)d;
    return 0;
}

static int on_nil(decoder *d, int *o)
{
    *o = 0;
    return add(d, SPOTI_VALUE_NIL) != NULL ? ended(d) : -1;
}

static int add_bool(decoder *d, bool flag)
{
    spoti_value *value = add(d, SPOTI_VALUE_BOOL);
    if (value == NULL) {
        return -1;
    }
    value->as.flag = flag;
    return ended(d);
}

static int on_true(decoder *d, int *o)
{
    *o = 0;
    return add_bool(d, true);
}

static int on_false(decoder *d, int *o)
{
    *o = 0;
    return add_bool(d, false);
}

static int on_int64(decoder *d, int64_t i, int *o)
{
    *o = 0;
    spoti_value *value = add(d, SPOTI_VALUE_INT);
    if (value == NULL) {
        return -1;
    }
    value->as.i = i;
    return ended(d);
}

static int on_uint64(decoder *d, uint64_t u, int *o)
{
    if (u <= INT64_MAX) {
        return on_int64(d, (int64_t)u, o);
    }
    *o = 0;
    spoti_value *value = add(d, SPOTI_VALUE_UINT);
    if (value == NULL) {
        return -1;
    }
    value->as.u = u;
    return ended(d);
}

static int on_double(decoder *d, double f, int *o)
{
    *o = 0;
    spoti_value *value = add(d, SPOTI_VALUE_FLOAT);
    if (value == NULL) {
        return -1;
    }
    value->as.f = f;
    return ended(d);
}

static int on_float(decoder *d, float f, int *o)
{
    return on_double(d, (double)f, o);
}

static int on_int8(decoder *d, int8_t i, int *o)
{
    return on_int64(d, i, o);
}

static int on_int16(decoder *d, int16_t i, int *o)
{
    return on_int64(d, i, o);
}

static int on_int32(decoder *d, int32_t i, int *o)
{
    return on_int64(d, i, o);
}

static int on_uint8(decoder *d, uint8_t u, int *o)
{
    return on_int64(d, u, o);
}

static int on_uint16(decoder *d, uint16_t u, int *o)
{
    return on_int64(d, u, o);
}

static int on_uint32(decoder *d, uint32_t u, int *o)
{
    return on_int64(d, u, o);
}

static int take_key(decoder *d, const char *data, size_t size, bool is_bytes)
{
    level *in = innermost(d);

    if (size > SPOTI_NET_KEY_BYTES) {
        return refuse(d, SPOT_E_RANGE, "a map's key is longer than 256 bytes, expected shorter");
    }
    in->has_key = true;
    in->key_is_bytes = is_bytes;
    in->key = size > 0 ? data : ""; /* the parser has no place for nothing */
    in->key_size = size;
    return 0;
}

static int add_run(decoder *d, spoti_value_kind kind, const char *data, size_t size)
{
    spoti_value *value = add(d, kind);
    if (value == NULL) {
        return -1;
    }
    value->as.bytes.data = size > 0 ? data : "";
    value->as.bytes.size = size;
    return ended(d);
}

static int on_str(decoder *d, const char *base, const char *data, unsigned int size, int *o)
{
    (void)base;
    *o = 0;
    if (is_key_next(d)) {
        return take_key(d, data, size, false);
    }
    if (size > SPOTI_NET_STRING_BYTES) {
        return refuse(d, SPOT_E_RANGE, "a string is longer than 1 MiB, expected shorter");
    }
    return add_run(d, SPOTI_VALUE_TEXT, data, size);
}

static int on_bin(decoder *d, const char *base, const char *data, unsigned int size, int *o)
{
    (void)base;
    *o = 0;
    return is_key_next(d) ? take_key(d, data, size, true)
                          : add_run(d, SPOTI_VALUE_BYTES, data, size);
}

static int on_ext(decoder *d, const char *base, const char *data, unsigned int size, int *o)
{
    (void)base;
    (void)data;
    (void)size;
    *o = 0;
    return refuse(d, SPOT_E_UNSUPPORTED, "an extension type of msgpack, expected plain values");
}

static int open_container(decoder *d, spoti_value_kind kind, unsigned int n, size_t bytes_each)
{
    const bool is_map = kind == SPOTI_VALUE_MAP;

    /* Every entry takes a byte at least, so a larger count is a lie, found before anything is read. */
    if ((uint64_t)n * bytes_each > d->size) {
        d->st = spot_diag_set(d->diag, SPOT_E_FORMAT,
                              "%s: %u entries are announced in a frame of %zu bytes, expected "
                              "no more than fit",
                              d->name, n, d->size);
        return -1;
    }
    if (n > (is_map ? (unsigned int)SPOTI_NET_ENTRIES : (unsigned int)SPOTI_NET_VALUES)) {
        return refuse(d, SPOT_E_RANGE,
                      is_map ? "a map of more than 1024 entries, expected fewer"
                             : "a list of more than 16384 values, expected fewer (numbers belong "
                               "in arrays)");
    }
    spoti_value *value = add(d, kind);
    if (value == NULL) {
        return -1;
    }
    value->n_entry = n;
    if (n == 0) {
        return ended(d);
    }
    if (d->depth == SPOTI_NET_DEPTH) {
        return refuse(d, SPOT_E_RANGE, "maps and lists 17 deep, expected at most 16");
    }
    d->levels[d->depth++] = (level){
        .i_value = d->record->n_value - 1,
        .n_left = n,
        .is_map = is_map,
    };
    return 0;
}

static int on_array(decoder *d, unsigned int n, int *o)
{
    *o = 0;
    return open_container(d, SPOTI_VALUE_LIST, n, 1);
}

static int on_map(decoder *d, unsigned int n, int *o)
{
    *o = 0;
    return open_container(d, SPOTI_VALUE_MAP, n, 2);
}

/* The levels count for themselves, so the parser's own words after each entry say nothing new. */
static int on_array_item(decoder *d, const int *list, int item)
{
    (void)d;
    (void)list;
    (void)item;
    return 0;
}

static int on_map_item(decoder *d, const int *map, int key, int item)
{
    (void)d;
    (void)map;
    (void)key;
    (void)item;
    return 0;
}

#define msgpack_unpack_struct(name)    struct reader##name
#define msgpack_unpack_func(ret, name) static inline ret reader##name
#define msgpack_unpack_callback(name)  on##name
#define msgpack_unpack_object          int
#define msgpack_unpack_user            decoder
#include <msgpack/unpack_template.h>

static spot_status decode(struct reader_context *reader, const void *frame, size_t size,
                          const char *name, spot_diag *diag)
{
    size_t end = 0;

    reader_init(reader);
    const int got = reader_execute(reader, frame, size, &end);
    if (got < 0) {
        if (reader->user.st == SPOT_OK) { /* the parser's own refusal */
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s: byte %zu begins no value of msgpack",
                                 name, end);
        }
        return reader->user.st;
    }
    if (got == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %zu bytes end in the middle of a value, expected a whole one",
                             name, size);
    }
    if (end != size) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %zu bytes after the value, expected none",
                             name, size - end);
    }
    return SPOT_OK;
}

spot_status spoti_record_decode(spoti_record *record, const char *name, const void *frame,
                                size_t size, spot_diag *diag)
{
    struct reader_context reader;

    spoti_record_clear(record);
    reader.user = (decoder){.record = record, .name = name, .size = size, .diag = diag};
    const spot_status st = decode(&reader, frame, size, name, diag);
    if (st != SPOT_OK) {
        spoti_record_clear(record);
    }
    return st;
}
