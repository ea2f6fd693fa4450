/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Reader of safetensors files that trusts nothing in them.
 *
 * Layout: 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}},
 * then the data. The tensors must cover the data without gap or overlap. Weights are F32, BF16 or F16; other
 * types are accepted only where the caller asks for them, and then not read. Two readers share the checks: that of
 * policies, which are small and wholly in memory, and that of anybody's models, which keeps the header and an index.
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
    SPOTI_TENSORS_MAX = 4096,            /* of a policy */
    SPOTI_TENSOR_HEADER_MAX = 1 << 20,   /* bytes, of a policy; 4096 tensors have about 500 KB */
    SPOTI_TENSOR_HEADER_ANY = 100000000, /* of any model: the limit of the format's reference */
    SPOTI_TENSOR_ENTRY_MAX = 4096        /* bytes of what a header says of one tensor */
};

typedef enum spoti_dtype {
    SPOTI_DTYPE_F32,
    SPOTI_DTYPE_BF16,
    SPOTI_DTYPE_F16,
    SPOTI_DTYPE_OTHER, /* integers, doubles, floats of 8 bits and fewer: no weights of ours */
} spoti_dtype;

typedef struct spoti_tensor {
    char name[SPOTI_TENSOR_NAME_SIZE];
    spoti_dtype dtype;
    const char *dtype_name; /* as in the file, static */
    size_t element_size;    /* bytes; 0 = less than one */
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

/* Where one tensor of a header is described and where it lies. */
typedef struct spoti_tensor_place {
    const char *name;  /* whole, in the header's text */
    const char *entry; /* likewise, not ended */
    size_t length;     /* of the entry */
    size_t begin, end; /* bytes from the start of the data */
} spoti_tensor_place;

typedef struct spoti_tensor_index {
    const spot_allocator *allocator;
    spoti_tensor_place *places; /* in the order of their data */
    size_t n_tensor, n_room;
} spoti_tensor_index;

/* The length of the header of a file of `size` bytes that begins with `prefix`
 * (SPOTI_TENSOR_PREFIX_SIZE bytes, fewer if the file is shorter). `any`: of any model, not of a policy. Returns OK or
 * E_FORMAT. */
spot_status spoti_safetensors_header_length(const char *path, const unsigned char *prefix,
                                            uint64_t size, bool any, size_t *length,
                                            spot_diag *diag);

/* Checks a header (`length` bytes of JSON, borrowed until the index is closed, and changed) of a file with data_size
 * bytes of data, which need not be in memory. `any` as above; false also refuses what is no weight. The index takes
 * less memory than the header. Returns as parse. */
spot_status spoti_tensor_index_read(const char *path, char *header, size_t length,
                                    uint64_t data_size, bool any, const spot_allocator *allocator,
                                    spoti_tensor_index *out, spot_diag *diag);

/* All that the header says of a tensor; of a long name its end. Returns OK or E_NOMEM. */
spot_status spoti_tensor_index_at(const spoti_tensor_index *index, size_t i, spoti_tensor *tensor);

void spoti_tensor_index_close(spoti_tensor_index *index);

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
