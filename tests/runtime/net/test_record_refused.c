/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Records that are refused: each with its line, nothing half-read, and no memory for what was only announced. */
#include <math.h>
#include <string.h>

#include "runtime/net/record.h"
#include "support/spot_test.h"

static void assert_refused(const void *frame, size_t size, spot_status want, const char *part)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spoti_record record = {.allocator = &a};
    spot_diag diag = {""};

    assert_int_equal(spoti_record_decode(&record, "peer", frame, size, &diag), want);
    if (strncmp(diag.text, "peer: ", 6) != 0 || strstr(diag.text, part) == NULL) {
        fail_msg("'%s' lacks '%s'", diag.text, part);
    }
    assert_null(spoti_record_root(&record));
    /* A byte makes a value at most; the room is 16 at first and doubles; the old block and the new at once. */
    assert_true(mem.bytes_peak <= (size == 20 ? 16 : 2 * (2 * size + 16)) * sizeof(spoti_value));
    spoti_record_fini(&record);
    spot_test_assert_no_leak(&mem);
}

#define REFUSED(bytes, want, part) assert_refused(bytes, sizeof(bytes) - 1, want, part)

static void frames_that_announce_more_than_they_hold_allocate_nothing(void **state)
{
    (void)state;
    REFUSED("\xdd\xff\xff\xff\xff"
            "123456789012345",
            SPOT_E_FORMAT, "4294967295 entries are announced in a frame of 20 bytes");
    REFUSED("\xdf\x7f\xff\xff\xff"
            "123456789012345",
            SPOT_E_FORMAT, "2147483647 entries are announced");
    REFUSED("\xde\x00\x0b"
            "12345678901234567",
            SPOT_E_FORMAT, "11 entries are announced in a frame of 20 bytes");
    REFUSED("\xc6\xff\xff\xff\xff"
            "123456789012345",
            SPOT_E_FORMAT, "20 bytes end in the middle of a value");
    REFUSED("\xdb\xff\xff\xff\xff"
            "123456789012345",
            SPOT_E_FORMAT, "end in the middle of a value");
}

static void frames_that_are_no_single_value_are_refused(void **state)
{
    (void)state;
    REFUSED("", SPOT_E_FORMAT, "0 bytes end in the middle");
    REFUSED("\xc1", SPOT_E_FORMAT, "byte 0 begins no value");
    REFUSED("\x92\x01\xc1", SPOT_E_FORMAT, "byte 2 begins no value");
    REFUSED("\x92\x01", SPOT_E_FORMAT, "end in the middle");
    REFUSED("\xcd\x01", SPOT_E_FORMAT, "end in the middle");
    REFUSED("\x01\x02\x03", SPOT_E_FORMAT, "2 bytes after the value");
    REFUSED("\xd6\xff\x00\x00\x00\x00", SPOT_E_UNSUPPORTED, "extension type"); /* a time stamp */
}

static void maps_need_texts_as_keys_and_each_once(void **state)
{
    (void)state;
    REFUSED("\x81\x01\x02", SPOT_E_FORMAT, "key is no string");
    REFUSED("\x81\xc0\x02", SPOT_E_FORMAT, "key is no string");
    REFUSED("\x81\x80\x02", SPOT_E_FORMAT, "key is no string");
    REFUSED("\x81\xc4\x01k\x02", SPOT_E_FORMAT, "key is bytes");
    REFUSED("\x83\xa1k\x02\xa1j\x02\xa1k\x03", SPOT_E_FORMAT, "a key stands twice");
}

#define ARRAY(mark, data, dtype, shape)                                                            \
    "\x84\xc4\x0b__ndarray__" mark "\xc4\x04"                                                      \
    "data" data "\xc4\x05"                                                                         \
    "dtype" dtype "\xc4\x05"                                                                       \
    "shape" shape

