/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* safetensors: what is read exactly, and what is refused with which words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/safetensors.h"
#include "support/spot_test.h"

enum { BLOB_MAX = 8192 };

/* 8 bytes of length, the header, and n_data zero bytes. */
static size_t make_blob(const char *header, size_t length, size_t n_data, unsigned char *blob)
{
    memset(blob, 0, BLOB_MAX);
    assert_in_range(8 + length + n_data, 8, BLOB_MAX);
    for (int i = 0; i < 8; i++) {
        blob[i] = (unsigned char)(length >> (8 * i) & 0xFFU);
    }
    memcpy(blob + 8, header, length);
    return 8 + length + n_data;
}

typedef struct bad_case {
    const char *header;
    size_t n_data;
    const char *words; /* of the message */
} bad_case;

#define T(dtype, shape, begin, end)                                                                \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static const bad_case BAD[] = {
    {"", 0, "header: "},
    {"{", 0, "header: "},
    {"[]", 0, "expected an object"},
    {"{} x", 0, "header: "},
    {"{\"a\":1}", 0, "'a': expected an object"},
    {"{\"a\":{}}", 0, "'a': expected an object"},
    {"{\"a\":" T("F32", "[1]", "0", "4") ",\"a\":" T("F32", "[1]", "0", "4") "}", 4, "duplicate"},
    {"{\"a\":" T("I64", "[1]", "0", "8") "}", 8, "expected F32, BF16 or F16"},
    {"{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "expected F32"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offset\":[0,4]}}", 4, "data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "an object of"},
    {"{\"a\":" T("F32", "1", "0", "4") "}", 4, "shape: expected a list"},
    {"{\"a\":" T("F32", "[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, "at most 8"},
    {"{\"a\":" T("F32", "[-1]", "0", "4") "}", 4, "shape: expected whole numbers"},
    {"{\"a\":" T("F32", "[1.0]", "0", "4") "}", 4, "shape: expected whole numbers"},
    {"{\"a\":" T("F32", "[[1]]", "0", "4") "}", 4, "shape: expected whole numbers"},
    {"{\"a\":" T("F32", "[4294967296,4294967296]", "0", "4") "}", 4, "too many elements"},
    {"{\"a\":" T("F32", "[4611686018427387904]", "0", "0") "}", 0, "as many bytes"},
    {"{\"a\":" T("F32", "[9223372036854775808]", "0", "0") "}", 0, "header: "},
    {"{\"a\":" T("F32", "[2]", "0", "4") "}", 4, "as many bytes"},
    {"{\"a\":" T("BF16", "[1]", "0", "4") "}", 4, "as many bytes"},
    {"{\"a\":" T("F32", "[1]", "0", "4") "}", 3, "outside the file"},
    {"{\"a\":" T("F32", "[1]", "4", "0") "}", 4, "outside the file"},
    {"{\"a\":" T("F32", "[1]", "-4", "0") "}", 4, "data_offsets: expected two"},
    {"{\"a\":" T("F32", "[1]", "18446744073709551612", "0") "}", 4, "header: "},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 8, "expected two"},
    {"{\"a\":" T("F32", "[1]", "0", "4") ",\"b\":" T("F32", "[1]", "0", "4") "}", 4, "overlaps"},
    {"{\"a\":" T("F32", "[2]", "0", "8") ",\"b\":" T("F32", "[1]", "4", "8") "}", 8, "overlaps"},
    {"{\"a\":" T("F32", "[1]", "4", "8") "}", 8, "unused bytes before"},
    {"{\"a\":" T("F32", "[1]", "0", "4") "}", 5, "1 bytes after the last"},
    {"{}", 1, "1 bytes after the last"},
    {"{\"a\\u0000b\":" T("F32", "[1]", "0", "4") "}", 4, "header: "},
    {"{\"\xff\":" T("F32", "[1]", "0", "4") "}", 4, "header: "},
};

static void bad_files_are_refused_with_a_reason(void **state)
{
    unsigned char blob[BLOB_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        spoti_safetensors file;
        spot_diag diag = {""};
        const size_t size = make_blob(BAD[i].header, strlen(BAD[i].header), BAD[i].n_data, blob);

        if (spoti_safetensors_parse("x.st", blob, size, NULL, &file, &diag) != SPOT_E_FORMAT ||
            strncmp(diag.text, "x.st: ", 6) != 0 || strstr(diag.text, BAD[i].words) == NULL) {
            fail_msg("case %zu, %s: '%s' lacks '%s'", i, BAD[i].header, diag.text, BAD[i].words);
        }
        assert_int_equal(file.n_tensor, 0);
        assert_null(file.tensors);
    }
}

static void bad_lengths_are_refused(void **state)
{
    static const unsigned char huge[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                           0xFF, 0xFF, 0xFF, '{',  '}'};
    static const unsigned char beyond[10] = {3, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    spoti_safetensors file;
    spot_diag diag = {""};

    (void)state;
    for (size_t size = 0; size < 8; size++) {
        assert_int_equal(spoti_safetensors_parse("x", huge, size, NULL, &file, &diag),
                         SPOT_E_FORMAT);
        assert_non_null(strstr(diag.text, "at least 8"));
    }
    assert_int_equal(spoti_safetensors_parse("x", huge, sizeof huge, NULL, &file, &diag),
                     SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "18446744073709551615 bytes"));
    assert_int_equal(spoti_safetensors_parse("x", beyond, sizeof beyond, NULL, &file, &diag),
                     SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "header of 3 bytes"));
}

