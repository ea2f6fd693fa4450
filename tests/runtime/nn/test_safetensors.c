/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* safetensors: what is read exactly, and what is refused with which words. */
#include <math.h>
#include <stdio.h>
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
            assert_int_equal(k, 2); /* the bytes and the list of tensors */
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
        cmocka_unit_test(values_are_converted_exactly),
        cmocka_unit_test(missing_and_odd_files_are_refused),
        cmocka_unit_test(each_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
