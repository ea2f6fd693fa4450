/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * safetensors: the checks of a header.
 *
 * It is read tensor by tensor: no tree of it is ever in memory, only an index of less than its own size.
 * Whatever it says is checked against the bytes that are there before anything is read through it;
 * element counts are multiplied with overflow checks.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/nn/json_members.h"
#include "runtime/nn/safetensors.h"

/* All of the format's reference, version 0.8. */
static const struct {
    const char *name;
    spoti_dtype dtype;
    size_t bits;
} DTYPES[] = {
    {"F32", SPOTI_DTYPE_F32, 32},          {"BF16", SPOTI_DTYPE_BF16, 16},
    {"F16", SPOTI_DTYPE_F16, 16},          {"F64", SPOTI_DTYPE_OTHER, 64},
    {"C64", SPOTI_DTYPE_OTHER, 64},        {"I64", SPOTI_DTYPE_OTHER, 64},
    {"U64", SPOTI_DTYPE_OTHER, 64},        {"I32", SPOTI_DTYPE_OTHER, 32},
    {"U32", SPOTI_DTYPE_OTHER, 32},        {"I16", SPOTI_DTYPE_OTHER, 16},
    {"U16", SPOTI_DTYPE_OTHER, 16},        {"I8", SPOTI_DTYPE_OTHER, 8},
    {"U8", SPOTI_DTYPE_OTHER, 8},          {"BOOL", SPOTI_DTYPE_OTHER, 8},
    {"F8_E4M3", SPOTI_DTYPE_OTHER, 8},     {"F8_E5M2", SPOTI_DTYPE_OTHER, 8},
    {"F8_E8M0", SPOTI_DTYPE_OTHER, 8},     {"F8_E4M3FNUZ", SPOTI_DTYPE_OTHER, 8},
    {"F8_E5M2FNUZ", SPOTI_DTYPE_OTHER, 8}, {"F6_E2M3", SPOTI_DTYPE_OTHER, 6},
    {"F6_E3M2", SPOTI_DTYPE_OTHER, 6},     {"F4", SPOTI_DTYPE_OTHER, 4},
};

/* What the parsing helpers share. */
typedef struct parser {
    const char *path;
    size_t data_size;
    bool any;
    size_t bits; /* of an element of the tensor at hand */
    spot_diag *diag;
} parser;

static spot_status refuse(const parser *p, const char *tensor, const char *what)
{
    return spot_diag_set(p->diag, SPOT_E_FORMAT, "%s: tensor '%.100s': %s", p->path, tensor, what);
}

/* A non-negative JSON integer as a size. */
static bool to_size(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > SIZE_MAX) {
        return false;
    }
    *out = (size_t)json_integer_value(value);
    return true;
}

static spot_status parse_shape(parser *p, const char *name, const json_t *shape, spoti_tensor *t)
{
    if (!json_is_array(shape) || json_array_size(shape) > SPOTI_TENSOR_DIMS_MAX) {
        return refuse(p, name, "shape: expected a list of at most 8 sizes");
    }
    t->n_dim = json_array_size(shape);
    t->n_element = 1;
    for (size_t i = 0; i < t->n_dim; i++) {
        if (!to_size(json_array_get(shape, i), &t->shape[i])) {
            return refuse(p, name, "shape: expected whole numbers, 0 or larger");
        }
        if (!spoti_size_mul(t->n_element, t->shape[i], &t->n_element)) {
            return refuse(p, name, "shape: too many elements");
        }
    }
    return SPOT_OK;
}

static spot_status parse_offsets(parser *p, const char *name, const json_t *offsets,
                                 spoti_tensor *t)
{
    size_t bytes = 0;

    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !to_size(json_array_get(offsets, 0), &t->begin) ||
        !to_size(json_array_get(offsets, 1), &t->end)) {
        return refuse(p, name, "data_offsets: expected two whole numbers, 0 or larger");
    }
    if (t->begin > t->end || t->end > p->data_size) {
        return refuse(p, name, "data_offsets: outside the file, expected begin <= end <= size");
    }
    /* whole eights first: the product of bits would overflow where that of bytes does not */
    if (t->n_element % 8 * p->bits % 8 != 0) {
        return refuse(p, name, "shape: elements of its dtype do not fill whole bytes, expected to");
    }
    if (!spoti_size_mul(t->n_element / 8, p->bits, &bytes) ||
        bytes > SIZE_MAX - t->n_element % 8 * p->bits / 8 ||
        bytes + t->n_element % 8 * p->bits / 8 != t->end - t->begin) {
        return refuse(p, name, "data_offsets: expected as many bytes as shape and dtype need");
    }
    return SPOT_OK;
}

