/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of weights: opened, checked, read by position. */
#include "lab/inspect/weights.h"

#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

/* ONNX -------------------------------------------------------------------------------------------- */

static spot_status read_model(void *ctx, uint64_t at, void *out, size_t size, spot_diag *diag)
{
    const spoti_weights *w = ctx;
    return spoti_file_read_at(w->fd, w->path, at, out, size, diag);
}

/* Opens the file of data beside the model, and checks that all of its tensors are in it. */
static spot_status open_beside(spoti_weights *w, size_t file, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    uint64_t size = 0;
    const char *slash = strrchr(w->path, '/');
    const int folder = slash != NULL ? (int)(slash - w->path) + 1 : 0;

    if (!spoti_format(path, sizeof(path), "%.*s%s", folder, w->path, w->onnx.files[file])) {
        return spoti_refuse_path(SPOT_E_IO, w->path, diag);
    }
    spot_status st = spoti_file_open_sized(path, "the data of an ONNX model beside it",
                                           &w->beside[file], &size, diag);
    for (size_t i = 0; st == SPOT_OK && i < w->onnx.n_tensor; i++) {
        const spoti_onnx_tensor *t = &w->onnx.tensors[i];
        if (t->file == file + 1 && t->tensor.end > size) {
            st = spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s: %llu bytes, expected the %zu that end tensor '%.100s'", path,
                               (unsigned long long)size, t->tensor.end, t->tensor.name);
        }
    }
    return st;
}

static spot_status read_onnx(spoti_weights *w, uint64_t size, spot_diag *diag)
{
    const spoti_pb_source source = {.read = read_model, .ctx = w, .size = size, .path = w->path};
    spot_status st = spoti_onnx_read(&source, w->allocator, &w->onnx, diag);
    for (size_t i = 0; st == SPOT_OK && i < w->onnx.n_file; i++) {
        st = open_beside(w, i, diag);
    }
    return st;
}

/* What is common ---------------------------------------------------------------------------------- */

spot_status spoti_weights_open(const char *path, const spot_allocator *allocator,
                               spoti_weights *out, spot_diag *diag)
{
    uint64_t size = 0;
    spot_status st = SPOT_OK;

    memset(out, 0, sizeof(*out));
    out->allocator = allocator;
    out->fd = -1;
    out->shards.allocator = allocator;
    out->onnx.allocator = allocator;
    for (int i = 0; i < SPOTI_ONNX_FILES_MAX; i++) {
        out->beside[i] = -1;
    }
    if (!spoti_copy(out->path, sizeof(out->path), path)) {
        return spoti_refuse_path(SPOT_E_IO, path, diag);
    }
    out->is_onnx = spoti_ends_with(path, ".onnx");
    if (!out->is_onnx) {
        return spoti_shards_open(path, allocator, &out->shards, diag);
    }
    st = spoti_file_open_sized(path, "an ONNX file", &out->fd, &size, diag);
    st = st == SPOT_OK ? read_onnx(out, size, diag) : st;
    if (st != SPOT_OK) {
        spoti_weights_close(out);
    }
    return st;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

void spoti_weights_close(spoti_weights *weights)
{
    close_fd(&weights->fd);
    for (int i = 0; i < SPOTI_ONNX_FILES_MAX; i++) {
        close_fd(&weights->beside[i]);
    }
    spoti_shards_close(&weights->shards);
    spoti_onnx_close(&weights->onnx);
}

size_t spoti_weights_count(const spoti_weights *weights)
{
    return weights->is_onnx ? weights->onnx.n_tensor : weights->shards.n_tensor;
}

spot_status spoti_weights_at(const spoti_weights *weights, size_t i, spoti_tensor *tensor)
{
    if (weights->is_onnx) {
        *tensor = weights->onnx.tensors[i].tensor;
        return SPOT_OK;
    }
    const spoti_shard *shard = spoti_shards_of(&weights->shards, i);
    return spoti_tensor_index_at(&shard->index, i - shard->first, tensor);
}

spot_status spoti_weights_read(const spoti_weights *weights, size_t i, const spoti_tensor *tensor,
                               size_t from, void *out, size_t size, spot_diag *diag)
{
    if (!weights->is_onnx) {
        const spoti_shard *shard = spoti_shards_of(&weights->shards, i);
        return spoti_file_read_at(shard->fd, shard->path, shard->data_at + tensor->begin + from,
                                  out, size, diag);
    }
    const size_t file = weights->onnx.tensors[i].file;
    return spoti_file_read_at(file > 0 ? weights->beside[file - 1] : weights->fd, weights->path,
                              tensor->begin + from, out, size, diag);
}
