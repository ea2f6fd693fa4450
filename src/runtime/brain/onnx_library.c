/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The table of ONNX Runtime's functions only grows, so an older library than our header serves with the table of its
 * own version. That is taken from its name, 1.VERSION.x: asked for a version that it does not have, the library
 * would print.
 */
#include "runtime/brain/onnx_library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { WORDS_SIZE = 384 };

/* dlopen, with what it says on failure. */
static void *open_library(const char *name, char why[WORDS_SIZE])
{
    /* what ONNX Runtime has registered for the end of the process must still be there then */
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL) {
        (void)spoti_copy(why, WORDS_SIZE, dlerror());
    }
    return handle;
}

static spot_status find_library(void **handle, spot_diag *diag)
{
    char why[WORDS_SIZE] = "";
    const char *named = getenv("SPOT_ONNXRUNTIME");
    if (named != NULL && named[0] != '\0') {
        *handle = open_library(named, why);
        return *handle != NULL ? SPOT_OK
                               : spot_diag_set(diag, SPOT_E_IO,
                                               "SPOT_ONNXRUNTIME: %s, expected the path of ONNX "
                                               "Runtime's libonnxruntime.so",
                                               why);
    }
    *handle = open_library("libonnxruntime.so", why);
    *handle = *handle != NULL ? *handle : open_library("libonnxruntime.so.1", why);
    return *handle != NULL
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_IO,
                               "ONNX Runtime is not found: expected libonnxruntime.so where the "
                               "system looks, or its path in SPOT_ONNXRUNTIME (`pip install "
                               "onnxruntime` puts it into onnxruntime/capi/ of its site-packages; "
                               "`pip show -f onnxruntime` says where)");
}

/* The version of the table that the library called `version` has; 0 = the name says none. */
static int api_of(const char *version)
{
    char minor[8];
    int api = 0;
    if (strncmp(version, "1.", 2) != 0) {
        return 0;
    }
    (void)spoti_copy_n(minor, sizeof(minor), version + 2, strcspn(version + 2, "."));
    return spoti_parse_int(minor, &api) == SPOT_OK ? api : 0;
}

static spot_status take_table(spoti_ort *ort, spot_diag *diag)
{
    const OrtApiBase *(*get_base)(void) = NULL;
    void *symbol = dlsym(ort->handle, "OrtGetApiBase");
    memcpy(&get_base, &symbol, sizeof(get_base)); /* ISO C has no cast from object to function */
    const OrtApiBase *base = get_base != NULL ? get_base() : NULL;
    if (base == NULL) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "the library has no OrtGetApiBase, expected ONNX Runtime");
    }
    (void)spoti_copy(ort->version, sizeof(ort->version), base->GetVersionString());
    const int api = api_of(ort->version);
    if (api >= SPOTI_ORT_API_MIN) {
        ort->api = base->GetApi((uint32_t)(api < ORT_API_VERSION ? api : ORT_API_VERSION));
    }
    return ort->api != NULL ? SPOT_OK
                            : spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                                            "ONNX Runtime %s, expected release 1.%d or later",
                                            ort->version, SPOTI_ORT_API_MIN);
}

spot_status spoti_ort_load(spoti_ort *out, spot_diag *diag)
{
    *out = (spoti_ort){.handle = NULL};
    spot_status st = find_library(&out->handle, diag);
    st = st == SPOT_OK ? take_table(out, diag) : st;
    if (st != SPOT_OK) {
        spoti_ort_unload(out);
    }
    return st;
}

void spoti_ort_unload(spoti_ort *ort)
{
    if (ort->handle != NULL) {
        (void)dlclose(ort->handle);
    }
    *ort = (spoti_ort){.handle = NULL};
}

spot_status spoti_ort_check(const spoti_ort *ort, OrtStatus *status, spot_status code,
                            const char *path, spot_diag *diag)
{
    char words[WORDS_SIZE];
    if (status == NULL) {
        return SPOT_OK;
    }
    (void)spoti_copy(words, sizeof(words), ort->api->GetErrorMessage(status));
    for (char *at = words; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ') {
            *at = ' '; /* one line, whatever it says */
        }
    }
    ort->api->ReleaseStatus(status);
    return spot_diag_set(diag, code, "%s: ONNX Runtime %s: %s", path, ort->version, words);
}
