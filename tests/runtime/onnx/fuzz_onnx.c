/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Any bytes as an ONNX file: whatever is accepted lies inside of the file. */
#include <stdlib.h>
#include <string.h>

#include "runtime/onnx/onnx.h"

typedef struct bytes {
    const uint8_t *data;
    size_t n;
} bytes;

static spot_status read_bytes(void *ctx, uint64_t at, void *out, size_t size, spot_diag *diag)
{
    const bytes *b = ctx;
    (void)diag;
    if (at > b->n || size > b->n - at) {
        abort();
    }
    memcpy(out, b->data + at, size);
    return SPOT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static spoti_onnx model;
    bytes b = {data, size};
    spot_diag diag = {""};
    const spoti_pb_source source = {
        .read = read_bytes, .ctx = &b, .size = size, .path = "fuzz.onnx"};
    if (spoti_onnx_read(&source, NULL, &model, &diag) != SPOT_OK) {
        return 0;
    }
    for (size_t i = 0; i < model.n_tensor; i++) {
        const spoti_onnx_tensor *t = &model.tensors[i];
        if (t->tensor.begin > t->tensor.end || (t->file == 0 && t->tensor.end > size) ||
            t->file > model.n_file) {
            abort();
        }
    }
    spoti_onnx_close(&model);
    return 0;
}
