/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A library that answers to the functions of ONNX Runtime that we call, so that what we do with it is tested where it is
 * not installed. Its models are lines of text:
 *
 *     input NAME TYPE DIM ...     a DIM that is no number is symbolic
 *     output NAME TYPE DIM ...
 *     gain NAME G                 number i of every output gets G x number i (mod n) of the input
 *     add A                       ... and A
 *     nan I                       number I of every output is none
 *     refuse WORDS                the model cannot be opened
 *     fail WORDS                  it cannot be run
 *
 * It refuses what the real one would: unknown names, wrong types and shapes. FAKE_ORT_VERSION is its version.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <onnxruntime_c_api.h>

enum { TENSORS_MAX = 16, DIMS_MAX = 10, TEXT_SIZE = 256 };

struct OrtStatus {
    char text[TEXT_SIZE];
};
struct OrtEnv {
    int unused;
};
struct OrtSessionOptions {
    int threads, sequential, quiet, n_entries;
};
struct OrtMemoryInfo {
    int unused;
};
struct OrtTensorTypeAndShapeInfo {
    ONNXTensorElementDataType type;
    size_t n_dim;
    int64_t dims[DIMS_MAX];
    char symbols[DIMS_MAX][32];
};
struct OrtTypeInfo {
    struct OrtTensorTypeAndShapeInfo info;
};
struct OrtValue {
    ONNXTensorElementDataType type;
    size_t n_dim;
    int64_t dims[DIMS_MAX];
    void *data;
};
typedef struct tensor {
    char name[160];
    struct OrtTensorTypeAndShapeInfo info;
    double gain;
} tensor;
struct OrtSession {
    tensor inputs[TENSORS_MAX], outputs[TENSORS_MAX];
    size_t n_inputs, n_outputs;
    double add;
    int nan_at;
    char fails[TEXT_SIZE];
};

static OrtStatus *say(const char *text, const char *name)
{
    OrtStatus *status = calloc(1, sizeof(*status));
    if (status != NULL) {
        (void)snprintf(status->text, sizeof(status->text), "%s%.100s", text, name);
    }
    return status;
}

static const char *ORT_API_CALL error_message(const OrtStatus *status) NO_EXCEPTION
{
    return status->text;
}

static OrtStatus *ORT_API_CALL create_env(OrtLoggingLevel level, const char *id,
                                          OrtEnv **out) NO_EXCEPTION
{
    (void)id;
    *out = calloc(1, sizeof(**out));
    return level == ORT_LOGGING_LEVEL_FATAL ? NULL : say("it logs", "");
}

static OrtStatus *ORT_API_CALL create_options(OrtSessionOptions **out) NO_EXCEPTION
{
    *out = calloc(1, sizeof(**out));
    return NULL;
}

static OrtStatus *ORT_API_CALL set_threads(OrtSessionOptions *o, int n) NO_EXCEPTION
{
    o->threads += n;
    return NULL;
}

static OrtStatus *ORT_API_CALL set_mode(OrtSessionOptions *o, ExecutionMode mode) NO_EXCEPTION
{
    o->sequential = mode == ORT_SEQUENTIAL;
    return NULL;
}

static OrtStatus *ORT_API_CALL set_level(OrtSessionOptions *o,
                                         GraphOptimizationLevel level) NO_EXCEPTION
{
    (void)o;
    (void)level;
    return NULL;
}

static OrtStatus *ORT_API_CALL set_log(OrtSessionOptions *o, int level) NO_EXCEPTION
{
    o->quiet = level == ORT_LOGGING_LEVEL_FATAL;
    return NULL;
}

static OrtStatus *ORT_API_CALL add_entry(OrtSessionOptions *o, const char *key,
                                         const char *value) NO_EXCEPTION
{
    o->n_entries += strstr(key, "allow_spinning") != NULL && strcmp(value, "0") == 0;
    return NULL;
}

static OrtStatus *ORT_API_CALL create_memory(enum OrtAllocatorType allocator, enum OrtMemType type,
                                             OrtMemoryInfo **out) NO_EXCEPTION
{
    (void)allocator;
    (void)type;
    *out = calloc(1, sizeof(**out));
    return NULL;
}

/* ---- models ---- */

