/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Statistics that a training left beside its weights, as JSON or safetensors. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "runtime/brain/adapter_file.h"
#include "runtime/nn/safetensors.h"

/* Statistics are small: far above any robot's. */
enum { JSON_BYTES_MAX = 4 << 20, NAME_SIZE = 64 };

static const char *const NAMES[][2] = {{"mean", "std"}, {"min", "max"}, {"q01", "q99"}};

/* ---- JSON ---- */

/* The value under names separated by `/`, or NULL. */
static const json_t *descend(const json_t *at, const char *key)
{
    while (at != NULL && *key != '\0') {
        char name[SPOTI_PATH_SIZE];
        const size_t length = strcspn(key, "/");
        (void)spoti_copy_n(name, sizeof(name), key, length);
        at = json_object_get(at, name);
        key += key[length] == '/' ? length + 1 : length;
    }
    return at;
}

static spot_status json_numbers(const char *path, const char *key, const char *name,
                                const json_t *list, int n, float *out, spot_diag *diag)
{
    if (!json_is_array(list) || json_array_size(list) != (size_t)n) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s/%s: %s, expected a list of %d numbers",
                             path, key, name,
                             list == NULL          ? "missing"
                             : json_is_array(list) ? "a list of another length"
                                                   : "no list",
                             n);
    }
    for (int i = 0; i < n; i++) {
        const json_t *value = json_array_get(list, (size_t)i);
        if (!json_is_number(value)) {
            return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s/%s: entry %d is no number", path, key,
                                 name, i);
        }
        out[i] = (float)json_number_value(value);
    }
    return SPOT_OK;
}

static size_t read_some(void *buffer, size_t size, void *ctx)
{
    return fread(buffer, 1, size, (FILE *)ctx);
}

static spot_status read_json(const char *path, const char *key, const char *const names[2], int n,
                             float *first, float *second, spot_diag *diag)
{
    FILE *file = NULL;
    json_error_t error;
    spot_status st = spoti_file_open(path, "a JSON file of statistics", &file, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (fseek(file, 0, SEEK_END) != 0 || ftell(file) > JSON_BYTES_MAX ||
        fseek(file, 0, SEEK_SET) != 0) {
        (void)fclose(file);
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: larger than 4 MiB, expected a JSON file of statistics", path);
    }
    json_t *root = json_load_callback(read_some, file, JSON_REJECT_DUPLICATES, &error);
    (void)fclose(file);
    if (root == NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s", path, error.line, error.text);
    }
    const json_t *at = descend(root, key);
    st = json_numbers(path, key, names[0], json_object_get(at, names[0]), n, first, diag);
    if (st == SPOT_OK) {
        st = json_numbers(path, key, names[1], json_object_get(at, names[1]), n, second, diag);
    }
    json_decref(root);
    return st;
}

/* ---- safetensors ---- */

static spot_status tensor_numbers(const char *path, const spoti_safetensors *file, const char *key,
                                  const char *name, int n, float *out, spot_diag *diag)
{
    char full[SPOTI_TENSOR_NAME_SIZE + NAME_SIZE];
    (void)spoti_format(full, sizeof(full), "%s.%s", key, name);
    const spoti_tensor *tensor = spoti_safetensors_find(file, full);
    if (tensor == NULL || tensor->n_element != (size_t)n) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: tensor '%s': %s, expected %d numbers", path,
                             full, tensor == NULL ? "missing" : "another size", n);
    }
    spoti_tensor_to_f32(tensor, out);
    return SPOT_OK;
}

static spot_status read_safetensors(const char *path, const char *key, const char *const names[2],
                                    int n, float *first, float *second, spot_diag *diag)
{
    spoti_safetensors file;
    spot_status st = spoti_safetensors_read(path, NULL, &file, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = tensor_numbers(path, &file, key, names[0], n, first, diag);
    st = st == SPOT_OK ? tensor_numbers(path, &file, key, names[1], n, second, diag) : st;
    spoti_safetensors_close(&file);
    return st;
}

spot_status spoti_statistics_read(const char *path, const char *key, spoti_scaling_by by, int n,
                                  float *first, float *second, spot_diag *diag)
{
    if (spoti_ends_with(path, ".json")) {
        return read_json(path, key, NAMES[by], n, first, second, diag);
    }
    if (spoti_ends_with(path, ".safetensors")) {
        return read_safetensors(path, key, NAMES[by], n, first, second, diag);
    }
    return spot_diag_set(diag, SPOT_E_FORMAT,
                         "%s: expected statistics in a file called *.json or *.safetensors", path);
}
