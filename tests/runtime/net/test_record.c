/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Records that are accepted. Oracles: bytes that Python's msgpack wrote with openpi's rules, and the format's
 * specification for every header.
 */
#include <math.h>
#include <string.h>

#include "runtime/net/record.h"
#include "support/spot_test.h"

static const char NAME[] = "test";

/* {"observation/state": float32[0, 1], "prompt": "hi"} by msgpack-python 1.0.3 and openpi's wrapper. */
static const unsigned char FIXTURE[] = {
    0x82, 0xb1, 'o',  'b',  's',  'e',  'r',  'v', 'a',  't',  'i',  'o',  'n',  '/',  's',  't',
    'a',  't',  'e',  0x84, 0xc4, 0x0b, '_',  '_', 'n',  'd',  'a',  'r',  'r',  'a',  'y',  '_',
    '_',  0xc3, 0xc4, 0x04, 'd',  'a',  't',  'a', 0xc4, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x80, 0x3f, 0xc4, 0x05, 'd',  't',  'y',  'p', 'e',  0xa3, '<',  'f',  '4',  0xc4, 0x05, 's',
    'h',  'a',  'p',  'e',  0x91, 0x02, 0xa6, 'p', 'r',  'o',  'm',  'p',  't',  0xa2, 'h',  'i'};