static const struct {
    const char *name;
    ONNXTensorElementDataType type;
    size_t size;
} TYPES[] = {
    {"float32", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, 4},
    {"float64", ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, 8},
    {"int64", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, 8},
    {"int32", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, 4},
    {"uint8", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, 1},
    {"bool", ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, 1},
    {"float16", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, 2},
};

static void read_tensor(char *words, tensor *t)
{
    char *rest = NULL;
    (void)snprintf(t->name, sizeof(t->name), "%s", strtok_r(words, " \n", &rest));
    const char *type = strtok_r(NULL, " \n", &rest);
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        t->info.type = strcmp(TYPES[i].name, type) == 0 ? TYPES[i].type : t->info.type;
    }
    for (char *word = strtok_r(NULL, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest)) {
        char *end = NULL;
        const size_t k = t->info.n_dim++;
        t->info.dims[k] = strtol(word, &end, 10);
        if (*end != '\0') {
            t->info.dims[k] = -1;
            (void)snprintf(t->info.symbols[k], sizeof(t->info.symbols[k]), "%s",
                           strcmp(word, "?") == 0 ? "" : word);
        }
    }
}

static OrtStatus *read_line(OrtSession *s, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *words = strchr(line, ' ');
    words = words != NULL ? words + 1 : line;
    if (strncmp(line, "input ", 6) == 0) {
        read_tensor(words, &s->inputs[s->n_inputs++]);
    } else if (strncmp(line, "output ", 7) == 0) {
        read_tensor(words, &s->outputs[s->n_outputs++]);
    } else if (strncmp(line, "gain ", 5) == 0) {
        const char *number = strchr(words, ' ');
        for (size_t i = 0; i < s->n_inputs; i++) {
            const size_t n = (size_t)(number - words);
            if (strncmp(s->inputs[i].name, words, n) == 0 && s->inputs[i].name[n] == '\0') {
                s->inputs[i].gain = strtod(number, NULL);
            }
        }
    } else if (strncmp(line, "add ", 4) == 0) {
        s->add = strtod(words, NULL);
    } else if (strncmp(line, "nan ", 4) == 0) {
        s->nan_at = (int)strtol(words, NULL, 10);
    } else if (strncmp(line, "fail ", 5) == 0) {
        (void)snprintf(s->fails, sizeof(s->fails), "%.100s\nin two lines", words);
    } else {
        return say(strncmp(line, "refuse ", 7) == 0 ? "" : "no model: ", words);
    }
    return NULL;
}

static OrtStatus *ORT_API_CALL create_session(const OrtEnv *env, const char *path,
                                              const OrtSessionOptions *o,
                                              OrtSession **out) NO_EXCEPTION
{
    char line[1024];
    if (env == NULL || o->threads != 2 || !o->sequential || !o->quiet || o->n_entries != 2) {
        return say("options that a rollout cannot do with", "");
    }
    OrtSession *s = calloc(1, sizeof(*s));
    FILE *file = fopen(path, "r");
    if (s == NULL || file == NULL) {
        free(s);
        return say("cannot open ", path);
    }
    s->nan_at = -1;
    OrtStatus *status = NULL;
    while (status == NULL && fgets(line, sizeof(line), file) != NULL) {
        status = read_line(s, line);
    }
    (void)fclose(file);
    if (status != NULL) {
        free(s);
        return status;
    }
    *out = s;
    return NULL;
}

static OrtStatus *ORT_API_CALL input_count(const OrtSession *s, size_t *n) NO_EXCEPTION
{
    *n = s->n_inputs;
    return NULL;
}

static OrtStatus *ORT_API_CALL output_count(const OrtSession *s, size_t *n) NO_EXCEPTION
{
    *n = s->n_outputs;
    return NULL;
}

static struct OrtAllocator the_allocator;

static OrtStatus *ORT_API_CALL default_allocator(OrtAllocator **out) NO_EXCEPTION
{
    *out = &the_allocator;
    return NULL;
}

static OrtStatus *ORT_API_CALL allocator_free(OrtAllocator *allocator, void *p) NO_EXCEPTION
{
    (void)allocator;
    free(p);
    return NULL;
}

