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

/* Appends the numbers of a list, and of lists in it, to out; more than `room` are counted only. Returns how many there
 * are, or -1 if something else is in it. */
static int json_flatten(const json_t *list, int room, float *out)
{
    int n = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        if (json_is_number(value)) {
            if (n < room) {
                out[n] = (float)json_number_value(value);
            }
            n++;
            continue;
        }
        const int used = n < room ? n : room;
        const int inner = json_is_array(value) ? json_flatten(value, room - used, out + used) : -1;
        if (inner < 0) {
            return -1;
        }
        n += inner;
    }
    return n;
}

static spot_status json_numbers(const spoti_statistics *s, const char *name, const json_t *list,
                                float *out, int *count, spot_diag *diag)
{
    *count = json_is_array(list) ? json_flatten(list, s->n * s->rows, out) : -1;
    if (*count == s->n || *count == s->n * s->rows) {
        return SPOT_OK;
    }
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: %s/%s: %s, expected a list of %d numbers",
                         s->path, s->key, name,
                         list == NULL  ? "missing"
                         : *count >= 0 ? "a list of another length"
                                       : "no list of numbers",
                         s->n);
}

static size_t read_some(void *buffer, size_t size, void *ctx)
{
    return fread(buffer, 1, size, (FILE *)ctx);
}

static spot_status read_json(const spoti_statistics *s, const char *const names[2], int count[2],
                             spot_diag *diag)
{
    FILE *file = NULL;
    json_error_t error;
    spot_status st = spoti_file_open(s->path, "a JSON file of statistics", &file, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (fseek(file, 0, SEEK_END) != 0 || ftell(file) > JSON_BYTES_MAX ||
        fseek(file, 0, SEEK_SET) != 0) {
        (void)fclose(file);
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: larger than 4 MiB, expected a JSON file of statistics", s->path);
    }
    json_t *root = json_load_callback(read_some, file, JSON_REJECT_DUPLICATES, &error);
    (void)fclose(file);
    if (root == NULL) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: %s", s->path, error.line, error.text);
    }
    const json_t *at = descend(root, s->key);
    for (int i = 0; i < 2 && st == SPOT_OK; i++) {
        st = json_numbers(s, names[i], json_object_get(at, names[i]), s->out[i], &count[i], diag);
    }
    json_decref(root);
    return st;
}

/* ---- safetensors ---- */

static spot_status tensor_numbers(const spoti_statistics *s, const spoti_safetensors *file,
                                  const char *name, float *out, int *count, spot_diag *diag)
{
    char full[SPOTI_TENSOR_NAME_SIZE + NAME_SIZE];
    (void)spoti_format(full, sizeof(full), "%s.%s", s->key, name);
    const spoti_tensor *tensor = spoti_safetensors_find(file, full);
    if (tensor == NULL || (tensor->n_element != (size_t)s->n &&
                           tensor->n_element != (size_t)s->n * (size_t)s->rows)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: tensor '%s': %s, expected %d numbers",
                             s->path, full, tensor == NULL ? "missing" : "another size", s->n);
    }
    *count = (int)tensor->n_element;
    spoti_tensor_to_f32(tensor, out);
    return SPOT_OK;
}

static spot_status read_safetensors(const spoti_statistics *s, const char *const names[2],
                                    int count[2], spot_diag *diag)
{
    spoti_safetensors file;
    spot_status st = spoti_safetensors_read(s->path, NULL, &file, diag);
    if (st != SPOT_OK) {
        return st;
    }
    for (int i = 0; i < 2 && st == SPOT_OK; i++) {
        st = tensor_numbers(s, &file, names[i], s->out[i], &count[i], diag);
    }
    spoti_safetensors_close(&file);
    return st;
}

spot_status spoti_statistics_read(const spoti_statistics *s, int *n, spot_diag *diag)
{
    int count[2] = {0, 0};
    spot_status st = SPOT_OK;
    if (spoti_ends_with(s->path, ".json")) {
        st = read_json(s, NAMES[s->by], count, diag);
    } else if (spoti_ends_with(s->path, ".safetensors")) {
        st = read_safetensors(s, NAMES[s->by], count, diag);
    } else {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: expected statistics in a file called *.json or *.safetensors",
                             s->path);
    }
    *n = count[0];
    return st != SPOT_OK || count[0] == count[1]
               ? st
               : spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s: %s: %d numbers of the one and %d of the other, expected as "
                               "many",
                               s->path, s->key, count[0], count[1]);
}