static void decode(spoti_record *record, const void *frame, size_t size)
{
    spot_diag diag = {""};

    if (spoti_record_decode(record, NAME, frame, size, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
}

static void assert_encodes(const spoti_record *record, spoti_dialect dialect, const void *want,
                           size_t size)
{
    spoti_bytes out = {.allocator = NULL};

    assert_int_equal(spoti_record_encode(record, dialect, &out, NULL), SPOT_OK);
    assert_int_equal(out.size, size);
    assert_memory_equal(out.data, want, size);
    spoti_bytes_fini(&out);
}

static void build_fixture(spoti_record *record, const float *state)
{
    spoti_record_clear(record);
    spoti_record_map(record, NULL);
    spoti_record_put_array(record, "observation/state", SPOTI_NP_F4, 1, (size_t[]){2}, state);
    spoti_record_put_text(record, "prompt", "hi");
    spoti_record_end(record);
}

static void the_wire_fixture_is_written_byte_for_byte(void **state)
{
    spoti_record record = {.allocator = NULL};
    (void)state;

    build_fixture(&record, (float[]){0.0F, 1.0F});
    assert_encodes(&record, SPOTI_DIALECT_OPENPI, FIXTURE, sizeof FIXTURE);
    spoti_record_fini(&record);
}

static void the_wire_fixture_is_read(void **state)
{
    spoti_record record = {.allocator = NULL};
    float out[2] = {9, 9};
    char text[3] = "";
    (void)state;

    decode(&record, FIXTURE, sizeof FIXTURE);
    const spoti_value *root = spoti_record_root(&record);
    assert_int_equal(root->n_entry, 2);
    assert_int_equal(root->n_value, 3);
    const spoti_value *array = spoti_value_find(root, "observation/state");
    assert_int_equal(spoti_value_to_floats(array, "state", 1, (size_t[]){2}, out, 2, NULL, NULL),
                     SPOT_OK);
    assert_true(out[0] == 0.0F && out[1] == 1.0F);
    assert_string_equal(spoti_value_kind_str(array), "an array of <f4");
    assert_int_equal(
        spoti_value_to_text(spoti_value_find(root, "prompt"), "prompt", text, sizeof text, NULL),
        SPOT_OK);
    assert_string_equal(text, "hi");
    assert_null(spoti_value_find(root, "promp"));
    assert_null(spoti_value_find(array, "prompt"));
    assert_null(spoti_value_find(NULL, "prompt"));
    spoti_record_fini(&record);
}

/* The wrapper's keys are the only difference: bin 8 (c4 0b) becomes fixstr (ab). */
static void vla_evals_dialect_has_keys_of_text_and_reads_the_same(void **state)
{
    static const unsigned char WANT[] = {
        0x84, 0xab, '_', '_', 'n', 'd',  'a',  'r', 'r', 'a',  'y', '_',  '_',  0xc3,
        0xa4, 'd',  'a', 't', 'a', 0xc4, 0x02, 7,   8,   0xa5, 'd', 't',  'y',  'p',
        'e',  0xa3, '|', 'u', '1', 0xa5, 's',  'h', 'a', 'p',  'e', 0x92, 0x01, 0x02};
    static const unsigned char PIXELS[] = {7, 8};
    spoti_record record = {.allocator = NULL};
    (void)state;

    spoti_record_put_array(&record, NULL, SPOTI_NP_U1, 2, (size_t[]){1, 2}, PIXELS);
    assert_encodes(&record, SPOTI_DIALECT_VLA_EVAL, WANT, sizeof WANT);
    decode(&record, WANT, sizeof WANT);
    const spoti_value *root = spoti_record_root(&record);
    assert_int_equal(root->kind, SPOTI_VALUE_ARRAY);
    assert_int_equal(root->as.array.n_dim, 2);
    assert_int_equal(root->as.array.shape[1], 2);
    assert_memory_equal(root->as.array.data, PIXELS, 2);
    spoti_record_fini(&record);
}

/* Headers as the specification of msgpack has them; each is read, and written in its shortest form. */
static void every_header_of_msgpack_is_read(void **state)
{
    static const struct {
        unsigned char wire[16];
        size_t size;
        spoti_value_kind kind;
        int64_t i;
    } CASES[] = {
        {{0x05}, 1, SPOTI_VALUE_INT, 5},
        {{0xff}, 1, SPOTI_VALUE_INT, -1},
        {{0xcc, 0xc8}, 2, SPOTI_VALUE_INT, 200},
        {{0xcd, 0x01, 0x02}, 3, SPOTI_VALUE_INT, 258},
        {{0xce, 0xff, 0xff, 0xff, 0xff}, 5, SPOTI_VALUE_INT, 4294967295},
        {{0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9, SPOTI_VALUE_INT, INT64_MAX},
        {{0xd0, 0x80}, 2, SPOTI_VALUE_INT, -128},
        {{0xd1, 0x80, 0x00}, 3, SPOTI_VALUE_INT, -32768},
        {{0xd2, 0x80, 0x00, 0x00, 0x00}, 5, SPOTI_VALUE_INT, -2147483648LL},
        {{0xd3, 0x80}, 9, SPOTI_VALUE_INT, INT64_MIN},
        {{0xcf, 0x80}, 9, SPOTI_VALUE_UINT, 0},
        {{0xca, 0x3f, 0xc0}, 5, SPOTI_VALUE_FLOAT, 0},
        {{0xcb, 0x3f, 0xf8}, 9, SPOTI_VALUE_FLOAT, 0},
        {{0xc0}, 1, SPOTI_VALUE_NIL, 0},
        {{0xc2}, 1, SPOTI_VALUE_BOOL, 0},
        {{0xc3}, 1, SPOTI_VALUE_BOOL, 1},
        {{0xa2, 'h', 'i'}, 3, SPOTI_VALUE_TEXT, 2},
        {{0xd9, 0x02, 'h', 'i'}, 4, SPOTI_VALUE_TEXT, 2},
        {{0xda, 0x00, 0x02, 'h', 'i'}, 5, SPOTI_VALUE_TEXT, 2},
        {{0xdb, 0x00, 0x00, 0x00, 0x02, 'h', 'i'}, 7, SPOTI_VALUE_TEXT, 2},
        {{0xc4, 0x01, 0x00}, 3, SPOTI_VALUE_BYTES, 1},
        {{0xc5, 0x00, 0x00}, 3, SPOTI_VALUE_BYTES, 0},
        {{0xc6, 0x00, 0x00, 0x00, 0x01, 0x07}, 6, SPOTI_VALUE_BYTES, 1},
        {{0x90}, 1, SPOTI_VALUE_LIST, 0},
        {{0xdc, 0x00, 0x01, 0xc0}, 4, SPOTI_VALUE_LIST, 1},
        {{0xdd, 0x00, 0x00, 0x00, 0x01, 0xc0}, 6, SPOTI_VALUE_LIST, 1},
        {{0x80}, 1, SPOTI_VALUE_MAP, 0},
        {{0xde, 0x00, 0x01, 0xa1, 'k', 0xc0}, 6, SPOTI_VALUE_MAP, 1},
        {{0xdf, 0x00, 0x00, 0x00, 0x01, 0xa1, 'k', 0xc0}, 8, SPOTI_VALUE_MAP, 1},
    };
    spoti_record record = {.allocator = NULL};
    (void)state;

    for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++) {
        decode(&record, CASES[c].wire, CASES[c].size);
        const spoti_value *v = spoti_record_root(&record);
        assert_int_equal(v->kind, CASES[c].kind);
        switch (v->kind) {
        case SPOTI_VALUE_INT:
            assert_true(v->as.i == CASES[c].i);
            break;
        case SPOTI_VALUE_UINT:
            assert_true(v->as.u == UINT64_C(1) << 63);
            break;
        case SPOTI_VALUE_FLOAT:
            assert_true(v->as.f == 1.5);
            break;
        case SPOTI_VALUE_BOOL:
            assert_int_equal(v->as.flag, CASES[c].i);
            break;
        case SPOTI_VALUE_TEXT:
        case SPOTI_VALUE_BYTES:
            assert_int_equal(v->as.bytes.size, CASES[c].i);
            break;
        default:
            assert_int_equal(v->n_entry, CASES[c].i);
            break;
        }
    }
    spoti_record_fini(&record);
}

/* Every kind, nested; the wire by the specification, so both directions have the same oracle. */
static void all_kinds_nested_are_written_and_read(void **state)
{
    static const unsigned char WANT[] = {0x87, 0xa1, 'a',  0xc0, 0xa1, 'b',  0xc3, 0xa1, 'c',  0x93,
                                         0xff, 0xcd, 0x01, 0x2c, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xa1, 'd',  0xcb, 0x3f, 0xe0, 0,    0,
                                         0,    0,    0,    0,    0xa1, 'e',  0xc4, 0x02, 0,    1,
                                         0xa1, 'f',  0x81, 0xa1, 'g',  0x80, 0xa1, 'h',  0x05};
    static const unsigned char TWO[] = {0, 1};
    spoti_record record = {.allocator = NULL};
    (void)state;

    spoti_record_map(&record, NULL);
    spoti_record_put_nil(&record, "a");
    spoti_record_put_bool(&record, "b", true);
    spoti_record_list(&record, "c");
    spoti_record_put_int(&record, NULL, -1);
    spoti_record_put_int(&record, NULL, 300);
    spoti_record_put_uint(&record, NULL, UINT64_MAX);
    spoti_record_end(&record);
    spoti_record_put_float(&record, "d", 0.5);
    spoti_record_put_bytes(&record, "e", TWO, 2);
    spoti_record_map(&record, "f");
    spoti_record_map(&record, "g");
    spoti_record_end(&record);
    spoti_record_end(&record);
    spoti_record_put_uint(&record, "h", 5);
    spoti_record_end(&record);
    assert_encodes(&record, SPOTI_DIALECT_OPENPI, WANT, sizeof WANT);

    spoti_record copy = {.allocator = NULL};
    decode(&record, WANT, sizeof WANT);
    assert_encodes(&record, SPOTI_DIALECT_VLA_EVAL, WANT, sizeof WANT);
    assert_int_equal(spoti_record_copy(&copy, &record), SPOT_OK);
    spoti_record_fini(&record); /* the copy owns what it holds */
    assert_encodes(&copy, SPOTI_DIALECT_OPENPI, WANT, sizeof WANT);
    assert_int_equal(spoti_value_find(spoti_record_root(&copy), "h")->as.i, 5);
    spoti_record_fini(&copy);
}

/* A copy outlives the frame. */
static void a_copy_owns_arrays_texts_and_keys(void **state)
{
    unsigned char frame[sizeof FIXTURE];
    spoti_record record = {.allocator = NULL};
    spoti_record copy = {.allocator = NULL};
    (void)state;

    memcpy(frame, FIXTURE, sizeof frame);
    decode(&record, frame, sizeof frame);
    assert_int_equal(spoti_record_copy(&copy, &record), SPOT_OK);
    memset(frame, 0xee, sizeof frame);
    assert_encodes(&copy, SPOTI_DIALECT_OPENPI, FIXTURE, sizeof FIXTURE);
    assert_int_equal(spoti_record_copy(&copy, &(spoti_record){.depth = 1}), SPOT_E_STATE);
    assert_null(spoti_record_root(&copy));
    spoti_record_fini(&record);
    spoti_record_fini(&copy);
}

/* ---- numbers ---- */

static void numpys_numbers_become_plain_ones(void **state)
{
    static const unsigned char WIRE[] = {0x83, 0xc4, 0x0d, '_', '_',  'n',  'p',  'g',  'e',
                                         'n',  'e',  'r',  'i', 'c',  '_',  '_',  0xc3, 0xc4,
                                         0x04, 'd',  'a',  't', 'a',  0x07, 0xc4, 0x05, 'd',
                                         't',  'y',  'p',  'e', 0xa3, '<',  'i',  '8'};
    spoti_record record = {.allocator = NULL};
    int64_t i = 0;
    double f = 0;
    (void)state;

    decode(&record, WIRE, sizeof WIRE);
    assert_int_equal(record.n_value, 1);
    assert_int_equal(spoti_value_to_int(spoti_record_root(&record), "x", &i, NULL), SPOT_OK);
    assert_int_equal(i, 7);
    assert_int_equal(spoti_value_to_double(spoti_record_root(&record), "x", &f, NULL), SPOT_OK);
    assert_true(f == 7.0);
    spoti_record_fini(&record);
}

/* One array of each dtype holding 0, 1 and what is largest or most negative. */
static void arrays_of_every_dtype_become_floats(void **state)
{
    static const unsigned char B1[] = {0, 1, 255};
    static const uint8_t U1[] = {0, 1, 255};
    static const int8_t I1[] = {0, 1, -128};
    static const uint16_t U2[] = {0, 1, 65535};
    static const int16_t I2[] = {0, 1, -32768};
    static const uint32_t U4[] = {0, 1, 4294967295U};
    static const int32_t I4[] = {0, 1, INT32_MIN};
    static const uint64_t U8[] = {0, 1, UINT64_MAX};
    static const int64_t I8[] = {0, 1, INT64_MIN};
    static const float F4[] = {0, 1, -0.25F};
    static const double F8[] = {0, 1, 1e300};
    static const struct {
        const void *data;
        spoti_np dtype;
        float last;
    } CASES[] = {
        {B1, SPOTI_NP_B1, 1},
        {U1, SPOTI_NP_U1, 255},
        {I1, SPOTI_NP_I1, -128},
        {U2, SPOTI_NP_U2, 65535},
        {I2, SPOTI_NP_I2, -32768},
        {U4, SPOTI_NP_U4, 4294967296.0F},
        {I4, SPOTI_NP_I4, -2147483648.0F},
        {U8, SPOTI_NP_U8, 18446744073709551616.0F},
        {I8, SPOTI_NP_I8, -9223372036854775808.0F},
        {F4, SPOTI_NP_F4, -0.25F},
    };
    spoti_record record = {.allocator = NULL};
    float out[3];
    spot_diag diag = {""};
    (void)state;

    for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++) {
        size_t got[2] = {9, 9};
        spoti_record_clear(&record);
        spoti_record_put_array(&record, NULL, CASES[c].dtype, 2, (size_t[]){3, 1}, CASES[c].data);
        assert_int_equal(spoti_value_to_floats(spoti_record_root(&record), "x", 2, (size_t[]){0, 1},
                                               out, 3, got, &diag),
                         SPOT_OK);
        assert_true(out[0] == 0.0F && out[1] == 1.0F && out[2] == CASES[c].last);
        assert_true(got[0] == 3 && got[1] == 1);
    }
    spoti_record_clear(&record);
    spoti_record_put_array(&record, NULL, SPOTI_NP_F8, 1, (size_t[]){3}, F8);
    assert_int_equal(spoti_value_to_floats(spoti_record_root(&record), "actions", 1, (size_t[]){3},
                                           out, 3, NULL, &diag),
                     SPOT_E_RANGE);
    assert_string_equal(
        diag.text, "actions: element 2 is 1e+300, expected a finite number within float's range");
    spoti_record_fini(&record);
}

static void single_elements_are_numbers_exactly(void **state)
{
    static const int64_t BIG = INT64_C(9007199254740993); /* 2^53 + 1: no double */
    static const uint64_t HUGE_U = UINT64_MAX;
    static const double HALF = 0.5;
    static const uint8_t SMALL = 200;
    spoti_record r = {.allocator = NULL};
    int64_t i = 0;
    double f = 0;
    (void)state;

    spoti_record_put_array(&r, NULL, SPOTI_NP_I8, 0, NULL, &BIG);
    assert_int_equal(spoti_value_to_int(spoti_record_root(&r), "x", &i, NULL), SPOT_OK);
    assert_true(i == BIG);
    spoti_record_clear(&r);
    spoti_record_put_array(&r, NULL, SPOTI_NP_U8, 0, NULL, &HUGE_U);
    assert_int_equal(spoti_value_to_int(spoti_record_root(&r), "x", &i, NULL), SPOT_E_FORMAT);
    spoti_record_clear(&r);
    spoti_record_put_array(&r, NULL, SPOTI_NP_U1, 1, (size_t[]){1}, &SMALL);
    assert_int_equal(spoti_value_to_int(spoti_record_root(&r), "x", &i, NULL), SPOT_OK);
    assert_int_equal(i, 200);
    spoti_record_clear(&r);
    spoti_record_put_array(&r, NULL, SPOTI_NP_F8, 0, NULL, &HALF);
    assert_int_equal(spoti_value_to_double(spoti_record_root(&r), "x", &f, NULL), SPOT_OK);
    assert_true(f == 0.5);
    assert_int_equal(spoti_value_to_int(spoti_record_root(&r), "x", &i, NULL), SPOT_E_FORMAT);
    spoti_record_fini(&r);
}

static void a_flat_list_of_numbers_is_an_array_of_one_axis(void **state)
{
    spoti_record r = {.allocator = NULL};
    float out[3] = {0};
    size_t got = 0;
    (void)state;

    spoti_record_list(&r, NULL);
    spoti_record_put_int(&r, NULL, 3);
    spoti_record_put_float(&r, NULL, 0.5);
    spoti_record_put_uint(&r, NULL, UINT64_MAX);
    spoti_record_end(&r);
    assert_int_equal(
        spoti_value_to_floats(spoti_record_root(&r), "x", 1, (size_t[]){0}, out, 3, &got, NULL),
        SPOT_OK);
    assert_true(got == 3 && out[0] == 3.0F && out[1] == 0.5F && out[2] == 18446744073709551616.0F);
    spoti_record_fini(&r);
}

/* ---- memory ---- */

static void once_warm_nothing_is_allocated(void **state)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spoti_record built = {.allocator = &a};
    spoti_record read = {.allocator = &a};
    spoti_record copy = {.allocator = &a};
    spoti_bytes out = {.allocator = &a};
    const float x[2] = {0.0F, 1.0F};
    (void)state;

    for (int round = 0; round < 1000; round++) {
        build_fixture(&built, x);
        assert_int_equal(spoti_record_encode(&built, SPOTI_DIALECT_OPENPI, &out, NULL), SPOT_OK);
        decode(&read, out.data, out.size);
        assert_int_equal(spoti_record_copy(&copy, &read), SPOT_OK);
        mem.fail_at = mem.n_alloc; /* from the second round on */
    }
    spoti_record_fini(&built);
    spoti_record_fini(&read);
    spoti_record_fini(&copy);
    spoti_bytes_fini(&out);
    spot_test_assert_no_leak(&mem);
}