static OrtStatus *ORT_API_CALL input_name(const OrtSession *s, size_t i, OrtAllocator *allocator,
                                          char **out) NO_EXCEPTION
{
    (void)allocator;
    *out = strdup(s->inputs[i].name);
    return NULL;
}

static OrtStatus *ORT_API_CALL output_name(const OrtSession *s, size_t i, OrtAllocator *allocator,
                                           char **out) NO_EXCEPTION
{
    (void)allocator;
    *out = strdup(s->outputs[i].name);
    return NULL;
}

static OrtStatus *type_info(const tensor *t, OrtTypeInfo **out)
{
    *out = malloc(sizeof(**out));
    (*out)->info = t->info;
    return NULL;
}

static OrtStatus *ORT_API_CALL input_type(const OrtSession *s, size_t i,
                                          OrtTypeInfo **out) NO_EXCEPTION
{
    return type_info(&s->inputs[i], out);
}

static OrtStatus *ORT_API_CALL output_type(const OrtSession *s, size_t i,
                                           OrtTypeInfo **out) NO_EXCEPTION
{
    return type_info(&s->outputs[i], out);
}

static OrtStatus *ORT_API_CALL as_tensor(const OrtTypeInfo *type,
                                         const OrtTensorTypeAndShapeInfo **out) NO_EXCEPTION
{
    *out = type->info.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED ? NULL : &type->info;
    return NULL;
}

static OrtStatus *ORT_API_CALL element_type(const OrtTensorTypeAndShapeInfo *info,
                                            enum ONNXTensorElementDataType *out) NO_EXCEPTION
{
    *out = info->type;
    return NULL;
}

static OrtStatus *ORT_API_CALL dim_count(const OrtTensorTypeAndShapeInfo *info,
                                         size_t *out) NO_EXCEPTION
{
    *out = info->n_dim;
    return NULL;
}

static OrtStatus *ORT_API_CALL dims_of(const OrtTensorTypeAndShapeInfo *info, int64_t *out,
                                       size_t n) NO_EXCEPTION
{
    memcpy(out, info->dims, n * sizeof(*out));
    return NULL;
}

static OrtStatus *ORT_API_CALL symbols_of(const OrtTensorTypeAndShapeInfo *info, const char **out,
                                          size_t n) NO_EXCEPTION
{
    for (size_t i = 0; i < n; i++) {
        out[i] = info->symbols[i];
    }
    return NULL;
}

/* ---- running ---- */

static size_t size_of(ONNXTensorElementDataType type)
{
    size_t size = 1;
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        size = TYPES[i].type == type ? TYPES[i].size : size;
    }
    return size;
}

static size_t numbers_in(const int64_t *dims, size_t n_dim)
{
    size_t n = 1;
    for (size_t i = 0; i < n_dim; i++) {
        n *= (size_t)dims[i];
    }
    return n;
}

static OrtStatus *ORT_API_CALL create_tensor(const OrtMemoryInfo *memory, void *data, size_t size,
                                             const int64_t *shape, size_t n_dim,
                                             ONNXTensorElementDataType type,
                                             OrtValue **out) NO_EXCEPTION
{
    if (memory == NULL || size != numbers_in(shape, n_dim) * size_of(type)) {
        return say("a buffer of another size", "");
    }
    *out = calloc(1, sizeof(**out));
    (*out)->type = type;
    (*out)->n_dim = n_dim;
    (*out)->data = data;
    memcpy((*out)->dims, shape, n_dim * sizeof(*shape));
    return NULL;
}

static double get(const OrtValue *v, size_t i)
{
    switch ((int)v->type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
        return (double)((const float *)v->data)[i];
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
        return ((const double *)v->data)[i];
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
        return (double)((const int64_t *)v->data)[i];
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
        return (double)((const int32_t *)v->data)[i];
    default:
        return (double)((const unsigned char *)v->data)[i];
    }
}

static tensor *find(tensor *list, size_t n, const char *name, const OrtValue *v)
{
    for (size_t i = 0; i < n; i++) {
        const struct OrtTensorTypeAndShapeInfo *info = &list[i].info;
        bool fits =
            strcmp(list[i].name, name) == 0 && info->type == v->type && info->n_dim == v->n_dim;
        for (size_t k = 0; fits && k < v->n_dim; k++) {
            fits = info->dims[k] < 0 || info->dims[k] == v->dims[k];
        }
        if (fits) {
            return &list[i];
        }
    }
    return NULL;
}

