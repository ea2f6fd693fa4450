/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What ONNX Runtime says of a model, and numbers of the types that it has. */
#include "runtime/brain/onnx_tensor.h"

#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/text.h"

/* ---- types ---- */

typedef struct number_type {
    ONNXTensorElementDataType type;
    const char *name;
    size_t size; /* bytes; 0 = cannot be read or written here */
} number_type;

/* clang-format off: table */
static const number_type TYPES[] = {
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, "float32", 4},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, "float64", 8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, "int64", 8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, "int32", 4},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, "uint8", 1},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, "bool", 1},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, "float16", 0},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, "bfloat16", 0},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, "string", 0},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, "int8", 0},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED, "another type", 0},
};
/* clang-format on */

static const number_type *type_of(ONNXTensorElementDataType type)
{
    const number_type *t = TYPES;
    while (t->type != type && t->type != ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED) {
        t++;
    }
    return t;
}

const char *spoti_ort_type_name(ONNXTensorElementDataType type)
{
    return type_of(type)->name;
}

void spoti_ort_put(ONNXTensorElementDataType type, void *buffer, size_t i, double x)
{
    switch ((int)type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
        ((float *)buffer)[i] = (float)x;
        break;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
        ((double *)buffer)[i] = x;
        break;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
        ((int64_t *)buffer)[i] = (int64_t)x;
        break;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
        ((int32_t *)buffer)[i] = (int32_t)x;
        break;
    default:
        ((uint8_t *)buffer)[i] = (uint8_t)x;
        break;
    }
}

double spoti_ort_get(ONNXTensorElementDataType type, const void *buffer, size_t i)
{
    switch ((int)type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
        return (double)((const float *)buffer)[i];
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
        return ((const double *)buffer)[i];
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
        return (double)((const int64_t *)buffer)[i];
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
        return (double)((const int32_t *)buffer)[i];
    default:
        return (double)((const uint8_t *)buffer)[i];
    }
}

/* ---- a model ---- */

/* The largest message of the format that ONNX files are: weights of larger models lie in files beside. */
static const int64_t MODEL_BYTES_MAX = INT64_C(2147483647);

static spot_status check_file(const char *path, spot_diag *diag)
{
    FILE *file = NULL;
    spot_status st = spoti_file_open(path, "an ONNX file", &file, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const bool is_small = fseek(file, 0, SEEK_END) == 0 && ftell(file) <= MODEL_BYTES_MAX;
    (void)fclose(file);
    return is_small ? SPOT_OK
                    : spot_diag_set(diag, SPOT_E_FORMAT,
                                    "%s: larger than 2 GiB, expected an ONNX file (larger weights "
                                    "lie in files beside it)",
                                    path);
}

/* One thread, the caller's: a rollout has a thread of its own for each worker, and one of ONNX Runtime's that waited
 * in a loop would take its core. */
static OrtStatus *set_options(const OrtApi *api, OrtSessionOptions *options)
{
    OrtStatus *status = api->SetIntraOpNumThreads(options, 1);
    status = status == NULL ? api->SetInterOpNumThreads(options, 1) : status;
    status = status == NULL ? api->SetSessionExecutionMode(options, ORT_SEQUENTIAL) : status;
    status =
        status == NULL ? api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL) : status;
    status =
        status == NULL ? api->SetSessionLogSeverityLevel(options, ORT_LOGGING_LEVEL_FATAL) : status;
    status = status == NULL
                 ? api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0")
                 : status;
    return status == NULL
               ? api->AddSessionConfigEntry(options, "session.inter_op.allow_spinning", "0")
               : status;
}

