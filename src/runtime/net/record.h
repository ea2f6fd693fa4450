/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Records: what policy servers and their clients say to each other, in memory and as msgpack.
 *
 * A record is one list of values in the order of the wire, each map and list in front of what it holds; a
 * value knows how many values it is, itself included, so the next one beside it is `value + value->n_value`.
 * There are no pointers from value to value, hence one block of memory that is used again: once it has been
 * as long as it gets, neither decoding nor building nor encoding allocates.
 *
 * Numpy arrays travel in openpi's dialect: a map {b"__ndarray__": true, b"data": raw, b"dtype": "<f4",
 * b"shape": [2, 3]}, keys as bin; the decoder takes keys as str too, as vla-eval writes them. A numpy scalar
 * ({b"__npgeneric__": true, b"data": 1.5, b"dtype": "<f4"}) becomes the plain number. Object, structured and
 * complex dtypes, strings of numpy, extension types and big-endian data are refused, and so is every map with
 * a key twice, with a key that is no string, or with the wrapper's keys wrong.
 *
 *     spoti_record r = {.allocator = NULL};
 *     spoti_record_map(&r, NULL);
 *     spoti_record_put_array(&r, "observation/state", SPOTI_NP_F4, 1, (size_t[]){8}, state);
 *     spoti_record_put_text(&r, "prompt", "pick up the cup");
 *     spoti_record_end(&r);
 *     st = spoti_record_encode(&r, SPOTI_DIALECT_OPENPI, &bytes, &diag); // the first error of the above too
 *     ...
 *     st = spoti_record_decode(&r, "ws://localhost:8000", frame, size, &diag);
 *     const spoti_value *actions = spoti_value_find(spoti_record_root(&r), "actions");
 *
 * Ownership: a record borrows strings, bytes and arrays, of the frame or of who put them, until it is cleared,
 * decoded into again or ended; keys too. spoti_record_copy makes one that owns them. Threads: externally locked.
 */
#ifndef SPOTI_NET_RECORD_H
#define SPOTI_NET_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/net/bytes.h"
#include "runtime/net/limits.h"

typedef enum spoti_value_kind {
    SPOTI_VALUE_NIL,
    SPOTI_VALUE_BOOL,
    SPOTI_VALUE_INT,   /* as.i */
    SPOTI_VALUE_UINT,  /* as.u, larger than INT64_MAX */
    SPOTI_VALUE_FLOAT, /* as.f; a float32 on the wire becomes a double */
    SPOTI_VALUE_TEXT,  /* as.bytes, no final 0, UTF-8 by promise of the peer alone */
    SPOTI_VALUE_BYTES, /* as.bytes */
    SPOTI_VALUE_LIST,
    SPOTI_VALUE_MAP,
    SPOTI_VALUE_ARRAY, /* as.array */
} spoti_value_kind;

/* X(name, numpy's name, bytes of an element): the one list of dtypes. All little-endian. */
#define SPOTI_NP_MAP(X)                                                                            \
    X(B1, "|b1", 1)                                                                                \
    X(U1, "|u1", 1)                                                                                \
    X(I1, "|i1", 1)                                                                                \
    X(U2, "<u2", 2)                                                                                \
    X(I2, "<i2", 2)                                                                                \
    X(U4, "<u4", 4)                                                                                \
    X(I4, "<i4", 4)                                                                                \
    X(U8, "<u8", 8)                                                                                \
    X(I8, "<i8", 8)                                                                                \
    X(F2, "<f2", 2)                                                                                \
    X(F4, "<f4", 4)                                                                                \
    X(F8, "<f8", 8)

typedef enum spoti_np {
#define SPOTI_NP_ENUM(name, text, size) SPOTI_NP_##name,
    SPOTI_NP_MAP(SPOTI_NP_ENUM)
#undef SPOTI_NP_ENUM
        SPOTI_NP_COUNT
} spoti_np;

typedef struct spoti_array {
    spoti_np dtype;
    size_t n_dim;                 /* 0 .. SPOTI_NET_DIMS; 0 is one element without axes */
    size_t shape[SPOTI_NET_DIMS]; /* (n_dim) */
    size_t n_element;
    const unsigned char *data; /* (n_element x size), C order, not aligned; borrowed */
} spoti_array;

typedef struct spoti_value {
    spoti_value_kind kind;
    bool key_is_bytes; /* while decoding: a bin key, allowed in wrappers alone */
    const char *key;   /* (key_size) in a map, no final 0; else NULL */
    size_t key_size;
    size_t n_value; /* of a map or list: with all that it holds; else 1 */
    size_t n_entry; /* of a map or list; else 0 */
    union {
        bool flag;
        int64_t i;
        uint64_t u;
        double f;
        struct {
            const char *data; /* (size) */
            size_t size;
        } bytes;
        spoti_array array;
    } as;
} spoti_value;

typedef struct spoti_record {
    const spot_allocator *allocator; /* set it, zero the rest: a whole, empty record */
    spoti_value *values;             /* (n_value) of (room) */
    size_t n_value, room;
    size_t open[SPOTI_NET_DEPTH]; /* (depth) while building: the maps and lists not yet ended */
    size_t depth;
    spot_status status; /* the first error of building */
    spoti_bytes owned;  /* what spoti_record_copy copied */
} spoti_record;