static void wrong_arrays_are_refused(void **state)
{
    (void)state;
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3<f4", "\x91\x02"),
            SPOT_E_FORMAT, "4 bytes of data, expected as many as shape");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3<f4", "\x91\x00"),
            SPOT_E_FORMAT, "4 bytes of data");
    REFUSED(ARRAY("\xc2",
                  "\xc4\x04"
                  "1234",
                  "\xa3<f4", "\x91\x01"),
            SPOT_E_FORMAT, "wrong wrapper of an array");
    REFUSED(ARRAY("\xc3",
                  "\xa4"
                  "1234",
                  "\xa3<f4", "\x91\x01"),
            SPOT_E_FORMAT, "without its data");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\x01", "\x91\x01"),
            SPOT_E_FORMAT, "without its dtype");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3<f4", "\x01"),
            SPOT_E_FORMAT, "list of at most 8 sizes");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x01"
                  "1",
                  "\xa3|u1", "\x99\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
            SPOT_E_FORMAT, "list of at most 8 sizes");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3<f4", "\x91\xff"),
            SPOT_E_FORMAT, "whole numbers from 0");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3<f4", "\x91\x91\x01"),
            SPOT_E_FORMAT, "whole numbers from 0");
    /* 2^32 x 2^32 elements of 4 bytes are 0 in 64 bits */
    REFUSED(ARRAY("\xc3", "\xc4\x00", "\xa3<f4",
                  "\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
            SPOT_E_FORMAT, "too many elements");
    /* ... and 2^62 are without the factor */
    REFUSED(ARRAY("\xc3", "\xc4\x00", "\xa3<f4", "\x91\xcf\x40\x00\x00\x00\x00\x00\x00\x00"),
            SPOT_E_FORMAT, "0 bytes of data");
}

static void dtypes_that_are_no_plain_numbers_are_refused_by_name(void **state)
{
    (void)state;
    REFUSED(ARRAY("\xc3",
                  "\xc4\x08"
                  "12345678",
                  "\xa2|O", "\x91\x01"),
            SPOT_E_UNSUPPORTED, "dtype '|O'");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x08"
                  "12345678",
                  "\xa3<c8", "\x91\x01"),
            SPOT_E_UNSUPPORTED, "dtype '<c8'");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3>f4", "\x91\x01"),
            SPOT_E_UNSUPPORTED, "dtype '>f4'");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3|V4", "\x91\x01"),
            SPOT_E_UNSUPPORTED, "dtype '|V4'");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa3<U1", "\x91\x01"),
            SPOT_E_UNSUPPORTED, "dtype '<U1'");
    REFUSED(ARRAY("\xc3",
                  "\xc4\x04"
                  "1234",
                  "\xa0", "\x91\x01"),
            SPOT_E_UNSUPPORTED, "dtype ''");
}

#define NUMBER(mark, data, dtype)                                                                  \
    "\x83\xc4\x0d__npgeneric__" mark "\xc4\x04"                                                    \
    "data" data "\xc4\x05"                                                                         \
    "dtype" dtype

static void wrong_numbers_of_numpy_are_refused(void **state)
{
    (void)state;
    REFUSED(NUMBER("\xc3", "\xa1x", "\xa3<f4"), SPOT_E_FORMAT, "without its data");
    REFUSED(NUMBER("\xc3", "\x01", "\xa2|O"), SPOT_E_UNSUPPORTED, "dtype '|O'");
    REFUSED(NUMBER("\xc0", "\x01", "\xa3<f4"), SPOT_E_FORMAT, "wrong wrapper of a number");
    REFUSED("\x81\xc4\x0d__npgeneric__\xc3", SPOT_E_FORMAT, "wrong wrapper of a number");
    REFUSED("\x81\xab__ndarray__\xc3", SPOT_E_FORMAT, "wrong wrapper of an array");
}

/* ---- limits: at each nothing is refused, one more is ---- */