static spot_status parse_dtype(parser *p, const char *name, const json_t *value, spoti_tensor *t)
{
    const char *dtype = json_string_value(value);

    for (size_t i = 0; dtype != NULL && i < sizeof DTYPES / sizeof DTYPES[0]; i++) {
        if (strcmp(dtype, DTYPES[i].name) == 0 &&
            (p->any || DTYPES[i].dtype != SPOTI_DTYPE_OTHER)) {
            t->dtype = DTYPES[i].dtype;
            t->dtype_name = DTYPES[i].name;
            t->element_size = DTYPES[i].bits / 8;
            p->bits = DTYPES[i].bits;
            return SPOT_OK;
        }
    }
    return refuse(p, name,
                  p->any
                      ? "dtype: expected F64, F32, BF16, F16, F8_E4M3, F8_E5M2, F8_E8M0, "
                        "F8_E4M3FNUZ, F8_E5M2FNUZ, F6_E2M3, F6_E3M2, F4, C64, I64 .. I8, U64 .. U8 "
                        "or BOOL"
                      : "dtype: expected F32, BF16 or F16");
}

static spot_status parse_tensor(parser *p, const char *name, const json_t *entry, spoti_tensor *t)
{
    const size_t length = strlen(name);
    spot_status st = SPOT_OK;

    /* the format's reference overlooks further members */
    if (!json_is_object(entry) || (!p->any && json_object_size(entry) != 3)) {
        return refuse(p, name, "expected an object of dtype, shape and data_offsets");
    }
    if (!p->any && length >= sizeof t->name) {
        return refuse(p, name, "name too long, expected at most 127 bytes");
    }
    (void)spoti_copy(t->name, sizeof t->name,
                     length < sizeof t->name ? name : name + length + 1 - sizeof t->name);
    st = parse_dtype(p, name, json_object_get(entry, "dtype"), t);
    if (st == SPOT_OK) {
        st = parse_shape(p, name, json_object_get(entry, "shape"), t);
    }
    return st == SPOT_OK ? parse_offsets(p, name, json_object_get(entry, "data_offsets"), t) : st;
}

static spot_status parse_entry(parser *p, const char *name, const char *text, size_t length,
                               spoti_tensor *t)
{
    json_error_t error;

    *t = (spoti_tensor){.n_dim = 0};
    if (length > SPOTI_TENSOR_ENTRY_MAX) {
        return refuse(p, name,
                      "described in more than 4096 bytes, expected dtype, shape and "
                      "data_offsets");
    }
    json_t *entry = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (entry == NULL) {
        return json_error_code(&error) == json_error_out_of_memory
                   ? SPOT_E_NOMEM
                   : spot_diag_set(p->diag, SPOT_E_FORMAT,
                                   "%s: header: tensor '%.100s': %s, expected an object of dtype, "
                                   "shape and data_offsets",
                                   p->path, name, error.text);
    }
    const spot_status st = parse_tensor(p, name, entry, t);
    json_decref(entry);
    return st;
}

/* Free text of the writer, not used: null, or an object of texts. */
static spot_status check_metadata(const parser *p, const spoti_json_member *metadata)
{
    spoti_json_members members = spoti_json_members_of(p->path, "header: __metadata__",
                                                       metadata->value, metadata->length, p->diag);
    spoti_json_member member;
    const char *text = NULL;
    bool more = true;

    if (metadata->length == 4 && memcmp(metadata->value, "null", 4) == 0) {
        return SPOT_OK;
    }
    spot_status st = spoti_json_next(&members, &member, &more);
    while (st == SPOT_OK && more) {
        st = spoti_json_text(&members, &member, &text);
        st = st == SPOT_OK ? spoti_json_next(&members, &member, &more) : st;
    }
    return st;
}

static int compare_name(const void *a, const void *b)
{
    return strcmp(((const spoti_tensor_place *)a)->name, ((const spoti_tensor_place *)b)->name);
}

