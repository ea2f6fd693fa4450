/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The reader of ONNX files against messages written here byte by byte, whole and damaged. */
#include <stdlib.h>

#include "proto.h"
#include "runtime/onnx/onnx.h"
#include "support/spot_test.h"

/* Fields, by their messages. */
enum { MODEL_VERSION = 1, MODEL_GRAPH = 7 };
enum { NODE = 1, INITIALIZER = 5, INPUT = 11, OUTPUT = 12 };
enum {
    DIMS = 1,
    TYPE = 2,
    FLOATS = 4,
    INT32S = 5,
    NAME = 8,
    RAW = 9,
    EXTERNAL = 13,
    LOCATION = 14
};
enum { FLOAT = 1, INT64 = 7, FLOAT16 = 10, BFLOAT16 = 16, INT4 = 22 };

static spot_status read_memory(void *ctx, uint64_t at, void *out, size_t size, spot_diag *diag)
{
    const proto *p = ctx;
    (void)diag;
    assert_true(at <= p->n && size <= p->n - at);
    memcpy(out, p->bytes + at, size);
    return SPOT_OK;
}

static spot_status read_model(proto *file, spoti_onnx *out, spot_diag *diag)
{
    const spoti_pb_source source = {
        .read = read_memory, .ctx = file, .size = file->n, .path = "m.onnx"};
    return spoti_onnx_read(&source, NULL, out, diag);
}

static proto make_tensor(const char *name, unsigned type, unsigned n_dim, const uint64_t *dims)
{
    proto t = {.n = 0};
    for (unsigned i = 0; i < n_dim; i++) {
        put_number(&t, DIMS, dims[i]);
    }
    put_number(&t, TYPE, type);
    put_text(&t, NAME, name);
    return t;
}

static proto make_model(const proto *graph)
{
    proto m = {.n = 0};
    put_number(&m, MODEL_VERSION, 8);
    put_message(&m, MODEL_GRAPH, graph);
    return m;
}

/* An input or output of shape `batch x 7`, the first not fixed. */
static proto make_value(const char *name)
{
    proto open = {.n = 0};
    proto seven = {.n = 0};
    proto shape = {.n = 0};
    proto tensor = {.n = 0};
    proto type = {.n = 0};
    proto value = {.n = 0};
    put_text(&open, 2, "batch");
    put_number(&seven, 1, 7);
    put_message(&shape, 1, &open);
    put_message(&shape, 1, &seven);
    put_number(&tensor, 1, FLOAT);
    put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_text(&value, 1, name);
    put_message(&value, 2, &type);
    return value;
}

static void one(proto *graph, proto tensor)
{
    put_message(graph, INITIALIZER, &tensor);
}

static const float numbers[6] = {1.0F, -2.0F, 0.5F, 4.0F, 0.0F, 3.0F};

/* A tensor in raw_data, one in float_data, halves, integers, a constant in a node, one in a graph in a node. */
static proto make_whole(void)
{
    const uint64_t two_three[] = {2, 3};
    proto graph = {.n = 0};
    proto t = make_tensor("raw", FLOAT, 2, two_three);
    put_bytes(&t, RAW, numbers, sizeof(numbers));
    one(&graph, t);
    t = (proto){.n = 0};
    put_bytes(&t, DIMS, "\x02\x03", 2); /* packed */
    put_number(&t, TYPE, FLOAT);
    put_bytes(&t, FLOATS, numbers, sizeof(numbers));
    put_text(&t, NAME, "floats");
    one(&graph, t);
    t = make_tensor("half", FLOAT16, 1, two_three);
    put_bytes(&t, RAW, "\x00\x3c\x00\xc0", 4);
    one(&graph, t);
    t = make_tensor("brain", BFLOAT16, 1, two_three);
    put_bytes(&t, RAW, "\x80\x3f\x00\xc0", 4);
    one(&graph, t);
    t = make_tensor("counts", INT64, 0, NULL);
    put_bytes(&t, RAW, "12345678", 8);
    one(&graph, t);
    t = make_tensor("halves in integers", FLOAT16, 1, two_three);
    put_bytes(&t, INT32S, "\x01\x02", 2);
    one(&graph, t);
    t = make_tensor("nibbles", INT4, 1, two_three);
    put_bytes(&t, RAW, "\x21", 1);
    one(&graph, t);
    proto attribute = {.n = 0};
    proto node = {.n = 0};
    proto inner = {.n = 0};
    proto body = {.n = 0};
    proto branch = {.n = 0};
    t = make_tensor("", FLOAT, 0, NULL);
    put_bytes(&t, RAW, numbers, sizeof(numbers[0]));
    put_message(&attribute, 5, &t);
    put_message(&node, 5, &attribute); /* before the output's name */
    put_text(&node, 2, "constant");
    put_text(&node, 2, "second output");
    put_message(&graph, NODE, &node);
    t = make_tensor("within", FLOAT, 0, NULL);
    put_bytes(&t, RAW, numbers, sizeof(numbers[0]));
    one(&inner, t);
    put_message(&body, 6, &inner);
    put_message(&branch, 5, &body);
    put_message(&graph, NODE, &branch);
    proto value = make_value("obs");
    put_message(&graph, INPUT, &value);
    value = make_value("raw"); /* older files list weights too */
    put_message(&graph, INPUT, &value);
    value = make_value("chunk");
    put_message(&graph, OUTPUT, &value);
    return make_model(&graph);
}