typedef enum spoti_dialect {
    SPOTI_DIALECT_OPENPI,   /* the wrapper's keys are bin */
    SPOTI_DIALECT_VLA_EVAL, /* ... are str */
} spoti_dialect;

/* ---- building; values without a key (NULL) stand in lists or are the root ---- */

/* Begins a map or a list; what follows, up to spoti_record_end, stands in it. A second root, a key in a list or none
 * in a map, too many values or levels, and memory that is short are kept in `status` and refused by
 * spoti_record_encode, so that building needs no checks of its own. Keys and data are borrowed. */
void spoti_record_map(spoti_record *record, const char *key);
void spoti_record_list(spoti_record *record, const char *key);
void spoti_record_end(spoti_record *record);

void spoti_record_put_nil(spoti_record *record, const char *key);
void spoti_record_put_bool(spoti_record *record, const char *key, bool value);
void spoti_record_put_int(spoti_record *record, const char *key, int64_t value);
void spoti_record_put_uint(spoti_record *record, const char *key, uint64_t value);
void spoti_record_put_float(spoti_record *record, const char *key, double value);
void spoti_record_put_text(spoti_record *record, const char *key, const char *text);
void spoti_record_put_bytes(spoti_record *record, const char *key, const void *data, size_t size);
/* data: C order, little-endian, (product of shape (n_dim)) elements. */
void spoti_record_put_array(spoti_record *record, const char *key, spoti_np dtype, size_t n_dim,
                            const size_t *shape, const void *data);

/* Empties it; the room stays. */
void spoti_record_clear(spoti_record *record);

/* Empties it and gives its memory back. */
void spoti_record_fini(spoti_record *record);

/* Makes `to` (whole, maybe used before) a copy of `from` that owns all it holds. `from` must not be half-built.
 * Returns OK, E_STATE or E_NOMEM, and then `to` is empty. */
spot_status spoti_record_copy(spoti_record *to, const spoti_record *from);

/* ---- the wire ---- */

/* Writes the record over what `out` held. Returns OK, E_NOMEM, or what was wrong in building (E_STATE, E_RANGE). */
spot_status spoti_record_encode(const spoti_record *record, spoti_dialect dialect, spoti_bytes *out,
                                spot_diag *diag);

/* The same behind SPOTI_NET_FRAME_HEAD bytes, which `out` holds in front: a frame that client and server take without
 * another copy (spoti_net_client_call_frame, spoti_net_server_reply_frame). */
spot_status spoti_record_encode_frame(const spoti_record *record, spoti_dialect dialect,
                                      spoti_bytes *out, spot_diag *diag);

/* Reads one msgpack value, which must be all of the frame, over what `record` held; `name` begins the line of diag.
 * Allocates in proportion to the values that are there, never to what is announced.
 * Returns OK, E_FORMAT, E_RANGE (a limit of limits.h), E_UNSUPPORTED (a dtype or extension) or E_NOMEM, and then the
 * record is empty. */
spot_status spoti_record_decode(spoti_record *record, const char *name, const void *frame,
                                size_t size, spot_diag *diag);

/* ---- reading ---- */

/* The value that holds all others, NULL in an empty record. */
const spoti_value *spoti_record_root(const spoti_record *record);

/* The entry of a map, NULL if `map` is NULL, no map, or has no such key. */
const spoti_value *spoti_value_find(const spoti_value *map, const char *key);

/* Whether the value's key is `key`. */
bool spoti_value_key_is(const spoti_value *value, const char *key);

/* Words for messages: "a map", "an array of <f4". */
const char *spoti_value_kind_str(const spoti_value *value);

/* numpy's name and the bytes of an element. */
const char *spoti_np_str(spoti_np dtype);
size_t spoti_np_size(spoti_np dtype);

/* Numbers and texts of a value that may be NULL (not there). `what` begins the line of diag. Each returns OK with *out
 * set, E_NOT_FOUND, E_FORMAT (of another kind) or E_RANGE (does not fit, not finite), and then *out is as before.
 * A 0-d array, or one of a single element, is a number too. */
spot_status spoti_value_to_int(const spoti_value *value, const char *what, int64_t *out,
                               spot_diag *diag);
spot_status spoti_value_to_double(const spoti_value *value, const char *what, double *out,
                                  spot_diag *diag);
/* out (out_size): with its final 0; E_RANGE if it does not fit or holds a 0 itself. */
spot_status spoti_value_to_text(const spoti_value *value, const char *what, char *out,
                                size_t out_size, spot_diag *diag);

/* The elements of an array of any dtype but <f2 as float, C order: out (out_room). shape (n_dim): what each axis must
 * be, 0 for any. A flat list of numbers stands for an array of one axis. What is not finite, or not within float's
 * range, is refused with its index. got (n_dim): the sizes, may be NULL.
 * Returns as the above, and E_UNSUPPORTED for <f2; on failure `out` may be half-written. */
spot_status spoti_value_to_floats(const spoti_value *value, const char *what, size_t n_dim,
                                  const size_t *shape, float *out, size_t out_room, size_t *got,
                                  spot_diag *diag);

#endif