/* By place of the data; tensors without elements come before what starts at the same byte. */
static int compare_place(const void *a, const void *b)
{
    const spoti_tensor_place *x = a;
    const spoti_tensor_place *y = b;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static spot_status check_names(const parser *p, const spoti_tensor_index *out)
{
    qsort(out->places, out->n_tensor, sizeof *out->places, compare_name);
    for (size_t i = 1; i < out->n_tensor; i++) {
        if (compare_name(&out->places[i - 1], &out->places[i]) == 0) {
            return refuse(p, out->places[i].name, "there twice, expected no duplicates");
        }
    }
    return SPOT_OK;
}

/* The tensors must lie end to end: what overlaps or hides between them is refused. */
static spot_status check_cover(const parser *p, const spoti_tensor_index *out)
{
    size_t end = 0;

    qsort(out->places, out->n_tensor, sizeof *out->places, compare_place);
    for (size_t i = 0; i < out->n_tensor; i++) {
        const spoti_tensor_place *t = &out->places[i];

        if (t->begin != end) {
            return refuse(p, t->name,
                          t->begin < end ? "data overlaps another tensor, expected none to"
                                         : "unused bytes before its data, expected none");
        }
        end = t->end;
    }
    if (end != p->data_size) {
        return spot_diag_set(p->diag, SPOT_E_FORMAT,
                             "%s: %zu bytes after the last tensor, expected none", p->path,
                             p->data_size - end);
    }
    return SPOT_OK;
}

/* What one member of the header says, into the index. */
static spot_status take_member(parser *p, const spoti_json_member *member, spoti_tensor_index *out)
{
    spoti_tensor t;

    if (strcmp(member->name, "__metadata__") == 0) {
        return check_metadata(p, member);
    }
    if (!p->any && out->n_tensor == SPOTI_TENSORS_MAX) {
        return refuse(p, member->name, "one too many, expected at most 4096 tensors");
    }
    const spot_status st = parse_entry(p, member->name, member->value, member->length, &t);
    if (st == SPOT_OK) {
        out->places[out->n_tensor++] =
            (spoti_tensor_place){member->name, member->value, member->length, t.begin, t.end};
    }
    return st;
}

spot_status spoti_safetensors_header_length(const char *path, const unsigned char *prefix,
                                            uint64_t size, bool any, size_t *length,
                                            spot_diag *diag)
{
    const uint64_t most = any ? SPOTI_TENSOR_HEADER_ANY : SPOTI_TENSOR_HEADER_MAX;
    uint64_t n = 0;

    if (size < SPOTI_TENSOR_PREFIX_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %llu bytes, expected a safetensors file of at least 8", path,
                             (unsigned long long)size);
    }
    for (int i = SPOTI_TENSOR_PREFIX_SIZE - 1; i >= 0; i--) {
        n = n << 8 | prefix[i];
    }
    if (n > most || n > size - SPOTI_TENSOR_PREFIX_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: header of %llu bytes, expected at most %llu and inside the file",
                             path, (unsigned long long)n, (unsigned long long)most);
    }
    *length = (size_t)n;
    return SPOT_OK;
}

/* Bytes that describe a tensor at least, its name and brackets included: {"dtype":"F4","shape":[],
 * "data_offsets":[0,0]} alone has 46. So an index is no larger than its header. */
enum { ENTRY_LEAST = sizeof(spoti_tensor_place) };

spot_status spoti_tensor_index_read(const char *path, char *header, size_t length,
                                    uint64_t data_size, bool any, const spot_allocator *allocator,
                                    spoti_tensor_index *out, spot_diag *diag)
{
    parser p = {path, (size_t)data_size, any, 0, diag};
    spoti_json_members members = spoti_json_members_of(path, "header", header, length, diag);
    spoti_json_member member;
    bool more = true;

    *out = (spoti_tensor_index){.allocator = allocator};
    if (data_size > SIZE_MAX) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s: too large for this machine, expected a file that fits its addresses", path);
    }
    /* One more than needed, so that an empty file is no allocation of nothing. */
    out->n_room = length / ENTRY_LEAST + 1;
    out->places = spoti_alloc(allocator, out->n_room, sizeof *out->places);
    if (out->places == NULL) {
        *out = (spoti_tensor_index){.allocator = allocator};
        return SPOT_E_NOMEM;
    }
    spot_status st = spoti_json_next(&members, &member, &more);
    while (st == SPOT_OK && more) {
        st = take_member(&p, &member, out);
        st = st == SPOT_OK ? spoti_json_next(&members, &member, &more) : st;
    }
    st = st == SPOT_OK ? check_names(&p, out) : st;
    st = st == SPOT_OK ? check_cover(&p, out) : st;
    if (st != SPOT_OK) {
        spoti_tensor_index_close(out);
    }
    return st;
}

spot_status spoti_tensor_index_at(const spoti_tensor_index *index, size_t i, spoti_tensor *tensor)
{
    const spoti_tensor_place *place = &index->places[i];
    parser p = {"", SIZE_MAX, true, 0, NULL};

    return parse_entry(&p, place->name, place->entry, place->length, tensor);
}

void spoti_tensor_index_close(spoti_tensor_index *index)
{
    spoti_free(index->allocator, index->places, index->n_room * sizeof *index->places);
    *index = (spoti_tensor_index){.allocator = index->allocator};
}
