/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * safetensors: header checks, lookup and conversion.
 *
 * Whatever the header says is checked against the bytes that are there before anything is read
 * through it; element counts are multiplied with overflow checks.
 */
#include "runtime/nn/safetensors.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sys/stat.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

enum { PREFIX_SIZE = 8 };

/* 4 GiB of weights: larger policies do not belong on this path. */
static const uint64_t FILE_SIZE_MAX = UINT64_C(1) << 32;

static const struct {
    const char *name;
    spoti_dtype dtype;
    size_t size;
} DTYPES[] = {
    {"F32", SPOTI_DTYPE_F32, 4},
    {"BF16", SPOTI_DTYPE_BF16, 2},
    {"F16", SPOTI_DTYPE_F16, 2},
};

/* What the parsing helpers share. */
typedef struct parser {
    const char *path;
    const unsigned char *data;
    size_t data_size;
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
                                 size_t element_size, spoti_tensor *t)
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
    if (!spoti_size_mul(t->n_element, element_size, &bytes) || bytes != t->end - t->begin) {
        return refuse(p, name, "data_offsets: expected as many bytes as shape and dtype need");
    }
    t->data = p->data + t->begin;
    return SPOT_OK;
}

static spot_status parse_tensor(const parser *p, const char *name, const json_t *entry,
                                spoti_tensor *t)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    size_t element_size = 0;
    spot_status st = SPOT_OK;

    if (!json_is_object(entry) || json_object_size(entry) != 3) {
        return refuse(p, name, "expected an object of dtype, shape and data_offsets");
    }
    if (!spoti_copy(t->name, sizeof t->name, name)) {
        return refuse(p, name, "name too long, expected at most 127 bytes");
    }
    for (size_t i = 0; dtype != NULL && i < sizeof DTYPES / sizeof DTYPES[0]; i++) {
        if (strcmp(dtype, DTYPES[i].name) == 0) {
            t->dtype = DTYPES[i].dtype;
            element_size = DTYPES[i].size;
        }
    }
    if (element_size == 0) {
        return refuse(p, name, "dtype: expected F32, BF16 or F16");
    }
    st = parse_shape(p, name, json_object_get(entry, "shape"), t);
    if (st != SPOT_OK) {
        return st;
    }
    return parse_offsets(p, name, json_object_get(entry, "data_offsets"), element_size, t);
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

/* Length of the header that starts behind the first 8 bytes. */
static spot_status header_length(const char *path, const unsigned char *blob, size_t size,
                                 size_t *length, spot_diag *diag)
{
    uint64_t n = 0;

    if (size < PREFIX_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: %zu bytes, expected a safetensors file of at least 8", path,
                             size);
    }
    for (int i = PREFIX_SIZE - 1; i >= 0; i--) {
        n = n << 8 | blob[i];
    }
    if (n > SPOTI_TENSOR_HEADER_MAX || n > size - PREFIX_SIZE) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: header of %llu bytes, expected at most %d and inside the file",
                             path, (unsigned long long)n, SPOTI_TENSOR_HEADER_MAX);
    }
    *length = (size_t)n;
    return SPOT_OK;
}

spot_status spoti_safetensors_parse(const char *path, const unsigned char *blob, size_t size,
                                    const spot_allocator *allocator, spoti_safetensors *out,
                                    spot_diag *diag)
{
    size_t length = 0;
    json_error_t error;
    json_t *header = NULL;
    spot_status st = header_length(path, blob, size, &length, diag);

    *out = (spoti_safetensors){.allocator = allocator};
    if (st != SPOT_OK) {
        return st;
    }
    header = json_loadb((const char *)blob + PREFIX_SIZE, length, JSON_REJECT_DUPLICATES, &error);
    if (header == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return SPOT_E_NOMEM;
        }
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: header: %s, expected one JSON object", path,
                             error.text);
    }

    const parser p = {path, blob + PREFIX_SIZE + length, size - PREFIX_SIZE - length, diag};

    st = parse_header(&p, header, out);
    json_decref(header);
    if (st != SPOT_OK) {
        spoti_safetensors_close(out);
    }
    return st;
}