static void fill_list(spoti_bytes *wire, size_t n, const void *item, size_t size)
{
    const unsigned char head[] = {0xdd, (unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                  (unsigned char)(n >> 8), (unsigned char)n};
    wire->size = 0;
    assert_int_equal(spoti_bytes_append(wire, head, sizeof head), SPOT_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(spoti_bytes_append(wire, item, size), SPOT_OK);
    }
}

static void assert_limit(const spoti_bytes *at, const spoti_bytes *above, const char *part)
{
    spoti_record record = {.allocator = NULL};
    spot_diag diag = {""};

    if (spoti_record_decode(&record, "peer", at->data, at->size, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    spoti_record_fini(&record);
    assert_refused(above->data, above->size, SPOT_E_RANGE, part);
}

static void values_and_arrays_are_counted(void **state)
{
    static const char SMALL_ARRAY[] = ARRAY("\xc3",
                                            "\xc4\x01"
                                            "1",
                                            "\xa3|u1", "\x91\x01");
    spoti_bytes at = {.allocator = NULL}, above = {.allocator = NULL};
    (void)state;

    fill_list(&at, SPOTI_NET_VALUES - 1, "\x01", 1); /* the list is one itself */
    fill_list(&above, SPOTI_NET_VALUES, "\x01", 1);
    assert_limit(&at, &above, "more than 16384 values");
    fill_list(&above, SPOTI_NET_VALUES + 1, "\x01", 1);
    assert_refused(above.data, above.size, SPOT_E_RANGE, "a list of more than 16384");
    fill_list(&at, SPOTI_NET_ARRAYS, SMALL_ARRAY, sizeof SMALL_ARRAY - 1);
    fill_list(&above, SPOTI_NET_ARRAYS + 1, SMALL_ARRAY, sizeof SMALL_ARRAY - 1);
    assert_limit(&at, &above, "more than 256 arrays");
    spoti_bytes_fini(&at);
    spoti_bytes_fini(&above);
}

static void fill_map(spoti_bytes *wire, unsigned int n)
{
    const unsigned char head[] = {0xde, (unsigned char)(n >> 8), (unsigned char)n};

    wire->size = 0;
    assert_int_equal(spoti_bytes_append(wire, head, sizeof head), SPOT_OK);
    for (unsigned int i = 0; i < n; i++) {
        const unsigned char entry[] = {0xa2, (unsigned char)('a' + i / 64),
                                       (unsigned char)('0' + i % 64), 0xc0};
        assert_int_equal(spoti_bytes_append(wire, entry, sizeof entry), SPOT_OK);
    }
}

static void a_maps_entries_and_the_depth_are_counted(void **state)
{
    spoti_bytes at = {.allocator = NULL}, above = {.allocator = NULL};
    (void)state;

    fill_map(&at, SPOTI_NET_ENTRIES);
    fill_map(&above, SPOTI_NET_ENTRIES + 1);
    assert_limit(&at, &above, "a map of more than 1024 entries");
    at.size = above.size = 0;
    for (int i = 0; i < SPOTI_NET_DEPTH; i++) {
        assert_int_equal(spoti_bytes_append(&at, "\x91", 1), SPOT_OK);
        assert_int_equal(spoti_bytes_append(&above, "\x91", 1), SPOT_OK);
    }
    assert_int_equal(spoti_bytes_append(&at, "\xc0", 1), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&above, "\x91\xc0", 2), SPOT_OK);
    assert_limit(&at, &above, "17 deep");
    spoti_bytes_fini(&at);
    spoti_bytes_fini(&above);
}

static void texts_and_keys_are_measured(void **state)
{
    static char zeros[SPOTI_NET_STRING_BYTES + 1];
    spoti_bytes at = {.allocator = NULL}, above = {.allocator = NULL};
    (void)state;

    assert_int_equal(spoti_bytes_append(&at, "\xdb\x00\x10\x00\x00", 5), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&at, zeros, sizeof zeros - 1), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&above, "\xdb\x00\x10\x00\x01", 5), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&above, zeros, sizeof zeros), SPOT_OK);
    assert_limit(&at, &above, "longer than 1 MiB");
    at.size = above.size = 0;
    assert_int_equal(spoti_bytes_append(&at, "\x81\xda\x01\x00", 4), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&at, zeros, 257), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&above, "\x81\xda\x01\x01", 4), SPOT_OK);
    assert_int_equal(spoti_bytes_append(&above, zeros, 258), SPOT_OK);
    assert_limit(&at, &above, "longer than 256 bytes");
    spoti_bytes_fini(&at);
    spoti_bytes_fini(&above);
}

