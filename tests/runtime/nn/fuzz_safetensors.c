/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Any bytes as a safetensors file: refused, or every accepted tensor can be read whole.
 *
 * corpus_safetensors/ holds small good files (train/policy_io.py wrote them) and broken ones.
 */
#include <stdint.h>
#include <stdlib.h>

#include "runtime/nn/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* called by libFuzzer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_safetensors file;
    spot_diag diag = {""};

    if (spoti_safetensors_parse("fuzz", data, size, NULL, &file, &diag) != SPOT_OK) {
        /* A refusal says why. */
        if (diag.text[0] == '\0') {
            abort();
        }
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
    spoti_safetensors_close(&file);
    return 0;
}