/* The size of an open regular file. */
static spot_status file_size(FILE *file, const char *path, size_t *size, spot_diag *diag)
{
    struct stat info;

    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: not a regular file", path);
    }
    if ((uint64_t)info.st_size > FILE_SIZE_MAX) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: expected at most 4 GiB", path);
    }
    *size = (size_t)info.st_size;
    return SPOT_OK;
}

static spot_status read_blob(FILE *file, const char *path, size_t size,
                             const spot_allocator *allocator, unsigned char **blob, spot_diag *diag)
{
    if (size == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: empty, expected a safetensors file", path);
    }
    *blob = spoti_alloc(allocator, size, 1);
    if (*blob == NULL) {
        return SPOT_E_NOMEM;
    }
    if (fread(*blob, 1, size, file) != size) {
        spoti_free(allocator, *blob, size);
        *blob = NULL;
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot be read whole", path);
    }
    return SPOT_OK;
}

spot_status spoti_safetensors_read(const char *path, const spot_allocator *allocator,
                                   spoti_safetensors *out, spot_diag *diag)
{
    FILE *file = fopen(path, "rb");
    unsigned char *blob = NULL;
    size_t size = 0;
    spot_status st = SPOT_OK;

    *out = (spoti_safetensors){.allocator = allocator};
    if (file == NULL) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot be opened (errno %d)", path, errno);
    }
    st = file_size(file, path, &size, diag);
    if (st == SPOT_OK) {
        st = read_blob(file, path, size, allocator, &blob, diag);
    }
    (void)fclose(file);
    if (st != SPOT_OK) {
        return st;
    }
    st = spoti_safetensors_parse(path, blob, size, allocator, out, diag);
    if (st != SPOT_OK) {
        spoti_free(allocator, blob, size);
        return st;
    }
    out->blob = blob;
    out->blob_size = size;
    return SPOT_OK;
}

void spoti_safetensors_close(spoti_safetensors *st)
{
    spoti_free(st->allocator, st->tensors, st->n_room * sizeof *st->tensors);
    spoti_free(st->allocator, st->blob, st->blob_size);
    *st = (spoti_safetensors){.allocator = st->allocator};
}

const spoti_tensor *spoti_safetensors_find(const spoti_safetensors *st, const char *name)
{
    for (size_t i = 0; i < st->n_tensor; i++) {
        if (strcmp(st->tensors[i].name, name) == 0) {
            return &st->tensors[i];
        }
    }
    return NULL;
}

static float from_bits(uint32_t bits)
{
    float x = 0.0F;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* IEEE half precision: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
static float from_half(uint32_t h)
{
    const uint32_t sign = (h & 0x8000U) << 16;
    const uint32_t exponent = h >> 10 & 0x1FU;
    const uint32_t fraction = h & 0x3FFU;

    if (exponent == 0) {
        /* Subnormal: fraction * 2^-24, exact in float32. */
        const float x = (float)fraction * 0x1p-24F;

        return sign != 0 ? -x : x;
    }
    if (exponent == 31) {
        return from_bits(sign | 0x7F800000U | fraction << 13);
    }
    return from_bits(sign | (exponent + 112U) << 23 | fraction << 13);
}

void spoti_tensor_to_f32(const spoti_tensor *tensor, float *out)
{
    const unsigned char *d = tensor->data;

    for (size_t i = 0; i < tensor->n_element; i++) {
        if (tensor->dtype == SPOTI_DTYPE_F32) {
            out[i] = from_bits((uint32_t)d[4 * i] | (uint32_t)d[4 * i + 1] << 8 |
                               (uint32_t)d[4 * i + 2] << 16 | (uint32_t)d[4 * i + 3] << 24);
        } else {
            const uint32_t half = (uint32_t)d[2 * i] | (uint32_t)d[2 * i + 1] << 8;

            out[i] = tensor->dtype == SPOTI_DTYPE_BF16 ? from_bits(half << 16) : from_half(half);
        }
    }
}