/* ---- reading values of another kind, and building wrongly ---- */

static void reading_another_kind_says_what_is_there(void **state)
{
    spoti_record r = {.allocator = NULL};
    spot_diag diag = {""};
    float out[4];
    int64_t i = 42;
    double f = 42;
    char text[4] = "old";
    const float x[4] = {0, 1, 2, 3};
    const double nan_f8 = (double)NAN;
    (void)state;

    spoti_record_map(&r, NULL);
    spoti_record_put_array(&r, "actions", SPOTI_NP_F4, 2, (size_t[]){2, 2}, x);
    spoti_record_put_text(&r, "text", "long");
    spoti_record_put_bytes(&r, "half", x, 2);
    spoti_record_put_array(&r, "f2", SPOTI_NP_F2, 1, (size_t[]){1}, x);
    spoti_record_put_array(&r, "nan", SPOTI_NP_F8, 0, NULL, &nan_f8);
    spoti_record_put_uint(&r, "huge", UINT64_MAX);
    spoti_record_list(&r, "texts");
    spoti_record_put_text(&r, NULL, "a");
    spoti_record_end(&r);
    spoti_record_end(&r);
    const spoti_value *root = spoti_record_root(&r);
    const spoti_value *actions = spoti_value_find(root, "actions");

    assert_int_equal(
        spoti_value_to_floats(actions, "actions", 2, (size_t[]){0, 7}, out, 4, NULL, &diag),
        SPOT_E_FORMAT);
    assert_string_equal(diag.text, "actions: an array of shape [2, 2], expected [any, 7]");
    assert_int_equal(
        spoti_value_to_floats(actions, "actions", 1, (size_t[]){4}, out, 4, NULL, &diag),
        SPOT_E_FORMAT);
    assert_int_equal(
        spoti_value_to_floats(actions, "actions", 2, (size_t[]){0, 2}, out, 3, NULL, &diag),
        SPOT_E_RANGE);
    assert_string_equal(diag.text, "actions: 4 elements, expected at most 3");
    assert_int_equal(spoti_value_to_floats(spoti_value_find(root, "no"), "no", 1, (size_t[]){0},
                                           out, 4, NULL, &diag),
                     SPOT_E_NOT_FOUND);
    assert_string_equal(diag.text, "no: nothing, expected an array");
    assert_int_equal(spoti_value_to_floats(spoti_value_find(root, "text"), "text", 1, (size_t[]){0},
                                           out, 4, NULL, &diag),
                     SPOT_E_FORMAT);
    assert_int_equal(spoti_value_to_floats(spoti_value_find(root, "texts"), "texts", 1,
                                           (size_t[]){0}, out, 4, NULL, &diag),
                     SPOT_E_FORMAT);
    assert_int_equal(spoti_value_to_floats(spoti_value_find(root, "f2"), "f2", 1, (size_t[]){0},
                                           out, 4, NULL, &diag),
                     SPOT_E_UNSUPPORTED);
    assert_int_equal(
        spoti_value_to_floats(spoti_value_find(root, "nan"), "nan", 0, NULL, out, 4, NULL, &diag),
        SPOT_E_RANGE);
    assert_int_equal(spoti_value_to_double(spoti_value_find(root, "nan"), "nan", &f, &diag),
                     SPOT_E_RANGE);
    assert_int_equal(spoti_value_to_double(actions, "actions", &f, &diag), SPOT_E_FORMAT);
    assert_int_equal(spoti_value_to_int(spoti_value_find(root, "huge"), "huge", &i, &diag),
                     SPOT_E_RANGE);
    assert_int_equal(spoti_value_to_int(spoti_value_find(root, "text"), "text", &i, &diag),
                     SPOT_E_FORMAT);
    assert_int_equal(spoti_value_to_int(NULL, "no", &i, &diag), SPOT_E_NOT_FOUND);
    assert_int_equal(
        spoti_value_to_text(spoti_value_find(root, "text"), "text", text, sizeof text, &diag),
        SPOT_E_RANGE);
    assert_int_equal(
        spoti_value_to_text(spoti_value_find(root, "half"), "half", text, sizeof text, &diag),
        SPOT_E_FORMAT);
    assert_true(i == 42 && f == 42 && strcmp(text, "old") == 0);
    spoti_record_fini(&r);
}

