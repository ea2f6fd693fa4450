/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * safetensors: the checks of a header.
 *
 * Whatever it says is checked against the bytes that are there before anything is read through it;
 * element counts are multiplied with overflow checks.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/nn/safetensors.h"

static const struct {
    const char *name;
    spoti_dtype dtype;
    size_t size;
} DTYPES[] = {
    {"F32", SPOTI_DTYPE_F32, 4},       {"BF16", SPOTI_DTYPE_BF16, 2},
    {"F16", SPOTI_DTYPE_F16, 2},       {"F64", SPOTI_DTYPE_OTHER, 8},
    {"I64", SPOTI_DTYPE_OTHER, 8},     {"U64", SPOTI_DTYPE_OTHER, 8},
    {"I32", SPOTI_DTYPE_OTHER, 4},     {"U32", SPOTI_DTYPE_OTHER, 4},
    {"I16", SPOTI_DTYPE_OTHER, 2},     {"U16", SPOTI_DTYPE_OTHER, 2},
    {"I8", SPOTI_DTYPE_OTHER, 1},      {"U8", SPOTI_DTYPE_OTHER, 1},
    {"BOOL", SPOTI_DTYPE_OTHER, 1},    {"F8_E4M3", SPOTI_DTYPE_OTHER, 1},
    {"F8_E5M2", SPOTI_DTYPE_OTHER, 1},
};

/* What the parsing helpers share. */
typedef struct parser {
    const char *path;
    size_t data_size;
    bool any_dtype;
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

static spot_status parse_shape(const parser *p, const char *name, const json_t *shape,
                               spoti_tensor *t)
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

static spot_status parse_offsets(const parser *p, const char *name, const json_t *offsets,
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
    if (!spoti_size_mul(t->n_element, t->element_size, &bytes) || bytes != t->end - t->begin) {
        return refuse(p, name, "data_offsets: expected as many bytes as shape and dtype need");
    }
    return SPOT_OK;
}

static spot_status parse_dtype(const parser *p, const char *name, const json_t *value,
                               spoti_tensor *t)
{
    const char *dtype = json_string_value(value);

    for (size_t i = 0; dtype != NULL && i < sizeof DTYPES / sizeof DTYPES[0]; i++) {
        if (strcmp(dtype, DTYPES[i].name) == 0 &&
            (p->any_dtype || DTYPES[i].dtype != SPOTI_DTYPE_OTHER)) {
            t->dtype = DTYPES[i].dtype;
            t->dtype_name = DTYPES[i].name;
            t->element_size = DTYPES[i].size;
            return SPOT_OK;
        }
    }
    return refuse(p, name,
                  p->any_dtype
                      ? "dtype: expected F64, F32, BF16, F16, F8_E4M3, F8_E5M2, I64 .. I8, "
                        "U64 .. U8 or BOOL"
                      : "dtype: expected F32, BF16 or F16");
}

static spot_status parse_tensor(const parser *p, const char *name, const json_t *entry,
                                spoti_tensor *t)
{
    spot_status st = SPOT_OK;

    if (!json_is_object(entry) || json_object_size(entry) != 3) {
        return refuse(p, name, "expected an object of dtype, shape and data_offsets");
    }
    if (!spoti_copy(t->name, sizeof t->name, name)) {
        return refuse(p, name, "name too long, expected at most 127 bytes");
    }
    st = parse_dtype(p, name, json_object_get(entry, "dtype"), t);
    if (st != SPOT_OK) {
        return st;
    }
    st = parse_shape(p, name, json_object_get(entry, "shape"), t);
    if (st != SPOT_OK) {
        return st;
    }
    return parse_offsets(p, name, json_object_get(entry, "data_offsets"), t);
}

/* By place of the data; tensors without elements come before what starts at the same byte. */
static int compare_place(const void *a, const void *b)
{
    const spoti_tensor *x = a;
    const spoti_tensor *y = b;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

/* The tensors must lie end to end: what overlaps or hides between them is refused. */
static spot_status check_cover(const parser *p, spoti_safetensors *out)
{
    size_t end = 0;

    qsort(out->tensors, out->n_tensor, sizeof *out->tensors, compare_place);
    for (size_t i = 0; i < out->n_tensor; i++) {
        const spoti_tensor *t = &out->tensors[i];

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

static spot_status parse_header(const parser *p, json_t *header, spoti_safetensors *out)
{
    const char *name = NULL;
    json_t *entry = NULL;

    if (!json_is_object(header) || json_object_size(header) > SPOTI_TENSORS_MAX) {
        return spot_diag_set(p->diag, SPOT_E_FORMAT,
                             "%s: header: expected an object of at most %d tensors", p->path,
                             SPOTI_TENSORS_MAX);
    }
    /* One more than needed, so that an empty file is no allocation of nothing. */
    out->n_room = json_object_size(header) + 1;
    out->tensors = spoti_calloc(out->allocator, out->n_room, sizeof *out->tensors);
    if (out->tensors == NULL) {
        return SPOT_E_NOMEM;
    }
    json_object_foreach(header, name, entry)
    {
        spot_status st = SPOT_OK;

        if (strcmp(name, "__metadata__") == 0) {
            continue; /* free text of the writer; not used */
        }
        st = parse_tensor(p, name, entry, &out->tensors[out->n_tensor]);
        if (st != SPOT_OK) {
            return st;
        }
        out->n_tensor++;
    }
    return check_cover(p, out);
}

spot_status spoti_safetensors_header_length(const char *path, const unsigned char *prefix,
                                            uint64_t size, size_t *length, spot_diag *diag)
{
    uint64_t n = 0;

    if (size < SPOTI_TENSOR_PREFIX_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %llu bytes, expected a safetensors file of at least 8", path,
                             (unsigned long long)size);
    }
    for (int i = SPOTI_TENSOR_PREFIX_SIZE - 1; i >= 0; i--) {
        n = n << 8 | prefix[i];
    }
    if (n > SPOTI_TENSOR_HEADER_MAX || n > size - SPOTI_TENSOR_PREFIX_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: header of %llu bytes, expected at most %d and inside the file",
                             path, (unsigned long long)n, SPOTI_TENSOR_HEADER_MAX);
    }
    *length = (size_t)n;
    return SPOT_OK;
}

spot_status spoti_safetensors_header(const char *path, const char *header, size_t length,
                                     uint64_t data_size, bool any_dtype,
                                     const spot_allocator *allocator, spoti_safetensors *out,
                                     spot_diag *diag)
{
    const parser p = {path, (size_t)data_size, any_dtype, diag};
    json_error_t error;
    json_t *root = NULL;
    spot_status st = SPOT_OK;

    *out = (spoti_safetensors){.allocator = allocator};
    if (data_size > SIZE_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: too large for this machine", path);
    }
    root = json_loadb(header, length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return SPOT_E_NOMEM;
        }
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: header: %s, expected one JSON object", path,
                             error.text);
    }
    st = parse_header(&p, root, out);
    json_decref(root);
    if (st != SPOT_OK) {
        spoti_safetensors_close(out);
    }
    return st;
}
