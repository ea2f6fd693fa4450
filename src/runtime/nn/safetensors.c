/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * safetensors: files in memory, lookup and conversion. The header is checked in safetensors_header.c.
 */
#include "runtime/nn/safetensors.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/alloc.h"
#include "core/base/file.h"

/* 4 GiB of weights: larger policies do not belong on this path. */
static const uint64_t FILE_SIZE_MAX = UINT64_C(1) << 32;

/* The tensors of an index, with their data. */
static spot_status take_tensors(const spoti_tensor_index *index, const unsigned char *data,
                                spoti_safetensors *out)
{
    spot_status st = SPOT_OK;

    /* One more than needed, so that an empty file is no allocation of nothing. */
    out->n_room = index->n_tensor + 1;
    out->tensors = spoti_calloc(out->allocator, out->n_room, sizeof *out->tensors);
    if (out->tensors == NULL) {
        out->n_room = 0;
        return SPOT_E_NOMEM;
    }
    for (size_t i = 0; st == SPOT_OK && i < index->n_tensor; i++) {
        st = spoti_tensor_index_at(index, i, &out->tensors[i]);
        out->tensors[i].data = data + out->tensors[i].begin;
        out->n_tensor++;
    }
    if (st != SPOT_OK) {
        spoti_safetensors_close(out);
    }
    return st;
}

spot_status spoti_safetensors_parse(const char *path, const unsigned char *blob, size_t size,
                                    const spot_allocator *allocator, spoti_safetensors *out,
                                    spot_diag *diag)
{
    spoti_tensor_index index = {.allocator = allocator};
    size_t length = 0;

    *out = (spoti_safetensors){.allocator = allocator};
    size = blob != NULL ? size : 0;
    if (spoti_file_is_lfs_pointer(blob, size)) {
        return spoti_file_refuse_lfs_pointer(path, diag);
    }
    spot_status st = spoti_safetensors_header_length(path, blob, size, false, &length, diag);
    if (st != SPOT_OK || blob == NULL) { /* without bytes it is too short */
        return st;
    }
    const unsigned char *data = blob + SPOTI_TENSOR_PREFIX_SIZE + length;
    char *header = spoti_alloc(allocator, length + 1, 1); /* reading it changes it */
    if (header == NULL) {
        return SPOT_E_NOMEM;
    }
    memcpy(header, blob + SPOTI_TENSOR_PREFIX_SIZE, length);
    st = spoti_tensor_index_read(path, header, length, size - SPOTI_TENSOR_PREFIX_SIZE - length,
                                 false, allocator, &index, diag);
    if (st == SPOT_OK) {
        st = take_tensors(&index, data, out);
    }
    spoti_tensor_index_close(&index);
    spoti_free(allocator, header, length + 1);
    return st;
}

/* The size of an open regular file. */
static spot_status file_size(FILE *file, const char *path, size_t *size, spot_diag *diag)
{
    struct stat info;

    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: not a regular file, expected a safetensors file",
                             path);
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
        return spot_diag_set(diag, SPOT_E_IO,
                             "%s: cannot be read whole, expected a safetensors file", path);
    }
    return SPOT_OK;
}

spot_status spoti_safetensors_read(const char *path, const spot_allocator *allocator,
                                   spoti_safetensors *out, spot_diag *diag)
{
    FILE *file = NULL;
    unsigned char *blob = NULL;
    size_t size = 0;
    spot_status st = spoti_file_open(path, "a safetensors file", &file, diag);

    *out = (spoti_safetensors){.allocator = allocator};
    if (st != SPOT_OK) {
        return st;
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

/* The i-th of 16-bit numbers as they lie; the computers that we build for are little-endian. */
static uint32_t half_at(const unsigned char *data, size_t i)
{
    uint16_t half = 0;

    memcpy(&half, data + 2 * i, sizeof half);
    return half;
}

void spoti_tensor_to_f32(const spoti_tensor *tensor, float *out)
{
    const unsigned char *d = tensor->data;
    const size_t n = tensor->n_element;

    switch (tensor->dtype) {
    case SPOTI_DTYPE_F32:
        memcpy(out, d, n * sizeof *out);
        return;
    case SPOTI_DTYPE_BF16:
        for (size_t i = 0; i < n; i++) {
            out[i] = from_bits(half_at(d, i) << 16);
        }
        return;
    default:
        for (size_t i = 0; i < n; i++) {
            out[i] = from_half(half_at(d, i));
        }
        return;
    }
}
