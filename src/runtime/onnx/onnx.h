/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What an ONNX file says of its tensors and its inputs and outputs, read by a reader that trusts nothing in it.
 *
 * The file is a ModelProto (onnx.proto of ONNX 1.16; https://onnx.ai, Apache-2.0). Of its graph are read:
 * initializers, tensors in attributes of nodes (constants), those of graphs inside of nodes, and the declared
 * inputs and outputs. Data stays where it is: a tensor says in which file and at which byte.
 */
#ifndef SPOTI_ONNX_ONNX_H
#define SPOTI_ONNX_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/nn/safetensors.h"
#include "runtime/onnx/wire.h"
#include "spot/alloc.h"
#include "spot/status.h"

enum {
    SPOTI_ONNX_TENSORS_MAX = 1 << 16,
    SPOTI_ONNX_VALUES_MAX = 256, /* inputs and outputs */
    SPOTI_ONNX_FILES_MAX = 16,   /* with data beside the model */
    SPOTI_ONNX_FILE_NAME_SIZE = 256,
    SPOTI_ONNX_DEPTH_MAX = 8, /* of graphs in nodes of graphs */
};

/* A tensor with its data. `tensor.begin` and `end` are bytes of the file that holds it. */
typedef struct spoti_onnx_tensor {
    spoti_tensor tensor; /* no data */
    size_t file; /* 0 = the model's; else files[file - 1], as long as its end is not checked */
} spoti_onnx_tensor;

/* A declared input or output. */
typedef struct spoti_onnx_value {
    char name[SPOTI_TENSOR_NAME_SIZE];
    const char *dtype;                    /* static; "?" = no tensor */
    size_t n_dim;                         /* 0 where no shape is given either */
    int64_t shape[SPOTI_TENSOR_DIMS_MAX]; /* -1 = not fixed */
} spoti_onnx_value;

typedef struct spoti_onnx {
    const spot_allocator *allocator;
    spoti_onnx_tensor *tensors;
    size_t n_tensor, n_room;
    spoti_onnx_value inputs[SPOTI_ONNX_VALUES_MAX], outputs[SPOTI_ONNX_VALUES_MAX];
    size_t n_input, n_output; /* an input that has an initializer is none */
    char files[SPOTI_ONNX_FILES_MAX]
              [SPOTI_ONNX_FILE_NAME_SIZE]; /* beside the model: plain relative names */
    size_t n_file;
} spoti_onnx;

/* Reads what `source` says. Returns SPOT_OK, E_FORMAT (refused, see diag), E_NOMEM, or what the source says; on
 * failure *out is empty. */
spot_status spoti_onnx_read(const spoti_pb_source *source, const spot_allocator *allocator,
                            spoti_onnx *out, spot_diag *diag);

/* Gives back what read took; does nothing on an empty one. */
void spoti_onnx_close(spoti_onnx *model);

#endif