static void long_names_and_deep_headers_are_refused(void **state)
{
    enum { DEEP = 4000 };
    unsigned char blob[BLOB_MAX];
    char header[BLOB_MAX];
    spoti_safetensors file;
    spot_diag diag = {""};
    size_t size = 0;

    (void)state;
    (void)snprintf(header, sizeof header, "{\"%0200d\":" T("F32", "[1]", "0", "4") "}", 0);
    size = make_blob(header, strlen(header), 4, blob);
    assert_int_equal(spoti_safetensors_parse("x", blob, size, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "name too long"));

    memset(header, '[', DEEP);
    size = make_blob(header, DEEP, 0, blob);
    assert_int_equal(spoti_safetensors_parse("x", blob, size, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "header: "));
}

static void every_truncation_is_refused(void **state)
{
    static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},\"b\":" T(
        "F16", "[2,1]", "4", "8") ",\"a\":" T("F32", "[]", "0", "4") "}";
    unsigned char blob[BLOB_MAX];
    const size_t size = make_blob(header, strlen(header), 8, blob);
    spoti_safetensors file;

    (void)state;
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(spoti_safetensors_parse("x", blob, n, NULL, &file, NULL), SPOT_E_FORMAT);
    }
    assert_int_equal(spoti_safetensors_parse("x", blob, size, NULL, &file, NULL), SPOT_OK);
    assert_int_equal(file.n_tensor, 2);
    assert_string_equal(file.tensors[0].name, "a");
    assert_int_equal(file.tensors[0].n_element, 1);
    assert_int_equal(spoti_safetensors_find(&file, "b")->shape[0], 2);
    assert_int_equal(spoti_safetensors_find(&file, "b")->n_dim, 2);
    assert_null(spoti_safetensors_find(&file, "__metadata__"));
    assert_null(spoti_safetensors_find(&file, "c"));
    spoti_safetensors_close(&file);
}

/* The header of a model with `any` or a policy's reader; `t` the first tensor of a good one. */
static spot_status read_any(const char *header, uint64_t n_data, spoti_tensor *t, size_t *n,
                            spot_diag *diag)
{
    const size_t length = strlen(header);
    char *text = malloc(length + 1);
    spoti_tensor_index index;

    assert_non_null(text);
    memcpy(text, header, length);
    const spot_status st =
        spoti_tensor_index_read("x.st", text, length, n_data, true, NULL, &index, diag);
    *n = index.n_tensor;
    if (st == SPOT_OK && *n > 0) {
        assert_int_equal(spoti_tensor_index_at(&index, 0, t), SPOT_OK);
    }
    spoti_tensor_index_close(&index);
    free(text);
    return st;
}