static spot_status create_session(spoti_ort_session *s, const char *path, spot_diag *diag)
{
    const OrtApi *api = s->ort.api;
    OrtSessionOptions *options = NULL;
    OrtStatus *status = api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "sweetspot", &s->env);
    status = status == NULL ? api->CreateSessionOptions(&options) : status;
    status = status == NULL ? set_options(api, options) : status;
    status = status == NULL
                 ? api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &s->memory)
                 : status;
    spot_status st = spoti_ort_check(&s->ort, status, SPOT_E_UNSUPPORTED, path, diag);
    if (st == SPOT_OK) {
        status = api->CreateSession(s->env, path, options, &s->session);
        st = spoti_ort_check(&s->ort, status, SPOT_E_FORMAT, path, diag);
    }
    api->ReleaseSessionOptions(options);
    return st;
}

spot_status spoti_ort_open(const char *path, spoti_ort_session *out, spot_diag *diag)
{
    *out = (spoti_ort_session){.env = NULL};
    spot_status st = check_file(path, diag);
    st = st == SPOT_OK ? spoti_ort_load(&out->ort, diag) : st;
    st = st == SPOT_OK ? create_session(out, path, diag) : st;
    if (st != SPOT_OK) {
        spoti_ort_close(out);
    }
    return st;
}

void spoti_ort_close(spoti_ort_session *s)
{
    if (s->ort.api != NULL) {
        s->ort.api->ReleaseSession(s->session);
        s->ort.api->ReleaseMemoryInfo(s->memory);
        s->ort.api->ReleaseEnv(s->env);
    }
    spoti_ort_unload(&s->ort);
    *s = (spoti_ort_session){.env = NULL};
}

size_t spoti_ort_count(const spoti_ort_session *s, bool outputs)
{
    const OrtApi *api = s->ort.api;
    size_t n = 0;
    OrtStatus *status = outputs ? api->SessionGetOutputCount(s->session, &n)
                                : api->SessionGetInputCount(s->session, &n);
    return spoti_ort_check(&s->ort, status, SPOT_E_FORMAT, "", NULL) == SPOT_OK ? n : 0;
}

spot_status spoti_ort_name(const spoti_ort_session *s, bool outputs, size_t i,
                           char name[SPOTI_ORT_NAME_SIZE], spot_diag *diag)
{
    const OrtApi *api = s->ort.api;
    OrtAllocator *allocator = NULL;
    char *text = NULL;
    OrtStatus *status = api->GetAllocatorWithDefaultOptions(&allocator);
    if (status == NULL) {
        status = outputs ? api->SessionGetOutputName(s->session, i, allocator, &text)
                         : api->SessionGetInputName(s->session, i, allocator, &text);
    }
    spot_status st = spoti_ort_check(&s->ort, status, SPOT_E_FORMAT, "the model", diag);
    if (st == SPOT_OK) {
        (void)spoti_copy(name, SPOTI_ORT_NAME_SIZE, text);
        (void)spoti_ort_check(&s->ort, api->AllocatorFree(allocator, text), SPOT_E_INTERNAL, "",
                              NULL);
    }
    return st;
}

/* ---- shapes ---- */

/* `[batch, 16, horizon]`: what the model says of a shape, with its own words for what it leaves open. */
static void write_shape(const spoti_ort_tensor *t, const char *const *symbols, char *out,
                        size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < t->n_dim && used < size; i++) {
        const char *before = i == 0 ? "[" : ", ";
        if (t->dims[i] >= 0) {
            (void)spoti_format(out + used, size - used, "%s%lld", before, (long long)t->dims[i]);
        } else {
            const bool named = symbols[i] != NULL && symbols[i][0] != '\0';
            (void)spoti_format(out + used, size - used, "%s%.32s", before,
                               named ? symbols[i] : "?");
        }
        used = strlen(out);
    }
    (void)spoti_format(out + used, size - used, t->n_dim == 0 ? "[]" : "]");
}

/* Puts `shape` where the model leaves a dimension open. False if it contradicts the model. */
static bool fix_shape(spoti_ort_tensor *t, const spoti_ort_shape *shape)
{
    if (t->n_dim > 0 && t->dims[0] < 0 && shape->dims == NULL) {
        t->dims[0] = 1;
    }
    for (size_t i = 0; i < t->n_dim && shape->dims != NULL; i++) {
        if (shape->n != t->n_dim || shape->dims[i] < 1 ||
            (t->dims[i] >= 0 && t->dims[i] != (int64_t)shape->dims[i])) {
            return false;
        }
        t->dims[i] = shape->dims[i];
    }
    return true;
}