static void a_model_is_read_whole(void **state)
{
    static const char *const names[] = {"raw",     "floats",   "half",
                                        "brain",   "counts",   "halves in integers",
                                        "nibbles", "constant", "within"};
    static const char *const dtypes[] = {"F32", "F32", "F16", "BF16", "I64",
                                         "F16", "I4",  "F32", "F32"};
    static const spoti_dtype types[] = {SPOTI_DTYPE_F32,   SPOTI_DTYPE_F32,   SPOTI_DTYPE_F16,
                                        SPOTI_DTYPE_BF16,  SPOTI_DTYPE_OTHER, SPOTI_DTYPE_OTHER,
                                        SPOTI_DTYPE_OTHER, SPOTI_DTYPE_F32,   SPOTI_DTYPE_F32};
    static spoti_onnx model;
    proto file = make_whole();
    spot_diag diag = {""};
    (void)state;
    assert_int_equal(read_model(&file, &model, &diag), SPOT_OK);
    assert_int_equal(model.n_tensor, 9);
    for (size_t i = 0; i < 9; i++) {
        const spoti_tensor *t = &model.tensors[i].tensor;
        assert_string_equal(t->name, names[i]);
        assert_string_equal(t->dtype_name, dtypes[i]);
        assert_int_equal(t->dtype, types[i]);
        assert_int_equal(model.tensors[i].file, 0);
    }
    for (size_t i = 0; i < 2; i++) {
        const spoti_tensor *t = &model.tensors[i].tensor;
        assert_true(t->n_dim == 2 && t->shape[0] == 2 && t->shape[1] == 3 && t->n_element == 6);
        assert_int_equal(t->end - t->begin, sizeof(numbers));
        assert_memory_equal(file.bytes + t->begin, numbers, sizeof(numbers));
    }
    assert_memory_equal(file.bytes + model.tensors[2].tensor.begin, "\x00\x3c\x00\xc0", 4);
    assert_true(model.n_input == 1 && model.n_output == 1);
    assert_string_equal(model.inputs[0].name, "obs");
    assert_string_equal(model.inputs[0].dtype, "F32");
    assert_true(model.inputs[0].n_dim == 2 && model.inputs[0].shape[0] == -1 &&
                model.inputs[0].shape[1] == 7);
    assert_string_equal(model.outputs[0].name, "chunk");
    spoti_onnx_close(&model);
}

/* Wherever a file is cut off, or whichever byte of it is another, there is an answer; cut off, it says so. */
static void damage_is_survived(void **state)
{
    static spoti_onnx model;
    const proto whole = make_whole();
    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        spot_diag diag = {""};
        proto cut = whole;
        cut.n = n;
        assert_int_equal(read_model(&cut, &model, &diag), SPOT_E_FORMAT);
        assert_non_null(strstr(diag.text, "m.onnx: "));
        assert_int_equal(model.n_tensor, 0);
        for (int bit = 0; bit < 8; bit++) {
            proto other = whole;
            other.bytes[n] ^= (unsigned char)(1U << bit);
            (void)read_model(&other, &model, NULL);
            spoti_onnx_close(&model);
        }
    }
}