/* Names and bits as the format's reference (safetensors 0.8) takes them: asked it for each, 8 elements. */
static void every_dtype_of_the_reference_is_listed(void **state)
{
    static const struct {
        const char *name;
        size_t bytes;
    } all[] = {{"BOOL", 8},    {"F4", 4},          {"F6_E2M3", 6},     {"F6_E3M2", 6},
               {"U8", 8},      {"I8", 8},          {"F8_E5M2", 8},     {"F8_E4M3", 8},
               {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
               {"U16", 16},    {"F16", 16},        {"BF16", 16},       {"I32", 32},
               {"U32", 32},    {"F32", 32},        {"C64", 64},        {"F64", 64},
               {"I64", 64},    {"U64", 64}};
    char header[256];
    spoti_tensor t;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t off = 0; off < 3; off++) { /* a byte less, right, a byte more */
            const size_t bytes = all[i].bytes + off - 1;
            spot_diag diag = {""};

            (void)snprintf(header, sizeof header,
                           "{\"a\":{\"dtype\":\"%s\",\"shape\":[2,4],\"data_offsets\":[0,%zu]}}",
                           all[i].name, bytes);
            assert_int_equal(read_any(header, bytes, &t, &n, &diag),
                             off == 1 ? SPOT_OK : SPOT_E_FORMAT);
            assert_true(off == 1 || strstr(diag.text, "as many bytes") != NULL);
        }
        assert_string_equal(t.dtype_name, all[i].name);
        assert_true(t.n_element == 8 && t.end == all[i].bytes);
    }
}

static void any_model_is_read_where_a_policy_is_not(void **state)
{
    static const bad_case bad[] = {
        {"{\"a\":" T("F4", "[3]", "0", "1") "}", 1, "do not fill whole bytes"},
        {"{\"a\":" T("F6_E3M2", "[2]", "0", "1") "}", 1, "do not fill whole bytes"},
        {"{\"a\":" T("F6_E3M2", "[5]", "0", "3") "}", 3, "do not fill whole bytes"},
        {"{\"a\":" T("F64", "[18446744073709551615]", "0", "8") "}", 8, "too big"},
        {"{\"a\":" T("F64", "[9223372036854775807]", "0", "8") "}", 8, "as many bytes"},
        {"{\"a\":" T("I4", "[2]", "0", "1") "}", 1, "dtype: expected F64"},
        {"{\"a\":" T("U8", "[1]", "0", "1") " \"b\":1}", 1, "no comma"},
        {"{\"a\":" T("U8", "[1]", "0", "1") ",}", 1, "a name without quotes"},
        {"{\"a\":" T("U8", "[1]", "0", "1"), 1, "not ended"},
        {"{\"a\" " T("U8", "[1]", "0", "1") "}", 1, "a name without a value"},
        {"{\"a", 0, "a name that does not end"},
        {"{\"a\":}", 0, "a value that is none"},
        {"{\"a\":]}", 0, "a value that is none"},
        {"{\"a\":[{\"}", 0, "does not end"},
        {"{\"a\":\"x}", 0, "does not end"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: 'a': expected a text"},
        {"{\"__metadata__\":{\"a\":\"\xff\"}}", 0, "__metadata__: "},
        {"{\"__metadata__\":1}", 0, "__metadata__: expected an object"},
        {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
         "duplicate"},
        {"{\"a\":" T("U8", "[1]", "0", "1") ",\"\\u0061\":" T("U8", "[1]", "1", "2") "}", 2,
         "'a': there twice"},
    };
    spoti_tensor t;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spot_diag diag = {""};

        if (read_any(bad[i].header, bad[i].n_data, &t, &n, &diag) != SPOT_E_FORMAT ||
            strstr(diag.text, bad[i].words) == NULL || n != 0) {
            fail_msg("case %zu, %s: '%s' lacks '%s'", i, bad[i].header, diag.text, bad[i].words);
        }
    }
    assert_int_equal(
        read_any(" {\"__metadata__\":null, \"a\\u00e9\" : {\"dtype\":\"U8\",\"shape\":[1],"
                 "\"data_offsets\":[0,1],\"more\":{}} }  ",
                 1, &t, &n, NULL),
        SPOT_OK);
    assert_string_equal(t.name, "a\xc3\xa9");
    assert_int_equal(read_any("{}", 0, &t, &n, NULL), SPOT_OK);
    assert_int_equal(n, 0);
}