static OrtStatus *ORT_API_CALL run(OrtSession *s, const OrtRunOptions *options,
                                   const char *const *names, const OrtValue *const *inputs,
                                   size_t n, const char *const *output_names, size_t n_out,
                                   OrtValue **outputs) NO_EXCEPTION
{
    OrtValue *out = outputs[0];
    (void)options;
    if (s->fails[0] != '\0' || n_out != 1 || n != s->n_inputs ||
        find(s->outputs, s->n_outputs, output_names[0], out) == NULL) {
        return say(s->fails[0] != '\0' ? s->fails : "it does not fit", "");
    }
    for (size_t i = 0; i < numbers_in(out->dims, out->n_dim); i++) {
        double sum = (int)i == s->nan_at ? NAN : s->add;
        for (size_t k = 0; k < n; k++) {
            const tensor *t = find(s->inputs, s->n_inputs, names[k], inputs[k]);
            if (t == NULL) {
                return say("an input does not fit: ", names[k]);
            }
            sum += t->gain * get(inputs[k], i % numbers_in(inputs[k]->dims, inputs[k]->n_dim));
        }
        if (out->type == ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE) {
            ((double *)out->data)[i] = sum;
        } else {
            ((float *)out->data)[i] = (float)sum;
        }
    }
    return NULL;
}

#define RELEASE(name, type)                                                                        \
    static void ORT_API_CALL name(type *x) NO_EXCEPTION                                            \
    {                                                                                              \
        free(x);                                                                                   \
    }
RELEASE(release_status, OrtStatus)
RELEASE(release_env, OrtEnv)
RELEASE(release_options, OrtSessionOptions)
RELEASE(release_memory, OrtMemoryInfo)
RELEASE(release_session, OrtSession)
RELEASE(release_type, OrtTypeInfo)
RELEASE(release_value, OrtValue)

static const OrtApi API = {
    .GetErrorMessage = error_message,
    .CreateEnv = create_env,
    .CreateSession = create_session,
    .Run = run,
    .CreateSessionOptions = create_options,
    .SetSessionExecutionMode = set_mode,
    .SetSessionLogSeverityLevel = set_log,
    .SetSessionGraphOptimizationLevel = set_level,
    .SetIntraOpNumThreads = set_threads,
    .SetInterOpNumThreads = set_threads,
    .SessionGetInputCount = input_count,
    .SessionGetOutputCount = output_count,
    .SessionGetInputTypeInfo = input_type,
    .SessionGetOutputTypeInfo = output_type,
    .SessionGetInputName = input_name,
    .SessionGetOutputName = output_name,
    .CreateTensorWithDataAsOrtValue = create_tensor,
    .CastTypeInfoToTensorInfo = as_tensor,
    .GetTensorElementType = element_type,
    .GetDimensionsCount = dim_count,
    .GetDimensions = dims_of,
    .GetSymbolicDimensions = symbols_of,
    .CreateCpuMemoryInfo = create_memory,
    .AllocatorFree = allocator_free,
    .GetAllocatorWithDefaultOptions = default_allocator,
    .AddSessionConfigEntry = add_entry,
    .ReleaseEnv = release_env,
    .ReleaseStatus = release_status,
    .ReleaseMemoryInfo = release_memory,
    .ReleaseSession = release_session,
    .ReleaseValue = release_value,
    .ReleaseTypeInfo = release_type,
    .ReleaseSessionOptions = release_options,
};

static const OrtApi *ORT_API_CALL get_api(uint32_t version) NO_EXCEPTION
{
    return version <= ORT_API_VERSION ? &API : NULL;
}

static const char *ORT_API_CALL version_string(void) NO_EXCEPTION
{
    const char *version = getenv("FAKE_ORT_VERSION");
    return version != NULL ? version : "1.24.0";
}

static const OrtApiBase BASE = {.GetApi = get_api, .GetVersionString = version_string};

ORT_EXPORT const OrtApiBase *ORT_API_CALL OrtGetApiBase(void) NO_EXCEPTION
{
    return &BASE;
}
