/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The header of a safetensors file whose data is not in memory and may have any type.
 *
 * The checks and limits are those of runtime/nn/safetensors.c, which takes only the types that a
 * policy may have; a test compares the two on damaged headers.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/study/inspect.h"

static const struct {
    const char *name;
    size_t size;
    bool is_weight;
    spoti_dtype weight;
} DTYPES[] = {
    {"F32", 4, true, SPOTI_DTYPE_F32},      {"BF16", 2, true, SPOTI_DTYPE_BF16},
    {"F16", 2, true, SPOTI_DTYPE_F16},      {"F64", 8, false, SPOTI_DTYPE_F32},
    {"I64", 8, false, SPOTI_DTYPE_F32},     {"U64", 8, false, SPOTI_DTYPE_F32},
    {"I32", 4, false, SPOTI_DTYPE_F32},     {"U32", 4, false, SPOTI_DTYPE_F32},
    {"I16", 2, false, SPOTI_DTYPE_F32},     {"U16", 2, false, SPOTI_DTYPE_F32},
    {"I8", 1, false, SPOTI_DTYPE_F32},      {"U8", 1, false, SPOTI_DTYPE_F32},
    {"BOOL", 1, false, SPOTI_DTYPE_F32},    {"F8_E4M3", 1, false, SPOTI_DTYPE_F32},
    {"F8_E5M2", 1, false, SPOTI_DTYPE_F32},
};

typedef struct parser {
    const char *path;
    uint64_t data_size;
    spot_diag *diag;
} parser;

static spot_status refuse(const parser *p, const char *tensor, const char *what)
{
    return spot_diag_set(p->diag, SPOT_E_FORMAT, "%s: tensor '%.100s': %s", p->path, tensor, what);
}

/* A whole number, 0 or larger. */
static bool to_size(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *out = (uint64_t)json_integer_value(value);
    return *out <= SIZE_MAX;
}

static spot_status read_shape(const parser *p, const json_t *shape, spoti_inspect_entry *e)
{
    uint64_t size = 0;

    if (!json_is_array(shape) || json_array_size(shape) > SPOT_INSPECT_DIMS_MAX) {
        return refuse(p, e->name, "shape: expected a list of at most 8 sizes");
    }
    e->n_dim = json_array_size(shape);
    e->n_element = 1;
    for (size_t i = 0; i < e->n_dim; i++) {
        if (!to_size(json_array_get(shape, i), &size)) {
            return refuse(p, e->name, "shape: expected whole numbers, 0 or larger");
        }
        e->shape[i] = (size_t)size;
        if (!spoti_size_mul(e->n_element, e->shape[i], &e->n_element)) {
            return refuse(p, e->name, "shape: too many elements");
        }
    }
    return SPOT_OK;
}

static spot_status read_offsets(const parser *p, const json_t *offsets, spoti_inspect_entry *e)
{
    size_t bytes = 0;

    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !to_size(json_array_get(offsets, 0), &e->begin) ||
        !to_size(json_array_get(offsets, 1), &e->end)) {
        return refuse(p, e->name, "data_offsets: expected two whole numbers, 0 or larger");
    }
    if (e->begin > e->end || e->end > p->data_size) {
        return refuse(p, e->name, "data_offsets: outside the file, expected begin <= end <= size");
    }
    if (!spoti_size_mul(e->n_element, e->element_size, &bytes) || bytes != e->end - e->begin) {
        return refuse(p, e->name, "data_offsets: expected as many bytes as shape and dtype need");
    }
    return SPOT_OK;
}

