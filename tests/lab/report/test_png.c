/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A picture comes out of its PNG file as it went in. Oracle: a reader of its own (RFC 2083, 1950, 1951): it
 * follows lengths instead of writing them, takes the CRC from a table, and sums Adler-32 without
 * remainders. Sizes: one pixel, one row, one column, a block of deflate filled to the last byte, more.
 */
#include "support/spot_test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spot/video.h"

enum { ROOM = 1 << 20 };

static uint8_t file[ROOM], picture[ROOM], packed[ROOM], unpacked[ROOM];

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t crc_of(const uint8_t *data, size_t size)
{
    static uint32_t table[256];
    for (uint32_t i = 0; i < 256 && table[255] == 0; i++) {
        uint32_t x = i;
        for (int k = 0; k < 8; k++) {
            x = x & 1 ? 0xEDB88320u ^ x >> 1 : x >> 1;
        }
        table[i] = x;
    }
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc = table[(crc ^ data[i]) & 0xFF] ^ crc >> 8;
    }
    return ~crc;
}

static uint32_t adler_of(const uint8_t *data, size_t size)
{
    uint64_t a = 1;
    uint64_t b = 0;
    for (size_t i = 0; i < size; i++) {
        a += data[i];
        b += a;
    }
    return (uint32_t)(b % 65521) << 16 | (uint32_t)(a % 65521);
}

/* Bytes of the stored blocks of `packed` (size), which go to `unpacked`. */
static size_t unpack(size_t size)
{
    size_t at = 2;
    size_t n = 0;
    bool last = false;
    assert_int_equal((packed[0] << 8 | packed[1]) % 31, 0); /* RFC 1950: a check of the two */
    assert_int_equal(packed[0] & 0x0F, 8);
    while (!last) {
        assert_true(at + 5 <= size);
        const size_t length = (size_t)(packed[at + 1] | packed[at + 2] << 8);
        const size_t inverse = (size_t)(packed[at + 3] | packed[at + 4] << 8);
        assert_true(packed[at] <= 1); /* stored, and nothing else in the byte */
        last = packed[at] == 1;
        assert_int_equal(length ^ inverse, 0xFFFF);
        assert_true(length > 0 && at + 5 + length <= size);
        memcpy(unpacked + n, packed + at + 5, length);
        n += length;
        at += 5 + length;
    }
    assert_int_equal(at + 4, size);
    assert_int_equal(number_at(packed + at), adler_of(unpacked, n));
    return n;
}

/* Reads the chunk at `at`, which must be of this type, and returns where the next begins. */
static size_t chunk_at(size_t at, size_t size, const char *type, size_t *length)
{
    assert_true(at + 12 <= size);
    *length = number_at(file + at);
    assert_true(at + 12 + *length <= size);
    assert_memory_equal(file + at + 4, type, 4);
    assert_int_equal(number_at(file + at + 8 + *length), crc_of(file + at + 4, 4 + *length));
    return at + 12 + *length;
}

static void expect_round_trip(int width, int height)
{
    static const uint8_t SIGNATURE[] = {137, 80, 78, 71, 13, 10, 26, 10};
    static const uint8_t FORM[] = {8, 2, 0, 0, 0};
    const size_t row = 3 * (size_t)width;
    char path[4096];
    size_t length = 0;
    for (size_t i = 0; i < row * (size_t)height; i++) {
        picture[i] = (uint8_t)(i * i * 31 + i / 7 + 200);
    }
    spot_test_temp_path(path, sizeof(path), "picture.png");
    assert_int_equal(spot_write_png(path, picture, width, height, NULL), SPOT_OK);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    const size_t size = fread(file, 1, sizeof(file), in);
    (void)fclose(in);

    assert_memory_equal(file, SIGNATURE, 8);
    size_t at = chunk_at(8, size, "IHDR", &length);
    assert_int_equal(length, 13);
    assert_int_equal(number_at(file + 16), width);
    assert_int_equal(number_at(file + 20), height);
    assert_memory_equal(file + 24, FORM, 5);
    const size_t data = at + 8;
    at = chunk_at(at, size, "IDAT", &length);
    memcpy(packed, file + data, length);
    assert_int_equal(unpack(length), (row + 1) * (size_t)height);
    for (int y = 0; y < height; y++) {
        assert_int_equal(unpacked[(size_t)y * (row + 1)], 0);
        assert_memory_equal(unpacked + (size_t)y * (row + 1) + 1, picture + (size_t)y * row, row);
    }
    at = chunk_at(at, size, "IEND", &length);
    assert_int_equal(length, 0);
    assert_int_equal(at, size);
}

static void pictures_come_out_as_they_went_in(void **state)
{
    (void)state;
    expect_round_trip(1, 1);
    expect_round_trip(7, 1);
    expect_round_trip(1, 7);
    expect_round_trip(28, 771);  /* (3 28 + 1) 771 = 65535 bytes, a whole block */
    expect_round_trip(64, 400);  /* a block ends within a row */
    expect_round_trip(28, 1542); /* two whole blocks */
    expect_round_trip(16384, 1);
    expect_round_trip(1, 16384);
}

static void what_is_no_picture_is_refused(void **state)
{
    char path[4096];
    (void)state;
    spot_test_temp_path(path, sizeof(path), "none.png");
    assert_int_equal(spot_write_png(NULL, picture, 2, 2, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_write_png(path, NULL, 2, 2, NULL), SPOT_E_INVALID);
    const int sides[][2] = {{0, 2}, {2, 0}, {-1, 2}, {2, -1}, {16385, 2}, {2, 16385}};
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        assert_int_equal(spot_write_png(path, picture, sides[i][0], sides[i][1], NULL),
                         SPOT_E_INVALID);
    }
    assert_null(fopen(path, "rb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_come_out_as_they_went_in),
        cmocka_unit_test(what_is_no_picture_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