static void assert_built_wrongly(spoti_record *r, spot_status want)
{
    spoti_bytes out = {.allocator = NULL};
    spot_diag diag = {""};

    assert_int_equal(spoti_record_encode(r, SPOTI_DIALECT_OPENPI, &out, &diag), want);
    assert_true(diag.text[0] != '\0');
    assert_int_equal(out.size, 0);
    spoti_bytes_fini(&out);
    spoti_record_clear(r);
}

static void what_is_built_wrongly_is_not_sent(void **state)
{
    char long_key[SPOTI_NET_KEY_BYTES + 2];
    const size_t many[SPOTI_NET_DIMS + 1] = {0};
    spoti_record r = {.allocator = NULL};
    (void)state;

    assert_built_wrongly(&r, SPOT_E_STATE); /* nothing */
    spoti_record_map(&r, NULL);
    assert_built_wrongly(&r, SPOT_E_STATE); /* no end */
    spoti_record_map(&r, NULL);
    spoti_record_put_int(&r, NULL, 1);
    assert_built_wrongly(&r, SPOT_E_STATE); /* no key in a map */
    spoti_record_put_int(&r, "key", 1);
    assert_built_wrongly(&r, SPOT_E_STATE); /* a key at the root */
    spoti_record_put_int(&r, NULL, 1);
    spoti_record_put_int(&r, NULL, 1);
    assert_built_wrongly(&r, SPOT_E_STATE); /* two roots */
    spoti_record_end(&r);
    assert_built_wrongly(&r, SPOT_E_STATE); /* nothing to end */
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    spoti_record_map(&r, NULL);
    spoti_record_put_int(&r, long_key, 1);
    assert_built_wrongly(&r, SPOT_E_RANGE);
    spoti_record_put_array(&r, NULL, SPOTI_NP_F4, SPOTI_NET_DIMS + 1, many, NULL);
    assert_built_wrongly(&r, SPOT_E_RANGE);
    spoti_record_put_array(&r, NULL, SPOTI_NP_F4, 2, (size_t[]){SIZE_MAX, 2}, NULL);
    assert_built_wrongly(&r, SPOT_E_RANGE);
    spoti_record_put_array(&r, NULL, SPOTI_NP_U1, 1, (size_t[]){(size_t)SPOTI_NET_FRAME_BYTES_MAX},
                           long_key);
    assert_built_wrongly(&r, SPOT_E_RANGE);
    for (int i = 0; i <= SPOTI_NET_DEPTH; i++) {
        spoti_record_list(&r, NULL);
    }
    assert_built_wrongly(&r, SPOT_E_RANGE);
    spoti_record_list(&r, NULL);
    for (int i = 0; i < SPOTI_NET_VALUES; i++) {
        spoti_record_put_nil(&r, NULL);
    }
    assert_built_wrongly(&r, SPOT_E_RANGE);
    spoti_record_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_that_announce_more_than_they_hold_allocate_nothing),
        cmocka_unit_test(frames_that_are_no_single_value_are_refused),
        cmocka_unit_test(maps_need_texts_as_keys_and_each_once),
        cmocka_unit_test(wrong_arrays_are_refused),
        cmocka_unit_test(dtypes_that_are_no_plain_numbers_are_refused_by_name),
        cmocka_unit_test(wrong_numbers_of_numpy_are_refused),
        cmocka_unit_test(values_and_arrays_are_counted),
        cmocka_unit_test(a_maps_entries_and_the_depth_are_counted),
        cmocka_unit_test(texts_and_keys_are_measured),
        cmocka_unit_test(reading_another_kind_says_what_is_there),
        cmocka_unit_test(what_is_built_wrongly_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
