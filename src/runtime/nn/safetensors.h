/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reader of safetensors files that trusts nothing in them.
 *
 * Layout: 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}},
 * then the data. The tensors must cover the data without gap or overlap. Weights are F32, BF16 or F16; other
 * types are accepted only where the caller asks for them, and then not read.
 */
#ifndef SPOTI_NN_SAFETENSORS_H
#define SPOTI_NN_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/status.h"

enum {
    SPOTI_TENSOR_PREFIX_SIZE = 8, /* bytes before the header */
    SPOTI_TENSOR_NAME_SIZE = 128,
    SPOTI_TENSOR_DIMS_MAX = 8,
    SPOTI_TENSORS_MAX = 4096,
    SPOTI_TENSOR_HEADER_MAX = 1 << 20 /* bytes; a header of 4096 tensors has about 500 KB */
};

typedef enum spoti_dtype {
    SPOTI_DTYPE_F32,
    SPOTI_DTYPE_BF16,
    SPOTI_DTYPE_F16,
    SPOTI_DTYPE_OTHER, /* integers, doubles, 8-bit floats: no weights of ours */
} spoti_dtype;

typedef struct spoti_tensor {
    char name[SPOTI_TENSOR_NAME_SIZE];
    spoti_dtype dtype;
    const char *dtype_name; /* as in the file, static */
    size_t element_size;    /* bytes */
    size_t n_dim;
    size_t shape[SPOTI_TENSOR_DIMS_MAX];
    size_t n_element;
    size_t begin, end; /* bytes from the start of the data */
    const unsigned char
        *data; /* borrowed from the blob, not aligned; NULL if only the header was read */
} spoti_tensor;

typedef struct spoti_safetensors {
    const spot_allocator *allocator;
    unsigned char *blob; /* the file, owned if read by spoti_safetensors_read */
    size_t blob_size;
    spoti_tensor *tensors; /* in the order of their data */
    size_t n_tensor;
    size_t n_room; /* tensors that were allocated */
} spoti_safetensors;

/* The length of the header of a file of `size` bytes that begins with `prefix`
 * (SPOTI_TENSOR_PREFIX_SIZE bytes, fewer if the file is shorter). Returns OK or E_FORMAT. */
spot_status spoti_safetensors_header_length(const char *path, const unsigned char *prefix,
                                            uint64_t size, size_t *length, spot_diag *diag);

/* Checks a header (`length` bytes of JSON) of a file with data_size bytes of data, which need not be in
 * memory. `any_dtype` false refuses what is no weight. Returns as parse. */
spot_status spoti_safetensors_header(const char *path, const char *header, size_t length,
                                     uint64_t data_size, bool any_dtype,
                                     const spot_allocator *allocator, spoti_safetensors *out,
                                     spot_diag *diag);

/* Checks `blob` (size bytes, borrowed until close) as the content of a file called `path`.
 * Returns OK, E_FORMAT (refused, see diag) or E_NOMEM; on failure *out is empty. */
spot_status spoti_safetensors_parse(const char *path, const unsigned char *blob, size_t size,
                                    const spot_allocator *allocator, spoti_safetensors *out,
                                    spot_diag *diag);

/* Reads and checks a file. Returns as parse, and E_IO. */
spot_status spoti_safetensors_read(const char *path, const spot_allocator *allocator,
                                   spoti_safetensors *out, spot_diag *diag);

/* Gives back what parse or read took; does nothing on an empty one. */
void spoti_safetensors_close(spoti_safetensors *st);

/* The tensor called `name`, or NULL. */
const spoti_tensor *spoti_safetensors_find(const spoti_safetensors *st, const char *name);

/* Converts all elements of a weight to float32: out (n_element). Exact for each dtype. */
void spoti_tensor_to_f32(const spoti_tensor *tensor, float *out);

#endif