/* Names of any length, of which a tensor has the end; entries of a few hundred bytes; lengths up to the reference's. */
static void limits_of_a_model_are_those_of_its_header(void **state)
{
    enum { LONG = 5000 };
    char header[LONG + 256];
    unsigned char prefix[8] = {0, 0xE1, 0xF5, 0x05}; /* 100 000 000 */
    spoti_tensor t;
    spot_diag diag = {""};
    size_t n = 0;

    (void)state;
    (void)snprintf(header, sizeof header, "{\"%0*d\":" T("U8", "[1]", "0", "1") "}", LONG, 7);
    assert_int_equal(read_any(header, 1, &t, &n, &diag), SPOT_OK);
    assert_true(strlen(t.name) == 127 && t.name[126] == '7' && t.name[0] == '0');
    (void)snprintf(header, sizeof header,
                   "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":\"%0*d\"}}",
                   LONG, 7);
    assert_int_equal(read_any(header, 1, &t, &n, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "more than 4096 bytes"));
    assert_int_equal(spoti_safetensors_header_length("x", prefix, 100000008, true, &n, &diag),
                     SPOT_OK);
    assert_int_equal(n, 100000000);
    assert_int_equal(spoti_safetensors_header_length("x", prefix, 100000007, true, &n, &diag),
                     SPOT_E_FORMAT);
    assert_int_equal(spoti_safetensors_header_length("x", prefix, 100000008, false, &n, &diag),
                     SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "at most 1048576"));
    prefix[0] = 1;
    assert_int_equal(spoti_safetensors_header_length("x", prefix, 200000000, true, &n, &diag),
                     SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "at most 100000000"));
}

/* 5000 tensors are a model, no policy. The index takes no more memory than the header. */
static void many_tensors_are_a_model(void **state)
{
    enum { MANY = 5000, EACH = 80 };
    char *header = malloc((size_t)MANY * EACH);
    spoti_tensor_index index;
    spot_diag diag = {""};
    size_t length = 0;

    (void)state;
    assert_non_null(header);
    for (int i = 0; i < MANY; i++) { /* names from last to first, data from first to last */
        length +=
            (size_t)snprintf(header + length, EACH, "%c\"%d\":" T("U8", "[1]", "%d", "%d") "%s",
                             i == 0 ? '{' : ',', MANY - i, i, i + 1, i == MANY - 1 ? "}" : "");
    }
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, 1000);
    assert_int_equal(spoti_tensor_index_read("x", header, length, MANY, true, &a, &index, &diag),
                     SPOT_OK);
    assert_int_equal(index.n_tensor, MANY);
    assert_string_equal(index.places[0].name, "5000");
    assert_string_equal(index.places[MANY - 1].name, "1");
    assert_true(index.n_room * sizeof *index.places <= length + sizeof *index.places);
    spoti_tensor_index_close(&index);
    spot_test_assert_no_leak(&mem);

    free(header);
}

static void a_policy_of_too_many_tensors_is_refused(void **state)
{
    enum { MANY = SPOTI_TENSORS_MAX + 1, EACH = 80 };
    unsigned char *blob = calloc(1, (size_t)MANY * EACH);
    spoti_safetensors file;
    spot_diag diag = {""};

    (void)state;
    assert_non_null(blob);
    for (int n = MANY - 1; n <= MANY; n++) {
        size_t length = 0;

        for (int i = 0; i < n; i++) {
            length += (size_t)snprintf((char *)blob + 8 + length, EACH,
                                       "%c\"%d\":" T("F32", "[0]", "0", "0") "%s",
                                       i == 0 ? '{' : ',', i, i == n - 1 ? "}" : "");
        }
        for (int i = 0; i < 8; i++) {
            blob[i] = (unsigned char)(length >> (8 * i) & 0xFFU);
        }
        assert_int_equal(spoti_safetensors_parse("x", blob, 8 + length, NULL, &file, &diag),
                         n == MANY ? SPOT_E_FORMAT : SPOT_OK);
        assert_int_equal(file.n_tensor, n == MANY ? 0 : n);
        spoti_safetensors_close(&file);
    }
    assert_non_null(strstr(diag.text, "'4096': one too many"));
    free(blob);
}

