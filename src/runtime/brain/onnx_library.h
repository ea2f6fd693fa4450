/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* ONNX Runtime, loaded where the user has it. The one file that includes its header (third_party/onnxruntime). */
#ifndef SPOTI_BRAIN_ONNX_LIBRARY_H
#define SPOTI_BRAIN_ONNX_LIBRARY_H

#include <onnxruntime_c_api.h>

#include "spot/status.h"

enum {
    SPOTI_ORT_API_MIN = 11, /* release 1.11 of 2022; all that is called here is older */
    SPOTI_ORT_VERSION_SIZE = 32,
};

typedef struct spoti_ort {
    void *handle;
    const OrtApi *api;
    char version[SPOTI_ORT_VERSION_SIZE]; /* such as 1.32.0 */
} spoti_ort;

/* Loads the library that SPOT_ONNXRUNTIME names, or libonnxruntime.so or libonnxruntime.so.1 where the system looks.
 * On failure *out is zeroed. Returns SPOT_OK, E_IO (there is none), E_UNSUPPORTED (it is no ONNX Runtime, or too old). */
spot_status spoti_ort_load(spoti_ort *out, spot_diag *diag);

/* Gives it back; its code stays in memory, as its threads may still end. Does nothing on a zeroed one. */
void spoti_ort_unload(spoti_ort *ort);

/* SPOT_OK for NULL; else `code` with `PATH: what ONNX Runtime says` in one line. Releases `status`. */
spot_status spoti_ort_check(const spoti_ort *ort, OrtStatus *status, spot_status code,
                            const char *path, spot_diag *diag);

#endif