static spot_status read_entry(const parser *p, const char *name, const json_t *object,
                              spoti_inspect_entry *e)
{
    const char *dtype = json_string_value(json_object_get(object, "dtype"));
    spot_status st = SPOT_OK;

    if (!json_is_object(object) || json_object_size(object) != 3) {
        return refuse(p, name, "expected an object of dtype, shape and data_offsets");
    }
    if (!spoti_copy(e->name, sizeof(e->name), name)) {
        return refuse(p, name, "name too long, expected at most 127 bytes");
    }
    for (size_t i = 0; dtype != NULL && i < sizeof(DTYPES) / sizeof(DTYPES[0]); i++) {
        if (strcmp(dtype, DTYPES[i].name) == 0) {
            (void)spoti_copy(e->dtype, sizeof(e->dtype), dtype);
            e->element_size = DTYPES[i].size;
            e->is_weight = DTYPES[i].is_weight;
            e->weight = DTYPES[i].weight;
        }
    }
    if (e->element_size == 0) {
        return refuse(p, name,
                      "dtype: expected F64, F32, BF16, F16, F8_E4M3, F8_E5M2, I64 .. I8, "
                      "U64 .. U8 or BOOL");
    }
    st = read_shape(p, json_object_get(object, "shape"), e);
    return st == SPOT_OK ? read_offsets(p, json_object_get(object, "data_offsets"), e) : st;
}

/* By place of the data; tensors without elements come before what starts at the same byte. */
static int compare_place(const void *a, const void *b)
{
    const spoti_inspect_entry *x = a;
    const spoti_inspect_entry *y = b;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static spot_status check_cover(const parser *p, const spoti_inspect_entries *entries)
{
    uint64_t end = 0;

    qsort(entries->all, entries->n_entry, sizeof(*entries->all), compare_place);
    for (size_t i = 0; i < entries->n_entry; i++) {
        const spoti_inspect_entry *e = &entries->all[i];

        if (e->begin != end) {
            return refuse(p, e->name,
                          e->begin < end ? "data overlaps another tensor, expected none to"
                                         : "unused bytes before its data, expected none");
        }
        end = e->end;
    }
    if (end != p->data_size) {
        return spot_diag_set(p->diag, SPOT_E_FORMAT,
                             "%s: %" PRIu64 " bytes after the last tensor, expected none", p->path,
                             p->data_size - end);
    }
    return SPOT_OK;
}

static spot_status read_entries(const parser *p, json_t *root, spoti_inspect_entries *out)
{
    const char *name = NULL;
    json_t *object = NULL;

    if (!json_is_object(root) || json_object_size(root) > SPOTI_TENSORS_MAX) {
        return spot_diag_set(p->diag, SPOT_E_FORMAT,
                             "%s: header: expected an object of at most %d tensors", p->path,
                             SPOTI_TENSORS_MAX);
    }
    out->n_room = json_object_size(root) + 1; /* never an allocation of nothing */
    out->all = spoti_calloc(out->allocator, out->n_room, sizeof(*out->all));
    if (out->all == NULL) {
        return SPOT_E_NOMEM;
    }
    json_object_foreach(root, name, object)
    {
        if (strcmp(name, "__metadata__") == 0) {
            continue; /* free text of the writer */
        }
        spot_status st = read_entry(p, name, object, &out->all[out->n_entry]);
        if (st != SPOT_OK) {
            return st;
        }
        out->n_entry++;
    }
    return check_cover(p, out);
}

spot_status spoti_inspect_header(const char *path, const char *header, size_t length,
                                 uint64_t data_size, const spot_allocator *allocator,
                                 spoti_inspect_entries *out, spot_diag *diag)
{
    const parser p = {path, data_size, diag};
    json_error_t error;
    json_t *root = json_loadb(header, length, JSON_REJECT_DUPLICATES, &error);

    *out = (spoti_inspect_entries){.allocator = allocator};
    if (root == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return SPOT_E_NOMEM;
        }
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: header: %s, expected one JSON object", path,
                             error.text);
    }
    spot_status st = read_entries(&p, root, out);
    json_decref(root);
    if (st != SPOT_OK) {
        spoti_inspect_entries_free(out);
    }
    return st;
}

void spoti_inspect_entries_free(spoti_inspect_entries *entries)
{
    spoti_free(entries->allocator, entries->all, entries->n_room * sizeof(*entries->all));
    *entries = (spoti_inspect_entries){.allocator = entries->allocator};
}