static void memory_that_is_short_is_said_and_nothing_leaks(void **state)
{
    (void)state;
    for (int k = 0; k < 100; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spoti_record read = {.allocator = &a};
        spoti_record copy = {.allocator = &a};
        spoti_bytes out = {.allocator = &a};

        spot_status st = spoti_record_decode(&read, NAME, FIXTURE, sizeof FIXTURE, NULL);
        if (st == SPOT_OK) {
            st = spoti_record_encode(&read, SPOTI_DIALECT_OPENPI, &out, NULL);
        }
        if (st == SPOT_OK) {
            st = spoti_record_copy(&copy, &read);
        }
        spoti_record_fini(&read);
        spoti_record_fini(&copy);
        spoti_bytes_fini(&out);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k >= 4);
            return;
        }
        assert_int_equal(st, SPOT_E_NOMEM);
    }
    fail_msg("it never had enough");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wire_fixture_is_written_byte_for_byte),
        cmocka_unit_test(the_wire_fixture_is_read),
        cmocka_unit_test(vla_evals_dialect_has_keys_of_text_and_reads_the_same),
        cmocka_unit_test(every_header_of_msgpack_is_read),
        cmocka_unit_test(all_kinds_nested_are_written_and_read),
        cmocka_unit_test(a_copy_owns_arrays_texts_and_keys),
        cmocka_unit_test(numpys_numbers_become_plain_ones),
        cmocka_unit_test(arrays_of_every_dtype_become_floats),
        cmocka_unit_test(single_elements_are_numbers_exactly),
        cmocka_unit_test(a_flat_list_of_numbers_is_an_array_of_one_axis),
        cmocka_unit_test(once_warm_nothing_is_allocated),
        cmocka_unit_test(memory_that_is_short_is_said_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
