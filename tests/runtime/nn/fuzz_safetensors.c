/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Any bytes as a safetensors file: refused, or every accepted tensor can be read whole. By both readers: what that of
 * policies takes, that of any model takes too, with the same tensors.
 *
 * corpus_safetensors/ holds small good files (train/policy_io.py wrote them) and broken ones.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* called by libFuzzer */

static void expect(bool good)
{
    if (!good) {
        abort();
    }
}

/* The reader of any model; `policy`: what that of policies found, NULL = it refused. */
static void read_any(const uint8_t *data, size_t size, const spoti_safetensors *policy)
{
    spoti_tensor_index index;
    spot_diag diag = {""};
    size_t length = 0;
    size_t end = 0;

    if (spoti_safetensors_header_length("fuzz", data, size, true, &length, &diag) != SPOT_OK) {
        expect(policy == NULL && diag.text[0] != '\0');
        return;
    }
    char *header = malloc(length + 1);
    expect(header != NULL);
    memcpy(header, data + SPOTI_TENSOR_PREFIX_SIZE, length);
    if (spoti_tensor_index_read("fuzz", header, length, size - SPOTI_TENSOR_PREFIX_SIZE - length,
                                true, NULL, &index, &diag) != SPOT_OK) {
        expect(policy == NULL && diag.text[0] != '\0');
        free(header);
        return;
    }
    expect(policy == NULL || policy->n_tensor == index.n_tensor);
    expect(index.n_room * sizeof *index.places <= length + sizeof *index.places);
    for (size_t i = 0; i < index.n_tensor; i++) {
        spoti_tensor t;

        expect(spoti_tensor_index_at(&index, i, &t) == SPOT_OK && t.begin == end);
        expect(policy == NULL || strcmp(policy->tensors[i].name, t.name) == 0);
        end = t.end;
    }
    expect(end == size - SPOTI_TENSOR_PREFIX_SIZE - length);
    spoti_tensor_index_close(&index);
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_safetensors file;
    spot_diag diag = {""};

    if (spoti_safetensors_parse("fuzz", data, size, NULL, &file, &diag) != SPOT_OK) {
        /* A refusal says why. */
        if (diag.text[0] == '\0') {
            abort();
        }
        read_any(data, size, NULL);
        return 0;
    }
    for (size_t i = 0; i < file.n_tensor; i++) {
        const spoti_tensor *t = &file.tensors[i];
        float *x = t->n_element > 0 ? malloc(t->n_element * sizeof *x) : NULL;

        if (x != NULL) {
            spoti_tensor_to_f32(t, x);
        }
        free(x);
        if (spoti_safetensors_find(&file, t->name) == NULL) {
            abort();
        }
    }
    read_any(data, size, &file);
    spoti_safetensors_close(&file);
    return 0;
}
