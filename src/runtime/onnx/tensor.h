/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of this room share: tensors, and the list that they go into. */
#ifndef SPOTI_ONNX_TENSOR_H
#define SPOTI_ONNX_TENSOR_H

#include "runtime/onnx/onnx.h"

/* What the parsing helpers share. */
typedef struct spoti_onnx_parser {
    spoti_pb_reader reader;
    spoti_onnx *out;
} spoti_onnx_parser;

/* Name and bytes of an element of type `number` (TensorProto.DataType); NULL = unknown. */
const char *spoti_onnx_dtype(uint64_t number, spoti_dtype *dtype, size_t *size);

/* Adds the TensorProto in `body` to the list; `name` in place of its own where that is not NULL. */
spot_status spoti_onnx_take_tensor(spoti_onnx_parser *p, spoti_pb_range body, const char *name);

#endif