static void values_are_converted_exactly(void **state)
{
    /* Known values of IEEE half precision, bfloat16 and single precision, little-endian. */
    static const unsigned char halves[] = {0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00,
                                           0xFF, 0x83, 0x00, 0x7C, 0x01, 0x7E, 0x00, 0x80};
    static const float want_half[] = {1.0F, -2.0F, 65504.0F, 0x1p-24F, -0x1.ff8p-15F, INFINITY};
    static const unsigned char brains[] = {0x80, 0x3F, 0x49, 0xC0, 0x01, 0x00};
    static const float want_brain[] = {1.0F, -3.140625F, 0x1p-133F};
    static const unsigned char singles[] = {0xDB, 0x0F, 0x49, 0x40};
    spoti_tensor t = {.dtype = SPOTI_DTYPE_F16, .n_element = 8, .data = halves};
    float out[8];

    (void)state;
    spoti_tensor_to_f32(&t, out);
    for (int i = 0; i < 6; i++) {
        assert_true(out[i] == want_half[i]);
    }
    assert_true(isnan(out[6]));
    assert_true(out[7] == 0.0F && signbit(out[7]));
    t = (spoti_tensor){.dtype = SPOTI_DTYPE_BF16, .n_element = 3, .data = brains};
    spoti_tensor_to_f32(&t, out);
    for (int i = 0; i < 3; i++) {
        assert_true(out[i] == want_brain[i]);
    }
    t = (spoti_tensor){.dtype = SPOTI_DTYPE_F32, .n_element = 1, .data = singles};
    spoti_tensor_to_f32(&t, out);
    assert_true(out[0] == 3.14159274101257324F);
}

static void missing_and_odd_files_are_refused(void **state)
{
    char path[1024];
    spoti_safetensors file;
    spot_diag diag = {""};

    (void)state;
    spot_test_temp_path(path, sizeof path, "none.safetensors");
    assert_int_equal(spoti_safetensors_read(path, NULL, &file, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "none.safetensors: "));
    assert_int_equal(spoti_safetensors_read("/", NULL, &file, &diag), SPOT_E_IO);
    assert_int_equal(spoti_safetensors_read("/dev/zero", NULL, &file, &diag), SPOT_E_IO);
    spot_test_write_file(path, "", 0);
    assert_int_equal(spoti_safetensors_read(path, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "empty"));
    spot_test_write_file(path, "version https://git-lfs.github.com/spec/v1\n", 43);
    assert_int_equal(spoti_safetensors_read(path, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_non_null(
        strstr(diag.text, "is a Git LFS pointer, expected the file itself (git lfs pull"));
    spot_test_write_file(path, "version https://git-lf", 22); /* a byte too short to tell */
    assert_int_equal(spoti_safetensors_read(path, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_null(strstr(diag.text, "LFS"));
}

static void each_failed_allocation_is_survived(void **state)
{
    static const char header[] = "{\"a\":" T("F32", "[1]", "0", "4") "}";
    unsigned char blob[BLOB_MAX];
    const size_t size = make_blob(header, strlen(header), 4, blob);
    char path[1024];

    (void)state;
    spot_test_temp_path(path, sizeof path, "good.safetensors");
    spot_test_write_file(path, blob, size);
    for (int k = 0; k < 10; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spoti_safetensors file;
        const spot_status st = spoti_safetensors_read(path, &a, &file, NULL);

        spoti_safetensors_close(&file);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_int_equal(k,
                             4); /* the bytes, the header to take apart, its index, the tensors */
            return;
        }
        assert_int_equal(st, SPOT_E_NOMEM);
    }
    fail_msg("never succeeded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_are_refused_with_a_reason),
        cmocka_unit_test(bad_lengths_are_refused),
        cmocka_unit_test(long_names_and_deep_headers_are_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_dtype_of_the_reference_is_listed),
        cmocka_unit_test(any_model_is_read_where_a_policy_is_not),
        cmocka_unit_test(limits_of_a_model_are_those_of_its_header),
        cmocka_unit_test(many_tensors_are_a_model),
        cmocka_unit_test(a_policy_of_too_many_tensors_is_refused),
        cmocka_unit_test(values_are_converted_exactly),
        cmocka_unit_test(missing_and_odd_files_are_refused),
        cmocka_unit_test(each_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
