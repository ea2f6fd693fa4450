/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of weights: opened, checked, read by position. */
#include "lab/inspect/weights.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

static spot_status read_at(int fd, const char *path, uint64_t at, void *out, size_t size,
                           spot_diag *diag)
{
    unsigned char *to = out;

    while (size > 0) {
        const ssize_t got = pread(fd, to, size, (off_t)at);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return spot_diag_set(diag, SPOT_E_IO, "%s: cannot be read whole", path);
        }
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return SPOT_OK;
}

static spot_status open_at(const char *path, const char *what, int *fd, uint64_t *size,
                           spot_diag *diag)
{
    struct stat info;
    spot_status st = spoti_file_open_fd(path, what, fd, diag);

    if (st == SPOT_OK && fstat(*fd, &info) != 0) {
        st = spot_diag_set(diag, SPOT_E_IO, "%s: cannot be read", path);
    }
    *size = st == SPOT_OK ? (uint64_t)info.st_size : 0;
    return st;
}

static spot_status read_header(spoti_weights *w, uint64_t size, spot_diag *diag)
{
    unsigned char prefix[SPOTI_TENSOR_PREFIX_SIZE] = {0};
    size_t length = 0;
    spot_status st = SPOT_OK;

    if (size >= sizeof(prefix)) {
        st = read_at(w->fd, w->path, 0, prefix, sizeof(prefix), diag);
    }
    if (st == SPOT_OK) {
        st = spoti_safetensors_header_length(w->path, prefix, size, &length, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    w->data_at = sizeof(prefix) + length;

    char *header = spoti_alloc(w->allocator, length + 1, 1);
    if (header == NULL) {
        return SPOT_E_NOMEM;
    }
    st = read_at(w->fd, w->path, sizeof(prefix), header, length, diag);
    if (st == SPOT_OK) {
        st = spoti_safetensors_header(w->path, header, length, size - w->data_at, true,
                                      w->allocator, &w->header, diag);
    }
    spoti_free(w->allocator, header, length + 1);
    return st;
}

/* ONNX -------------------------------------------------------------------------------------------- */

static spot_status read_model(void *ctx, uint64_t at, void *out, size_t size, spot_diag *diag)
{
    const spoti_weights *w = ctx;
    return read_at(w->fd, w->path, at, out, size, diag);
}

/* Opens the file of data beside the model, and checks that all of its tensors are in it. */
static spot_status open_beside(spoti_weights *w, size_t file, spot_diag *diag)
{
    char path[SPOTI_PATH_SIZE];
    uint64_t size = 0;
    const char *slash = strrchr(w->path, '/');
    const int folder = slash != NULL ? (int)(slash - w->path) + 1 : 0;

    if (!spoti_format(path, sizeof(path), "%.*s%s", folder, w->path, w->onnx.files[file])) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: path too long", w->path);
    }
    spot_status st =
        open_at(path, "the data of an ONNX model beside it", &w->beside[file], &size, diag);
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

static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text);
    return n >= strlen(end) && strcmp(text + n - strlen(end), end) == 0;
}

spot_status spoti_weights_open(const char *path, const spot_allocator *allocator,
                               spoti_weights *out, spot_diag *diag)
{
    uint64_t size = 0;
    spot_status st = SPOT_OK;

    memset(out, 0, sizeof(*out));
    out->allocator = allocator;
    out->fd = -1;
    out->header.allocator = allocator;
    out->onnx.allocator = allocator;
    for (int i = 0; i < SPOTI_ONNX_FILES_MAX; i++) {
        out->beside[i] = -1;
    }
    if (!spoti_copy(out->path, sizeof(out->path), path)) {
        return spot_diag_set(diag, SPOT_E_IO, "%.100s...: path too long", path);
    }
    out->is_onnx = ends_in(path, ".onnx");
    st = open_at(path, out->is_onnx ? "an ONNX file" : "a safetensors file", &out->fd, &size, diag);
    if (st == SPOT_OK) {
        st = out->is_onnx ? read_onnx(out, size, diag) : read_header(out, size, diag);
    }
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
    spoti_safetensors_close(&weights->header);
    spoti_onnx_close(&weights->onnx);
}

size_t spoti_weights_count(const spoti_weights *weights)
{
    return weights->is_onnx ? weights->onnx.n_tensor : weights->header.n_tensor;
}

const spoti_tensor *spoti_weights_at(const spoti_weights *weights, size_t i)
{
    return weights->is_onnx ? &weights->onnx.tensors[i].tensor : &weights->header.tensors[i];
}

spot_status spoti_weights_read(const spoti_weights *weights, size_t i, size_t from, void *out,
                               size_t size, spot_diag *diag)
{
    const spoti_tensor *t = spoti_weights_at(weights, i);
    const size_t file = weights->is_onnx ? weights->onnx.tensors[i].file : 0;
    return read_at(file > 0 ? weights->beside[file - 1] : weights->fd, weights->path,
                   weights->data_at + t->begin + from, out, size, diag);
}