static void refuses(const proto *graph, const char *why)
{
    static spoti_onnx model;
    spot_diag diag = {""};
    proto file = make_model(graph);
    assert_int_equal(read_model(&file, &model, &diag), SPOT_E_FORMAT);
    if (strstr(diag.text, why) == NULL) {
        fail_msg("'%s' does not say '%s'", diag.text, why);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    const uint64_t six[] = {6};
    const uint64_t huge[] = {UINT64_C(1) << 40, UINT64_C(1) << 40};
    const uint64_t negative[] = {UINT64_MAX};
    proto graph = {.n = 0};
    (void)state;
    proto t = make_tensor("short", FLOAT, 1, six);
    put_bytes(&t, RAW, numbers, sizeof(numbers) - 1);
    one(&graph, t);
    refuses(&graph, "tensor 'short': data: expected as many bytes as shape and type need");
    graph.n = 0;
    one(&graph, make_tensor("none", FLOAT, 1, six));
    refuses(&graph, "tensor 'none': data: expected");
    graph.n = 0;
    one(&graph, make_tensor("huge", FLOAT, 2, huge));
    refuses(&graph, "too many elements");
    graph.n = 0;
    one(&graph, make_tensor("negative", FLOAT, 1, negative));
    refuses(&graph, "sizes, 0 or larger");
    graph.n = 0;
    one(&graph, make_tensor("unknown", 24, 1, six));
    refuses(&graph, "data_type");
    graph.n = 0;
    t = make_tensor("twice", FLOAT, 1, six);
    put_bytes(&t, RAW, numbers, sizeof(numbers));
    put_bytes(&t, FLOATS, numbers, sizeof(numbers));
    one(&graph, t);
    refuses(&graph, "expected once");
    graph.n = 0;
    t = make_tensor("deep", FLOAT, 0, NULL);
    for (int i = 0; i < 9; i++) {
        put_number(&t, DIMS, 1);
    }
    one(&graph, t);
    refuses(&graph, "at most 8 sizes");
}

static void graphs_within_graphs_end_somewhere(void **state)
{
    proto graph = {.n = 0};
    (void)state;
    for (int i = 0; i < 8; i++) {
        proto attribute = {.n = 0};
        proto node = {.n = 0};
        put_message(&attribute, 6, &graph);
        put_message(&node, 5, &attribute);
        graph.n = 0;
        put_message(&graph, NODE, &node);
    }
    refuses(&graph, "more than 8 deep");
}

static void put_entry(proto *t, const char *key, const char *value)
{
    proto entry = {.n = 0};
    put_text(&entry, 1, key);
    put_text(&entry, 2, value);
    put_message(t, EXTERNAL, &entry);
}

static proto make_outside(const char *location, const char *offset, const char *length)
{
    const uint64_t six[] = {6};
    proto graph = {.n = 0};
    proto t = make_tensor("far", FLOAT, 1, six);
    put_entry(&t, "location", location);
    put_entry(&t, "offset", offset);
    put_entry(&t, "length", length);
    put_number(&t, LOCATION, 1);
    one(&graph, t);
    return graph;
}

static void data_beside_the_model_stays_beside_it(void **state)
{
    static spoti_onnx model;
    proto graph = make_outside("weights.bin", "4096", "24");
    proto file = make_model(&graph);
    (void)state;
    assert_int_equal(read_model(&file, &model, NULL), SPOT_OK);
    assert_true(model.n_file == 1 && model.tensors[0].file == 1);
    assert_string_equal(model.files[0], "weights.bin");
    assert_true(model.tensors[0].tensor.begin == 4096 && model.tensors[0].tensor.end == 4120);
    spoti_onnx_close(&model);
    graph = make_outside("/etc/passwd", "0", "24");
    refuses(&graph, "beside the model");
    graph = make_outside("../w.bin", "0", "24");
    refuses(&graph, "beside the model");
    graph = make_outside("", "0", "24");
    refuses(&graph, "beside the model");
    graph = make_outside("w.bin", "0", "23");
    refuses(&graph, "length: expected as many bytes");
    graph = make_outside("w.bin", "18446744073709551615", "24");
    refuses(&graph, "expected");
    graph = make_outside("w.bin", "18446744073709551616", "24");
    refuses(&graph, "offset: expected a whole number");
    graph = make_outside("w.bin", "-1", "24");
    refuses(&graph, "offset: expected a whole number");
}

static void what_is_no_model_is_refused(void **state)
{
    static spoti_onnx model;
    static const char *const texts[] = {"", "{\"a\":1}", "PK\x03\x04 a zip", "\x08\x08"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        spot_diag diag = {""};
        proto file = {.n = strlen(texts[i])};
        memcpy(file.bytes, texts[i], file.n);
        assert_int_equal(read_model(&file, &model, &diag), SPOT_E_FORMAT);
        assert_true(diag.text[0] != '\0');
    }
}

static void a_long_name_keeps_its_end(void **state)
{
    static spoti_onnx model;
    char name[200];
    proto graph = {.n = 0};
    (void)state;
    memset(name, 'x', sizeof(name));
    memcpy(name + sizeof(name) - 8, ".weight", 8);
    proto t = make_tensor(name, FLOAT, 0, NULL);
    put_bytes(&t, RAW, numbers, sizeof(numbers[0]));
    one(&graph, t);
    proto file = make_model(&graph);
    assert_int_equal(read_model(&file, &model, NULL), SPOT_OK);
    const char *got = model.tensors[0].tensor.name;
    assert_int_equal(strlen(got), SPOTI_TENSOR_NAME_SIZE - 1);
    assert_memory_equal(got, "...x", 4);
    assert_string_equal(got + strlen(got) - 8, "x.weight");
    spoti_onnx_close(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_read_whole),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(graphs_within_graphs_end_somewhere),
        cmocka_unit_test(data_beside_the_model_stays_beside_it),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(a_long_name_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
