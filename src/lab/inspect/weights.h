/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The tensors of a model, whatever its format: safetensors, several of them where the name ends in `.index.json`, or
 * ONNX where it ends in `.onnx`.
 *
 * Reads are by position (no mapping): a file that is cut off meanwhile gives an error, not a signal.
 */
#ifndef SPOTI_INSPECT_WEIGHTS_H
#define SPOTI_INSPECT_WEIGHTS_H

#include "core/base/file.h"
#include "lab/inspect/shards.h"
#include "runtime/nn/safetensors.h"
#include "runtime/onnx/onnx.h"

typedef struct spoti_weights {
    const spot_allocator *allocator;
    char path[SPOTI_PATH_SIZE];
    int fd; /* of an ONNX file */
    bool is_onnx;
    spoti_shards shards; /* of safetensors; the headers have no data */
    spoti_onnx onnx;
    int beside[SPOTI_ONNX_FILES_MAX]; /* files of data beside an ONNX model; -1 = not open */
} spoti_weights;

/* Opens `path`. `allocator` is borrowed until close. On success to be closed; on failure closed already.
 * Returns SPOT_OK, E_IO, E_FORMAT, E_NOMEM. */
spot_status spoti_weights_open(const char *path, const spot_allocator *allocator,
                               spoti_weights *out, spot_diag *diag);
void spoti_weights_close(spoti_weights *weights);

size_t spoti_weights_count(const spoti_weights *weights);

/* The i-th tensor, below the count. Returns SPOT_OK, E_NOMEM. */
spot_status spoti_weights_at(const spoti_weights *weights, size_t i, spoti_tensor *tensor);

/* Bytes of the i-th tensor, which is `tensor`, from its byte `from` on: out (size). Returns SPOT_OK, E_IO. */
spot_status spoti_weights_read(const spoti_weights *weights, size_t i, const spoti_tensor *tensor,
                               size_t from, void *out, size_t size, spot_diag *diag);

#endif
