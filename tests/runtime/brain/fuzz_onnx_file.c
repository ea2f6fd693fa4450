/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* policy.yaml of an ONNX policy, from anybody: what is read as far as it goes without the model. */
#include "runtime/brain/onnx_file.h"

#include "support/spot_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spoti_ort_file *file = NULL;
    spot_diag diag = {""};
    if (spoti_ort_file_parse("policy.yaml", data, size, &file, &diag) == SPOT_OK) {
        /* as large a model as there may be, and a small one */
        for (int n = 2; n <= 64; n *= 32) {
            spoti_action_map map;
            spoti_scaling scaling;
            spoti_image_map image;
            if (spoti_action_map_load("policy.yaml", file->action, n, n, n, NULL, &map, &diag) ==
                SPOT_OK) {
                spoti_action_map_close(&map);
            }
            for (uint64_t i = 0; i < file->inputs_count; i++) {
                const spoti_ort_input_file *in = &file->inputs[i];
                if (spoti_scaling_load("policy.yaml", 1, in->normalise, n, 1, NULL, &scaling,
                                       &diag) == SPOT_OK) {
                    spoti_scaling_close(&scaling);
                }
                if (in->image != NULL) {
                    (void)spoti_image_map_load("policy.yaml", 1, in->image, n, n, &image, &diag);
                }
            }
        }
        spoti_ort_file_free(file);
    }
    return 0;
}
