/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Tensors of a model: what ONNX Runtime says of them, and numbers in and out of them whatever their type. */
#ifndef SPOTI_BRAIN_ONNX_TENSOR_H
#define SPOTI_BRAIN_ONNX_TENSOR_H

#include <stdbool.h>

#include "runtime/brain/onnx_file.h"
#include "runtime/brain/onnx_library.h"

enum { SPOTI_ORT_DIMS_MAX = 8 };

/* An input or output, its shape known. */
typedef struct spoti_ort_tensor {
    char name[SPOTI_ORT_NAME_SIZE];
    ONNXTensorElementDataType type;
    size_t n_dim;
    int64_t dims[SPOTI_ORT_DIMS_MAX];
    size_t n;    /* numbers in it, 1..SPOTI_ORT_NUMBERS_MAX */
    size_t size; /* bytes of one */
} spoti_ort_tensor;

/* Far above any input of a robot's policy (16 pictures of 8 megapixels). */
#define SPOTI_ORT_NUMBERS_MAX ((size_t)1 << 29)

/* A model that has been opened. */
typedef struct spoti_ort_session {
    spoti_ort ort;
    OrtEnv *env;
    OrtSession *session;
    OrtMemoryInfo *memory;
} spoti_ort_session;

/* Opens the model file `path`: one thread, which does not spin. On failure *out is zeroed.
 * Returns SPOT_OK, E_IO, E_FORMAT (ONNX Runtime refuses it, see diag), E_UNSUPPORTED, E_NOMEM. */
spot_status spoti_ort_open(const char *path, spoti_ort_session *out, spot_diag *diag);
void spoti_ort_close(spoti_ort_session *s);

/* Inputs (or outputs) of the model, or 0. */
size_t spoti_ort_count(const spoti_ort_session *s, bool outputs);

/* What policy.yaml says of a tensor's shape. */
typedef struct spoti_ort_shape {
    const int *dims; /* (n) NULL = as the model says */
    size_t n;
    const char *path; /* where it is said, for messages */
    int line;
} spoti_ort_shape;

/* Fills *out for the i-th input (or output). A shape from policy.yaml fixes what the model leaves open; a first dimension left open is a batch of 1.
 * Returns SPOT_OK, E_FORMAT (no tensor of numbers, a shape that is not fixed), E_NOMEM. */
spot_status spoti_ort_describe(const spoti_ort_session *s, bool outputs, size_t i,
                               const spoti_ort_shape *shape, spoti_ort_tensor *out,
                               spot_diag *diag);

/* The name of the i-th input (or output), cut off where needed. Returns SPOT_OK, E_FORMAT. */
spot_status spoti_ort_name(const spoti_ort_session *s, bool outputs, size_t i,
                           char name[SPOTI_ORT_NAME_SIZE], spot_diag *diag);

/* Writes x as number i of a buffer of `type`: whole types get it cut off. */
void spoti_ort_put(ONNXTensorElementDataType type, void *buffer, size_t i, double x);
/* Number i of a buffer of `type`. */
double spoti_ort_get(ONNXTensorElementDataType type, const void *buffer, size_t i);

/* `float32`. */
const char *spoti_ort_type_name(ONNXTensorElementDataType type);

#endif