/* Counts the numbers. False if a dimension is open or 0, or they are too many. */
static bool count_numbers(spoti_ort_tensor *t)
{
    t->n = 1;
    for (size_t i = 0; i < t->n_dim; i++) {
        if (t->dims[i] < 1 || (size_t)t->dims[i] > SPOTI_ORT_NUMBERS_MAX / t->n) {
            return false;
        }
        t->n *= (size_t)t->dims[i];
    }
    return true;
}

static spot_status settle_shape(spoti_ort_tensor *t, const char *const *symbols,
                                const spoti_ort_shape *shape, spot_diag *diag)
{
    char said[256] = "";
    write_shape(t, symbols, said, sizeof(said));
    if (!fix_shape(t, shape)) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s:%d: shape of '%s': expected numbers that agree with the model's %s", shape->path,
            shape->line, t->name, said);
    }
    return count_numbers(t)
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_FORMAT,
                               "%s:%d: '%s' has the shape %s in the model, expected a fixed one of "
                               "1..2^29 numbers; shape: [...] fixes what the model leaves open",
                               shape->path, shape->line, t->name, said);
}

/* Type and dimensions by ONNX Runtime; symbols borrow from the type. */
static OrtStatus *read_tensor(const OrtApi *api, const OrtTensorTypeAndShapeInfo *info,
                              spoti_ort_tensor *t, const char **symbols)
{
    OrtStatus *status = api->GetTensorElementType(info, &t->type);
    status = status == NULL ? api->GetDimensionsCount(info, &t->n_dim) : status;
    if (status == NULL && t->n_dim > 0 && t->n_dim <= SPOTI_ORT_DIMS_MAX) {
        status = api->GetDimensions(info, t->dims, t->n_dim);
        status = status == NULL ? api->GetSymbolicDimensions(info, symbols, t->n_dim) : status;
    }
    return status;
}

spot_status spoti_ort_describe(const spoti_ort_session *s, bool outputs, size_t i,
                               const spoti_ort_shape *shape, spoti_ort_tensor *out, spot_diag *diag)
{
    const OrtApi *api = s->ort.api;
    const OrtTensorTypeAndShapeInfo *info = NULL;
    const char *symbols[SPOTI_ORT_DIMS_MAX] = {NULL};
    OrtTypeInfo *type = NULL;
    *out = (spoti_ort_tensor){.n = 0};
    spot_status st = spoti_ort_name(s, outputs, i, out->name, diag);
    if (st != SPOT_OK) {
        return st;
    }
    OrtStatus *status = outputs ? api->SessionGetOutputTypeInfo(s->session, i, &type)
                                : api->SessionGetInputTypeInfo(s->session, i, &type);
    status = status == NULL ? api->CastTypeInfoToTensorInfo(type, &info) : status;
    status = status == NULL && info != NULL ? read_tensor(api, info, out, symbols) : status;
    st = spoti_ort_check(&s->ort, status, SPOT_E_FORMAT, shape->path, diag);
    out->size = type_of(out->type)->size;
    if (st == SPOT_OK && (info == NULL || out->n_dim > SPOTI_ORT_DIMS_MAX || out->size == 0)) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "%s:%d: '%s' is %s, expected a tensor of float32, float64, int64, "
                           "int32, uint8 or bool with at most %d dimensions",
                           shape->path, shape->line, out->name,
                           info == NULL ? "no tensor" : spoti_ort_type_name(out->type),
                           SPOTI_ORT_DIMS_MAX);
    }
    if (st == SPOT_OK) {
        st = settle_shape(out, symbols, shape, diag);
    }
    api->ReleaseTypeInfo(type);
    return st;
}
